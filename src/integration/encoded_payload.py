"""A delivery that was encoded at its source: made with the key that its domain uses, and sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from integration.contracts.model import Contract
from integration.deliveries.manifest import Manifest
from integration.deliveries.payload import measure
from integration.deliveries.read import Limits
from integration.encoded import Header, MadeWith
from integration.errors import DeliveryRefused, KeyUnavailable
from integration.names import DomainCode
from integration.pseudonyms.encode import FirstResult
from integration.pseudonyms.encoded_check import Checker
from integration.pseudonyms.encoded_file import EncodedReader
from integration.pseudonyms.first_pass import Known, known_first_pass
from integration.pseudonyms.link_parameters import load_parameters
from integration.pseudonyms.normalise import VERSION
from integration.pseudonyms.tables import Sink
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.settings import Settings


def known_to(settings: Settings, manifest: Manifest) -> Known:
    """Return the first-pass key that an encoded delivery was made with, when it is the one its domain uses.

    Raises :class:`DeliveryRefused`: DOMAIN_MISMATCH, FIRST_PASS_UNKNOWN, NORMALISATION_MISMATCH,
    LINK_ENCODING_MISMATCH, LINK_KEY_UNKNOWN; and :class:`KeyUnavailable` (KEY_MISSING) when nothing is known of the
    domain's key, or not of its use in this version of the link encoding.
    """
    made, domain = manifest.payload.made_with, DomainCode(manifest.municipality)
    if made is None or made.domain != domain:
        raise DeliveryRefused(Reason.DOMAIN_MISMATCH, field="payload.made_with.domain")
    known = known_first_pass(settings.first_pass_folder, domain)
    if (made.first_pass_version, made.first_pass_fingerprint) != (known.version, known.fingerprint):
        raise DeliveryRefused(Reason.FIRST_PASS_UNKNOWN, field="payload.made_with")
    if made.normalisation_version != VERSION:
        raise DeliveryRefused(Reason.NORMALISATION_MISMATCH, field="payload.made_with.normalisation_version")
    _check_link(made, known)
    return known


def _check_link(made: MadeWith, known: Known) -> None:
    """Hold a payload's link encoding against the receiver's version, and against what the key keeper told of it."""
    version = load_parameters().version
    if made.link_version != version:
        raise DeliveryRefused(Reason.LINK_ENCODING_MISMATCH, field="payload.made_with.link_version")
    if known.link_version != version:
        raise KeyUnavailable(Reason.KEY_MISSING, "the public part tells no key of this link encoding: hand it out again")
    if made.link_fingerprint != known.link_fingerprint:
        raise DeliveryRefused(Reason.LINK_KEY_UNKNOWN, field="payload.made_with.link_fingerprint")


def read_payload(
    path: Path,
    manifest: Manifest,
    contract: Contract,
    limits: Limits,
    sink: Sink,
    *,
    opened: BinaryIO | None = None,
) -> FirstResult:
    """Examine an encoded payload to its last byte and hand its batches on as they are found right.

    With ``opened`` the payload is that file, and ``path`` is but its name.

    Raises :class:`DeliveryRefused`: what opening a file tells, SIZE_MISMATCH, HASH_MISMATCH, ROWS_MISMATCH,
    LABEL_MISMATCH, CONTRACT_MISMATCH, SUPPLIER_MISMATCH, and ENCODED_INVALID with a column and a row number.
    """
    declared = manifest.payload
    found = measure(path, limits, declared.rows, opened)
    if found.bytes != declared.bytes:
        raise DeliveryRefused(Reason.SIZE_MISMATCH)
    if found.sha256 != declared.sha256:
        raise DeliveryRefused(Reason.HASH_MISMATCH)
    reader = EncodedReader(opened or path, contract, limits.payload_bytes)
    _check_header(reader.header, manifest, contract)
    checker = Checker(contract, declared.rows)
    for name, batch in reader.batches():
        checker.check(name, batch)
        sink(name, batch)
    checker.finish(reader.header)
    header, made = reader.header, reader.header.made_with
    return FirstResult(
        rows_in=header.rows_in,
        rows_ok=header.rows_ok,
        rows_refused=header.rows_refused,
        fields_nulled=header.fields_nulled,
        contract=f"{contract.id} {contract.version}",
        normalisation_version=made.normalisation_version,
        first_pass_version=made.first_pass_version,
        first_pass_fingerprint=made.first_pass_fingerprint,
        link_version=made.link_version,
        link_fingerprint=made.link_fingerprint,
    )


def _check_header(header: Header, manifest: Manifest, contract: Contract) -> None:
    """Hold what a file says of itself against its manifest."""
    checks = (
        (header.made_with != manifest.payload.made_with, Reason.ENCODED_INVALID, "metadata"),
        (header.source != manifest.source, Reason.SOURCE_MISMATCH, "metadata"),
        (header.supplier != manifest.supplier, Reason.SUPPLIER_MISMATCH, "metadata"),
        (header.contract_version != manifest.contract_version, Reason.CONTRACT_MISMATCH, "metadata"),
        (header.delivery_label != manifest.delivery_label, Reason.LABEL_MISMATCH, "metadata"),
        (header.rows_in != manifest.payload.rows, Reason.ROWS_MISMATCH, "metadata"),
        (manifest.payload.columns != contract.names, Reason.COLUMNS_MISMATCH, "payload.columns"),
        (header.rows_in == 0 and not manifest.nil_return, Reason.HEADER_ONLY, None),
    )
    for wrong, reason, field in checks:
        if wrong:
            raise DeliveryRefused(reason, field=field)
