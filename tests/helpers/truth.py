"""A small truth made by hand, for tests of the checks on the sample: every column, only what is told."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

TEXT, DAY, NUMBER = pa.string(), pa.date32(), pa.int32()

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "persons": {
        "person_id": NUMBER, "geboortedatum": DAY, "geslacht": TEXT, "municipality": TEXT, "vertrek_datum": DAY,
        "household_id": NUMBER, "household": TEXT, "household_place": TEXT, "vestiging_datum": DAY,
        "overlijden_datum": DAY,
    },
    "events": {
        "event_id": NUMBER, "municipality": TEXT, "kind": TEXT, "date": DAY, "source": TEXT, "case_id": TEXT,
        "person_ids": pa.list_(NUMBER), "attributes": TEXT,
    },
    "deliveries": {
        "delivery_id": TEXT, "supplier": TEXT, "source": TEXT, "municipality": TEXT, "period": TEXT, "rows": NUMBER,
        "defect": TEXT, "file": TEXT,
    },
    "defects": {"delivery_id": TEXT, "row_number": NUMBER, "field": TEXT, "defect": TEXT},
    "themes": {"municipality": TEXT, "theme": TEXT, "strength": TEXT, "shows_in": pa.list_(TEXT)},
}  # fmt: skip

SAMPLE: dict[str, Any] = {
    "format": "integration-sample/2", "mark": "SYNTHETISCH", "version": "0.1.0", "seed": 2026, "scale": 0.01,
    "busy": 1, "defects": "demo", "alias": False, "population": None, "counts": {},
}  # fmt: skip


class Truth:
    """Collects persons, events, deliveries, defects and themes; ``write`` puts them in a home folder."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
        self._persons, self._homes, self._events = count(1), count(1), count(1)

    def home(
        self,
        household: str,
        *members: str,
        municipality: str = "GM0228",
        born: str = "1980-05-05",
        **other: Any,
    ) -> list[int]:
        """A household; each member is a place with, or without, a birth date: ``partner``, ``child 2015-03-04``."""
        number, made = next(self._homes), []
        for member in members:
            place, _, day = member.partition(" ")
            person = next(self._persons)
            made.append(person)
            self.tables["persons"].append(
                {
                    "person_id": person,
                    "geboortedatum": date.fromisoformat(day or born),
                    "geslacht": str(1 + person % 2),
                    "municipality": municipality,
                    "household_id": number,
                    "household": household,
                    "household_place": place,
                    **{name: date.fromisoformat(value) for name, value in other.items()},
                }
            )
        return made

    def event(
        self,
        kind: str,
        day: str,
        persons: Iterable[int] = (),
        *,
        source: str = "jeugdhulp",
        case: str = "1",
        municipality: str = "GM0228",
        **attributes: Any,
    ) -> None:
        """Something that happened on ``day`` in a case of ``source``."""
        self.tables["events"].append({
            "event_id": next(self._events), "municipality": municipality, "kind": kind, "date": date.fromisoformat(day),
            "source": source, "case_id": case, "person_ids": list(persons), "attributes": json.dumps(attributes),
        })  # fmt: skip

    def care(
        self, case: str, child: int, start: str, stop: str = "", category: str = "45", **other: Any
    ) -> None:
        """A case of youth care from its assignment to its end; ``verwijzer`` and ``municipality`` may be given."""
        municipality = other.pop("municipality", "GM0228")
        where = {"case": case, "municipality": municipality}
        self.event("care_assignment", start, [child], category=category, **other, **where)
        self.event("care_start", start, [child], **where)
        if stop:
            self.event("care_stop", stop, [child], reason="31", **where)

    def report(
        self, case: str, day: str, outcome: str = "", municipality: str = "GM0228", **other: Any
    ) -> None:
        """A report to Veilig Thuis, and its assessment when there is an outcome."""
        where = {"source": "veilig_thuis", "case": case, "municipality": municipality}
        self.event("report", day, **where, **other)
        if outcome:
            self.event("assessment", day, outcome=outcome, **where)

    def add(self, table: str, **row: Any) -> None:
        """A row of another table."""
        self.tables[table].append(row)

    def write(self, home: Path, **sample: Any) -> Path:
        """Write the tables and ``sample.json``; returns the home folder."""
        (home / "truth").mkdir(parents=True)
        for name, columns in COLUMNS.items():
            content = pa.Table.from_pylist(self.tables[name], schema=pa.schema(list(columns.items())))
            pq.write_table(content, home / "truth" / f"{name}.parquet")
        (home / "sample.json").write_text(json.dumps(SAMPLE | sample), encoding="utf-8")
        return home
