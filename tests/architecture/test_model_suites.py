"""Core tables, a release's tables, their suites and the SQL beside them stay in step."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

import integration
from helpers.models import RUN_DATE, World
from integration.contracts import contract_ids, load_contract
from integration.quality import Suite, load_suite
from integration.quality.layout import IDENTIFIER_STATUSES, Column
from integration.quality.model_check import Place, core_tables, layout, release_tables
from integration.releases.tables import columns
from integration.storage import resource

CORE, RELEASE = core_tables(), release_tables()
TABLES = [(place, table) for place in (CORE, RELEASE) for table in place.tables()]
OF_EVERY_TABLE = pytest.mark.parametrize(
    ("place", "table"), TABLES, ids=[f"{place.schema}.{table}" for place, table in TABLES]
)
TYPES = {"text": "varchar", "integer": "bigint", "number": "double", "boolean": "boolean", "date": "date"}


@cache
def world() -> World:
    """A domain's file in which every table is there, and empty; a release's tables beside it."""
    made = World(until="core")
    made.con.execute("create schema release")
    for name, listed in columns().items():
        described = ", ".join(f"{column} {TYPES[told['type']]}" for column, told in listed.items())
        made.con.execute(f"create table release.{name} ({described})")
    return made


@cache
def known(place: Place, table: str) -> dict[str, Column]:
    return layout(world().con, place, table, {"run_date": RUN_DATE})


def suite_of(place: Place, table: str) -> Suite:
    return load_suite(table, known(place, table), place.expectations)


def own_columns(place: Place, table: str) -> set[str]:
    return {row[0] for row in world().con.execute(f"describe {place.schema}.{table}").fetchall()}


def sql(place: Place, table: str) -> str:
    text = (place.checks / f"{table}.sql").read_text(encoding="utf-8")
    return re.sub(r"--[^\n]*", "", text)


def stems(folder: str) -> set[str]:
    return {path.stem for path in (resource("warehouse") / folder).glob("*.sql")}


def texts(*patterns: str) -> list[str]:
    """The project's SQL, declarations and code: what a code that no contract has must come from."""
    roots = (resource("warehouse"), Path(integration.__file__).parent)
    return [path.read_text() for root in roots for pattern in patterns for path in root.rglob(pattern)]


def test_every_core_table_has_a_suite_and_sql_beside_it_and_no_other_has() -> None:
    assert stems("core") == set(CORE.tables()) == stems("checks")


def test_every_table_of_a_release_has_a_suite_and_sql_beside_it_and_no_other_has() -> None:
    assert set(columns()) == set(RELEASE.tables()) == stems("release_checks")


def test_every_suite_file_is_used() -> None:
    files = {
        p.relative_to(resource("expectations")).as_posix() for p in resource("expectations").rglob("*.json")
    }
    used = {f"{place.schema}/{table}.json" for place, table in TABLES}
    assert files == used | {f"{source}.json" for source in contract_ids()}


@OF_EVERY_TABLE
def test_every_column_that_a_suite_names_is_in_the_result_of_its_sql(place: Place, table: str) -> None:
    assert suite_of(place, table).columns <= set(known(place, table))


@OF_EVERY_TABLE
def test_every_column_of_a_table_is_checked_or_knowingly_not(place: Place, table: str) -> None:
    suite = suite_of(place, table)
    named = suite.columns | set(re.findall(r"\w+", sql(place, table)))
    assert own_columns(place, table) - named - set(suite.unchecked) == set()


@OF_EVERY_TABLE
def test_the_sql_beside_a_suite_works_out_nothing_that_no_check_reads(place: Place, table: str) -> None:
    made = set(known(place, table)) - own_columns(place, table)
    assert made - suite_of(place, table).columns == set()


@OF_EVERY_TABLE
def test_a_critical_check_is_about_every_row(place: Place, table: str) -> None:
    """What may be so in part of the rows is a source's doing, and warns; what is critical is our own."""
    critical = [check for check in suite_of(place, table).checks if check.severity == "critical"]
    assert critical
    assert all("mostly" not in check.kwargs and not check.minimum_rows for check in critical)
    assert "sleutel_uniek" in {check.id for check in critical}


@pytest.mark.parametrize("table", CORE.tables())
def test_references_of_a_core_table_are_critically_checked(table: str) -> None:
    owners = {"person_id": "person", "gezin_id": "family", "delivery_id": "delivery"}
    critical = {c.columns[0] for c in suite_of(CORE, table).checks if c.severity == "critical" and c.columns}
    for column, name in owners.items():
        if column in own_columns(CORE, table) and table != name:
            assert f"{name.replace('family', 'gezin')}_dangling" in critical, column


@OF_EVERY_TABLE
def test_every_code_that_a_suite_names_is_known(place: Place, table: str) -> None:
    fields = [field for source in contract_ids() for field in load_contract(source).fields]
    codes = {code for field in fields for code in field.codes or ()} | set(IDENTIFIER_STATUSES)
    codes |= set(re.findall(r"['\"](\w+)['\"]", "\n".join(texts("*.sql", "*.py"))))
    codes |= set(re.findall(r"\w+", "\n".join(texts("*.yml"))))
    named = {
        str(value) for check in suite_of(place, table).checks for value in check.kwargs.get("value_set", [])
    }
    assert named - codes == set()
