"""The manifest that comes with every payload: what it is, whom it is about, how it is written, how much it is.

It is read strictly: an unknown or missing key, a wrong type or a value outside the grammar refuses the delivery
with MANIFEST_INVALID and the name of the key. The content of the manifest is never repeated in an error.

There are two formats: /1 beside a plain payload, and /2 beside a sealed one, which says the same and also for
whom it was sealed, in which envelope, after which manifest and by whom (:class:`Seal`), and is signed
(`signing.py`). Reading a manifest proves nothing of its signature.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.deliveries.payload import Payload, describe_encoded, parse_file, parse_payload
from integration.deliveries.strict_json import Keys, refused
from integration.encoded import is_encoded
from integration.errors import DeliveryRefused, UsageError
from integration.names import DeliveryId, InvalidName, MunicipalityCode, Period, SourceId, SupplierCode
from integration.names import municipality as municipality_code
from integration.names import source as source_id
from integration.names import supplier as supplier_code
from integration.reasons import Reason
from integration.storage import write_json

if TYPE_CHECKING:
    from integration.contracts import Supplier

FORMAT = "integration-manifest/1"
SEALED_FORMAT = "integration-manifest/2"
SUFFIX = ".manifest.json"
"""``x.csv`` has the manifest ``x.csv.manifest.json``; it is put down last."""
ENVELOPE_SUFFIX = ".age"
"""``x.csv`` is sealed as ``x.csv.age``, and that has the manifest ``x.csv.age.manifest.json``."""
MARK = "SYNTHETISCH"
MAX_BYTES = 256 * 1024
"""A manifest has some seventy short column names; anything near this size is none."""

_LABEL = re.compile(r"[!-~](?:[ -~]{0,62}[!-~])?")
_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){0,2}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KEY_ID = re.compile(r"[0-9a-f]{16}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


@dataclass(frozen=True)
class Envelope:
    """The file that a payload is sealed in: plain name, size and SHA-256 of the cipher text."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Seal:
    """What a sealed delivery's manifest says beside the rest.

    ``audience`` is the age recipient of the receiver, ``signer`` the key id of who signed, ``previous`` the
    SHA-256 of the manifest before it from this supplier for this municipality (None for the first).
    """

    audience: str
    signer: str
    previous: str | None
    envelope: Envelope


@dataclass(frozen=True)
class Manifest:
    """One delivery as its supplier declares it. ``delivery_label`` is the ``levering_id`` of its rows."""

    source: SourceId
    supplier: SupplierCode
    municipality: MunicipalityCode
    period: Period
    sequence: int
    delivery_label: str
    contract_id: str
    contract_version: str
    payload: Payload
    nil_return: bool
    created_at: datetime
    mark: str | None = None
    seal: Seal | None = None

    @property
    def file(self) -> str:
        """The name of the file that arrives with the manifest: the envelope, or else the payload."""
        return self.seal.envelope.file if self.seal else self.payload.file

    @property
    def delivery_id(self) -> DeliveryId:
        """The name that this delivery has everywhere after receipt."""
        return DeliveryId(self.source, self.supplier, self.municipality, self.period, self.sequence)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form; of a sealed delivery without its signature."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "source": self.source,
            "supplier": self.supplier,
            "municipality": self.municipality,
            "period": self.period.text,
            "sequence": self.sequence,
            "delivery_label": self.delivery_label,
            "contract": {"id": self.contract_id, "version": self.contract_version},
            "payload": self.payload.as_dict(),
            "nil_return": self.nil_return,
            "created_at": self.created_at.isoformat(),
        }
        if self.mark is not None:
            content["mark"] = self.mark
        if self.seal is None:
            return content
        content |= {"format": SEALED_FORMAT, **vars(self.seal), "envelope": vars(self.seal.envelope)}
        return {name: value for name, value in content.items() if value is not None}


def make_manifest(
    payload: Path,
    supplier: Supplier,
    *,
    municipality: str,
    period: str,
    sequence: int,
    created_at: datetime,
    nil_return: bool = False,
    mark: str | None = None,
) -> Manifest:
    """Describe a payload file of ``supplier``: read it as the receiver will, and count and hash it.

    One that was encoded at its source tells itself what it is.

    Raises :class:`DeliveryRefused` with what the receiver would say of the file, and :class:`UsageError`
    (INPUT_INVALID) when municipality or period do not follow the grammar of names.
    """
    try:
        about, when = municipality_code(municipality), Period.parse(period)
    except InvalidName as error:
        raise UsageError(Reason.INPUT_INVALID, str(error)) from None
    told, label = (_told_encoded if is_encoded(payload) else _told_raw)(payload, supplier, nil_return)
    label = label or f"{supplier.code}-{when}-{sequence}"
    if nil_return and told.rows:
        raise UsageError(Reason.INPUT_INVALID, "a nil return has no rows")
    if told.made_with is not None and told.made_with.domain != about:
        raise DeliveryRefused(Reason.DOMAIN_MISMATCH)
    contract = supplier.contract
    return Manifest(
        source=SourceId(supplier.source),
        supplier=SupplierCode(supplier.code),
        municipality=about,
        period=when,
        sequence=sequence,
        delivery_label=label,
        contract_id=contract.id,
        contract_version=contract.version,
        payload=told,
        nil_return=nil_return,
        created_at=created_at,
        mark=mark,
    )


def _told_raw(payload: Path, supplier: Supplier, nil_return: bool) -> tuple[Payload, str]:
    """Read a raw payload as the receiver will; what it is, and the label of its first row."""
    from integration.deliveries.read import open_rows

    label = ""
    with open_rows(payload, supplier.contract, supplier, empty_allowed=nil_return) as reader:
        for row in reader:
            label = row.values["levering_id"].strip() if row.number == 1 else label
        header, totals = reader.header, reader.totals
    way = supplier.dialect
    told = Payload(
        payload.name, totals.bytes, totals.sha256, totals.rows, header, way.encoding, way.delimiter
    )
    return told, label


def _told_encoded(payload: Path, supplier: Supplier, nil_return: bool) -> tuple[Payload, str]:  # noqa: ARG001
    told, header = describe_encoded(payload, supplier)
    return told, header.delivery_label


def manifest_path(payload: Path) -> Path:
    """Return where the manifest of ``payload`` is."""
    return payload.with_name(payload.name + SUFFIX)


def write_manifest(manifest: Manifest, payload: Path) -> Path:
    """Write the manifest beside its payload, whole or not at all, and return its path."""
    path = manifest_path(payload)
    write_json(path, manifest.as_dict())
    return path


def read_manifest(path: Path) -> Manifest:
    """Read a manifest file; raise :class:`DeliveryRefused` (MANIFEST_INVALID) when it is not one."""
    return parse_manifest(read_text(path))


def read_text(path: Path) -> bytes:
    """Return a manifest file's bytes, never more than tell that there are too many of them."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError:
        raise refused() from None


def parse_manifest(text: bytes) -> Manifest:
    """Read a manifest's bytes; raise :class:`DeliveryRefused` (MANIFEST_INVALID) naming the key that is wrong."""
    if len(text) > MAX_BYTES:
        raise refused()
    whole = Keys.of(text)
    form = whole.text("format")
    if form not in (FORMAT, SEALED_FORMAT):
        raise refused("format")
    contract, payload = whole.inner("contract"), whole.inner("payload")
    mark = whole.text("mark") if whole.has("mark") else None
    if mark not in (None, MARK):
        raise refused("mark")
    manifest = Manifest(
        source=whole.named("source", source_id),
        supplier=whole.named("supplier", supplier_code),
        municipality=whole.named("municipality", municipality_code),
        period=whole.named("period", Period.parse),
        sequence=whole.number("sequence", 1, 999_999),
        delivery_label=whole.text("delivery_label", _LABEL),
        contract_id=contract.named("id", source_id),
        contract_version=contract.text("version", _VERSION),
        payload=parse_payload(payload),
        nil_return=whole.flag("nil_return"),
        created_at=whole.moment("created_at"),
        mark=mark,
        seal=_seal(whole) if form == SEALED_FORMAT else None,
    )
    for keys in (whole, contract, payload):
        keys.nothing_else()
    if manifest.nil_return and manifest.payload.rows:
        raise refused("nil_return")
    if manifest.seal and manifest.seal.envelope.file != manifest.payload.file + ENVELOPE_SUFFIX:
        raise refused("envelope.file")
    return manifest


def _seal(whole: Keys) -> Seal:
    envelope, signature = whole.inner("envelope"), whole.inner("signature")
    signature.text("sha256", _SHA256)
    signature.text("value", _SIGNATURE)
    seal = Seal(
        audience=whole.text("audience", _RECIPIENT),
        signer=whole.text("signer", _KEY_ID),
        previous=whole.text("previous", _SHA256) if whole.has("previous") else None,
        envelope=Envelope(
            file=parse_file(envelope, "envelope"),
            bytes=envelope.number("bytes", 0, 2**53),
            sha256=envelope.text("sha256", _SHA256),
        ),
    )
    for keys in (envelope, signature):
        keys.nothing_else()
    return seal
