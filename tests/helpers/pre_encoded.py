"""Deliveries that were encoded at their source, for tests; and files that were made to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from helpers.deliveries import NOW, csv_bytes, ledger, set_time, settings
from integration.contracts import Contract, Supplier
from integration.deliveries.manifest import Manifest, write_manifest
from integration.deliveries.receive import Receipt, receive_inbox
from integration.encode_source import EncodedAtSource, encode_at_source
from integration.encode_stage import examiner
from integration.encoded import Header
from integration.pseudonyms.encoded_file import EncodedWriter
from integration.pseudonyms.first_pass import FirstPass, open_first_pass
from integration.pseudonyms.tables import first_schemas
from integration.storage import Zones

CREATED = datetime.fromisoformat("2026-01-27T03:00:00+01:00")
Batches = list[tuple[str, pa.RecordBatch]]


def handed_out(home: Path, domain: str = "GM0321") -> FirstPass:
    """The first-pass key as a source opens it."""
    folder = Zones(home).first_pass_keys
    return open_first_pass(folder / f"{domain}.json", (folder / "passphrase").read_bytes().strip())


def encode_rows(
    home: Path, supplier: Supplier, rows: Sequence[Mapping[str, str]], *, folder: Path, **options: Any
) -> EncodedAtSource:
    """Encode rows as their source would, into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "week4.csv").write_bytes(csv_bytes(rows, supplier))
    given: dict[str, Any] = {"municipality": "GM0321", "period": "2026-W04", "sequence": 1} | options
    key = given.pop("key", None) or handed_out(home)
    return encode_at_source(folder / "week4.csv", supplier, key, folder / "out", created_at=CREATED, **given)


def deliver(home: Path, payload: Path, told: Path, supplier: str = "WT0321") -> None:
    """Put a payload and its manifest in the inbox."""
    folder = Zones(home).inbox / supplier
    folder.mkdir(parents=True, exist_ok=True)
    for path in (payload, told):
        (folder / path.name).write_bytes(path.read_bytes())
        set_time([folder / path.name], NOW)


def receive(home: Path, **options: Any) -> list[Receipt]:
    chosen = settings(home, **options)
    return receive_inbox(Zones(home), ledger(home), chosen, encoded=examiner(chosen))


def batches_of(path: Path, contract: Contract) -> Batches:
    """A payload's batches as they lie in it."""
    schemas, found = first_schemas(contract), []
    with pq.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            table = file.read_row_group(number)
            (name,) = [name for name in table.column_names if table.column(name).null_count == 0]
            batch = pa.RecordBatch.from_struct_array(table.column(name).combine_chunks())
            columns = [batch.column(f.name).cast(f.type) for f in schemas[name]]
            found.append((name, pa.record_batch(columns, schema=schemas[name])))
    return found


def changed(batches: Batches, table: str, column: str, change: Callable[[list[Any]], list[Any]]) -> Batches:
    """The batches with one column's values changed."""
    found: Batches = []
    for name, batch in batches:
        if name == table:
            place = batch.schema.get_field_index(column)
            values = pa.array(change(batch.column(place).to_pylist()), batch.schema.field(place).type)
            columns = [values if n == place else batch.column(n) for n in range(batch.num_columns)]
            batch = pa.record_batch(columns, schema=batch.schema)
        found.append((name, batch))
    return found


def rewrite(made: EncodedAtSource, supplier: Supplier, batches: Batches, /, **header: Any) -> Manifest:
    """Write other batches (and header) into a payload, with a manifest that fits the bytes."""
    told = _header(made)
    writer = EncodedWriter(made.payload, supplier.contract)
    for name, batch in batches:
        writer.batch(name, batch)
    writer.close(replace(told, **header))
    return fit(made)


def _header(made: EncodedAtSource) -> Header:
    """What the payload said of itself when it was made."""
    manifest, result = made.manifest, made.result
    assert manifest.payload.made_with
    return Header(
        source=manifest.source,
        supplier=manifest.supplier,
        contract_version=manifest.contract_version,
        delivery_label=manifest.delivery_label,
        made_with=manifest.payload.made_with,
        rows_in=result.rows_in,
        rows_ok=result.rows_ok,
        rows_refused=result.rows_refused,
        fields_nulled=result.fields_nulled,
    )


def fit(made: EncodedAtSource, **changes: Any) -> Manifest:
    """Write the manifest anew for the payload's bytes as they are; ``changes`` go into its payload."""
    import hashlib

    content = made.payload.read_bytes()
    payload = replace(
        made.manifest.payload,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **changes,
    )
    manifest = replace(made.manifest, payload=payload)
    write_manifest(manifest, made.payload)
    return manifest
