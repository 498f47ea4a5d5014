"""What is in a file, decoded: for searches in everything that was written.

A search of bytes alone says "nothing" too easily: Parquet, DuckDB and gzip compress texts.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from integration import parquet

RAW = 1
"""The place of a file's own bytes in what :func:`contents` gives, after its name."""
_LONG = 10**10
"""No identifier that is a number has more than ten digits."""
_DUCKDB_TABLES = (
    "select '\"' || table_schema || '\".\"' || table_name || '\"' from information_schema.tables "
    "where table_type = 'BASE TABLE'"
)
_SQLITE_TABLES = "select '\"' || name || '\"' from sqlite_master where type = 'table'"


def contents(path: Path, *, half_written: bool = False) -> Iterator[bytes]:
    """A file's name, its bytes, and what is in it once decoded; what kind it is, its first bytes say.

    What cannot be decoded raises what its library does, but where files may be ``half_written``.
    """
    yield path.name.encode()
    raw = path.read_bytes()
    yield raw
    try:
        yield from _decoded(path, raw)
    except Exception:
        if not half_written:
            raise


def _decoded(path: Path, raw: bytes) -> Iterator[bytes]:
    if raw[:4] == b"PAR1" == raw[-4:]:
        yield _told(row.values() for row in parquet.read(raw).to_pylist())
    elif is_duckdb(raw):
        import duckdb

        with duckdb.connect(str(path), read_only=True) as base:
            yield from _tables(base, _DUCKDB_TABLES)
    elif raw[:15] == b"SQLite format 3":
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as lite:
            yield from _tables(lite, _SQLITE_TABLES)
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)


def is_duckdb(raw: bytes) -> bool:
    """Whether these are a DuckDB file's bytes."""
    return raw[8:12] == b"DUCK"


def _tables(base: Any, names: str) -> Iterator[bytes]:
    for (name,) in base.execute(names).fetchall():
        yield _told(base.execute(f"select * from {name}").fetchall())


def _told(rows: Iterable[Iterable[Any]]) -> bytes:
    """The cells of a table as they are, one a line; lists and the like as Python shows them.

    A whole number that is too long to be anybody's number is a pseudonym of 64 bits, shown as :func:`shown` does.
    """
    cells = (cell for row in rows for cell in row if cell is not None)
    return b"\n".join(cell if isinstance(cell, bytes) else _text(cell).encode() for cell in cells)


def _text(cell: Any) -> str:
    return shown(cell) if type(cell) is int and abs(cell) >= _LONG else str(cell)


def shown(number: int) -> str:
    """A number of 64 bits as ``0x`` and the 16 hexadecimal digits of its two's complement."""
    return f"0x{number % 2**64:016x}"
