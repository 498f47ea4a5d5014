"""A small encoder for the attack's controls: filters and tokens as bad as one likes, which the shipped one refuses.

Built as the shipped encoding is (padded bigrams, 128 bits, of each eighth one bit for each bigram and salt), but with
a mixer instead of a cipher: an attack that does not try the cipher sees no difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from integration.attacks.filters_mining import spelling

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
_AT_ONCE = 2_000_000


def codes(*columns: npt.NDArray[np.generic]) -> Ints:
    """A number for each combination of values, the same for equal ones, from 0."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        code = np.unique(code * len(values) + place, return_inverse=True)[1].astype(np.int64)
    return code


def mixed(numbers: Words) -> Words:
    """Scatter 64-bit numbers (splitmix64)."""
    value = numbers + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def token(label: str, *columns: npt.NDArray[np.generic]) -> Ints:
    """A token of each combination of values, under a label of its own."""
    return mixed(codes(*columns).astype(np.uint64) ^ mixed(_of(label))).view(np.int64)


def filters(label: str, names: Sequence[str], name: Ints, salt: npt.NDArray[np.generic]) -> Ints:
    """Two words for each record: the filter of its name (a position in ``names``) under its salt."""
    salts = codes(salt)
    pair, back = np.unique(name * (salts.max() + 1) + salts, return_inverse=True)
    of_name, of_salt = np.divmod(pair, salts.max() + 1)
    spelled = spelling(names)
    sizes = np.diff(spelled.indptr)[of_name]
    made = np.empty((len(pair), 2), np.uint64)
    step = max(1, _AT_ONCE // 10)
    seed = mixed(_of(label))
    for start in range(0, len(pair), step):
        some = slice(start, start + step)
        size = sizes[some]
        begins = np.cumsum(size) - size
        within = np.arange(size.sum()) - np.repeat(begins, size)
        gram = spelled.indices[np.repeat(spelled.indptr[of_name[some]], size) + within].astype(np.uint64)
        base = mixed(gram ^ mixed(np.repeat(of_salt[some], size).astype(np.uint64) ^ seed))
        for word in range(2):
            bits = np.zeros(len(base), np.uint64)
            for lane in range(4):
                place = (base >> np.uint64(16 * word + 4 * lane)) & np.uint64(15)
                bits |= np.uint64(1) << (place + np.uint64(16 * lane))
            made[some, word] = np.bitwise_or.reduceat(bits, begins)
    return made[back].view(np.int64)


def _of(label: str) -> Words:
    return np.array([int.from_bytes(label.encode()[:8], "little")], np.uint64)
