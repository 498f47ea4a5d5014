"""The shapes the sample is made of: persons, homes, gezinnen, events and the records that sources make of them.

Everything here is made up (SYNTHETISCH). The order of every list is the order of generation, never that of a set,
so that one seed gives one sample, byte for byte.
"""

from __future__ import annotations

import random
from base64 import b32encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple

MARK = "SYNTHETISCH"
"""What everything made by this package says of itself."""


MINOR = 18
"""Years of age at which a child is grown up."""


def stream(*parts: object) -> random.Random:
    """The random stream with this name: the same name gives the same numbers, whatever else was drawn before.

    Python seeds from the SHA-512 of a text, so no stream depends on the process's hash seed.
    """
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - made-up people, no secrets


def scrambled(*parts: object) -> str:
    """Twelve capitals and digits that tell nothing of ``parts`` and are the same for the same parts (56 bits).

    What sources number must not give away which family it is about, nor that two sources mean the same one.
    """
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=7).digest()
    return b32encode(digest).decode("ascii").rstrip("=")


class Address(NamedTuple):
    """Postcode (``1234AB``), house number and addition (empty when there is none)."""

    postcode: str
    huisnummer: int
    toevoeging: str


@dataclass(slots=True)
class Person:
    """One made-up person. ``born_use`` tells what of the birth date is known (COD170: 1 no day, 2 year, 3 nothing).

    ``sex`` is 0 unknown, 1 male, 2 female (COD046). ``married_name`` is the surname of the partner, which some
    sources write instead of the person's own. ``age_shift`` makes lives treat a grown-up of a given population
    as a child; it is 0 for generated persons.
    """

    id: int
    voornaam: str
    tussenvoegsel: str
    achternaam: str
    born: date | None
    sex: str
    is_child: bool
    born_use: str = ""
    bsn: str = ""
    married_name: tuple[str, str] | None = None
    age_shift: int = 0
    known_fully: bool = True
    """Whether name and address are known; a parent in a given population may be a number only."""
    arrived: date | None = None
    left: date | None = None
    died: date | None = None
    household: int = 0
    household_kind: str = ""
    place: str = ""
    """What the person is in the household of the main address: alone, partner, parent or child."""

    def age(self, day: date) -> int:
        """Whole years on ``day``, as lives see it (see ``age_shift``); -1 before birth, 8 when unknown."""
        if self.born is None:
            return 8
        years = day.year - self.born.year - ((day.month, day.day) < (self.born.month, self.born.day))
        return max(-1, years - self.age_shift)


class Stay(NamedTuple):
    """Where a person lives: ``kind`` is main, second, placement or shelter; ``start`` None means always."""

    person_id: int
    address: Address
    kind: str
    start: date | None
    end: date | None

    def covers(self, day: date) -> bool:
        """Whether the stay includes ``day`` (the last day is not in it)."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(slots=True)
class Gezin:
    """Children who share a guardian and a main address, with all their guardians: the unit that is counted.

    ``guardians`` gives each child's parents with their relation (COD472: 10 parent, 11 guardian, 13 foster),
    the one at the main address first.
    """

    id: int
    municipality: str
    household: str
    children: list[Person]
    guardians: dict[int, list[tuple[Person, str]]]
    secret: bool = False
    arrival: date | None = None
    departure: date | None = None
    moved: date | None = None
    always_in_need: bool = False

    def adults(self) -> list[Person]:
        """Every guardian once, in order of first mention."""
        found = {person.id: person for child in self.children for person, _ in self.guardians[child.id]}
        return list(found.values())


@dataclass(slots=True)
class Population:
    """Everyone of one municipality, where they live, and the places to which children can be moved."""

    municipality: str
    persons: list[Person] = field(default_factory=list)
    gezinnen: list[Gezin] = field(default_factory=list)
    stays: dict[int, list[Stay]] = field(default_factory=dict)
    foster_homes: list[tuple[Person, Address]] = field(default_factory=list)
    carers: dict[str, Person] = field(default_factory=dict)
    """Foster parent by the case (toewijzing) under which a child is with them."""
    institutions: list[Address] = field(default_factory=list)
    shelter: Address | None = None

    def settle(self, person: Person, address: Address, kind: str = "main", *, start: date | None = None,
               end: date | None = None) -> None:  # fmt: skip
        """Note that ``person`` lives at ``address``."""
        self.stays.setdefault(person.id, []).append(Stay(person.id, address, kind, start, end))

    def home(self, person: Person, day: date, *kinds: str) -> Address | None:
        """The address of the first of ``kinds`` (default: main) that ``person`` has on ``day``."""
        for kind in kinds or ("main",):
            for stay in self.stays.get(person.id, ()):
                if stay.kind == kind and stay.covers(day):
                    return stay.address
        return None

    def all_stays(self) -> Iterator[Stay]:
        """Every stay, by person."""
        for person in self.persons:
            yield from self.stays.get(person.id, ())


@dataclass(slots=True)
class Event:
    """Something that truly happened. ``source`` wrote it down under ``case_id`` (both empty for a departure).

    ``known`` is the day from which the source's records show it: later than ``day`` for a request that is only
    recorded with its answer. ``opens`` is true for the event that starts the case.
    """

    kind: str
    day: date
    gezin: Gezin
    source: str = ""
    case_id: str = ""
    persons: tuple[Person, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    known: date | None = None
    opens: bool = False
    id: int = 0

    @property
    def shown(self) -> date:
        """The day from which the source's records show it."""
        return self.known or self.day


class Fact(NamedTuple):
    """From ``day`` on a record says ``value`` in ``column``; with ``add`` the value joins a list."""

    day: date
    column: str
    value: Any
    add: bool = False


@dataclass(slots=True)
class Record:
    """One line in a source's administration, about one child (or patient, or incident), as it grows over time."""

    source: str
    record_id: str
    gezin: Gezin
    roles: list[tuple[str, Person, str]]
    facts: list[Fact] = field(default_factory=list)
    deleted: date | None = None
    address_kind: str = "main"

    @property
    def opened(self) -> date:
        """The day of its first fact."""
        return self.facts[0].day

    def known(self, day: date) -> dict[str, Any]:
        """The columns as the source knows them at the end of ``day``."""
        columns: dict[str, Any] = {}
        for fact in self.facts:
            if fact.day > day:
                break
            if fact.add:
                columns[fact.column] = [*columns.get(fact.column, []), fact.value]
            else:
                columns[fact.column] = fact.value
        return columns
