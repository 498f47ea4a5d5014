"""The quality report (kwaliteitsrapport): what of a delivery cannot be, and why rows were refused, as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.quality.reports.material import Material
from integration.quality.reports.rows import EFFECTS
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

RESULTS = ("failed", "error", "success")
"""What comes first: not held, could not run, held."""
WEIGHTS = ("critical", "warning", "info")
KINDS = ("order", "condition", "whole")
"""Dates in order; fields and codes that depend on each other; what the delivery as a whole must be."""
_PAIR = "expect_column_pair_values_a_to_be_greater_than_b"


@dataclass(frozen=True)
class CheckLine:
    """One check on this delivery: ``nl`` says what should hold, ``unexpected`` of ``n`` rows (or fields) did not.

    ``severity`` is the check's own; ``weight`` the one that counts here (info where it rests on fewer rows than
    ``minimum_rows``). ``threshold`` is the share of rows that must hold, None where the check has none.
    """

    id: str
    kind: str
    result: str
    severity: str
    weight: str
    nl: str
    columns: tuple[str, ...]
    n: int
    unexpected: int | None
    share: float | None
    threshold: float | None
    minimum_rows: int


@dataclass(frozen=True)
class ReasonLine:
    """How many rows have a finding of one reason on one field with one effect."""

    field: str
    label: str
    reason: str
    text: str
    effect: str
    n: int
    share: float


@dataclass(frozen=True)
class QualityReport:
    """The quality report: checks (worst first) and reasons of single rows (most frequent first)."""

    material: Material
    checks: tuple[CheckLine, ...]
    reasons: tuple[ReasonLine, ...]

    def of(self, result: str, *kinds: str) -> tuple[CheckLine, ...]:
        """The checks with this result, of these kinds (all when none is given)."""
        return tuple(c for c in self.checks if c.result == result and (not kinds or c.kind in kinds))

    @property
    def asks(self) -> tuple[CheckLine, ...]:
        """The checks that did not hold and weigh more than info: what a supplier is asked to mend."""
        return tuple(check for check in self.of("failed") if check.weight != "info")


def quality_report(material: Material) -> QualityReport:
    """Put what the check and encoding found in the order in which people read it."""
    checks = sorted(map(_line, material.checks), key=_worst_first)
    reasons = reason_lines(material.contract, material.findings, material.counts.rows_in)
    return QualityReport(material, tuple(checks), tuple(reasons))


def _line(told: Mapping[str, Any]) -> CheckLine:
    names = {name: told[name] for name in CheckLine.__dataclass_fields__ if name not in ("kind", "columns")}
    return CheckLine(kind=_kind(told), columns=tuple(told["columns"]), **names)


def _kind(told: Mapping[str, Any]) -> str:
    """A check of two columns in order is about order; one whose rows another column selects, about a condition."""
    if told["type"] == _PAIR:
        return "order"
    return "condition" if len(told["columns"]) > 1 else "whole"


def _worst_first(check: CheckLine) -> tuple[int, int, int]:
    return RESULTS.index(check.result), WEIGHTS.index(check.weight), KINDS.index(check.kind)


def reason_lines(contract: Contract, findings: pa.Table, rows_in: int) -> Iterable[ReasonLine]:
    """Findings counted by reason, field and effect; shares are of the delivered rows."""
    columns = (findings.column(name).to_pylist() for name in ("effect", "field", "reason"))
    counted = Counter(zip(*columns, strict=True))
    place = list(EFFECTS)
    for (effect, name, reason), n in sorted(
        counted.items(), key=lambda item: (place.index(item[0][0]), -item[1], item[0])
    ):
        label, text = contract.field(name).label_nl, Reason[reason].nl
        yield ReasonLine(name, label, reason, text, effect, n, round(n / rows_in, 6) if rows_in else 0.0)
