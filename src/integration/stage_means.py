"""What the stages of the line work with: the ledger, the keyring, and what a domain's published file was made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.ledger import Ledger
from integration.names import DomainCode
from integration.settings import Settings
from integration.storage import read_json

if TYPE_CHECKING:
    from integration.pseudonyms.keyring import Keyring


def open_ledger(settings: Settings) -> Ledger:
    """Open what is known of every delivery."""
    return Ledger(settings.ledger())


def open_keys(settings: Settings) -> Keyring:
    """Open the installation's keyring; raises :class:`KeyUnavailable` when it is missing or the passphrase is wrong."""
    from integration.pseudonyms.keyring import open_keyring

    return open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())


def open_domain_keys(settings: Settings, domain: DomainCode) -> Keyring:
    """Open the keyring and hold it against what is held of the domain.

    Raises :class:`KeyUnavailable` (KEY_WRONG, KEY_DESTROYED), before anything is written.
    """
    from integration.pseudonyms.held import check_fingerprints

    keys = open_keys(settings)
    check_fingerprints(settings.zones, domain, keys)
    return keys


def published_fingerprint(settings: Settings, domain: DomainCode) -> str | None:
    """Return what the domain's published file was built from; None when there is none or its records changed since."""
    path = settings.zones.warehouse / f"{domain}.json"
    if not path.exists() or not settings.zones.published(domain).exists():
        return None
    told = read_json(path)
    return None if told.get("changed") else str(told["fingerprint"])
