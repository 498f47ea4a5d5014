"""The keyring: versioned root keys, wrapped under a passphrase, and the keys derived from them.

``keyring.json`` holds one 32-byte root a version, wrapped by AES-256-GCM under a key that Argon2id makes from
the passphrase. Everything else is derived: HKDF-SHA-256 (RFC 5869) over the root with the info text
``integration/v1/<domain>/<purpose>``. No key, a wrong key or a destroyed key stops a stage before it writes
anything. Errors never hold a key, a passphrase or a path.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from integration.errors import KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms.tokens import PURPOSES, TokenMaker, fingerprint
from integration.reasons import Reason
from integration.storage import Zones, write_bytes, write_json
from integration.wrapping import Cost, new_kdf, sound_kdf, unwrap, wrap, wrapping_key

FORMAT = "integration-keyring/1"
ACTIVE, CHAINED, DESTROYED = "active", "chained", "destroyed"
STATES = (ACTIVE, CHAINED, DESTROYED)

MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 4
"""Argon2id's cost: RFC 9106's second recommended option; every delivery's process pays it once (0.2 s)."""
_ROOT_BYTES = 32


@dataclass(frozen=True)
class KeyVersion:
    """What may be told of a key: version, state, when it was made, and the fingerprint of its root."""

    version: int
    state: str
    created_at: str
    fingerprint: str


class Vault(Protocol):
    """Where root keys live. The file below is one; a hardware token or a vault service would be another.

    Only derived keys ever leave it, so a device that keeps its roots to itself fits.
    """

    def versions(self) -> tuple[KeyVersion, ...]:
        """Every key version, oldest first."""
        ...

    def derive(self, version: int, info: bytes) -> bytes:
        """HKDF-SHA-256 over that version's root, without salt, 32 bytes.

        Raises :class:`KeyUnavailable` (KEY_DESTROYED) when the root is gone.
        """
        ...


class Keyring:
    """An opened keyring: keys and token makers of the active version and its chain. Never pickle it."""

    def __init__(self, vault: Vault) -> None:
        versions = vault.versions()
        active = [entry for entry in versions if entry.state == ACTIVE]
        if len(active) != 1:
            gone = any(entry.state == DESTROYED for entry in versions)
            raise KeyUnavailable(Reason.KEY_DESTROYED if gone and not active else Reason.KEY_MISSING)
        self._vault = vault
        self._chain = [entry for entry in versions if entry.state == CHAINED] + active
        self.version = active[0].version

    def __repr__(self) -> str:
        return f"Keyring(version={self.version})"

    def version_of(self, domain: DomainCode) -> int:  # noqa: ARG002  one version for all domains, so far
        """The version that a domain's pseudonyms bear."""
        return self.version

    def next_step(self, domain: DomainCode, purpose: str) -> TokenMaker:
        """Return what re-keys: from the 16 bytes of a token of the version before to the token of the last one."""
        return TokenMaker(self.version_of(domain), domain, purpose, [self.subkey(domain, purpose)])

    def subkey(self, domain: DomainCode, purpose: str) -> bytes:
        """Return the active version's 32-byte key for one domain and purpose."""
        return self._derive(self.version, domain, purpose)

    def maker(self, domain: DomainCode, purpose: str) -> TokenMaker:
        """Return a maker of one domain and purpose's tokens, through every chained key to the active one."""
        keys = [self._derive(entry.version, domain, purpose) for entry in self._chain]
        return TokenMaker(self.version, domain, purpose, keys)

    def fingerprints(self, domain: DomainCode | None = None, purposes: Iterable[str] = ()) -> dict[str, str]:
        """Return fingerprints: ``<version>`` of roots, ``<version>.<domain>.<purpose>`` of derived keys."""
        found = {str(entry.version): entry.fingerprint for entry in self._chain}
        if domain is not None:
            for purpose in purposes:
                found[f"{self.version}.{domain}.{purpose}"] = fingerprint(self.subkey(domain, purpose))
        return found

    def signing_seeds(self) -> list[bytes]:
        """Return the seeds of the Ed25519 keys that sign the audit's heads: chained versions, then the active one.

        Their info text has no domain, so that no other key is derived from it.
        """
        return [self._vault.derive(entry.version, b"integration/v1/audit-heads") for entry in self._chain]

    def _derive(self, version: int, domain: DomainCode, purpose: str) -> bytes:
        if purpose not in PURPOSES:
            raise ValueError("unknown purpose")
        return self._vault.derive(version, f"integration/v1/{domain}/{purpose}".encode("ascii"))


class FileVault:
    """Root keys from ``keyring.json``, unwrapped in this process's memory."""

    def __init__(self, versions: tuple[KeyVersion, ...], roots: dict[int, bytes]) -> None:
        self._versions = versions
        self._roots = roots

    def versions(self) -> tuple[KeyVersion, ...]:
        """Every key version, oldest first."""
        return self._versions

    def derive(self, version: int, info: bytes) -> bytes:
        """HKDF-SHA-256 over that version's root; KEY_DESTROYED when it is gone."""
        if version not in self._roots:
            raise KeyUnavailable(Reason.KEY_DESTROYED)
        return hkdf(self._roots[version], info)


def hkdf(root: bytes, info: bytes, *, salt: bytes | None = None, length: int = 32) -> bytes:
    """HKDF-SHA-256 (RFC 5869)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(root)


def init_keyring(path: Path, passphrase: bytes, now: datetime) -> KeyVersion:
    """Make a keyring with one new active root, readable by its owner only.

    Raises :class:`UsageError` (KEY_EXISTS) when there is one already: a keyring is never overwritten.
    """
    if path.exists():
        raise UsageError(Reason.KEY_EXISTS)
    if not passphrase:
        raise KeyUnavailable(Reason.KEY_MISSING)
    kdf = new_kdf(Cost(MEMORY_KIB, PASSES, LANES))
    root = secrets.token_bytes(_ROOT_BYTES)
    entry = KeyVersion(1, ACTIVE, now.isoformat(timespec="seconds"), fingerprint(root))
    wrapped = _wrapped(wrapping_key(passphrase, kdf), root, entry)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(path, {"format": FORMAT, "kdf": kdf, "keys": [wrapped]}, mode=0o600)
    return entry


def list_keys(path: Path) -> list[KeyVersion]:
    """Return the versions in a keyring, oldest first; needs no passphrase. KEY_MISSING without a keyring."""
    return [_version(item) for item in _read(path)["keys"]]


def open_keyring(path: Path, passphrase: bytes) -> Keyring:
    """Unwrap the keyring.

    Raises :class:`KeyUnavailable`: KEY_MISSING (no keyring, or it cannot be read), KEY_WRONG (the passphrase
    does not fit), KEY_DESTROYED (no usable version is left).
    """
    content = _read(path)
    versions = tuple(_version(item) for item in content["keys"])
    live = [item for item in content["keys"] if item["state"] != DESTROYED]
    if not live:
        raise KeyUnavailable(Reason.KEY_DESTROYED)
    wrapping = wrapping_key(passphrase, content["kdf"])
    roots = {int(item["version"]): _unwrapped(wrapping, item) for item in live}
    return Keyring(FileVault(versions, roots))


def make_demo_keyring(zones: Zones) -> None:
    """Make a keyring and a random passphrase beside it, for the demo and tests; leave an existing one alone.

    In production the passphrase comes from elsewhere (a mounted secret, the environment) and never lies here.
    """
    keyring, passphrase = zones.keys / "keyring.json", zones.keys / "passphrase"
    if keyring.exists():
        return
    zones.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_bytes(passphrase, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)
    init_keyring(keyring, passphrase.read_bytes().strip(), datetime.now().astimezone())


def _bound(entry: KeyVersion) -> bytes:
    """Return what the wrapping authenticates beside the root: all that is told of it but its state."""
    return f"{FORMAT}/{entry.version}/{entry.created_at}/{entry.fingerprint}".encode()


def _wrapped(wrapping: bytes, root: bytes, entry: KeyVersion) -> dict[str, Any]:
    nonce, sealed = wrap(wrapping, root, _bound(entry))
    return {**vars(entry), "wrap": {"name": "aes-256-gcm", "nonce": nonce, "root": sealed}}


def _unwrapped(wrapping: bytes, item: dict[str, Any]) -> bytes:
    try:
        nonce, sealed = (item["wrap"][part] for part in ("nonce", "root"))
        return unwrap(wrapping, nonce, sealed, _bound(_version(item)))
    except (KeyError, TypeError, ValueError):
        raise KeyUnavailable(Reason.KEY_MISSING, "the keyring cannot be read") from None


def _version(item: dict[str, Any]) -> KeyVersion:
    return KeyVersion(item["version"], item["state"], item["created_at"], item["fingerprint"])


def _read(path: Path) -> dict[str, Any]:
    """Return the keyring file's content; a damaged file is as good as none."""
    try:
        content = json.loads(path.read_bytes())
        sound = content["format"] == FORMAT and sound_kdf(content["kdf"]) and _sound_keys(content["keys"])
    except FileNotFoundError:
        raise KeyUnavailable(Reason.KEY_MISSING) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise KeyUnavailable(Reason.KEY_MISSING, "the keyring cannot be read")
    return dict(content)


def _sound_keys(keys: list[dict[str, Any]]) -> bool:
    known = [_version(item) for item in keys]
    numbers = [entry.version for entry in known]
    return (
        bool(known)
        and numbers == sorted(set(numbers))
        and all(isinstance(entry.version, int) and entry.state in STATES for entry in known)
        and all(isinstance(text, str) for entry in known for text in (entry.created_at, entry.fingerprint))
    )
