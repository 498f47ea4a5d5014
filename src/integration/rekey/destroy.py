"""A key's end, and a passphrase's: crypto-shredding a version, and wrapping all keys anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration import audit
from integration.errors import IntegrationError, KeyUnavailable, UsageError
from integration.pseudonyms import keyring_changes
from integration.pseudonyms.keyring import list_keys, open_keyring
from integration.reasons import Reason
from integration.rekey.guard import alone, one_rotation
from integration.wrapping import rewrap_file, unwraps

if TYPE_CHECKING:
    from pathlib import Path

    from integration.names import DomainCode
    from integration.pseudonyms.keyring import KeyVersion
    from integration.settings import Settings


def destroy(settings: Settings, version: int, confirmed: str, domain: DomainCode | None = None) -> KeyVersion:
    """Destroy a version's root, told in the processing log. What stays is its number, state and fingerprint.

    From then on every domain whose chain it is in is refused (KEY_DESTROYED). Raises what
    :func:`integration.pseudonyms.keyring_changes.destroy` does, and ROTATION_UNFINISHED, ROTATION_RUNNING.
    """
    ring = settings.zones.keys / "keyring.json"
    with one_rotation(settings.zones):
        if keyring_changes.pending_version(ring) is not None:
            raise IntegrationError(Reason.ROTATION_UNFINISHED)
        known = {entry.version for entry in list_keys(ring)}
        if version not in known:
            raise UsageError(Reason.KEY_UNKNOWN)
        audit.sign_or_tell(settings)  # what it signs is signed while it can
        with audit.processing(settings, "keys.destroy", [f"key:{version}"]), alone(settings.zones, domain):
            gone = keyring_changes.destroy(ring, version, confirmed, scope=domain)
        audit.sign_or_tell(settings)
    return gone


def rewrap(settings: Settings, fresh: bytes) -> list[str]:
    """Put every wrapped key of the installation under another passphrase; the names of the files that changed.

    A file that the new passphrase opens already was done by an earlier, killed run and is left alone. Raises
    :class:`KeyUnavailable`: KEY_MISSING, KEY_WRONG; :class:`IntegrationError`: ROTATION_RUNNING.
    """
    folder, old = settings.zones.keys, settings.passphrase_bytes()
    if not fresh:
        raise KeyUnavailable(Reason.KEY_MISSING)
    done = []
    with one_rotation(settings.zones), audit.processing(settings, "keys.rewrap", ["key:all"]):
        ring = folder / "keyring.json"
        if ring.exists() and not _opens(ring, fresh):
            keyring_changes.rewrap(ring, old, fresh)
            done.append(ring.name)
        for path in sorted([*folder.glob("signing*.json"), *folder.glob("receiver*.json")]):
            if not unwraps(path, fresh):
                rewrap_file(path, old, fresh)
                done.append(path.name)
    return done


def _opens(ring: Path, passphrase: bytes) -> bool:
    try:
        open_keyring(ring, passphrase, pending=True)
    except KeyUnavailable as error:
        return error.reason is not Reason.KEY_WRONG
    return True
