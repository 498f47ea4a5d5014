"""What a thief finds of made-up people: everything the link encoding stores, or a worse encoding as control."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from integration.attacks.filters_guess import Stored
from integration.attacks.filters_people import Ints, People, PublicNames, generation
from integration.attacks.filters_plain import codes, filters
from integration.pseudonyms.link_encoder import LinkEncoder
from integration.pseudonyms.link_parameters import LinkParameters

NAMES = ("surname", "given")
_GROUPS = ("birth", "birth_my", "birth_year", "postcode", "pc4", "place")
"""Tokens without a name within which frequencies are aligned; others split the same people in other ways."""
_PC4_IN_PLACE = 17


def values(people: People) -> dict[str, Any]:
    """The normalised fields of the people, as the link encoder reads them."""
    code = people.postcode
    signs = [
        f"{1000 + number // 100}{chr(65 + number % 100 // 10)}{chr(65 + number % 10)}"
        for number in range(int(code.max()) + 1)
    ]
    days = np.unique(people.born)
    return {
        "given": _taken(people.givens.names.tolist(), people.given),
        "surname": _taken(people.surnames.names.tolist(), people.surname),
        "sex": _taken(["", "1", "2"], people.sex),
        "birth": _taken(np.datetime_as_string(days).tolist(), np.searchsorted(days, people.born)),
        "postcode": _taken(signs, code),
        "house": pa.array(people.house).cast(pa.string()),
        "place": pa.array(people.pc4 // _PC4_IN_PLACE).cast(pa.string()),
        "number": pa.array(people.number + 100_000_000).cast(pa.string()),
    }


def _taken(texts: list[str], places: npt.NDArray[np.signedinteger]) -> Any:
    return pa.chunked_array([pa.array(texts).take(pa.array(places))])


def encoded(people: People, parameters: LinkParameters, key: bytes) -> dict[str, Stored]:
    """What is stored of the people's surnames and given names in the link encoding of ``parameters``."""
    table = LinkEncoder(key, parameters).encode_values(values(people))
    column = {
        name: codes(table.column(name).to_numpy())
        for name in parameters.token_columns
        if table.column(name).null_count == 0
    }
    parts = {token.column: set(token.parts) for token in parameters.tokens if token.column in column}
    salts = {
        (field, channel.name): set(salt)
        for channel in parameters.filters.channels
        for field, salt in channel.by_field.items()
    }
    words = {
        (field, channel): np.stack(
            [table.column(f"link_{field}_{channel}_{word}").to_numpy() for word in range(2)], axis=1
        )
        for field, channel in salts
    }
    groups = {f"link_{part}": column[f"link_{part}"] for part in _GROUPS if f"link_{part}" in column}
    groups["sex"] = people.sex
    for name in ("link_birth_year", "link_pc4"):
        if name in groups:
            groups[f"{name} and sex"] = codes(groups[name], people.sex)
    found = {}
    for name in NAMES:
        equal = {token: column[token] for token, made in parts.items() if name in made or made == {"number"}}
        for (field, channel), salt in salts.items():
            if field == name or name in salt:
                both = words[field, channel]
                equal[f"filter {field} {channel}"] = codes(both[:, 0], both[:, 1])
        own = {channel: words[name, channel] for field, channel in words if field == name}
        plain = {channel: _salt(people, salts[name, channel]) for channel in own}
        found[name] = Stored(
            _once(equal), groups, own, plain, codes(people.postcode, people.house), _told(people, name)
        )
    return found


def plainly(people: People, salt: npt.NDArray[np.generic]) -> Stored:
    """What is stored of surnames when their filter alone is, with ``salt``: the control of the attack."""
    salted = codes(salt)
    words = filters("surname", people.surnames.names.tolist(), people.surname, salted)
    return Stored(
        {"filter surname": codes(words[:, 0], words[:, 1])},
        {"salt": salted},
        {"control": words},
        {"control": salted},
        codes(people.postcode, people.house),
        _told(people, "surname"),
    )


def public(people: People, name: str) -> tuple[PublicNames, Ints]:
    """The public list of surnames or given names, and each record's place in it."""
    return (people.surnames, people.surname) if name == "surname" else (people.givens, people.given)


def _once(columns: dict[str, Ints]) -> dict[str, Ints]:
    """The columns without those that are equal for the same records as an earlier one; its name tells of both."""
    names: dict[bytes, list[str]] = {}
    kept: dict[bytes, Ints] = {}
    for name, values in columns.items():
        first = np.unique(values, return_index=True)[1]
        same = hashlib.sha256(first[values].tobytes()).digest()
        names.setdefault(same, []).append(name)
        kept.setdefault(same, values)
    return {" = ".join(names[same]): values for same, values in kept.items()}


def _salt(people: People, parts: set[str]) -> Ints:
    """Who shares a salt of these parts; the attacker is given this, also where no token tells it."""
    born = people.born
    known = {
        "given": people.given,
        "surname": people.surname,
        "sex": people.sex,
        "birth": born.astype(np.int64),
        "birth_my": born.astype("datetime64[M]").astype(np.int64),
        "birth_year": people.year,
        "birth_decade": people.year // 10,
        "birth_dm": _day(born) + 40 * (born.astype("datetime64[M]").astype(np.int64) % 12),
        "birth_dy": _day(born) + 40 * people.year,
        "postcode": people.postcode,
        "pc4": people.pc4,
        "place": people.pc4 // _PC4_IN_PLACE,
        "house": people.house,
        "number": people.number,
    }
    return codes(*(known[part] for part in sorted(parts)))


def _day(born: npt.NDArray[np.datetime64]) -> Ints:
    found: Ints = (born - born.astype("datetime64[M]")).astype(np.int64)
    return found


def _told(people: People, name: str) -> Ints:
    """What is readable and goes with a given name: sex and the years it was in fashion. Nothing goes with a surname."""
    if name == "surname":
        return np.zeros(people.count, np.int64)
    return (people.sex - 1) * 3 + generation(people.year)
