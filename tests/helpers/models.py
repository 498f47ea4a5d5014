"""A domain's warehouse in memory, made from tiny tables written out in a test, with the SQL models run on it.

    world = World(
        members='''
            gezin  person  role
            g1     anna    kind
        ''',
        veilig_thuis='''
            case  kind  melding_datum  overdracht_datum
            c1    anna  2025-01-06     2025-01-20
        ''',
    )
    world.rows("core.handover", "case_ref", "gezin_id")   # [("c1", "g1")]

A table is text: a line of column names, then a line a row, columns separated by blanks, ``-`` for nothing, lists
joined by commas. In a source's table ``case``, ``record``, ``delivery`` and ``status`` stand for casus_ref,
record_key, delivery_id and status_aanlevering; ``kind``, ``patient``, ``ouder1`` and ``ouder2`` name the persons
that the row mentions; every other column is the contract's. Columns left out get a neutral code, or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb

from integration.contracts import contract_ids, load_contract
from integration.inputs import MENTION_COLUMNS, record_columns
from integration.names import Period
from integration.warehouse import insert_rows, load_seeds, run_models

RUN_DATE = date(2026, 2, 16)
MUNICIPALITY = "GM0321"
STOCK = "stand-2026-01-31"
FOLDERS = {
    "staging": ("staging",),
    "core": ("staging", "core"),
    "families": ("staging", "core", "families"),
    "indicators": ("staging", "core", "indicators"),
}
"""What must be built for a folder's tables to be there."""
ROLES = ("kind", "patient", "ouder1", "ouder2")
SHORT = {
    "case": "casus_ref",
    "record": "record_key",
    "delivery": "delivery_id",
    "status": "status_aanlevering",
}
NEUTRAL = ("GEEN", "NIET_VAN_TOEPASSING", "NIET_INGEDEELD", "ONBEKEND", "0", "2")

DELIVERY = {
    "delivery_id": "VARCHAR", "source": "VARCHAR", "supplier": "VARCHAR", "municipality": "VARCHAR",
    "period": "VARCHAR", "period_start": "DATE", "period_end": "DATE", "sequence": "INTEGER",
    "arrived_at": "TIMESTAMP", "state": "VARCHAR", "rows": "INTEGER", "superseded": "BOOLEAN",
}  # fmt: skip
EXPECTED = {
    "supplier": "VARCHAR", "source": "VARCHAR", "municipality": "VARCHAR", "period": "VARCHAR",
    "period_end": "DATE", "due_date": "DATE",
}  # fmt: skip
MEMBER = {
    "gezin_id": "VARCHAR", "person_id": "VARCHAR", "role": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE",
    "shared": "BOOLEAN", "restricted": "BOOLEAN", "evidence": "VARCHAR",
}  # fmt: skip
LINK = {
    "delivery_id": "VARCHAR", "record_key": "VARCHAR", "source": "VARCHAR", "role": "VARCHAR",
    "person_id": "VARCHAR", "rule": "VARCHAR",
}  # fmt: skip


Rows = list[dict[str, str | None]]


def table(text: str | Rows) -> Rows:
    """Read a table written as text; rows that a test made itself are left alone."""
    if not isinstance(text, str):
        return text
    lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    if not lines:
        return []
    head, *rows = lines
    for row in rows:
        assert len(row) == len(head), f"a row has {len(row)} cells under {len(head)} columns: {row}"
    return [
        {name: None if cell == "-" else cell for name, cell in zip(head, row, strict=True)} for row in rows
    ]


class World:
    """Inputs of one domain from tiny tables; ``con`` has the models of folder ``until`` and those they rest on."""

    def __init__(
        self,
        *,
        members: str | Rows = "",
        deliveries: str | None = None,
        expected: str | None = None,
        mentions: str = "",
        run_date: date = RUN_DATE,
        until: str = "indicators",
        **sources: str | Rows,
    ) -> None:
        self.con = duckdb.connect(":memory:")
        self.run_date = run_date
        self.persons: set[str] = set()
        self._mention_facts = {(row["person"]): row for row in table(mentions)}
        self._deliveries(deliveries, expected)
        for schema in ("staging", "link", "core"):
            self.con.execute(f"create schema {schema}")
        self._members(table(members))
        self._records({source: table(text) for source, text in sources.items()})
        load_seeds(self.con, {"run_date": run_date})
        for folder in FOLDERS[until]:
            run_models(self.con, folder, {"run_date": run_date})

    def rows(self, name: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """Some columns of a table, sorted; dates as text, so that a test reads like the tables above it."""
        found = self.con.execute(f"select {', '.join(columns) or '*'} from {name} where {where}").fetchall()
        return sorted((tuple(map(_plain, row)) for row in found), key=lambda row: [str(cell) for cell in row])

    def figure(self, indicator: str, period: str, measure: str = "value") -> dict[str, Any]:
        """One row of indicators.result."""
        relation = self.con.execute(
            "select * from indicators.result where indicator = ? and period = ? and measure = ?",
            [indicator, period, measure],
        )
        names = [column[0] for column in relation.description]
        (row,) = relation.fetchall()
        return dict(zip(names, row, strict=True))

    def counts(self, indicator: str, period: str, measure: str = "value") -> tuple[Any, Any, Any]:
        """Numerator (value for a median), denominator and missing."""
        figure = self.figure(indicator, period, measure)
        first = figure["value"] if figure["unit"] == "median_days" else figure["numerator"]
        return first, figure["denominator"], figure["missing"]

    # -- inputs --------------------------------------------------------------------------------------------------

    def _deliveries(self, deliveries: str | None, expected: str | None) -> None:
        stocks = [{"source": source} for source in contract_ids()]
        rows = [_delivery(row) for row in (stocks if deliveries is None else table(deliveries))]
        insert_rows(self.con, "meta.delivery", list(DELIVERY.items()), rows)
        awaited = [_expected(row) for row in (stocks if expected is None else table(expected))]
        insert_rows(self.con, "meta.expected_delivery", list(EXPECTED.items()), awaited)
        run = [(MUNICIPALITY, self.run_date)]
        insert_rows(self.con, "meta.run", [("domain", "VARCHAR"), ("run_date", "DATE")], run)

    def _members(self, rows: Rows) -> None:
        values = [
            (
                row["gezin"], row["person"], row.get("role", "kind"), row.get("from", "2023-08-01"), row.get("to"),
                row.get("shared") == "yes", row.get("restricted") == "yes", "test",
            )
            for row in rows
        ]  # fmt: skip
        self.persons |= {str(row["person"]) for row in rows}
        insert_rows(self.con, "link.gezin_member", list(MEMBER.items()), values)
        gezinnen = sorted({(str(row["gezin"]),) for row in rows})
        insert_rows(self.con, "link.gezin", [("gezin_id", "VARCHAR")], gezinnen)

    def _records(self, sources: dict[str, Rows]) -> None:
        mentions: list[dict[str, Any]] = []
        for source in contract_ids():
            columns = record_columns(load_contract(source))
            records = []
            for number, row in enumerate(sources.get(source, []), 1):
                record = _record(source, number, row)
                records.append([_cell(record.get(name), kind) for name, kind in columns])
                mentions += [self._mention(record, role, row[role]) for role in ROLES if row.get(role)]
            insert_rows(self.con, f"staging.records_{source}", columns, records)
        head = [name for name, _ in MENTION_COLUMNS]
        insert_rows(
            self.con,
            "staging.mentions",
            MENTION_COLUMNS,
            [[mention.get(name) for name in head] for mention in mentions],
        )
        links = [[mention.get(name) for name in LINK] for mention in mentions]
        insert_rows(self.con, "link.mention_person", list(LINK.items()), links)
        insert_rows(self.con, "link.person", [("person_id", "VARCHAR")], [(p,) for p in sorted(self.persons)])

    def _mention(self, record: dict[str, Any], role: str, person: str | None) -> dict[str, Any]:
        self.persons.add(str(person))
        facts = self._mention_facts.get(person, {})
        return {
            **{name: record.get(name) for name, _ in MENTION_COLUMNS},
            "role": role,
            "person_id": person,
            "rule": "test",
            "secret": facts.get("secret") == "yes",
            "departure_date": record.get("vertrek_datum") if role in {"kind", "patient"} else None,
            "sex": facts.get("sex", "0"),
            "birth_year": facts.get("birth_year"),
        }


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _cell(value: str | None, kind: str) -> Any:
    return value.split(",") if value is not None and kind.endswith("[]") else value


def _supplier(source: str) -> str:
    return source[:2].upper() + "01"


def _delivery(row: dict[str, Any]) -> tuple[Any, ...]:
    source, period = row["source"], Period.parse(row.get("period") or STOCK)
    supplier, sequence = row.get("supplier") or _supplier(source), int(row.get("sequence") or 1)
    name = row.get("delivery") or f"{source}.{supplier}.{MUNICIPALITY}.{period.text}.{sequence:04d}"
    arrived = datetime.combine(date.fromisoformat(row.get("arrived") or period.end.isoformat()), time(3))
    return (
        name, source, supplier, MUNICIPALITY, period.text, period.start, period.end, sequence, arrived,
        row.get("state") or "loaded", 1, row.get("superseded") == "yes",
    )  # fmt: skip


def _expected(row: dict[str, Any]) -> tuple[Any, ...]:
    source, period = row["source"], Period.parse(row.get("period") or STOCK)
    due = row.get("due") or (period.end + timedelta(days=10)).isoformat()
    return row.get("supplier") or _supplier(source), source, MUNICIPALITY, period.text, period.end, due


def _record(source: str, number: int, row: dict[str, str | None]) -> dict[str, Any]:
    """A record with its envelope; codes that the test leaves out are neutral."""
    contract = load_contract(source)
    given = {SHORT.get(name, name): value for name, value in row.items() if name not in ROLES}
    unknown = given.keys() - set(contract.names) - {"record_key", "delivery_id"}
    assert not unknown, f"{source} has no column {sorted(unknown)}"
    delivery = given.get("delivery_id") or f"{source}.{_supplier(source)}.{MUNICIPALITY}.{STOCK}.0001"
    _, supplier, _, period, _ = str(delivery).rsplit(".", 4)
    envelope = {
        "delivery_id": delivery, "source": source, "supplier": supplier, "municipality": MUNICIPALITY,
        "period": period, "row_number": number, "record_key": f"{source}-{number}", "status_aanlevering": "1",
        "peildatum": Period.parse(period).end.isoformat(),
    }  # fmt: skip
    codes = {
        field.name: _neutral(field.codes)
        for field in contract.fields
        if field.required and field.role == "attribute" and field.codes
    }
    return codes | envelope | {name: value for name, value in given.items() if value is not None}


def _neutral(codes: Sequence[str]) -> str:
    return next((code for code in NEUTRAL if code in codes), codes[0])
