"""Findings that are known to be wrong at a supplier: left out of the shares that a delivery is judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from integration.quality.frame import Facts

Known = frozenset[tuple[str, str]]
"""Field and reason code of findings that are known."""

FILE = "findings.parquet"
_REFUSED, _NULLED = "row_refused", "field_nulled"


class Counts(NamedTuple):
    """Of what is known: rows refused for nothing else, and fields made empty."""

    rows: int
    fields: int


def without_known(facts: Facts, staging: Path, known: Known) -> Facts:
    """A delivery's facts, less the rows that were refused for what is known only, and the fields emptied for it."""
    if not known or facts.nil_return:
        return facts
    counts = count_known(staging, known)
    return replace(
        facts,
        rows_refused=facts.rows_refused - counts.rows,
        fields_nulled=facts.fields_nulled - counts.fields,
        known_rows=counts.rows,
        known_fields=counts.fields,
    )


def count_known(staging: Path, known: Known) -> Counts:
    """Count in a delivery's findings what is known."""
    refused: dict[int, set[tuple[str, str]]] = defaultdict(set)
    fields = 0
    for row, what, effect in findings(staging):
        if effect == _REFUSED:
            refused[row].add(what)
        fields += effect == _NULLED and what in known
    return Counts(sum(whys <= known for whys in refused.values()), fields)


def findings(staging: Path) -> Iterator[tuple[int, tuple[str, str], str]]:
    """Row number, (field, reason code) and effect of every finding of an encoded delivery."""
    from integration import parquet

    table = parquet.read(staging / FILE, ["row_number", "field", "reason", "effect"])
    rows, fields, reasons, effects = (column.to_pylist() for column in table.columns)
    yield from zip(rows, zip(fields, reasons, strict=True), effects, strict=True)
