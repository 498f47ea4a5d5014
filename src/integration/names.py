"""The names everything else is called by, and the one grammar they follow.

A name alone tells what a thing is: ``wijkteam.WT0321.GM0321.2026-W04.0004`` is the fourth delivery of
supplier WT0321 of source wijkteam about municipality GM0321, for the fourth week of 2026.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NewType

SourceId = NewType("SourceId", str)
"""A kind of organisation: the id of its data contract, such as ``wijkteam``."""

SupplierCode = NewType("SupplierCode", str)
"""One organisation of a source (``bron_org_code``), such as ``WT0321``."""

MunicipalityCode = NewType("MunicipalityCode", str)
"""Statistics Netherlands' municipality code, such as ``GM0321``."""

DomainCode = NewType("DomainCode", str)
"""A pseudonym domain: one municipality unless configured otherwise. Pseudonyms of two domains never match."""

_MUNICIPALITY = re.compile(r"GM\d{4}", re.ASCII)
_SUPPLIER = re.compile(r"[A-Z0-9]{2,12}", re.ASCII)
_SOURCE = re.compile(r"[a-z][a-z_]{1,30}", re.ASCII)


class InvalidName(ValueError):
    """A text that does not follow the grammar of names; the message never repeats the text."""


def municipality(text: str) -> MunicipalityCode:
    """Return ``text`` as a municipality code; raise :class:`InvalidName` when it is none."""
    if not _MUNICIPALITY.fullmatch(text):
        raise InvalidName("not a municipality code (GM and four digits)")
    return MunicipalityCode(text)


def supplier(text: str) -> SupplierCode:
    """Return ``text`` as a supplier code; raise :class:`InvalidName` when it is none."""
    if not _SUPPLIER.fullmatch(text):
        raise InvalidName("not a supplier code (2 to 12 capitals and digits)")
    return SupplierCode(text)


def source(text: str) -> SourceId:
    """Return ``text`` as a source id (its form only: whether a contract exists is the contracts' matter)."""
    if not _SOURCE.fullmatch(text):
        raise InvalidName("not a source id (lower case letters and underscores)")
    return SourceId(text)


@dataclass(frozen=True, order=False)
class Period:
    """A stretch of days that a delivery or an indicator is about.

    ``start`` is None for a stock: everything up to and including ``end``. ``text`` is the canonical form:
    ``2026-W04`` (ISO week), ``2026-01``, ``2025-H2``, ``2025``, ``2025-Q3`` (the twelve months that end with
    that quarter) or ``stand-2025-10-31``.
    """

    text: str
    kind: str
    start: date | None
    end: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read the canonical form; raise :class:`InvalidName` for anything else."""
        for kind, (pattern, build) in _PERIODS.items():
            found = pattern.fullmatch(text)
            if found:
                try:
                    start, end = build(*found.groups())
                except (ValueError, OverflowError):
                    break
                return cls(text, kind, start, end)
        raise InvalidName("not a period: use 2026-W04, 2026-01, 2025-H2, 2025, 2025-Q3 or stand-2025-10-31")

    def __str__(self) -> str:
        return self.text

    def contains(self, day: date) -> bool:
        """Whether ``day`` lies within the period."""
        return (self.start is None or self.start <= day) and day <= self.end


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _week(year: str, week: str) -> tuple[date, date]:
    monday = date.fromisocalendar(int(year), int(week), 1)
    return monday, monday + timedelta(days=6)


def _month(year: str, month: str) -> tuple[date, date]:
    return date(int(year), int(month), 1), _month_end(int(year), int(month))


def _half(year: str, half: str) -> tuple[date, date]:
    first = 1 if half == "1" else 7
    return date(int(year), first, 1), _month_end(int(year), first + 5)


def _year(year: str) -> tuple[date, date]:
    return date(int(year), 1, 1), date(int(year), 12, 31)


def _rolling(year: str, quarter: str) -> tuple[date, date]:
    end = _month_end(int(year), 3 * int(quarter))
    before = date(end.year - 1, end.month, 1)
    return _month_end(before.year, before.month) + timedelta(days=1), end


def _stock(text: str) -> tuple[None, date]:
    return None, date.fromisoformat(text)


_PERIODS: dict[str, tuple[re.Pattern[str], Callable[..., tuple[date | None, date]]]] = {
    "week": (re.compile(r"(\d{4})-W(\d{2})", re.ASCII), _week),
    "month": (re.compile(r"(\d{4})-(\d{2})", re.ASCII), _month),
    "half-year": (re.compile(r"(\d{4})-H([12])", re.ASCII), _half),
    "year": (re.compile(r"(\d{4})", re.ASCII), _year),
    "rolling": (re.compile(r"(\d{4})-Q([1-4])", re.ASCII), _rolling),
    "stock": (re.compile(r"stand-(\d{4}-\d{2}-\d{2})", re.ASCII), _stock),
}


@dataclass(frozen=True)
class DeliveryId:
    """One supplier's complete extract for one municipality and period: ``source.supplier.municipality.period.seq``."""

    source: SourceId
    supplier: SupplierCode
    municipality: MunicipalityCode
    period: Period
    sequence: int

    @classmethod
    def parse(cls, text: str) -> DeliveryId:
        """Read the text form; raise :class:`InvalidName` when it is not one."""
        parts = text.split(".")
        if len(parts) != 5 or not re.fullmatch(r"[0-9]{4,6}", parts[4]):
            raise InvalidName("not a delivery id: source.supplier.municipality.period.sequence")
        return cls(
            source(parts[0]),
            supplier(parts[1]),
            municipality(parts[2]),
            Period.parse(parts[3]),
            int(parts[4]),
        )

    def __str__(self) -> str:
        return f"{self.source}.{self.supplier}.{self.municipality}.{self.period}.{self.sequence:04d}"
