"""Opening sealed deliveries at the receiver: who signed, for whom, is it whole; then out of its envelope.

What is opened lies in a file without a name for as long as it is examined. What is kept is the envelope, its header
apart from the rest (`data_keys.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from integration.contracts import Supplier
from integration.deliveries.claims import Claim
from integration.deliveries.data_keys import split
from integration.deliveries.envelope import check_envelope, check_sizes, open_envelope
from integration.deliveries.manifest import Manifest
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver
from integration.deliveries.signing import verify
from integration.deliveries.stored import stored_name
from integration.errors import DeliveryRefused
from integration.reasons import Reason
from integration.storage import Zones, unnamed


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


@contextmanager
def open_payload(
    claim: Claim, manifest: Manifest, receiver: Receiver, limits: Limits, tmp: Path
) -> Iterator[tuple[Path, BinaryIO | None]]:
    """Give the payload of a claim: its path, and the open file when it was taken out of its envelope.

    Raises :class:`DeliveryRefused` as `envelope.py` does, and :class:`KeyUnavailable` when the receiver's key
    cannot be used: that is nobody's delivery's fault.
    """
    path = claim.content / manifest.payload.file
    if manifest.seal is None:
        yield path, None
        return
    envelope = claim.content / manifest.seal.envelope.file
    check_sizes(manifest, limits)
    identity = receiver.identity(manifest.seal.audience)
    check_envelope(envelope, manifest, limits, identity)
    with unnamed(tmp, manifest.payload.bytes) as opened:
        open_envelope(envelope, manifest, limits, identity, opened)
        yield path, opened


def put_in_order(claim: Claim, decision: dict[str, Any], ready: Path, zones: Zones) -> None:
    """Give payload and manifest the names they have in the raw zone, readable by their owner only.

    A sealed delivery's header goes to the data keys, under the delivery's id.
    """
    ready.mkdir(exist_ok=True, mode=0o700)
    sealed = bool(decision.get("sealed", False))
    payload = ready / stored_name(decision.get("payload") or claim.payload or "", sealed=sealed)
    if sealed:
        split(zones, decision["delivery_id"], claim.content / (claim.payload or ""), payload)
    targets = [(claim.manifest, ready / "manifest.json")]
    targets += [] if sealed else [(claim.payload, payload)]
    for name, target in targets:
        path = claim.content / (name or "")
        if path.is_file():
            _settle(path)
            os.replace(path, target)
    claim.content.rmdir()


def _settle(path: Path) -> None:
    """Give a file to its owner only, and flush it to disk: what is accepted is kept."""
    path.chmod(0o600)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
