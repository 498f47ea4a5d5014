"""A made-up Dutch population in several sources, with mistakes, as columns of normalised values."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa

SOURCES = 7
_STARTS = [
    "b",
    "br",
    "d",
    "dr",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "kr",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "r",
    "s",
    "sch",
    "sl",
    "sm",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
]
_VOWELS = ["a", "aa", "e", "ee", "ei", "i", "ie", "ij", "o", "oe", "oo", "ou", "u", "ui"]
_ENDS = ["k", "l", "ll", "m", "n", "nd", "ng", "nk", "ns", "r", "rd", "rg", "rs", "s", "st", "t", "ts"]
_TAILS = ["", "", "", "stra", "sma", "man", "mans", "sen", "sen", "berg", "veld", "huis", "dijk", "inga"]
_GIVEN = [
    "jan",
    "maria",
    "johannes",
    "anna",
    "pieter",
    "johanna",
    "willem",
    "cornelia",
    "daan",
    "emma",
    "sem",
    "julia",
    "lucas",
    "mila",
    "levi",
    "sophie",
    "finn",
    "tess",
    "noah",
    "sara",
    "thomas",
    "lisa",
    "tim",
    "anouk",
    "mohammed",
    "fatima",
    "ali",
    "yasmin",
    "kevin",
    "kim",
    "bas",
    "eva",
    "jesse",
    "lotte",
    "ruben",
    "iris",
    "stijn",
    "fleur",
    "lars",
    "nina",
    "max",
    "roos",
    "thijs",
    "noor",
    "bram",
    "isa",
    "sven",
    "lieke",
    "nick",
    "femke",
    "rick",
    "sanne",
    "tom",
    "amber",
    "jeroen",
    "linda",
    "mark",
    "monique",
    "peter",
    "ingrid",
    "henk",
    "wilma",
    "kees",
    "annie",
    "gerrit",
    "tineke",
    "dirk",
    "marleen",
    "erik",
    "esther",
    "wouter",
    "judith",
    "maarten",
    "karin",
    "robert",
    "petra",
    "michael",
    "sandra",
    "dennis",
    "patricia",
    "marco",
    "nicole",
    "johan",
    "anita",
    "ahmed",
    "aicha",
    "mehmet",
    "elif",
    "piotr",
    "agnieszka",
    "abdullah",
    "khadija",
    "hassan",
    "zeynep",
    "mustafa",
    "merve",
    "dylan",
    "romy",
    "jayden",
    "lynn",
    "milan",
    "naomi",
    "luuk",
    "sofie",
    "olivier",
    "elin",
    "gijs",
    "evi",
    "teun",
    "saar",
    "hugo",
    "nora",
    "floris",
    "liv",
    "boaz",
    "veerle",
    "joep",
    "maud",
    "cas",
    "loes",
    "pim",
    "puck",
]


def surnames(rng: np.random.Generator, path: Path | None, many: int = 30_000) -> tuple[list[str], np.ndarray]:
    """Surnames and their shares: made up, the first ones from a file (name, count) where there is one."""
    names: dict[str, float] = {}
    if path is not None and path.is_file():
        with path.open(encoding="utf-8") as handle:
            for row in csv.reader(handle):
                digits = [cell for cell in row if cell.strip().isdigit()]
                words = [cell for cell in row if cell.strip() and not cell.strip().isdigit()]
                if digits and words:
                    names["".join(filter(str.isalpha, words[0].lower()))] = float(max(map(int, digits)))
    while len(names) < many:
        name = "".join(rng.choice(part) for part in (_STARTS, _VOWELS, _ENDS)) + rng.choice(_TAILS)
        if rng.random() < 0.5:
            name = rng.choice(_STARTS) + rng.choice(_VOWELS) + name
        names.setdefault(name, 0.0)
    shares = 1.0 / (np.arange(1, len(names) + 1) + 20.0) ** 0.95
    return list(names), shares / shares.sum()


def people(
    records: int, seed: int = 1, names: Path | None = None
) -> tuple[dict[str, pa.Array], np.ndarray, np.ndarray]:
    """Values by field, the person of each record, and its source (no person twice in one source).

    Two in five households have children; 1.5% of the births are twins; a record has a wrong letter in a name
    (3%), another first name (1.5%), a wrong birth date (1.5%), another address (8%), no number (15%).
    """
    rng = np.random.default_rng(seed)
    persons = int(records / 2.5)
    homes = max(1, persons // 2)
    home = np.sort(rng.integers(0, homes, persons))
    known, shares = surnames(rng, names)
    known_array = np.array(known, dtype=object)
    surname = rng.choice(len(known), homes, p=shares)[home]
    surname = np.where(rng.random(persons) < 0.25, rng.choice(len(known), persons, p=shares), surname)
    given_shares = 1.0 / (np.arange(len(_GIVEN)) + 12.0)
    given = rng.choice(len(_GIVEN), persons, p=given_shares / given_shares.sum())
    born = np.datetime64("1935-01-01") + rng.integers(0, 365 * 88, persons)
    twin = (rng.random(persons) < 0.015) & (home == np.roll(home, 1))
    born = np.where(twin, np.roll(born, 1), born)
    surname = np.where(twin, np.roll(surname, 1), surname)
    times = np.minimum(1 + rng.binomial(SOURCES - 1, 0.25, persons), SOURCES)
    person = np.repeat(np.arange(persons), times)[:records]
    first = np.r_[True, person[1:] != person[:-1]]
    turn = np.arange(len(person)) - np.maximum.accumulate(np.where(first, np.arange(len(person)), 0))
    source = (rng.integers(0, SOURCES, persons)[person] + turn) % SOURCES
    n = len(person)
    place = np.where(rng.random(n) < 0.08, rng.integers(0, homes, n), home[person])
    street = place // 18
    postcode = _postcodes(street)
    house = (place % 18 * 2 + 1).astype(str).astype(object)
    day = np.where(rng.random(n) < 0.015, born[person] + rng.integers(-400, 400, n), born[person])
    birth = day.astype("datetime64[D]").astype(str).astype(object)
    given_text = np.array(_GIVEN, dtype=object)[
        np.where(rng.random(n) < 0.015, rng.choice(len(_GIVEN), n), given[person])
    ]
    surname_text = known_array[
        np.where(rng.random(n) < 0.01, rng.choice(len(known), n, p=shares), surname[person])
    ]
    number = np.char.zfill((person * 7919 + 100_000_007).astype(str), 9).astype(object)
    number[rng.random(n) < 0.15] = None
    given_text = _typos(rng, given_text, 0.03)
    surname_text = _typos(rng, surname_text, 0.03)
    for column, share in ((given_text, 0.05), (birth, 0.01), (postcode, 0.04)):
        column[rng.random(n) < share] = None
    sex = np.where(given[person] % 2 == 0, "1", "2").astype(object)
    values = {
        "given": given_text,
        "surname": surname_text,
        "birth": birth,
        "sex": sex,
        "postcode": postcode,
        "house": np.where(np.equal(postcode, None), None, house),
        "number": number,
    }
    order = rng.permutation(n)
    made = {name: pa.array(column[order].tolist(), pa.string()) for name, column in values.items()}
    return made, person[order], source[order]


def _postcodes(street: np.ndarray) -> np.ndarray:
    letters = np.array([chr(65 + i) for i in range(26)], dtype=object)
    pc4 = (1011 + street // 100 % 8900).astype(str).astype(object)
    return np.asarray(pc4 + letters[street % 100 // 10 % 26] + letters[street % 10])


def _typos(rng: np.random.Generator, names: np.ndarray, share: float) -> np.ndarray:
    names = names.copy()
    for place in np.flatnonzero(rng.random(len(names)) < share):
        name = names[place]
        at = int(rng.integers(0, len(name)))
        letter = "abcdefghijklmnoprstuvw"[int(rng.integers(0, 22))]
        kind = rng.integers(0, 3)
        names[place] = (
            name[:at]
            + (letter if kind == 0 else "" if kind == 1 and len(name) > 2 else letter + name[at])
            + name[at + 1 :]
        )
    return names
