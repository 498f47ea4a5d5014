"""The first pass: the one place where identifiers and a key meet, and where identifiers end.

Rows come in as texts by contract column; three tables of 16-byte tokens, attributes and findings go out. Required
fields that are empty or cannot be used refuse their row; optional ones become null. Whatever fails inside
becomes an error without a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Protocol

from integration.contracts.model import Contract, Field
from integration.errors import DeliveryRefused, IntegrationError
from integration.pseudonyms.fields import (
    FIELD_NULLED,
    ROW_REFUSED,
    Column,
    Dialect,
    Finding,
    Verdict,
    corrected,
    judge_for,
)
from integration.pseudonyms.first_pass import FIRST_PURPOSES, FirstPass
from integration.pseudonyms.link_mentions import LinkColumns
from integration.pseudonyms.mentions import (
    ADDRESS_MESSAGES,
    PERSON_MESSAGES,
    Mentions,
    addresses,
    mentions,
)
from integration.pseudonyms.normalise import VERSION
from integration.pseudonyms.persons import Batch, PersonBatch, PersonReader
from integration.pseudonyms.tables import Batches, Sink
from integration.pseudonyms.tokens import labelled, labeller, message
from integration.reasons import Reason

BATCH_ROWS = 4096
_ENVELOPE = ("status_aanlevering", "peildatum")
_CHILD = ("kind", "patient")


class RawRow(Protocol):
    """One delivered row: its number (1 is the first data row) and its text by contract column."""

    @property
    def number(self) -> int:
        """Place among the data rows, from 1."""
        ...

    @property
    def values(self) -> Mapping[str, str]:
        """Raw text by contract column name."""
        ...


@dataclass(frozen=True)
class FirstResult:
    """What the first pass over a delivery came to: counts, and what it was made with. Never a value."""

    rows_in: int
    rows_ok: int
    rows_refused: int
    fields_nulled: int
    contract: str
    normalisation_version: int
    first_pass_version: int
    first_pass_fingerprint: str
    link_version: int
    link_fingerprint: str


def encode_delivery(
    rows: Iterable[RawRow],
    contract: Contract,
    dialect: Dialect,
    keys: FirstPass,
    supplier: str,
    sink: Sink,
    *,
    created_on: date,
    corrections: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> FirstResult:
    """Encode a delivery's rows: the first pass. The three tables' batches go to ``sink``, tokens as 16 bytes.

    ``created_on`` is the day the supplier made the delivery: a birth date after it cannot be. ``corrections`` are
    codes known to be wrong, by column, each with the right one; CODE_CORRECTED tells the rows. The same input and
    key give the same batches. Raises :class:`DeliveryRefused` (WRONG_MUNICIPALITY) when a row is about another
    municipality than the key, what ``rows`` raises itself, and INTERNAL, without any value, for everything else.
    """
    try:
        encoder = _Encoder(contract, dialect, keys, supplier, created_on, corrections)
        source, batches = iter(rows), Batches(contract, sink)
        while batch := list(islice(source, BATCH_ROWS)):
            encoder.encode(batch, batches)
        return encoder.result()
    except IntegrationError:
        raise
    except Exception as error:
        raise IntegrationError(Reason.INTERNAL, type(error).__name__) from None


class _Encoder:
    """One delivery's columns, persons, keys and counts."""

    def __init__(
        self,
        contract: Contract,
        dialect: Dialect,
        keys: FirstPass,
        supplier: str,
        created_on: date,
        corrections: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._contract, self._supplier, self._known = contract, supplier, keys.known
        self._corrections = corrections
        self._person, self._address, self._key = (keys.maker(purpose) for purpose in FIRST_PURPOSES)
        self._link = LinkColumns(keys.link_key())
        self._persons = [PersonReader(contract, person, dialect, created_on) for person in contract.blocks]
        self._columns = {field.name: self._column(field, dialect) for field in contract if _is_kept(field)}
        self._seen: set[bytes] = set()
        self._order = {name: place for place, name in enumerate(contract.names)}
        self._counts = {"rows_in": 0, "rows_ok": 0, "rows_refused": 0, "fields_nulled": 0}

    def _column(self, field: Field, dialect: Dialect) -> Column[str]:
        judge = judge_for(field, dialect)
        if field.name in self._corrections:
            judge = corrected(field, dialect, judge, self._corrections[field.name])
        if field.role != "key":
            return Column(field, judge)
        parts = (
            ("source", self._contract.id),
            ("supplier", self._supplier),
            ("field", field.name),
        )
        scope = message("key", *(labelled(label, text) for label, text in parts))
        value = labeller("value")

        def judge_key(text: str) -> Verdict:
            verdict = judge(text)
            return verdict if verdict.value is None else Verdict(scope + value(str(verdict.value)))

        return Column(field, judge_key, recurring=not field.unique)

    def encode(self, rows: Sequence[RawRow], tables: Batches) -> None:
        """Encode one batch."""
        numbers = [row.number for row in rows]
        texts = [row.values for row in rows]
        names = self._contract.names
        batch: Batch = dict(zip(names, zip(*map(itemgetter(*names), texts), strict=True), strict=True))
        self._check_municipality(batch, numbers)
        findings: list[Finding] = []
        values: dict[str, Sequence[Any]] = {}
        for name, column in self._columns.items():
            reading = column.read(batch[name], numbers)
            values[name] = reading.values
            findings += reading.findings
        persons = {reader.person: reader.read(batch, numbers) for reader in self._persons}
        for person in persons.values():
            findings += person.findings
        refused = {finding.row_number for finding in findings if finding.effect == ROW_REFUSED}
        for name, column in self._columns.items():
            if column.field.role == "key":
                values[name] = self._key.digests(values[name])
        findings += self._duplicates(values["record_id"], numbers, refused)
        kept = [place for place, number in enumerate(numbers) if number not in refused]
        self._write_findings(findings, refused, tables)
        self._count(len(rows), len(kept))
        values["row_number"], values["record_key"] = numbers, values["record_id"]
        statuses = {f"{name}_status": s for person in persons.values() for name, s in person.statuses.items()}
        tables.write("records", {name: _take(column, kept) for name, column in (values | statuses).items()})
        secret = _secret(batch, values, len(rows))
        self._write_mentions(values, persons, secret, kept, tables)

    def _check_municipality(self, batch: Batch, numbers: Sequence[int]) -> None:
        codes, own = batch["gemeente_code"], self._known.domain
        if all(code.strip() == own for code in set(codes)):
            return
        row = next(number for number, code in zip(numbers, codes, strict=True) if code.strip() != own)
        raise DeliveryRefused(Reason.WRONG_MUNICIPALITY, row=row, field="gemeente_code")

    def _duplicates(
        self, keys: Sequence[bytes | None], numbers: Sequence[int], refused: set[int]
    ) -> Iterator[Finding]:
        """Refuse every further row with a record id that an accepted row had; adds to ``refused``."""
        for key, number in zip(keys, numbers, strict=True):
            if key is None or number in refused:
                continue
            if key in self._seen:
                refused.add(number)
                yield Finding(number, "record_id", Reason.RECORD_DUPLICATE, ROW_REFUSED)
            self._seen.add(key)

    def _write_findings(self, findings: list[Finding], refused: set[int], tables: Batches) -> None:
        """Write findings by row and column; of a refused row only what refused it."""
        told = [f for f in findings if f.effect == ROW_REFUSED or f.row_number not in refused]
        told.sort(key=lambda finding: (finding.row_number, self._order[finding.field]))
        self._counts["fields_nulled"] += sum(finding.effect == FIELD_NULLED for finding in told)
        columns = zip(*told, strict=True) if told else [[], [], [], []]
        tables.write("findings", dict(zip(Finding._fields, map(list, columns), strict=True)))

    def _count(self, rows: int, kept: int) -> None:
        for name, number in (("rows_in", rows), ("rows_ok", kept), ("rows_refused", rows - kept)):
            self._counts[name] += number

    def _write_mentions(
        self,
        values: Mapping[str, Sequence[Any]],
        persons: Mapping[str, PersonBatch],
        secret: Sequence[bool],
        kept: Sequence[int],
        tables: Batches,
    ) -> None:
        homes = {name: addresses(person) for name, person in persons.items()}
        child = next((homes[name] for name in _CHILD if name in homes), None)
        for name, person in persons.items():
            theirs = None if name in _CHILD else child
            found = mentions(person, homes[name], theirs, secret, kept)
            linked = self._link.columns(person, homes[name], theirs, found)
            tables.write("mentions", {**self._mention_columns(name, found, values, person), **linked})

    def _mention_columns(
        self, role: str, found: Mentions, values: Mapping[str, Sequence[Any]], person: PersonBatch
    ) -> dict[str, Sequence[Any]]:
        nothing: list[None] = [None] * len(found.places)

        def row_value(name: str | None) -> Sequence[Any]:
            column = values.get(name) if name else None
            return _take(column, found.places) if column is not None else nothing

        columns: dict[str, Sequence[Any]] = dict(found.columns)
        for name in PERSON_MESSAGES:
            columns[name] = self._person.digests(columns[name])
        for name in ADDRESS_MESSAGES:
            columns[name] = self._address.digests(columns[name])
        lookup = self._contract.column
        statuses = person.statuses.get(lookup(role, "bsn") or "", [])
        columns |= {name: row_value(name) for name in ("record_key", "row_number", "peildatum")}
        columns |= {
            "role": [role] * len(found.places),
            "patient_rol": row_value(lookup(role, "rol")),
            "relation": row_value(lookup(role, "relatie")),
            "address_kind": row_value(lookup(role, "soort_adres")),
            "departure_date": row_value(lookup(role, "vertrek_datum")),
            "bsn_status": _take(statuses, found.places) if statuses else nothing,
        }
        return columns

    def result(self) -> FirstResult:
        """Return the counts of the whole delivery, and what it was encoded with."""
        return FirstResult(
            contract=f"{self._contract.id} {self._contract.version}",
            normalisation_version=VERSION,
            first_pass_version=self._known.version,
            first_pass_fingerprint=self._known.fingerprint,
            link_version=self._link.version,
            link_fingerprint=self._link.fingerprint,
            **self._counts,
        )


def _is_kept(field: Field) -> bool:
    return field.role in ("attribute", "key") or field.name in _ENVELOPE


def _take(values: Sequence[Any], kept: Sequence[int]) -> Sequence[Any]:
    return values if len(values) == len(kept) else [values[place] for place in kept]


def _secret(batch: Batch, values: Mapping[str, Sequence[Any]], rows: int) -> list[bool]:
    """Tell which rows' addresses are secret; what is neither 0 nor empty counts as secret (fail closed)."""
    if "indicatie_geheim" not in values:
        return [False] * rows
    both = zip(values["indicatie_geheim"], batch["indicatie_geheim"], strict=True)
    return [code == "1" or (code is None and text.strip() != "") for code, text in both]
