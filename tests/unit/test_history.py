"""The history of checks: what is kept, that a rerun keeps the same, and what goes when its time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpers.deliveries import NOW
from helpers.stores import store_url
from integration.names import DeliveryId
from integration.quality.check import CheckResult
from integration.quality.compared import Profile
from integration.quality.findings import Finding
from integration.quality.history import _META, History, Result
from integration.quality.suites import Check


def check(name: str, column: str = "soort", severity: str = "warning") -> Check:
    return Check(name, "expect_column_values_to_not_be_null", {"column": column}, severity, "nl", "en")


def checked(
    sequence: int, *findings: Finding, supplier: str = "WT0321", period: str = "", rows: int = 9
) -> CheckResult:
    period = period or f"2026-W{sequence:02}"
    name = f"wijkteam.{supplier}.GM0321.{period}.{sequence:04}"
    codes = {"soort": {"a": rows - 1, "": 1}}
    counted = Profile(name, DeliveryId.parse(name).period.kind, rows + 1, rows, 1, codes)
    return CheckResult(name, "warned", suite_version="1.1.0", findings=findings, profile=counted)


FAILED = Finding(check("gevuld"), "failed", "warning", 9, 3)
BROKEN = Finding(check("kapot"), "error", "warning", 0, None)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return store_url(tmp_path, "stewardship")


@pytest.fixture
def history(url: str) -> History:
    return History(url)


def test_a_result_is_kept_as_it_was_found(history: History) -> None:
    assert history.record(checked(3, FAILED, BROKEN), NOW)
    assert history.results("wijkteam.WT0321.GM0321.2026-W03.0003") == [
        Result(
            delivery_id="wijkteam.WT0321.GM0321.2026-W03.0003",
            source="wijkteam",
            supplier="WT0321",
            municipality="GM0321",
            period="2026-W03",
            kind=DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W03.0003").period.kind,
            sequence=3,
            check_id=check_id,
            severity="warning",
            weight="warning",
            result=result,
            n=n,
            unexpected=unexpected,
            share=share,
            measured=None,
            checked_at=NOW.isoformat(),
        )
        for check_id, result, n, unexpected, share in [
            ("gevuld", "failed", 9, 3, 0.333333),
            ("kapot", "error", 0, None, None),
        ]
    ]


def test_checking_again_keeps_the_same_history(history: History) -> None:
    assert history.record(checked(3, FAILED), NOW)
    before = history.results(checked(3).delivery_id)
    assert not history.record(checked(3, FAILED), NOW + timedelta(days=1))
    assert history.results(checked(3).delivery_id) == before


def test_another_outcome_is_added_and_the_newest_counts(history: History) -> None:
    mended = replace(FAILED, result="success", unexpected=0)
    for number, finding in enumerate((FAILED, mended, FAILED)):
        assert history.record(checked(3, finding), NOW + timedelta(days=number))
        (found,) = history.of_check("gevuld", "wijkteam")
        assert found.result == finding.result
    assert len(history.earlier(DeliveryId.parse(checked(4).delivery_id), {checked(3).delivery_id})) == 1


def test_a_check_is_followed_across_deliveries(history: History) -> None:
    for sequence in (4, 2, 3):
        history.record(checked(sequence, FAILED, BROKEN), NOW)
    history.record(checked(1, FAILED, supplier="WT0322"), NOW)
    told = [(one.supplier, one.sequence) for one in history.of_check("gevuld", "wijkteam")]
    assert told == [("WT0321", 2), ("WT0321", 3), ("WT0321", 4), ("WT0322", 1)]
    assert [one.sequence for one in history.of_check("kapot", "wijkteam", supplier="WT0321")] == [2, 3, 4]
    assert history.of_check("gevuld", "wijkteam", municipality="GM0106") == []


def test_earlier_deliveries_are_accepted_ones_of_the_same_supplier(history: History) -> None:
    stock = checked(1, period="stand-2026-01-04", rows=80)
    known = [stock, checked(2, rows=7), checked(3), checked(4), checked(2, supplier="WT0322")]
    for result in known:
        history.record(result, NOW)
    accepted = {result.delivery_id for result in known} - {checked(3).delivery_id}
    fourth = DeliveryId.parse(checked(4).delivery_id)
    assert history.earlier(fourth, accepted) == [stock.profile, checked(2, rows=7).profile]
    assert history.earlier(fourth, accepted, fourth.period.kind) == [checked(2, rows=7).profile]


def test_what_could_not_be_read_is_nothing_to_compare_with(history: History) -> None:
    broken = CheckResult(checked(2).delivery_id, "error", suite_version="1.1.0")
    assert history.record(broken, NOW)
    assert history.earlier(DeliveryId.parse(checked(3).delivery_id), {broken.delivery_id}) == []


@pytest.mark.parametrize(
    ("column", "weight", "doubted"),
    [
        ("soort_constant_kans", "warning", {"soort_constant_kans"}),
        ("soort_constant_kans", "info", set()),
        ("soort", "warning", set()),
    ],
)
def test_a_column_is_doubted_by_a_measure_that_counted(
    history: History, column: str, weight: str, doubted: set[str]
) -> None:
    history.record(checked(2, Finding(check("proef", column), "failed", weight, 9, None, 0.001)), NOW)
    (found,) = history.earlier(DeliveryId.parse(checked(3).delivery_id), {checked(2).delivery_id})
    assert found.doubted == doubted


def test_old_runs_go_and_newer_stay(history: History, url: str) -> None:
    history.record(checked(2, FAILED), datetime(2020, 5, 1, tzinfo=NOW.tzinfo))
    history.record(checked(3, FAILED), NOW)
    assert history.purge("2021-01-01", dry_run=True) == {"wijkteam": 1}
    assert history.purge("2021-01-01") == {"wijkteam": 1}
    assert history.purge("2021-01-01") == {}
    assert [one.sequence for one in history.of_check("gevuld", "wijkteam")] == [3]
    with sa.create_engine(url).connect() as con:
        left = {
            name: con.execute(sa.select(table.c.run_id)).scalars().all()
            for name, table in _META.tables.items()
        }
    assert {name: set(ids) for name, ids in left.items()} == {name: {2} for name in _META.tables}
