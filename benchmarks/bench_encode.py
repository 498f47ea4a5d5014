"""Rows a second of encoding, beside the bare loop of HMACs that makes the same number of tokens.

The rows are made up: every child and parent is another person, which is the worst case for what is remembered.
Prints JSON. CPU seconds of this process, so that other work on the machine counts less.

    python benchmarks/bench_encode.py [--rows 50000] [--source wijkteam ...]
"""

from __future__ import annotations

import argparse
import csv
import gc
import hashlib
import hmac
import json
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from integration.contracts import Contract, load_contract
from integration.contracts.dialect import Dialect
from integration.deliveries.read import open_rows
from integration.encode_job import PlainSupplier
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import encode_delivery
from integration.pseudonyms.keyring import Keyring, KeyVersion, hkdf
from integration.pseudonyms.normalise import elfproef


class FixedRoot:
    """A vault with one known root."""

    def versions(self) -> tuple[KeyVersion, ...]:
        return (KeyVersion(1, "active", "", "0" * 16),)

    def derive(self, version: int, info: bytes) -> bytes:
        return hkdf(bytes([version]) * 32, info)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--source", nargs="*", default=["wijkteam", "jeugdhulp", "onderwijs", "huisarts"])
    chosen = parser.parse_args()
    report = {
        "benchmark": "encode",
        "python": platform.python_version(),
        "sources": [measure(load_contract(source), chosen.rows) for source in chosen.source],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def measure(contract: Contract, rows: int) -> dict[str, Any]:
    """Read and encode one file; count the tokens; make as many by a bare loop."""
    supplier = PlainSupplier(Dialect(date_format="dd-mm-yyyy", list_separator=","), {}, {})  # type: ignore[arg-type]
    keys = Keyring(FixedRoot())
    delivery = DeliveryId.parse(f"{contract.id}.XX0001.GM0321.2026-W04.0001")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "payload.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, contract.names, delimiter=";")
            writer.writeheader()
            writer.writerows(made_up(contract, rows))
        gc.disable()  # as in the process that encodes
        start = time.process_time()
        with open_rows(path, contract, supplier) as reader:
            count = sum(1 for _ in reader)
        read = time.process_time() - start
        start = time.process_time()
        with open_rows(path, contract, supplier) as reader:
            encode_delivery(
                reader, contract, supplier.dialect, keys, delivery, path.parent, created_on=date(2026, 2, 1)
            )
        encode = time.process_time() - start
        gc.enable()
        tokens = _tokens(path.parent)
    key = keys.subkey(DomainCode("GM0321"), "person")
    start = time.process_time()
    for number in range(tokens):
        hmac.new(key, b"%096d" % number, hashlib.sha256).hexdigest()
    bare = time.process_time() - start
    return {
        "source": contract.id,
        "columns": len(contract.fields),
        "rows": count,
        "tokens_a_row": round(tokens / rows, 1),
        "read_rows_a_second": round(rows / read),
        "read_and_encode_rows_a_second": round(rows / encode),
        "read_and_encode_seconds": round(encode, 2),
        "bare_hmac_loop_seconds": round(bare, 2),
    }


def _tokens(folder: Path) -> int:
    total = 0
    for name in ("records", "mentions"):
        table = pq.read_table(folder / f"{name}.parquet")
        for column in table.itercolumns():
            first = next((value for value in column.to_pylist() if value is not None), None)
            if isinstance(first, str) and first.startswith("1.GM0321."):
                total += len(column) - column.null_count
    return total


def made_up(contract: Contract, rows: int) -> Iterator[dict[str, str]]:
    """Yield rows that are right, each about other persons."""
    chance = random.Random(7)
    names = ["".join(chance.choices("abcdefghijklmnoprstuvw", k=8)).title() for _ in range(20_000)]
    for number in range(rows):
        row = {field.name: _value(field, chance) for field in contract}
        row |= {
            "gemeente_code": "GM0321",
            "record_id": f"R{number}",
            "indicatie_geheim": "0",
            "vertrek_datum": "",
        }
        for person in contract.blocks:
            row[f"{person}_bsn"] = _bsn(chance)
            row[f"{person}_voornaam"], row[f"{person}_achternaam"] = (
                chance.choice(names[:3000]),
                chance.choice(names),
            )
            row[f"{person}_tussenvoegsel"], row[f"{person}_geslacht"] = (
                chance.choice(["", "van", "de"]),
                chance.choice("12"),
            )
            row[f"{person}_geboortedatum"] = _day(
                chance, *((2008, 2024) if person in ("kind", "patient") else (1970, 1999))
            )
            if person.startswith("ouder") and chance.random() < 0.7:
                row |= {
                    f"{person}_{part}": "" for part in ("postcode", "huisnummer", "huisnummer_toevoeging")
                }
        yield {name: row.get(name, "") for name in contract.names}


def _value(field: Any, chance: random.Random) -> str:
    if field.codes:
        return str(chance.choice(field.codes)) if field.required or chance.random() < 0.5 else ""
    if "postcode" in field.name:
        return f"39{chance.randint(10, 99)}{chance.choice('ABCDEF')}{chance.choice('ABCDEFGHJ')}"
    if "huisnummer" in field.name:
        return str(chance.randint(1, 400)) if "toevoeging" not in field.name else chance.choice(["", "", "a"])
    if field.type == "date" and (field.required or chance.random() < 0.5) and field.name != "vertrek_datum":
        return _day(chance, 2024, 2025)
    return f"X{chance.randint(1, 10**6)}" if field.required else ""


def _day(chance: random.Random, first: int, last: int) -> str:
    return f"{chance.randint(1, 28):02}-{chance.randint(1, 12):02}-{chance.randint(first, last)}"


def _bsn(chance: random.Random) -> str:
    while True:
        digits = f"{chance.randint(10**8, 10**9 - 1)}"
        if elfproef(digits):
            return digits


if __name__ == "__main__":
    main()
