"""Makes persons: names, birth dates, numbers. What they are to each other is decided in ``households.py``."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate, count, pairwise

from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.sample.bsn import test_numbers
from integration.sample.declare import PopulationRates
from integration.sample.model import Address, Person, Population
from integration.sample.naming import Municipality, Names, joined

YEAR = 365.25
"""Days."""
_GENERATIONS = ((1998, "kind"), (1958, "ouder"), (0, "grootouder"))
"""Whose names were in fashion, by the first year of birth."""


def by_age(rates: dict[int, float], age: float) -> float | None:
    """The rate declared from the highest age that is not above ``age``; None below all of them."""
    return next((rates[low] for low in sorted(rates, reverse=True) if low <= age), None)


class Ages:
    """Draws ages of adults without children at home, from declared classes; ``young`` is the share under 25.

    Within a class every age is as likely as any other.
    """

    def __init__(self, classes: dict[int, float], young: float) -> None:
        bounds = sorted(classes)
        self._classes = [(20, bounds[0]), *pairwise(bounds)]
        shares = [young, *(classes[low] * (1 - young) for low in bounds[:-1])]
        self._cumulative = list(accumulate(shares))

    def draw(self, rng: random.Random) -> float:
        """An age in years."""
        low, high = rng.choices(self._classes, cum_weights=self._cumulative)[0]
        return rng.uniform(low, high)


def _generation(born: date) -> str:
    return next(name for year, name in _GENERATIONS if born.year >= year)


class Deaths:
    """Who dies in the time of the lives, by age at its start."""

    def __init__(self, yearly: dict[int, float], start: date, end: date) -> None:
        self._yearly = yearly
        self._start, self._days = start, (end - start).days

    def day(self, rng: random.Random, born: date) -> date | None:
        """The day of death of someone born on ``born``, or None for who lives on."""
        yearly = by_age(self._yearly, (self._start - born).days / YEAR)
        if yearly is None or rng.random() >= yearly * self._days / YEAR:
            return None
        return self._start + timedelta(days=rng.randint(1, self._days))


class PersonMaker:
    """Makes the persons of one municipality; ``first`` and ``room`` say which numbers are free for it.

    Raises DeclarationError LIVES_INVALID when these run out.
    """

    def __init__(
        self, place: Municipality, rates: PopulationRates, first: int, room: int, start: int
    ) -> None:
        self.rates = rates
        local = {entry.name: entry.share for entry in rates.local_surnames.get(place.code, ())}
        rare = rates.rare_surnames
        self._names = Names(local, rare.share, (rare.prefixes, rare.beginnings, rare.endings))
        self._ids = count(first + 1)
        self._numbers: Iterator[str] = test_numbers(first, room, start)
        self.people = Population(place.code)
        """Where the persons are noted: the chunk that is being made."""

    def adult(self, rng: random.Random, sex: str, born: date) -> Person:
        """A grown-up with a name of its generation."""
        first = self._names.first(rng, sex, _generation(born))
        return self._person(rng, first, self._names.surname(rng), born, sex, is_child=False)

    def partners(self, rng: random.Random, one: Person, other: Person) -> None:
        """Let the first, if she is a woman, be known by the other's name at times."""
        if one.sex == "2" and rng.random() < self.rates.takes_partners_name:
            one.married_name = (other.tussenvoegsel, other.achternaam)

    def children(self, rng: random.Random, births: list[date], minors: date, one: Person, two: Person | None,
                 home: Address, taken: Sequence[Person] = ()) -> list[Person]:  # fmt: skip
        """Children of ``one`` and ``two`` (if known), at ``home``, with one surname; none is named as one of ``taken``.

        Who was born on or after ``minors`` is a child, the others live at home grown up.
        """
        name, luck = (one.tussenvoegsel, one.achternaam), rng.random()
        if two and luck >= self.rates.child_has_mothers_name:
            name = (two.tussenvoegsel, two.achternaam)
            if luck > 1 - self.rates.child_has_double_name:
                name = joined(two, one)
        made: list[Person] = []
        for born in births:
            sex = rng.choice(("1", "2"))
            used = [child.voornaam for child in (*taken, *made)]
            first = self._names.first(rng, sex, _generation(born), used)
            child = self._person(rng, first, name, born, sex, is_child=born >= minors)
            self.people.settle(child, home)
            made.append(child)
        return made

    def _person(self, rng: random.Random, first: str, name: tuple[str, str], born: date, sex: str, *,
                is_child: bool) -> Person:  # fmt: skip
        use = ""
        if rng.random() < self.rates.partial_birth_date:
            use = rng.choice(("1", "2"))
            born = born.replace(day=1) if use == "1" else born.replace(month=1, day=1)
        number = next(self._numbers, None)
        if number is None:
            raise DeclarationError(Reason.LIVES_INVALID, "so many leave or die that numbers run out")
        person = Person(next(self._ids), first, name[0], name[1], born, sex, is_child, use, number)
        self.people.persons.append(person)
        return person
