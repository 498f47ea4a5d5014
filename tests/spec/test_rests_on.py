"""meta.rests_on: on which deliveries a night rests, by source."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from helpers.models import World
from integration.names import Period
from integration.warehouse import run_models

RUN = date(2026, 2, 16)
COLUMNS = ("source", "expected", "loaded", "held", "refused", "missing", "late", "latest_period")


def rests_on(deliveries: str, expected: str) -> list[tuple[Any, ...]]:
    world = World(until="staging", deliveries=deliveries, expected=expected, run_date=RUN)
    run_models(world.con, "meta", {"run_date": RUN})
    return world.rows("meta.rests_on", *COLUMNS)


def test_every_state_is_told_apart() -> None:
    found = rests_on(
        deliveries="""
            source        period    sequence  state        superseded
            politie       2026-W01  1         loaded       -
            politie       2026-W02  2         held         -
            politie       2026-W03  3         quarantined  -
            veilig_thuis  2025-12   1         loaded       yes
            veilig_thuis  2025-12   2         loaded       -
            veilig_thuis  2025-12   3         held         -
        """,
        expected="""
            source        period    due
            politie       2026-W01  2026-01-14
            politie       2026-W02  2026-01-21
            politie       2026-W03  2026-01-28
            politie       2026-W04  2026-02-16
            veilig_thuis  2025-12   2026-01-15
            wijkteam      2025-12   2026-01-15
        """,
    )
    assert found == [
        ("politie", 4, 1, 1, 1, 3, 2, "2026-W01"),
        ("veilig_thuis", 1, 1, 1, 0, 0, 0, "2025-12"),
        ("wijkteam", 1, 0, 0, 0, 1, 1, None),
    ]


def test_a_refused_delivery_that_was_sent_again_and_taken_in_is_no_longer_told() -> None:
    found = rests_on(
        deliveries="""
            source   period    sequence  state
            politie  2026-W01  1         quarantined
            politie  2026-W01  2         loaded
        """,
        expected="""
            source   period    due
            politie  2026-W01  2026-01-14
        """,
    )
    assert found == [("politie", 1, 1, 0, 0, 0, 0, "2026-W01")]


def test_a_stock_is_in_for_every_period_up_to_its_day() -> None:
    found = rests_on(
        deliveries="""
            source   period            sequence
            politie  stand-2026-01-11  1
        """,
        expected="""
            source   period    due
            politie  2026-W01  2026-01-14
            politie  2026-W02  2026-01-21
            politie  2026-W03  2026-01-28
        """,
    )
    assert found == [("politie", 3, 1, 0, 0, 1, 1, "stand-2026-01-11")]


def test_a_source_that_never_delivered_and_owes_nothing_is_not_there() -> None:
    assert rests_on(deliveries="source period", expected="source period") == []


WEEKS = [f"2026-W{week:02}" for week in range(1, 7)]


@pytest.mark.parametrize("seed", range(12))
def test_the_counts_are_those_of_plain_python(seed: int) -> None:
    pick = random.Random(seed)
    came = [
        (source, pick.choice(WEEKS), number, pick.choice(["loaded", "held", "quarantined"]))
        for source in ("politie", "wijkteam")
        for number in range(1, pick.randint(2, 7))
    ]
    owed = [(source, week) for source in ("politie", "wijkteam") for week in pick.sample(WEEKS, 4)]
    found = rests_on(
        "source period sequence state\n" + "\n".join(" ".join(map(str, row)) for row in came),
        "source period\n" + "\n".join(" ".join(row) for row in owed),
    )
    assert found == [oracle(source, came, owed) for source in ("politie", "wijkteam")]


def oracle(
    source: str, came: list[tuple[str, str, int, str]], owed: list[tuple[str, str]]
) -> tuple[Any, ...]:
    """The same in plain Python; a delivery is due ten days after its period, as the tables above say nothing else."""
    own = [(week, state) for name, week, _, state in came if name == source]
    used = {week for week, state in own if state == "loaded"}
    weeks = [week for name, week in owed if name == source]
    lacking = [week for week in weeks if week not in used]
    late = [week for week in lacking if (RUN - Period.parse(week).end).days > 10]
    loaded = sum(state == "loaded" for _, state in own)
    held = sum(state == "held" for _, state in own)
    refused = sum(state == "quarantined" and week not in used for week, state in own)
    return source, len(weeks), loaded, held, refused, len(lacking), len(late), max(used, default=None)
