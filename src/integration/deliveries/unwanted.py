"""Kinds of file that are refused by what they are, whatever their name says, before any reader sees them.

Archives and compressed files (they may unpack to anything: nothing is ever unpacked here), databases (opening one
runs what it brings), and XML with a document type definition (entities that expand or fetch). A DTD is looked for
in the bytes; no XML parser is used. Other XML has no reader yet: FORMAT_UNKNOWN.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from integration.errors import DeliveryRefused
from integration.reasons import Reason

_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"\x1f\x9d",
    b"\xfd7zXZ\0",
    b"7z\xbc\xaf\x27\x1c",
    b"\x28\xb5\x2f\xfd",
    b"\x04\x22\x4d\x18",
    b"Rar!\x1a\x07",
)
_ARCHIVE_NAMES = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".tar", ".lz4")
_DATABASE_NAMES = (".duckdb", ".sqlite", ".sqlite3", ".db", ".mdb", ".accdb")
_OFFICE_NAMES = (".xlsx", ".xlsm", ".ods", ".docx", ".odt")
"""Packed inside, but nobody thinks of them as archives: an unknown format is what they are told."""
UNWANTED = frozenset({Reason.ARCHIVE_REFUSED, Reason.DATABASE_FILE, Reason.XML_DTD})
_DTD = (b"<!DOCTYPE", b"<!ENTITY", b"<!ELEMENT", b"<!ATTLIST")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4096
_XML_BYTES = 1024**2
"""So far into an XML file a DTD is looked for; it must stand before the first element."""
XML_SUFFIX = ".xml"


def refused_by_name(path: Path) -> Reason | None:
    """Return why a file of this name is refused, whatever is in it; None for most names."""
    suffix = path.suffix.lower()
    if suffix in _ARCHIVE_NAMES:
        return Reason.ARCHIVE_REFUSED
    return Reason.DATABASE_FILE if suffix in _DATABASE_NAMES else None


def refuse_unwanted(path: Path, stream: BinaryIO) -> None:
    """Refuse a payload by its first bytes; the stream is at its start again after.

    Raises :class:`DeliveryRefused`: ARCHIVE_REFUSED, DATABASE_FILE, XML_DTD, and FORMAT_UNKNOWN for XML under
    another name.
    """
    suffix = path.suffix.lower()
    head = stream.read(_HEAD_BYTES)
    binary = b"\0" in head
    bzip = head.startswith(b"BZh") and head[4:10] == b"1AY&SY"
    packed = bzip or head.startswith(_ARCHIVES) or (binary and head[257:262] == b"ustar")
    if packed and suffix not in _OFFICE_NAMES:
        raise DeliveryRefused(Reason.ARCHIVE_REFUSED)
    if binary and (head[8:12] == b"DUCK" or head.startswith(b"SQLite format")):
        raise DeliveryRefused(Reason.DATABASE_FILE)
    if suffix == XML_SUFFIX or _is_xml(head):
        plain = (head + stream.read(_XML_BYTES)).replace(b"\0", b"")
        if any(mark in plain for mark in _DTD):
            raise DeliveryRefused(Reason.XML_DTD)
        if suffix != XML_SUFFIX:
            raise DeliveryRefused(Reason.FORMAT_UNKNOWN)
    stream.seek(0)


def _is_xml(head: bytes) -> bool:
    """Tell whether bytes begin as XML does, in any encoding whose letters are ASCII's beside zeros."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    start = head.replace(b"\0", b"").lstrip()
    return start.startswith((b"<?xml", b"<!DOCTYPE", b"<!--"))
