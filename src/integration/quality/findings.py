"""What one check found on one delivery, and what all findings together mean for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.quality import counts, engine
from integration.quality.frame import Counted, Facts
from integration.quality.layout import is_measure
from integration.quality.suites import Check, Suite

if TYPE_CHECKING:
    import pandas as pd

SUCCESS, FAILED, ERROR = "success", "failed", "error"


@dataclass(frozen=True)
class Finding:
    """One check's result: ``success``, ``failed`` or ``error`` (it could not run), and counts, never values.

    ``n`` is what the share is of: rows, or fields for ``aandeel_leeggemaakt``; ``unexpected`` how many of these
    did not hold. ``weight`` is the severity that counts here: the check's own, or info where it rests on fewer
    rows than ``minimum_rows``. ``measured`` is what was found where the check is of a measure: a chance, a share or
    days (see :mod:`.compared`).
    """

    check: Check
    result: str
    weight: str
    n: int
    unexpected: int | None
    measured: float | None = None

    @property
    def share(self) -> float | None:
        """``unexpected`` / ``n``, to six decimals; None where the check is not about single rows."""
        if self.unexpected is None:
            return None
        return round(self.unexpected / self.n, 6) if self.n else 0.0

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in ``check.json``."""
        return {
            "id": self.check.id,
            "type": self.check.type,
            "columns": list(self.check.columns),
            "severity": self.check.severity,
            "weight": self.weight,
            "result": self.result,
            "n": self.n,
            "unexpected": self.unexpected,
            "share": self.share,
            "measured": self.measured,
            "threshold": self.check.threshold,
            "minimum_rows": self.check.minimum_rows,
            "nl": self.check.nl,
            "en": self.check.en,
        }


def examine(frame: pd.DataFrame, facts: Facts, suite: Suite, prepared: engine.Prepared) -> list[Finding]:
    """Run a suite on a delivery's records, its shares and its measures, in the order of the suite.

    Great Expectations judges every check that some row does not meet (:func:`is_open`). One without a row to judge
    holds, as does one whose measure could not be taken, as of a first delivery; where nothing is compared at all,
    checks of measures are left out. A measure is one number between bounds: Great Expectations is not asked of it
    either, it would take a third of the time of a small delivery.
    """
    checks = [check for check in suite.checks if facts.compared is not None or not _measured(check)]
    counted = {check.id: _counted(frame, facts, check) for check in checks}
    asked = [check for check in checks if not _measured(check) and is_open(check, counted[check.id])]
    measured = [check for check in checks if _measured(check) and counted[check.id] != (0, None, 0)]
    of_delivery = [check.id for check in asked if _share_of(check, facts)]
    on_rows = [check for check in asked if check.id not in of_delivery]
    needed = sorted({name for check in on_rows for name in check.columns})
    verdicts = prepared.verdicts(frame[needed], [check.id for check in on_rows])
    verdicts |= prepared.verdicts(facts.shares(), of_delivery)
    compared = facts.compared or {}
    verdicts |= {one.id: within(compared[one.columns[0]].value, one) for one in measured}
    return [_finding(check, facts, counted[check.id], verdicts.get(check.id, True)) for check in checks]


def is_open(check: Check, counted: Sequence[int | None] | None) -> bool:
    """Whether counting alone does not settle a check: some row does not meet it, or it is not about single rows.

    ``counted`` are rows and how many of them do not hold. A check that every row meets holds whatever share it asks;
    a test holds the counts against Great Expectations' own. In a sound table most checks are met by every row, and
    asking about them takes most of the time of a small one. With a least value it is always asked: of a delivery
    in which nothing was refused the share is 0.
    """
    if counted is None:
        return False
    rows, unexpected = counted[:2]
    return not check.columns or (bool(rows) and (unexpected != 0 or "min_value" in check.kwargs))


def within(value: float, check: Check) -> bool:
    """Whether a measure lies within the bounds of its check, both included, as Great Expectations takes them."""
    least, most = check.kwargs.get("min_value"), check.kwargs.get("max_value")
    return (least is None or value >= least) and (most is None or value <= most)


def _finding(
    check: Check, facts: Facts, counted: tuple[int, int | None, int] | None, verdict: bool | None
) -> Finding:
    if verdict is None or counted is None:
        return Finding(check, ERROR, check.severity, 0, None)
    n, unexpected, rows = counted
    weight = check.severity if rows >= check.minimum_rows else "info"
    measure = (facts.compared or {}).get(check.columns[0]) if check.columns else None
    found = None if measure is None else float(f"{measure.value:.4g}")
    return Finding(check, SUCCESS if verdict else FAILED, weight, n, unexpected, found)


def _counted(frame: pd.DataFrame, facts: Facts, check: Check) -> tuple[int, int | None, int] | None:
    """What the share is of, how many did not hold, and the rows it rests on; None when counting failed."""
    if _measured(check):
        measure = (facts.compared or {}).get(check.columns[0])
        return (0, None, 0) if measure is None else (measure.rows, None, measure.rows)
    share = _share_of(check, facts)
    if share is not None:
        return share.whole, share.part, share.rows
    try:
        n, unexpected = counts.count(frame, check.type, check.kwargs)
    except Exception:  # whatever it is, its text may hold a value: the check could not run
        return None
    return n, unexpected, n


def _measured(check: Check) -> bool:
    return bool(check.columns) and is_measure(check.columns[0])


def _share_of(check: Check, facts: Facts) -> Counted | None:
    return facts.counted(check.columns[0]) if check.columns else None


def outcome(findings: Iterable[Finding]) -> str:
    """Sum up: ``failed`` (a critical check failed), else ``error`` (one could not run), ``warned`` or ``passed``.

    A warning or info check that could not run makes a delivery ``warned``: it is shown, and stops nothing.
    """
    seen = {(finding.result, finding.weight) for finding in findings}
    if (FAILED, "critical") in seen:
        return "failed"
    if (ERROR, "critical") in seen:
        return "error"
    return "warned" if {(FAILED, "warning"), (ERROR, "warning"), (ERROR, "info")} & seen else "passed"


def ids(findings: Sequence[Finding], result: str, *weights: str) -> tuple[str, ...]:
    """The ids of the checks with this result and one of these weights (any when none is given)."""
    return tuple(f.check.id for f in findings if f.result == result and (not weights or f.weight in weights))
