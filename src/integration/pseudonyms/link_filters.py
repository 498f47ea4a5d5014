"""Salted filters of names: bits that two names with grams in common share, readable only with key and salt.

A name is padded and cut into grams. Each gram and salt give one AES block; the block sets one bit in each of its
eight equal stretches of the filter; the filter is all its grams' bits together. With another salt the same name
has other bits, so only records that share a salt can be compared, or attacked together.

Filters get the first pass only: bits cannot be keyed a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from integration.pseudonyms.link_parameters import FilterParameters
from integration.pseudonyms.link_tokens import BlockCipher, Words, as_blocks, derived_key
from integration.pseudonyms.tokens import DigestMaker

_PAD = "\x02"
"""No normalised name holds it."""
_MOST_GRAMS = 60
"""Grams of a name that count."""
_REMEMBERED = 262_144


@dataclass(frozen=True)
class NameGrams:
    """The grams' digests of distinct names, name after name: ``digests[start:start + count]``."""

    digests: Words
    start: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]


def grams(name: str, q: int, padding: int) -> list[str]:
    """Return the different grams of a padded name, in order."""
    padded = _PAD * padding + name + _PAD * padding
    return list(dict.fromkeys(padded[at : at + q] for at in range(max(1, len(padded) - q + 1))))[:_MOST_GRAMS]


class GramTable:
    """The digests of grams of one field, each made once."""

    def __init__(self, key: bytes, field: str, parameters: FilterParameters) -> None:
        self._maker = DigestMaker(derived_key(key, f"gram {field}"))
        self._parameters = parameters
        self._remembered: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "GramTable()"

    def names(self, values: Sequence[str | None]) -> NameGrams:
        """Return the grams' digests of names; None has none."""
        q, padding = self._parameters.q, self._parameters.padding
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        known, get = self._remembered, self._remembered.get
        made: list[bytes] = []
        count = np.zeros(len(values), dtype=np.int64)
        for row, value in enumerate(values):
            if value is None:
                continue
            found = grams(value, q, padding)
            for gram in found:
                digest = get(gram)
                if digest is None:
                    digest = known[gram] = self._maker.digest(gram.encode("utf-8", "surrogatepass"))
                made.append(digest)
            count[row] = len(found)
        return NameGrams(as_blocks(made), np.cumsum(count) - count, count)


class FilterMaker:
    """The filters of one field in one channel."""

    def __init__(self, key: bytes, field: str, channel: str, parameters: FilterParameters) -> None:
        self._parameters = parameters
        purposes = (f"filter {field} {channel} {number}" for number in range(parameters.words // 2))
        self._ciphers = [BlockCipher(derived_key(key, purpose, 16)) for purpose in purposes]

    def __repr__(self) -> str:
        return "FilterMaker()"

    def words(self, names: NameGrams, codes: npt.NDArray[np.int64], salt: Words) -> Words:
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
