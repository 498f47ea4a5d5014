"""Signing a sealed delivery's manifest, and proving that it is as it was signed and by whom.

A manifest /2 has one form: canonical JSON (keys sorted, no white space, UTF-8 as it is, no fractions: what RFC
8785 gives for such content) and one line feed. The signature (Ed25519, RFC 8032) is over the canonical bytes of
all keys but ``signature``; ``signature.sha256`` is the SHA-256 of those bytes, so that a manifest that was changed
can be told from one that another key signed. Because the form is the only one, no byte of the file can be
changed unseen. `docs/adr/0018-sealed-deliveries.md` says why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from integration.deliveries.manifest import Manifest
from integration.deliveries.seal_keys import key_id, public_of
from integration.errors import DeliveryRefused
from integration.reasons import Reason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class TrustedSigner(Protocol):
    """A public key that a supplier may sign with, and from and until which day, both included."""

    @property
    def key(self) -> str:
        """The public key, 64 hexadecimal digits."""
        ...

    @property
    def since(self) -> date:
        """The first day on which it is trusted."""
        ...

    @property
    def until(self) -> date:
        """The last day on which it is trusted."""
        ...


def canonical(content: Any) -> bytes:
    """Return the one form of JSON content."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sign(manifest: Manifest, key: Ed25519PrivateKey) -> bytes:
    """Return the file of a sealed delivery's manifest, signed. Its seal must name this key."""
    if manifest.seal is None or manifest.seal.signer != key_id(public_of(key)):
        raise ValueError("the manifest names no seal, or another signer")
    body = manifest.as_dict()
    told = canonical(body)
    signature = {"sha256": hashlib.sha256(told).hexdigest(), "value": key.sign(told).hex()}
    return canonical({**body, "signature": signature}) + b"\n"


def verify(text: bytes, manifest: Manifest, signers: Sequence[TrustedSigner], today: date) -> None:
    """Prove that ``text``, which was read as ``manifest``, is as one of ``signers`` signed it, who may today.

    Raises :class:`DeliveryRefused`: SIGNER_UNKNOWN, MANIFEST_EDITED (it is not in its one form, or not what was
    signed), SIGNATURE_WRONG, SIGNER_EXPIRED; NOT_SEALED for a manifest without a seal.
    """
    if manifest.seal is None:
        raise DeliveryRefused(Reason.NOT_SEALED, field="format")
    signer = next((one for one in signers if key_id(one.key) == manifest.seal.signer), None)
    if signer is None:
        raise DeliveryRefused(Reason.SIGNER_UNKNOWN, field="signer")
    prove(text, signer.key)
    if not any(one.key == signer.key and one.since <= today <= one.until for one in signers):
        raise DeliveryRefused(Reason.SIGNER_EXPIRED, field="signer")


def prove(text: bytes, public: str) -> None:
    """Prove that a manifest's file is as the holder of the key with this public part signed it.

    Raises :class:`DeliveryRefused`: MANIFEST_EDITED, SIGNATURE_WRONG.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        body: dict[str, Any] = json.loads(text)
        whole = canonical(body) + b"\n"
        signature = body.pop("signature")
        told = canonical(body)
        declared, value = str(signature["sha256"]), bytes.fromhex(signature["value"])
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise DeliveryRefused(Reason.MANIFEST_INVALID) from None
    if whole != text or hashlib.sha256(told).hexdigest() != declared:
        raise DeliveryRefused(Reason.MANIFEST_EDITED)
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(value, told)
    except InvalidSignature:
        raise DeliveryRefused(Reason.SIGNATURE_WRONG, field="signature") from None
