"""What names the keys and parameters that a domain's columns for linkage are made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.pseudonyms.first_pass import LINK
from integration.pseudonyms.link_parameters import load_parameters

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring


def link_mark(keys: Keyring, domain: DomainCode) -> str:
    """Return ``<encoding version> <key version>.<domain>.link <fingerprint>``: only what is equal may be compared."""
    name = f"{keys.version_of(domain)}.{domain}.{LINK}"
    return f"{load_parameters().version} {name} {keys.fingerprints(domain, (LINK,))[name]}"
