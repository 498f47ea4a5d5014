"""The suites of attacks in their short form: all are survived; and the searches find what is there."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from helpers.attacks import survived
from integration.attacks.planting import delivered, plant
from integration.attacks.run import SUITES
from integration.attacks.search import ENCODINGS, hits, variants
from integration.attacks.suite import Result, small_sample
from integration.storage import Zones

OF_THEIR_OWN = ("canaries", "kill", "filters")
"""Long suites: each has a file, ``test_attack_<name>.py``."""


@pytest.mark.parametrize("name", [name for name in SUITES if name not in OF_THEIR_OWN])
def test_every_attack_is_survived(name: str, tmp_path: Path) -> None:
    survived(name, tmp_path)


@pytest.mark.parametrize("name", OF_THEIR_OWN)
def test_a_suite_with_a_file_of_its_own_has_one(name: str) -> None:
    assert name in SUITES
    assert f'survived("{name}", ' in Path(__file__).with_name(f"test_attack_{name}.py").read_text()


@pytest.mark.parametrize(("tried", "alive", "held"), [(2, 2, True), (2, 1, False), (0, 0, False)])
def test_nothing_tried_is_nothing_shown(tried: int, alive: int, held: bool) -> None:
    assert Result("x", tried, alive, 0.0).held is held


def test_the_command_names_the_suites_and_refuses_others() -> None:
    from integration.cli import privacy  # noqa: F401
    from integration.cli.app import app
    from integration.errors import UsageError

    done = CliRunner().invoke(app, ["privacy", "attack", "--suite", "none"])
    assert isinstance(done.exception, UsageError)
    done = CliRunner().invoke(app, ["privacy", "attack", "--suite", "audit", "--json"])
    assert done.exit_code == 0
    (told,) = json.loads(done.stdout)["suites"]
    assert told["tried"] == told["survived"] == 300


def test_the_command_fails_when_an_attack_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.attacks import run
    from integration.cli import privacy  # noqa: F401
    from integration.cli.app import app

    broken = {"audit": run.Suite("told", lambda full: Result("audit", 2, 1, 0.0))}
    monkeypatch.setattr(run, "SUITES", broken)
    done = CliRunner().invoke(app, ["privacy", "attack"])
    assert done.exit_code == 1
    assert "BROKEN" in done.stdout


def test_eight_encodings_each_found() -> None:
    assert len(ENCODINGS) == 8
    for value in ("999983234", "Kwelmoëras"):
        for name, encode in ENCODINGS.items():
            assert encode(value) & variants(value), name


def test_planted_people_are_in_the_deliveries_and_a_leak_is_found(tmp_path: Path) -> None:
    small_sample(tmp_path, municipalities=["GM0321"], busy=2.0)
    zones = Zones(tmp_path)
    (one, *others) = plant(zones, 3, random.Random(1))
    values = [value for who in (one, *others) for value in who.values]
    assert set().union(*hits(zones.inbox, values).values()) == set(values)
    assert all(file.payload.stat().st_size == file.manifest["payload"]["bytes"] for file in delivered(zones))
    assert hits(tmp_path, values, leave_out=("inbox", "truth")) == {}
    zones.logs.mkdir(exist_ok=True)
    (zones.logs / "run.log").write_text(f"could not convert {one.surname.upper()}")
    assert hits(tmp_path, values, leave_out=("inbox", "truth")) == {"logs/run.log": {one.surname}}
    shutil.rmtree(zones.logs)
