"""Search everything written for planted identifiers: every byte, and every decoded table.

Byte search alone is a false green, because Parquet and DuckDB compress strings: their tables are decoded too.
"""

from __future__ import annotations

import base64
import gzip
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from integration import parquet

if TYPE_CHECKING:
    import ahocorasick

_HEX = frozenset("0123456789abcdef")
PACKED = frozenset({".duckdb", ".parquet"})
RAW = 1
"""The place of a file's own bytes in what :func:`contents` gives, after its name."""
_SHORTEST = 6
"""Forms with fewer bytes occur by chance."""


def _plain(value: str) -> set[bytes]:
    bare = "".join(c for c in unicodedata.normalize("NFD", value) if not unicodedata.combining(c))
    return {text.encode(code, "ignore") for text in (value, bare) for code in ("utf-8", "cp1252")}


def _base64(value: str) -> set[bytes]:
    """What of a value stands in base64 wherever it begins in what was encoded: at any of three places."""
    content, found = value.encode(), set()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content).rstrip(b"=")
        sure = (before + len(content)) * 8 // 6
        found.add(coded[(before * 8 + 5) // 6 : sure])
    return found


ENCODINGS: dict[str, Callable[[str], set[bytes]]] = {
    "as written": _plain,
    "capitals": lambda value: _plain(value.upper()),
    "small letters": lambda value: _plain(value.lower()),
    "reversed": lambda value: _plain(value[::-1]),
    "utf-16 little endian": lambda value: {value.encode("utf-16-le")},
    "utf-16 big endian": lambda value: {value.encode("utf-16-be")},
    "hexadecimal": lambda value: {value.encode().hex().encode(), value.encode().hex().upper().encode()},
    "base64": _base64,
}
"""The eight ways in which a value may lie around, each with its forms in bytes."""


def variants(value: str) -> set[bytes]:
    """The forms of a value in every encoding, but those too short to tell anything."""
    found = {form for encode in ENCODINGS.values() for form in encode(value)}
    return {form for form in found if len(form) >= _SHORTEST}


def searcher(values: Iterable[str]) -> ahocorasick.Automaton:
    """An automaton that finds every form of the values."""
    import ahocorasick

    search = ahocorasick.Automaton()
    for value in values:
        for form in variants(value):
            search.add_word(form.decode("latin-1"), (value, len(form)))
    search.make_automaton()
    return search


def hits(folder: Path, values: Iterable[str], *, leave_out: Iterable[str] = ()) -> dict[str, set[str]]:
    """Values found per file under ``folder`` (sub-folders named in ``leave_out`` excepted)."""
    search, skipped = searcher(values), frozenset(leave_out)
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if inside[0] in skipped or path.is_symlink() or not path.is_file():
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


def found_in(search: ahocorasick.Automaton, text: str, *, packed: bool = False) -> Iterator[str]:
    """The values found in a text of bytes (latin-1); ``packed`` as in :func:`_in_a_digest`."""
    for end, (value, length) in search.iter(text):
        digits = length == len(value) and value.isdigit()
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
    """A file's name, its bytes, and what is in it once decoded."""
    yield path.name.encode()
    raw = path.read_bytes()
    yield raw
    if path.suffix == ".parquet":
        yield _told(row.values() for row in parquet.read(raw).to_pylist())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as base:
            yield from _tables(base, _DUCKDB_TABLES)
    elif raw[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as lite:
            yield from _tables(lite, _SQLITE_TABLES)
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)


_DUCKDB_TABLES = (
    "select '\"' || table_schema || '\".\"' || table_name || '\"' from information_schema.tables "
    "where table_type = 'BASE TABLE'"
)
_SQLITE_TABLES = "select '\"' || name || '\"' from sqlite_master where type = 'table'"


def _tables(base: Any, names: str) -> Iterator[bytes]:
    for (name,) in base.execute(names).fetchall():
        yield _told(base.execute(f"select * from {name}").fetchall())


def _told(rows: Iterable[Iterable[Any]]) -> bytes:
    """The cells of a table as they are, one a line; lists and the like as Python shows them."""
    cells = (cell for row in rows for cell in row if cell is not None)
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
