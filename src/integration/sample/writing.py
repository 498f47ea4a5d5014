"""How a supplier's program writes: values in its dialect, and files that grow in small appends.

A payload's size, number of rows and SHA-256 are kept while it is written, so that memory does not grow with rows.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from integration.contracts.dialect import Dialect
from integration.sample.suppliers import Sender

DELIMITER = ";"
_APPEND = 1 << 16
"""So many characters wait in memory before they are appended to the file."""

_WRITTEN: dict[str, dict[date, str]] = {}
"""Dates as text, by date format: there are few, and writing one out is slow."""


class Writer:
    """Turns the values of a row into the texts of one supplier's columns."""

    def __init__(self, sender: Sender) -> None:
        rules = sender.dialect
        self.dialect = Dialect(
            delimiter=DELIMITER,
            encoding=rules.encoding,
            date_format=rules.date_format,
            list_separator=rules.list_separator,
        )
        self.line_end = "\r\n" if rules.line_ending == "crlf" else "\n"
        own = {name: {ours: theirs for theirs, ours in codes.items()} for name, codes in rules.codes.items()}
        names = sender.contract.names
        self._width = len(names)
        self._places = {
            name: (place, own.get(name, {}))
            for place, name in enumerate(names)
            if name not in rules.leaves_out
        }
        self._days = _WRITTEN.setdefault(rules.date_format, {})

    def cells(self, values: Mapping[str, Any]) -> list[str]:
        """A row as the supplier writes it, in the order of the contract; what has no column falls away."""
        found, places = [""] * self._width, self._places
        for name, value in values.items():
            if value is not None and name in places:
                place, codes = places[name]
                if type(value) is str:
                    found[place] = codes.get(value, value) if codes else value
                else:
                    found[place] = self._text(value, codes)
        return found

    def _text(self, value: Any, codes: Mapping[str, str]) -> str:
        if isinstance(value, date):
            text = self._days.get(value)
            if text is None:
                text = self._days[value] = self.dialect.format_date(value)
            return text
        if isinstance(value, list):
            return self.dialect.list_separator.join([self._text(item, codes) for item in value])
        if isinstance(value, tuple):
            return self._partial(value)
        return codes.get(value, str(value))

    def _partial(self, parts: tuple[int, int, int]) -> str:
        """A date with zeros for what is unknown."""
        year, month, day = parts
        values = {
            "yyyy": f"{year:04}",
            "mm": f"{month:02}",
            "m": str(month),
            "dd": f"{day:02}",
            "d": str(day),
        }
        separator = next((sign for sign in self.dialect.date_format if not sign.isalpha()), "")
        tokens = self.dialect.date_format.split(separator) if separator else _tokens(self.dialect.date_format)
        return separator.join(values[token] for token in tokens)


def _tokens(date_format: str) -> list[str]:
    return ["yyyy", "mm", "dd"] if date_format.startswith("y") else ["dd", "mm", "yyyy"]


class Payload:
    """A CSV file that grows; ``size`` in bytes, ``rows`` under the header, ``sha256`` as a hexadecimal text.

    The file is open only while something is appended. Raises :class:`OSError` when it cannot be written.
    """

    def __init__(
        self, path: Path, headers: Sequence[str], encoding: str, delimiter: str, line_end: str
    ) -> None:
        self.path, self.rows, self.size = path, 0, 0
        self._bom = codecs.BOM_UTF8 if encoding == "utf-8-sig" else b""
        self._encoding = "utf-8" if self._bom else encoding
        self._sum = hashlib.sha256()
        self._waiting = io.StringIO()
        self._csv = csv.writer(self._waiting, delimiter=delimiter, lineterminator=line_end)
        self._csv.writerow(headers)

    @property
    def sha256(self) -> str:
        """Of all that was appended."""
        return self._sum.hexdigest()

    def add(self, cells: Sequence[str]) -> int:
        """Add a row; return its number (1 is the first under the header)."""
        self._csv.writerow(cells)
        self.rows += 1
        if self._waiting.tell() > _APPEND:
            self.append()
        return self.rows

    def append(self) -> None:
        """Append what waits."""
        content = self._waiting.getvalue().encode(self._encoding)
        if not self.size:
            content = self._bom + content
        self._waiting.seek(0)
        self._waiting.truncate()
        self._sum.update(content)
        self.size += len(content)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as handle:
            handle.write(content)


def break_off(path: Path) -> None:
    """Cut a file as it arrives when the connection breaks halfway its last line."""
    size = path.stat().st_size
    with path.open("rb+") as handle:
        handle.seek(max(0, size - _APPEND))
        tail = handle.read()
        last = len(tail) - (tail.rstrip(b"\r\n").rfind(b"\n") + 1)
        handle.truncate(size - last + last // 2)


def copy(path: Path, name: str) -> Path:
    """The same bytes under another name in the same folder; ``path`` itself when it has that name."""
    return path if path.name == name else Path(shutil.copyfile(path, path.with_name(name)))


def at(path: Path, moment: datetime) -> None:
    """Let a file have come in at ``moment``."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))
