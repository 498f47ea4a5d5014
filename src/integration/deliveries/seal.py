"""Sealing at the source: an envelope and a signed manifest beside a payload.

A source needs the receiver's recipient, its own signing key, its supplier file and the manifest it sent before;
no keyring and no network. Checking what was sealed is :mod:`integration.deliveries.open_check`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from integration.deliveries.envelope import seal_envelope
from integration.deliveries.manifest import (
    ENVELOPE_SUFFIX,
    SUFFIX,
    Manifest,
    Seal,
    parse_manifest,
    read_text,
)
from integration.deliveries.opening import digest
from integration.deliveries.seal_keys import key_id, public_of
from integration.deliveries.signing import prove, sign
from integration.errors import UsageError
from integration.reasons import Reason
from integration.storage import write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Sealed:
    """What was written: the envelope, its manifest as a file and as read, and what the next one must name."""

    envelope: Path
    manifest_path: Path
    manifest: Manifest
    sha256: str


def seal_payload(
    payload: Path,
    manifest: Manifest,
    *,
    key: Ed25519PrivateKey,
    audience: str,
    previous: str | None,
    folder: Path | None = None,
) -> Sealed:
    """Seal a payload that ``manifest`` (not yet sealed) is about, into ``folder`` (default: beside it).

    The payload stays where it is. The manifest is written last, as what receives deliveries expects. Raises
    :class:`UsageError` INPUT_INVALID when the audience is no age recipient, ``previous`` no SHA-256, or the
    manifest about another file; FOLDER_NOT_EMPTY when there is an envelope or manifest of this name already.
    """
    if previous is not None and not _SHA256.fullmatch(previous):
        raise UsageError(Reason.INPUT_INVALID, "the manifest before is named by its SHA-256")
    if manifest.payload.file != payload.name:
        raise UsageError(Reason.INPUT_INVALID, "the manifest is about another file")
    envelope = (folder or payload.parent) / (payload.name + ENVELOPE_SUFFIX)
    told = envelope.with_name(envelope.name + SUFFIX)
    if os.path.lexists(envelope) or os.path.lexists(told):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, file=envelope.name)
    signer = key_id(public_of(key))
    sealed = replace(
        manifest, seal=Seal(audience, signer, previous, seal_envelope(payload, envelope, audience))
    )
    text = sign(sealed, key)
    try:
        parse_manifest(text)
        write_bytes(told, text)
    except BaseException:
        envelope.unlink(missing_ok=True)
        raise
    return Sealed(envelope, told, sealed, digest(text))


def previous_of(path: Path | str, manifest: Manifest, keys: Sequence[str]) -> str:
    """Return what ``manifest`` must name as the one before it: a manifest's file, or its SHA-256 as it stands.

    A file is read, and if it was sealed proven to be signed with one of the public ``keys``, so that a wrong
    chain is seen here and not at the receiver. Raises :class:`UsageError` (INPUT_INVALID) when it is not the
    number before, of this supplier and municipality.
    """
    if isinstance(path, str) and _SHA256.fullmatch(path):
        return path
    if not Path(path).is_file():
        raise UsageError(Reason.INPUT_INVALID, "no such manifest")
    text = read_text(Path(path))
    before = parse_manifest(text)
    if before.seal is not None:
        public = next((key for key in keys if key_id(key) == before.seal.signer), None)
        if public is not None:
            prove(text, public)
    mine = (before.source, before.supplier, before.municipality, before.sequence + 1)
    if mine != (manifest.source, manifest.supplier, manifest.municipality, manifest.sequence):
        raise UsageError(
            Reason.INPUT_INVALID, "not the manifest before this one: another number, supplier or municipality"
        )
    return digest(text)
