"""I01: a safety assessment within five working days of the report."""

from __future__ import annotations

from datetime import date

from helpers.models import World


def test_on_time_late_not_yet_and_missing() -> None:
    world = World(
        veilig_thuis="""
            case      kind  melding_datum  beoordeling_datum  beoordeling_uitkomst
            on_time   anna  2025-01-06     2025-01-13         VT_VERVOLG
            late      bram  2025-01-06     2025-01-14         VT_VERVOLG
            saturday  carl  2025-01-11     2025-01-17         OVERDRACHT
            easter    dana  2025-04-17     2025-04-28         GEEN_VERVOLG
            new_year  eric  2025-12-29     2026-01-06         VT_VERVOLG
            not_yet   faye  2025-03-03     -                  NOG_NIET
            undated   gijs  2025-03-03     -                  VT_VERVOLG
        """,
    )
    assert world.rows("indicators.i01", "unit_id", "closes_on", "hit", "missing") == [
        ("VE01:easter", "2025-04-28", True, False),
        ("VE01:late", "2025-01-13", False, False),
        ("VE01:new_year", "2026-01-06", True, False),
        ("VE01:not_yet", "2025-03-10", False, False),
        ("VE01:on_time", "2025-01-13", True, False),
        ("VE01:saturday", "2025-01-17", True, False),
        ("VE01:undated", "2025-03-10", False, True),
    ]
    assert world.counts("I01", "2025") == (3, 5, 1)  # new_year belongs to 2026, in which its window closes


def test_a_case_with_two_children_counts_once_by_its_first_dates() -> None:
    world = World(
        veilig_thuis="""
            case   kind  melding_datum  beoordeling_datum
            twins  anna  2025-01-06     2025-01-20
            twins  bram  2025-01-07     2025-01-10
        """,
    )
    assert world.counts("I01", "2025") == (1, 1, 0)


def test_no_child_in_the_record_still_counts() -> None:
    world = World(
        veilig_thuis="""
            case     ouder1  melding_datum  beoordeling_datum
            couple   mama    2025-01-06     2025-01-10
        """,
    )
    assert world.counts("I01", "2025") == (1, 1, 0)


def test_a_window_that_closes_after_the_delivered_days_is_immature() -> None:
    world = World(
        veilig_thuis="""
            delivery                                          case  kind  melding_datum  beoordeling_datum
            veilig_thuis.VE01.GM0321.stand-2025-11-30.0001    old   anna  2025-11-20     2025-11-25
            veilig_thuis.VE01.GM0321.stand-2025-11-30.0001    new   bram  2025-11-26     2025-11-27
        """,
        deliveries="""
            source        period
            veilig_thuis  stand-2025-11-30
        """,
    )
    assert world.counts("I01", "2025") == (1, 1, 0)


def test_a_window_that_closes_after_the_run_is_immature() -> None:
    world = World(
        veilig_thuis="""
            case  kind  melding_datum  beoordeling_datum
            old   anna  2025-12-20     2025-12-22
            new   bram  2025-12-24     2025-12-29
        """,
        run_date=date(2025, 12, 31),
    )
    assert world.counts("I01", "2025") == (1, 1, 0)  # the second is due on 2 January
