"""Salted filters of names: bits that two names with grams in common share, readable only with key and salt.

A name is padded and cut into grams. Each gram and salt give one AES block; the block sets one bit in each of its
lanes (equal stretches) of the filter; the filter is all its grams' bits together. With another salt the same name
has other bits, so only records that share a salt can be compared, or attacked together.

Filters get the first pass only: bits cannot be keyed a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from integration.pseudonyms.link_digests import BLOCK, Array, BlockCipher, Cmac, Places, Words, derived_key
from integration.pseudonyms.link_parameters import FilterParameters

_PAD = "\x02"
"""No normalised name holds it."""
_MOST_GRAMS = 60
"""Grams of a name that count, from its beginning."""
_SIGN_BITS = 21
"""A sign of Unicode fits in so many bits; three of them in a word."""


@dataclass(frozen=True)
class NameGrams:
    """The grams' digests of distinct names, name after name: ``digests[start:start + count]``."""

    digests: Words
    start: Places
    count: Places


class GramTable:
    """The digests of the grams of one field, each made once. It holds a key."""

    def __init__(self, key: bytes, field: str, parameters: FilterParameters) -> None:
        self._mac = Cmac(derived_key(key, f"gram {field}", BLOCK))
        self._q, self._padding = parameters.q, parameters.padding

    def __repr__(self) -> str:
        return "GramTable()"

    def names(self, names: Array) -> NameGrams:
        """Return the grams' digests of names; null has none."""
        pad = _PAD * self._padding
        padded = [f"{pad}{name}{pad}" if name else "" for name in names.to_pylist()]
        sizes = np.fromiter(map(len, padded), dtype=np.int64, count=len(padded))
        count = np.clip(sizes - self._q + 1, 0, _MOST_GRAMS)
        start = np.cumsum(count) - count
        first = np.arange(count.sum()) + np.repeat(np.cumsum(sizes) - sizes - start, count)
        signs = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(
            np.int64
        )
        numbers = np.zeros(len(first), dtype=np.int64)
        for place in range(self._q):
            numbers = numbers << _SIGN_BITS | signs[first + place]
        coded: Any = pa.array(numbers).dictionary_encode()
        digests, _ = self._mac.of_texts(
            pa.array(map(self._text, coded.dictionary.to_pylist()), type=pa.string())
        )
        return NameGrams(digests[coded.indices.to_numpy()], start, count)

    def _text(self, number: int) -> str:
        """The gram whose signs stand side by side in a number."""
        places = range(self._q - 1, -1, -1)
        return "".join(chr(number >> _SIGN_BITS * place & (1 << _SIGN_BITS) - 1) for place in places)


class FilterMaker:
    """The filters of one field in one channel. It holds a key."""

    def __init__(self, key: bytes, field: str, channel: str, parameters: FilterParameters) -> None:
        self._cipher = BlockCipher(derived_key(key, f"filter {field} {channel}", BLOCK))
        width = BLOCK // parameters.lanes
        self._lane = np.dtype(f"<u{width}")
        self._one, self._places = self._lane.type(1), self._lane.type(8 * width - 1)

    def __repr__(self) -> str:
        return "FilterMaker()"

    def words(self, names: NameGrams, codes: Places, salt: Words) -> Words:
        """Return the filters of rows, shape (n, 2): ``codes`` are the rows' names, ``salt`` their blocks.

        Every row has a name and a salt.
        """
        if not len(codes):
            return np.empty((0, 2), dtype="<u8")
        count = names.count[codes]
        ends = np.cumsum(count)
        starts = ends - count
        places = np.arange(ends[-1]) + np.repeat(names.start[codes] - starts, count)
        blocks = np.take(names.digests, places, axis=0)
        blocks ^= np.repeat(salt, count, axis=0)
        made: Words = np.bitwise_or.reduceat(self._bits(self._cipher.encrypt(blocks)), starts, axis=0)
        return made

    def _bits(self, blocks: Words) -> Words:
        """One bit in each lane: the last bits of each lane of a block say which."""
        lanes = blocks.view(self._lane)
        made: Words = np.left_shift(self._one, lanes & self._places).view("<u8").reshape(-1, 2)
        return made
