"""Q01: expected deliveries accepted on time. And what coverage and periods do to every figure."""

from __future__ import annotations

from datetime import date

import pytest

from helpers.models import World

EXPECTED = """
    source    period   due
    wijkteam  2025-08  2025-09-10
    wijkteam  2025-09  2025-10-10
    wijkteam  2025-10  2025-11-10
    wijkteam  2025-11  2025-12-10
    wijkteam  2025-12  2026-01-10
"""


def test_on_time_late_replaced_refused_and_absent() -> None:
    world = World(
        deliveries="""
            source    period   sequence  arrived     state        superseded
            wijkteam  2025-08  1         2025-09-10  loaded       yes
            wijkteam  2025-08  2         2025-10-01  loaded       -
            wijkteam  2025-09  3         2025-10-11  loaded       -
            wijkteam  2025-10  4         2025-11-10  quarantined  -
            wijkteam  2025-12  6         2026-01-05  loaded       -
        """,
        expected=EXPECTED,
    )
    assert world.rows("indicators.q01", "unit_id", "closes_on", "hit") == [
        ("WI01:2025-08", "2025-09-10", True),
        ("WI01:2025-09", "2025-10-10", False),
        ("WI01:2025-10", "2025-11-10", False),
        ("WI01:2025-11", "2025-12-10", False),
        ("WI01:2025-12", "2026-01-10", True),
    ]
    assert world.counts("Q01", "2025") == (1, 4, 0)
    assert world.figure("Q01", "2025")["coverage"] == 1.0


def test_coverage_is_the_share_of_deliveries_that_are_in() -> None:
    world = World(
        deliveries="""
            source        period            sequence  state
            veilig_thuis  stand-2025-10-31  1         loaded
            veilig_thuis  2025-11           2         quarantined
            veilig_thuis  2025-12           3         loaded
        """,
        expected="""
            source        period            due
            veilig_thuis  stand-2025-10-31  2025-11-10
            veilig_thuis  2025-11           2025-12-10
            veilig_thuis  2025-12           2026-01-10
        """,
        veilig_thuis="""
            delivery                                        case  kind  melding_datum  beoordeling_datum
            veilig_thuis.VE01.GM0321.stand-2025-10-31.0001  c1    anna  2024-03-04     2024-03-05
            veilig_thuis.VE01.GM0321.stand-2025-10-31.0001  c2    anna  2025-03-04     2025-03-05
        """,
    )
    figure = world.figure("I01", "2025")
    assert (figure["numerator"], figure["denominator"], figure["reliable"]) == (1, 1, False)
    assert figure["coverage"] == pytest.approx(2 / 3)
    before = world.figure("I01", "2024")  # nothing was expected in 2024; the stock covers it
    assert (before["denominator"], before["coverage"], before["reliable"]) == (1, 1.0, True)


def test_a_later_stock_makes_up_for_a_delivery_that_never_came() -> None:
    world = World(
        deliveries="""
            source        period            sequence
            veilig_thuis  stand-2026-01-31  1
        """,
        expected="""
            source        period   due
            veilig_thuis  2025-11  2025-12-10
            veilig_thuis  2025-12  2026-01-10
        """,
    )
    assert world.figure("I01", "2025")["coverage"] == 1.0


def test_a_supplier_that_never_delivered_leaves_no_figure() -> None:
    world = World(
        deliveries="""
            source        supplier  period
            veilig_thuis  VE01      stand-2026-01-31
        """,
        expected="""
            source        supplier  period            due
            veilig_thuis  VE01      stand-2026-01-31  2026-02-10
            veilig_thuis  VE02      stand-2026-01-31  2026-02-10
        """,
        veilig_thuis="""
            case  kind  melding_datum  beoordeling_datum
            c1    anna  2025-03-04     2025-03-05
        """,
    )
    assert world.counts("I01", "2025") == (0, 0, 0)
    assert not world.figure("I01", "2025")["reliable"]


def test_periods_are_ended_years_and_twelve_months_per_quarter_and_close_after_45_days() -> None:
    world = World(
        veilig_thuis="""
            case  kind  melding_datum
            c1    anna  2024-03-04
        """,
        run_date=date(2026, 2, 13),
    )
    assert world.rows("indicators._period") == [
        ("2024", "2024-01-01", "2024-12-31", True),
        ("2024-Q4", "2024-01-01", "2024-12-31", True),
        ("2025", "2025-01-01", "2025-12-31", False),
        ("2025-Q1", "2024-04-01", "2025-03-31", True),
        ("2025-Q2", "2024-07-01", "2025-06-30", True),
        ("2025-Q3", "2024-10-01", "2025-09-30", True),
        ("2025-Q4", "2025-01-01", "2025-12-31", False),
    ]


def test_an_empty_domain_has_no_figures_and_no_errors() -> None:
    world = World(deliveries="source", expected="source")
    assert world.rows("indicators.result") == []
