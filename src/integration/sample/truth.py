"""Writes the truth: persons, families, events, which row speaks of whom, planted themes and every planted defect.

Rows go to disk as they come, so memory does not grow with them. Parquet files in ``truth/``, never beside
deliveries; each carries the mark SYNTHETISCH in its metadata. The schema is documented in docs/reference/sample.md.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from integration.sample.model import MARK, Event, Gezin, Person, Population

_TEXT, _DAY, _NUMBER, _FLAG = pa.string(), pa.date32(), pa.int32(), pa.bool_()

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "persons": {
        "person_id": _NUMBER, "bsn": _TEXT, "voornaam": _TEXT, "tussenvoegsel": _TEXT, "achternaam": _TEXT,
        "geboortedatum": _DAY, "geboortedatum_gebruik": _TEXT, "geslacht": _TEXT, "is_child": _FLAG,
        "municipality": _TEXT, "gezin_id": _NUMBER, "secret": _FLAG, "vertrek_datum": _DAY, "household_id": _NUMBER,
        "household": _TEXT, "household_place": _TEXT, "vestiging_datum": _DAY, "overlijden_datum": _DAY,
    },
    "memberships": {"gezin_id": _NUMBER, "person_id": _NUMBER, "role": _TEXT, "from": _DAY, "to": _DAY},
    "addresses": {
        "person_id": _NUMBER, "postcode": _TEXT, "huisnummer": _NUMBER, "toevoeging": _TEXT, "kind": _TEXT,
        "from": _DAY, "to": _DAY,
    },
    "guardians": {"child_id": _NUMBER, "person_id": _NUMBER, "relation": _TEXT},
    "events": {
        "event_id": _NUMBER, "gezin_id": _NUMBER, "municipality": _TEXT, "kind": _TEXT, "date": _DAY, "source": _TEXT,
        "supplier": _TEXT, "case_id": _TEXT, "person_ids": pa.list_(_NUMBER), "attributes": _TEXT,
    },
    "records": {
        "delivery_id": _TEXT, "row_number": _NUMBER, "record_id": _TEXT, "role": _TEXT, "person_id": _NUMBER,
        "gezin_id": _NUMBER, "status_aanlevering": _TEXT, "case_id": _TEXT,
    },
    "deliveries": {
        "delivery_id": _TEXT, "supplier": _TEXT, "source": _TEXT, "municipality": _TEXT, "period": _TEXT,
        "sequence": _NUMBER, "rows": _NUMBER, "defect": _TEXT, "file": _TEXT, "arrived_at": _TEXT, "due_date": _DAY,
    },
    "defects": {"delivery_id": _TEXT, "row_number": _NUMBER, "field": _TEXT, "defect": _TEXT},
    "themes": {"municipality": _TEXT, "theme": _TEXT, "strength": _TEXT, "shows_in": pa.list_(_TEXT)},
}  # fmt: skip
"""The tables of the truth and their columns."""


_ROWS = 50_000
"""Rows that are kept before they are written, per table."""
Row = tuple[Any, ...]


class Truth:
    """Writes the tables of the truth into ``folder`` while they grow; a table without rows is there too."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.rows = folder, Counter[str]()
        self._kept: dict[str, list[Row]] = {name: [] for name in SCHEMAS}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows, in the order of the table's columns."""
        kept = self._kept[table]
        before = len(kept)
        kept += rows
        self.rows[table] += len(kept) - before
        if len(kept) >= _ROWS:
            self._write(table)

    def close(self) -> None:
        """Write what is left."""
        for table in SCHEMAS:
            if self._kept[table] or table not in self._writers:
                self._write(table)
        for writer in self._writers.values():
            writer.close()

    def _write(self, table: str) -> None:
        rows, kinds = self._kept[table], SCHEMAS[table].values()
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMAS[table])
        arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
        self.write_table(table, pa.Table.from_arrays(arrays, schema=_schema(table)))
        self._kept[table] = []

    def write_table(self, table: str, found: pa.Table) -> None:
        """Write rows that are a table already."""
        if table not in self._writers:
            self._writers[table] = pq.ParquetWriter(self.folder / f"{table}.parquet", _schema(table))
        self._writers[table].write_table(found)

    # -- what is told --------------------------------------------------------------------------------------------

    def people(self, people: Population) -> None:
        """Add persons, families, guardians and addresses."""
        of = {child.id: gezin for gezin in people.gezinnen for child in gezin.children}
        self.add(
            "persons", (_person(person, people.municipality, of.get(person.id)) for person in people.persons)
        )
        for gezin in people.gezinnen:
            self.add("memberships", _members(gezin))
            self.add("guardians", [(child.id, adult.id, relation) for child in gezin.children
                                   for adult, relation in gezin.guardians[child.id]])  # fmt: skip
        self.add("addresses", ((stay.person_id, *stay.address, *stay[2:]) for stay in people.all_stays()))

    def events(self, events: Iterable[Event], suppliers: dict[str, str]) -> None:
        """Add events; ``suppliers`` gives the supplier's code by source. They are numbered when parts are joined."""
        self.add("events", (
            (0, event.gezin.id, event.gezin.municipality, event.kind, event.day, event.source or None,
             suppliers.get(event.source), event.case_id or None, [person.id for person in event.persons],
             json.dumps(event.attributes, sort_keys=True, ensure_ascii=False))
            for event in events
        ))  # fmt: skip


def _person(person: Person, municipality: str, gezin: Gezin | None) -> Row:
    return (
        person.id, person.bsn, person.voornaam, person.tussenvoegsel, person.achternaam, person.born,
        person.born_use or None, person.sex, person.is_child, municipality, gezin.id if gezin else None,
        bool(gezin and gezin.secret), person.left, person.household or None, person.household_kind or None,
        person.place or None, person.arrived, person.died,
    )  # fmt: skip


def _members(gezin: Gezin) -> list[Row]:
    since = min((child.born for child in gezin.children if child.born), default=None)
    return [
        *((gezin.id, child.id, "child", child.born, None) for child in gezin.children),
        *((gezin.id, adult.id, "guardian", since, adult.died) for adult in gezin.adults()),
    ]


def join(parts: list[Path], folder: Path) -> None:
    """Put the tables of several folders together in ``folder``, in that order, and number the events."""
    whole, events = Truth(folder), 0
    for table in SCHEMAS:
        for part in parts:
            file = pq.ParquetFile(part / f"{table}.parquet")
            for group in range(file.num_row_groups):
                found = file.read_row_group(group, use_threads=False)
                if table == "events":
                    numbers = pa.array(range(events + 1, events + found.num_rows + 1), _NUMBER)
                    found, events = found.set_column(0, "event_id", numbers), events + found.num_rows
                whole.write_table(table, found.cast(_schema(table)))
    whole.close()


def _schema(table: str) -> pa.Schema:
    fields = [pa.field(column, kind) for column, kind in SCHEMAS[table].items()]
    return pa.schema(fields, metadata={"mark": MARK})
