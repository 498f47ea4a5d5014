"""Tiny deliveries for tests: an installation with suppliers, rows that are right, and files that are not."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from integration.contracts import Contract, Supplier, load_contract, load_supplier
from integration.deliveries.manifest import SUFFIX
from integration.ledger import Ledger
from integration.pseudonyms.keyring import Keyring, KeyVersion, hkdf
from integration.settings import AMSTERDAM, Settings
from integration.storage import Zones

NOW = datetime(2026, 2, 16, 6, 0, tzinfo=AMSTERDAM)
PASSPHRASE = b"a passphrase for tests only"
DIALECT = {"delimiter": ";", "encoding": "windows-1252", "date_format": "dd-mm-yyyy", "list_separator": ","}

# Made-up persons; the numbers pass the 11-test and are from the range for tests (iJw).
CHILD = {
    "bsn": "999900006", "voornaam": "Zjoske", "tussenvoegsel": "van den", "achternaam": "Kanariewal",
    "geboortedatum": "04-03-2015", "geslacht": "2",
}  # fmt: skip
PARENT = {
    "bsn": "999900018", "voornaam": "Fedor", "achternaam": "Kanariewal", "geboortedatum": "17-08-1984",
    "geslacht": "1", "relatie": "10",
}  # fmt: skip
ADDRESS = {"postcode": "3991 XZ", "huisnummer": "87", "huisnummer_toevoeging": "b", "soort_adres": "01"}


class FixedRoot:
    """A vault whose one root is known: tokens in tests are the same every time."""

    def versions(self) -> tuple[KeyVersion, ...]:
        return (KeyVersion(1, "active", NOW.isoformat(), "0" * 16),)

    def derive(self, version: int, info: bytes) -> bytes:
        return hkdf(bytes(range(32)), info)


KEYS = Keyring(FixedRoot())


def settings(home: Path, **options: Any) -> Settings:
    """Settings of a synthetic installation whose clock stands at NOW."""
    options = {"synthetic": True} | options
    return Settings(home=home, fixed_clock=NOW, passphrase=PASSPHRASE.decode(), **options)


def ledger(home: Path) -> Ledger:
    return Ledger(f"sqlite:///{home / 'ledger.sqlite'}")


def add_supplier(home: Path, code: str = "WT0321", source: str = "wijkteam", **changes: Any) -> Supplier:
    """Write a supplier file and return the supplier; weekly, GM0321, the dialect above unless told."""
    content = {
        "code": code,
        "name": f"Organisatie {code}",
        "source": source,
        "contract_version": load_contract(source).version,
        "municipalities": ["GM0321"],
        "dialect": {**DIALECT, **changes.pop("dialect", {})},
        "columns": {},
        "codes": {},
        "calendar": {"frequency": "weekly", "due_days": 10, "since": date(2026, 1, 12)},
        "contacts": [{"role": "delivery", "email": "levering@voorbeeld.example"}],
        **changes,
    }
    folder = Zones(home).suppliers
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, default=str).replace('"since": "2026-01-12"', '"since": 2026-01-12')
    (folder / f"{code}.yml").write_text(text, encoding="utf-8")
    return load_supplier(Zones(home), code)


def add_register(home: Path, *sources: str, synthetic: bool = False, **changes: Any) -> Path:
    """Write an installation's register of processing, an entry a source; a change to None takes a key out."""
    import yaml

    from integration.contracts.register import FILE_NAME, PACKAGED

    document = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    entries = {source: {**document["sources"][source], **changes} for source in sources}
    kept = {source: {k: v for k, v in entry.items() if v is not None} for source, entry in entries.items()}
    home.mkdir(parents=True, exist_ok=True)
    path = home / FILE_NAME
    path.write_text(yaml.safe_dump(document | {"synthetic": synthetic, "sources": kept}, allow_unicode=True))
    return path


def full_row(contract: Contract, number: int = 1, **changes: str) -> dict[str, str]:
    """A row that is right: every required field, a child with an address, one parent; by contract column."""
    row = dict.fromkeys(contract.names, "")
    for field in contract:
        if field.required:
            row[field.name] = _some(field)
    row |= {"levering_id": "L1", "bron_org_code": "WT0321", "gemeente_code": "GM0321"}
    row |= {"record_id": f"R{number}", "status_aanlevering": "1", "peildatum": "25-01-2026"}
    for person, parts in (("kind", CHILD), ("patient", CHILD), ("ouder1", PARENT)):
        row |= {f"{person}_{part}": text for part, text in parts.items() if f"{person}_{part}" in row}
    row |= ADDRESS
    assert set(changes) <= set(row), "no such column"
    return row | changes


def _some(field: Any) -> str:
    if field.codes:
        return str(field.codes[0])
    return {"date": "20-01-2026", "integer": "1", "dates": "20-01-2026"}.get(
        field.type, f"X{field.name[:3].upper()}1"
    )


def csv_bytes(rows: Sequence[Mapping[str, str]], supplier: Supplier) -> bytes:
    """Rows as the supplier writes them: its headers, delimiter and encoding, CRLF."""
    contract = supplier.contract
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=supplier.dialect.delimiter, lineterminator="\r\n")
    writer.writerow(contract.headers(supplier).values())
    writer.writerows([row[name] for name in contract.names] for row in rows)
    return stream.getvalue().encode(supplier.dialect.encoding)


def manifest_for(payload: bytes, supplier: Supplier, /, **changes: Any) -> dict[str, Any]:
    """A manifest that fits these bytes; ``payload_...`` changes go into its payload."""
    import hashlib

    inner = {
        name.removeprefix("payload_"): changes.pop(name)
        for name in list(changes)
        if name.startswith("payload_")
    }
    rows = max(0, payload.count(b"\n") - 1)
    content = {
        "format": "integration-manifest/1",
        "source": supplier.source,
        "supplier": supplier.code,
        "municipality": supplier.municipalities[0],
        "period": "2026-W04",
        "sequence": 1,
        "delivery_label": "L1",
        "contract": {"id": supplier.source, "version": supplier.contract_version},
        "payload": {
            "file": "data.csv",
            "bytes": len(payload),
            "sha256": hashlib.sha256(payload).hexdigest(),
            "rows": rows,
            "columns": list(supplier.contract.headers(supplier).values()),
            "encoding": supplier.dialect.encoding,
            "delimiter": supplier.dialect.delimiter,
            **inner,
        },
        "nil_return": False,
        "created_at": "2026-01-27T03:00:00+01:00",
    }
    return content | changes


def put(
    home: Path,
    supplier: Supplier,
    payload: bytes | Sequence[Mapping[str, str]] | None = None,
    /,
    *,
    name: str = "data.csv",
    manifest: Mapping[str, Any] | bytes | None = None,
    arrived: datetime = NOW,
    **changes: Any,
) -> Path:
    """Put a delivery in its supplier's inbox: by default one right row with the manifest that fits it."""
    if payload is None:
        payload = [full_row(supplier.contract, bron_org_code=supplier.code)]
    content = payload if isinstance(payload, bytes) else csv_bytes(payload, supplier)
    if manifest is None:
        manifest = manifest_for(content, supplier, payload_file=changes.pop("payload_file", name), **changes)
    folder = Zones(home).inbox / supplier.code
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    told = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    (folder / (name + SUFFIX)).write_bytes(told)
    set_time([folder / name, folder / (name + SUFFIX)], arrived)
    return folder / name


def set_time(paths: Iterable[Path], moment: datetime) -> None:
    for path in paths:
        os.utime(path, (moment.timestamp(), moment.timestamp()), follow_symlinks=False)


def plain_contract(*names: str) -> Contract:
    """A contract of optional text columns with these names, for tests of the reader alone."""
    from dataclasses import replace

    contract = load_contract("wijkteam")
    text = contract.field("record_id")
    fields = tuple(replace(text, name=name, role="attribute", required=False, unique=False) for name in names)
    return replace(contract, id="plain", fields=fields)


def plain_supplier(*, delimiter: str = ";", encoding: str = "utf-8") -> Any:
    """A supplier that writes the contract's own names and codes."""
    from integration.contracts.dialect import Dialect
    from integration.encode_job import PlainSupplier

    dialect = Dialect(delimiter=delimiter, encoding=encoding, list_separator="+")
    return PlainSupplier(dialect, {}, {})  # type: ignore[arg-type]
