"""Citizen service numbers (BSN) for people who do not exist: valid by the 11-test, never issued to anyone.

The published test range 999900006 to 999999990 comes first (about 9,000 valid numbers). A larger sample goes on
downwards from there: numbers that begin with a 9 are not issued [own knowledge, unverified; the national
population register's own fictitious persons use 9001...]; only above seven million persons numbers are reached
that begin with an 8. Numbers with a leading zero have been issued, so the few that a sample needs (a
spreadsheet drops the zero) are those of three fictitious persons in the register's published test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
"""The weights of the 11-test: the weighted sum of the digits is a multiple of 11."""

LEADING_ZERO = ("010082426", "010245741", "010755561")
"""Fictitious persons' numbers that begin with one zero (Rijksdienst voor Identiteitsgegevens, test set of 2022)."""

_HIGHEST = 99_999_999
"""The first eight digits of the highest number."""
_GOLDEN = 0.618
"""Steps of this part of a range visit it all without neighbours following each other."""


def passes_eleven_test(text: str) -> bool:
    """Whether ``text`` is nine digits that pass the 11-test and is neither 999999999 nor 000000000."""
    if len(text) != 9 or not (text.isascii() and text.isdigit()) or text in {"999999999", "000000000"}:
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=True)) % 11 == 0


def completed(prefix: int) -> str | None:
    """Eight digits with their check digit; one in eleven has none."""
    digits = f"{prefix:08}"
    check = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=False)) % 11
    return f"{digits}{check}" if check < 10 else None


def scattered(size: int, start: int) -> Iterator[int]:
    """Every number below ``size`` once, in an order that keeps neighbours apart and needs no memory."""
    step = max(1, int(size * _GOLDEN))
    while gcd(step, size) != 1:
        step += 1
    place = start % size
    for _ in range(size):
        yield place
        place = (place + step) % size


def test_numbers(first: int, room: int, start: int) -> Iterator[str]:
    """Valid numbers from ``room`` prefixes, ``first`` below the highest one; ``start`` says where to begin.

    Ranges that do not overlap give numbers that do not either; at least ten in eleven prefixes give one.
    """
    for place in scattered(room, start):
        number = completed(_HIGHEST - first - place)
        if number and passes_eleven_test(number):
            yield number
