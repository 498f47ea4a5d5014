"""Citizen service numbers (BSN) for people who do not exist: valid by the 11-test, never issued to anyone.

The published test range 999900006 to 999999990 comes first (about 9,000 valid numbers). A larger sample goes on
downwards from 999899999 to 900000000: numbers that begin with a 9 are not issued [own knowledge, unverified; the
national population register's own fictitious persons use 9001...]. Numbers with a leading zero have been issued,
so the few that a sample needs (a spreadsheet drops the zero) are those of three fictitious persons in the
register's published test set.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
"""The weights of the 11-test: the weighted sum of the digits is a multiple of 11."""

LEADING_ZERO = ("010082426", "010245741", "010755561")
"""Fictitious persons' numbers that begin with one zero (Rijksdienst voor Identiteitsgegevens, test set of 2022)."""

_TEST_PREFIXES = range(99990000, 100000000)
_SPARE_PREFIXES = range(99989999, 89999999, -1)


def passes_eleven_test(text: str) -> bool:
    """Whether ``text`` is nine digits that pass the 11-test and is neither 999999999 nor 000000000."""
    if len(text) != 9 or not (text.isascii() and text.isdigit()) or text in {"999999999", "000000000"}:
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 11 == 0


def _completed(prefixes: range) -> Iterator[str]:
    """The eight digits of each prefix with their check digit; one in eleven prefixes has none."""
    for prefix in prefixes:
        digits = f"{prefix:08}"
        check = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=False)) % 11
        if check < 10:
            yield f"{digits}{check}"


def test_numbers(rng: random.Random) -> Iterator[str]:
    """Unique valid numbers: the test range in an order drawn by ``rng``, then the spare range downwards."""
    numbers = [number for number in _completed(_TEST_PREFIXES) if passes_eleven_test(number)]
    rng.shuffle(numbers)
    yield from numbers
    yield from _completed(_SPARE_PREFIXES)
