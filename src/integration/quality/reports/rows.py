"""Which rows of a delivery something was wrong with: the source's own row numbers, field names and reason codes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration.contracts.model import Contract
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

EFFECTS = {
    "row_refused": "regel geweigerd",
    "field_nulled": "veld leeggemaakt",
    "kept": "gebruikt, let op",
}
"""What a finding did to the row, in Dutch."""


@dataclass(frozen=True)
class RowFinding:
    """One finding: ``row`` is the place among the data rows of the file (1 is the first below the header)."""

    row: int
    field: str
    label: str
    reason: str
    text: str
    effect: str

    @property
    def told(self) -> str:
        """The effect in Dutch."""
        return EFFECTS[self.effect]


def row_findings(contract: Contract, findings: pa.Table) -> list[RowFinding]:
    """Every finding of a delivery, in the order of its rows."""
    return list(_found(contract, findings))


def _found(contract: Contract, findings: pa.Table) -> Iterator[RowFinding]:
    columns = (findings.column(name).to_pylist() for name in ("row_number", "field", "reason", "effect"))
    for row, name, reason, effect in zip(*columns, strict=True):
        yield RowFinding(row, name, contract.field(name).label_nl, reason, Reason[reason].nl, effect)
