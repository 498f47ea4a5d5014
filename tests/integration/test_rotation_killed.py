"""A rotation of keys that is killed, given up or not alone: what is read stays whole, and the end is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.rotation import OTHER, TOWN, Picture, at, copied, figures, killed_rotation, picture, pseudonyms
from integration import audit, pipeline
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.pseudonyms.keyring import list_keys
from integration.reasons import Reason
from integration.rekey.guard import in_use, one_rotation
from integration.rekey.rotate import abandon, rotate
from integration.settings import get_settings

BOUNDARIES = [
    ("start", 1), ("pending", 1), ("folder", 1), ("folder", 20), ("linked", 1), ("staging", 1), ("linked again", 1),
    ("built", 1), ("published aside", 1), ("prepared", 1), ("all prepared", 1), ("linked aside", 1),
    ("linked swapped", 1), ("staging aside", 1), ("staging swapped", 1), (".json swapped", 1), (".duckdb swapped", 1),
    (".json swapped", 1), ("old removed", 1), ("settled", 1), ("signed", 1),
]  # fmt: skip


@pytest.fixture
def home(two_towns: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the installation, to rotate in."""
    with at(copied(two_towns, tmp_path / "home")):
        yield tmp_path / "home"


def test_killed_at_every_boundary(home: Path, as_it_was: Picture) -> None:
    """One rotation, killed at one boundary after the other: whoever reads meanwhile finds what was there before."""
    for boundary, number in BOUNDARIES:
        assert killed_rotation(home, boundary, number, TOWN) == 137, boundary
        assert figures(home, TOWN) == list(as_it_was.figures), boundary
        if boundary not in {"start", "settled", "signed"}:
            with pytest.raises(IntegrationError) as caught, at(home):
                pipeline.link(TOWN)
            assert caught.value.reason is Reason.ROTATION_UNFINISHED, boundary
    done = rotate(get_settings(), DomainCode(TOWN))
    assert (done.version, done.resumed) == (2, True)
    assert picture(home, TOWN) == as_it_was
    assert pseudonyms(home, TOWN, 1) == {}
    assert [(entry.version, entry.state, entry.pending) for entry in list_keys(home / "keys" / "keyring.json")] == [
        (1, "active", False), (2, "active", False),
    ]  # fmt: skip
    assert audit.verify(home / "audit").findings == []


def test_all_domains_at_once_and_again(home: Path, as_it_was: Picture) -> None:
    assert killed_rotation(home, ".duckdb swapped", 1) == 137
    with pytest.raises(IntegrationError) as caught:
        rotate(get_settings(), DomainCode(TOWN))
    assert caught.value.reason is Reason.ROTATION_UNFINISHED
    with pytest.raises(IntegrationError):
        pipeline.run()
    done = rotate(get_settings())
    assert [town.domain for town in done.domains] == [OTHER, TOWN]
    again = rotate(get_settings(), DomainCode(TOWN))
    assert (again.version, again.domains[0].from_version) == (3, 2)
    assert picture(home, TOWN) == as_it_was
    assert {v: bool(pseudonyms(home, TOWN, v)) for v in (1, 2, 3)} == {1: False, 2: False, 3: True}
    assert {v: bool(pseudonyms(home, OTHER, v)) for v in (1, 2, 3)} == {1: False, 2: True, 3: False}
    states = [(entry.version, entry.state) for entry in list_keys(home / "keys" / "keyring.json")]
    assert states == [(1, "chained"), (2, "active"), (3, "active")]


def test_one_rotation_at_a_time_and_none_beside_a_stage(home: Path) -> None:
    settings = get_settings()
    with one_rotation(settings.zones), pytest.raises(IntegrationError) as caught:
        rotate(settings, DomainCode(TOWN))
    assert caught.value.reason is Reason.ROTATION_RUNNING
    assert killed_rotation(home, "folder", 1, TOWN) == 137
    for attempt in (TOWN,):
        with pytest.raises(IntegrationError) as caught, in_use(settings.zones, [attempt]):
            pass
        assert caught.value.reason is Reason.ROTATION_UNFINISHED
    with in_use(settings.zones, [OTHER]):
        pass


def test_what_was_not_swapped_can_be_given_up(home: Path, as_it_was: Picture) -> None:
    assert killed_rotation(home, "built", 1, TOWN) == 137
    assert abandon(get_settings()).version == 2
    assert [entry.version for entry in list_keys(home / "keys" / "keyring.json")] == [1]
    assert picture(home, TOWN) == as_it_was
    assert [result.unchanged for result in pipeline.nightly(TOWN)] == [True] * 5
    assert killed_rotation(home, "all prepared", 1, TOWN) == 137
    with pytest.raises(IntegrationError) as caught:
        abandon(get_settings())
    assert caught.value.reason is Reason.ROTATION_UNFINISHED
