"""Takes an existing population instead of made-up people: the register's fictitious persons (RvIG test set).

The file is CSV with the columns of :data:`COLUMNS`, one row a person. Identities stay exactly as they are: names,
numbers, incomplete dates. Three things are decided here, because the file has persons of all ages from all over the
country and the line is about children in six municipalities:

- everyone with a stated parent is the child in that relation, whatever their age (``age_shift`` lets lives treat a
  grown-up as a child of school age);
- a family (everyone connected by stated parents) belongs to the municipality of the sample that a member lives in,
  else to one drawn from the seed, in proportion to the inhabitants aged 0 to 17;
- who has no address (living abroad), no surname or has died is in the truth, but in no delivery.

Every family of such a population has events, so that the whole line has work. Nobody in it is placed out of home,
moves or has a secret address: the file does not say so. No defects are planted: they would change identities, and
such a file has difficulties enough of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from integration.errors import UsageError
from integration.reasons import Reason
from integration.sample.model import Address, Gezin, Person, Population, stream
from integration.sample.naming import municipalities

COLUMNS = (
    "pl_id", "bsn", "voornamen", "voorvoegsel", "geslachtsnaam", "geboortedatum", "geslacht", "postcode", "huisnummer",
    "gemeentecode", "ouder1_bsn", "ouder2_bsn",
)  # fmt: skip
_SEX = {"M": "1", "V": "2"}
_WINDOW_START = date(2023, 8, 1)


class Groups:
    """Union-find over numbered things; each group is known by its smallest member."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, one: int) -> int:
        """The smallest member of the group of ``one``."""
        while (up := self._parent.setdefault(one, one)) != one:
            one = up
        return one

    def join(self, one: int, other: int) -> None:
        """Put two groups together."""
        low, high = sorted((self.find(one), self.find(other)))
        self._parent[high] = low


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of the file, each person once.

    Raises UsageError INPUT_INVALID when the file lacks a column or has no rows, or a row (counted from 1, below the
    header) cannot be used.
    """
    rows: list[dict[str, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UsageError(Reason.INPUT_INVALID, f"column {missing[0]} is missing", file=path.name)
            for number, row in enumerate(reader, 1):
                _refuse(row, number, path.name)
                rows.append(row)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UsageError(Reason.INPUT_INVALID, "not a readable CSV file", file=path.name) from None
    if not rows:
        raise UsageError(Reason.INPUT_INVALID, "there is nobody in it", file=path.name)
    who = ("bsn", "voornamen", "voorvoegsel", "geslachtsnaam", "geboortedatum")
    return list(
        {tuple(row[name] for name in who) if row["bsn"] else row["pl_id"]: row for row in rows}.values()
    )


def _refuse(row: dict[str, str], number: int, file: str) -> None:
    """Raise UsageError INPUT_INVALID, with the row's number and never a value, for a row that cannot be used."""
    why, field = "", None
    if None in row or None in row.values():
        why = "it has not as many cells as the header"
    elif row["huisnummer"] and not _is_house_number(row["huisnummer"]):
        why, field = "must be a whole number from 1 to 99999", "huisnummer"
    elif row["bsn"] and row["bsn"] in (row["ouder1_bsn"], row["ouder2_bsn"]):
        own = "ouder1_bsn" if row["bsn"] == row["ouder1_bsn"] else "ouder2_bsn"
        why, field = "nobody is a parent of themselves", own
    elif row["ouder1_bsn"] and row["ouder1_bsn"] == row["ouder2_bsn"]:
        why, field = "the parents must be two persons", "ouder2_bsn"
    if why:
        raise UsageError(Reason.INPUT_INVALID, why, file=file, row=number, field=field)


def _is_house_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= 99_999


def _born(text: str) -> tuple[date | None, str]:
    """The birth date with what is known of it (COD170), from ``yyyymmdd`` with zeros for unknown parts."""
    if len(text) != 8 or not (text.isascii() and text.isdecimal()) or text.startswith("0000"):
        return None, "3"
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    use = "2" if month == 0 else "1" if day == 0 else ""
    try:
        return date(year, month or 1, day or 1), use
    except ValueError:
        return None, "3"


class _Register:
    """The persons of the file, found by BSN; parents who have no row of their own are known by number only."""

    def __init__(self, rows: list[dict[str, str]], seed: int) -> None:
        self.seed = seed
        self.persons: list[Person] = []
        self.rows: dict[int, dict[str, str]] = {}
        self.by_bsn: dict[str, Person] = {}
        for row in rows:
            born, use = _born(row["geboortedatum"])
            person = self._add(
                row["bsn"], row["voornamen"], row["voorvoegsel"], row["geslachtsnaam"], born, use
            )
            person.sex = _SEX.get(row["geslacht"], "0")
            self.rows[person.id] = row
        self.parents = {person.id: self._parents(row) for person, row in self._with_rows()}
        for person, _ in self._with_rows():
            person.is_child = bool(self.parents[person.id])
            if person.is_child and person.born:
                self._shift(person)

    def _with_rows(self) -> list[tuple[Person, dict[str, str]]]:
        return [(person, self.rows[person.id]) for person in self.persons if person.id in self.rows]

    def _add(self, bsn: str, first: str, prefix: str, name: str, born: date | None, use: str) -> Person:
        person = Person(len(self.persons) + 1, first, prefix, name, born, "0", False, use, bsn)
        self.persons.append(person)
        if bsn:
            self.by_bsn.setdefault(bsn, person)
        return person

    def _parents(self, row: dict[str, str]) -> list[Person]:
        stated = [number for number in (row["ouder1_bsn"], row["ouder2_bsn"]) if number]
        return [self.by_bsn.get(number) or self._add(number, "", "", "", None, "") for number in stated]

    def _shift(self, person: Person) -> None:
        age = person.age(_WINDOW_START)
        if not 0 <= age <= 15:
            person.age_shift = age - stream(self.seed, "age", person.id).randint(3, 14)

    def address(self, person: Person) -> Address | None:
        """Where a person lives, if the file says so and the person lives."""
        row = self.rows.get(person.id)
        if row is None or not row["postcode"] or not row["huisnummer"] or row.get("overlijdensdatum"):
            return None
        return Address(row["postcode"], int(row["huisnummer"]), "")


def settle(path: Path, seed: int) -> list[Population]:
    """The persons of ``path`` as six populations, by municipality code.

    Raises UsageError INPUT_INVALID when there is no child to make a sample of.
    """
    register = _Register(read_rows(path), seed)
    families = Groups()
    for child, parents in register.parents.items():
        for parent in parents:
            families.join(child, parent.id)
    home = _municipality_of(register, families)
    regions = {place.code: Population(place.code) for place in municipalities()}
    for person in register.persons:
        region = regions[home[families.find(person.id)]]
        region.persons.append(person)
        address = register.address(person)
        person.known_fully = bool(address and person.achternaam)
        if address:
            region.settle(person, address)
    gezinnen = list(_gezinnen(register))
    if not gezinnen:
        text = "nobody in it has a surname, an address and a stated parent"
        raise UsageError(Reason.INPUT_INVALID, text, file=path.name)
    for number, children in enumerate(gezinnen, 1):
        code = home[families.find(children[0].id)]
        guardians = {
            child.id: [(parent, "10") for parent in register.parents[child.id]] for child in children
        }
        gezin = Gezin(number, code, "register", children, guardians, always_in_need=True)
        regions[code].gezinnen.append(gezin)
    return list(regions.values())


def _municipality_of(register: _Register, families: Groups) -> dict[int, str]:
    """The municipality of every family, by the family's number."""
    places = municipalities()
    known: dict[int, str] = {}
    for person in register.persons:
        row = register.rows.get(person.id)
        code = f"GM{row['gemeentecode']}" if row else ""
        if code in {place.code for place in places}:
            known.setdefault(families.find(person.id), code)
    for person in register.persons:
        family = families.find(person.id)
        if family not in known:
            rng = stream(register.seed, "municipality", family)
            known[family] = rng.choices([p.code for p in places], [p.weight for p in places])[0]
    return known


def _gezinnen(register: _Register) -> Iterable[list[Person]]:
    """Groups of children who share a stated parent and an address, in order of their first child."""
    together = Groups()
    first_at: dict[tuple[int, Address | None], int] = {}
    eligible = [
        person for person in register.persons
        if person.is_child and person.achternaam and register.address(person) is not None
    ]  # fmt: skip
    for child in eligible:
        for parent in register.parents[child.id]:
            place = (parent.id, register.address(child))
            together.join(child.id, first_at.setdefault(place, child.id))
    groups: dict[int, list[Person]] = {}
    for child in eligible:
        groups.setdefault(together.find(child.id), []).append(child)
    return groups.values()
