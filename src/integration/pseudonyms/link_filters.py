"""Salted filters of names: bits that two names with grams in common share, readable only with key and salt.

A name is padded and cut into grams. Gram and salt give AES blocks; a block sets one bit in each of its lanes (equal
stretches) of the filter; the filter is all its grams' bits together. With another salt the same name has other
bits, so only records that share a salt can be compared, or attacked together.

The grams of a name set a fixed number of bits together: those of a short name set more each, in more blocks, and the
last block of each only some lanes. So a filter's number of bits says next to nothing of the name's length, which
named 2% of the records of a large domain (docs/explanation/linkage.md); and a gram that two names of different
length share still has the bits of the longer one's in common, for they are the first of the same ones.

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
_AGAIN = "\x03"
"""Put behind a gram for each further block of it; no normalised name holds it either."""
_MOST_GRAMS = 60
"""Grams of a name that count, from its beginning."""
_SIGN_BITS = 21
"""A sign of Unicode fits in so many bits; three of them in a word."""


@dataclass(frozen=True)
class NameGrams:
    """The blocks of distinct names' grams, name after name: ``digests[start:start + count]``.

    ``bits`` says of each block how many bits it sets.
    """

    digests: Words
    bits: Places
    start: Places
    count: Places


class GramTable:
    """The digests of the grams of one field, each made once. It holds a key."""

    def __init__(self, key: bytes, field: str, parameters: FilterParameters) -> None:
        self._mac = Cmac(derived_key(key, f"gram {field}", BLOCK))
        self._q, self._padding = parameters.q, parameters.padding
        self._lanes, self._set_bits = parameters.lanes, parameters.set_bits

    def __repr__(self) -> str:
        return "GramTable()"

    def names(self, names: Array) -> NameGrams:
        """Return the blocks of names; null has none."""
        grams, count = self._grams(names)
        bits = _shared_out(self._set_bits, count)
        blocks = -(-bits // self._lanes)
        again = np.arange(blocks.sum()) - np.repeat(np.cumsum(blocks) - blocks, blocks)
        known: Any = pa.array(grams).dictionary_encode()
        most = self._set_bits + 1
        coded: Any = pa.array(np.repeat(known.indices.to_numpy(), blocks) * most + again).dictionary_encode()
        texts = [self._text(number) for number in known.dictionary.to_pylist()]
        texts = [texts[code // most] + _AGAIN * (code % most) for code in coded.dictionary.to_pylist()]
        digests, _ = self._mac.of_texts(pa.array(texts, type=pa.string()))
        left = np.minimum(np.repeat(bits, blocks) - again * self._lanes, self._lanes)
        ends = np.cumsum(np.concatenate([[0], blocks]))[np.cumsum(np.concatenate([[0], count]))]
        return NameGrams(digests[coded.indices.to_numpy()], left, ends[:-1], np.diff(ends))

    def _grams(self, names: Array) -> tuple[Places, Places]:
        """The grams of names as numbers, name after name; and how many each name has."""
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
        return numbers, count

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
        self._lanes, self._kept = parameters.lanes, _kept_lanes(parameters.lanes)

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
        bits = self._bits(self._cipher.encrypt(blocks), names.bits[places])
        made: Words = np.bitwise_or.reduceat(bits, starts, axis=0)
        return made

    def _bits(self, blocks: Words, count: Places) -> Words:
        """One bit in each of ``count`` lanes: the last bits of a lane say which, the first of a block which lanes."""
        lanes = blocks.view(self._lane)
        made: Words = np.left_shift(self._one, lanes & self._places).view("<u8").reshape(-1, 2)
        first = (blocks[:, 0] >> np.uint64(_FIRST_BITS)).astype(np.int64) % self._lanes
        made &= self._kept[count, first]
        return made


_FIRST_BITS = 61
"""The last three bits of a block's first word say in which lane it begins: no lane's place is taken from them."""


def _kept_lanes(lanes: int) -> Words:
    """All bits of so many lanes from a first one on, going round: shape (lanes + 1, lanes, 2)."""
    width = 8 * BLOCK // lanes
    kept = np.zeros((lanes + 1, lanes, BLOCK), dtype=np.uint8)
    for count in range(lanes + 1):
        for first in range(lanes):
            for place in range(first, first + count):
                at = place % lanes * width // 8
                kept[count, first, at : at + width // 8] = 0xFF
    return kept.view("<u8")


def _shared_out(total: int, count: Places) -> Places:
    """Of each gram how many bits it sets: ``total`` over a name's grams, the first ones one more if need be."""
    known = np.maximum(count, 1)
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    shared: Places = np.repeat(total // known, count) + (place < np.repeat(total % known, count))
    return shared
