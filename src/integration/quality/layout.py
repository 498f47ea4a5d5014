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
    """One column a check may name: ``kind`` string, code, codes, integer, date, dates or share; codes or None."""

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

FIRST, LAST, STATUS = "_eerste", "_laatste", "_status"
"""What is appended to a list of dates for its first and last day, and to an identifier for its status."""


def encoded_layout(contract: Contract) -> dict[str, Column]:
    """Return the columns a suite for ``contract`` may name, by name."""
    columns = {column.name: column for column in (*ENVELOPE, *DERIVED)}
    for field in contract.fields:
        columns |= {column.name: column for column in _columns_of(field)}
    return columns


def _columns_of(field: Field) -> Iterator[Column]:
    if field.role == "identifier":
        yield Column(field.name + STATUS, "code", IDENTIFIER_STATUSES)
    elif _kept(field):
        yield Column(field.name, field.type, field.codes)
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
