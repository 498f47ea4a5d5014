"""From records to deliveries: which rows a period holds, what they say, and the files as suppliers write them.

The base delivery holds every record as known at its end. Each later period holds what is new (1), changed (2) or
taken back (3) in it, and now and then something unchanged (9).

A :class:`Post` writes the deliveries of one municipality, some families at a time. All of them grow together, and
the bytes are the same however the families were divided.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from integration.names import Period
from integration.sample.declare import Defects, SupplierRules
from integration.sample.defects import Planter
from integration.sample.model import MARK, Person, Population, Record, stream
from integration.sample.records import roles_on, row
from integration.sample.suppliers import Sender, senders
from integration.sample.writing import DELIMITER, Payload, Writer, at, break_off, copy
from integration.storage import Zones

FIRST, CHANGED, DELETED, UNCHANGED = "1", "2", "3", "9"
"""COD467: what a row is."""
_UNCHANGED_SHARE = 0.01
_FEW = 3
"""A delivery that gets a planted defect is filled up with unchanged rows to this number."""

Tables = dict[str, list[tuple[Any, ...]]]
"""Rows for the tables of the truth, in the order of their columns."""


@dataclass
class Line:
    """One row of a delivery: its record, what it is, what it says, whom it names and what was planted in it."""

    record: Record
    status: str
    values: dict[str, Any]
    roles: list[tuple[str, Person, str]]
    planted: list[tuple[str, str]] = field(default_factory=list)


class Delivery:
    """One delivery while it is written; ``defect`` is what is to be wrong with it as a whole."""

    def __init__(self, sender: Sender, place: int, defect: str | None, inbox: Path, seed: int) -> None:
        self.sender, self.defect = sender, defect
        self.id = sender.delivery(place)
        self.period = self.id.period
        self.label = f"{sender.code}-{self.period}-{self.id.sequence:02}"
        """The ``levering_id`` in its rows."""
        self.arrived = sender.arrival(self.period, seed, late=defect == "late")
        self.created = self.arrived - timedelta(minutes=47)
        """When the supplier's program made the file."""
        self.writer = Writer(sender)
        self.payload = Payload(
            inbox / sender.code / self._file_name(self.created.date()),
            sender.headers,
            self.writer.dialect.encoding,
            "," if defect == "wrong_delimiter" else DELIMITER,
            self.writer.line_end,
        )
        self._luck = stream(seed, "repeat", sender.code, self.period.text)
        self._still: deque[Record] = deque(maxlen=_FEW)
        self._spare: deque[Line] = deque(maxlen=_FEW)

    def _file_name(self, day: date) -> str:
        return self.sender.contract.file_name.replace("YYYYMMDD", f"{day:%Y%m%d}")

    # -- rows ----------------------------------------------------------------------------------------------------

    def status(self, record: Record) -> str | None:
        """Why a record is in this delivery, or None when it is not. Ask once a record: chance has a part in it."""
        status = _status(record, self.period)
        if status is None and record.facts[0].day <= self.period.end and record.deleted is None:
            if self._luck.random() < _UNCHANGED_SHARE:
                return UNCHANGED
            if self.defect:
                self._still.append(record)
        return status

    def line(self, record: Record, status: str, people: Population, planter: Planter) -> Line:
        """The row of a record in this delivery."""
        day = self.period.end
        values = row(record, people, day)
        roles = roles_on(record, people, day)
        planted = planter.plant(values, record, roles)
        values |= {
            "levering_id": self.label,
            "bron_org_code": self.sender.code,
            "peildatum": day,
            "record_id": record.record_id,
            "status_aanlevering": status,
            "gemeente_code": self.sender.municipality,
        }
        if self.defect == "other_municipality":
            values["gemeente_code"] = other_municipality(self.sender)
        return Line(record, status, values, roles, planted)

    def put(self, line: Line, tables: Tables) -> None:
        """Write a row, and tell the truth of it."""
        key, record, values = str(self.id), line.record, line.values
        number = self.payload.add(self.writer.cells(values))
        case = values.get("casus_ref") or values.get("toewijzingnummer")
        tables["records"] += [
            (key, number, record.record_id, role, person.id, record.gezin.id, line.status, case)
            for role, person, _ in line.roles
        ]
        tables["defects"] += [(key, number, column, defect) for column, defect in line.planted]

    def keep_spares(self, people: Population, planter: Planter) -> None:
        """After some families: keep the last unchanged rows as long as this delivery may need them."""
        if self.payload.rows < _FEW:
            self._spare += [self.line(record, UNCHANGED, people, planter) for record in self._still]
        else:
            self._spare.clear()
        self._still.clear()

    # -- the end -------------------------------------------------------------------------------------------------

    def finish(self, tables: Tables) -> None:
        """Fill up, write the manifest, let everything come in at its moment, and tell the truth of it."""
        while self.defect and self._spare and self.payload.rows < _FEW:
            self.put(self._spare.pop(), tables)
        if not self.payload.rows and self.defect != "late":
            self._nothing_planted()
        self.payload.append()
        copies = 2 if self.defect == "sent_twice" else 1
        for days in map(timedelta, range(copies)):
            file = copy(self.payload.path, self._file_name((self.created + days).date()))
            self._send(file, self.created + days, self.arrived + days)
            tables["deliveries"].append((
                str(self.id), self.sender.code, self.sender.source, self.sender.municipality, self.period.text,
                self.id.sequence, self.payload.rows, self.defect, file.name, self.arrived.isoformat(),
                self.sender.due(self.period),
            ))  # fmt: skip

    def _nothing_planted(self) -> None:
        """Without rows there is nothing to be wrong with: a plain delivery, told as such."""
        self.defect = None
        self.payload = Payload(
            self.payload.path,
            self.sender.headers,
            self.writer.dialect.encoding,
            DELIMITER,
            self.writer.line_end,
        )

    def _send(self, file: Path, created: datetime, arrived: datetime) -> None:
        if self.defect == "truncated":
            break_off(file)
        manifest = file.with_name(f"{file.name}.manifest.json")
        text = json.dumps(self._manifest(file.name, created), ensure_ascii=False, indent=2) + "\n"
        manifest.write_bytes(text.encode())
        at(file, arrived - timedelta(minutes=1))
        at(manifest, arrived)

    def _manifest(self, name: str, created: datetime) -> dict[str, Any]:
        """What the supplier says of its file."""
        contract = self.sender.contract
        return {
            "format": "integration-manifest/1",
            "source": self.sender.source,
            "supplier": self.sender.code,
            "municipality": self.sender.municipality,
            "period": self.period.text,
            "sequence": self.id.sequence,
            "delivery_label": self.label,
            "contract": {"id": contract.id, "version": contract.version},
            "payload": {
                "file": name,
                "bytes": self.payload.size,
                "sha256": self.payload.sha256,
                "rows": self.payload.rows,
                "columns": self.sender.headers,
                "encoding": self.writer.dialect.encoding,
                "delimiter": DELIMITER,
            },
            "nil_return": not self.payload.rows,
            "created_at": created.isoformat(),
            "mark": MARK,
        }


def _status(record: Record, period: Period) -> str | None:
    """Why a record is in a period's delivery, or None when nothing happened to it then."""
    opened, start, end = record.facts[0].day, period.start, period.end
    if opened > end or start is None:
        return FIRST if opened <= end else None
    if record.deleted and record.deleted <= end:
        return DELETED if record.deleted >= start else None
    if opened >= start:
        return FIRST
    elsewhere = (record.gezin.departure, record.gezin.moved)
    if any(day and start <= day <= end for day in elsewhere):
        return CHANGED
    if record.facts[-1].day < start:
        return None
    return CHANGED if any(start <= fact.day <= end for fact in record.facts) else None


def other_municipality(sender: Sender) -> str:
    """The municipality whose code stands in the rows of a delivery made for another."""
    return "GM0321" if sender.municipality != "GM0321" else "GM0356"


class Post:
    """Writes the supplier files of one municipality and all its deliveries.

    ``name`` is what the municipality is called in the names of suppliers (its own name when not given), ``encoding``
    replaces everybody's. ``rows`` counts the rows written by source.
    """

    def __init__(self, zones: Zones, municipality: str, rules: SupplierRules, planned: Defects | None, seed: int, *,
                 name: str | None = None, encoding: str | None = None) -> None:  # fmt: skip
        self.planned, self.seed = planned, seed
        self.rows: Counter[str] = Counter()
        whole = {(one.source, one.period): one.defect for one in (planned.deliveries if planned else ())
                 if one.municipality == municipality}  # fmt: skip
        self._open: dict[str, list[Delivery]] = {}
        zones.suppliers.mkdir(parents=True, exist_ok=True)
        for sender in senders(rules, municipality, name=name, encoding=encoding):
            text = yaml.safe_dump(sender.file(), allow_unicode=True, sort_keys=False)
            (zones.suppliers / f"{sender.code}.yml").write_text(
                f"# {MARK}: invented.\n{text}", encoding="utf-8"
            )
            self._open[sender.source] = [
                Delivery(sender, place, whole.get((sender.source, period.text)), zones.inbox, seed)
                for place, period in enumerate(sender.periods())
            ]

    def add(self, records: list[Record], people: Population, reported: set[int]) -> Tables:
        """Write the rows of the records of some families; return the truth rows of records and defects.

        ``people`` knows these families; ``reported`` holds those known to Veilig Thuis. Give each record once, and
        families in the order of their numbers.
        """
        planter = Planter(self.planned, reported, self.seed)
        tables: Tables = {"records": [], "defects": []}
        for record in sorted(records, key=lambda one: one.gezin.id):
            for delivery in self._open.get(record.source, ()):
                status = delivery.status(record)
                if status:
                    delivery.put(delivery.line(record, status, people, planter), tables)
        for delivery in self._deliveries():
            delivery.keep_spares(people, planter)
        return tables

    def close(self) -> Tables:
        """Finish all deliveries; return the truth rows of deliveries, and of rows that filled one up."""
        tables: Tables = {"records": [], "defects": [], "deliveries": []}
        for delivery in self._deliveries():
            delivery.finish(tables)
            self.rows[delivery.sender.source] += delivery.payload.rows
        return tables

    def _deliveries(self) -> list[Delivery]:
        return [delivery for several in self._open.values() for delivery in several]
