"""No key, a wrong key or a destroyed key: every stage ends with its reason, and nothing is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from helpers.rotation import HELD_BACK, TOWN, at, bring_later, copied
from integration import pipeline
from integration.cli import around, keys  # noqa: F401  they register their commands
from integration.cli.app import app
from integration.errors import EXIT_FAILURE, KeyUnavailable, UsageError
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.keyring import init_keyring, list_keys
from integration.pseudonyms.keyring_changes import destroy
from integration.reasons import Reason
from integration.rekey.rotate import rotate
from integration.settings import get_settings

Stage = Callable[[dict[str, str]], Any]
STAGES: dict[str, Stage] = {
    "run": lambda ids: pipeline.run(),
    "encode": lambda ids: pipeline.encode(ids["received"]),
    "link": lambda ids: pipeline.link(TOWN),
    "model": lambda ids: pipeline.model(TOWN),
    "check_model": lambda ids: pipeline.check_model(TOWN),
    "overview": lambda ids: pipeline.overview(TOWN),
    "indicators": lambda ids: pipeline.indicators(TOWN),
    "nightly": lambda ids: pipeline.nightly(TOWN),
    "rotate": lambda ids: rotate(get_settings(), DomainCode(TOWN)),
}


@pytest.fixture(scope="module")
def ready(two_towns: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An installation in which every stage has something to do: a received delivery, and a linked file."""
    home = copied(two_towns, tmp_path_factory.mktemp("keys") / "home")
    bring_later(home, two_towns)
    with at(home):
        pipeline.receive()
        waiting = [name for name in pipeline.pending() if DeliveryId.parse(name).municipality == TOWN]
        assert len(waiting) >= len(HELD_BACK)
        pipeline.encode(waiting[0])
        pipeline.check([waiting[0]])
        assert pipeline.load([waiting[0]])[0].state == "loaded"
        assert not pipeline.link(TOWN).unchanged
    return home, {"received": waiting[1]}


def no_passphrase(home: Path) -> None:
    (home / "keys" / "passphrase").unlink()


def no_keyring(home: Path) -> None:
    (home / "keys" / "keyring.json").unlink()


def wrong_passphrase(home: Path) -> None:
    (home / "keys" / "passphrase").write_text("wrong")


def other_keyring(home: Path) -> None:
    ring = home / "keys" / "keyring.json"
    ring.unlink()
    init_keyring(ring, get_settings(home).passphrase_bytes(), get_settings(home).now())


def destroyed(home: Path) -> None:
    ring = home / "keys" / "keyring.json"
    destroy(ring, 1, list_keys(ring)[0].fingerprint)


BROKEN = {
    no_passphrase: Reason.KEY_MISSING,
    no_keyring: Reason.KEY_MISSING,
    wrong_passphrase: Reason.KEY_WRONG,
    other_keyring: Reason.KEY_WRONG,
    destroyed: Reason.KEY_DESTROYED,
}


def written(home: Path) -> dict[str, str]:
    """All data that encoding and what comes after it write."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for zone in ("staging", "linked", "warehouse", "releases", "keys")
        for path in sorted((home / zone).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("broken", BROKEN, ids=lambda how: how.__name__)
def test_nothing_is_written(
    ready: tuple[Path, dict[str, str]], broken: Callable[[Path], None], tmp_path: Path
) -> None:
    original, ids = ready
    home = copied(original, tmp_path / "home")
    with at(home):
        broken(home)
        before = written(home)
        for name, stage in STAGES.items():
            if (name, broken) == ("run", other_keyring):
                continue  # it takes deliveries in first, and then each is refused: see the next test
            with pytest.raises(KeyUnavailable) as caught:
                stage(ids)
            assert (caught.value.reason, caught.value.exit_code) == (BROKEN[broken], EXIT_FAILURE), name
            assert written(home) == before, name


def test_a_whole_run_with_another_keyring_writes_nothing(
    ready: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    home = copied(ready[0], tmp_path / "home")
    with at(home):
        other_keyring(home)
        before = written(home)
        with pytest.raises(KeyUnavailable):
            pipeline.run()
        assert written(home) == before


def test_with_the_right_key_each_stage_writes(ready: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """The positive control of the above."""
    home = copied(ready[0], tmp_path / "home")
    with at(home):
        for name in ("encode", "model", "check_model", "overview", "indicators"):
            before = written(home)
            STAGES[name](ready[1])
            assert written(home) != before, name


def test_destroying_asks_for_the_fingerprint(ready: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    home = copied(ready[0], tmp_path / "home")
    with at(home):
        (known,) = list_keys(home / "keys" / "keyring.json")
        ring = (home / "keys" / "keyring.json").read_bytes()
        for given, reason in (
            ([], Reason.CONFIRMATION_WRONG),
            (["--confirm", "0" * 16], Reason.CONFIRMATION_WRONG),
            (["--confirm", known.fingerprint, "--domain", TOWN], Reason.KEY_UNKNOWN),
        ):
            done = CliRunner().invoke(app, ["keys", "destroy", "--version", "1", *given])
            assert isinstance(done.exception, UsageError)
            assert done.exception.reason is reason
            assert (home / "keys" / "keyring.json").read_bytes() == ring
        done = CliRunner().invoke(app, ["keys", "destroy", "--version", "1", "--confirm", known.fingerprint])
        assert done.exit_code == 0
        listed = CliRunner().invoke(app, ["keys", "list", "--json"])
        assert [(key["version"], key["state"]) for key in json.loads(listed.stdout)] == [(1, "destroyed")]
        lines = [json.loads(line) for path in (home / "audit" / "processing").glob("*.jsonl")
                 for line in path.read_text().splitlines()]  # fmt: skip
        told = [(line["event"], line["outcome"]) for line in lines if line["action"] == "keys.destroy"]
        assert told[-2:] == [("begun", None), ("ended", "done")]
