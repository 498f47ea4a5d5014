"""``people.yml``: who may do what, for what, on which day, and who stands in."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from helpers.deliveries import add_supplier
from integration.actor import this_user
from integration.cli import register
from integration.cli.app import app
from integration.errors import DeclarationError, UsageError
from integration.reasons import Reason
from integration.roles import FILE, Table, read_table, table
from integration.settings import forget_settings
from integration.stewardship import people
from integration.stewardship.corrections import load_corrections
from integration.storage import Zones

DAY = date(2026, 2, 16)
SINCE = date(2026, 1, 1)


def person(user: str, *roles: Any, **more: Any) -> dict[str, Any]:
    grants = [role if isinstance(role, dict) else {"role": role} for role in roles]
    return {"user": user, "email": f"{user}@ede.example", "since": SINCE, "roles": grants, **more}


def away(deputy: str, since: date = DAY, until: date = DAY) -> list[dict[str, Any]]:
    return [{"since": since, "until": until, "deputy": deputy}]


SCHOOLS = {"role": "steward", "sources": ["onderwijs"], "municipalities": ["GM0203"]}
CARE = {"role": "deputy-steward", "sources": ["jeugdhulp"]}


def write(home: Path, *persons: dict[str, Any]) -> people.People:
    home.mkdir(exist_ok=True)
    (home / "people.yml").write_text(yaml.safe_dump({"people": list(persons)}))
    return people.load(Zones(home))


WHO_MAY = [
    # roles            right             source       municipality  may
    (["steward"], "quality.decide", "onderwijs", "GM0203", True),
    ([SCHOOLS], "quality.decide", "onderwijs", "GM0203", True),
    ([SCHOOLS], "quality.decide", "onderwijs", "GM0228", False),
    ([SCHOOLS], "quality.decide", "wijkteam", "GM0203", False),
    ([SCHOOLS], "quality.decide", None, None, True),
    ([CARE], "quality.decide", "jeugdhulp", "GM0228", True),
    (["manager"], "figures.see", None, "GM0228", True),
    (["manager"], "quality.see", None, None, False),
    (["key-keeper"], "keys.manage", None, None, True),
    (["operator"], "keys.manage", None, None, False),
    (["operator", "key-keeper"], "keys.manage", None, None, True),
    (["overseer"], "audit.see", None, None, True),
    (["steward"], "audit.see", None, None, False),
    (["steward"], "no.right", None, None, False),
]


@pytest.mark.parametrize(("roles", "right", "source", "place", "may"), WHO_MAY)
def test_who_may(
    home: Path, roles: list[Any], right: str, source: str | None, place: str | None, may: bool
) -> None:
    found = write(home, person("anna", *roles))
    assert found.may("anna", right, source=source, municipality=place, on=DAY) is may
    assert not found.may("bram", right, on=DAY)
    if may:
        found.require("anna", right, source=source, municipality=place, on=DAY)
    else:
        with pytest.raises(UsageError, match=right) as caught:
            found.require("anna", right, source=source, municipality=place, on=DAY)
        assert caught.value.reason is Reason.ROLE_LACKING


def test_roles_count_from_and_until_a_day(home: Path) -> None:
    found = write(home, person("anna", "operator", until=DAY))
    may = [
        found.may("anna", "line.run", on=day) for day in (date(2025, 12, 31), SINCE, DAY, date(2026, 2, 17))
    ]
    assert may == [False, True, True, False]


def test_whoever_stands_in_has_the_stewards_rights_and_no_others_while_it_lasts(home: Path) -> None:
    found = write(home, person("anna", SCHOOLS, "key-keeper", absent=away("bram")), person("bram", CARE))
    schools = {"source": "onderwijs", "municipality": "GM0203"}
    assert found.may("bram", "quality.decide", **schools, on=DAY)
    assert not found.may("bram", "quality.decide", **schools, on=date(2026, 2, 17))
    assert not found.may("bram", "keys.manage", on=DAY)
    assert found.may("anna", "quality.decide", **schools, on=DAY), "being away takes no right"


STEWARDS = [
    # persons                                                                  who looks after it
    ([person("anna", SCHOOLS), person("bram", "steward")], "anna"),
    ([person("bram", "steward"), person("anna", SCHOOLS)], "bram"),
    ([person("anna", SCHOOLS, absent=away("bram")), person("bram", "deputy-steward")], "bram"),
    ([person("bram", "deputy-steward"), person("anna", SCHOOLS)], "anna"),
    ([person("bram", "deputy-steward"), person("anna", SCHOOLS, until=date(2026, 1, 31))], "bram"),
    ([person("anna", SCHOOLS, absent=away("bram")), person("bram", "steward", absent=away("anna"))], None),
    ([person("anna", CARE), person("bram", "manager")], None),
    ([person("anna", SCHOOLS, absent=away("bram")), person("bram", CARE, until=date(2026, 1, 31))], None),
]  # fmt: skip


@pytest.mark.parametrize(("persons", "expected"), STEWARDS)
def test_steward_for(home: Path, persons: list[dict[str, Any]], expected: str | None) -> None:
    found = write(home, *persons).steward_for("onderwijs", "GM0203", DAY)
    assert (found.user if found else None) == expected


def test_the_second_pair_of_eyes_is_another_person(home: Path) -> None:
    found = write(home, person("anna", SCHOOLS), person("bram", "steward"), person("cees", "deputy-steward"))
    deputy = found.deputy_for("onderwijs", "GM0203", DAY)
    assert deputy is not None
    assert deputy.user == "cees"
    alone = write(home, person("anna", SCHOOLS), person("bram", "manager"))
    assert alone.deputy_for("onderwijs", "GM0203", DAY) is None


MISTAKES = [
    # file                                                          what is told
    ({"people": []}, "people"),
    ({"persons": [person("anna", "steward")]}, "people"),
    ({"people": [person("anna", "baas")]}, "a role is one of operator, steward"),
    ({"people": [person("anna")]}, "people.0.roles"),
    ({"people": [person("anna", {"role": "steward", "sources": ["Onderwijs"]})]}, "people.0.roles.0.sources.0"),
    ({"people": [person("anna", {"role": "steward", "sources": []})]}, "people.0.roles.0.sources"),
    ({"people": [person("anna", {"role": "steward", "municipalities": ["Ede"]})]}, "municipalities.0"),
    ({"people": [person("a b", "steward")]}, "not a user name"),
    ({"people": [person("anna", "steward"), person("anna", "manager")]}, "a user occurs twice"),
    ({"people": [person("anna", "steward", until=date(2025, 1, 1))]}, "until lies before since"),
    ({"people": [person("anna", "steward", absent=away("anna"))]}, "a deputy is another person"),
    ({"people": [person("anna", "steward", absent=away("bram"))]}, "a deputy is another person"),
    (
        {"people": [person("anna", "steward", absent=away("bram")), person("bram", "manager")]},
        "a deputy is another person",
    ),
    ({"people": [person("anna", "steward", phone="06")]}, "people.0.phone"),
    ({"people": [person("anna", "steward") | {"email": "anna"}]}, "people.0.email"),
    ({"people": [person("anna", "steward") | {"since": "gisteren"}]}, "people.0.since"),
    ("nobody", "not a mapping"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "told"), MISTAKES)
def test_a_file_that_cannot_be_used_gives_nobody_a_role(home: Path, content: Any, told: str) -> None:
    home.mkdir()
    (home / "people.yml").write_text(yaml.safe_dump(content))
    with pytest.raises(DeclarationError) as caught:
        people.load(Zones(home))
    assert caught.value.reason is Reason.PEOPLE_INVALID
    assert told in str(caught.value)


def test_a_file_that_leads_nowhere_is_not_no_file(home: Path) -> None:
    home.mkdir()
    (home / "people.yml").symlink_to(home / "gone.yml")
    with pytest.raises(DeclarationError, match="PEOPLE_INVALID"):
        people.load(Zones(home))


def test_without_a_file_an_installation_is_its_owners(home: Path) -> None:
    assert people.load(Zones(home)).may("anybody", "keys.manage", on=DAY), "before there is one"
    home.mkdir()
    found = people.load(Zones(home))
    assert not found.declared
    assert found.may(this_user(), "keys.manage", on=DAY)
    assert not found.may("somebody-else", "figures.see", on=DAY)
    assert found.steward_for("onderwijs", "GM0203", DAY) is None


def test_without_a_file_a_synthetic_installation_is_everybodys(home: Path) -> None:
    home.mkdir()
    (home / "integration.toml").write_text("synthetic = true\n")
    forget_settings()
    assert people.load(Zones(home)).may("anybody", "keys.manage", on=DAY)


WORDS = dict.fromkeys(("nl", "en", "task_nl", "task_en"), "abc")
WRONG_TABLES = [
    ("roles", {"x": {**WORDS, "rights": ["no.right"]}}, "no.right"),
    ("free", ["run"], "twice: run"),
    ("free", ["Run!"], "free.0"),
    ("more", 1, "more"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "told"), WRONG_TABLES)
def test_a_table_that_cannot_be_used(tmp_path: Path, name: str, content: Any, told: str) -> None:
    whole = yaml.safe_load(FILE.read_text(encoding="utf-8")) | {name: content}
    (tmp_path / "roles.yml").write_text(yaml.safe_dump(whole))
    with pytest.raises(DeclarationError, match="ROLES_INVALID") as caught:
        read_table(tmp_path / "roles.yml")
    assert told in str(caught.value)


def test_a_command_that_is_not_in_the_table_is_refused() -> None:
    found = table()
    assert isinstance(found, Table)
    assert (found.right_of("keys rotate"), found.right_of("seal")) == ("keys.manage", None)
    with pytest.raises(DeclarationError, match="ROLES_INVALID"):
        found.right_of("keys steal")


def test_the_files_of_the_manual_can_be_used(home: Path) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "run-stewardship.md").read_text(
        encoding="utf-8"
    )
    examples = {block.split("\n")[0]: block for block in re.findall(r"```yaml\n# (.*?)```", text, re.DOTALL)}
    assert examples.keys() == {"people.yml", "corrections/wijkteam.yml"}
    add_supplier(home)
    (home / "corrections").mkdir()
    for name, block in examples.items():
        (home / name).write_text("# " + block)
    found = people.load(Zones(home))
    steward = found.steward_for("onderwijs", "GM0203", date(2026, 2, 10))
    assert steward is not None
    assert steward.user == "bdevries"
    assert len(load_corrections(Zones(home), "wijkteam")) == 2


def test_the_command_shows_table_and_people(home: Path) -> None:
    write(home, person("anna", SCHOOLS, absent=away("bram")), person("bram", "deputy-steward"))
    (home / "integration.toml").write_text('fixed_clock = "2026-02-16T06:00:00+01:00"\n')
    forget_settings()
    register()
    told = json.loads(CliRunner().invoke(app, ["roles", "--json"]).stdout)
    assert told["roles"].keys() == table().roles.keys()
    assert [(one["user"], one["deputy"], one["here"]) for one in told["people"]] == [
        ("anna", "bram", True),
        ("bram", None, True),
    ]
    shown = CliRunner().invoke(app, ["roles"]).stdout
    assert "Datasteward (onderwijs, GM0203)" in " ".join(shown.split())
