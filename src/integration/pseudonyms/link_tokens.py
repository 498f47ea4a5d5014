"""Tokens of the link encoding: millions a second, from digests that are made once for each distinct value.

A part's value becomes 16 bytes of AES-CMAC under a key of that part's own. A token is AES-CMAC over one block,
the exclusive or of its parts' digests and its label's, cut to 8 bytes. A second pass, or a rotation, is the same
MAC under the next key over those 8 bytes. Why: docs/adr/0023-link-encoding.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from integration.pseudonyms.link_digests import BLOCK, Array, Cmac, Known, Words, derived_key

Tokens = npt.NDArray[np.int64]


class PartDigests:
    """Digests of the values of one part. It holds a key."""

    def __init__(self, key: bytes, part: str) -> None:
        self._mac = Cmac(derived_key(key, f"part {part}", BLOCK))

    def __repr__(self) -> str:
        return "PartDigests()"

    def blocks(self, values: Array) -> tuple[Words, Known]:
        """Return a block for each value (zeros for null) and which are known."""
        return self._mac.of_texts(values)


class TokenCombiner:
    """Tokens from the digests of parts. It holds a key."""

    def __init__(self, key: bytes) -> None:
        self._mac = Cmac(derived_key(key, "token", BLOCK))
        self._labels = Cmac(derived_key(key, "label", BLOCK))

    def __repr__(self) -> str:
        return "TokenCombiner()"

    def tokens(self, label: str, parts: Iterable[Words]) -> Tokens:
        """Return the tokens of rows whose parts' digests are given, each of shape (n, 2)."""
        blocks, _ = self._labels.of_texts(pa.array([label]))
        for part in parts:
            blocks = blocks ^ part
        return _first_words(self._mac.of_blocks(blocks))


class Rekeyer:
    """The second pass, or one step of a rotation: tokens under the next key. It holds a key."""

    def __init__(self, key: bytes) -> None:
        self._mac = Cmac(derived_key(key, "rekey", BLOCK))

    def __repr__(self) -> str:
        return "Rekeyer()"

    def tokens(self, tokens: Tokens) -> Tokens:
        """Return as many tokens, of the same labels, under this key."""
        blocks = np.zeros((len(tokens), 2), dtype="<u8")
        blocks[:, 0] = tokens.view(np.uint64)
        return _first_words(self._mac.of_blocks(blocks))


def _first_words(macs: Words) -> Tokens:
    """The first 8 bytes of each, as a signed little-endian number."""
    return macs[:, 0].copy().view("<i8")
