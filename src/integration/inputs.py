"""What tonight's warehouse of a domain is built from: accepted deliveries, the calendar, the clock.

Everything that decides the content of a domain's file goes into one fingerprint, so that a night with nothing
new can be recognised and left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from integration import __version__
from integration.contracts import (
    Contract,
    contract_ids,
    expected_periods,
    load_contract,
    load_supplier,
    supplier_codes,
)
from integration.errors import IntegrationError
from integration.ledger import Entry, Ledger
from integration.linkage.upkeep import told_by_hand
from integration.names import DomainCode
from integration.pseudonyms.link_names import SQL_TYPE, link_columns
from integration.reasons import Reason
from integration.settings import AMSTERDAM, Settings
from integration.storage import Zones, read_json, resource, write_json
from integration.warehouse import insert_rows, load_seeds, run_models, sealed_errors

DUCKDB_TYPES = {
    "string": "VARCHAR",
    "code": "VARCHAR",
    "date": "DATE",
    "integer": "INTEGER",
    "codes": "VARCHAR[]",
    "dates": "DATE[]",
}
RECORD_HEAD = (
    ("delivery_id", "VARCHAR"), ("source", "VARCHAR"), ("supplier", "VARCHAR"), ("municipality", "VARCHAR"),
    ("period", "VARCHAR"), ("row_number", "INTEGER"), ("record_key", "VARCHAR"),
    ("status_aanlevering", "VARCHAR"), ("peildatum", "DATE"),
)  # fmt: skip
MENTION_COLUMNS = (
    ("delivery_id", "VARCHAR"), ("source", "VARCHAR"), ("supplier", "VARCHAR"), ("municipality", "VARCHAR"),
    ("period", "VARCHAR"), ("record_key", "VARCHAR"), ("row_number", "INTEGER"), ("peildatum", "DATE"),
    ("role", "VARCHAR"), ("patient_rol", "VARCHAR"), ("relation", "VARCHAR"), ("sex", "VARCHAR"),
    ("birth_year", "SMALLINT"), ("birth_known", "VARCHAR"), ("pc4", "VARCHAR"), ("address_kind", "VARCHAR"),
    ("secret", "BOOLEAN"), ("departure_date", "DATE"), ("bsn_token", "VARCHAR"), ("bsn_status", "VARCHAR"),
    ("token_demographic", "VARCHAR"), ("token_demographic_first", "VARCHAR"), ("token_name", "VARCHAR"),
    ("token_birth_first", "VARCHAR"), ("address_token", "VARCHAR"), ("address_token_base", "VARCHAR"),
    ("address_inherited", "BOOLEAN"), *((name, SQL_TYPE) for name in link_columns()),
)  # fmt: skip
_DELIVERY_COLUMNS = (
    ("delivery_id", "VARCHAR"), ("source", "VARCHAR"), ("supplier", "VARCHAR"), ("municipality", "VARCHAR"),
    ("period", "VARCHAR"), ("period_start", "DATE"), ("period_end", "DATE"), ("sequence", "INTEGER"),
    ("arrived_at", "TIMESTAMP"), ("state", "VARCHAR"), ("rows", "INTEGER"), ("superseded", "BOOLEAN"),
)  # fmt: skip
_EXPECTED_COLUMNS = (
    ("supplier", "VARCHAR"), ("source", "VARCHAR"), ("municipality", "VARCHAR"), ("period", "VARCHAR"),
    ("period_end", "DATE"), ("due_date", "DATE"),
)  # fmt: skip

_NOT_IN = ("held", "quarantined")


@dataclass(frozen=True)
class Inputs:
    """The accepted deliveries of a domain (all, and those not replaced by a later one) and the run's date.

    ``refused`` are those that were not taken in: refused, or held for a steward's decision, as their state tells.
    """

    domain: DomainCode
    run_date: date
    loaded: tuple[Entry, ...]
    refused: tuple[Entry, ...]
    superseded: frozenset[str]
    expected: tuple[tuple[str, str, str, str, date, date], ...]
    fingerprint: str


def gather(domain: DomainCode, settings: Settings, ledger: Ledger) -> Inputs:
    """Collect a domain's inputs. A later accepted sequence for the same supplier and period replaces the earlier."""
    entries = ledger.entries(municipality=domain)
    loaded = tuple(entry for entry in entries if entry.state == "loaded")
    refused = tuple(entry for entry in entries if entry.state in _NOT_IN)
    newest: dict[tuple[str, str], int] = {}
    for entry in loaded:
        place = (entry.supplier, entry.period)
        newest[place] = max(newest.get(place, 0), entry.sequence)
    superseded = frozenset(e.subject for e in loaded if e.sequence < newest[(e.supplier, e.period)])
    expected = _expected(domain, settings)
    text = json.dumps(
        [
            __version__,
            code_fingerprint(),
            domain,
            settings.today(),
            [asdict(entry) | {"facts": None, "event": None} for entry in (*loaded, *refused)],
            sorted(superseded),
            expected,
            _rights(domain, settings.zones),
            told_by_hand(settings.zones, domain),
        ],
        default=str,
    )
    return Inputs(
        domain=domain,
        run_date=settings.today(),
        loaded=loaded,
        refused=refused,
        superseded=superseded,
        expected=expected,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
    )


def mark_changed(zones: Zones, domain: DomainCode) -> None:
    """Tell that a domain's linked records changed: its next night is not one with nothing new."""
    path = zones.warehouse / f"{domain}.json"
    if path.exists():
        write_json(path, read_json(path) | {"changed": True})


def _rights(domain: DomainCode, zones: Zones) -> list[str]:
    """Moments and cases on the domain's lists of persons who used a right: a changed list makes a new night."""
    told = []
    for path in sorted(zones.rights.glob(f"*/{domain}.json")):
        try:
            entries = [(entry["at"], entry["case"]) for entry in read_json(path)["entries"]]
        except (OSError, ValueError, KeyError, TypeError):
            raise IntegrationError(Reason.RIGHTS_UNREADABLE, file=f"{path.parent.name}/{path.name}") from None
        told += [f"{path.parent.name} {at} {case}" for at, case in entries]
    return told


def _expected(domain: DomainCode, settings: Settings) -> tuple[tuple[str, str, str, str, date, date], ...]:
    rows = []
    for code in supplier_codes(settings.zones):
        supplier = load_supplier(settings.zones, code)
        if domain in supplier.municipalities:
            for period, due in expected_periods(supplier, settings.today()):
                rows.append((supplier.code, supplier.source, str(domain), period.text, period.end, due))
    return tuple(sorted(rows))


def code_fingerprint() -> str:
    """SHA-256 over SQL models, seeds, definitions, core suites: a changed rule makes a new night without new data."""
    digest = hashlib.sha256()
    suites = sorted((resource("expectations") / "core").glob("*.json"))
    for path in (*sorted(resource("warehouse").rglob("*")), *suites):
        if path.suffix in {".sql", ".csv", ".yml", ".json"}:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def load_inputs(con: duckdb.DuckDBPyConnection, inputs: Inputs, zones: Zones) -> None:
    """Fill ``meta``, ``seed`` and ``staging`` of a fresh building file."""
    insert_rows(
        con,
        "meta.run",
        (("domain", "VARCHAR"), ("run_date", "DATE"), ("fingerprint", "VARCHAR")),
        [(inputs.domain, inputs.run_date, inputs.fingerprint)],
    )
    known = [_delivery_row(entry, inputs.superseded) for entry in (*inputs.loaded, *inputs.refused)]
    insert_rows(con, "meta.delivery", _DELIVERY_COLUMNS, known)
    insert_rows(con, "meta.expected_delivery", _EXPECTED_COLUMNS, inputs.expected)
    run_models(con, "meta", {"run_date": inputs.run_date})
    load_seeds(con, {"run_date": inputs.run_date})
    con.execute("create schema if not exists staging")
    for source in contract_ids():
        _records_view(con, load_contract(source), _files(inputs, zones, "records", source))
    _view(con, "staging.mentions", MENTION_COLUMNS, _files(inputs, zones, "mentions", superseded=False))


def view_mentions(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Make ``staging.mentions`` a view of these files."""
    _view(con, "staging.mentions", MENTION_COLUMNS, [str(path) for path in files])


def hide(
    con: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    zones: Zones,
    cuts: Mapping[str, tuple[Set[int], Set[tuple[int, str]]]],
) -> None:
    """Make the views of ``staging`` anew without the rows and the mentions (row, role) given for each delivery.

    Where a mention of a parent is hidden, so is what the record tells of that parent.
    """
    rows = [(delivery, row) for delivery, (numbers, _) in cuts.items() for row in sorted(numbers)]
    places = [(delivery, *place) for delivery, (_, named) in cuts.items() for place in sorted(named)]
    key = (("delivery_id", "VARCHAR"), ("row_number", "INTEGER"))
    insert_rows(con, "staging.hidden_row", key, rows)
    insert_rows(con, "staging.hidden_mention", (*key, ("role", "VARCHAR")), places)
    shown = "where (delivery_id, row_number) not in (select delivery_id, row_number from staging.hidden_row)"
    for source in contract_ids():
        contract = load_contract(source)
        emptied = {
            field.name: f"case when (delivery_id, row_number) in (select delivery_id, row_number "
            f"from staging.hidden_mention where role = '{field.about}') then null else {field.name} end"
            for field in contract.with_role("attribute")
            if field.about in ("ouder1", "ouder2")
        }
        _records_view(con, contract, _files(inputs, zones, "records", source), shown, emptied)
    files = _files(inputs, zones, "mentions", superseded=False)
    listed = " and (delivery_id, row_number, role) not in (from staging.hidden_mention)"
    _view(con, "staging.mentions", MENTION_COLUMNS, files, shown + listed)


def _delivery_row(entry: Entry, superseded: frozenset[str]) -> tuple[object, ...]:
    period = entry.delivery.period
    return (
        entry.subject, entry.source, entry.supplier, entry.municipality, period.text, period.start, period.end,
        entry.sequence, _dutch_time(entry.arrived_at), entry.state, entry.rows,
        entry.subject in superseded,
    )  # fmt: skip


def _dutch_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(AMSTERDAM).replace(tzinfo=None)


def _files(
    inputs: Inputs, zones: Zones, table: str, source: str | None = None, *, superseded: bool = True
) -> list[str]:
    chosen = [
        entry
        for entry in inputs.loaded
        if (source is None or entry.source == source)
        and (superseded or entry.subject not in inputs.superseded)
    ]
    paths = [zones.linked_dir(entry.delivery) / f"{table}.parquet" for entry in chosen]
    return [str(path) for path in paths if path.exists()]


def record_columns(contract: Contract) -> tuple[tuple[str, str], ...]:
    """The columns of a source's encoded records with their DuckDB types."""
    head = {name for name, _ in RECORD_HEAD}
    body = [
        (field.name, "VARCHAR" if field.role == "key" else DUCKDB_TYPES[field.type])
        for field in contract.fields
        if field.role in {"attribute", "key"} and field.name not in head | {"record_id"}
    ]
    return (*RECORD_HEAD, *body)


def _records_view(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    files: list[str],
    shown: str = "",
    instead: Mapping[str, str] | None = None,
) -> None:
    _view(con, f"staging.records_{contract.id}", record_columns(contract), files, shown, instead)


def _view(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[tuple[str, str]],
    files: list[str],
    shown: str = "",
    instead: Mapping[str, str] | None = None,
) -> None:
    """A view over Parquet files with exactly these columns: those that older files lack are NULL.

    ``shown`` is a condition on the rows, ``instead`` an expression in the place of a column.
    """
    with sealed_errors(name):
        if not files:
            nothing = ", ".join(f"cast(null as {kind}) as {column}" for column, kind in columns)
            con.execute(f"create or replace view {name} as select {nothing} where false")
            return
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
        scan = f"read_parquet([{listed}], union_by_name = true)"
        present = {row[0] for row in con.execute(f"describe select * from {scan}").fetchall()}
        told = {column: (instead or {}).get(column, column) for column, _ in columns}
        chosen = ", ".join(
            f"cast({told[column] if column in present else 'null'} as {kind}) as {column}"
            for column, kind in columns
        )
        con.execute(f"create or replace view {name} as select {chosen} from {scan} {shown}")
