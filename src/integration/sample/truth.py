"""Writes the truth: persons, families, events, which row speaks of whom, and every planted defect.

Parquet files in ``truth/``, never beside deliveries; each carries the mark SYNTHETISCH in its metadata. The
schema is documented in docs/reference/sample.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from integration.sample.model import MARK, Event, Gezin, Population

_TEXT, _DAY, _NUMBER, _FLAG = pa.string(), pa.date32(), pa.int32(), pa.bool_()

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "persons": {
        "person_id": _NUMBER, "bsn": _TEXT, "voornaam": _TEXT, "tussenvoegsel": _TEXT, "achternaam": _TEXT,
        "geboortedatum": _DAY, "geboortedatum_gebruik": _TEXT, "geslacht": _TEXT, "is_child": _FLAG,
        "municipality": _TEXT, "gezin_id": _NUMBER, "secret": _FLAG, "vertrek_datum": _DAY,
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
}  # fmt: skip
"""The tables of the truth and their columns."""


class Truth:
    """Collects the rows of every table, and writes them."""

    def __init__(self) -> None:
        self.tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in SCHEMAS}

    def people(self, people: Population) -> None:
        """Add one municipality's persons, families, guardians and addresses."""
        of = {child.id: gezin for gezin in people.gezinnen for child in gezin.children}
        for person in people.persons:
            gezin = of.get(person.id)
            self.tables["persons"].append((
                person.id, person.bsn, person.voornaam, person.tussenvoegsel, person.achternaam, person.born,
                person.born_use or None, person.sex, person.is_child, people.municipality,
                gezin.id if gezin else None, bool(gezin and gezin.secret), gezin.departure if gezin else None,
            ))  # fmt: skip
        for gezin in people.gezinnen:
            self._family(gezin)
        self.tables["addresses"] += [
            (stay.person_id, *stay.address, *stay[2:]) for stay in people.all_stays()
        ]

    def _family(self, gezin: Gezin) -> None:
        since = [child.born for child in gezin.children if child.born]
        self.tables["memberships"] += [
            (gezin.id, child.id, "child", child.born, None) for child in gezin.children
        ]
        self.tables["memberships"] += [
            (gezin.id, adult.id, "guardian", min(since, default=None), None) for adult in gezin.adults()
        ]
        self.tables["guardians"] += [
            (child.id, adult.id, relation)
            for child in gezin.children
            for adult, relation in gezin.guardians[child.id]
        ]

    def events(self, events: Iterable[Event], suppliers: dict[str, str]) -> None:
        """Add and number events; ``suppliers`` gives the supplier's code by source."""
        for event in events:
            event.id = len(self.tables["events"]) + 1
            self.tables["events"].append((
                event.id, event.gezin.id, event.gezin.municipality, event.kind, event.day, event.source or None,
                suppliers.get(event.source), event.case_id or None, [person.id for person in event.persons],
                json.dumps(event.attributes, sort_keys=True, ensure_ascii=False),
            ))  # fmt: skip

    def write(self, folder: Path) -> None:
        """Write one Parquet file a table."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, columns in SCHEMAS.items():
            fields = [pa.field(column, kind) for column, kind in columns.items()]
            schema = pa.schema(fields, metadata={"mark": MARK})
            rows = self.tables[name]
            arrays = [
                pa.array([row[place] for row in rows], kind) for place, kind in enumerate(columns.values())
            ]
            pq.write_table(pa.Table.from_arrays(arrays, schema=schema), folder / f"{name}.parquet")
