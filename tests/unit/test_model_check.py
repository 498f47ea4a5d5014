"""Checking modelled tables: failed and could not run told apart, counts without values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from integration.errors import DeclarationError, IntegrationError
from integration.quality import counts, engine
from integration.quality.model_check import Place, check_tables, layout, passed, write_results
from integration.reasons import Reason

CANARY = "KANARIE_Q7Z"


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(":memory:")
    made.execute("create schema core")
    made.execute(
        "create table core.visit as select * from (values "
        f"('{CANARY}1', 'a', 1, date '2026-01-01', true), ('{CANARY}2', 'a', 1, date '2026-01-03', null), "
        f"(null, 'b', 2, date '2026-01-02', null)) as t(person_id, kind, key_rows, day, dangling)"
    )
    return made


def place(
    tmp_path: Path, *expectations: tuple[str, str, dict[str, Any]], sql: str = "from core.visit"
) -> Place:
    """One suite over ``core.visit``: a check a (severity, type, arguments)."""
    checks, suites = tmp_path / "checks", tmp_path / "suites"
    checks.mkdir()
    suites.mkdir()
    (checks / "visit.sql").write_text(sql)
    listed = [
        {
            "type": kind,
            "severity": severity,
            "kwargs": kwargs,
            "meta": {"id": f"check_{number}", "nl": "Proef", "en": "Trial"},
        }
        for number, (severity, kind, kwargs) in enumerate(expectations)
    ]
    meta = {"version": "1.0.0", "nl": "Proef", "en": "Trial"}
    (suites / "visit.json").write_text(json.dumps({"name": "visit", "meta": meta, "expectations": listed}))
    return Place("core", suites, checks)


def once(severity: str = "critical") -> tuple[str, str, dict[str, Any]]:
    return severity, "expect_column_values_to_be_between", {"column": "key_rows", "max_value": 1}


FILLED = ("warning", "expect_column_values_to_not_be_null", {"column": "person_id"})
NOT_DANGLING = ("critical", "expect_column_values_to_be_null", {"column": "dangling"})


def test_counts_and_outcome(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked = check_tables(con, place(tmp_path, once(), FILLED, NOT_DANGLING))
    assert checked.outcome == "failed"
    assert checked.counts() == {"checks": 3, "failed": 2, "warned": 1, "could_not_run": 0}
    assert checked.ids("failed", "critical") == ("visit.check_0", "visit.check_2")
    assert [(found.n, found.unexpected) for found in checked.findings] == [(3, 1), (3, 1), (3, 1)]
    with pytest.raises(IntegrationError) as refused:
        checked.refuse(Reason.MODEL_CHECK_CRITICAL, Reason.MODEL_CHECK_ERROR)
    assert refused.value.reason is Reason.MODEL_CHECK_CRITICAL
    assert refused.value.detail == "visit.check_0, visit.check_2"


def test_warnings_pass(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    checked = check_tables(con, place(tmp_path, once("warning"), FILLED))
    assert checked.outcome == "warned"
    checked.refuse(Reason.MODEL_CHECK_CRITICAL, Reason.MODEL_CHECK_ERROR)
    write_results(con, checked)
    assert passed(con)


def test_a_check_that_could_not_run_is_not_one_that_failed(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.Prepared, "verdicts", lambda _self, _frame, ids: dict.fromkeys(ids))
    checked = check_tables(con, place(tmp_path, once(), FILLED))
    assert (checked.outcome, checked.ids("failed")) == ("error", ())
    assert checked.ids("error") == ("visit.check_0", "visit.check_1")
    with pytest.raises(IntegrationError) as refused:
        checked.refuse(Reason.MODEL_CHECK_CRITICAL, Reason.MODEL_CHECK_ERROR)
    assert refused.value.reason is Reason.MODEL_CHECK_ERROR
    write_results(con, checked)
    assert not passed(con)


def test_unchecked_tables_have_not_passed(con: duckdb.DuckDBPyConnection) -> None:
    assert not passed(con)


def test_an_empty_table_holds_and_great_expectations_is_not_asked(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.Prepared, "verdicts", lambda *_: pytest.fail("asked about nothing"))
    con.execute("delete from core.visit")
    assert check_tables(con, place(tmp_path, once(), FILLED, NOT_DANGLING)).outcome == "passed"


def test_results_hold_no_value(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    checked = check_tables(con, place(tmp_path, once(), FILLED, NOT_DANGLING))
    write_results(con, checked)
    written = json.dumps(checked.as_json()) + repr(con.execute("from meta.check").fetchall()) + caplog.text
    assert CANARY not in written
    assert "check_2" in written


def test_of_a_column_that_need_only_be_filled_no_value_leaves_the_database(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = counts.count

    def look(frame: Any, kind: str, kwargs: Any) -> Any:
        seen.append(frame.to_csv())
        return real(frame, kind, kwargs)

    monkeypatch.setattr(counts, "count", look)
    condition = {"type": "comparison", "column": {"name": "kind"}, "operator": "==", "parameter": "a"}
    filled = (
        "warning",
        "expect_column_values_to_not_be_null",
        {"column": "person_id", "row_condition": condition},
    )
    checked = check_tables(con, place(tmp_path, filled))
    assert checked.findings[0].n == 2
    assert CANARY not in seen[0]
    assert "a" in seen[0]


def test_the_kinds_of_columns(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    columns = layout(con, place(tmp_path, once()), "visit", {})
    assert {name: column.kind for name, column in columns.items()} == {
        "person_id": "string", "kind": "code", "key_rows": "integer", "day": "date", "dangling": "boolean",
    }  # fmt: skip


def test_a_suite_that_names_an_unknown_column_is_refused(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    wrong = ("critical", "expect_column_values_to_not_be_null", {"column": "nobody"})
    with pytest.raises(DeclarationError) as refused:
        check_tables(con, place(tmp_path, wrong))
    assert (refused.value.reason, refused.value.field) == (Reason.SUITE_INVALID, "check_0")


def test_sql_that_fails_names_its_file_and_no_value(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    broken = place(tmp_path, once(), sql="select cast(person_id as integer) as key_rows from core.visit")
    with pytest.raises(IntegrationError) as refused:
        check_tables(con, broken)
    assert refused.value.reason is Reason.MODEL_FAILED
    assert "visit.sql" in str(refused.value)
    assert CANARY not in str(refused.value)
