"""Reading a payload row by row: one seam where a format can be added, and one reader a format.

A reader gives rows as raw text by contract column, in the agreed encoding decoded strictly, with the supplier's
headers and codes translated. It holds one line at a time, and refuses what is not what the manifest says. A
format is a function from an open file to a :class:`RowReader`, entered in :data:`FORMATS` under its suffix.

Archives, databases and XML with a DTD are refused by their bytes before any reader sees them (`unwanted.py`).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from integration.contracts.model import Contract
from integration.deliveries.manifest import Manifest
from integration.deliveries.unwanted import UNWANTED, refuse_unwanted, refused_by_name
from integration.errors import DeliveryRefused
from integration.reasons import Reason


@dataclass(frozen=True)
class Limits:
    """The most a payload may be: bytes in all, and bytes in one line or record."""

    payload_bytes: int = 2 * 1024**3
    line_bytes: int = 1024**2


class RawRow(NamedTuple):
    """One delivered row: its number (1 is the first data row) and its text by contract column."""

    number: int
    values: dict[str, str]


class Totals(NamedTuple):
    """What was read from the first byte to the last."""

    bytes: int
    sha256: str
    rows: int


class Dialect(Protocol):
    """How a supplier writes a file."""

    @property
    def delimiter(self) -> str:
        """The character between fields."""
        ...

    @property
    def encoding(self) -> str:
        """The character encoding, by Python's name."""
        ...

    @property
    def list_separator(self) -> str:
        """The character between the items of a list."""
        ...


class Writer(Protocol):
    """What a reader needs to know of a supplier."""

    @property
    def dialect(self) -> Dialect:
        """How it writes a file."""
        ...

    @property
    def columns(self) -> Mapping[str, str]:
        """Its header for a contract column, where that is another."""
        ...

    @property
    def codes(self) -> Mapping[str, Mapping[str, str]]:
        """Per contract column the contract's code for each of its own."""
        ...


class RowReader(Protocol):
    """An opened payload. ``totals`` are complete once every row was read."""

    @property
    def header(self) -> tuple[str, ...]:
        """The columns in the supplier's own words, in file order."""
        ...

    @property
    def totals(self) -> Totals:
        """Bytes, SHA-256 and rows read so far."""
        ...

    def __iter__(self) -> Iterator[RawRow]:
        """Yield the rows; raise :class:`DeliveryRefused` at the first thing that is wrong."""
        ...


@dataclass(frozen=True)
class Job:
    """Everything a format's reader is given."""

    stream: BinaryIO
    contract: Contract
    supplier: Writer
    manifest: Manifest | None
    limits: Limits
    empty_allowed: bool


def _csv(job: Job) -> RowReader:
    from integration.deliveries.csv_rows import CsvRows

    return CsvRows(job)


FORMATS: dict[str, Callable[[Job], RowReader]] = {".csv": _csv}
"""A reader for each payload format, by file suffix in lower case.

An XML format (StUF, iJw) would be ``".xml": _xml``: a function that takes the :class:`Job` (an open stream at its
start, of a file within its limits and without a DTD) and yields rows by contract column, as :class:`CsvRows` does;
its ``totals`` count and hash every byte it reads, and its last act is to hold them against ``job.manifest``. Its
parser must work through the stream piece by piece and must expand no entity and fetch nothing.
"""


@contextmanager
def open_rows(
    path: Path,
    contract: Contract,
    supplier: Writer,
    manifest: Manifest | None = None,
    *,
    limits: Limits | None = None,
    empty_allowed: bool | None = None,
    opened: BinaryIO | None = None,
) -> Iterator[RowReader]:
    """Open a payload for reading; the reader follows from the file's suffix.

    With ``opened`` the payload is that file, at its start, and ``path`` is but its name.

    With a ``manifest``, reading to the end also proves size, rows, columns and SHA-256. ``empty_allowed`` says
    whether a header alone is fine; by default it is when the manifest is a nil return. Raises
    :class:`DeliveryRefused`, here or while reading: FORMAT_UNKNOWN, ARCHIVE_REFUSED, DATABASE_FILE, XML_DTD,
    NOT_A_FILE, PAYLOAD_TOO_LARGE, EMPTY_FILE, NOT_TEXT, WRONG_ENCODING, WRONG_DELIMITER, HEADER_MISSING,
    HEADER_ONLY, COLUMN_*, ROW_SHAPE, QUOTES_UNBALANCED, LINE_TOO_LONG, TRUNCATED, COLUMNS_MISMATCH,
    SIZE_MISMATCH, ROWS_MISMATCH, HASH_MISMATCH.
    """
    bounds = limits or Limits()
    maker = FORMATS.get(path.suffix.lower())
    if maker is None:
        raise DeliveryRefused(_why_unknown(path, bounds, opened))
    if empty_allowed is None:
        empty_allowed = manifest is not None and manifest.nil_return
    with open_regular(path, bounds) if opened is None else nullcontext(opened) as stream:
        refuse_unwanted(path, stream)
        yield maker(Job(stream, contract, supplier, manifest, bounds, empty_allowed))


def _why_unknown(path: Path, limits: Limits, opened: BinaryIO | None) -> Reason:
    """Return why there is no reader for a file: what it is, where that has a reason of its own."""
    refuse = refused_by_name(path)
    if refuse is not None:
        return refuse
    try:
        with open_regular(path, limits) if opened is None else nullcontext(opened) as stream:
            refuse_unwanted(path, stream)
    except DeliveryRefused as refusal:
        return refusal.reason if refusal.reason in UNWANTED else Reason.FORMAT_UNKNOWN
    return Reason.FORMAT_UNKNOWN


@contextmanager
def open_regular(path: Path, limits: Limits) -> Iterator[BinaryIO]:
    """Open a regular file for reading, and nothing else: no link is followed, no device or pipe waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise DeliveryRefused(Reason.PAYLOAD_MISSING) from None
    except OSError:
        raise DeliveryRefused(Reason.NOT_A_FILE) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise DeliveryRefused(Reason.NOT_A_FILE)
        if found.st_size == 0:
            raise DeliveryRefused(Reason.EMPTY_FILE)
        if found.st_size > limits.payload_bytes:
            raise DeliveryRefused(Reason.PAYLOAD_TOO_LARGE)
    except DeliveryRefused:
        os.close(handle)
        raise
    with os.fdopen(handle, "rb") as stream:
        yield stream
