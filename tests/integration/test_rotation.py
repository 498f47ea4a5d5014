"""A rotation of keys: the same persons, families and figures under new pseudonyms, whatever kills it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.rotation import (
    HELD_BACK,
    OTHER,
    TOWN,
    Picture,
    at,
    copied,
    figures,
    killed_rotation,
    picture,
    pseudonyms,
)
from integration import audit, pipeline
from integration.audit.subjects import known_as, lines_about
from integration.cli import audit as audit_commands  # noqa: F401  it registers its commands
from integration.cli.app import app
from integration.errors import IntegrationError
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.keyring import Keyring, list_keys, open_keyring
from integration.reasons import Reason
from integration.rekey.guard import in_use, one_rotation
from integration.rekey.rotate import abandon, rotate
from integration.settings import get_settings
from integration.storage import Zones, write_json

BOUNDARIES = [
    ("start", 1), ("pending", 1), ("folder", 1), ("folder", 20), ("linked", 1), ("staging", 1), ("linked again", 1),
    ("built", 1), ("published aside", 1), ("prepared", 1), ("all prepared", 1), ("linked aside", 1),
    ("linked swapped", 1), ("staging aside", 1), ("staging swapped", 1), (".json swapped", 1), (".duckdb swapped", 1),
    (".json swapped", 1), ("old removed", 1), ("settled", 1), ("signed", 1),
]  # fmt: skip


@pytest.fixture(scope="module")
def as_it_was(two_towns: Path) -> Picture:
    return picture(two_towns, TOWN)


@pytest.fixture(scope="module")
def after(two_towns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the keys of one municipality rotated."""
    home = copied(two_towns, tmp_path_factory.mktemp("rotated") / "home")
    done = rotate(get_settings(home), DomainCode(TOWN))
    assert (done.version, done.scope, done.resumed) == (2, TOWN, False)
    (town,) = done.domains
    assert (town.persons_before, town.families_before) == (town.persons_after, town.families_after)
    assert town.persons_before > 50
    assert town.families_before > 10
    assert town.tokens > 1000
    return home


@pytest.fixture
def home(two_towns: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the installation, to rotate in."""
    with at(copied(two_towns, tmp_path / "home")):
        yield tmp_path / "home"


def test_the_same_persons_families_and_figures(after: Path, as_it_was: Picture) -> None:
    assert picture(after, TOWN) == as_it_was
    assert len(as_it_was.persons) > 50
    assert len(as_it_was.families) > 10
    assert as_it_was.figures


def test_no_old_pseudonym_is_left(two_towns: Path, after: Path) -> None:
    assert {path.split("/")[0] for path in pseudonyms(two_towns, TOWN, 1)} == {
        "linked",
        "linking",
        "staging",
        "warehouse",
    }
    assert pseudonyms(after, TOWN, 1) == {}
    assert pseudonyms(after, TOWN, 2).keys() == pseudonyms(two_towns, TOWN, 1).keys()
    assert pseudonyms(after, OTHER, 1) == pseudonyms(two_towns, OTHER, 1)
    assert {path.suffix for path in (after / "rotation").rglob("*")} == {".lock"}


def test_what_comes_afterwards_matches_what_was_held(two_towns: Path, after: Path, tmp_path: Path) -> None:
    pictures = []
    for number, source in enumerate((two_towns, after)):
        home = copied(source, tmp_path / str(number))
        shutil.copytree(two_towns.parent / "later", home / "inbox", dirs_exist_ok=True)
        with at(home):
            outcomes = pipeline.run().deliveries
            taken = [o for o in outcomes if DeliveryId.parse(o.delivery_id).municipality == TOWN]
            assert len(taken) >= len(HELD_BACK)
            assert {outcome.state for outcome in outcomes} == {"loaded"}
        pictures.append(picture(home, TOWN))
    assert pictures[0] == pictures[1]
    assert len(pictures[0].persons) >= len(picture(two_towns, TOWN).persons)


def test_a_night_after_a_rotation_finds_nothing_new(after: Path, tmp_path: Path) -> None:
    with at(copied(after, tmp_path / "home")):
        assert [result.unchanged for result in pipeline.nightly(TOWN)] == [True] * 4


def test_the_manifests_tell_the_new_keys(after: Path) -> None:
    marks = {str(entry.version): entry.fingerprint for entry in list_keys(after / "keys" / "keyring.json")}
    published = json.loads((after / "warehouse" / f"{TOWN}.json").read_text())["key_fingerprints"]
    encoded = json.loads(next((after / "staging" / TOWN).glob("*/*/encode.json")).read_text())[
        "key_fingerprints"
    ]
    assert {name: mark for name, mark in published.items() if name.isdigit()} == marks
    assert marks.items() <= encoded.items()
    assert f"2.{TOWN}.person" in encoded
    assert f"1.{TOWN}.person" not in encoded


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


def test_a_person_is_found_in_the_access_log_under_all_their_names(home: Path) -> None:
    import duckdb

    settings, domain = get_settings(), DomainCode(TOWN)

    def told(pseudonym: str) -> str:
        keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
        return audit.subject_token(keys, domain, pseudonym)

    def known() -> dict[tuple[str, int], str]:
        with duckdb.connect(str(settings.zones.published(domain)), read_only=True) as con:
            return {
                tuple(place): person
                for *place, person in con.execute(
                    "select delivery_id, min(birth_year), any_value(person_id) from core.mention "
                    "where role = 'kind' group by all having count(distinct person_id) = 1 order by 1, 2"
                ).fetchall()
            }

    place, old = next((place, person) for place, person in sorted(known().items()) if place[1])
    with duckdb.connect(str(settings.zones.published(domain)), read_only=True) as con:
        other = con.execute("select min(person_id) from core.person where person_id <> ?", [old]).fetchall()[
            0
        ][0]
    for name in (old, other):
        audit.looked(settings, "family.show", {f"domain:{TOWN}": f"domain:{TOWN}"}, purpose=audit.Purpose.SAFETY,
                     case="VT-2026-17", subjects=[told(name)])  # fmt: skip
    first = told(old)
    for _ in range(2):
        rotate(settings, domain)
    new = known()[place]
    assert new != old
    assert known_as(settings.zones.audit, told(new)) >= {first, told(new)}
    (line,) = lines_about(settings.zones.audit, told(new))
    assert line["subjects"] == [first]
    assert audit.verify(settings.zones.audit).findings == []
    shown = CliRunner().invoke(app, ["audit", "about", new, "--case", "SR-2026-3", "--json"])
    assert [line["action"] for line in json.loads(shown.stdout)] == ["family.show", "audit.about"]


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
    assert [result.unchanged for result in pipeline.nightly(TOWN)] == [True] * 4
    assert killed_rotation(home, "all prepared", 1, TOWN) == 137
    with pytest.raises(IntegrationError) as caught:
        abandon(get_settings())
    assert caught.value.reason is Reason.ROTATION_UNFINISHED


def test_rotation_ends_when_persons_would_differ(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A positive control: a token of the wrong person among the re-keyed is noticed before anything is swapped."""
    from integration.rekey import tokens

    plain = tokens.Rekeyer.texts
    spoilt: dict[str, str] = {}

    def wrong(self: tokens.Rekeyer, values: list[str | None]) -> list[str | None]:
        made = plain(self, values)
        if made and made[0] and ".person." in made[0]:
            first = spoilt.setdefault("token", made[0])
            return [first if text else None for text in made]
        return made

    monkeypatch.setattr(tokens.Rekeyer, "texts", wrong)
    with pytest.raises(IntegrationError) as caught:
        rotate(get_settings(), DomainCode(TOWN))
    assert caught.value.reason is Reason.ROTATION_DIFFERS
    assert pseudonyms(home, TOWN, 1)


def test_what_else_is_held_under_tokens_is_carried_along(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.rekey import build

    def carry(zones: Zones, domain: DomainCode, old: Keyring, new: Keyring, into: Zones) -> None:
        write_json(into.home / "lists" / f"{domain}.json", [old.version_of(domain), new.version_of(domain)])

    monkeypatch.setattr(build, "CARRIED", (carry,))
    assert not (home / "lists").exists()
    rotate(get_settings(), DomainCode(TOWN))
    assert json.loads((home / "lists" / f"{TOWN}.json").read_text()) == [1, 2]


def test_the_log_tells_of_it(after: Path) -> None:
    lines = [json.loads(line) for path in sorted((after / "audit" / "processing").glob("*.jsonl"))
             for line in path.read_text().splitlines()]  # fmt: skip
    told = {(line["event"], line["object"]) for line in lines if line["action"] == "keys.rotate"}
    assert told == {(event, name) for event in ("begun", "ended") for name in ("key:2", f"domain:{TOWN}")}
