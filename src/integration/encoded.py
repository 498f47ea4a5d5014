"""A payload that was encoded at its source: one Parquet file, and what it says of itself.

The first-pass tables lie in one file, one row group a batch, in the order in which the first pass made them. It has
three columns, ``records``, ``mentions`` and ``findings``: in each row exactly one of them holds something, a struct
of that table's columns, and all rows of a row group are of the same table. What it was made with stands in the file's
metadata under the key ``integration``. The form has no name of a delivery in it: number and period are the manifest's.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FORMAT = "integration-encoded/1"
SUFFIX = ".encoded.parquet"
METADATA_KEY = b"integration"
MAX_HEADER_BYTES = 16 * 1024

_TEXTS = {
    "source": re.compile(r"[a-z][a-z_]{1,30}"),
    "supplier": re.compile(r"[A-Z0-9]{2,12}"),
    "contract_version": re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}"),
    "delivery_label": re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?"),
}
_COUNTS = ("rows_in", "rows_ok", "rows_refused", "fields_nulled")
DOMAIN = re.compile(r"[A-Z0-9]{2,12}")
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
MOST_VERSIONS = 9999


@dataclass(frozen=True)
class MadeWith:
    """What a payload was encoded with: the first-pass key by domain, version and fingerprint, and the normalisation.

    ``link_version`` is the link encoding's; ``link_fingerprint`` is made over it and its key: filters with another
    fingerprint cannot be compared.
    """

    domain: str
    first_pass_version: int
    first_pass_fingerprint: str
    normalisation_version: int
    link_version: int
    link_fingerprint: str


@dataclass(frozen=True)
class Header:
    """What an encoded payload says of itself. ``delivery_label`` is the ``levering_id`` that its rows had."""

    source: str
    supplier: str
    contract_version: str
    delivery_label: str
    made_with: MadeWith
    rows_in: int
    rows_ok: int
    rows_refused: int
    fields_nulled: int

    def as_bytes(self) -> bytes:
        """Return the JSON form that stands in the file."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True).encode()


class NoHeader(ValueError):
    """A header that is none; the message never repeats it."""


def parse_header(text: bytes | None) -> Header:
    """Read a header strictly. Raises :class:`NoHeader`."""
    if text is None or len(text) > MAX_HEADER_BYTES:
        raise NoHeader("no header")
    try:
        content = json.loads(text.decode("utf-8"))
        told = content.pop("made_with")
        if content.pop("format") != FORMAT:
            raise NoHeader("another format")
        header = Header(**content, made_with=MadeWith(**told))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoHeader("not a header") from None
    if not _sound(header):
        raise NoHeader("not a sound header")
    return header


def _sound(header: Header) -> bool:
    made = header.made_with
    texts = [(getattr(header, name), pattern) for name, pattern in _TEXTS.items()]
    texts += [(made.domain, DOMAIN), (made.first_pass_fingerprint, FINGERPRINT)]
    texts += [(made.link_fingerprint, FINGERPRINT)]
    counts = [getattr(header, name) for name in _COUNTS]
    versions = (made.first_pass_version, made.normalisation_version, made.link_version)
    return (
        all(isinstance(text, str) and pattern.fullmatch(text) for text, pattern in texts)
        and all(type(count) is int and 0 <= count < 2**31 for count in counts)
        and all(type(version) is int and 1 <= version <= MOST_VERSIONS for version in versions)
        and header.rows_in == header.rows_ok + header.rows_refused
    )


def is_encoded(path: Path) -> bool:
    """Whether a file is by its name a payload that was encoded at its source."""
    return path.name.lower().endswith(SUFFIX)


def read_header(path: Path) -> Header:
    """Return the header of a file of one's own making. Raises :class:`NoHeader` when it is no encoded payload."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata: dict[bytes, Any] = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        raise NoHeader("not Parquet") from None
    return parse_header(metadata.get(METADATA_KEY))
