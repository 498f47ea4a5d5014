"""From records to deliveries: which rows a period holds, what they say, and the files as suppliers write them.

The base delivery holds every record as known at its end. Each later period holds what is new (1), changed (2) or
taken back (3) in it, and now and then something unchanged (9).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from integration.contracts.dialect import Dialect
from integration.names import DeliveryId, Period
from integration.sample.defects import Planter
from integration.sample.model import MARK, Person, Population, Record, stream
from integration.sample.records import roles_on, row
from integration.sample.suppliers import Sender

FIRST, CHANGED, DELETED, UNCHANGED = "1", "2", "3", "9"
"""COD467: what a row is."""
_UNCHANGED_SHARE = 0.01
_FEW = 3
"""A delivery that gets a planted defect is filled up with unchanged rows to this number."""


@dataclass
class Line:
    """One row of a delivery: its record, what it is, what it says, whom it names and what was planted in it."""

    record: Record
    status: str
    values: dict[str, Any]
    roles: list[tuple[str, Person, str]]
    planted: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Delivery:
    """One delivery as it will lie in the inbox; ``defect`` is what is wrong with it as a whole."""

    id: DeliveryId
    sender: Sender
    lines: list[Line]
    arrived: datetime
    defect: str | None = None

    @property
    def label(self) -> str:
        """The ``levering_id`` in its rows."""
        return f"{self.sender.code}-{self.id.period}-{self.id.sequence:02}"

    @property
    def created(self) -> datetime:
        """When the supplier's program made the file."""
        return self.arrived - timedelta(minutes=47)

    def file_name(self, day: date) -> str:
        """The payload's name, by the day it was made."""
        return self.sender.contract.file_name.replace("YYYYMMDD", f"{day:%Y%m%d}")


def compose(sender: Sender, records: Iterable[Record], people: Population, planter: Planter,
            defects: dict[tuple[str, str], str], seed: int) -> list[Delivery]:  # fmt: skip
    """The deliveries of one supplier. ``defects`` gives the defect of a delivery by supplier and period."""
    kept = [record for record in records if record.source == sender.source]
    found = []
    for place, period in enumerate(sender.periods()):
        defect = defects.get((sender.code, period.text))
        chosen = _rows_of(
            kept, period, stream(seed, "repeat", sender.code, period.text), fill=_FEW if defect else 0
        )
        if defect and not chosen:
            defect = None
        delivery = Delivery(
            sender.delivery(place), sender, [], sender.arrival(period, seed, late=defect == "late"), defect
        )
        for record, status in chosen:
            delivery.lines.append(_line(delivery, record, status, people, planter, period.end))
        found.append(delivery)
    return found


def _rows_of(records: list[Record], period: Period, rng: Any, *, fill: int) -> list[tuple[Record, str]]:
    """The records that a period's delivery holds, with their status."""
    found, still = [], []
    for record in records:
        status = _status(record, period)
        if status is None and record.opened <= period.end and record.deleted is None:
            still.append(record)
            if rng.random() < _UNCHANGED_SHARE:
                status = UNCHANGED
        if status:
            found.append((record, status))
    present = {id(record) for record, _ in found}
    spare = [(record, UNCHANGED) for record in still[::-1] if id(record) not in present]
    return found + spare[: max(0, fill - len(found))]


def _status(record: Record, period: Period) -> str | None:
    """Why a record is in a period's delivery, or None when nothing happened to it then."""
    if period.start is None:
        return FIRST if record.opened <= period.end else None
    if record.deleted and record.deleted < period.start:
        return None
    if record.deleted and period.contains(record.deleted):
        return DELETED
    if period.contains(record.opened):
        return FIRST
    known = record.opened < period.start
    elsewhere = [day for day in (record.gezin.departure, record.gezin.moved) if day]
    changed = [*(fact.day for fact in record.facts), *elsewhere]
    return CHANGED if known and any(period.contains(day) for day in changed) else None


def _line(
    delivery: Delivery, record: Record, status: str, people: Population, planter: Planter, day: date
) -> Line:
    values = row(record, people, day)
    roles = roles_on(record, people, day)
    planted = planter.plant(values, record, roles)
    values |= {
        "levering_id": delivery.label,
        "bron_org_code": delivery.sender.code,
        "peildatum": day,
        "record_id": record.record_id,
        "status_aanlevering": status,
        "gemeente_code": delivery.sender.municipality,
    }
    return Line(record, status, values, roles, planted)


# -- files -----------------------------------------------------------------------------------------------------------


class Writer:
    """Writes deliveries in one supplier's dialect."""

    def __init__(self, sender: Sender) -> None:
        rules = sender.dialect
        self.sender = sender
        self.dialect = Dialect(
            delimiter=";",
            encoding=rules.encoding,
            date_format=rules.date_format,
            list_separator=rules.list_separator,
        )
        self._own = {
            name: {ours: theirs for theirs, ours in codes.items()} for name, codes in rules.codes.items()
        }
        self._line_end = "\r\n" if rules.line_ending == "crlf" else "\n"
        self._columns = [None if name in rules.leaves_out else name for name in sender.contract.names]
        self._days: dict[date, str] = {}

    def text(self, column: str, value: Any) -> str:
        """One value as the supplier writes it."""
        if isinstance(value, list):
            return self.dialect.list_separator.join(self.text(column, item) for item in value)
        if isinstance(value, date):
            if value not in self._days:
                self._days[value] = self.dialect.format_date(value)
            return self._days[value]
        if isinstance(value, tuple):
            return self._partial(value)
        return self._own.get(column, {}).get(value, str(value))

    def _partial(self, parts: tuple[int, int, int]) -> str:
        """A date with zeros for what is unknown."""
        year, month, day = parts
        values = {
            "yyyy": f"{year:04}",
            "mm": f"{month:02}",
            "m": str(month),
            "dd": f"{day:02}",
            "d": str(day),
        }
        separator = next((sign for sign in self.dialect.date_format if not sign.isalpha()), "")
        tokens = self.dialect.date_format.split(separator) if separator else _tokens(self.dialect.date_format)
        return separator.join(values[token] for token in tokens)

    def payload(self, delivery: Delivery) -> bytes:
        """The file of a delivery, whole and right but for what its defect says."""
        wrong = delivery.defect == "wrong_delimiter"
        stream_ = io.StringIO()
        writer = csv.writer(stream_, delimiter="," if wrong else ";", lineterminator=self._line_end)
        writer.writerow(self.sender.headers)
        for line in delivery.lines:
            values = line.values
            if delivery.defect == "other_municipality":
                values = values | {"gemeente_code": other_municipality(self.sender)}
            writer.writerow([self.text(name, values[name]) if name and values.get(name) is not None else ""
                             for name in self._columns])  # fmt: skip
        return stream_.getvalue().encode(self.dialect.encoding)

    def manifest(self, delivery: Delivery, name: str, payload: bytes, created: datetime) -> dict[str, Any]:
        """What the supplier says of its file."""
        return {
            "format": "integration-manifest/1",
            "source": self.sender.source,
            "supplier": self.sender.code,
            "municipality": self.sender.municipality,
            "period": delivery.id.period.text,
            "sequence": delivery.id.sequence,
            "delivery_label": delivery.label,
            "contract": {"id": self.sender.contract.id, "version": self.sender.contract.version},
            "payload": {
                "file": name,
                "bytes": len(payload),
                "sha256": hashlib.sha256(payload).hexdigest(),
                "rows": len(delivery.lines),
                "columns": self.sender.headers,
                "encoding": self.dialect.encoding,
                "delimiter": ";",
            },
            "nil_return": not delivery.lines,
            "created_at": created.isoformat(),
            "mark": MARK,
        }

    def write(self, delivery: Delivery, inbox: Path) -> list[str]:
        """Put a delivery in the inbox, manifest last; return the names of its payload files."""
        copies = 2 if delivery.defect == "sent_twice" else 1
        names = []
        for copy in range(copies):
            created, arrived = (
                moment + timedelta(days=copy) for moment in (delivery.created, delivery.arrived)
            )
            name = delivery.file_name(created.date())
            payload = self.payload(delivery)
            manifest = self.manifest(delivery, name, payload, created)
            if delivery.defect == "truncated":
                payload = _without_end(payload)
            folder = inbox / str(self.sender.code)
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
            _put(folder / name, payload, arrived - timedelta(minutes=1))
            _put(folder / f"{name}.manifest.json", text.encode(), arrived)
            names.append(name)
        return names


def _tokens(date_format: str) -> list[str]:
    return ["yyyy", "mm", "dd"] if date_format.startswith("y") else ["dd", "mm", "yyyy"]


def _without_end(payload: bytes) -> bytes:
    """The payload as it arrives when the connection breaks halfway its last line."""
    last = payload.rstrip(b"\r\n").rfind(b"\n") + 1
    return payload[: last + (len(payload) - last) // 2]


def other_municipality(sender: Sender) -> str:
    """The municipality whose code stands in the rows of a delivery made for another."""
    return "GM0321" if sender.municipality != "GM0321" else "GM0356"


def _put(path: Path, content: bytes, moment: datetime) -> None:
    path.write_bytes(content)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
