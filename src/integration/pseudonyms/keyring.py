"""The keyring: versioned root keys, wrapped under a passphrase, and the keys derived from them.

``keyring.json`` holds one 32-byte root a version, wrapped by AES-256-GCM under a key that Argon2id makes from
the passphrase. Everything else is derived: HKDF-SHA-256 (RFC 5869) over the root with the info text
``integration/v1/<domain>/<purpose>``. A version is for all domains or for one; a domain's tokens pass through every
version of its own, in order (its chain). No key, a wrong key or a destroyed key stops a stage before it writes
anything. Errors never hold a key, a passphrase or a path. What changes a keyring is in
:mod:`integration.pseudonyms.keyring_changes`.
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
from integration.wrapping import RANDOM, Cost, new_kdf, sound_kdf, unwrap, wrap, wrapping_key

FORMAT = "integration-keyring/1"
ACTIVE, CHAINED, DESTROYED = "active", "chained", "destroyed"
STATES = (ACTIVE, CHAINED, DESTROYED)

COST = Cost()
"""Argon2id's cost: RFC 9106's second recommended option; every delivery's process pays it once (0.2 s)."""
_ROOT_BYTES = 32


@dataclass(frozen=True)
class KeyVersion:
    """What may be told of a key: version, state, when it was made, the fingerprint of its root, and its place.

    ``scope`` is the one domain it is for, empty for all. ``begins``: a chain begins with it, whatever was before.
    ``pending``: a rotation to it is not whole yet, and nothing but that rotation uses it.
    """

    version: int
    state: str
    created_at: str
    fingerprint: str
    scope: str = ""
    begins: bool = False
    pending: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As it stands in the file: what is not so is left out."""
        return {name: value for name, value in vars(self).items() if value not in ("", False)}


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
    """An opened keyring: keys and token makers of every domain's chain. Never pickle it.

    ``pending`` also counts the version that an unfinished rotation is re-keying to.
    """

    def __init__(self, vault: Vault, *, pending: bool = False) -> None:
        self._versions = tuple(entry for entry in vault.versions() if pending or not entry.pending)
        self._live = tuple(entry for entry in self._versions if entry.state != DESTROYED)
        if not self._live:
            raise KeyUnavailable(Reason.KEY_DESTROYED if self._versions else Reason.KEY_MISSING)
        self._vault = vault

    def __repr__(self) -> str:
        return f"Keyring(versions={','.join(str(entry.version) for entry in self._live)})"

    def version_of(self, domain: DomainCode) -> int:
        """The version that a domain's pseudonyms bear: the last of its chain.

        Raises :class:`KeyUnavailable` (KEY_DESTROYED) when a version of the chain is gone: new tokens would match
        nothing that is held.
        """
        return self._chain(domain)[-1].version

    def subkey(self, domain: DomainCode, purpose: str) -> bytes:
        """Return the 32-byte key of a domain's own version for one purpose."""
        return self._derive(self.version_of(domain), domain, purpose)

    def maker(self, domain: DomainCode, purpose: str) -> TokenMaker:
        """Return a maker of one domain and purpose's tokens, through every key of the domain's chain."""
        return TokenMaker(self.version_of(domain), domain, purpose, self.chain(domain, purpose))

    def chain(self, domain: DomainCode, purpose: str) -> list[bytes]:
        """Return one purpose's key of every version of a domain's chain, in the order in which they are applied."""
        return [self._derive(entry.version, domain, purpose) for entry in self._chain(domain)]

    def next_step(self, domain: DomainCode, purpose: str) -> TokenMaker:
        """Return what re-keys: from the 16 bytes of a token of the version before to the token of the last one."""
        return TokenMaker(self.version_of(domain), domain, purpose, [self.subkey(domain, purpose)])

    def fingerprints(self, domain: DomainCode | None = None, purposes: Iterable[str] = ()) -> dict[str, str]:
        """Return fingerprints: ``<version>`` of roots, ``<version>.<domain>.<purpose>`` of derived keys.

        With a domain, those of its chain; without, every version that is not destroyed.
        """
        chain = self._live if domain is None else self._chain(domain)
        found = {str(entry.version): entry.fingerprint for entry in chain}
        if domain is not None:
            for purpose in purposes:
                found[f"{chain[-1].version}.{domain}.{purpose}"] = fingerprint(self.subkey(domain, purpose))
        return found

    def signing_seeds(self) -> list[bytes]:
        """Return the seeds of the Ed25519 keys that sign the audit's heads: oldest version first, the last one signs.

        The log is of the whole installation, so versions of one domain sign too. Their info text has no domain, so
        that no other key is derived from it.
        """
        return [self._vault.derive(entry.version, b"integration/v1/audit-heads") for entry in self._live]

    def _chain(self, domain: DomainCode) -> tuple[KeyVersion, ...]:
        own = [entry for entry in self._versions if entry.scope in ("", domain)]
        start = max((place for place, entry in enumerate(own) if entry.begins), default=0)
        chain = tuple(own[start:])
        if not chain:
            raise KeyUnavailable(Reason.KEY_MISSING)
        if any(entry.state == DESTROYED for entry in chain):
            raise KeyUnavailable(Reason.KEY_DESTROYED)
        return chain

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


def init_keyring(path: Path, passphrase: bytes, now: datetime, *, cost: Cost | None = None) -> KeyVersion:
    """Make a keyring with one new active root, readable by its owner only; ``cost``: None for :data:`COST`.

    Raises :class:`UsageError` (KEY_EXISTS) when there is one already: a keyring is never overwritten.
    """
    if path.exists():
        raise UsageError(Reason.KEY_EXISTS)
    if not passphrase:
        raise KeyUnavailable(Reason.KEY_MISSING)
    kdf = new_kdf(cost or COST)
    root = secrets.token_bytes(_ROOT_BYTES)
    entry = KeyVersion(1, ACTIVE, now.isoformat(timespec="seconds"), fingerprint(root))
    wrapped = wrapped_root(wrapping_key(passphrase, kdf), root, entry)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_json(path, {"format": FORMAT, "kdf": kdf, "keys": [wrapped]}, mode=0o600)
    return entry


def list_keys(path: Path) -> list[KeyVersion]:
    """Return the versions in a keyring, oldest first; needs no passphrase. KEY_MISSING without a keyring."""
    return [version_in(item) for item in read_keyring(path)["keys"]]


def open_keyring(path: Path, passphrase: bytes, *, pending: bool = False) -> Keyring:
    """Unwrap the keyring; ``pending`` is for rotation alone.

    Raises :class:`KeyUnavailable`: KEY_MISSING (no keyring, or it cannot be read), KEY_WRONG (the passphrase
    does not fit), KEY_DESTROYED (no usable version is left).
    """
    content = read_keyring(path)
    versions = tuple(version_in(item) for item in content["keys"])
    if all(entry.state == DESTROYED for entry in versions):
        raise KeyUnavailable(Reason.KEY_DESTROYED)
    return Keyring(FileVault(versions, unwrapped_roots(content, passphrase)), pending=pending)


def unwrapped_roots(content: dict[str, Any], passphrase: bytes) -> dict[int, bytes]:
    """The roots of a keyring's content, by version; raises what :func:`open_keyring` does."""
    wrapping = wrapping_key(passphrase, content["kdf"])
    live = [item for item in content["keys"] if item["state"] != DESTROYED]
    return {int(item["version"]): _unwrapped(wrapping, item) for item in live}


def make_demo_keyring(zones: Zones) -> None:
    """Make a keyring and a random passphrase beside it, for the demo and tests; leave an existing one alone.

    In production the passphrase comes from elsewhere (a mounted secret, the environment) and never lies here.
    """
    keyring, passphrase = zones.keys / "keyring.json", zones.keys / "passphrase"
    if keyring.exists():
        return
    zones.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_bytes(passphrase, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)
    init_keyring(keyring, passphrase.read_bytes().strip(), datetime.now().astimezone(), cost=RANDOM)


def _bound(entry: KeyVersion) -> bytes:
    """Return what the wrapping authenticates beside the root: all that is told of it but its state."""
    place = [f"/scope {entry.scope}"] * bool(entry.scope) + ["/begins"] * entry.begins
    return f"{FORMAT}/{entry.version}/{entry.created_at}/{entry.fingerprint}{''.join(place)}".encode()


def wrapped_root(wrapping: bytes, root: bytes, entry: KeyVersion) -> dict[str, Any]:
    """A version as it stands in the file."""
    nonce, sealed = wrap(wrapping, root, _bound(entry))
    return {**entry.as_dict(), "wrap": {"name": "aes-256-gcm", "nonce": nonce, "root": sealed}}


def _unwrapped(wrapping: bytes, item: dict[str, Any]) -> bytes:
    try:
        nonce, sealed = (item["wrap"][part] for part in ("nonce", "root"))
        return unwrap(wrapping, nonce, sealed, _bound(version_in(item)))
    except (KeyError, TypeError, ValueError):
        raise KeyUnavailable(Reason.KEY_MISSING, "the keyring cannot be read") from None


def version_in(item: dict[str, Any]) -> KeyVersion:
    """What the file says of a version; one without a scope is for all domains."""
    return KeyVersion(
        item["version"],
        item["state"],
        item["created_at"],
        item["fingerprint"],
        item.get("scope", ""),
        item.get("begins", False),
        item.get("pending", False),
    )


def read_keyring(path: Path) -> dict[str, Any]:
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
    known = [version_in(item) for item in keys]
    numbers = [entry.version for entry in known]
    return (
        bool(known)
        and numbers == sorted(set(numbers))
        and all(isinstance(entry.version, int) and entry.state in STATES for entry in known)
        and all(isinstance(entry.begins, bool) and isinstance(entry.pending, bool) for entry in known)
        and all(
            isinstance(text, str)
            for entry in known
            for text in (entry.created_at, entry.fingerprint, entry.scope)
        )
        and [entry.pending for entry in known].count(True) <= 1
    )
