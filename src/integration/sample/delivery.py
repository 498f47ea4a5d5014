"""One delivery: which rows its period holds, what they say, and the files as the supplier writes them.

The base delivery holds every record as known at its end. Each later period holds what is new (1), changed (2) or
taken back (3) in it, and now and then something unchanged (9).
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from integration.names import Period
from integration.sample.declare_deliveries import DeliveryDefect
from integration.sample.defects import COLUMN_CONSTANT, DOUBLE, TWICE, Planter
from integration.sample.model import MARK, Person, Population, Record, stream
from integration.sample.records import roles_on, row
from integration.sample.suppliers import Sender
from integration.sample.writing import DELIMITER, Payload, Writer, at, break_off, copy

FIRST, CHANGED, DELETED, UNCHANGED = "1", "2", "3", "9"
"""COD467: what a row is."""
_UNCHANGED_SHARE = 0.01
_FEW = 3
"""A delivery that gets a planted defect is filled up with unchanged rows to this number."""

Tables = dict[str, list[tuple[Any, ...]]]
"""Rows for the tables of the truth, in the order of their columns."""


class Kept(NamedTuple):
    """A record as its source keeps it; ``again`` when it is the second record of a case (see ``defects.py``)."""

    record: Record
    again: bool = False


@dataclass
class Line:
    """One row of a delivery: its record, what it is, what it says, whom it names and what was planted in it."""

    record: Record
    status: str
    values: dict[str, Any]
    roles: list[tuple[str, Person, str]]
    planted: list[tuple[str, str]] = field(default_factory=list)


class Delivery:
    """One delivery while it is written; ``plan`` is what is to be wrong with it as a whole."""

    def __init__(
        self,
        sender: Sender,
        place: int,
        plan: DeliveryDefect | None,
        inbox: Path,
        seed: int,
        twice: float = 0,
    ) -> None:
        self.sender, self.plan = sender, plan
        self.id = sender.delivery(place)
        self.period = self.id.period
        self.label = f"{sender.code}-{self.period}-{self.id.sequence:02}-{MARK}"
        """The ``levering_id`` in its rows, so that every row says that it is made up."""
        self.arrived = sender.arrival(self.period, seed, late=self.defect == "late")
        self.created = self.arrived - timedelta(minutes=47)
        """When the supplier's program made the file."""
        self.writer = Writer(sender)
        self.path = inbox / sender.code / self._file_name(self.created.date())
        self.payload = self._payload()
        self._luck = stream(seed, "repeat", sender.code, self.period.text)
        self._twice, self._luck_twice = twice, stream(seed, TWICE, sender.code, self.period.text)
        self._still: deque[Kept] = deque(maxlen=_FEW)
        self._spare: deque[Line] = deque(maxlen=_FEW)
        self._held: deque[Line] = deque()

    @property
    def defect(self) -> str | None:
        """What is wrong with it as a whole."""
        return self.plan.defect if self.plan else None

    def _file_name(self, day: date) -> str:
        return self.sender.contract.file_name.replace("YYYYMMDD", f"{day:%Y%m%d}")

    def _payload(self) -> Payload:
        names = self.sender.contract.names
        changed = self.plan.columns if self.plan else {}
        headers = dict(zip(names, self.sender.headers, strict=True)) | changed
        self.headers, self._order = list(headers.values()), list(range(len(names)))
        if changed:
            self._order.sort(key=lambda place: self.headers[place].casefold())
            self.headers = [self.headers[place] for place in self._order]
        delimiter = "," if self.defect == "wrong_delimiter" else DELIMITER
        return Payload(self.path, self.headers, self.writer.dialect.encoding, delimiter, self.writer.line_end)

    # -- rows ----------------------------------------------------------------------------------------------------

    def status(self, kept: Kept) -> str | None:
        """Why a record is in this delivery, or None when it is not. Ask once a record: chance has a part in it."""
        if self.defect == "missing":
            return None
        record = kept.record
        status = _status(record, self.period)
        if status is None and record.facts[0].day <= self.period.end and record.deleted is None:
            if self._luck.random() < _UNCHANGED_SHARE:
                return UNCHANGED
            if self.plan:
                self._still.append(kept)
        return status

    def line(self, kept: Kept, status: str, people: Population, planter: Planter) -> Line:
        """The row of a record in this delivery."""
        record = kept.record
        day = self.period.end
        values = row(record, people, day)
        roles = roles_on(record, people, day)
        planted = planter.plant(values, record, roles)
        if kept.again:
            planted.append(("record_id", DOUBLE))
        if self.plan and self.plan.column:
            planted = [one for one in planted if one[0] != self.plan.column]
            planted.append((self.plan.column, COLUMN_CONSTANT))
            values[self.plan.column] = self.plan.value
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
        """Write a row, and now and then the same again; of a partial delivery the first half, so hold half of it."""
        self._held.append(line)
        if self._twice and self._luck_twice.random() < self._twice:
            self._held.append(replace(line, planted=[*line.planted, ("record_id", TWICE)]))
        parts = 2 if self.defect == "partial" else 1
        while len(self._held) > (parts - 1) * (self.payload.rows + 1):
            self._write(self._held.popleft(), tables)

    def _write(self, line: Line, tables: Tables) -> None:
        """Write a row, and tell the truth of it."""
        key, record, values = str(self.id), line.record, line.values
        cells = self.writer.cells(values)
        number = self.payload.add(
            [cells[place] for place in self._order] if self.plan and self.plan.columns else cells
        )
        case = values.get("casus_ref") or values.get("toewijzingnummer")
        tables["records"] += [
            (key, number, record.record_id, role, person.id, record.gezin.id, line.status, case)
            for role, person, _ in line.roles
        ]
        tables["defects"] += [(key, number, column, defect) for column, defect in line.planted]

    def keep_spares(self, people: Population, planter: Planter) -> None:
        """After some families: keep the last unchanged rows as long as this delivery may need them."""
        if self.payload.rows + len(self._held) < _FEW:
            self._spare += [self.line(kept, UNCHANGED, people, planter) for kept in self._still]
        else:
            self._spare.clear()
        self._still.clear()

    # -- the end -------------------------------------------------------------------------------------------------

    def finish(self, tables: Tables) -> None:
        """Fill up, write the manifest, let everything come in at its moment, and tell the truth of it."""
        if self.defect == "missing":
            self._tell(None, None, tables)
            return
        while self.plan and self._spare and self.payload.rows + len(self._held) < _FEW:
            self.put(self._spare.pop(), tables)
        if not self.payload.rows and self.defect != "late":
            self.plan = None  # without rows there is nothing to be wrong with
            self.payload = self._payload()
            while self._held:
                self._write(self._held.popleft(), tables)
        self.payload.append()
        for days in map(timedelta, range(2 if self.defect == "sent_twice" else 1)):
            file = copy(self.path, self._file_name((self.created + days).date()))
            self._send(file, self.created + days, self.arrived + days)
            self._tell(file, self.arrived + days, tables)

    def _tell(self, file: Path | None, arrived: datetime | None, tables: Tables) -> None:
        tables["deliveries"].append((
            str(self.id), self.sender.code, self.sender.source, self.sender.municipality, self.period.text,
            self.id.sequence, self.payload.rows, self.defect, file.name if file else None,
            arrived.isoformat() if arrived else None, self.sender.due(self.period),
        ))  # fmt: skip

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
                "columns": self.headers,
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
