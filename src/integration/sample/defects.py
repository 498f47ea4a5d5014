"""Plants the mistakes that sources make, at the rates of ``defects.yml``, and says what it planted.

A mistake sits in the source's own administration: the same record has the same mistake in every delivery, because
its random stream is named after the record. Only identifying and descriptive columns are touched, see the file.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from integration.sample.declare import Defects
from integration.sample.model import Person, Record, stream
from integration.sample.naming import variants

Row = dict[str, Any]


class Spot(NamedTuple):
    """Where a mistake may be made: a row, the person in it and the prefix of that person's columns."""

    rng: random.Random
    row: Row
    role: str
    person: Person


Mistake = Callable[[Spot], str | None]
"""Changes the columns of one person in a row; returns the column changed, or None when it cannot."""

_UNKNOWN_CODE = {"soort_adres": "09", "vrijstelling": "5X", "aard_geweld": "ONBEKEND"}
_MAY_BE_EMPTIED = {"politie": "persoon_rol", "onderwijs": "onderwijssoort"}


def _bsn_becomes(text: str) -> Mistake:
    def plant(spot: Spot) -> str | None:
        return _replaced(spot, text)

    return plant


def _replaced(spot: Spot, number: str) -> str | None:
    column = f"{spot.role}_bsn"
    if not spot.row.get(column) or spot.row[column] == number:
        return None
    spot.row[column] = number
    return column


def _one_digit_off(spot: Spot) -> str | None:
    """A weight of the 11-test shares no factor with 11, so one wrong digit always shows."""
    number, place = spot.row.get(f"{spot.role}_bsn") or "", spot.rng.randrange(9)
    if len(number) != 9:
        return None
    digit = (int(number[place]) + spot.rng.randint(1, 9)) % 10
    return _replaced(spot, f"{number[:place]}{digit}{number[place + 1 :]}")


def _zero_lost(spot: Spot) -> str | None:
    return _replaced(spot, (spot.row.get(f"{spot.role}_bsn") or "").removeprefix("0"))


def _name_typo(spot: Spot) -> str | None:
    column = f"{spot.role}_achternaam"
    name = spot.row.get(column) or ""
    if len(name) < 5:
        return None
    place = spot.rng.randrange(1, len(name) - 2)
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    dropped = name[:place] + name[place + 1 :]
    spot.row[column] = dropped if spot.rng.random() < 0.5 or swapped == name else swapped
    return column


def _first_name_variant(spot: Spot) -> str | None:
    column = f"{spot.role}_voornaam"
    others = variants().get(spot.row.get(column) or "")
    if not others:
        return None
    spot.row[column] = spot.rng.choice(others)
    return column


def _prefix_style(spot: Spot) -> str | None:
    prefix, column = f"{spot.role}_tussenvoegsel", f"{spot.role}_achternaam"
    written, name, luck = spot.row.get(prefix), spot.row.get(column), spot.rng.random()
    if not written or not name:
        return None
    if luck < 0.4:
        spot.row[prefix], spot.row[column] = None, f"{written} {name}"
    elif luck < 0.7:
        spot.row[prefix], spot.row[column] = None, f"{name}, {written}"
    else:
        spot.row[prefix] = " ".join(word[0] for word in written.split())
        return prefix
    return column


def _married_name(spot: Spot) -> str | None:
    if spot.person.married_name is None or not spot.row.get(f"{spot.role}_achternaam"):
        return None
    prefix, name = spot.person.married_name
    spot.row[f"{spot.role}_tussenvoegsel"] = prefix or None
    spot.row[f"{spot.role}_achternaam"] = (
        f"{name}-{spot.person.achternaam}" if spot.rng.random() < 0.5 else name
    )
    return f"{spot.role}_achternaam"


def _addition_column(role: str) -> str:
    return "huisnummer_toevoeging" if role in {"kind", "patient"} else f"{role}_huisnummer_toevoeging"


def _addition_missing(spot: Spot) -> str | None:
    column = _addition_column(spot.role)
    if not spot.row.get(column):
        return None
    spot.row[column] = None
    return column


def _addition_wrong(spot: Spot) -> str | None:
    column = _addition_column(spot.role)
    if not spot.row.get(column.removesuffix("_toevoeging")):
        return None
    wrong = spot.rng.choice([one for one in ("A", "B", "1", "2", "hs") if one != spot.row.get(column)])
    spot.row[column] = wrong
    return column


MISTAKES: dict[str, Mistake] = {
    "bsn_zero_lost": _zero_lost,
    "bsn_missing": _bsn_becomes(""),
    "bsn_invalid": _one_digit_off,
    "bsn_unknown": _bsn_becomes("999999999"),
    "bsn_unborn": _bsn_becomes("000000000"),
    "married_name": _married_name,
    "name_typo": _name_typo,
    "first_name_variant": _first_name_variant,
    "prefix_style": _prefix_style,
    "addition_missing": _addition_missing,
    "addition_wrong": _addition_wrong,
}
"""The mistakes about persons, in the order in which they are tried; one of a kind (BSN, surname, addition) a person."""

_KIND = {name: name.split("_", 1)[0] for name in MISTAKES} | {"married_name": "name", "prefix_style": "name"}


class Planter:
    """Plants row defects. ``reported`` holds the gezinnen that may lose no row: those known to Veilig Thuis."""

    def __init__(self, defects: Defects | None, reported: set[int], seed: int) -> None:
        self.defects, self.reported, self.seed = defects, reported, seed
        self._rates: dict[str, list[tuple[str, str, float]]] = {}

    def _planned(self, source: str) -> list[tuple[str, str, float]]:
        """The mistakes about persons at ``source``: name, kind and rate, in the order in which they are tried."""
        if source not in self._rates:
            self._rates[source] = [(name, _KIND[name], self.rate(name, source)) for name in MISTAKES]
        return self._rates[source]

    def rate(self, name: str, source: str) -> float:
        """How often ``name`` is planted at ``source``."""
        entry = self.defects.rows.get(name) if self.defects else None
        return entry.sources.get(source, entry.rate) if entry else 0.0

    def plant(self, row: Row, record: Record, roles: list[tuple[str, Person, str]]) -> list[tuple[str, str]]:
        """Change ``row`` in place; return what was planted as (column, defect)."""
        if self.defects is None:
            return []
        rng, found = stream(self.seed, "defect", record.record_id), []
        for role, person, _ in roles:
            done: set[str] = set()
            for name, kind, rate in self._planned(record.source):
                if rng.random() < rate and kind not in done:
                    column = MISTAKES[name](Spot(rng, row, role, person))
                    if column:
                        done.add(kind)
                        found.append((column, name))
        return found + self._about_the_case(rng, row, record)

    def _about_the_case(self, rng: random.Random, row: Row, record: Record) -> list[tuple[str, str]]:
        found = []
        for column, wrong in _UNKNOWN_CODE.items():
            if rng.random() < self.rate("code_unknown", record.source) and row.get(column):
                row[column] = wrong
                found.append((column, "code_unknown"))
        emptied = _MAY_BE_EMPTIED.get(record.source)
        may = emptied is not None and record.gezin.id not in self.reported
        if emptied and may and rng.random() < self.rate("required_empty", record.source):
            row[emptied] = None
            found.append((emptied, "required_empty"))
        return found
