"""Secrets under a passphrase: wrapped by AES-256-GCM under a key that Argon2id makes from it.

The first functions are what the keyring (`pseudonyms/keyring.py`) wraps its roots with; the others keep one secret in
a file of its own, for keys that encode nothing: the one a source signs with and the one a receiver opens envelopes
with. What the file says of the secret in the clear (kind, public part, when it was made) is bound to it: another's
public part beside a secret does not open. Errors never hold a secret, a passphrase or a path.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from integration.errors import KeyUnavailable, UsageError
from integration.reasons import Reason
from integration.storage import write_json

FORMAT = "integration-wrapped-key/1"
_SALT_BYTES, _NONCE_BYTES = 16, 12
_ONE_AT_A_TIME = Lock()
"""Two threads that derive at once wait for each other for ever: OpenSSL's Argon2 shares one pool of threads."""


@dataclass(frozen=True)
class Cost:
    """What one guess of the passphrase costs (Argon2id); the default is RFC 9106's second recommended option."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4


_MOST = Cost(1024 * 1024, 16, 16)
RANDOM = Cost(memory_kib=1024, passes=1, lanes=1)
"""Enough for a passphrase that is random itself: 256 bits gain nothing by being stretched."""


def new_kdf(cost: Cost) -> dict[str, Any]:
    """Return what a file says of its wrapping key: Argon2id, a fresh salt and the cost."""
    return {"name": "argon2id", **asdict(cost), "salt": secrets.token_hex(_SALT_BYTES)}


def sound_kdf(kdf: Mapping[str, Any]) -> bool:
    """Whether a file's description can be followed, within bounds. Raises what a description of other types does."""
    return (
        kdf["name"] == "argon2id"
        and 8 * kdf["lanes"] <= kdf["memory_kib"] <= _MOST.memory_kib
        and 1 <= kdf["passes"] <= _MOST.passes
        and 1 <= kdf["lanes"] <= _MOST.lanes
        and len(bytes.fromhex(kdf["salt"])) >= _SALT_BYTES
    )


def wrapping_key(passphrase: bytes, kdf: Mapping[str, Any]) -> bytes:
    """The 32 bytes that Argon2id makes of a passphrase (RFC 9106)."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kind = Argon2id(
        salt=bytes.fromhex(kdf["salt"]),
        length=32,
        iterations=kdf["passes"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    )
    with _ONE_AT_A_TIME:
        return kind.derive(passphrase)


def wrap(key: bytes, secret: bytes, bound: bytes) -> tuple[str, str]:
    """Encrypt a secret, bound to what is told of it; the nonce and the sealed secret in hexadecimal digits."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce.hex(), AESGCM(key).encrypt(nonce, secret, bound).hex()


def unwrap(key: bytes, nonce: str, sealed: str, bound: bytes) -> bytes:
    """Decrypt it. Raises KeyUnavailable KEY_WRONG when key or binding differ, ValueError when it is no hexadecimal."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(bytes.fromhex(nonce), bytes.fromhex(sealed), bound)
    except InvalidTag:
        raise KeyUnavailable(Reason.KEY_WRONG) from None


@dataclass(frozen=True)
class Told:
    """What a wrapped key's file says in the clear: what it is for, its public part, when it was made."""

    kind: str
    public: str
    created_at: str


def write_wrapped(
    path: Path,
    secret: bytes,
    passphrase: bytes,
    *,
    kind: str,
    public: str,
    now: datetime,
    cost: Cost | None = None,
) -> Told:
    """Wrap a secret and write it, readable by its owner only.

    Raises :class:`UsageError` (KEY_EXISTS) when the file is there: a key is never overwritten, and
    :class:`KeyUnavailable` (KEY_MISSING) without a passphrase.
    """
    if path.exists():
        raise UsageError(Reason.KEY_EXISTS)
    if not passphrase:
        raise KeyUnavailable(Reason.KEY_MISSING)
    told = Told(kind, public, now.isoformat(timespec="seconds"))
    kdf = new_kdf(cost or Cost())
    nonce, sealed = wrap(wrapping_key(passphrase, kdf), secret, _bound(told))
    wrapped = {"name": "aes-256-gcm", "nonce": nonce, "secret": sealed}
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(path, {"format": FORMAT, **vars(told), "kdf": kdf, "wrap": wrapped}, mode=0o600)
    return told


def read_told(path: Path, kind: str) -> Told:
    """Return what is told of a wrapped key; needs no passphrase. KEY_MISSING when there is none of this kind."""
    return _told(_read(path, kind))


def read_wrapped(path: Path, passphrase: bytes, kind: str) -> bytes:
    """Return the secret. Raises :class:`KeyUnavailable`: KEY_MISSING (no such key, or unreadable), KEY_WRONG."""
    content = _read(path, kind)
    try:
        nonce, sealed = (content["wrap"][part] for part in ("nonce", "secret"))
        return unwrap(wrapping_key(passphrase, content["kdf"]), nonce, sealed, _bound(_told(content)))
    except (KeyError, TypeError, ValueError):
        raise KeyUnavailable(Reason.KEY_MISSING, "the key file cannot be read") from None


def unwraps(path: Path, passphrase: bytes) -> bool:
    """Whether this passphrase opens the file, whatever its kind; KEY_MISSING when it is no wrapped key."""
    try:
        read_wrapped(path, passphrase, _kind(path))
    except KeyUnavailable as error:
        if error.reason is Reason.KEY_WRONG:
            return False
        raise
    return True


def rewrap_file(path: Path, passphrase: bytes, fresh: bytes, *, cost: Cost | None = None) -> None:
    """Put a key's file under another passphrase, with a new salt; the key and what is told of it stay.

    Raises :class:`KeyUnavailable`: KEY_MISSING, KEY_WRONG. What the old file held is gone when this returns.
    """
    kind = _kind(path)
    secret, told, kdf = read_wrapped(path, passphrase, kind), read_told(path, kind), new_kdf(cost or Cost())
    nonce, sealed = wrap(wrapping_key(fresh, kdf), secret, _bound(told))
    wrapped = {"name": "aes-256-gcm", "nonce": nonce, "secret": sealed}
    write_json(path, {"format": FORMAT, **vars(told), "kdf": kdf, "wrap": wrapped}, mode=0o600)


def _kind(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["kind"])
    except (OSError, ValueError, KeyError, TypeError):
        raise KeyUnavailable(Reason.KEY_MISSING, "the key file cannot be read") from None


def _told(content: Mapping[str, Any]) -> Told:
    return Told(content["kind"], content["public"], content["created_at"])


def _bound(told: Told) -> bytes:
    return f"{FORMAT}/{told.kind}/{told.created_at}/{told.public}".encode()


def _read(path: Path, kind: str) -> dict[str, Any]:
    """Return the file's content; a damaged file, or one of another kind, is as good as none."""
    try:
        content = json.loads(path.read_bytes())
        sound = (
            content["format"] == FORMAT
            and content["kind"] == kind
            and all(isinstance(content[name], str) for name in ("public", "created_at"))
            and sound_kdf(content["kdf"])
        )
    except FileNotFoundError:
        raise KeyUnavailable(Reason.KEY_MISSING) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise KeyUnavailable(Reason.KEY_MISSING, "the key file cannot be read")
    return dict(content)
