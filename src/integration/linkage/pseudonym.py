"""The pseudonyms that linkage gives out: persons and families of a domain's output.

They are made with keys of their own, so that who sees the output cannot go back to the tokens that deliveries
carry. HMAC is done here and not in SQL: no key ever reaches the database, its spill files or its profiles.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from integration.names import DomainCode

VERSION = 1
"""The version of the keys in use; it is the first part of every pseudonym."""


def pseudonymiser(domain: DomainCode, purpose: str, key: bytes) -> Callable[[str], str]:
    """Return the function from a text to ``<version>.<domain>.<purpose>.<32 hex>`` (128 bits of HMAC-SHA-256)."""
    prefix = f"{VERSION}.{domain}.{purpose}."

    def pseudonym(text: str) -> str:
        return prefix + hmac.digest(key, text.encode(), "sha256").hex()[:32]

    return pseudonym
