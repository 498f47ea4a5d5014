"""Makes the inhabitants of a municipality in chunks of households, so that memory does not grow with the number.

Each household is drawn from its own random stream, named by seed, municipality and number, so that a change in one
changes no other. Nothing here knows what will happen to families (see ``lives.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import ceil

from integration.sample.addresses import INSTITUTION_NUMBER, SHELTER_NUMBER, AddressBook
from integration.sample.declare import Lives, PopulationRates
from integration.sample.households import HouseholdMaker
from integration.sample.model import Address, Person, Population, stream
from integration.sample.naming import Municipality
from integration.sample.people import PersonMaker

CHUNK = 1_000
"""Households made, lived and written at a time."""
_ROOM = 1.3
"""Numbers kept free per inhabitant: for who left or died, and for the one number in eleven that cannot be."""
_PER_INSTITUTION = 4_000
"""Inhabitants per place where children live in a group."""
_ADDRESSES = 0.75
"""Addresses kept free per inhabitant; there are less than 0.55 homes per inhabitant, moves included."""


@dataclass(frozen=True)
class Plot:
    """A municipality's part of the sample: ``inhabitants`` to make, with numbers from ``first`` on."""

    place: Municipality
    inhabitants: int
    first: int

    @property
    def room(self) -> int:
        """How many numbers are its own."""
        return ceil(self.inhabitants * _ROOM) + 60


def plots(places: tuple[Municipality, ...], scale: float) -> list[Plot]:
    """What to make of each municipality at ``scale`` (1: as many as live there)."""
    found: list[Plot] = []
    for place in places:
        first = found[-1].first + found[-1].room if found else 0
        found.append(Plot(place, max(1, round(place.inhabitants * scale)), first))
    return found


def settle(
    plot: Plot, rates: PopulationRates, lives: Lives, seed: int, chunk: int = CHUNK
) -> Iterator[Population]:
    """The inhabitants of one municipality, in chunks of ``chunk`` households, until there are enough."""
    code, start = plot.place.code, stream(seed, "places", plot.place.code).getrandbits(32)
    book = AddressBook(plot.place.pc4, ceil(plot.inhabitants * _ADDRESSES) + 50, rates.house_addition, start)
    persons = PersonMaker(plot.place, rates, plot.first, plot.room, start)
    maker = HouseholdMaker(code, rates, lives, persons, book, plot.first)
    shelter = book.landmark(SHELTER_NUMBER)
    institutions = [
        book.landmark(INSTITUTION_NUMBER + place) for place in range(1 + plot.inhabitants // _PER_INSTITUTION)
    ]
    carers: list[tuple[Person, Address]] = []
    foster = 1 + int(plot.inhabitants * rates.foster_homes_per_1000 / 1000)
    made = number = 0
    while made < plot.inhabitants:
        people = persons.people = Population(
            code, foster_homes=carers, institutions=institutions, shelter=shelter
        )
        for _ in range(chunk):
            rng, before = stream(seed, "household", code, number), len(people.persons)
            if number < foster:
                carers.append(maker.couple(rng, stays=True))
            else:
                maker.make(rng)
            number += 1
            made += sum(lives_there(person, rates.reference_day) for person in people.persons[before:])
            if made >= plot.inhabitants and number >= foster:
                break
        yield people


def lives_there(person: Person, day: date) -> bool:
    """Whether a person is an inhabitant on ``day``: born, come, not gone and alive."""
    return (
        (person.born is None or person.born <= day)
        and (person.arrived is None or person.arrived <= day)
        and (person.left is None or person.left > day)
        and (person.died is None or person.died > day)
    )
