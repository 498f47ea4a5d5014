"""What may be seen of a figure, in small tables that can be checked by eye."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.releases import DEFINITIONS, MUNICIPALITIES, TODAY, day, results, row
from integration.disclosure import (
    TOTAL,
    Cell,
    CountState,
    protect,
    protect_counts,
    publish_count,
    round_to_base,
)
from integration.disclosure.counts import behind
from integration.disclosure.figures import Figure, count, exact_share, mean, median, missing_share, share
from integration.disclosure.tables import load_tables, read_tables
from integration.disclosure.totals import total_share
from integration.disclosure.verdicts import norm_and_limit, verdict
from integration.errors import DeclarationError, IntegrationError

PLACES = list(MUNICIPALITIES)


def one(cells: tuple[Cell, ...], municipality: str = "GM0228", period: str = "2025") -> Cell:
    found = [cell for cell in cells if cell.municipality == municipality and cell.period == period]
    assert len(found) == 1
    return found[0]


# -- counts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("true", "published"),
    [
        (0, None),
        (1, None),
        (9, None),
        (10, 10),
        (12, 10),
        (13, 15),
        (17, 15),
        (18, 20),
        (1002, 1000),
        (1003, 1005),
    ],
)
def test_counts_below_ten_are_hidden_and_others_rounded_to_five(true: int, published: int | None) -> None:
    assert publish_count(true) == published


@given(st.integers(10, 10**6))
def test_a_reader_knows_a_rounded_count_within_two(true: int) -> None:
    assert behind(round_to_base(true)).low <= true <= behind(round_to_base(true)).high
    assert abs(round_to_base(true) - true) <= 2


def test_counts_of_a_summary_are_protected_too() -> None:
    assert protect_counts({"a": 9, "b": 0, "c": 1234, "d": None}) == {
        "a": None,
        "b": None,
        "c": 1235,
        "d": None,
    }


# -- one cell ---------------------------------------------------------------------------------------------------


def shown(figure: Figure) -> tuple[object, ...]:
    return figure.numerator.number, figure.denominator.number, figure.value, figure.state.value, figure.bound


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (80, 100, (80, 100, 80, "shown", None)),
        (83, 101, (85, 100, 85, "shown", None)),  # the rate of the rounded counts, not of the true ones
        (10, 20, (10, 20, 50, "shown", None)),
        (9, 250, (None, 250, None, "below", 4)),  # "minder dan 4%"
        (0, 250, (None, 250, None, "below", 4)),  # nobody reads the same as a few
        (243, 250, (None, 250, None, "above", 96)),  # "meer dan 96%"
        (250, 250, (None, 250, None, "above", 96)),
        (9, 18, (None, 20, None, "suppressed", None)),  # both sides small: not even which
        (8, 22, (None, 20, None, "suppressed", None)),
        (9, 23, (None, 25, None, "below", 40)),
        (5, 9, (None, None, None, "suppressed", None)),
        (0, 0, (None, None, None, "suppressed", None)),
    ],
)
def test_a_share_is_a_rate_a_bound_or_nothing(
    numerator: int, denominator: int, expected: tuple[object, ...]
) -> None:
    assert shown(share(numerator, denominator)) == expected


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_a_bound_is_true(part: int, rest: int) -> None:
    figure = share(part, part + rest)
    true = 100 * part / (part + rest) if part + rest else 0
    if figure.state.value == "below":
        assert true < (figure.bound or 0) <= 40
    if figure.state.value == "above":
        assert true > (figure.bound or 0) >= 60
    if figure.value is not None:
        assert abs(figure.value - true) < 16


@pytest.mark.parametrize(
    ("value", "units", "expected"),
    [(9.5, 30, 10), (9.4, 31, 9), (0.0, 30, 0), (9.0, 29, None), (None, 50, None)],
)
def test_a_median_needs_thirty_units_and_is_in_whole_days(
    value: float | None, units: int, expected: int | None
) -> None:
    figure = median(value, units)
    assert figure.value == expected
    assert figure.numerator.state is CountState.ABSENT


def test_a_mean_needs_both_counts() -> None:
    assert mean(168, 420).value == 0.4
    assert mean(9, 420).value is None
    assert mean(9, 420).denominator.number == 420
    assert mean(12, 8).value is None


@pytest.mark.parametrize(
    ("missing", "denominator", "expected"),
    [
        (12, 100, (9, None)),
        (9, 100, (None, 9)),
        (0, 100, (None, 9)),
        (12, 9, (None, None)),
        (9, 9, (None, None)),
    ],
)
def test_the_missing_share_comes_from_published_counts(
    missing: int, denominator: int, expected: tuple[int | None, int | None]
) -> None:
    assert missing_share(count(missing), count(denominator)) == expected


def test_deliveries_are_not_people_and_shown_as_they_are() -> None:
    assert shown(exact_share(3, 4)) == (3, 4, 75, "shown", None)
    assert exact_share(0, 0).value is None


# -- totals -----------------------------------------------------------------------------------------------------


def test_a_total_that_betrays_the_one_hidden_cell_is_not_shown() -> None:
    parts = [share(40, 80), share(2, 5)]
    total = total_share(parts, 42, 85)
    assert total.denominator.number is None
    assert total.state.value == "protects"


def test_a_total_with_enough_hidden_behind_it_is_shown() -> None:
    truths = [(30, 60), (2, 5), (1, 7), (4, 8), (25, 70), (3, 9)]
    total = total_share([share(*truth) for truth in truths], 65, 159)
    assert shown(total) == (65, 160, 41, "shown", None)


def test_a_total_is_rounded_on_its_own() -> None:
    rows = [row("I04", place, numerator=52, denominator=102) for place in PLACES]
    cell = one(protect(rows, DEFINITIONS.values(), PLACES, TODAY).cells, TOTAL)
    assert (cell.numerator, cell.denominator) == (310, 610)  # six times 50 would be 300


def test_a_median_has_no_total() -> None:
    rows = [
        row("I06", p, unit="median_days", numerator=None, denominator=50) | {"value": 4.0} for p in PLACES
    ]
    cells = protect(rows, DEFINITIONS.values(), PLACES, TODAY).cells
    assert {cell.municipality for cell in cells} == set(PLACES)


# -- verdicts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("truth", "limit", "direction", "expected"),
    [
        ((95, 100), 95.0, "up", "undecided"),  # more than 90%
        ((180, 200), 90.0, "up", "met"),
        ((176, 200), 90.0, "up", "missed"),
        ((20, 400), 5.0, "down", "met"),
        ((30, 400), 5.0, "down", "missed"),
        ((9, 250), 5.0, "down", "met"),  # less than 4%
        ((9, 250), 3.0, "down", "undecided"),
        ((9, 250), 90.0, "up", "missed"),
        ((245, 250), 95.0, "up", "met"),  # more than 96%
        ((245, 250), 98.0, "up", "undecided"),
        ((245, 250), 5.0, "down", "missed"),
        ((9, 18), 50.0, "up", "suppressed"),
        ((180, 200), None, "up", "no_norm"),
    ],
)
def test_a_verdict_is_drawn_from_the_published_figure(
    truth: tuple[int, int], limit: float | None, direction: str, expected: str
) -> None:
    assert verdict(share(*truth), limit, direction, reliable=True).value == expected


def test_an_unreliable_value_gets_no_verdict_on_the_norm() -> None:
    assert verdict(share(180, 200), 90, "up", reliable=False).value == "unreliable"
    assert verdict(share(1, 5), 90, "up", reliable=False).value == "suppressed"


def norm(**fields: object) -> SimpleNamespace:
    return SimpleNamespace(
        **{"value": 1.0, "unit": "share", "status": "law", "ambition_limit": None} | fields
    )


def test_norms_come_in_the_figures_own_unit() -> None:
    assert norm_and_limit(norm(), "percent") == (100, 95)
    assert norm_and_limit(norm(value=0.0), "percent") == (0, 5)
    assert norm_and_limit(norm(ambition_limit=0.9), "percent") == (100, 90)
    assert norm_and_limit(norm(value=5, unit="working_days"), "days") == (7, 7)
    assert norm_and_limit(norm(value=0.0, unit="median_days"), "days") == (0, 0)
    assert norm_and_limit(norm(value=None, status="none"), "percent") == (None, None)


def test_a_norm_in_a_wrong_unit_is_refused() -> None:
    with pytest.raises(DeclarationError):
        norm_and_limit(norm(unit="days"), "percent")


@pytest.mark.parametrize(
    ("missing", "coverage", "because"),
    [(0, 1.0, ""), (9, 1.0, ""), (14, 1.0, "missing"), (0, 0.899, "coverage"), (0, None, "")],
)
def test_reliability_follows_from_published_figures(
    missing: int, coverage: float | None, because: str
) -> None:
    """Nine missing of a hundred would betray itself if the true share decided."""
    rows = [row("I04", "GM0228", denominator=90, missing=missing, coverage=coverage)]
    cell = one(protect(rows, DEFINITIONS.values(), PLACES, TODAY).cells)
    assert cell.unreliable_because == because
    assert cell.reliable == (because == "")


# -- the whole --------------------------------------------------------------------------------------------------


def test_only_closed_periods_of_listed_tables_come_out() -> None:
    rows = [
        row(period="2025"),
        row(period="2025-Q3"),
        row(period="2026-01"),  # months stay inside
        row(period="2026") | {"closed": True},  # whatever the row says
        row(period="2024") | {"closed": False},
        row("I05") | {"measure": "secret"},
    ]
    protected = protect(rows, DEFINITIONS.values(), PLACES, TODAY)
    assert {cell.period for cell in protected.cells} == {"2025", "2025-Q3"}
    assert protected.suppression["rows_open_period"] == 3
    assert protected.suppression["rows_not_listed"] == 1


def test_a_period_closes_45_days_after_its_end() -> None:
    rows = [row(period="2025")]
    assert not protect(rows, DEFINITIONS.values(), PLACES, day("2026-02-13")).cells
    assert protect(rows, DEFINITIONS.values(), PLACES, day("2026-02-14")).cells


def test_a_municipality_without_a_row_looks_like_one_with_few() -> None:
    few = protect(
        [row(), row(municipality="GM0106", numerator=2, denominator=6)], DEFINITIONS.values(), PLACES, TODAY
    )
    none = protect([row()], DEFINITIONS.values(), PLACES, TODAY)
    seen = [
        (c.denominator, c.numerator, c.value_state, c.verdict)
        for cells in (few, none)
        for c in [one(cells.cells, "GM0106")]
    ]
    assert seen[0] == seen[1]


def test_the_years_own_quarter_says_the_same() -> None:
    cells = protect(results(), DEFINITIONS.values(), PLACES, TODAY).cells
    year, quarter = one_table(cells, "2025"), one_table(cells, "2025-Q4")
    assert year == quarter


def one_table(cells: tuple[Cell, ...], period: str) -> list[tuple[object, ...]]:
    return [
        (c.indicator, c.measure, c.municipality, c.value, c.denominator) for c in cells if c.period == period
    ]


def test_no_published_count_of_people_is_small_or_exact() -> None:
    protected = protect(results(size=0.4), DEFINITIONS.values(), PLACES, TODAY)
    for cell in protected.cells:
        if cell.about == "deliveries":
            continue
        for number, state in (
            (cell.numerator, cell.numerator_state),
            (cell.denominator, cell.denominator_state),
            (cell.missing, cell.missing_state),
        ):
            assert (number is None) == (state != "shown")
            assert number is None or (number >= 10 and number % 5 == 0)
        if cell.value_state == "suppressed":
            assert cell.value is None
            assert cell.bound is None
            assert cell.verdict == "suppressed"


def test_order_is_fixed_and_never_by_value() -> None:
    cells = protect(reversed(results()), DEFINITIONS.values(), PLACES, TODAY).cells
    assert cells == protect(results(), DEFINITIONS.values(), PLACES, TODAY).cells
    first = [cell.municipality for cell in cells[:7]]
    assert first == [*PLACES, TOTAL]


@pytest.mark.parametrize(
    "wrong",
    [
        {"denominator": -1},
        {"numerator": 101},
        {"municipality": "GM9999"},
        {"unit": "sum"},
        {"period_end": "2025"},
        {"denominator": "many"},
    ],
)
def test_rows_that_cannot_be_are_refused_without_their_values(wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrationError) as caught:
        protect([row() | wrong], DEFINITIONS.values(), PLACES, TODAY)
    assert str(next(iter(wrong.values()))) not in str(caught.value).replace("2025", "")


def test_a_column_that_lacks_is_named() -> None:
    short = row()
    del short["missing"]
    with pytest.raises(IntegrationError, match="missing"):
        protect([short], DEFINITIONS.values(), PLACES, TODAY)


def test_a_result_that_occurs_twice_is_refused() -> None:
    with pytest.raises(IntegrationError):
        protect([row(), row()], DEFINITIONS.values(), PLACES, TODAY)


def test_every_listed_table_is_a_declared_measure() -> None:
    declared = {(d.id, "value") for d in DEFINITIONS.values()} | {
        (d.id, m.measure) for d in DEFINITIONS.values() for m in d.measures
    }
    assert set(load_tables().tables) == declared


def test_an_open_table_needs_a_reason() -> None:
    with pytest.raises(DeclarationError):
        read_tables(
            "closed_periods: [year]\ntables:\n  - {indicator: I99, measure: value, about: families, people: false}"
        )
