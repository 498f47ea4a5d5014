"""Whether a keyring is the one that a domain is held under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.errors import KeyUnavailable
from integration.names import DomainCode
from integration.reasons import Reason
from integration.storage import Zones, read_json

if TYPE_CHECKING:
    from integration.pseudonyms.keyring import Keyring


def check_fingerprints(zones: Zones, domain: DomainCode, keys: Keyring) -> None:
    """Hold the keyring against what is held of this domain.

    A passphrase that opens a keyring does not prove that it is the same keyring, nor the newest: another root, or an
    older copy of the file, would make pseudonyms that match nothing. Raises :class:`KeyUnavailable`: KEY_WRONG,
    KEY_DESTROYED.
    """
    mine = keys.fingerprints(domain)
    newest = keys.version_of(domain)
    encoded = next((zones.staging / domain).glob("*/*/encode.json"), None)
    for path in (encoded, zones.warehouse / f"{domain}.json"):
        known = read_json(path).get("key_fingerprints", {}) if path is not None and path.exists() else {}
        roots = {name: mark for name, mark in known.items() if name.isdigit()}
        if any(mine.get(name) != mark for name, mark in roots.items()):
            raise KeyUnavailable(Reason.KEY_WRONG)
        if roots and max(map(int, roots)) != newest:
            raise KeyUnavailable(Reason.KEY_WRONG)
