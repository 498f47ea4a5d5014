"""Check modelled tables against their suites: core tables after linking, a release's before it is published.

``expectations/<folder>/<table>.json`` is the suite of ``<schema>.<table>``. It looks at what ``warehouse/<checks>/
<table>.sql`` gives: the table's rows with what a check needs beside its columns (rows that share a key, references
that lead nowhere, what another source says of the same gezin). Only the columns that a suite names are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import warehouse
from integration.errors import IntegrationError
from integration.quality import counts, engine
from integration.quality import findings as f
from integration.quality.layout import Column
from integration.quality.rules import RULES
from integration.quality.suites import Check, Suite, load_suite, suite_ids
from integration.reasons import Reason
from integration.storage import resource

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa

FORMAT = "integration-model-check/1"
RESULTS = "meta.check"
"""Where a domain's file holds what was found: a row a check, counts and shares only."""

_RESULT_COLUMNS = (
    ("table_name", "VARCHAR"), ("check_id", "VARCHAR"), ("severity", "VARCHAR"), ("weight", "VARCHAR"),
    ("result", "VARCHAR"), ("rows", "BIGINT"), ("unexpected", "BIGINT"), ("share", "DOUBLE"),
    ("threshold", "DOUBLE"), ("minimum_rows", "INTEGER"), ("nl", "VARCHAR"), ("en", "VARCHAR"),
)  # fmt: skip
_OF_FILLING = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
_NAMES_AN_ID = ("_id", "_key", "_ref")
"""How a text column ends that identifies something; the other text columns hold codes."""


@dataclass(frozen=True)
class Place:
    """Where tables, their suites and the SQL beside them are: a schema and two folders."""

    schema: str
    expectations: Path
    checks: Path

    def tables(self) -> list[str]:
        """The tables that have a suite, sorted."""
        return suite_ids(self.expectations)


def core_tables() -> Place:
    """The core tables of a domain's file."""
    return Place("core", resource("expectations") / "core", resource("warehouse") / "checks")


def release_tables() -> Place:
    """The tables that a release is about to publish, in a schema ``release`` of a file in memory."""
    return Place("release", resource("expectations") / "release", resource("warehouse") / "release_checks")


@dataclass(frozen=True)
class TableChecked:
    """What was found of one table: its rows, its suite, and a finding a check."""

    table: str
    rows: int
    suite: Suite
    findings: tuple[f.Finding, ...]


@dataclass(frozen=True)
class ModelChecked:
    """What was found of all tables; ``outcome`` is passed, warned, failed or error (see :func:`.findings.outcome`)."""

    tables: tuple[TableChecked, ...]

    @property
    def findings(self) -> list[f.Finding]:
        """The findings of all tables."""
        return [finding for table in self.tables for finding in table.findings]

    @property
    def outcome(self) -> str:
        """All findings summed up."""
        return f.outcome(self.findings)

    def ids(self, result: str, *weights: str) -> tuple[str, ...]:
        """``<table>.<check>`` of the checks with this result and one of these weights (any when none is given)."""
        return tuple(
            f"{table.table}.{check_id}"
            for table in self.tables
            for check_id in f.ids(table.findings, result, *weights)
        )

    def counts(self) -> dict[str, int]:
        """How many checks there were, and how many of them critically failed, warned or could not run."""
        return {
            "checks": len(self.findings),
            "failed": len(self.ids(f.FAILED, "critical")),
            "warned": len(self.ids(f.FAILED, "warning")),
            "could_not_run": len(self.ids(f.ERROR)),
        }

    def as_json(self) -> dict[str, Any]:
        """The results as plain data: ids, counts, shares and notes."""
        return {
            "format": FORMAT,
            "outcome": self.outcome,
            "counts": self.counts(),
            "great_expectations": engine.version(),
            "tables": [
                {
                    "table": table.table,
                    "rows": table.rows,
                    "suite": {"version": table.suite.version, "sha256": table.suite.sha256},
                    "checks": [finding.as_json() for finding in table.findings],
                }
                for table in self.tables
            ],
        }

    def refuse(self, failed: Reason, error: Reason) -> None:
        """Raise :class:`IntegrationError` when a critical check failed, or could not run, naming these checks."""
        for outcome, reason, result in (("failed", failed, f.FAILED), ("error", error, f.ERROR)):
            if self.outcome == outcome:
                raise IntegrationError(reason, ", ".join(self.ids(result, "critical")))


def check_tables(
    con: duckdb.DuckDBPyConnection, place: Place, params: Mapping[str, Any] | None = None
) -> ModelChecked:
    """Hold every table of ``place`` that has a suite against it.

    Raises :class:`IntegrationError` (MODEL_FAILED) for SQL that fails, naming its file, and
    :class:`~integration.errors.DeclarationError` (SUITE_INVALID) for a suite that cannot be used.
    """
    return ModelChecked(tuple(_check(con, place, table, params or {}) for table in place.tables()))


def layout(
    con: duckdb.DuckDBPyConnection, place: Place, table: str, params: Mapping[str, Any]
) -> dict[str, Column]:
    """The columns that the suite of a table may name, by name: those of its SQL's result."""
    schema = _read(con, place, table, params, "*", "limit 0").schema
    return {field.name: Column(field.name, _kind(field)) for field in schema}


def write_results(con: duckdb.DuckDBPyConnection, checked: ModelChecked) -> None:
    """Make ``meta.check`` of the file that is being built anew."""
    rows = [
        (
            table.table, found.check.id, found.check.severity, found.weight, found.result, found.n,
            found.unexpected, found.share, found.check.threshold, found.check.minimum_rows,
            found.check.nl, found.check.en,
        )
        for table in checked.tables
        for found in table.findings
    ]  # fmt: skip
    warehouse.insert_rows(con, RESULTS, _RESULT_COLUMNS, rows)


def forget_results(con: duckdb.DuckDBPyConnection) -> None:
    """Take the results away, as when the tables they are about are made anew."""
    con.execute(f"drop table if exists {RESULTS}")


def passed(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a file's core tables were checked, and no critical check failed or could not run."""
    if RESULTS not in warehouse.tables(con):
        return False
    query = f"select count(*) from {RESULTS} where weight = 'critical' and result <> '{f.SUCCESS}'"
    return not con.execute(query).fetchall()[0][0]


def _check(
    con: duckdb.DuckDBPyConnection, place: Place, table: str, params: Mapping[str, Any]
) -> TableChecked:
    suite = load_suite(table, layout(con, place, table, params), place.expectations)
    frame = _frame(con, place, suite, params)
    return TableChecked(table, len(frame), suite, tuple(_examine(frame, suite)))


def _judged_by_value(suite: Suite) -> set[str]:
    """The columns whose values a check needs; of the others only whether they are filled leaves the database."""
    judged = {
        check.kwargs[name]
        for check in suite.checks
        if check.type not in _OF_FILLING
        for name in RULES[check.type].columns
    }
    return judged.union(*(_compared(check.kwargs.get("row_condition")) for check in suite.checks))


def _compared(condition: Any) -> set[str]:
    """The columns that a row condition compares with a value."""
    if not condition or condition["type"] == "nullity":
        return set()
    if condition["type"] == "and":
        return set().union(*(_compared(part) for part in condition["conditions"]))
    return {condition["column"]["name"]}


def _frame(
    con: duckdb.DuckDBPyConnection, place: Place, suite: Suite, params: Mapping[str, Any]
) -> pd.DataFrame:
    import pandas as pd

    read = _judged_by_value(suite)
    wanted = [
        name if name in read else f"case when {name} is not null then true end as {name}"
        for name in sorted(suite.columns)
    ]
    return _read(con, place, suite.name, params, ", ".join(wanted) or "1").to_pandas(
        types_mapper=pd.ArrowDtype
    )


def _read(
    con: duckdb.DuckDBPyConnection,
    place: Place,
    table: str,
    params: Mapping[str, Any],
    wanted: str,
    limit: str = "",
) -> pa.Table:
    path = place.checks / f"{table}.sql"
    sql = path.read_text(encoding="utf-8")
    given = {name: params[name] for name in warehouse.parameters(sql)}
    with warehouse.sealed_errors(f"warehouse/{path.parent.name}/{path.name}"):
        found: pa.Table = con.sql(
            f"select {wanted} from (\n{sql.strip()}\n) {limit}", params=given
        ).to_arrow_table()
        return found


def _examine(frame: pd.DataFrame, suite: Suite) -> Iterable[f.Finding]:
    """Counts beside verdicts, in the order of the suite.

    Great Expectations judges every check that some row does not meet (:func:`.findings.is_open`).
    """
    counted = {check.id: _counted(frame, check) for check in suite.checks}
    asked = replace(suite, checks=tuple(c for c in suite.checks if f.is_open(c, counted[c.id])))
    verdicts: Mapping[str, bool | None] = {}
    if asked.checks:
        verdicts = engine.Prepared(asked).verdicts(
            frame[_columns(asked)], [check.id for check in asked.checks]
        )
    for check in suite.checks:
        yield _finding(check, counted[check.id], verdicts.get(check.id, True))


def _columns(suite: Suite) -> list[str]:
    """The columns that a suite reads: Great Expectations copies and hashes all that it is given."""
    return sorted(suite.columns)


def _finding(check: Check, counted: counts.Counts | None, verdict: bool | None) -> f.Finding:
    if verdict is None or counted is None:
        return f.Finding(check, f.ERROR, check.severity, 0, None)
    rows, unexpected = counted
    weight = check.severity if rows >= check.minimum_rows else "info"
    return f.Finding(check, f.SUCCESS if verdict else f.FAILED, weight, rows, unexpected)


def _counted(frame: pd.DataFrame, check: Check) -> counts.Counts | None:
    """Rows and rows that do not hold; None when counting failed, whose error text may hold a value."""
    try:
        return counts.count(frame, check.type, check.kwargs)
    except Exception:
        return None


def _kind(field: pa.Field[Any]) -> str:
    import pyarrow.types as types

    if types.is_string(field.type) or types.is_large_string(field.type):
        return "string" if field.name.endswith(_NAMES_AN_ID) else "code"
    known: Sequence[tuple[Any, str]] = (
        (types.is_boolean, "boolean"), (types.is_integer, "integer"), (types.is_floating, "share"),
        (types.is_date, "date"), (types.is_list, "codes"),
    )  # fmt: skip
    return next((kind for test, kind in known if test(field.type)), "other")
