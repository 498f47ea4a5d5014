"""The SQL models against the indicators written once more in plain Python."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb
import pytest

from helpers.models import World
from helpers.oracle import Truth, figure, is_working_day, read_truth, working_days_later
from helpers.random_lives import LAST, Lives
from integration.indicators import Result, load_definitions, results

BY_TRUTH = ("I01", "I03", "I04", "I05", "I06", "I14", "I23")
"""All but Q01, which counts deliveries and has its own table of cases."""


def differences(truth: Truth, found: Iterable[Result], covered: date) -> list[str]:
    """One line a figure on which the models and the oracle do not agree."""
    lines = []
    for row in found:
        if row.indicator in BY_TRUTH:
            expected = figure(truth, row.indicator, row.measure, row.period_start, row.period_end, covered)
            numerator = row.value if row.unit == "median_days" else row.numerator
            if (numerator, row.denominator, row.missing) != expected:
                got = (numerator, row.denominator, row.missing)
                lines.append(
                    f"{row.indicator} {row.measure} {row.municipality} {row.period}: {got} is not {expected}"
                )
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_models_agree_with_the_oracle_on_random_lives(seed: int) -> None:
    lives = Lives(seed)
    world = World(members=lives.members, **lives.rows)
    found = results(world.con)
    assert {row.indicator for row in found} == set(load_definitions())
    assert differences(lives.truth, found, covered=LAST) == []
    counted = {row.indicator for row in found if row.denominator and row.numerator != 0}
    assert counted >= set(BY_TRUTH), "the random lives must touch every indicator"


def test_models_agree_with_the_oracle_on_the_sample(clean_run: object) -> None:
    zones = clean_run.zones  # type: ignore[attr-defined]
    files = sorted(zones.warehouse.glob("GM????.duckdb"))
    assert len(files) == 6
    lines = []
    for file in files:
        with duckdb.connect(str(file), read_only=True) as con:
            lines += differences(read_truth(zones.truth, file.stem), results(con), covered=LAST)
    assert lines == []


def test_working_days_of_the_warehouse_are_those_of_the_law() -> None:
    world = World(until="staging")
    days = dict(world.con.execute("select date, is_working_day from seed.working_day").fetchall())
    assert [day for day, works in days.items() if works != is_working_day(day)] == []
    assert (min(days), max(days)) == (date(2015, 1, 1), date(2050, 12, 31))
    assert working_days_later(date(2025, 4, 17), 5) == date(2025, 4, 28)
    assert not is_working_day(date(2025, 4, 18))
    assert not is_working_day(date(2025, 5, 5))
    assert is_working_day(date(2026, 4, 24))
