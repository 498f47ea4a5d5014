"""Made-up identities planted in a sample's deliveries, and deliveries so broken that a program may quote them.

Names that nobody has can be searched for; the numbers are the sample's own. What is broken stands beside a planted
value: in the header, in a code, in a date, at the place where the file is cut.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from integration.contracts import Supplier, load_supplier
from integration.deliveries.manifest import SUFFIX
from integration.storage import Zones

_LETTERS = "bcdfghjklmnpqrstvwxz"


@dataclass(frozen=True)
class Identity:
    """A planted person: the sample's number, and names that nobody else has."""

    bsn: str
    first_name: str
    surname: str

    @property
    def values(self) -> tuple[str, ...]:
        """What is searched for."""
        return (self.bsn, self.first_name, self.surname)


@dataclass
class Delivered:
    """A delivery in the inbox, opened to be changed: its manifest, and its rows under the supplier's headers."""

    path: Path
    manifest: dict[str, Any]
    supplier: Supplier
    rows: list[list[str]]

    @property
    def payload(self) -> Path:
        """The file with the rows."""
        return self.path.parent / str(self.manifest["payload"]["file"])

    def place(self, column: str) -> int:
        """Where a contract's column stands in the file."""
        header = self.supplier.contract.headers(self.supplier)[column]
        return self.rows[0].index(header)

    def has(self, column: str) -> bool:
        """Whether the file has a contract's column."""
        headers = self.supplier.contract.headers(self.supplier)
        return column in headers and headers[column] in self.rows[0]

    def write(self, content: bytes | None = None) -> None:
        """Put the delivery back as its supplier would, arrived when it did; ``content`` in the place of its rows."""
        arrived = self.path.stat()
        if content is None:
            content = self.text().encode(self.manifest["payload"]["encoding"])
        self.payload.write_bytes(content)
        told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "columns": self.rows[0]}
        self.manifest["payload"] |= told
        self.path.write_text(json.dumps(self.manifest, ensure_ascii=False))
        for path in (self.payload, self.path):
            os.utime(path, ns=(arrived.st_atime_ns, arrived.st_mtime_ns))

    def text(self) -> str:
        """The rows as the supplier writes them."""
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.manifest["payload"]["delimiter"], lineterminator="\r\n").writerows(
            self.rows
        )
        return out.getvalue()


def delivered(zones: Zones) -> Iterator[Delivered]:
    """Every plain delivery in the inbox that is written as agreed."""
    for path in sorted(zones.inbox.glob(f"*/*{SUFFIX}")):
        manifest = json.loads(path.read_text())
        told = manifest["payload"]
        supplier = load_supplier(zones, manifest["supplier"])
        content = (path.parent / told["file"]).read_bytes()
        agreed = list(supplier.contract.headers(supplier).values())
        if len(content) != told["bytes"] or not told["file"].endswith(".csv"):
            continue
        reader = csv.reader(
            io.StringIO(content.decode(told["encoding"]), newline=""), delimiter=told["delimiter"]
        )
        rows = list(reader)
        if rows and set(rows[0]) <= set(agreed):
            yield Delivered(path, manifest, supplier, rows)


def plant(zones: Zones, count: int, chance: random.Random) -> list[Identity]:
    """Give ``count`` persons of the sample names that nobody has, wherever they are delivered; who they are."""
    every = list(delivered(zones))
    numbers = sorted(
        {row[place] for file in every for place, _ in _persons(file) for row in file.rows[1:]} - {""}
    )
    numbers = [number for number in numbers if len(number) == 9 and len(set(number)) > 1]
    if len(numbers) < count:
        raise ValueError("the sample is too small for so many canaries")
    chosen = {
        number: Identity(number, _name(chance), _name(chance, "ë"))
        for number in chance.sample(numbers, count)
    }
    for file in every:
        for row in file.rows[1:]:
            for place, names in _persons(file):
                identity = chosen.get(row[place])
                if identity is not None:
                    row[names[0]], row[names[1]] = identity.first_name, identity.surname
        file.write()
    return list(chosen.values())


def _persons(file: Delivered) -> list[tuple[int, tuple[int, int]]]:
    """Where each person's number, first name and surname stand."""
    blocks = [block for block in file.supplier.contract.blocks if file.has(f"{block}_bsn")]
    return [
        (file.place(f"{block}_bsn"), (file.place(f"{block}_voornaam"), file.place(f"{block}_achternaam")))
        for block in blocks
    ]


def _name(chance: random.Random, extra: str = "") -> str:
    return ("".join(chance.choices(_LETTERS, k=11)) + extra).title()


# -- broken deliveries -----------------------------------------------------------------------------------------------


def _cut(file: Delivered, who: Identity) -> None:
    """The file ends in the middle of a name, its manifest still tells of the whole."""
    text, size = file.text().encode(file.manifest["payload"]["encoding"]), file.manifest["payload"]["bytes"]
    told = file.manifest["payload"]["sha256"]
    name = who.surname.encode(file.manifest["payload"]["encoding"])
    file.write(text[: text.find(name) + 5] if name in text else text[: len(text) // 2])
    file.manifest["payload"] |= {"bytes": size, "sha256": told}
    file.path.write_text(json.dumps(file.manifest))


def _header(file: Delivered, who: Identity) -> None:
    file.rows[0][-1] = who.surname
    file.write()


def _encoding(file: Delivered, who: Identity) -> None:
    file.rows[1][file.place("record_id")] = who.surname
    file.manifest["payload"]["encoding"] = "utf-8"
    file.write(file.text().encode("cp1252"))


def _too_wide(file: Delivered, who: Identity) -> None:
    file.rows[1] = [*file.rows[1], *who.values]
    file.write()


def _quote(file: Delivered, who: Identity) -> None:
    file.rows[1][file.place("record_id")] = f'"{who.surname}'
    text = file.text().replace('""', '"')
    file.write(text.encode(file.manifest["payload"]["encoding"]))


def _elsewhere(file: Delivered, who: Identity) -> None:
    file.rows[1][file.place("gemeente_code")] = who.surname
    file.write()


def _twice(file: Delivered, who: Identity) -> None:
    for row in file.rows[1:4]:
        row[file.place("record_id")] = who.surname
    file.write()


def _in_codes_and_dates(file: Delivered, who: Identity) -> None:
    """Every other row has a name, a number or both where a code, a date or a whole number should be."""
    fields = [field for field in file.supplier.contract.fields if file.has(field.name)]
    places = [
        file.place(field.name)
        for field in fields
        if field.type in {"code", "codes", "date", "dates", "integer"}
    ]
    keep = {file.place(name) for name in ("gemeente_code", "status_aanlevering") if file.has(name)}
    for row in file.rows[1::2]:
        for number, place in enumerate(place for place in places if place not in keep):
            row[place] = who.values[number % 3]
    file.write()


def _in_the_manifest(file: Delivered, who: Identity) -> None:
    text = file.path.read_text()
    file.path.write_text(text[:-2] + f', "{who.surname}": "{who.bsn}"}}')


def _other_rows(file: Delivered, who: Identity) -> None:
    """The file is not the one that its manifest tells of."""
    told = file.manifest["payload"]["sha256"]
    file.rows[1][file.place("record_id")] = who.surname
    file.write()
    file.manifest["payload"]["sha256"] = told
    file.path.write_text(json.dumps(file.manifest))


Break = Callable[[Delivered, Identity], None]
BREAKS: dict[str, Break] = {
    "cut in a name": _cut,
    "a name as header": _header,
    "another encoding": _encoding,
    "too many fields": _too_wide,
    "an open quote": _quote,
    "a name as municipality": _elsewhere,
    "a name as record number": _twice,
    "names as codes and dates": _in_codes_and_dates,
    "a name in the manifest": _in_the_manifest,
    "another file": _other_rows,
}
"""The ways in which a delivery is broken."""


def break_some(zones: Zones, identities: list[Identity], chance: random.Random) -> dict[str, str]:
    """Break one delivery in each way, the newest of as many suppliers as there are; what was done to which file."""
    by_desk: dict[str, list[Delivered]] = {}
    for file in delivered(zones):
        if len(file.rows) > 4:
            by_desk.setdefault(f"{file.manifest['supplier']}/{file.manifest['municipality']}", []).append(
                file
            )
    for files in by_desk.values():
        files.sort(key=lambda file: -file.manifest["sequence"])
    in_turn = [file for files in zip_longest(*by_desk.values()) for file in files if file is not None]
    done = {}
    for (name, work), file in zip(BREAKS.items(), in_turn, strict=False):
        work(file, chance.choice(identities))
        done[name] = file.path.name
    return done
