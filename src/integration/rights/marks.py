"""Marks: how a person stands on a list without standing there by name or pseudonym.

A mark is the 16 bytes of a person token, turned around by AES-256 under the domain's own key of purpose
``objection``: a permutation of one block, so that the key's holder can tell which delivered token a mark is of, and
nobody else can; the same token gives the same mark. Unlike a hash, a mark can be carried along when keys
are rotated, without any identifier (docs/adr/0021).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from integration.pseudonyms.tokens import parse_token

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring

PURPOSE = "objection"


class Marker:
    """Turns person tokens of one domain into marks and back. It holds a key: never log, pickle or return it."""

    def __init__(self, key: bytes, version: int, domain: DomainCode) -> None:
        self._key, self._version, self._domain = key, version, domain

    def __repr__(self) -> str:
        return f"Marker({self._version}.{self._domain})"

    def mark(self, token: str) -> str:
        """Return a person token's mark. Raises ValueError, without the token, for what is none of this domain."""
        parts = parse_token(token)
        if parts is None or parts.domain != self._domain or parts.purpose != "person":
            raise ValueError("not a person token of this domain")
        return f"{self._version}.{self._domain}.{PURPOSE}.{self._turn(parts.digest, back=False)}"

    def token(self, mark: str) -> str:
        """Return the person token behind a mark. Raises ValueError for a mark of another domain or version."""
        parts = parse_token(mark)
        if parts is None or (parts.version, parts.domain, parts.purpose) != (
            self._version,
            self._domain,
            PURPOSE,
        ):
            raise ValueError("not a mark of this domain and key version")
        return f"{self._version}.{self._domain}.person.{self._turn(parts.digest, back=True)}"

    def tokens(self, marks: Iterable[str]) -> frozenset[str]:
        """Return the person tokens behind marks."""
        return frozenset(self.token(mark) for mark in marks)

    def _turn(self, digits: str, *, back: bool) -> str:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES256
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        # One block that is a pseudorandom value already: the bare block cipher is what is wanted, no mode.
        cipher = Cipher(AES256(self._key), ECB())  # noqa: S305
        step = cipher.decryptor() if back else cipher.encryptor()
        return (step.update(bytes.fromhex(digits)) + step.finalize()).hex()


def marker(keys: Keyring, domain: DomainCode) -> Marker:
    """Return the marker under the domain's active key version."""
    return Marker(keys.subkey(domain, PURPOSE), keys.version_of(domain), domain)
