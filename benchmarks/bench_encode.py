"""Rows a second of encoding in two passes, beside the bare loop of two HMACs for each of as many tokens.

The rows are made up: every child and parent is another person, which is the worst case for what is remembered.
Prints JSON; ``ratio`` is all of it (reading, both passes, what goes through the pipe between them, writing) beside that
loop. CPU seconds of this process, and the loop runs in turns with the encoding, for as many tokens as each batch gave:
other work on the machine slows both alike.

The columns for linkage are tokens too, made by AES from digests that are shared (filters are not counted): ``ratio`` is
beside a loop that makes them all by two HMACs each. ``ratio_without_link`` leaves them out on both sides: the time of
making them (to pass and write them stays in), and their share of the loop.

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
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from integration.contracts import Contract, load_contract
from integration.contracts.dialect import Dialect
from integration.deliveries.read import open_rows
from integration.encode_job import PlainSupplier
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import encode_delivery
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.pseudonyms.keyring import Keyring, KeyVersion, hkdf
from integration.pseudonyms.link_mentions import LinkChain, LinkColumns
from integration.pseudonyms.link_names import token_columns as link_token_columns
from integration.pseudonyms.normalise import elfproef
from integration.pseudonyms.second_pass import SecondPass
from integration.pseudonyms.tables import Tables, first_schemas, token_columns


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
    pa.array([0])  # makes pyarrow import pandas, where there is one: once a process, not once a row
    report = {
        "benchmark": "encode",
        "python": platform.python_version(),
        "sources": [measure(load_contract(source), chosen.rows) for source in chosen.source],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def measure(contract: Contract, rows: int) -> dict[str, Any]:
    """Read and encode one file, both passes; make as many tokens by a bare loop of two HMACs each."""
    supplier = PlainSupplier(Dialect(date_format="dd-mm-yyyy", list_separator=","), {}, {})  # type: ignore[arg-type]
    keys, delivery = Keyring(FixedRoot()), DeliveryId.parse(f"{contract.id}.XX0001.GM0321.2026-W04.0001")
    first = FirstPass(Known(DomainCode("GM0321"), 1, "0" * 16), bytes(32))
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
        second, link = Second(contract, delivery, keys, path.parent), Link()
        start = time.process_time()
        with second.tables, link, open_rows(path, contract, supplier) as reader:
            encode_delivery(
                reader,
                contract,
                supplier.dialect,
                first,
                delivery.supplier,
                second.take,
                created_on=date(2026, 2, 1),
            )
        both = time.process_time() - start - second.counting
        gc.enable()
    bare = second.bare
    return {
        "source": contract.id,
        "columns": len(contract.fields),
        "rows": count,
        "tokens_a_row": round(second.tokens / rows, 1),
        "read_rows_a_second": round(rows / read),
        "rows_a_second": round(rows / both),
        "read_seconds": round(read, 2),
        "first_pass_seconds": round(both - read - second.seconds, 2),
        "second_pass_seconds": round(second.seconds, 2),
        "all_seconds": round(both, 2),
        "bare_hmac_loop_seconds": round(bare, 2),
        "ratio": round(both / bare, 2),
        "link_values_a_row": round(link.values / rows, 1),
        "link_seconds": round(link.seconds, 2),
        "ratio_without_link": round((both - link.seconds) / bare * second.tokens / second.plain, 2),
    }


class Link:
    """Inside it, the seconds that both passes spend on the columns for linkage, and how many values these have."""

    def __init__(self) -> None:
        self.seconds, self.values = 0.0, 0

    def __enter__(self) -> None:
        self._plain = LinkColumns.columns, LinkChain.rekeyed
        first, second = self._plain

        def columns(*told: Any) -> dict[str, Any]:
            made = self._timed(first, *told)
            self.values += sum(len(column) - column.null_count for column in made.values())
            return made

        LinkColumns.columns = columns  # type: ignore[method-assign]
        LinkChain.rekeyed = lambda *told: self._timed(second, *told)  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        LinkColumns.columns, LinkChain.rekeyed = self._plain  # type: ignore[method-assign]

    def _timed(self, work: Callable[..., dict[str, Any]], *told: Any) -> dict[str, Any]:
        start = time.process_time()
        made = work(*told)
        self.seconds += time.process_time() - start
        return made


class Second:
    """The second pass as it is fed through a pipe, in this process; its seconds, the tokens that were made, and the
    bare loop's seconds for as many. ``plain`` are those that are not for linkage alone.

    A mention's record key is copied from its record and not made: it is not counted. ``counting`` is what is no part of
    encoding: counting, and the bare loop.
    """

    def __init__(self, contract: Contract, delivery: DeliveryId, keys: Keyring, folder: Path) -> None:
        self._pass, self.tables = SecondPass(contract, delivery, keys, folder), Tables(folder, contract)
        self._schemas, self._columns = first_schemas(contract), token_columns(contract)
        self.tokens, self.plain, self.seconds, self.bare, self.counting = 0, 0, 0.0, 0.0, 0.0

    def take(self, name: str, batch: pa.RecordBatch) -> None:
        start = time.process_time()
        body = bytes(batch.serialize())
        self._pass.write(self.tables, name, pa.ipc.read_record_batch(pa.py_buffer(body), self._schemas[name]))
        done = time.process_time()
        made = [column for column in self._columns[name] if (name, column) != ("mentions", "record_key")]
        self.plain += _known(batch, made)
        tokens = _known(batch, [*made, *(link_token_columns() if name == "mentions" else ())])
        self.bare += bare_loop(tokens, self.tokens)
        self.tokens += tokens
        self.seconds += done - start
        self.counting += time.process_time() - done


def _known(batch: pa.RecordBatch, columns: Iterable[str]) -> int:
    return sum(batch.num_rows - batch.column(column).null_count for column in columns)


def bare_loop(tokens: int, before: int = 0) -> float:
    """CPU seconds of the plain way, two HMACs for each token; ``before`` is how many were made earlier."""
    one, two, sha256 = bytes(32), bytes(range(32)), hashlib.sha256
    start = time.process_time()
    for number in range(before, before + tokens):
        digest = hmac.new(one, b"%096d" % number, sha256).digest()[:16]
        hmac.new(two, digest, sha256).hexdigest()
    return time.process_time() - start


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
