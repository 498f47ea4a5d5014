"""Tiny delivered worlds for linkage, written out as tables, and the linkage run on them.

    found = link('''
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  -    2015-03-02  1    jansen   luuk   3991AA1
    ''')
    found.together("r1", "r2")

Tokens are readable texts here (``demographic:2015-03-02:1:jansen:3991AA1``): linkage only compares them. An
address is postcode and house number, and after a slash its addition (``3991AA1/b``); ``secret`` is a secret address.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import duckdb

from helpers.models import DELIVERY, RUN_DATE, table
from integration.contracts import contract_ids, load_contract
from integration.inputs import MENTION_COLUMNS, record_columns
from integration.linkage import FamiliesBuilt, PersonsLinked, build_families, link_persons
from integration.linkage.pseudonym import PseudonymKey
from integration.names import DomainCode
from integration.warehouse import insert_rows

DOMAIN = DomainCode("GM0321")
DAY = "2026-01-11"
OUTPUT_KEY, FAMILY_KEY = PseudonymKey(1, b"output" * 6), PseudonymKey(1, b"family" * 6)
Row = dict[str, Any]


def delivery_id(source: str, day: str) -> str:
    """The id of the one delivery of a source about the stock of a day."""
    return f"{source}.{source[:2].upper()}01.{DOMAIN}.stand-{day}.0001"


def mention(
    record: str,
    role: str,
    *,
    source: str = "onderwijs",
    day: str = DAY,
    bsn: str | None = None,
    born: str | None = None,
    sex: str | None = None,
    surname: str | None = None,
    first: str | None = None,
    address: str | None = None,
    child_address: str | None = None,
    soort: str | None = None,
    relation: str | None = None,
    patient_rol: str | None = None,
) -> Row:
    """One row of staging.mentions. ``child_address`` is where a parent without own address is taken to live."""
    secret = address == "secret"
    own = None if secret else address
    base = (own or child_address or "").split("/")[0] or None
    full = born if born and len(born) == 10 else None
    return {
        "delivery_id": delivery_id(source, day), "source": source, "supplier": f"{source[:2].upper()}01",
        "municipality": DOMAIN, "period": f"stand-{day}", "record_key": record, "row_number": 1,
        "peildatum": date.fromisoformat(day), "role": role, "patient_rol": patient_rol, "relation": relation,
        "sex": sex or "0", "birth_year": int(born[:4]) if born else None, "birth_known": "full" if full else "year",
        "pc4": own[:4] if own else None, "address_kind": soort, "secret": secret, "departure_date": None,
        "bsn_token": f"bsn:{bsn}" if bsn else None, "bsn_status": "ok" if bsn else "missing",
        "token_demographic": _token("demographic", full, sex, surname, base),
        "token_demographic_first": _token("demographic_first", full, sex, surname, base, first) if own else None,
        "token_name": _token("name", full, surname, first and first[0]),
        "token_birth_first": _token("birth_first", full, surname, first),
        "address_token": f"address:{own}" if own else None,
        "address_token_base": f"building:{base}" if own else None,
        "address_inherited": own is None and child_address is not None,
    }  # fmt: skip


def _token(label: str, *parts: str | None) -> str | None:
    return ":".join([label, *[str(part) for part in parts]]) if all(parts) and "0" not in parts else None


def domain_file(
    mentions: Sequence[Row], records: Iterable[Row] = (), *, shuffle: int | None = None
) -> duckdb.DuckDBPyConnection:
    """A domain's file in memory with these mentions; every record also stands in its source's table."""
    con = duckdb.connect(":memory:", config={"threads": 1})
    lines = list(mentions)
    if shuffle is not None:
        random.Random(shuffle).shuffle(lines)
    known = {(row["delivery_id"], row["record_key"]): dict(row) for row in lines}
    for record in records:
        known[(record["delivery_id"], record["record_key"])] |= record
    names = [name for name, _ in MENTION_COLUMNS]
    insert_rows(
        con, "staging.mentions", MENTION_COLUMNS, [[row.get(name) for name in names] for row in lines]
    )
    for source in contract_ids():
        columns = record_columns(load_contract(source))
        rows = [row for row in known.values() if row["source"] == source]
        values = [
            [row.get(name, "1" if name == "status_aanlevering" else None) for name, _ in columns]
            for row in rows
        ]
        insert_rows(con, f"staging.records_{source}", columns, values)
    deliveries = {row["delivery_id"]: row for row in lines}
    values = [
        [{**row, "period_end": row["peildatum"], "sequence": 1, "state": "loaded", "superseded": False}.get(name)
         for name in DELIVERY]
        for row in deliveries.values()
    ]  # fmt: skip
    insert_rows(con, "meta.delivery", list(DELIVERY.items()), values)
    return con


class Linked:
    """Mentions that were linked, and who turned out to be whom."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.result: PersonsLinked = link_persons(con, DOMAIN, OUTPUT_KEY)
        rows = con.execute(
            "select delivery_id, record_key, role, person_id, rule, reason from link.mention_person"
        ).fetchall()
        self.persons = {(delivery, record, role): person for delivery, record, role, person, _, _ in rows}
        self.rules = {(record, role): reason or rule for _, record, role, _, rule, reason in rows}

    def person(self, record: str, role: str = "kind") -> str:
        """The person of a record's role; all versions of it must agree."""
        (person,) = {p for (_, r, ro), p in self.persons.items() if (r, ro) == (record, role)}
        return person

    def groups(self) -> set[frozenset[str]]:
        """The records (with role unless ``kind``) that speak of one person."""
        found: dict[str, set[str]] = {}
        for (_, record, role), person in self.persons.items():
            found.setdefault(person, set()).add(record if role == "kind" else f"{record}.{role}")
        return {frozenset(group) for group in found.values()}


def link(text: str) -> Linked:
    """Link the mentions of a table with columns record and role, and any other of :func:`mention`.

    The source is ``wijkteam`` unless told: one that may have two rows about one child in a delivery.
    """
    return Linked(domain_file([mention(**{"source": "wijkteam"} | row) for row in table(text)]))


def family_rows(text: str) -> tuple[list[Row], list[Row]]:
    """Mentions and records from a table of children: columns ``child`` and ``guardians``, and any others.

    ``guardians`` are names joined by commas, each with ``:relation`` and ``@address`` if the record tells them;
    ``record`` (a new one a row), ``source``, ``day``, ``address``, ``soort``, ``born``, ``ref``, ``status``,
    ``care`` (productcategorie), ``start``, ``role`` (kind or patient) and ``patient_rol`` may be given. Everybody has a
    BSN: their name.
    """
    mentions, records = [], []
    for number, row in enumerate(table(text)):
        source, day = row.get("source") or "onderwijs", row.get("day") or DAY
        record = row.get("record") or f"r{number}"
        address = row.get("address")
        if row.get("child"):
            mentions.append(
                mention(
                    record, row.get("role") or "kind", source=source, day=day, bsn=row["child"], born=row.get("born"),
                    address=address, soort=row.get("soort"), patient_rol=row.get("patient_rol"),
                )
            )  # fmt: skip
        for role, guardian in zip(
            ("ouder1", "ouder2"), (row.get("guardians") or "").split(","), strict=False
        ):
            if guardian:
                name, own, relation = _guardian(guardian)
                inherited = None if address == "secret" else address
                mentions.append(
                    mention(
                        record, role, source=source, day=day, bsn=name, address=own,
                        child_address=inherited, relation=relation,
                    )
                )  # fmt: skip
        records.append(
            {
                "delivery_id": delivery_id(source, day), "record_key": record,
                "status_aanlevering": row.get("status") or "1", "gezin_ref": row.get("ref"),
                "productcategorie": row.get("care"), "start_datum": row.get("start"),
            }
        )  # fmt: skip
    return mentions, records


def _guardian(text: str) -> tuple[str, str | None, str | None]:
    head, _, own = text.partition("@")
    name, _, relation = head.partition(":")
    return name, own or None, relation or None


class Families:
    """Families built from a table of :func:`family_rows`."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.linked = Linked(con)
        self.result: FamiliesBuilt = build_families(con, DOMAIN, FAMILY_KEY, RUN_DATE)
        self.names = dict(
            con.execute(
                "select person_id, coalesce(max(replace(bsn_token, 'bsn:', '')), person_id) from staging.mentions "
                "join link.mention_person using (delivery_id, record_key, role) group by person_id"
            ).fetchall()
        )

    def gezinnen(self) -> set[str]:
        """Each gezin as its children's names, sorted and joined by blanks."""
        return {" ".join(sorted(names)) for names in self.members("kind").values()}

    def members(self, role: str) -> dict[str, list[str]]:
        """The names of the members in a role, by gezin_id."""
        found: dict[str, list[str]] = {}
        for gezin, person in self._rows("gezin_id, person_id", role):
            found.setdefault(gezin, []).append(self.names[person])
        return found

    def member(self, name: str, *columns: str, role: str = "kind") -> Any:
        """Columns of the one membership of a person in a role."""
        ((_, *values),) = [
            row for row in self._rows(f"person_id, {', '.join(columns)}", role) if self.names[row[0]] == name
        ]
        return values[0] if len(values) == 1 else tuple(values)

    def dropped(self, edge: str) -> set[tuple[str, str]]:
        """The edges of a type that were not used: child and reason."""
        rows = self.con.execute(
            "select from_id, reason from link.edge where edge = ? and not used", [edge]
        ).fetchall()
        return {(self.names[person], reason) for person, reason in rows}

    def _rows(self, columns: str, role: str) -> list[tuple[Any, ...]]:
        return self.con.execute(f"select {columns} from link.gezin_member where role = ?", [role]).fetchall()


def families(text: str) -> Families:
    """Link and build families from a table of :func:`family_rows`."""
    return Families(domain_file(*family_rows(text)))
