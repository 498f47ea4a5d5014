"""What stands beside the core tables for their suites (warehouse/checks), and what their suites then find."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from helpers.models import RUN_DATE, World
from integration.quality.model_check import ModelChecked, check_tables, core_tables
from integration.warehouse import run_models

MEMBERS = """
    gezin  person  role
    g1     anna    kind
    g1     mama    ouder
    g2     bas     kind
    g3     cleo    kind
"""


def looked_at(world: World) -> World:
    """The world with ``checks.<table>`` beside its core tables."""
    run_models(world.con, "checks", {"run_date": world.run_date})
    return world


@pytest.fixture(scope="module")
def town() -> World:
    return looked_at(
        World(
            until="core",
            members=MEMBERS,
            deliveries="""
                source        period            sequence
                veilig_thuis  stand-2026-01-31  1
                politie       stand-2026-01-31  1
                wijkteam      stand-2025-10-31  1
            """,
            veilig_thuis="""
                case  kind  melding_datum  melder_organisatie  overdracht_datum  overdracht_aan
                c1    anna  2025-06-01     POLITIE             2025-06-10        WIJKTEAM
                c2    bas   2025-09-20     POLITIE             2025-10-10        WIJKTEAM
                c3    dirk  2025-06-01     SCHOOL              2025-06-10        WIJKTEAM
                c4    cleo  2025-06-01     SCHOOL              2025-06-10        JEUGDHULP
            """,
            politie="""
                record  kind  incident_datum
                p1      anna  2025-05-20
            """,
            wijkteam="""
                case  kind  aanmeld_datum  ontvangst_overdracht_vt  delivery
                w1    anna  2025-06-12     2025-06-12               wijkteam.WI01.GM0321.stand-2025-10-31.0001
                w2    cleo  2025-06-12     2025-06-09               wijkteam.WI01.GM0321.stand-2025-10-31.0001
            """,
        )
    )


def test_a_receipt_is_awaited_of_who_delivered_long_enough_after_the_handover(town: World) -> None:
    """The local team delivered up to 31 October: 60 days after 10 June has come, 60 days after 10 October has not."""
    assert town.rows("checks.handover", "case_ref", "awaited_from") == [
        ("c1", "WIJKTEAM"),
        ("c2", "NOT_YET"),
        ("c3", "NO_GEZIN"),
        ("c4", "NOT_YET"),
    ]


def test_what_a_local_team_received_is_looked_up_at_veilig_thuis(town: World) -> None:
    """w2 says that it was handed over a day before Veilig Thuis did so."""
    assert town.rows("checks.local_case", "case_ref", "handed_over_date") == [
        ("w1", "2025-06-10"),
        ("w2", None),
    ]


def test_what_the_police_reported_is_looked_up_at_the_police(town: World) -> None:
    assert town.rows("checks.report", "case_ref", "awaited_from", "police_date") == [
        ("c1", "POLITIE", "2025-05-20"),
        ("c2", "POLITIE", None),
        ("c3", "NONE", None),
        ("c4", "NONE", None),
    ]


def test_how_many_sources_name_a_person_and_how_often(town: World) -> None:
    assert town.rows("checks.person", "person_id", "sources", where="is_child") == [
        ("anna", 3), ("bas", 1), ("cleo", 2),
    ]  # fmt: skip
    assert town.rows(
        "checks.mention", "distinct person_id", "person_mentions", where="person_id = 'anna'"
    ) == [("anna", 3)]


def test_no_row_is_lost_or_doubled_and_nothing_dangles_in_what_the_models_make(town: World) -> None:
    for table in core_tables().tables():
        ((kept, own, keys),) = town.con.execute(
            f"select (select count(*) from checks.{table}), (select count(*) from core.{table}), "
            f"(select coalesce(max(key_rows), 1) from checks.{table})"
        ).fetchall()
        assert (kept, keys) == (own, 1), table
    assert found(town).ids("failed", "critical") == ()


def found(world: World) -> ModelChecked:
    return check_tables(world.con, core_tables(), {"run_date": RUN_DATE})


BROKEN = {
    "a report told twice": ("insert into core.report from core.report limit 1", "report.sleutel_uniek"),
    "a person that is gone": ("delete from core.person where person_id = 'anna'", "contact.persoon_bestaat"),
    "a gezin that is gone": ("delete from core.family where gezin_id = 'g1'", "handover.gezin_bestaat"),
    "a delivery that was not taken in": (
        "update meta.delivery set state = 'quarantined' where source = 'politie'",
        "contact.levering_aanvaard",
    ),
    "another municipality's row": (
        "update core.contact set municipality = 'GM0228'",
        "contact.levering_aanvaard",
    ),
    "a child in two gezinnen on a day": (
        """insert into core.membership
        select * replace ('g2' as gezin_id) from core.membership where person_id = 'anna'""",
        "membership.kind_in_een_gezin",
    ),
    "a date after the night": (
        "update core.contact set contact_date = date '2027-01-01'",
        "contact.datum_niet_later",
    ),
    "a record that does not name its person": (
        "update core.record_gezin set person_id = 'bas' where person_id = 'anna'",
        "record_gezin.persoon_genoemd",
    ),
    "a signal of no list": ("update core.signal set code = 'K99'", "signal.code_bestaat"),
    "gezinnen glued together": ("update core.family set children = 21", "family.kinderen_hoogstens_20"),
    "a case that was never reported": ("delete from core.report", "assessment.casus_gemeld"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_in_our_own_tables_is_found(town: World, name: str) -> None:
    statement, check = BROKEN[name]
    town.con.execute("begin")
    try:
        town.con.execute(statement)
        assert check in found(town).ids("failed", "critical")
    finally:
        town.con.execute("rollback")


def test_a_handover_that_nobody_received_warns_from_twenty_on() -> None:
    def handed_over(number: int) -> ModelChecked:
        cases = "\n".join(f"c{n}  k{n}  2025-06-01  2025-06-10  WIJKTEAM" for n in range(number))
        members = "\n".join(f"g{n}  k{n}  kind" for n in range(number))
        return found(
            World(
                until="core",
                members="gezin person role\n" + members,
                veilig_thuis="case kind melding_datum overdracht_datum overdracht_aan\n" + cases,
            )
        )

    assert "handover.wijkteam_ontving_80" in handed_over(20).ids("failed", "warning")
    assert handed_over(19).ids("failed", "info")[:1] != ()
    assert "handover.wijkteam_ontving_80" not in handed_over(19).ids("failed", "warning")


def overlapping(rows: list[tuple[str, date, date]]) -> int:
    """The oracle: of how many stretches the next one of the same child begins before they end."""
    count = 0
    for child in {row[0] for row in rows}:
        own = sorted((start, end) for person, start, end in rows if person == child)
        count += sum(later[0] < earlier[1] for earlier, later in pairwise(own))
    return count


@pytest.mark.parametrize("seed", range(8))
def test_overlaps_are_those_that_plain_python_finds(seed: int) -> None:
    pick = random.Random(seed)
    rows: list[tuple[str, date, date]] = []
    for _ in range(pick.randint(2, 12)):
        start = date(2024, 1, 1) + timedelta(days=pick.randint(0, 40))
        rows.append((pick.choice("abc"), start, start + timedelta(days=pick.randint(1, 20))))
    world = World(until="core")
    _put_members(world, rows)
    looked_at(world)
    assert len(world.rows("checks.membership", "person_id", where="overlaps_next")) == overlapping(rows)


def _put_members(world: World, rows: list[tuple[Any, ...]]) -> None:
    for number, (person, start, end) in enumerate(rows):
        world.con.execute(
            "insert into core.membership values (?, ?, 'kind', true, ?, null, false, false, ?, ?)",
            [f"g{number}", person, start, start, end],
        )
