"""What changes a keyring: a version is added, settled, destroyed, and all of it is wrapped anew.

Every change writes a fresh file that takes the old one's place at once: a killed process leaves the one or the
other. What the old file held is written over where it lay, as far as the disk allows.
"""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from integration.errors import IntegrationError, KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms import keyring
from integration.pseudonyms.keyring import (
    ACTIVE,
    CHAINED,
    DESTROYED,
    KeyVersion,
    list_keys,
    read_keyring,
    unwrapped_roots,
    version_in,
    wrapped_root,
)
from integration.pseudonyms.tokens import fingerprint
from integration.reasons import Reason
from integration.storage import write_json
from integration.wrapping import new_kdf, wrapping_key

_ROOT_BYTES = 32
_MOST_VERSIONS = 9999


def pending_version(path: Path) -> KeyVersion | None:
    """The version that an unfinished rotation re-keys to; None when there is none, or no keyring."""
    try:
        return next((entry for entry in list_keys(path) if entry.pending), None)
    except KeyUnavailable:
        return None


def add_pending(
    path: Path, passphrase: bytes, now: datetime, *, scope: DomainCode | None = None, begins: bool = False
) -> KeyVersion:
    """Add a version with a new root, which nothing uses yet; for all domains or for one.

    Raises what opening does, and :class:`IntegrationError` (ROTATION_UNFINISHED) when one is pending already.
    """
    content = read_keyring(path)
    unwrapped_roots(content, passphrase)
    known = [version_in(item) for item in content["keys"]]
    if any(entry.pending for entry in known):
        raise IntegrationError(Reason.ROTATION_UNFINISHED)
    number = known[-1].version + 1
    if number > _MOST_VERSIONS:
        raise UsageError(Reason.INPUT_INVALID, "no more versions")
    root = secrets.token_bytes(_ROOT_BYTES)
    entry = KeyVersion(
        number,
        ACTIVE,
        now.isoformat(timespec="seconds"),
        fingerprint(root),
        scope or "",
        begins,
        pending=True,
    )
    content["keys"].append(wrapped_root(wrapping_key(passphrase, content["kdf"]), root, entry))
    _write(path, content)
    return entry


def drop_pending(path: Path) -> None:
    """Take the pending version out again: nothing was made with it."""
    content = read_keyring(path)
    content["keys"] = [item for item in content["keys"] if not item.get("pending")]
    _write(path, content)


def settle(path: Path) -> None:
    """Make the pending version the one in use; those of its scope before it stay in the chain. Again is nothing."""
    content = read_keyring(path)
    new = next((version_in(item) for item in content["keys"] if item.get("pending")), None)
    if new is None:
        return
    for item in content["keys"]:
        entry = version_in(item)
        if entry.version == new.version:
            item.pop("pending")
        elif entry.state == ACTIVE and new.scope in ("", entry.scope):
            item["state"] = CHAINED
    _write(path, content)


def destroy(path: Path, version: int, confirmed: str, *, scope: DomainCode | None = None) -> KeyVersion:
    """Remove a version's root for good; ``confirmed`` is its fingerprint, as a person typed it.

    Raises :class:`UsageError`: KEY_UNKNOWN (no such version, or not this domain's own), CONFIRMATION_WRONG, and
    :class:`KeyUnavailable`: KEY_DESTROYED (it was before). Needs no passphrase.
    """
    content = read_keyring(path)
    found = [item for item in content["keys"] if item["version"] == version]
    if not found or (scope is not None and found[0].get("scope", "") != scope):
        raise UsageError(Reason.KEY_UNKNOWN)
    item = found[0]
    if item["state"] == DESTROYED:
        raise KeyUnavailable(Reason.KEY_DESTROYED)
    if confirmed.strip() != item["fingerprint"]:
        raise UsageError(Reason.CONFIRMATION_WRONG)
    item |= {"state": DESTROYED, "wrap": None}
    _write(path, content)
    return version_in(item)


def rewrap(path: Path, passphrase: bytes, fresh: bytes) -> None:
    """Wrap every root anew under another passphrase, with a new salt. The roots, and so all tokens, stay."""
    if not fresh:
        raise KeyUnavailable(Reason.KEY_MISSING)
    content = read_keyring(path)
    roots = unwrapped_roots(content, passphrase)
    kdf = new_kdf(keyring.COST)
    wrapping = wrapping_key(fresh, kdf)
    content["kdf"] = kdf
    content["keys"] = [
        wrapped_root(wrapping, roots[item["version"]], version_in(item)) if item["version"] in roots else item
        for item in content["keys"]
    ]
    _write(path, content)


def _write(path: Path, content: dict[str, Any]) -> None:
    """Put a fresh file in the keyring's place, then write over what the old one held."""
    old = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(old).st_size
        write_json(path, content, mode=0o600)
        os.pwrite(old, b"\0" * size, 0)
        os.fsync(old)
    finally:
        os.close(old)
