"""Check encoded deliveries against their suites, many with one Great Expectations import.

A delivery's ``check.json`` is written beside its encoded tables. It holds check ids, counts and shares, and is
the same whenever the same delivery is checked again after the same earlier ones: nothing in it tells the time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.names import DeliveryId
from integration.quality import engine
from integration.quality import findings as f
from integration.quality.compared import Comparer, Profile, profile
from integration.quality.frame import Facts, frame_of, read_facts, read_frame
from integration.quality.known import Known, without_known
from integration.quality.layout import Column, distributed, encoded_layout, nullable_fields
from integration.quality.suites import Suite, load_suite
from integration.reasons import Reason
from integration.storage import Zones, write_json

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.contracts.model import Contract

FORMAT = "integration-check/1"

ContractLoader = Callable[[str], "Contract"]
"""Gives the contract of a source."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckResult:
    """What a check run says of one delivery: ids of checks only.

    ``outcome`` is ``passed``, ``warned``, ``failed`` (a critical check failed) or ``error`` (a critical check, or
    the check as a whole, could not run); ``reason`` is None for the first two. ``findings`` and ``profile`` (what later
    deliveries are compared with; None when it could not be counted) are for the history.
    """

    delivery_id: str
    outcome: str
    critical_failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    could_not_run: tuple[str, ...] = ()
    could_not_run_critical: bool = False
    reason: Reason | None = None
    suite_version: str = field(default="", compare=False)
    findings: tuple[f.Finding, ...] = field(default=(), compare=False, repr=False)
    profile: Profile | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class _Ready:
    """A suite that was held against its contract and built in Great Expectations."""

    suite: Suite
    columns: dict[str, Column]
    nullable_fields: int
    prepared: engine.Prepared
    compared: tuple[str, ...]

    @property
    def needed(self) -> list[Column]:
        """The columns to read: those that a check names, and those whose codes are compared."""
        return [self.columns[name] for name in sorted({*self.suite.columns, *self.compared})]

    @property
    def distributed(self) -> list[Column]:
        return [self.columns[name] for name in self.compared]


@dataclass(frozen=True)
class _Around:
    """What is known of a delivery beside itself: findings that are known to be wrong, and what it is compared with."""

    known: Known
    comparer: Comparer | None


def check_deliveries(
    zones: Zones,
    delivery_ids: Sequence[str | DeliveryId],
    contract_loader: ContractLoader | None = None,
    *,
    expectations: Path | None = None,
    known: Mapping[str, Known] | None = None,
    compare: Callable[[DeliveryId], Comparer] | None = None,
    after: Callable[[CheckResult], None] | None = None,
) -> list[CheckResult]:
    """Run each delivery's suite, write its ``check.json``, and return the results in the order of the ids.

    One delivery that cannot be checked does not keep the others from it. Raises
    :class:`~integration.errors.DeclarationError` (SUITE_INVALID), before anything runs, when a suite of these
    deliveries' sources cannot be used. ``expectations`` is another folder with suites than the project's own.
    ``known`` gives by delivery the findings that are known: they do not count in what was refused or made empty.
    ``compare`` gives what takes a delivery's measures; without it nothing is compared and checks of measures are left
    out. ``after`` is called with each result before the next delivery is looked at, so that it can be compared with.
    """
    parsed = [d if isinstance(d, DeliveryId) else DeliveryId.parse(d) for d in delivery_ids]
    loader = contract_loader or _load_contract
    sources = sorted({str(delivery.source) for delivery in parsed})
    ready = {source: _ready(source, loader, expectations) for source in sources}
    results = []
    for delivery in parsed:
        around = _Around(
            (known or {}).get(str(delivery), frozenset()), compare(delivery) if compare else None
        )
        results.append(_check_one(zones.staging_dir(delivery), delivery, ready[delivery.source], around))
        if after:
            after(results[-1])
    return results


def check_records(
    records: pa.Table, facts: Facts, contract: Contract, *, expectations: Path | None = None
) -> list[f.Finding]:
    """Run a source's suite on encoded records in memory: what :func:`check_deliveries` finds in the same records.

    Nothing is asked of a nil return. Nothing is written. Raises as :func:`check_deliveries` does.
    """
    if facts.nil_return:
        return []
    ready = _ready(contract.id, lambda _: contract, expectations)
    return f.examine(frame_of(records, facts, ready.needed), facts, ready.suite, ready.prepared)


def _load_contract(source: str) -> Contract:
    from integration.contracts import load_contract

    return load_contract(source)


def _ready(source: str, loader: ContractLoader, expectations: Path | None) -> _Ready:
    contract = loader(source)
    columns = encoded_layout(contract)
    suite = load_suite(source, columns, expectations)
    return _Ready(suite, columns, nullable_fields(contract), engine.Prepared(suite), distributed(contract))


def _check_one(staging: Path, delivery: DeliveryId, ready: _Ready, around: _Around) -> CheckResult:
    facts: Facts | None = None
    counted: Profile | None = None
    found: list[f.Finding] = []
    try:
        facts, counted, found = _examined(staging, delivery, ready, around)
    except IntegrationError as error:
        result = CheckResult(str(delivery), "error", reason=error.reason)
    except Exception as error:  # a reader's or library's error text may hold a value: only its kind is told
        _log.error("check of %s could not run: %s", delivery, type(error).__name__)
        result = CheckResult(str(delivery), "error", reason=Reason.CHECK_ERROR)
    else:
        result = _result(delivery, found)
    if staging.is_dir():
        write_json(staging / "check.json", _report(result, facts, ready.suite, found))
    _log.info("checked %s: %s", delivery, result.outcome)
    return replace(result, suite_version=ready.suite.version, findings=tuple(found), profile=counted)


def _examined(
    staging: Path, delivery: DeliveryId, ready: _Ready, around: _Around
) -> tuple[Facts, Profile, list[f.Finding]]:
    facts = read_facts(staging, delivery.period.end, ready.nullable_fields)
    facts = without_known(facts, staging, around.known)
    if facts.nil_return:
        return facts, profile(delivery, facts, None, ()), []
    frame = read_frame(staging, facts, ready.needed)
    if len(frame) != facts.rows_ok:
        raise IntegrationError(Reason.CHECK_ERROR, "records and encode.json differ", file=staging.name)
    counted = profile(delivery, facts, frame, ready.distributed)
    if around.comparer:
        facts = replace(facts, compared=around.comparer(counted))
    return facts, counted, f.examine(frame, facts, ready.suite, ready.prepared)


def _result(delivery: DeliveryId, found: Sequence[f.Finding]) -> CheckResult:
    outcome = f.outcome(found)
    return CheckResult(
        delivery_id=str(delivery),
        outcome=outcome,
        critical_failed=f.ids(found, f.FAILED, "critical"),
        warned=f.ids(found, f.FAILED, "warning"),
        could_not_run=f.ids(found, f.ERROR),
        could_not_run_critical=bool(f.ids(found, f.ERROR, "critical")),
        reason={"failed": Reason.CHECK_CRITICAL, "error": Reason.CHECK_ERROR}.get(outcome),
    )


def _report(
    result: CheckResult, facts: Facts | None, suite: Suite, found: Iterable[f.Finding]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "delivery_id": result.delivery_id,
        "outcome": result.outcome,
        "reason": result.reason,
        "nil_return": bool(facts and facts.nil_return),
        "rows": facts.rows_ok if facts else None,
        "known": {"rows": facts.known_rows, "fields": facts.known_fields} if facts else None,
        "suite": {"name": suite.name, "version": suite.version, "sha256": suite.sha256},
        "great_expectations": engine.version(),
        "checks": [finding.as_json() for finding in found],
    }
