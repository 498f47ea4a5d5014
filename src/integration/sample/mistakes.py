"""The mistakes that sources make in writing down a person: each changes what its name says, and nothing else.

Only columns that identify somebody are touched: never a date that an indicator rests on. A mistake that cannot be
made (there is no prefix to misplace) is not made.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from integration.sample.model import Person
from integration.sample.naming import variants

Row = dict[str, Any]
PLACEHOLDER = date(1900, 1, 1)
"""What a program writes that insists on a birth date when nobody knows it."""
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"
_POSTCODE_LETTERS = "GHJKLMNPRSTVWXZ"


class Spot(NamedTuple):
    """Where a mistake may be made: a row, the person in it, the prefix of that person's columns.

    ``luck`` is the number by which the mistake was drawn, from which it takes its own randomness. ``latest`` is the
    last day that a birth date may become. ``losable`` tells whether the row may be refused: no indicator rests on
    it, or the column is one that may be empty.
    """

    luck: float
    row: Row
    role: str
    person: Person
    latest: date = date.max
    losable: bool = True

    def rng(self) -> random.Random:
        """The random stream of this mistake, anew at each call: the same in every delivery of the record."""
        return random.Random(self.luck)  # noqa: S311 - made-up people, no secrets


Mistake = Callable[[Spot], str | None]
"""Changes the columns of one person in a row; returns the column changed, or None when it cannot."""


# -- numbers ---------------------------------------------------------------------------------------------------------


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
    rng, number = spot.rng(), spot.row.get(f"{spot.role}_bsn") or ""
    if len(number) != 9:
        return None
    place = rng.randrange(9)
    digit = (int(number[place]) + rng.randint(1, 9)) % 10
    return _replaced(spot, f"{number[:place]}{digit}{number[place + 1 :]}")


def _zero_lost(spot: Spot) -> str | None:
    return _replaced(spot, (spot.row.get(f"{spot.role}_bsn") or "").removeprefix("0"))


# -- names -----------------------------------------------------------------------------------------------------------


def _typo_in(part: str, shortest: int) -> Mistake:
    """Two letters next to each other change places, or one is left out; never the first, and not in short names."""

    def plant(spot: Spot) -> str | None:
        column = f"{spot.role}_{part}"
        name = spot.row.get(column) or ""
        if len(name) < shortest:
            return None
        rng = spot.rng()
        place = rng.randrange(1, len(name) - 2)
        swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        dropped = name[:place] + name[place + 1 :]
        spot.row[column] = dropped if rng.random() < 0.5 or swapped == name else swapped
        return column

    return plant


def _letter_replaced(spot: Spot) -> str | None:
    """Another vowel for a vowel, another consonant for a consonant: misheard, or the key beside it."""
    column = f"{spot.role}_achternaam"
    name = spot.row.get(column) or ""
    places = [place for place, sign in enumerate(name) if place and sign in _VOWELS + _CONSONANTS]
    if len(places) < 3:
        return None
    rng = spot.rng()
    place = rng.choice(places)
    alike = _VOWELS if name[place] in _VOWELS else _CONSONANTS
    letter = rng.choice(alike.replace(name[place], ""))
    spot.row[column] = f"{name[:place]}{letter}{name[place + 1 :]}"
    return column


def _first_name_variant(spot: Spot) -> str | None:
    column = f"{spot.role}_voornaam"
    others = variants().get(spot.row.get(column) or "")
    if not others:
        return None
    spot.row[column] = spot.rng().choice(others)
    return column


def _prefix_style(spot: Spot) -> str | None:
    prefix, column = f"{spot.role}_tussenvoegsel", f"{spot.role}_achternaam"
    written, name, luck = spot.row.get(prefix), spot.row.get(column), spot.rng().random()
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
        f"{name}-{f'{spot.person.tussenvoegsel} {spot.person.achternaam}'.strip()}"
        if spot.rng().random() < 0.5
        else name
    )
    return f"{spot.role}_achternaam"


# -- birth dates -----------------------------------------------------------------------------------------------------


def _birth_becomes(change: Callable[[Spot, date], Any]) -> Mistake:
    """A full birth date becomes what ``change`` makes of it; None when it makes nothing."""

    def plant(spot: Spot) -> str | None:
        column = f"{spot.role}_geboortedatum"
        born = spot.row.get(column)
        made = change(spot, born) if isinstance(born, date) else None
        if made is None:
            return None
        spot.row[column] = made
        return column

    return plant


def _swapped(spot: Spot, born: date) -> date | None:
    if born.day > 12 or born.day == born.month:
        return None
    made = born.replace(month=born.day, day=born.month)
    return made if made <= spot.latest else None


def _placeholder(spot: Spot, _: date) -> date | None:
    return PLACEHOLDER if spot.losable else None


def _partial(spot: Spot, born: date) -> tuple[int, int, int]:
    return (born.year, born.month, 0) if spot.rng().random() < 0.5 else (born.year, 0, 0)


# -- addresses -------------------------------------------------------------------------------------------------------


def _home_column(role: str, part: str) -> str:
    return part if role in {"kind", "patient"} else f"{role}_{part}"


def _other_postcode(spot: Spot) -> str | None:
    """Another street: the last figure and both letters differ."""
    column = _home_column(spot.role, "postcode")
    code = spot.row.get(column) or ""
    if len(code) != 6:
        return None
    rng = spot.rng()
    figure = (int(code[3]) + rng.randint(1, 9)) % 10
    letters = "".join(rng.choice(_POSTCODE_LETTERS.replace(sign, "")) for sign in code[4:])
    spot.row[column] = f"{code[:3]}{figure}{letters}"
    return column


def _postcode_swapped(spot: Spot) -> str | None:
    """Two figures that differ change places; the first stays (it is never a zero)."""
    column = _home_column(spot.role, "postcode")
    code = spot.row.get(column) or ""
    places = [place for place in (1, 2) if len(code) == 6 and code[place] != code[place + 1]]
    if not places:
        return None
    place = spot.rng().choice(places)
    spot.row[column] = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    return column


def _house_number_off(spot: Spot) -> str | None:
    """One figure differs; the first never becomes a zero."""
    column = _home_column(spot.role, "huisnummer")
    number = str(spot.row.get(column) or "")
    if not number:
        return None
    rng = spot.rng()
    place = rng.randrange(len(number))
    others = [sign for sign in "0123456789"[place == 0 :] if sign != number[place]]
    spot.row[column] = int(f"{number[:place]}{rng.choice(others)}{number[place + 1 :]}")
    return column


def _addition_missing(spot: Spot) -> str | None:
    column = _home_column(spot.role, "huisnummer_toevoeging")
    if not spot.row.get(column):
        return None
    spot.row[column] = None
    return column


def _addition_wrong(spot: Spot) -> str | None:
    column = _home_column(spot.role, "huisnummer_toevoeging")
    if not spot.row.get(column.removesuffix("_toevoeging")):
        return None
    wrong = spot.rng().choice([one for one in ("A", "B", "1", "2", "hs") if one != spot.row.get(column)])
    spot.row[column] = wrong
    return column


MISTAKES: dict[str, Mistake] = {
    "bsn_zero_lost": _zero_lost,
    "bsn_missing": _bsn_becomes(""),
    "bsn_invalid": _one_digit_off,
    "bsn_unknown": _bsn_becomes("999999999"),
    "bsn_unborn": _bsn_becomes("000000000"),
    "married_name": _married_name,
    "name_typo": _typo_in("achternaam", 5),
    "name_letter": _letter_replaced,
    "prefix_style": _prefix_style,
    "first_name_variant": _first_name_variant,
    "first_name_typo": _typo_in("voornaam", 4),
    "birth_swapped": _birth_becomes(_swapped),
    "birth_default": _birth_becomes(_placeholder),
    "birth_partial": _birth_becomes(_partial),
    "postcode_other": _other_postcode,
    "postcode_swapped": _postcode_swapped,
    "house_number_off": _house_number_off,
    "addition_missing": _addition_missing,
    "addition_wrong": _addition_wrong,
}
"""The mistakes about persons, in the order in which they are tried; one of a kind a person."""

KIND = {name: name.split("_", 1)[0] for name in MISTAKES} | {"married_name": "name", "prefix_style": "name"}
"""What a mistake is about: bsn, name (the surname), first (name), birth (date), postcode, house (number), addition."""
