"""The pseudonyms that linkage gives out: persons and families of a domain's output.

They are made with keys of their own, so that who sees the output cannot go back to the tokens that deliveries
carry. HMAC is done here and not in SQL: no key ever reaches the database, its spill files or its profiles.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from integration.names import DomainCode


@dataclass(frozen=True)
class PseudonymKey:
    """The key of a domain's persons or families, and the version of it that every pseudonym begins with."""

    version: int
    key: bytes = field(repr=False)


def pseudonymiser(domain: DomainCode, purpose: str, key: PseudonymKey) -> Callable[[str], str]:
    """Return the function from a text to ``<version>.<domain>.<purpose>.<32 hex>`` (128 bits of HMAC-SHA-256)."""
    prefix, secret = f"{key.version}.{domain}.{purpose}.", key.key

    def pseudonym(text: str) -> str:
        return prefix + hmac.digest(secret, text.encode(), "sha256").hex()[:32]

    return pseudonym
