"""Opening sealed deliveries at the receiver: who signed, for whom, is it whole; then out of its envelope.

What is opened lies in the claim's own folder, in the private scratch zone, until it is accepted; a refusal or an
error removes it, and so does the next run after a kill.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

from integration.contracts import Supplier
from integration.deliveries.claims import Claim
from integration.deliveries.envelope import check_envelope, check_sizes, open_envelope
from integration.deliveries.manifest import Manifest
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver
from integration.deliveries.signing import verify
from integration.errors import DeliveryRefused
from integration.reasons import Reason

ENVELOPE_NAME = "envelope.age"
"""What the envelope is called beside an accepted delivery, so that a failed one can be set aside sealed."""


def opened_folder(claim: Claim) -> Path:
    """Return where a claim's opened payload is."""
    return claim.folder / "opened"


def digest(text: bytes) -> str:
    """Return what the next manifest must name: the SHA-256 of this one's file."""
    return hashlib.sha256(text).hexdigest()


def examine_seal(
    manifest: Manifest, text: bytes, supplier: Supplier, receiver: Receiver, today: date, *, sealed_only: bool
) -> None:
    """Hold a manifest against who may sign for its supplier, and against who this receiver is.

    A plain delivery is fine unless only sealed ones are, everywhere (``sealed_only``) or from this supplier (a
    signer of its has had its first day). Raises :class:`DeliveryRefused`: NOT_SEALED, SIGNER_UNKNOWN,
    MANIFEST_EDITED, SIGNATURE_WRONG, SIGNER_EXPIRED, AUDIENCE_WRONG.
    """
    if manifest.seal is None:
        if sealed_only or any(signer.since <= today for signer in supplier.signers):
            raise DeliveryRefused(Reason.NOT_SEALED, field="format")
        return
    verify(text, manifest, supplier.signers, today)
    if manifest.seal.audience not in receiver.recipients():
        raise DeliveryRefused(Reason.AUDIENCE_WRONG, field="audience")


def open_payload(claim: Claim, manifest: Manifest, receiver: Receiver, limits: Limits) -> Path:
    """Return the payload of a claim, out of its envelope when it is sealed.

    Raises :class:`DeliveryRefused` as `envelope.py` does, and :class:`KeyUnavailable` when the receiver's key
    cannot be used: that is nobody's delivery's fault.
    """
    if manifest.seal is None:
        return claim.content / manifest.payload.file
    clear_opened(claim)
    envelope = claim.content / manifest.seal.envelope.file
    check_sizes(manifest, limits)
    identity = receiver.identity(manifest.seal.audience)
    check_envelope(envelope, manifest, limits, identity)
    opened_folder(claim).mkdir(mode=0o700)
    target = opened_folder(claim) / manifest.payload.file
    open_envelope(envelope, manifest, limits, identity, target)
    return target


def clear_opened(claim: Claim) -> None:
    """Remove what was opened of a claim."""
    if os.path.lexists(opened_folder(claim)):
        shutil.rmtree(opened_folder(claim))


def put_in_order(claim: Claim, decision: dict[str, Any], ready: Path) -> None:
    """Give payload and manifest the names they have in the raw zone, readable by their owner only."""
    ready.mkdir(exist_ok=True, mode=0o700)
    name = decision.get("payload") or claim.payload or ""
    payload, sealed = f"payload{Path(name).suffix.lower()}", decision.get("sealed", False)
    targets = [(claim.content / (claim.manifest or ""), "manifest.json")]
    if sealed:
        targets.append((opened_folder(claim) / name, payload))
    targets.append((claim.content / (claim.payload or ""), ENVELOPE_NAME if sealed else payload))
    for path, target in targets:
        if path.is_file():
            _settle(path)
            os.replace(path, ready / target)
    claim.content.rmdir()


def _settle(path: Path) -> None:
    """Give a file to its owner only, and flush it to disk: what is accepted is kept."""
    path.chmod(0o600)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
