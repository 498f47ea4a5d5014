"""Made persons whose records carry encoded columns, enough of them for counts that may be shown."""

from __future__ import annotations

import random
from datetime import date, timedelta

from helpers.linkage import Row, mention
from integration.pseudonyms.link_encoder import LinkEncoder

SOURCES = ("onderwijs", "wijkteam", "jeugdhulp", "huisarts")
_SYLLABLES = (
    "van",
    "ber",
    "hof",
    "mel",
    "dij",
    "kers",
    "ten",
    "bos",
    "wil",
    "sen",
    "ra",
    "lo",
    "mi",
    "ka",
    "na",
)
_FIRST = ("sam", "no", "lu", "mi", "ja", "li", "an", "be", "ka", "to", "sa", "ro", "ne", "el", "fi", "wi")


def encoded_town(
    persons: int = 400, seed: int = 5, *, unknown: int = 0, records: int = 3, twins: float = 0.0
) -> list[Row]:
    """Mentions of made persons, one to ``records`` each, with mistakes; and ``unknown`` that tell a birth year only.

    A share of ``twins`` is like the person before but for the first name.
    """
    pick = random.Random(seed)
    person: dict[str, str | None] = {}
    fields: list[dict[str, str | None]] = []
    rows: list[Row] = []
    for number in range(persons):
        if person and twins and pick.random() < twins:
            person = {**person, "given": pick.choice(_FIRST) + pick.choice(_FIRST)}
        else:
            person = _person(pick)
        for copy in range(pick.randint(1, records)):
            told = _told(pick, person, f"B{number}")
            fields.append(told)
            rows.append(_row(pick, f"r{number}.{copy}", told))
    for number in range(unknown):
        told = dict.fromkeys(("number", "given", "surname", "sex", "postcode", "house")) | {"birth": "2014"}
        fields.append(told)
        rows.append(_row(pick, f"u{number}", told))
    encoder = LinkEncoder(b"a key for tests!" * 2, number="any")
    names = ("number", "given", "surname", "birth", "sex", "postcode", "house")
    table = encoder.encode_values({name: [told[name] for told in fields] for name in names})
    for row, encoded in zip(rows, table.to_pylist(), strict=True):
        row.update({name: value for name, value in encoded.items() if name.startswith("link_")})
    return rows


def _person(pick: random.Random) -> dict[str, str | None]:
    born = date(2005, 1, 1) + timedelta(days=pick.randrange(5000))
    return {
        "given": pick.choice(_FIRST) + pick.choice(_FIRST),
        "surname": "".join(pick.choices(_SYLLABLES, k=3)),
        "birth": born.isoformat(),
        "sex": pick.choice("12"),
        "postcode": f"39{pick.randrange(90, 99)}A{pick.choice('ABCDEFGH')}",
        "house": str(pick.randrange(1, 60)),
    }


def _told(pick: random.Random, person: dict[str, str | None], number: str) -> dict[str, str | None]:
    told = {**person, "number": number if pick.random() < 0.45 else None}
    for name in ("given", "surname"):
        value = str(told[name])
        if pick.random() < 0.15:
            place = pick.randrange(1, len(value))
            told[name] = value[:place] + pick.choice("aeiou") + value[place + 1 :]
    if pick.random() < 0.1:
        born = date.fromisoformat(str(told["birth"]))
        told["birth"] = (born + timedelta(days=pick.choice((1, 30, 365)))).isoformat()
    if pick.random() < 0.25:
        told["postcode"], told["house"] = f"39{pick.randrange(90, 99)}ZZ", str(pick.randrange(1, 60))
    return told


def _row(pick: random.Random, record: str, told: dict[str, str | None]) -> Row:
    return mention(
        record,
        "kind",
        source=pick.choices(SOURCES, (4, 3, 2, 1))[0],
        bsn=told["number"],
        born=told["birth"],
        sex=told["sex"],
    )
