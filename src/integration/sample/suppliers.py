"""The sample's suppliers: their files for ``suppliers/``, and the calendar of what they deliver when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

from integration.contracts import Contract, load_contract
from integration.names import DeliveryId, MunicipalityCode, Period, SourceId, SupplierCode
from integration.sample.declare_deliveries import AgreedRules, CalendarRules, DialectRules, SupplierRules
from integration.sample.model import stream
from integration.sample.naming import municipalities

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FICTITIOUS = "(fictief)"
_TIMES, _FEW = 5, 20
"""What is agreed of rows: from so many times less than usual to so many times more, and this many whatever is usual."""


@dataclass(frozen=True)
class Sender:
    """One supplier: its code, contract, calendar and dialect, and what is agreed of rows per thousand inhabitants."""

    code: SupplierCode
    source: SourceId
    municipality: MunicipalityCode
    name: str
    contract: Contract
    calendar: CalendarRules
    dialect: DialectRules
    agreed: AgreedRules

    @property
    def headers(self) -> list[str]:
        """The header row, in the order of the contract."""
        return [self.dialect.columns.get(name, name) for name in self.contract.names]

    def periods(self) -> list[Period]:
        """What it delivers: the base delivery, then the last periods."""
        return [
            Period.parse(text) for text in (f"stand-{self.calendar.base.isoformat()}", *self.calendar.periods)
        ]

    def delivery(self, place: int) -> DeliveryId:
        """The id of its delivery number ``place`` (from 0)."""
        return DeliveryId(self.source, self.code, self.municipality, self.periods()[place], place + 1)

    def due(self, period: Period) -> date:
        """The last day on which the delivery of ``period`` is on time."""
        return period.end + timedelta(days=self.contract.schedule.due_days)

    def arrival(self, period: Period, seed: int, *, late: bool = False) -> datetime:
        """The moment its delivery comes in: some nights after the period, or two days after the due day."""
        rng = stream(seed, "arrival", self.code, period.text)
        days = rng.randint(1, self.contract.schedule.due_days - 3)
        day = self.due(period) + timedelta(days=2) if late else period.end + timedelta(days=days)
        return datetime.combine(day, time(rng.randint(2, 5), rng.randint(0, 59)), AMSTERDAM)

    def volume(self, inhabitants: float) -> dict[str, list[int]]:
        """The least and most rows agreed for so many inhabitants, of a base delivery and of later ones."""
        usual = {"stand": self.agreed.stand, "period": self.agreed.period}
        usual = {kind: rate * inhabitants / 1000 for kind, rate in usual.items()}
        return {
            kind: [max(0, floor(rows / _TIMES) - _FEW), ceil(rows * _TIMES) + _FEW]
            for kind, rows in usual.items()
        }

    def file(self, inhabitants: float | None = None) -> dict[str, Any]:
        """The content of ``suppliers/<code>.yml``; numbers of rows are agreed when ``inhabitants`` is given."""
        agreed = {} if inhabitants is None else {"volume": self.volume(inhabitants)}
        return {
            "code": str(self.code),
            "name": self.name,
            "source": str(self.source),
            "contract_version": self.contract.version,
            "municipalities": [str(self.municipality)],
            "dialect": {
                "delimiter": ";",
                "encoding": self.dialect.encoding,
                "date_format": self.dialect.date_format,
                "list_separator": self.dialect.list_separator,
            },
            "columns": dict(self.dialect.columns),
            "codes": {column: dict(codes) for column, codes in self.dialect.codes.items()},
            "calendar": {
                "frequency": self.calendar.frequency,
                "due_days": self.contract.schedule.due_days,
                "base": self.calendar.base,
                "since": self.calendar.base + timedelta(days=1),
            },
            "contacts": [
                {"role": "delivery", "email": f"gegevens@{self.code.lower()}.example"},
                {"role": "privacy", "email": f"privacy@{self.code.lower()}.example"},
            ],
            **agreed,
        }


def senders(rules: SupplierRules, municipality: str, *, name: str | None = None,
            encoding: str | None = None) -> Iterator[Sender]:  # fmt: skip
    """The suppliers of one municipality, which is called ``name`` (else by its own name).

    ``encoding`` replaces everybody's: names of a given population need it.
    """
    name = name or {place.code: place.name for place in municipalities()}[municipality]
    for source, common in rules.sources.items():
        code, contract = f"{common.prefix}{municipality.removeprefix('GM')}", load_contract(source)
        dialect = common.dialect.model_dump() | rules.dialects.get(code, {})
        if encoding:
            dialect["encoding"] = encoding
        calendar = rules.calendars.get(code) or CalendarRules(
            frequency=contract.schedule.frequency, base=common.base, periods=common.periods
        )
        yield Sender(
            SupplierCode(code), SourceId(source), MunicipalityCode(municipality),
            f"{common.name} {name} {_FICTITIOUS}", contract, calendar, DialectRules(**dialect),
            common.agreed_per_1000,
        )  # fmt: skip
