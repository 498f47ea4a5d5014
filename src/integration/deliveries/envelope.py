"""The envelope: an age file (https://age-encryption.org/v1) around a payload, for one receiver.

Both ways are streams: no more than a chunk is in memory. Opening writes no byte beyond what the manifest says
there is. A kept envelope's header lies apart (`data_keys.py`); opening takes the two as one. age does not compress,
so an envelope is always larger than what is in it; one that is said to hold more than its own size is refused unopened.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from integration.deliveries.data_keys import HEADER_BYTES, Joined, header_end
from integration.deliveries.manifest import Envelope, Manifest, Seal
from integration.deliveries.read import Limits, open_regular
from integration.deliveries.seal_keys import recipient_of
from integration.errors import DeliveryRefused
from integration.reasons import Reason

if TYPE_CHECKING:
    from pyrage import x25519

OVERHEAD_BYTES = 64 * 1024
"""More than an age header is; beside it age adds 16 bytes to every 64 KiB."""
_CHUNK = 1024**2


class _Counted:
    """A file that counts and hashes what is written, and refuses more than ``most`` bytes."""

    def __init__(self, stream: BinaryIO | None, most: int) -> None:
        self._stream, self._most = stream, most
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, content: bytes) -> int:
        """Take some bytes; SIZE_MISMATCH when there are more than was said."""
        self.bytes += len(content)
        if self.bytes > self._most:
            raise DeliveryRefused(Reason.SIZE_MISMATCH, field="payload.bytes")
        self._hash.update(content)
        if self._stream is not None:
            self._stream.write(content)
        return len(content)

    def flush(self) -> None:
        """Hand on what was written."""
        if self._stream is not None:
            self._stream.flush()

    def sha256(self) -> str:
        """Return the SHA-256 of what was written."""
        return self._hash.hexdigest()


def seal_envelope(payload: Path, target: Path, audience: str) -> Envelope:
    """Seal a payload for the recipient ``audience`` into ``target``, for its owner only; whole or not at all.

    Raises :class:`UsageError` (INPUT_INVALID) when the audience is no age recipient.
    """
    import pyrage

    recipient = recipient_of(audience)
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with payload.open("rb") as source, _private(partial) as stream:
            counted = _Counted(stream, 2**63)
            pyrage.encrypt_io(source, counted, [recipient])
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return Envelope(target.name, counted.bytes, counted.sha256())


def check_sizes(manifest: Manifest, limits: Limits) -> None:
    """Refuse sizes that cannot be, or are too much, before anything is read.

    Raises :class:`DeliveryRefused`: PAYLOAD_TOO_LARGE, SIZE_MISMATCH.
    """
    seal = _sealed(manifest)
    if manifest.payload.bytes > limits.payload_bytes:
        raise DeliveryRefused(Reason.PAYLOAD_TOO_LARGE, field="payload.bytes")
    if manifest.payload.bytes >= seal.envelope.bytes:
        raise DeliveryRefused(Reason.SIZE_MISMATCH, field="payload.bytes")
    if seal.envelope.bytes > _most(limits):
        raise DeliveryRefused(Reason.PAYLOAD_TOO_LARGE, field="envelope.bytes")


def check_envelope(
    path: Path, manifest: Manifest, limits: Limits, identity: x25519.Identity | None = None
) -> None:
    """Hold an envelope against its manifest, unopened, by size and SHA-256.

    What differs is cut off (ENVELOPE_TRUNCATED) or damaged (ENVELOPE_DAMAGED), or is whole in itself and
    belongs elsewhere (ENVELOPE_SWAPPED; only an ``identity`` can tell). Raises :class:`DeliveryRefused`, also
    NOT_A_FILE, EMPTY_FILE and PAYLOAD_TOO_LARGE.
    """
    declared = _sealed(manifest).envelope
    counted = _Counted(None, 2**63)
    with open_regular(path, Limits(_most(limits), limits.line_bytes)) as stream:
        while chunk := stream.read(_CHUNK):
            counted.write(chunk)
    if (counted.bytes, counted.sha256()) == (declared.bytes, declared.sha256):
        return
    if identity is not None and _whole(path, limits, identity):
        raise DeliveryRefused(Reason.ENVELOPE_SWAPPED, field="envelope.sha256")
    cut_off = counted.bytes < declared.bytes
    raise DeliveryRefused(
        Reason.ENVELOPE_TRUNCATED if cut_off else Reason.ENVELOPE_DAMAGED,
        field="envelope.bytes" if cut_off else "envelope.sha256",
    )


def open_envelope(
    path: Path,
    manifest: Manifest,
    limits: Limits,
    identity: x25519.Identity,
    target: BinaryIO,
    *,
    header: bytes = b"",
) -> None:
    """Open an envelope into ``target``, which is then at its start; refused, it holds what must not be used.

    With a ``header`` the file is the rest of the envelope only.

    Raises :class:`DeliveryRefused`: ENVELOPE_DAMAGED (no age envelope, or not for this receiver),
    SIZE_MISMATCH and HASH_MISMATCH (what is in it is not what the manifest says).
    """
    declared = manifest.payload
    counted = _Counted(target, declared.bytes)
    if not _decrypt(path, limits, identity, counted, header):
        raise DeliveryRefused(Reason.ENVELOPE_DAMAGED, field="envelope.file")
    if counted.bytes != declared.bytes:
        raise DeliveryRefused(Reason.SIZE_MISMATCH, field="payload.bytes")
    if counted.sha256() != declared.sha256:
        raise DeliveryRefused(Reason.HASH_MISMATCH, field="payload.sha256")
    target.seek(0)


def _sealed(manifest: Manifest) -> Seal:
    if manifest.seal is None:
        raise DeliveryRefused(Reason.NOT_SEALED, field="format")
    return manifest.seal


def _most(limits: Limits) -> int:
    return limits.payload_bytes + limits.payload_bytes // 2048 + OVERHEAD_BYTES


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _whole(path: Path, limits: Limits, identity: x25519.Identity) -> bool:
    """Tell whether a file is a whole envelope for this receiver; nothing of it is kept."""
    try:
        return _decrypt(path, limits, identity, _Counted(None, limits.payload_bytes))
    except DeliveryRefused:
        return False


def _decrypt(
    path: Path, limits: Limits, identity: x25519.Identity, target: _Counted, header: bytes = b""
) -> bool:
    """Open an envelope into ``target``; False when it cannot be. Errors of the disk are not the envelope's."""
    import pyrage

    with open_regular(path, Limits(_most(limits), limits.line_bytes)) as stream:
        head = header or stream.read(HEADER_BYTES)
        if header_end(head) is None:
            return False
        stream.seek(0)
        try:
            pyrage.decrypt_io(Joined(header, stream), target, [identity])
        except pyrage.DecryptError:
            return False
        except OSError as error:
            if error.errno is not None:
                raise
            return False
    return True
