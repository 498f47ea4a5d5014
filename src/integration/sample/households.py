"""Makes one household: who lives together, how old they are, and what befalls them in the time of the lives."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count
from typing import Literal

from integration.sample.addresses import AddressBook
from integration.sample.declare import Lives, PopulationRates
from integration.sample.model import MINOR, Address, Gezin, Person, Population
from integration.sample.people import YEAR, Ages, Deaths, PersonMaker, by_age

Guardians = dict[int, list[tuple[Person, str]]]
_CLOSEST = 330
"""Days between the births of brothers and sisters who are no twins, at least."""
PARENT = "10"
"""COD472: parent."""


class HouseholdMaker:
    """Makes the households of one municipality, one at a time, into ``people``."""

    def __init__(self, code: str, rates: PopulationRates, lives: Lives, persons: PersonMaker, book: AddressBook,
                 first: int) -> None:  # fmt: skip
        self.rates, self.lives, self.persons, self.book = rates, lives, persons, book
        self.local = rates.municipalities[code]
        self.minors = lives.start - timedelta(days=int(MINOR * YEAR))
        """Who was born on or after this day is under age at some time in the lives."""
        self._ages = {kind: Ages(classes, self.local.young) for kind, classes in rates.ages.items()}
        self._deaths = Deaths(rates.deaths_a_year, lives.start, lives.end)
        self._span = (lives.end - lives.start).days
        self._gezinnen, self._households = count(first + 1), count(first + 1)
        self._families = {
            "two_parents": self._two_parents,
            "one_parent": self._one_parent,
            "co_parents": self._co_parents,
            "blended": self._blended,
        }

    @property
    def people(self) -> Population:
        """The chunk that is being made."""
        return self.persons.people

    def make(self, rng: random.Random) -> None:
        """Make one household, and those of parents who live elsewhere."""
        luck = rng.random()
        if luck < self.local.one_person:
            self.single(rng)
        elif luck < 1 - self.local.with_children:
            self.couple(rng)
        elif rng.random() < self.local.minors:
            kinds, shares = zip(*self.rates.families.items(), strict=True)
            sizes, weights = zip(*self.rates.children.items(), strict=True)
            births = self._births(rng, rng.choices(sizes, weights)[0], rng.uniform(0, MINOR))
            self._families[rng.choices(kinds, shares)[0]](rng, births)
        else:
            sizes, weights = zip(*self.rates.grown_children.items(), strict=True)
            age = MINOR + min(11.9, rng.expovariate(0.2))
            births = self._births(rng, rng.choices(sizes, weights)[0], age, youngest=MINOR)
            self._grown(rng, births)

    # -- without children ----------------------------------------------------------------------------------------

    def single(self, rng: random.Random) -> None:
        """Somebody who lives alone."""
        born = self._aged(rng, "one_person")
        age = (self.rates.reference_day - born).days / YEAR
        women = by_age(self.rates.women_alone, age) or 0.5
        person = self.persons.adult(rng, "2" if rng.random() < women else "1", born)
        self._settle(rng, "one_person", self._home(rng), [(person, "alone")])

    def couple(self, rng: random.Random, *, stays: bool = False) -> tuple[Person, Address]:
        """Two people without children at home: the first of them and where they live; with ``stays`` for good."""
        born = self._aged(rng, "couple")
        sexes = self._sexes(rng)
        one = self.persons.adult(rng, sexes[0], born - timedelta(days=rng.randint(-900, 500)))
        other = self.persons.adult(rng, sexes[1], born - timedelta(days=rng.randint(-500, 900)))
        self.persons.partners(rng, one, other)
        home = self._home(rng)
        self._settle(rng, "couple", home, [(one, "partner"), (other, "partner")], alone=stays, stays=stays)
        return one, home

    def _aged(self, rng: random.Random, kind: Literal["one_person", "couple"]) -> date:
        return self.rates.reference_day - timedelta(days=int(self._ages[kind].draw(rng) * YEAR))

    # -- with children -------------------------------------------------------------------------------------------

    def _two_parents(self, rng: random.Random, births: list[date]) -> None:
        mother, father = self._parents(rng, births)
        home = self._home(rng)
        children = self.persons.children(rng, births, self.minors, mother, father, home)
        gezin = self._gezin("two_parents", children, [mother, father])
        self._settle(rng, "two_parents", home, _family([mother, father], children), gezin)
        comes_or_goes = gezin and (gezin.arrival or gezin.departure)
        if gezin and not comes_or_goes and not father.died and rng.random() < self.rates.separates:
            self._separate(rng, mother, father, children, gezin)

    def _one_parent(self, rng: random.Random, births: list[date]) -> None:
        sex = "1" if rng.random() < self.rates.one_parent_is_father else "2"
        parent = self.persons.adult(rng, sex, self._before(rng, births[0], 20, 38))
        home = self._home(rng)
        children = self.persons.children(rng, births, self.minors, parent, None, home)
        gezin = self._gezin("one_parent", children, [parent])
        self._settle(rng, "one_parent", home, _family([parent], children), gezin, alone=True)

    def _co_parents(self, rng: random.Random, births: list[date]) -> None:
        mother, father = self._parents(rng, births)
        home, second = self._home(rng), self.book.home(rng)
        children = self.persons.children(rng, births, self.minors, mother, father, home)
        gezin = self._gezin("co_parents", children, [mother, father])
        self._settle(rng, "co_parents", home, _family([mother], children), gezin, alone=True)
        self._settle(rng, "one_person", second, [(father, "alone")], alone=True)
        for child in children:
            self.people.settle(child, second, "second", start=child.arrived, end=child.left or father.left)

    def _blended(self, rng: random.Random, births: list[date]) -> None:
        """A mother with children of an ex, a new partner and their child; the ex may have a family of his own."""
        last = births.index(births[-1]) or 1
        if births[0] == births[-1]:
            births, last = [births[0] - timedelta(days=rng.randint(700, 1600)), *births], 1
        mother, ex = self._parents(rng, births)
        partner = self.persons.adult(rng, "1", self._before(rng, births[0], 22, 42))
        home, elsewhere = self._home(rng), self.book.home(rng)
        first = self.persons.children(rng, births[:last], self.minors, mother, ex, home)
        joint = self.persons.children(rng, births[last:], self.minors, mother, partner, home, first)
        guardians = {child.id: [(mother, PARENT), (ex, PARENT)] for child in first}
        guardians |= {child.id: [(mother, PARENT), (partner, PARENT)] for child in joint}
        gezin = self._add("blended", [*first, *joint], guardians)
        self._settle(rng, "blended", home, _family([mother, partner], [*first, *joint]), gezin, alone=True)
        if rng.random() >= 0.5:
            self._settle(rng, "one_person", elsewhere, [(ex, "alone")], alone=True)
            return
        born = min(births[-1] + timedelta(days=rng.randint(-700, 700)), self.rates.reference_day)
        other = self.persons.adult(rng, "2", self._before(rng, born, 22, 36))
        half = self.persons.children(rng, [born], self.minors, other, ex, elsewhere)
        theirs = self._gezin("two_parents", half, [other, ex])
        self._settle(rng, "two_parents", elsewhere, _family([other, ex], half), theirs, alone=True)

    def _grown(self, rng: random.Random, births: list[date]) -> None:
        """Parents whose children at home are all grown up; those who were minors at first are a gezin all the same."""
        home = self._home(rng)
        if rng.random() < self.rates.grown_one_parent:
            parent = self.persons.adult(rng, "2", self._before(rng, births[0], 20, 38))
            children = self.persons.children(rng, births, self.minors, parent, None, home)
            gezin = self._gezin("one_parent", children, [parent])
            self._settle(rng, "grown_children_one", home, _family([parent], children), gezin, alone=True)
        else:
            mother, father = self._parents(rng, births)
            children = self.persons.children(rng, births, self.minors, mother, father, home)
            gezin = self._gezin("two_parents", children, [mother, father])
            self._settle(rng, "grown_children", home, _family([mother, father], children), gezin)

    def _parents(self, rng: random.Random, births: list[date]) -> tuple[Person, Person]:
        sexes = self._sexes(rng)
        mother = self.persons.adult(rng, sexes[0], self._before(rng, births[0], 21, 37))
        father = self.persons.adult(rng, sexes[1], self._before(rng, births[0], 22, 40))
        self.persons.partners(rng, mother, father)
        return mother, father

    def _sexes(self, rng: random.Random) -> tuple[str, str]:
        """A woman and a man, or two of one sex."""
        if rng.random() < self.rates.same_sex:
            return ("2", "2") if rng.random() < 0.5 else ("1", "1")
        return "2", "1"

    @staticmethod
    def _before(rng: random.Random, birth: date, low: int, high: int) -> date:
        """A birth date between ``low`` and ``high`` years before the first child's."""
        return birth - timedelta(days=int(rng.triangular(low, high) * YEAR))

    def _births(self, rng: random.Random, size: int, age: float, youngest: float = 0) -> list[date]:
        """Birth dates of brothers and sisters, oldest first; one is ``age`` years old, none under ``youngest``."""
        last = self.rates.reference_day - timedelta(days=int(youngest * YEAR))
        found = [self.rates.reference_day - timedelta(days=int(age * YEAR))]
        while len(found) < size:
            if rng.random() < self.rates.twins and found.count(found[-1]) == 1:
                found.append(found[-1])
                continue
            born = rng.choice(found) + timedelta(days=rng.randint(_CLOSEST, 1600)) * rng.choice((1, -1))
            far = all(abs((born - other).days) >= _CLOSEST for other in found)
            if far and born <= last and (last - born).days < 25 * YEAR:
                found.append(born)
        return sorted(found)

    # -- gezinnen ------------------------------------------------------------------------------------------------

    def _gezin(self, kind: str, children: list[Person], parents: list[Person]) -> Gezin | None:
        return self._add(kind, children, {child.id: [(one, PARENT) for one in parents] for child in children})

    def _add(self, kind: str, children: list[Person], guardians: Guardians) -> Gezin | None:
        """The gezin of those who are children, or None when all are grown up."""
        minors = [child for child in children if child.is_child]
        if not minors:
            return None
        found = {child.id: guardians[child.id] for child in minors}
        gezin = Gezin(next(self._gezinnen), self.people.municipality, kind, minors, found)
        self.people.gezinnen.append(gezin)
        return gezin

    # -- what befalls a household ----------------------------------------------------------------------------------

    def _home(self, rng: random.Random) -> Address:
        """An address of its own, or a door in a big building."""
        return self.book.flat() if rng.random() < self.rates.flat else self.book.home(rng)

    def _settle(self, rng: random.Random, kind: str, home: Address, members: list[tuple[Person, str]],
                gezin: Gezin | None = None, *, alone: bool = False, stays: bool = False) -> None:  # fmt: skip
        """Let ``members`` live at ``home``; with ``alone`` no adult dies, with ``stays`` nobody comes or goes."""
        number = next(self._households)
        youngest = max(
            (child.born for child, place in members if place == "child" and child.born), default=None
        )
        arrived, left = (None, None) if stays else self._moves(rng, gezin)
        for person, place in members:
            person.household, person.household_kind, person.place = number, kind, place
            person.arrived, person.left = arrived, left
            if place != "child" and person.born and not alone:
                person.died = self._death(
                    rng, person.born, max(filter(None, (arrived, youngest)), default=None), left
                )
                alone = gezin is not None and person.died is not None
            start = (
                arrived if place != "child" or not person.born or not arrived else max(arrived, person.born)
            )
            self._stay(person, home, start, person.died or left)
        if gezin:
            self._circumstances(rng, gezin, kind, home, members)

    def _stay(self, person: Person, home: Address, start: date | None, end: date | None) -> None:
        stays = self.people.stays.setdefault(person.id, [])
        stays[:] = [stay for stay in stays if stay.kind != "main"]
        self.people.settle(person, home, start=start, end=end)

    def _moves(self, rng: random.Random, gezin: Gezin | None) -> tuple[date | None, date | None]:
        """When the household came and when it leaves; mostly neither, never both."""
        luck = rng.random()
        if luck >= self.rates.moves_in + self.rates.moves_out:
            return None, None
        day = self.lives.start + timedelta(days=rng.randint(60, max(60, self._span - 10)))
        comes = luck < self.rates.moves_in
        if gezin:
            gezin.arrival, gezin.departure = (day, None) if comes else (None, day)
        return (day, None) if comes else (None, day)

    def _death(self, rng: random.Random, born: date, after: date | None, left: date | None) -> date | None:
        """The day of death, which is never before coming, the birth of the youngest child, or after leaving."""
        day = self._deaths.day(rng, born)
        if day and ((after and day <= after) or (left and day >= left)):
            return None
        return day

    def _circumstances(self, rng: random.Random, gezin: Gezin, kind: str, home: Address,
                       members: list[tuple[Person, str]]) -> None:  # fmt: skip
        """A secret address, a stay in the shelter or another house: at most one of them."""
        rates, luck = self.rates, rng.random()
        if gezin.departure or gezin.arrival:
            return
        day = self.lives.start + timedelta(days=rng.randint(60, max(60, self._span - 10)))
        shelter = rates.shelter if kind in {"one_parent", "co_parents"} else 0.0
        if luck < rates.secret_address:
            gezin.secret = gezin.always_in_need = True
        elif (luck := luck - rates.secret_address) < shelter and self.people.shelter:
            until = min(day + timedelta(days=rng.randint(60, 240)), self.lives.end)
            for person in [gezin.guardians[gezin.children[0].id][0][0], *gezin.children]:
                self.people.settle(person, self.people.shelter, "shelter", start=day, end=until)
            gezin.always_in_need = True
        elif luck - shelter < rates.moves:
            gezin.moved = day
            to = self.book.home(rng)
            self._move((person for person, _ in members), home, to, day)

    def _move(self, persons: Iterable[Person], home: Address, to: Address, day: date) -> None:
        """Everyone who lives at ``home`` goes to ``to`` on ``day``."""
        for person in persons:
            stays = self.people.stays[person.id]
            for place, stay in enumerate(stays):
                if stay.kind == "main" and stay.address == home and (stay.end is None or stay.end > day):
                    begun = max(day, person.born) if person.born else day
                    stays[place] = stay._replace(end=begun)
                    stays.append(stay._replace(address=to, start=begun))
                    break

    def _separate(self, rng: random.Random, mother: Person, father: Person, children: list[Person],
                  gezin: Gezin) -> None:  # fmt: skip
        """The father moves out; for half of them his new address is a second home of the children."""
        day = self.lives.start + timedelta(days=rng.randint(60, max(60, self._span - 10)))
        to, shared = self.book.home(rng), rng.random() < 0.5
        last = self.people.stays[father.id][-1].address
        if gezin.moved and gezin.moved >= day:
            return
        self._move([father], last, to, day)
        father.household, father.household_kind, father.place = next(self._households), "one_person", "alone"
        for person in [mother, *children]:
            person.household_kind = "co_parents" if shared else "one_parent"
            if person is not mother and shared:
                self.people.settle(person, to, "second", start=max(day, person.born) if person.born else day)


def _family(parents: list[Person], children: list[Person]) -> list[tuple[Person, str]]:
    return [*((one, "parent") for one in parents), *((one, "child") for one in children)]
