"""Every command asks first whether whoever runs it may; a refused one has read nothing and is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from helpers.audit import event
from integration.actor import this_user
from integration.cli import guard, register
from integration.cli.app import app
from integration.errors import DeclarationError, IntegrationError, UsageError
from integration.reasons import Reason
from integration.roles import table
from integration.stewardship import people

GRANTS = {
    "manager": [{"role": "manager"}],
    "steward of GM0203": [{"role": "steward", "municipalities": ["GM0203"]}],
    "operator": [{"role": "operator"}],
}


def give(home: Path, grants: list[dict[str, Any]]) -> None:
    home.mkdir(exist_ok=True)
    person = {"user": this_user(), "email": "team@ede.example", "since": "2026-01-01", "roles": grants}
    text = yaml.safe_dump({"people": [person]}).replace("'2026-01-01'", "2026-01-01")
    (home / "people.yml").write_text(text)


def run(*words: str) -> Any:
    register()
    return guard.guard(get_command(app))(list(words), standalone_mode=False)


def refusals(home: Path) -> list[tuple[str, str, str]]:
    lines = [json.loads(line) for path in (home / "audit" / "access").glob("*") for line in path.open()]
    return [
        (line["action"], line["object"], line["reason"]) for line in lines if line["outcome"] == "refused"
    ]


COMMANDS = [
    # who                  words                                              what stops it
    ("manager", ("run",), Reason.ROLE_LACKING),
    ("manager", ("keys", "rotate"), Reason.ROLE_LACKING),
    ("manager", ("keys", "keeper", "init", "--keeper", "k"), Reason.ROLE_LACKING),
    ("manager", ("sample",), Reason.ROLE_LACKING),
    ("manager", ("sample", "report"), Reason.ROLE_LACKING),
    ("manager", ("indicators", "query", "I05"), Reason.NOTHING_PUBLISHED),
    ("manager", ("indicators", "query", "I05", "--municipality", "GM0228"), Reason.NOTHING_PUBLISHED),
    ("operator", ("run",), Reason.KEY_MISSING),
    ("operator", ("keys", "rotate"), Reason.ROLE_LACKING),
    ("operator", ("subject", "erase", "--domain", "GM0203", "--case", "AVG-2026-1"), Reason.ROLE_LACKING),
    ("steward of GM0203", ("linkage", "train", "GM0203"), Reason.LINK_NOTHING_HELD),
    ("steward of GM0203", ("linkage", "train", "GM0228"), Reason.ROLE_LACKING),
    ("steward of GM0203", ("quarantine", "replay", "nothing"), Reason.DELIVERY_UNKNOWN),
]


@pytest.mark.parametrize(("who", "words", "reason"), COMMANDS)
def test_what_stops_a_command(home: Path, who: str, words: tuple[str, ...], reason: Reason) -> None:
    give(home, GRANTS[who])
    with pytest.raises(IntegrationError) as caught:
        run(*words)
    assert (caught.value.reason, caught.value.exit_code) == (reason, 2)


def test_a_refusal_names_command_and_right_and_is_all_that_happens(home: Path) -> None:
    give(home, GRANTS["manager"])
    with pytest.raises(UsageError) as caught:
        run("keys", "init")
    assert "keys init asks for the right keys.manage" in str(caught.value)
    assert sorted(path.name for path in home.iterdir()) == ["audit", "people.yml"]
    assert refusals(home) == [("keys.init", "command:keys.init", "ROLE_LACKING")]


def test_what_cannot_be_written_down_is_refused_all_the_same(home: Path) -> None:
    give(home, GRANTS["manager"])
    (home / "audit").write_text("in the way")
    with pytest.raises(UsageError, match="AUDIT_UNWRITABLE") as caught:
        run("run")
    assert caught.value.reason is Reason.ROLE_LACKING


def test_a_people_file_that_cannot_be_read_stops_every_command_but_the_free(home: Path) -> None:
    home.mkdir()
    (home / "people.yml").write_text("people: []")
    with pytest.raises(DeclarationError, match="PEOPLE_INVALID"):
        run("indicators", "list")
    with pytest.raises(IntegrationError, match="SUPPLIER_UNKNOWN"):
        run(
            "manifest",
            "f",
            "--supplier",
            "X",
            "--municipality",
            "GM0203",
            "--period",
            "2026-01",
            "--sequence",
            "1",
        )


def test_no_command_is_left_out(home: Path) -> None:
    register()
    found = guard.commands(guard.guard(get_command(app)))
    assert found.keys() == set(table().commands)
    assert {command.callback.__module__ for command in found.values()} == {guard.__name__}


def test_without_a_people_file_the_owner_may_do_everything(home: Path) -> None:
    home.mkdir()
    for words, reason in (
        (("run",), Reason.KEY_MISSING),
        (("indicators", "query", "I05"), Reason.NOTHING_PUBLISHED),
    ):
        with pytest.raises(IntegrationError) as caught:
            run(*words)
        assert caught.value.reason is reason


def test_without_a_people_file_it_is_nobody_elses(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    monkeypatch.setattr(people, "owner", lambda path: "somebody-else")
    with pytest.raises(UsageError, match="only the owner of the installation has it"):
        run("indicators", "list")
    assert refusals(home) == [("indicators.list", "command:indicators.list", "ROLE_LACKING")]


@pytest.mark.parametrize("path", table().commands)
def test_every_command_has_a_name_for_the_audit_log(path: str) -> None:
    action, name = guard.audit_names(path)
    assert event(action=action, object=name, outcome="refused").action == action


SCOPES = [
    ({}, (None, None)),
    ({"source": "wijkteam"}, ("wijkteam", None)),
    ({"domain": "GM0203"}, (None, "GM0203")),
    ({"municipality": ["GM0203", "GM0228"]}, (None, None)),
    ({"delivery_id": "wijkteam.WT0321.GM0321.2026-W04.0004"}, ("wijkteam", "GM0321")),
    ({"delivery": "nothing", "source": "wijkteam"}, ("wijkteam", None)),
]


@pytest.mark.parametrize(("given", "expected"), SCOPES)
def test_what_a_command_is_about(given: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    found = guard.scope(given)
    assert (found["source"], found["municipality"]) == expected
