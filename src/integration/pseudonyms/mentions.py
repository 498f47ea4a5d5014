"""Mentions: one line for each person a row speaks of, with messages where tokens will be.

Which parts make which token is in ``docs/reference/pseudonyms.md``. A token whose parts are not all there is
not made. Of a secret address nothing is made, and nothing that an address is a part of. Everything here works
on whole columns of a batch: that is what makes encoding quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from integration.pseudonyms.persons import PersonBatch
from integration.pseudonyms.tokens import labeller, message

PERSON_MESSAGES = (
    "bsn_token",
    "token_demographic",
    "token_demographic_first",
    "token_name",
    "token_birth_first",
)
ADDRESS_MESSAGES = ("address_token", "address_token_base")

Part = bytes | None
Value = TypeVar("Value")

_DEMOGRAPHIC = message("demographic")
_DEMOGRAPHIC_FIRST = message("demographic_first")
_NAME = message("name")
_BIRTH_FIRST = message("birth_first")
_ADDRESS = message("address")
_ADDRESS_BASE = message("address_base")
_SEX, _ADDITION = labeller("sex"), labeller("house_addition")
_SEXES = {"1": _SEX("1"), "2": _SEX("2")}
"""Sex 0 (unknown, iJw COD046) is no part of a token."""


@dataclass(frozen=True)
class Addresses:
    """A person's addresses, row by row: postcode with house number, the addition, the postcode's digits."""

    base: list[Part]
    addition: list[Part]
    pc4: list[str | None]


@dataclass(frozen=True)
class Mentions:
    """The persons of one role in a batch: their rows' places, and their columns, messages among them."""

    places: list[int]
    columns: dict[str, Sequence[Any]]


def addresses(person: PersonBatch) -> Addresses:
    """Return a person's addresses; all None where postcode or house number is missing."""
    known: dict[str, bytes] = {}
    result = Addresses([], [], [])
    columns = (person.part(name) for name in ("postcode", "huisnummer", "huisnummer_toevoeging"))
    for code, house, given in zip(*columns, strict=True):
        if code is None or house is None:
            base = addition = pc4 = None
        else:
            base, pc4 = code.part + house.part, code.pc4
            text = house.addition + (given or "")
            addition = known.get(text)
            if addition is None:
                addition = known[text] = _ADDITION(text)
        result.base.append(base)
        result.addition.append(addition)
        result.pc4.append(pc4)
    return result


def mentions(
    person: PersonBatch,
    own: Addresses,
    child: Addresses | None,
    secret: Sequence[bool],
    rows: Sequence[int],
) -> Mentions:
    """Return the mentions of one person in the accepted ``rows`` of a batch.

    ``child`` are the addresses of the row's child when ``person`` is a parent: a parent without an address
    gets it for the demographic token alone. ``secret`` says that the row's address is; it covers a parent too
    unless the parent is known to live elsewhere.
    """
    names, births = person.part("voornaam"), person.part("geboortedatum")
    numbers, surnames = person.part("bsn"), person.part("achternaam")
    places = [
        row
        for row in rows
        if numbers[row] is not None
        or names[row] is not None
        or surnames[row] is not None
        or (births[row] is not None and births[row].known != "none")
    ]
    take = _taker(places)
    hidden = _hidden(take(own.base), take(child.base) if child else None, take(secret))
    base, addition = _unless(hidden, take(own.base)), _unless(hidden, take(own.addition))
    shared = base
    if child is not None:
        theirs = _unless(hidden, take(child.base))
        shared = [mine if mine is not None else other for mine, other in zip(base, theirs, strict=True)]
    name, birth, surname = take(names), take(births), take(surnames)
    day = [found.part if found is not None else None for found in birth]
    first = [found.first if found is not None else None for found in name]
    initial = [found.initial if found is not None else None for found in name]
    sexed = [_SEXES.get(sex) for sex in take(person.sexes)]
    columns: dict[str, Sequence[Any]] = {
        "sex": take(person.sexes),
        "birth_year": [found.year if found is not None else None for found in birth],
        "birth_known": [found.known if found is not None else "none" for found in birth],
        "pc4": _unless(hidden, take(own.pc4)),
        "secret": hidden,
        "address_inherited": [
            mine is None and other is not None for mine, other in zip(base, shared, strict=True)
        ],
        "bsn_token": take(numbers),
        "token_demographic": _join(_DEMOGRAPHIC, day, sexed, surname, shared),
        "token_demographic_first": _join(_DEMOGRAPHIC_FIRST, day, sexed, surname, base, first),
        "token_name": _join(_NAME, day, surname, initial),
        "token_birth_first": _join(_BIRTH_FIRST, day, first, surname),
        "address_token": _join(_ADDRESS, base, addition),
        "address_token_base": _join(_ADDRESS_BASE, base),
    }
    return Mentions(places, columns)


def _taker(places: Sequence[int]) -> Callable[[Sequence[Value]], Sequence[Value]]:
    return lambda column: column if len(places) == len(column) else [column[place] for place in places]


def _join(kind: bytes, *columns: Sequence[Part]) -> list[Part]:
    """Put parts together row by row; None where one is missing."""
    rows: Iterator[tuple[Any, ...]] = zip(*columns, strict=True)
    return [None if None in parts else kind + b"".join(parts) for parts in rows]


def _hidden(own: Sequence[Part], child: Sequence[Part] | None, secret: Sequence[bool]) -> list[bool]:
    """Tell whose address must not be known: with a secret address, everyone not known to live elsewhere."""
    if child is None or not any(secret):
        return list(secret)
    rows = zip(secret, own, child, strict=True)
    return [hides and (mine is None or theirs is None or mine == theirs) for hides, mine, theirs in rows]


def _unless(hidden: Sequence[bool], column: Sequence[Value | None]) -> Sequence[Value | None]:
    if not any(hidden):
        return column
    return [None if hides else value for hides, value in zip(hidden, column, strict=True)]
