"""Gives out addresses: streets of eighteen doors, flat buildings told apart by addition only, and single places.

Nothing is remembered but counters, so a municipality of any size takes the same memory. Two homes given out after
each other lie in different streets; every street has its neighbours.
"""

from __future__ import annotations

import random
from itertools import count

from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.sample.bsn import scattered
from integration.sample.model import Address

_LETTERS = "GHJKLMNPRSTVWXZ"
"""No A to F: a postcode is then never by accident part of a hexadecimal token."""
_ADDITIONS = ("A", "B", "bis", "2", "hs", "1")
_DOORS = 18
"""Addresses a postcode, about as many as Dutch postcodes have [own knowledge]."""
_FLAT_DOORS = 60
_STREET_STEP = 7919
"""A prime, so that the streets of a municipality come from all its postcode areas."""
_FLAT_NUMBER, SHELTER_NUMBER, INSTITUTION_NUMBER = 501, 502, 503
"""House numbers above those of streets; institutions go on from the last."""


class AddressBook:
    """The addresses of one municipality with about ``homes`` homes; ``addition`` is the share with an addition."""

    def __init__(self, pc4: tuple[str, ...], homes: int, addition: float, start: int) -> None:
        self._pc4, self._addition = pc4, addition
        self._postcodes = len(pc4) * len(_LETTERS) ** 2
        while self._postcodes % _STREET_STEP == 0:
            self._postcodes -= 1
        streets = max(len(pc4), homes // _DOORS + 1)
        self._doors = scattered(streets * _DOORS, start)
        self._flat_doors = count()

    def home(self, rng: random.Random) -> Address:
        """A house that nobody else in the sample has; DeclarationError LIVES_INVALID when all are given out."""
        free = next(self._doors, None)
        if free is None:
            raise DeclarationError(Reason.LIVES_INVALID, "so many move that addresses run out")
        street, door = divmod(free, _DOORS)
        round_, place = divmod(street, self._postcodes)
        addition = rng.choice(_ADDITIONS) if rng.random() < self._addition else ""
        return Address(self._postcode(place), round_ * _DOORS + door + 1, addition)

    def flat(self) -> Address:
        """The next door in a building where only the addition tells homes apart."""
        building, door = divmod(next(self._flat_doors), _FLAT_DOORS)
        return Address(self._postcode(building), _FLAT_NUMBER, str(door + 1))

    def landmark(self, number: int) -> Address:
        """The place with this number (a shelter, an institution): one in the municipality."""
        return Address(self._postcode(number), number, "")

    def _postcode(self, place: int) -> str:
        pair, area = divmod(place * _STREET_STEP % self._postcodes, len(self._pc4))
        first, second = divmod(pair % len(_LETTERS) ** 2, len(_LETTERS))
        return f"{self._pc4[area]}{_LETTERS[first]}{_LETTERS[second]}"
