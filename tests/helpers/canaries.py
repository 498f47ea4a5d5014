"""Search everything written for planted identifiers: every byte, and every decoded table.

Byte search alone is a false green, because Parquet and DuckDB compress strings: their tables are decoded too.
"""

from __future__ import annotations

import base64
import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import ahocorasick
import duckdb

_HEX = frozenset("0123456789abcdef")
PACKED = frozenset({".duckdb", ".parquet"})
RAW = 1
"""The place of a file's own bytes in what :func:`contents` gives, after its name."""


def variants(value: str) -> set[bytes]:
    """The forms in which a value may lie around: UTF-8, UTF-16, cases, hex, base64, reversed."""
    plain = {value, value.upper(), value.lower(), value[::-1]}
    found = {text.encode() for text in plain} | {value.encode("utf-16-le"), value.encode("cp1252", "ignore")}
    found |= {value.encode().hex().encode(), base64.b64encode(value.encode()).rstrip(b"=")}
    return {form for form in found if len(form) >= 6}


def hits(folder: Path, values: Iterable[str], *, leave_out: Iterable[str] = ()) -> dict[str, set[str]]:
    """Values found per file under ``folder`` (sub-folders named in ``leave_out`` excepted)."""
    search = ahocorasick.Automaton()
    for value in values:
        for form in variants(value):
            search.add_word(form.decode("latin-1"), (value, len(form)))
    search.make_automaton()
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if not path.is_file() or (inside and inside[0] in leave_out):
            continue
        packed = path.suffix in PACKED
        seen = {
            value
            for number, content in enumerate(contents(path))
            for value in found_in(search, content.decode("latin-1"), packed=packed and number == RAW)
        }
        if seen:
            found[str(path.relative_to(folder))] = seen
    return found


def found_in(search: ahocorasick.Automaton, text: str, *, packed: bool) -> Iterator[str]:
    for end, (value, length) in search.iter(text):
        digits = length == 9 and value.isdigit()
        if not (digits and _in_a_digest(text, end - length + 1, end + 1, packed=packed)):
            yield value


def _in_a_digest(text: str, start: int, end: int, *, packed: bool) -> bool:
    """Whether nine digits stand in 32 or 64 hexadecimal ones: in a token or a hash, where they occur by chance.

    Thousands of numbers in a million tokens meet somewhere in every few runs. Digits added to a token make it
    longer, so that they are found all the same; so are the number's other forms. Where strings lie packed against
    each other (the raw bytes of a table, which is also searched decoded), what follows a token may go on in hex:
    there, any 32 or more that have a letter in them are tokens. Numbers packed against each other have none.
    """
    while start and text[start - 1] in _HEX:
        start -= 1
    while end < len(text) and text[end] in _HEX:
        end += 1
    if packed:
        return end - start >= 32 and not text[start:end].isdigit()
    return end - start in {32, 64}


def contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, its name, and what is in it once decoded."""
    yield path.name.encode()
    raw = path.read_bytes()
    yield raw
    if path.suffix == ".parquet":
        yield _table(f"read_parquet('{path}')")
    elif path.suffix == ".duckdb":
        yield from _duckdb(path)
    elif raw[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as con:
            yield "\n".join(con.iterdump()).encode()
    elif path.suffix == ".gz":
        yield gzip.decompress(raw)


def _table(source: str) -> bytes:
    rows = duckdb.sql(f"select * from {source}").fetchall()
    return "\n".join(repr(row) for row in rows).encode()


def _duckdb(path: Path) -> Iterator[bytes]:
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, name in names:
            yield repr(con.execute(f'select * from "{schema}"."{name}"').fetchall()).encode()
