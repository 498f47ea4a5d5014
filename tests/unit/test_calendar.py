"""The calendar: what is owed, when, what came of it, whom to call."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from integration.cli import register
from integration.cli.app import app
from integration.errors import UsageError
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.settings import AMSTERDAM, Settings, forget_settings, get_settings
from integration.stewardship.calendar import brief, calendar

SUPPLIER: dict[str, Any] = {
    "code": "WT0203",
    "name": "Wijkteam Barneveld (fictief)",
    "source": "wijkteam",
    "contract_version": "1.0.0",
    "municipalities": ["GM0203"],
    "dialect": {"date_format": "dd-mm-yyyy"},
    "calendar": {"frequency": "weekly", "due_days": 10, "since": "2026-01-12"},
    "contacts": [
        {"role": "delivery", "email": "levering@wijkteam.example"},
        {"role": "quality", "email": "kwaliteit@wijkteam.example"},
    ],
}
ANNA = {"user": "anna", "email": "anna@ede.example", "since": "2026-01-01", "roles": [{"role": "steward"}]}
BRAM = ANNA | {"user": "bram", "email": "bram@ede.example", "roles": [{"role": "deputy-steward"}]}


def dump(content: Any) -> str:
    """YAML in which days are days."""
    return yaml.safe_dump(content).replace("'2026-", "2026-").replace("'\n", "\n")


def place(home: Path, today: str, *persons: dict[str, Any], **changes: Any) -> Settings:
    (home / "suppliers").mkdir(parents=True)
    (home / "suppliers" / "WT0203.yml").write_text(dump(SUPPLIER | changes))
    (home / "integration.toml").write_text(f'fixed_clock = "{today}T06:00:00+01:00"\n')
    if persons:
        (home / "people.yml").write_text(dump({"people": list(persons)}))
    forget_settings()
    return get_settings(home)


def deliver(settings: Settings, period: str, sequence: int, arrived: str, *states: str) -> None:
    """A delivery that was taken in on a day and went through some states."""
    ledger = Ledger(settings.ledger())
    name = DeliveryId.parse(f"wijkteam.WT0203.GM0203.{period}.{sequence:04d}")
    at = datetime.fromisoformat(f"{arrived}T03:00:00").replace(tzinfo=AMSTERDAM)
    assert ledger.register(name, sha256="a" * 64, rows=3, arrived_at=at, at=at)
    for state in states:
        bad = {"quarantined": Reason.CHECK_ERROR, "held": Reason.CHECK_CRITICAL}.get(state)
        ledger.append(name, state, at=at, reason=bad)


DONE = ("encoded", "checked", "loaded")
# Week 3 of 2026 ends on 18 January and is due on the 28th; week 4 ends on the 25th, due on 4 February.
WEEK_3 = [
    # today        what came: sequence, arrived, states                 state       days late  contact
    ("2026-01-15", [], "not_due", 0, "levering"),
    ("2026-01-28", [], "not_due", 0, "levering"),
    ("2026-01-29", [], "missing", 1, "levering"),
    ("2026-02-16", [], "missing", 19, "levering"),
    ("2026-02-16", [(1, "2026-01-28", DONE)], "accepted", 0, "levering"),
    ("2026-02-16", [(1, "2026-01-30", DONE)], "accepted", 2, "levering"),
    ("2026-02-16", [(1, "2026-01-28", ())], "received", 0, "kwaliteit"),
    ("2026-02-16", [(1, "2026-01-28", ("encoded", "held"))], "held", 0, "kwaliteit"),
    ("2026-02-16", [(1, "2026-01-20", ("encoded", "quarantined"))], "refused", 19, "kwaliteit"),
    ("2026-01-27", [(1, "2026-01-20", ("encoded", "quarantined"))], "refused", 0, "kwaliteit"),
    ("2026-02-16", [(1, "2026-01-20", ("quarantined",)), (2, "2026-01-31", DONE)], "accepted", 3, "levering"),
    ("2026-02-16", [(1, "2026-01-20", DONE), (2, "2026-01-31", ("quarantined",))], "accepted", 0, "levering"),
    ("2026-02-16", [(1, "2026-01-20", DONE), (2, "2026-01-31", ("held",))], "held", 0, "kwaliteit"),
]


@pytest.mark.parametrize(("today", "came", "state", "late", "contact"), WEEK_3)
def test_one_period(home: Path, today: str, came: list[Any], state: str, late: int, contact: str) -> None:
    settings = place(home, today)
    for sequence, arrived, states in came:
        deliver(settings, "2026-W03", sequence, arrived, *states)
    line = calendar(settings)[0]
    assert (line.period, line.due.isoformat(), line.state, line.days_late) == (
        "2026-W03",
        "2026-01-28",
        state,
        late,
    )
    assert line.contact == f"{contact}@wijkteam.example"
    assert line.overdue is (late > 0 and state in ("missing", "refused"))


def test_the_next_period_is_there_and_no_later_one(home: Path) -> None:
    lines = calendar(place(home, "2026-01-28"))
    assert [(line.period, line.state) for line in lines] == [
        ("2026-W03", "not_due"),
        ("2026-W04", "not_due"),
        ("2026-W05", "not_due"),
    ]


def test_what_was_refused_at_receipt_is_not_missing(home: Path) -> None:
    settings = place(home, "2026-02-16")
    facts = {"delivery_id": "wijkteam.WT0203.GM0203.2026-W04.0002", "supplier": "WT0203"}
    ledger = Ledger(settings.ledger())
    ledger.append(
        "Q-WT0203-0123456789", "quarantined", at=settings.now(), reason=Reason.TRUNCATED, facts=facts
    )
    ledger.append("Q-x", "quarantined", at=settings.now(), reason=Reason.MANIFEST_INVALID, facts={})
    lines = {line.period: line for line in calendar(settings)}
    refused = lines["2026-W04"]
    assert (refused.state, refused.reason, refused.days_late) == ("refused", "TRUNCATED", 12)
    assert refused.delivery == "Q-WT0203-0123456789"
    assert lines["2026-W03"].state == "missing"


def test_a_second_copy_that_was_refused_takes_nothing_away(home: Path) -> None:
    settings = place(home, "2026-02-16")
    deliver(settings, "2026-W03", 1, "2026-01-20", *DONE)
    facts = {"delivery_id": "wijkteam.WT0203.GM0203.2026-W03.0001"}
    Ledger(settings.ledger()).append(
        "Q-WT0203-0", "quarantined", at=settings.now(), reason=Reason.DELIVERY_DUPLICATE, facts=facts
    )
    assert calendar(settings)[0].state == "accepted"


def test_who_looks_after_it(home: Path) -> None:
    line = calendar(place(home, "2026-02-16", ANNA, BRAM))[0]
    assert (line.steward, line.steward_email, line.deputy) == ("anna", "anna@ede.example", "bram")


def test_whoever_stands_in_looks_after_it(home: Path) -> None:
    away = {"since": "2026-02-10", "until": "2026-02-20", "deputy": "bram"}
    line = calendar(place(home, "2026-02-16", ANNA | {"absent": [away]}, BRAM))[0]
    assert (line.steward, line.deputy) == ("bram", None)


def test_only_what_was_asked_for(home: Path) -> None:
    settings = place(home, "2026-02-16")
    assert calendar(settings, source="onderwijs") == []
    assert calendar(settings, municipality="GM0228") == []
    assert calendar(settings, source="wijkteam", municipality="GM0203") == calendar(settings)


def test_the_brief_one_leaves_out_what_came_on_time_long_ago(home: Path) -> None:
    settings = place(home, "2026-02-16")
    deliver(settings, "2026-W03", 1, "2026-01-20", *DONE)
    deliver(settings, "2026-W05", 3, "2026-02-13", *DONE)
    lines = calendar(settings)
    assert [line.period for line in lines] == [f"2026-W{week:02}" for week in range(3, 9)]
    assert [line.period for line in brief(lines)] == ["2026-W04", "2026-W05", "2026-W07", "2026-W08"]
    assert lines[0].as_dict()["due"] == "2026-01-28"


COMMAND = [
    # today        what came of week 3                 options                   exit code  periods shown
    ("2026-01-28", [], [], 0, ["2026-W04", "2026-W05"]),
    ("2026-01-28", [], ["--all"], 0, ["2026-W03", "2026-W04", "2026-W05"]),
    ("2026-01-29", [], ["--late"], 1, ["2026-W03"]),
    ("2026-01-29", ["held"], [], 3, ["2026-W03", "2026-W04", "2026-W05"]),
    ("2026-01-29", ["loaded"], ["--late"], 0, []),
    ("2026-01-29", [], ["--late", "--source", "onderwijs"], 0, []),
]


@pytest.mark.parametrize(("today", "states", "options", "code", "periods"), COMMAND)
def test_the_command(
    home: Path, today: str, states: list[str], options: list[str], code: int, periods: list[str]
) -> None:
    settings = place(home, today)
    if states:
        deliver(settings, "2026-W03", 1, "2026-01-20", *states)
    register()
    done = CliRunner().invoke(app, ["calendar", "--json", *options])
    assert done.exit_code == code
    assert [line["period"] for line in json.loads(done.stdout)] == periods
    assert "Leverkalender op" in CliRunner().invoke(app, ["calendar"]).stdout


@pytest.mark.parametrize(
    ("option", "reason"),
    [("--source=bank", "SOURCE_UNKNOWN"), ("--municipality=Ede", "MUNICIPALITY_UNKNOWN")],
)
def test_a_mistake_in_what_is_asked(home: Path, option: str, reason: str) -> None:
    register()
    done = CliRunner().invoke(app, ["calendar", option])
    assert isinstance(done.exception, UsageError)
    assert done.exception.reason == reason
