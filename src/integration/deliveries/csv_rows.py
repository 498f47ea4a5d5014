"""The reader of delimited text (RFC 4180 with the supplier's delimiter and encoding).

Every line ends with a line feed, also the last: a file without it may have been cut off. Quotes are strict.
A byte-order mark is dropped from UTF-8. What looks like another encoding, another delimiter or no text at all
is told as such.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from integration.contracts.header import check_header
from integration.contracts.model import Contract
from integration.deliveries.read import Job, Limits, RawRow, Totals, Writer
from integration.errors import DeliveryRefused
from integration.reasons import Reason

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_BINARY = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"PAR1",
    b"RIFF",
)
_HEAD_BYTES = 4096
_DELIMITERS = (";", ",", "\t", "|")


class CsvRows:
    """A delimited text file as a row reader."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._lines = _Lines(job.stream, job.supplier.dialect.encoding, job.limits)
        self._reader = csv.reader(self._lines, delimiter=job.supplier.dialect.delimiter, strict=True)
        self._rows = 0
        self.header = self._read_header()
        names = {header: name for name, header in headers(job.contract, job.supplier).items()}
        self._names = [names[header] for header in self.header]
        self._translations = _translations(job.contract, job.supplier)

    @property
    def totals(self) -> Totals:
        """Bytes, SHA-256 and rows read so far."""
        return Totals(self._lines.bytes, self._lines.sha256(), self._rows)

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows; after the last, hold file and manifest together."""
        names, width, lines = self._names, len(self._names), self._lines
        while True:
            fields = self._next(self._rows + 1)
            if fields is None:
                break
            self._rows += 1
            if len(fields) != width:
                raise DeliveryRefused(Reason.ROW_SHAPE, row=self._rows)
            lines.row, lines.pending = self._rows + 1, 0
            values = dict(zip(names, fields, strict=True))
            for name, codes, separator in self._translations:
                values[name] = _translate(values[name], codes, separator)
            yield RawRow(self._rows, values)
        self._check_end()

    def _next(self, row: int) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            reason = Reason.QUOTES_UNBALANCED
            if "field limit" in str(error):
                reason = Reason.LINE_TOO_LONG
            elif "new-line" in str(error):
                reason = Reason.ROW_SHAPE
            raise DeliveryRefused(reason, row=row) from None

    def _read_header(self) -> tuple[str, ...]:
        found = self._next(0)
        if not found or not any(name.strip() for name in found):
            raise DeliveryRefused(Reason.EMPTY_FILE if found is None else Reason.HEADER_MISSING)
        job = self._job
        findings = check_header(job.contract, job.supplier, found)  # type: ignore[arg-type]  # a Writer suffices
        if findings:
            first = findings[0]
            if first.reason == Reason.HEADER_MISSING and self._other_delimiter():
                raise DeliveryRefused(Reason.WRONG_DELIMITER)
            raise DeliveryRefused(first.reason, field=", ".join(first.columns) or None)
        if job.manifest is not None and tuple(found) != job.manifest.payload.columns:
            raise DeliveryRefused(Reason.COLUMNS_MISMATCH)
        self._lines.row, self._lines.pending = 1, 0
        return tuple(found)

    def _other_delimiter(self) -> bool:
        """Tell whether the header would be the agreed one under another delimiter."""
        agreed = set(headers(self._job.contract, self._job.supplier).values())
        for delimiter in _DELIMITERS:
            names = next(csv.reader([self._lines.first], delimiter=delimiter), [])
            if 2 * len(agreed & set(names)) >= len(agreed):
                return True
        return False

    def _check_end(self) -> None:
        manifest, totals = self._job.manifest, self.totals
        if totals.rows == 0 and not self._job.empty_allowed:
            raise DeliveryRefused(Reason.HEADER_ONLY)
        self._lines.check_encoding()
        if manifest is None:
            return
        declared = manifest.payload
        if totals.bytes != declared.bytes:
            raise DeliveryRefused(Reason.SIZE_MISMATCH)
        if totals.rows != declared.rows:
            raise DeliveryRefused(Reason.ROWS_MISMATCH)
        if totals.sha256 != declared.sha256:
            raise DeliveryRefused(Reason.HASH_MISMATCH)


class _Lines:
    """The lines of a file, decoded strictly, counted and hashed; never more than one in memory.

    ``row`` is the number of the row being read (0 is the header), ``pending`` the bytes of it so far.
    """

    def __init__(self, stream: BinaryIO, encoding: str, limits: Limits) -> None:
        self._stream = stream
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._limits = limits
        self._hash = hashlib.sha256()
        self._foreign = False
        self._could_be_utf8 = True
        self.bytes = 0
        self.row = 0
        self.pending = 0
        self.first = ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        raw = self._stream.readline(self._limits.line_bytes + 1)
        if not raw:
            raise StopIteration
        first = self.bytes == 0
        self.bytes += len(raw)
        self.pending += len(raw)
        self._hash.update(raw)
        if first:
            raw = self._without_mark(raw)
        self._check_bytes(raw)
        text = self._decode(raw)
        if first:
            self.first = text
        return text

    def sha256(self) -> str:
        """Return the SHA-256 of what was read so far."""
        return self._hash.hexdigest()

    def check_encoding(self) -> None:
        """Refuse a file whose every accented letter is UTF-8 although another encoding was agreed."""
        if self._foreign and self._could_be_utf8 and self._encoding != "utf-8":
            raise DeliveryRefused(Reason.WRONG_ENCODING)

    def _without_mark(self, raw: bytes) -> bytes:
        if raw.startswith(_UTF16_BOMS):
            raise DeliveryRefused(Reason.WRONG_ENCODING)
        head = raw[:_HEAD_BYTES]
        if head.startswith(_BINARY) or b"\0" in head:
            raise DeliveryRefused(Reason.NOT_TEXT)
        if not raw.startswith(_UTF8_BOM):
            return raw
        if self._encoding != "utf-8":
            raise DeliveryRefused(Reason.WRONG_ENCODING)
        return raw.removeprefix(_UTF8_BOM)

    def _check_bytes(self, raw: bytes) -> None:
        if self.pending > self._limits.line_bytes:
            raise DeliveryRefused(Reason.LINE_TOO_LONG, row=self.row)
        if self.bytes > self._limits.payload_bytes:
            raise DeliveryRefused(Reason.PAYLOAD_TOO_LARGE)
        if b"\0" in raw:
            raise DeliveryRefused(Reason.NOT_TEXT, row=self.row)
        if not raw.endswith(b"\n"):
            raise DeliveryRefused(Reason.TRUNCATED if raw else Reason.EMPTY_FILE, row=self.row)

    def _decode(self, raw: bytes) -> str:
        if raw.isascii():
            return raw.decode("ascii")
        self._foreign = True
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError:
            raise DeliveryRefused(Reason.WRONG_ENCODING, row=self.row) from None
        if self._encoding == "iso-8859-1" and any("\x80" <= sign <= "\x9f" for sign in text):
            raise DeliveryRefused(Reason.WRONG_ENCODING, row=self.row)
        if self._could_be_utf8 and self._encoding != "utf-8":
            self._could_be_utf8 = _is_utf8(raw)
        return text


def headers(contract: Contract, supplier: Writer) -> dict[str, str]:
    """Return what the supplier calls each contract column, in contract order."""
    return {name: supplier.columns.get(name, name) for name in contract.names}


def _translations(contract: Contract, supplier: Writer) -> list[tuple[str, Mapping[str, str], str | None]]:
    """Return the columns whose codes are translated, with the separator where the column is a list."""
    separator = supplier.dialect.list_separator
    return [
        (name, codes, separator if contract.field(name).type == "codes" else None)
        for name, codes in supplier.codes.items()
        if codes
    ]


def _translate(text: str, codes: Mapping[str, str], separator: str | None) -> str:
    if separator is None:
        return codes.get(text.strip(), text)
    return separator.join(codes.get(item.strip(), item) for item in text.split(separator))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
