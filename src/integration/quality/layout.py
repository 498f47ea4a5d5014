"""Which columns a suite may speak of: those of an encoded delivery, and those the runner derives from it.

An encoded delivery has no identifiers. Of each identifier only ``<identifier>_status`` is left, a word that says
whether it was usable. Lists of dates cannot be compared by an expectation, so their first and last day stand
beside them; and the runner adds the few facts about a delivery that a check needs to compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integration.contracts.model import Contract, Field

IDENTIFIER_STATUSES = ("invalid", "missing", "ok", "partial", "unborn", "unknown")
"""What became of an identifier at encoding; only ``ok`` can be linked on."""

RECORD_ID = "record_id"
"""The supplier's own row id, which leaves encoding as the token ``record_key``."""


@dataclass(frozen=True)
class Column:
    """One column a check may name: ``kind`` string, code, codes, integer, date, dates, share or measure; codes or None.

    A share is of the delivery itself, a measure is what only the receiver can say of it (see :data:`MEASURES`).
    """

    name: str
    kind: str
    codes: tuple[str, ...] | None = None


ENVELOPE = (
    Column("record_key", "string"),
    Column("status_aanlevering", "code", ("1", "2", "3", "9")),
    Column("peildatum", "date"),
)
"""Columns of every encoded delivery that a check may name, beside those of its contract."""

DERIVED = (
    Column("aandeel_geweigerd", "share"),
    Column("aandeel_leeggemaakt", "share"),
    Column("periode_eind", "date"),
    Column("vroegste_datum", "date"),
)
"""Facts of the delivery that the runner adds (see :mod:`integration.quality.frame`)."""

MEASURES = (
    Column("rijen_kans", "measure"),
    Column("rijen_buiten_afspraak", "measure"),
    Column("rijen_onverklaarbaar", "measure"),
    Column("dagen_te_laat", "measure"),
)
"""What a delivery comes to beside earlier ones and what was agreed (see :mod:`integration.quality.compared`)."""

SHIFTED, CONSTANT = "_verschoven_kans", "_constant_kans"
"""What is appended to a column with codes for the chance of its distribution, and of its being the same everywhere."""

FIRST, LAST, STATUS, ROWS = "_eerste", "_laatste", "_status", "_rijen"
"""What is appended to a list of dates for its first and last day, to an identifier for its status, and to a key for the
number of rows that share it."""


def encoded_layout(contract: Contract) -> dict[str, Column]:
    """Return the columns a suite for ``contract`` may name, by name."""
    columns = {column.name: column for column in (*ENVELOPE, *DERIVED, *MEASURES)}
    for field in contract.fields:
        columns |= {column.name: column for column in _columns_of(field)}
    measures = [name + end for name in distributed(contract) for end in (SHIFTED, CONSTANT)]
    return columns | {name: Column(name, "measure") for name in measures}


def distributed(contract: Contract) -> tuple[str, ...]:
    """The columns with codes whose distribution is compared: attributes, and whether the child's BSN is usable."""
    codes = [field.name for field in contract.fields if _kept(field) and field.type == "code"]
    numbers = [field.name + STATUS for field in contract.identifiers if field.name.endswith("_bsn")]
    return (*codes, *(name for name in numbers if not name.startswith("ouder")))


def is_measure(name: str) -> bool:
    """Whether a column is one that only the receiver can fill."""
    return name.endswith((SHIFTED, CONSTANT)) or any(name == column.name for column in MEASURES)


def _columns_of(field: Field) -> Iterator[Column]:
    if field.role == "identifier":
        yield Column(field.name + STATUS, "code", IDENTIFIER_STATUSES)
    elif _kept(field):
        yield Column(field.name, field.type, field.codes)
        if field.role == "key":
            yield Column(field.name + ROWS, "integer")
        if field.type == "dates":
            yield Column(field.name + FIRST, "date")
            yield Column(field.name + LAST, "date")


def _kept(field: Field) -> bool:
    return field.role in ("attribute", "key") and field.name != RECORD_ID


def must_be_checked(contract: Contract) -> tuple[str, ...]:
    """The contract's attributes and keys: each is named by its suite or listed there as knowingly unchecked."""
    return tuple(field.name for field in contract.fields if _kept(field))


def nullable_fields(contract: Contract) -> int:
    """How many fields of a row encoding may make empty: all that are optional."""
    return sum(not field.required for field in contract.fields)
