"""Makes the people of a municipality: children with their parents, where they live, and who belongs to whom.

Each family is drawn from its own random stream, named by seed, municipality and number, so that a change in one
family changes no other. Nothing here knows what will happen to them (see ``lives.py``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

from integration.sample.bsn import test_numbers
from integration.sample.declare import Lives, PopulationRates
from integration.sample.model import Address, Gezin, Person, Population, stream
from integration.sample.naming import Municipality, Names, joined, municipalities

CHILD_YEARS = 18
_STREET_LETTERS = "GHJKLMNPRSTVWXZ"
"""No A to F: a postcode is then never by accident part of a hexadecimal token."""
_ADDITIONS = ("A", "B", "bis", "2", "hs", "1")
_FLAT_NUMBER, _SHELTER_NUMBER, _INSTITUTION_NUMBER = 401, 402, 403


def targets(children: int) -> dict[str, int]:
    """How many children each municipality gets: in proportion to its inhabitants aged 0 to 17, at least two."""
    places = municipalities()
    total = sum(place.weight for place in places)
    return {place.code: max(2, round(children * place.weight / total)) for place in places}


class Ids:
    """Numbers persons and gezinnen in the order in which they are made."""

    def __init__(self) -> None:
        self.persons = count(1)
        self.gezinnen = count(1)


class Settlement:
    """Makes one municipality's population; ``ids`` are shared by all municipalities."""

    def __init__(
        self, place: Municipality, rates: PopulationRates, lives: Lives, seed: int, ids: Ids
    ) -> None:
        self.place, self.rates, self.lives, self.seed, self.ids = place, rates, lives, seed, ids
        self.people = Population(place.code)
        local = {entry.name: entry.share for entry in rates.local_surnames.get(place.code, ())}
        self.names = Names(local)
        self._taken: set[tuple[str, int]] = set()
        self._flat_doors = count(1)
        self._makers = {
            "two_parents": self._two_parents,
            "one_parent": self._one_parent,
            "co_parents": self._co_parents,
            "blended": self._blended,
        }

    def fill(self, children: int) -> Population:
        """Make families until there are about ``children`` children."""
        rng = stream(self.seed, "places", self.place.code)
        self.people.shelter = self._landmark(rng, _SHELTER_NUMBER)
        self.people.institution = self._landmark(rng, _INSTITUTION_NUMBER)
        self._flat = self._landmark(rng, _FLAT_NUMBER)
        for _ in range(1 + int(children * self.rates.foster_homes_per_1000 / 1000)):
            carer = self._adult(rng, "2", rng.randint(1965, 1990))
            home = self._address(rng)
            self.people.settle(carer, home)
            self.people.foster_homes.append((carer, home))
        made = number = 0
        while made < children:
            made += self._family(stream(self.seed, "family", self.place.code, number))
            number += 1
        return self.people

    # -- families ------------------------------------------------------------------------------------------------

    def _family(self, rng: random.Random) -> int:
        """Make one family (two gezinnen at most) and return how many children it has."""
        kinds, shares = zip(*self.rates.households.items(), strict=True)
        kind = rng.choices(kinds, shares)[0]
        sizes, weights = zip(*self.rates.children.items(), strict=True)
        size = rng.choices(sizes, weights)[0]
        before = len(self.people.gezinnen)
        self._makers[kind](rng, size)
        made = self.people.gezinnen[before:]
        self._circumstances(rng, made[0], kind)
        return sum(len(gezin.children) for gezin in made)

    def _two_parents(self, rng: random.Random, size: int) -> None:
        births = self._births(rng, size)
        mother, father = self._couple(rng, births[0].year)
        home = self._home(rng)
        for adult in (mother, father):
            self.people.settle(adult, home)
        children = self._children(rng, births, mother, father, home)
        self._gezin("two_parents", children, [(mother, "10"), (father, "10")])

    def _one_parent(self, rng: random.Random, size: int) -> None:
        births = self._births(rng, size)
        sex = "1" if rng.random() < self.rates.one_parent_is_father else "2"
        parent = self._adult(rng, sex, births[0].year - rng.randint(20, 38))
        home = self._home(rng)
        self.people.settle(parent, home)
        children = self._children(rng, births, parent, None, home)
        self._gezin("one_parent", children, [(parent, "10")])

    def _co_parents(self, rng: random.Random, size: int) -> None:
        births = self._births(rng, size)
        mother, father = self._couple(rng, births[0].year)
        home, second = self._home(rng), self._address(rng)
        self.people.settle(mother, home)
        self.people.settle(father, second)
        children = self._children(rng, births, mother, father, home)
        for child in children:
            self.people.settle(child, second, "second")
        self._gezin("co_parents", children, [(mother, "10"), (father, "10")])

    def _blended(self, rng: random.Random, size: int) -> None:
        """A mother with children of an ex, a new partner and their child; the ex may have a family of his own."""
        births = self._births(rng, max(2, size))
        mother, ex = self._couple(rng, births[0].year)
        partner = self._adult(rng, "1", mother.born.year + rng.randint(-6, 3) if mother.born else 1980)
        home, elsewhere = self._home(rng), self._address(rng)
        for adult in (mother, partner):
            self.people.settle(adult, home)
        self.people.settle(ex, elsewhere)
        first = self._children(rng, births[:-1], mother, ex, home)
        joint = self._children(rng, births[-1:], mother, partner, home)
        guardians = {child.id: [(mother, "10"), (ex, "10")] for child in first}
        guardians |= {child.id: [(mother, "10"), (partner, "10")] for child in joint}
        self._add("blended", [*first, *joint], guardians)
        if rng.random() < 0.5:
            other = self._adult(rng, "2", mother.born.year + rng.randint(-2, 5) if mother.born else 1985)
            self.people.settle(other, elsewhere)
            half = self._children(rng, births[-1:], other, ex, elsewhere)
            self._gezin("two_parents", half, [(other, "10"), (ex, "10")])

    def _gezin(self, kind: str, children: list[Person], guardians: list[tuple[Person, str]]) -> None:
        self._add(kind, children, {child.id: list(guardians) for child in children})

    def _add(self, kind: str, children: list[Person], guardians: dict[int, list[tuple[Person, str]]]) -> None:
        number = next(self.ids.gezinnen)
        self.people.gezinnen.append(Gezin(number, self.place.code, kind, children, guardians))

    def _circumstances(self, rng: random.Random, gezin: Gezin, kind: str) -> None:
        """Secret address, a stay in the shelter, moving house or away: at most one of them."""
        rates, luck, span = self.rates, rng.random(), (self.lives.end - self.lives.start).days
        day = self.lives.start + timedelta(days=rng.randint(60, max(60, span - 10)))
        shelter = 3 * rates.shelter if kind in {"one_parent", "co_parents"} else 0.0
        if luck < rates.secret_address:
            gezin.secret = gezin.always_in_need = True
        elif (luck := luck - rates.secret_address) < shelter and self.people.shelter:
            until = day + timedelta(days=rng.randint(60, 240))
            for person in [gezin.guardians[gezin.children[0].id][0][0], *gezin.children]:
                self.people.settle(person, self.people.shelter, "shelter", start=day, end=until)
            gezin.always_in_need = True
        elif (luck := luck - shelter) < rates.leaves:
            gezin.departure = day
            self._leave_home(gezin, day, None)
        elif luck - rates.leaves < rates.moves:
            gezin.moved = day
            self._leave_home(gezin, day, self._address(rng))

    def _leave_home(self, gezin: Gezin, day: date, to: Address | None) -> None:
        """Everyone at the children's main address leaves it on ``day``."""
        home = self.people.home(gezin.children[0], day)
        for person in [*gezin.adults(), *gezin.children]:
            stays = self.people.stays[person.id]
            for place, stay in enumerate(stays):
                if stay.kind == "main" and stay.address == home:
                    stays[place] = stay._replace(end=day)
                    if to:
                        self.people.settle(person, to, start=day)

    # -- persons -------------------------------------------------------------------------------------------------

    def _births(self, rng: random.Random, size: int) -> list[date]:
        """Birth dates of brothers and sisters, oldest first; all younger than 18 on the reference day."""
        last = self.rates.reference_day
        found = [last - timedelta(days=rng.randint(0, int(CHILD_YEARS * 365.25) - 1))]
        while len(found) < size:
            if rng.random() < self.rates.twins:
                found.append(found[-1])
                continue
            born = found[-1] + timedelta(days=rng.randint(420, 1600)) * rng.choice((1, -1))
            if (last - born).days < CHILD_YEARS * 365.25 and born <= last:
                found.append(born)
        return sorted(found)

    def _couple(self, rng: random.Random, first_birth: int) -> tuple[Person, Person]:
        mother = self._adult(rng, "2", first_birth - rng.randint(21, 37))
        father = self._adult(rng, "1", first_birth - rng.randint(22, 42))
        if rng.random() < self.rates.mother_takes_name:
            mother.married_name = (father.tussenvoegsel, father.achternaam)
        return mother, father

    def _adult(self, rng: random.Random, sex: str, year: int) -> Person:
        name = self.names.surname(rng)
        born = date(year, 1, 1) + timedelta(days=rng.randint(0, 364))
        return self._person(rng, self.names.first(rng, sex, "ouder"), name, born, sex, is_child=False)

    def _children(self, rng: random.Random, births: list[date], one: Person, two: Person | None,
                  home: Address) -> list[Person]:  # fmt: skip
        """Children of ``one`` and ``two`` (if known), living at ``home``; all with one surname."""
        name, luck = (one.tussenvoegsel, one.achternaam), rng.random()
        if two and luck >= self.rates.child_has_mothers_name:
            name = (two.tussenvoegsel, two.achternaam)
            if luck > 1 - self.rates.child_has_double_name:
                name = joined(two, one)
        made: list[Person] = []
        for born in births:
            sex = rng.choice(("1", "2"))
            first = self.names.first(rng, sex, "kind", [child.voornaam for child in made])
            child = self._person(rng, first, name, born, sex, is_child=True)
            self.people.settle(child, home)
            made.append(child)
        return made

    def _person(self, rng: random.Random, first: str, name: tuple[str, str], born: date, sex: str, *,
                is_child: bool) -> Person:  # fmt: skip
        use = ""
        if rng.random() < self.rates.partial_birth_date:
            use = rng.choice(("1", "2"))
            born = born.replace(day=1) if use == "1" else born.replace(month=1, day=1)
        person = Person(next(self.ids.persons), first, name[0], name[1], born, sex, is_child, use)
        self.people.persons.append(person)
        return person

    # -- addresses -----------------------------------------------------------------------------------------------

    def _home(self, rng: random.Random) -> Address:
        """An address of its own, or a door in the municipality's flat building."""
        if rng.random() < self.rates.flat:
            return self._flat._replace(toevoeging=str(next(self._flat_doors)))
        return self._address(rng)

    def _address(self, rng: random.Random) -> Address:
        """A house that nobody else in the sample has."""
        while True:
            postcode = (
                f"{rng.choice(self.place.pc4)}{rng.choice(_STREET_LETTERS)}{rng.choice(_STREET_LETTERS)}"
            )
            number = rng.randint(1, 400)
            if (postcode, number) not in self._taken:
                break
        self._taken.add((postcode, number))
        addition = rng.choice(_ADDITIONS) if rng.random() < self.rates.house_addition else ""
        return Address(postcode, number, addition)

    def _landmark(self, rng: random.Random, number: int) -> Address:
        return self._address(rng)._replace(huisnummer=number, toevoeging="")


def number_everyone(populations: list[Population], seed: int) -> None:
    """Give every person a valid BSN that nobody else has."""
    numbers: Iterator[str] = test_numbers(stream(seed, "bsn"))
    for people in populations:
        for person in people.persons:
            person.bsn = next(numbers)


def settle_region(children: int, rates: PopulationRates, lives: Lives, seed: int) -> list[Population]:
    """The population of the six municipalities, about ``children`` children in all, numbered."""
    ids, wanted = Ids(), targets(children)
    populations = [
        Settlement(place, rates, lives, seed, ids).fill(wanted[place.code]) for place in municipalities()
    ]
    number_everyone(populations, seed)
    return populations
