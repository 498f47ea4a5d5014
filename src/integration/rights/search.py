"""Search everything an installation has written for given texts: every byte, and every decoded table.

A search of bytes alone would say "nothing" too easily: Parquet and DuckDB compress strings.
"""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from integration.pseudonyms.tokens import parse_token

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.settings import Settings


def traces(settings: Settings, domain: DomainCode, texts: Iterable[str]) -> list[Path]:
    """Return the files under the installation in which one of ``texts`` stands, as paths below its home.

    Of a token its 32 digits are sought, and the 16 bytes they mean. Everything is searched, of other domains too:
    ``domain`` says that the texts belong to it, and must fit the tokens among them (ValueError).
    """
    parsed = [(text, parse_token(text)) for text in texts]
    if any(token is not None and token.domain != domain for _, token in parsed):
        raise ValueError("a token of another domain")
    sought = {
        form for text, token in parsed for form in _forms(token.digest if token else text, token is not None)
    }
    if not sought:
        return []
    pattern = re.compile(b"|".join(re.escape(form) for form in sorted(sought)))
    home = settings.zones.home
    return [
        path.relative_to(home)
        for path in sorted(home.rglob("*"))
        if path.is_file() and any(pattern.search(content) for content in _contents(path))
    ]


def _forms(text: str, is_token: bool) -> set[bytes]:
    forms = {text.encode(), text.upper().encode(), text.encode("utf-16-le")}
    return forms | {bytes.fromhex(text)} if is_token else forms


def _contents(path: Path) -> Iterator[bytes]:
    yield path.name.encode()
    raw = path.read_bytes()
    yield raw
    if path.suffix in {".parquet", ".cut", ".partial"} and raw[:4] == b"PAR1":
        yield _parquet(raw)
    elif raw[8:12] == b"DUCK":
        yield from _duckdb(path)
    elif raw[:15] == b"SQLite format 3":
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
            yield "\n".join(con.iterdump()).encode()
    elif raw[:2] == b"\x1f\x8b":
        yield gzip.decompress(raw)


def _parquet(raw: bytes) -> bytes:
    from integration import parquet

    table = parquet.read(raw)
    return "\n".join(
        text if isinstance(text, str) else text.hex() if isinstance(text, bytes) else repr(text)
        for column in table.columns
        for text in column.to_pylist()
        if text is not None
    ).encode()


def _duckdb(path: Path) -> Iterator[bytes]:
    import duckdb

    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, name in names:
            yield repr(con.execute(f'select * from "{schema}"."{name}"').fetchall()).encode()
