"""The part of a manifest that is about the payload, in its two forms.

Raw: rows as the supplier writes them. Encoded: made by ``integration encode`` at the source, where the first pass was
done; the manifest then says what with, in the place of encoding and delimiter.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from integration.deliveries.strict_json import Keys, refused
from integration.encoded import DOMAIN, FINGERPRINT, MOST_VERSIONS, Header, MadeWith, NoHeader, read_header
from integration.errors import DeliveryRefused
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.contracts import Supplier
    from integration.deliveries.read import Limits, Totals

ENCODED = "encoded"
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.()+-]{0,119}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Payload:
    """The file that a manifest is about: plain name, size, SHA-256, data rows, header, encoding, delimiter.

    Of an encoded payload (``made_with``) encoding and delimiter are empty, and ``columns`` are the contract's.
    """

    file: str
    bytes: int
    sha256: str
    rows: int
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    made_with: MadeWith | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        told: dict[str, Any] = {**vars(self), "columns": list(self.columns)}
        made_with = told.pop("made_with")
        if made_with is None:
            return told
        told = {name: value for name, value in told.items() if name not in ("encoding", "delimiter")}
        return told | {"form": ENCODED, "made_with": asdict(made_with)}


def describe_encoded(path: Path, supplier: Supplier) -> tuple[Payload, Header]:
    """Describe an encoded payload of ``supplier``, at its source: what it says of itself, its size and SHA-256.

    Raises :class:`DeliveryRefused` ENCODED_INVALID when it is none, SUPPLIER_MISMATCH or CONTRACT_MISMATCH when it
    was made for another supplier or contract.
    """
    from integration.deliveries.read import Limits

    try:
        header = read_header(path)
    except NoHeader:
        raise DeliveryRefused(Reason.ENCODED_INVALID) from None
    if (header.source, header.supplier) != (supplier.source, supplier.code):
        raise DeliveryRefused(Reason.SUPPLIER_MISMATCH)
    if header.contract_version != supplier.contract_version:
        raise DeliveryRefused(Reason.CONTRACT_MISMATCH)
    size, sha256, _ = measure(path, Limits(), header.rows_in)
    columns = supplier.contract.names
    return Payload(path.name, size, sha256, header.rows_in, columns, "", "", header.made_with), header


def measure(path: Path, limits: Limits, rows: int, opened: BinaryIO | None = None) -> Totals:
    """Return a file's bytes and SHA-256, beside the rows it is said to have; ``opened`` is back at its start.

    Raises :class:`DeliveryRefused` as opening does, and ARCHIVE_REFUSED or DATABASE_FILE for what is one.
    """
    import hashlib

    from integration.deliveries.read import Totals, open_regular
    from integration.deliveries.unwanted import refuse_unwanted

    with open_regular(path, limits) if opened is None else nullcontext(opened) as stream:
        stream.seek(0)
        refuse_unwanted(path, stream)
        found, size = hashlib.sha256(), 0
        while chunk := stream.read(1024**2):
            found.update(chunk)
            size += len(chunk)
        stream.seek(0)
    return Totals(size, found.hexdigest(), rows)


def parse_payload(keys: Keys) -> Payload:
    """Read the payload's part of a manifest. Raises :class:`DeliveryRefused` (MANIFEST_INVALID, PATH_UNSAFE)."""
    encoded = keys.has("form")
    if encoded and keys.text("form") != ENCODED:
        raise refused("payload.form")
    return Payload(
        file=parse_file(keys, "payload"),
        bytes=keys.number("bytes", 0, 2**53),
        sha256=keys.text("sha256", _SHA256),
        rows=keys.number("rows", 0, 2**31 - 1),
        columns=keys.texts("columns"),
        encoding="" if encoded else keys.text("encoding"),
        delimiter="" if encoded else keys.text("delimiter"),
        made_with=_made_with(keys.inner("made_with")) if encoded else None,
    )


def _made_with(keys: Keys) -> MadeWith:
    made = MadeWith(
        domain=keys.text("domain", DOMAIN),
        first_pass_version=keys.number("first_pass_version", 1, MOST_VERSIONS),
        first_pass_fingerprint=keys.text("first_pass_fingerprint", FINGERPRINT),
        normalisation_version=keys.number("normalisation_version", 1, MOST_VERSIONS),
        link_version=keys.number("link_version", 1, MOST_VERSIONS),
        link_fingerprint=keys.text("link_fingerprint", FINGERPRINT),
    )
    keys.nothing_else()
    return made


def parse_file(keys: Keys, where: str) -> str:
    """Read a plain file name; PATH_UNSAFE for anything that could be a path."""
    file = keys.text("file")
    if not _FILE_NAME.fullmatch(file) or ".." in file:
        raise DeliveryRefused(Reason.PATH_UNSAFE, field=f"{where}.file")
    return file
