"""Tokens of the link encoding: millions a second, from digests that are made once for each distinct value.

A part's value becomes 16 bytes of HMAC-SHA-256 under a key of that part's own. A token is AES-CMAC (RFC 4493, a
message of one block) over the exclusive or of its parts' digests and its label's, cut to 8 bytes. A second
pass, or a rotation, is the same MAC under the next key over those 8 bytes. Why: docs/adr/0023.

Everything here holds keys: never log, pickle or return them. Blocks are arrays of two little-endian words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from integration.pseudonyms.keyring import hkdf
from integration.pseudonyms.tokens import DigestMaker, labelled

Words = npt.NDArray[np.uint64]
"""Blocks of 16 bytes, shape (n, 2); or words of them, shape (n,)."""
Tokens = npt.NDArray[np.int64]
Known = npt.NDArray[np.bool_]

LEAST_KEY_BYTES = 16
_BLOCK = 16
_PURPOSE = b"integration link encoding 1 "


def derived_key(key: bytes, purpose: str, length: int = 32) -> bytes:
    """Return the key of one purpose (HKDF-SHA-256); ValueError for a key under 128 bits."""
    if len(key) < LEAST_KEY_BYTES:
        raise ValueError("a key of the link encoding has at least 16 bytes")
    return hkdf(key, _PURPOSE + purpose.encode("ascii"), length=length)


class BlockCipher:
    """AES of many blocks in one call. ECB is the bare block function here: inputs are digests, outputs are cut."""

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  # the block function itself

    def __repr__(self) -> str:
        return "BlockCipher()"

    def encrypt(self, blocks: Words) -> Words:
        """Return the encrypted blocks, shape (n, 2)."""
        if not len(blocks):
            return blocks.copy()
        made = np.empty(blocks.nbytes + _BLOCK, dtype=np.uint8)
        source = memoryview(np.ascontiguousarray(blocks)).cast("B")
        self._encryptor.update_into(source, memoryview(made))
        return made[: blocks.nbytes].view("<u8").reshape(-1, 2)


class BlockMac:
    """AES-CMAC (RFC 4493) of messages of exactly one block, many at once."""

    def __init__(self, key: bytes) -> None:
        self._cipher = BlockCipher(key)
        zero = self._cipher.encrypt(np.zeros((1, 2), dtype="<u8")).tobytes()
        self._subkey = as_blocks([_doubled(zero)])

    def __repr__(self) -> str:
        return "BlockMac()"

    def macs(self, blocks: Words) -> Words:
        """Return the 16 bytes of each message, shape (n, 2)."""
        return self._cipher.encrypt(blocks ^ self._subkey)

    def tokens(self, blocks: Words) -> Tokens:
        """Return the first 8 bytes of each MAC, as a signed little-endian number."""
        return self.macs(blocks)[:, 0].view("<i8").copy()


class PartDigests:
    """Digests of the values of one part."""

    def __init__(self, key: bytes, part: str) -> None:
        self._maker = DigestMaker(derived_key(key, f"part {part}"))

    def __repr__(self) -> str:
        return "PartDigests()"

    def blocks(self, values: Sequence[str | None]) -> tuple[Words, Known]:
        """Return a block for each value (zeros for None) and which are known."""
        known = np.fromiter((value is not None for value in values), dtype=np.bool_, count=len(values))
        made = np.zeros((len(values), 2), dtype="<u8")
        encoded = (value.encode("utf-8", "surrogatepass") for value in values if value is not None)
        made[known] = as_blocks(self._maker.each(encoded))
        return made, known


class TokenCombiner:
    """Tokens from the digests of parts."""

    def __init__(self, key: bytes) -> None:
        self._mac = BlockMac(derived_key(key, "token", _BLOCK))
        self._labels = DigestMaker(derived_key(key, "label"))

    def __repr__(self) -> str:
        return "TokenCombiner()"

    def tokens(self, label: str, parts: Iterable[Words]) -> Tokens:
        """Return the tokens of rows whose parts' digests are given, each of shape (n, 2)."""
        blocks: Words = as_blocks([self._labels.digest(labelled("label", label))])
        for part in parts:
            blocks = blocks ^ part
        return self._mac.tokens(blocks)


class Rekeyer:
    """The second pass, or one step of a rotation: tokens under the next key."""

    def __init__(self, key: bytes) -> None:
        self._mac = BlockMac(derived_key(key, "rekey", _BLOCK))

    def __repr__(self) -> str:
        return "Rekeyer()"

    def tokens(self, tokens: Tokens) -> Tokens:
        """Return as many tokens, of the same labels, under this key."""
        blocks = np.zeros((len(tokens), 2), dtype="<u8")
        blocks[:, 0] = tokens.view(np.uint64)
        return self._mac.tokens(blocks)


def as_blocks(digests: Sequence[bytes]) -> Words:
    """Return digests of 16 bytes as blocks."""
    return np.frombuffer(b"".join(digests), dtype="<u8").reshape(-1, 2)


def _doubled(block: bytes) -> bytes:
    """Multiply by x in GF(2^128), as RFC 4493 makes its first subkey."""
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(_BLOCK, "big")
