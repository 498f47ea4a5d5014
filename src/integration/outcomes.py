"""The small frozen results that stages return: ids, counts and reason codes, never a value from the data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from integration.errors import EXIT_FAILURE, EXIT_FINDINGS, EXIT_FINE, EXIT_WAITS

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, what is done and what there is to do."""


@dataclass(frozen=True)
class Outcome:
    """What became of one delivery in one stage: its id, its state now, and the reason when it was refused.

    ``objected`` counts the rows from which a person who objected, or was erased, was left out.
    """

    delivery_id: str
    state: str
    reason: str | None = None
    rows: int = 0
    refused_rows: int = 0
    warnings: int = 0
    objected: int = 0


@dataclass(frozen=True)
class Held:
    """A delivery that waits for a steward: since which event of the ledger, why, and the checks that stopped it."""

    delivery_id: str
    event: int
    reason: str
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class DomainResult:
    """What a nightly stage did for one domain; ``unchanged`` when tonight's inputs equal the published file's.

    ``reason`` is why the night ended at this stage, and the file of the night before stays.
    """

    domain: str
    stage: str
    unchanged: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    reason: str | None = None


@dataclass(frozen=True)
class RunResult:
    """A whole run: deliveries by state, domains, the release, and the exit code that sums it up."""

    deliveries: tuple[Outcome, ...]
    domains: tuple[DomainResult, ...]
    release: int | None
    exit_code: int

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return asdict(self)


def exit_code(outcomes: Iterable[Outcome], nights: Iterable[DomainResult] = ()) -> int:
    """2 when a delivery got stuck or a night ended early, 3 when one waits for a decision.

    Else 1 when one was refused or warned about, and 0 when there is nothing to tell.
    """
    seen = list(outcomes)
    if any(night.reason for night in nights):
        return EXIT_FAILURE
    if any(outcome.state not in {"loaded", "quarantined", "held"} for outcome in seen):
        return EXIT_FAILURE
    if any(outcome.state == "held" for outcome in seen):
        return EXIT_WAITS
    found = any(o.state == "quarantined" or o.refused_rows or o.warnings for o in seen)
    return EXIT_FINDINGS if found else EXIT_FINE
