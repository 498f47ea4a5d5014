"""The keys of sealed deliveries: a source signs with one, a receiver opens envelopes with the other.

Both lie wrapped under the installation's passphrase in its ``keys`` folder (see `integration.wrapping`):
``signing.json`` at a source (Ed25519) and ``receiver.json`` at a receiver (an age X25519 identity). A receiver
may keep older identities beside it as ``receiver-<anything>.json``; they go on opening what was sealed for them.
Only the public parts travel: the source's key goes into the steward's supplier file, the receiver's recipient
(``age1...``) to its sources.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from integration.errors import KeyUnavailable, UsageError
from integration.reasons import Reason
from integration.wrapping import Cost, read_told, read_wrapped, write_wrapped

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from pyrage import x25519

SIGNING_FILE, RECEIVER_FILE = "signing.json", "receiver.json"
_SIGNING, _RECEIVER = "ed25519-signing-key", "age-identity"


def key_id(public: str) -> str:
    """Return the short name of a public signing key (64 hexadecimal digits): 16 digits of its SHA-256."""
    return hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]


def public_of(key: Ed25519PrivateKey) -> str:
    """Return a signing key's public part in hexadecimal."""
    return key.public_key().public_bytes_raw().hex()


def make_signing_key(folder: Path, passphrase: bytes, now: datetime, *, cost: Cost | None = None) -> str:
    """Make a source's signing key in ``folder`` and return its public part.

    Raises :class:`UsageError` (KEY_EXISTS), :class:`KeyUnavailable` (KEY_MISSING) without a passphrase.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    path, secret, public = folder / SIGNING_FILE, key.private_bytes_raw(), public_of(key)
    return write_wrapped(path, secret, passphrase, kind=_SIGNING, public=public, now=now, cost=cost).public


def signing_public(path: Path) -> str:
    """Return the public part of a signing key's file; needs no passphrase."""
    return read_told(path, _SIGNING).public


def open_signing_key(path: Path, passphrase: bytes) -> Ed25519PrivateKey:
    """Unwrap a source's signing key. Raises :class:`KeyUnavailable`: KEY_MISSING, KEY_WRONG."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(read_wrapped(path, passphrase, _SIGNING))


def make_receiver_key(folder: Path, passphrase: bytes, now: datetime, *, cost: Cost | None = None) -> str:
    """Make a receiver's age identity in ``folder`` and return its recipient, which sources seal for.

    Raises :class:`UsageError` (KEY_EXISTS), :class:`KeyUnavailable` (KEY_MISSING) without a passphrase.
    """
    from pyrage import x25519

    identity = x25519.Identity.generate()
    path, secret, public = folder / RECEIVER_FILE, str(identity).encode(), str(identity.to_public())
    return write_wrapped(path, secret, passphrase, kind=_RECEIVER, public=public, now=now, cost=cost).public


def receiver_public(path: Path) -> str:
    """Return the recipient of a receiver key's file; needs no passphrase."""
    return read_told(path, _RECEIVER).public


def recipient_of(text: str) -> x25519.Recipient:
    """Read an age recipient; raise :class:`UsageError` (INPUT_INVALID) when it is none."""
    from pyrage import RecipientError, x25519

    try:
        return x25519.Recipient.from_str(text)
    except RecipientError:
        raise UsageError(Reason.INPUT_INVALID, "not an age recipient (age1...)") from None


class Receiver:
    """The identities of one installation. Public parts are read when asked for, secrets when first opened with."""

    def __init__(self, folder: Path, passphrase: Callable[[], bytes]) -> None:
        self._folder, self._passphrase = folder, passphrase
        self._opened: dict[str, x25519.Identity] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Receiver({len(self.recipients())} identities)"

    def recipients(self) -> dict[str, Path]:
        """Return each recipient that this installation can open for, with its file; unreadable files are none."""
        found = {}
        for path in sorted(self._folder.glob("receiver*.json")):
            try:
                found[receiver_public(path)] = path
            except KeyUnavailable:
                continue
        return found

    def identity(self, recipient: str) -> x25519.Identity:
        """Return what opens envelopes for ``recipient``; raises :class:`KeyUnavailable` as unwrapping does."""
        from pyrage import x25519

        with self._lock:
            if recipient not in self._opened:
                path = self.recipients().get(recipient)
                if path is None:
                    raise KeyUnavailable(Reason.KEY_MISSING)
                secret = read_wrapped(path, self._passphrase(), _RECEIVER)
                self._opened[recipient] = x25519.Identity.from_str(secret.decode())
            return self._opened[recipient]


@lru_cache(maxsize=4)
def receiver_of(folder: Path, passphrase: bytes) -> Receiver:
    """Return the identities in a folder, the same ones to all who ask here: unwrapping one takes a while."""
    return Receiver(folder, lambda: passphrase)
