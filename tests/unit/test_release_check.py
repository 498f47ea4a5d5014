"""A release is looked at as a whole before it is published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpers.releases import DEFINITIONS, MUNICIPALITIES, PLACES, TODAY, results, summary
from integration.disclosure import protect
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.release_stage import check_release
from integration.releases.tables import delivery_rows, figure_rows
from integration.settings import Settings

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture
def tables() -> Tables:
    """The tables of a release of everything."""
    protected = protect(results(size=0.8), DEFINITIONS.values(), list(MUNICIPALITIES), TODAY)
    return {
        "indicators": figure_rows(protected, DEFINITIONS, PLACES, 1),
        "deliveries": delivery_rows(summary(), PLACES),
    }


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(home=tmp_path)


def test_what_protection_makes_passes(tables: Tables, settings: Settings) -> None:
    found = check_release(settings, tables)
    assert (found["failed"], found["could_not_run"], found["not_run"]) == (0, 0, [])
    assert found["checks"] > 20


def first(tables: Tables, **wanted: Any) -> dict[str, Any]:
    return next(
        row for row in tables["indicators"] if all(row[name] == value for name, value in wanted.items())
    )


def a_count_of_seven(tables: Tables) -> None:
    first(tables, denominator_state="shown")["denominator"] = 7


def a_count_that_is_not_rounded(tables: Tables) -> None:
    first(tables, denominator_state="shown")["denominator"] = 101


def a_small_count_that_is_filled(tables: Tables) -> None:
    first(tables, missing_state="small")["missing"] = 10


def people_counted_exactly(tables: Tables) -> None:
    first(tables, about="families", denominator_state="shown")["denominator_state"] = "exact"


def a_hidden_value(tables: Tables) -> None:
    first(tables, value_state="suppressed")["value"] = 40.0


def a_verdict_on_a_hidden_value(tables: Tables) -> None:
    first(tables, value_state="suppressed")["verdict"] = "missed"


def a_cell_told_twice(tables: Tables) -> None:
    tables["indicators"].append(tables["indicators"][0])


def a_percentage_of_120(tables: Tables) -> None:
    first(tables, unit="percent", value_state="shown")["value"] = 120.0


def a_source_told_twice(tables: Tables) -> None:
    tables["deliveries"].append(tables["deliveries"][0])


WRONG = {
    a_count_of_seven: "indicators.aantal_beschermd",
    a_count_that_is_not_rounded: "indicators.aantal_beschermd",
    a_small_count_that_is_filled: "indicators.aantal_beschermd",
    people_counted_exactly: "indicators.alleen_leveringen_exact",
    a_hidden_value: "indicators.verborgen_blijft_leeg",
    a_verdict_on_a_hidden_value: "indicators.geen_oordeel_over_verborgen",
    a_cell_told_twice: "indicators.sleutel_uniek",
    a_percentage_of_120: "indicators.percentage_0_100",
    a_source_told_twice: "deliveries.sleutel_uniek",
}


@pytest.mark.parametrize(("spoil", "check"), WRONG.items(), ids=lambda part: getattr(part, "__name__", part))
def test_what_may_not_be_published_is_refused_and_named(
    tables: Tables, settings: Settings, spoil: Callable[[Tables], None], check: str
) -> None:
    spoil(tables)
    with pytest.raises(IntegrationError) as refused:
        check_release(settings, tables)
    assert refused.value.reason is Reason.RELEASE_CHECK_CRITICAL
    assert check in refused.value.detail


def test_what_only_lacks_warns_and_is_named(tables: Tables, settings: Settings) -> None:
    for row in tables["deliveries"]:
        row["accepted"] = 0
    found = check_release(settings, tables)
    assert "deliveries.iets_geleverd_80" in found["not_held"]
