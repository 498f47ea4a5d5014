"""Search everything written for planted identifiers: every byte, and every decoded table.

Byte search alone is a false green, because Parquet and DuckDB compress strings: their tables are decoded too.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from integration.decoded import RAW, contents, is_duckdb

if TYPE_CHECKING:
    import ahocorasick

_HEX = frozenset("0123456789abcdef")
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


def hits(
    folder: Path, values: Iterable[str], *, leave_out: Iterable[str] = (), half_written: bool = False
) -> dict[str, set[str]]:
    """Values found per file under ``folder`` (sub-folders named in ``leave_out`` excepted).

    ``half_written``: a process was killed there, so that a table that cannot be decoded is searched as bytes only.
    """
    search, skipped = searcher(values), frozenset(leave_out)
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if inside[0] in skipped or path.is_symlink() or not path.is_file():
            continue
        seen = {
            value
            for number, content in enumerate(contents(path, half_written=half_written))
            for value in found_in(
                search, content.decode("latin-1"), packed=number == RAW and _is_packed(content)
            )
        }
        if seen:
            found[str(path.relative_to(folder))] = seen
    return found


def _is_packed(raw: bytes) -> bool:
    return raw[:4] == b"PAR1" or is_duckdb(raw)


def found_in(search: ahocorasick.Automaton, text: str, *, packed: bool = False) -> Iterator[str]:
    """The values found in a text of bytes (latin-1); ``packed`` as in :func:`_in_a_digest`."""
    for end, (value, length) in search.iter(text):
        digits = length == len(value) and value.isdigit()
        if not (digits and _in_a_digest(text, end - length + 1, end + 1, packed=packed)):
            yield value


def _in_a_digest(text: str, start: int, end: int, *, packed: bool) -> bool:
    """Whether nine digits stand in 32 or 64 hexadecimal ones: in a token or a hash, where they occur by chance.

    Or in the 16 after ``0x`` by which a pseudonym of 64 bits is shown (:func:`integration.decoded.shown`).

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
    return end - start in {32, 64} or (end - start == 16 and text[start - 2 : start] == "0x")
