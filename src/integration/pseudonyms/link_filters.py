"""Salted filters of names: bits that two names with grams in common share, readable only with key and salt.

A name is padded and cut into grams. Each gram and salt give one AES block; the block sets one bit in each of its
eight equal stretches of the filter; the filter is all its grams' bits together. With another salt the same name
has other bits, so only records that share a salt can be compared, or attacked together.

Filters get the first pass only: bits cannot be keyed a second time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from integration.pseudonyms.link_digests import BLOCK, Array, BlockCipher, Cmac, Places, Words, derived_key
from integration.pseudonyms.link_parameters import FilterParameters

_PAD = "\x02"
"""No normalised name holds it."""
_MOST_GRAMS = 60
"""Grams of a name that count."""


@dataclass(frozen=True)
class NameGrams:
    """The grams' digests of distinct names, name after name: ``digests[start:start + count]``."""

    digests: Words
    start: Places
    count: Places


def grams(name: str, q: int, padding: int) -> list[str]:
    """Return the different grams of a padded name, in order."""
    padded = _PAD * padding + name + _PAD * padding
    return list(dict.fromkeys(padded[at : at + q] for at in range(max(1, len(padded) - q + 1))))[:_MOST_GRAMS]


class GramTable:
    """The digests of the grams of one field, each made once. It holds a key."""

    def __init__(self, key: bytes, field: str, parameters: FilterParameters) -> None:
        self._mac = Cmac(derived_key(key, f"gram {field}", BLOCK))
        self._q, self._padding = parameters.q, parameters.padding

    def __repr__(self) -> str:
        return "GramTable()"

    def names(self, names: Array) -> NameGrams:
        """Return the grams' digests of names; null has none."""
        places: dict[str, int] = {}
        numbers: list[int] = []
        count = np.zeros(len(names), dtype=np.int64)
        for row, name in enumerate(names.to_pylist()):
            if name:
                found = grams(name, self._q, self._padding)
                numbers += [places.setdefault(gram, len(places)) for gram in found]
                count[row] = len(found)
        digests, _ = self._mac.of_texts(pa.array(list(places), type=pa.string()))
        return NameGrams(digests[np.array(numbers, dtype=np.int64)], np.cumsum(count) - count, count)


class FilterMaker:
    """The filters of one field in one channel."""

    def __init__(self, key: bytes, field: str, channel: str, parameters: FilterParameters) -> None:
        self._parameters = parameters
        purposes = (f"filter {field} {channel} {number}" for number in range(parameters.words // 2))
        self._ciphers = [BlockCipher(derived_key(key, purpose, 16)) for purpose in purposes]

    def __repr__(self) -> str:
        return "FilterMaker()"

    def words(self, names: NameGrams, codes: Places, salt: Words) -> Words:
        """Return the filters of rows, shape (n, words): ``codes`` are the rows' names, ``salt`` their blocks.

        Every row has a name and a salt.
        """
        if not len(codes):
            return np.empty((0, self._parameters.words), dtype="<u8")
        count = names.count[codes]
        ends = np.cumsum(count)
        starts = ends - count
        places = np.arange(ends[-1]) + np.repeat(names.start[codes] - starts, count)
        blocks = np.take(names.digests, places, axis=0)
        blocks ^= np.repeat(salt, count, axis=0)
        made = [
            np.bitwise_or.reduceat(self._bits(cipher.encrypt(blocks)), starts, axis=0)
            for cipher in self._ciphers
        ]
        return np.concatenate(made, axis=1) if len(made) > 1 else made[0]

    @staticmethod
    def _bits(blocks: Words) -> Words:
        """One bit in each of eight stretches of 16: the last four bits of each two bytes say which."""
        lanes = blocks.view("<u2")
        return np.left_shift(np.uint16(1), lanes & np.uint16(15)).view("<u8").reshape(-1, 2)
