"""Made-up people for the attack on the filters, drawn by public frequencies of names; and those frequencies.

The first names of each list are real and have their published counts; the long tail that real lists have is made up.
Everything is drawn in numpy: 756,000 people take seconds. The attacker gets the true distribution, tail included,
which is more than any public list tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from integration.pseudonyms.normalise import first_name, surname
from integration.sample.naming import table

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LAST_YEAR = 2024
_BORN_BY_AGE = 100
_BEARERS_2007 = 16_400_000
"""Inhabitants of the Netherlands in 2007, the year of the surname counts."""
_GENERATIONS = (("kind", 1998), ("ouder", 1958), ("grootouder", 0))


@dataclass(frozen=True)
class PublicNames:
    """A public list: distinct normalised names, most frequent first, and the share of people that bears each."""

    names: npt.NDArray[np.str_]
    share: Floats


@dataclass(frozen=True)
class People:
    """Who is in the records, as positions in the lists of names and as plain fields.

    ``given_share`` has a row for each (sex, generation) with the share of every given name.
    """

    surnames: PublicNames
    givens: PublicNames
    given_share: Floats
    surname: Ints
    given: Ints
    sex: Ints
    born: npt.NDArray[np.datetime64]
    postcode: Ints
    house: Ints
    number: Ints

    @property
    def count(self) -> int:
        """How many records."""
        return len(self.surname)

    @property
    def year(self) -> Ints:
        """Years of birth."""
        return self.born.astype("datetime64[Y]").astype(np.int64) + 1970

    @property
    def pc4(self) -> Ints:
        """The first four signs of the postcode: a hundred postcodes each."""
        return self.postcode // 100


@cache
def public_surnames(tail: int = 60_000) -> PublicNames:
    """The reference table's surnames with their counts, then ``tail`` made-up ones falling off as Zipf's law.

    The exponent is the one with which all together are as many people as there were in the year of the counts.
    """
    counts: dict[str, float] = {}
    for row in table("surnames"):
        name = surname(f"{row['tussenvoegsel']} {row['achternaam']}") or ""
        counts[name] = counts.get(name, 0.0) + float(row["aantal_2007"])
    head = np.array(sorted(counts.values(), reverse=True))
    start = int(np.searchsorted(-head, -6_500.0))
    ranks = np.arange(1, tail + 1) / start
    low, high = 0.3, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        total = head.sum() + 6_500.0 * ((ranks + 1) ** -middle).sum()
        low, high = (middle, high) if total > _BEARERS_2007 else (low, middle)
    made = _made_up(list(counts), tail, 11)
    share = np.concatenate([list(counts.values()), 6_500.0 * (ranks + 1) ** -low])
    return _sorted([*counts, *made], share)


@cache
def public_givens(tail: int = 3_000) -> tuple[PublicNames, Floats]:
    """Given names, and their shares by sex and generation (rows: man then woman; child, parent, grandparent).

    The reference list's rank gives the share (one over rank and twelve, as the sample draws them) of
    seven tenths of a generation; made-up names have the rest.
    """
    rows = table("first_names")
    lists: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        name = first_name(row["voornaam"]) or ""
        lists.setdefault((row["geslacht"], row["generatie"]), []).append(name)
    real = list(dict.fromkeys(name for names in lists.values() for name in names))
    made = _made_up(real, tail, 12)
    place = {name: index for index, name in enumerate([*real, *made])}
    shares = np.zeros((6, len(place)))
    random = np.random.default_rng(13)
    for line, (sex, generation) in enumerate((s, g) for s in "12" for g, _ in _GENERATIONS):
        names = lists[sex, generation]
        for rank, name in enumerate(names):
            shares[line, place[name]] += 1 / (rank + 13)
        shares[line] *= 0.7 / shares[line].sum()
        rest = 1 / (random.permutation(tail) + 30.0)
        shares[line, len(real) :] += 0.3 * rest / rest.sum()
    order = np.argsort(-shares.mean(axis=0), kind="stable")
    known = np.array([*real, *made])[order]
    return PublicNames(known, shares.mean(axis=0)[order]), shares[:, order]


def _sorted(names: list[str], counts: Any) -> PublicNames:
    share = np.asarray(counts, dtype=np.float64)
    order = np.argsort(-share, kind="stable")
    return PublicNames(np.array(names)[order], share[order] / share.sum())


def _made_up(like: list[str], count: int, seed: int) -> list[str]:
    """Names that are not in ``like`` but spelled like them: each next letter follows two as it does there."""
    follow: dict[str, list[str]] = {}
    for name in like:
        text = f"__{name}_"
        for place in range(len(text) - 2):
            follow.setdefault(text[place : place + 2], []).append(text[place + 2])
    random = np.random.default_rng(seed)
    dice = iter(random.random(count * 60).tolist())
    known: set[str] = set(like)
    made: list[str] = []
    while len(made) < count:
        text = "__"
        while True:
            choice = follow[text[-2:]]
            sign = choice[int(next(dice) * len(choice))]
            if sign == "_" or len(text) > 16:
                break
            text += sign
        name = text[2:]
        if len(name) > 2 and name not in known:
            known.add(name)
            made.append(name)
        elif len(name) > 2:  # a name that exists gets a letter more, so that the end is reached
            made_longer = name + "aeiorstn"[int(next(dice) * 8)]
            if made_longer not in known:
                known.add(made_longer)
                made.append(made_longer)
    return made


def people(records: int, seed: int, again: float = 0.15) -> People:
    """Draw households with their surnames, ages and homes, until there are ``records``.

    ``again`` is the share of records that is a person's second one; a third of those came after a move to another
    postcode. A postcode has about 42 people, a four-digit one a hundred postcodes.
    """
    random = np.random.default_rng(seed)
    names = public_surnames()
    givens, given_share = public_givens()
    once = round(records * (1 - again))
    homes = once  # more than enough: the rest is cut off
    kind = random.random(homes)
    adults = np.where(kind < 0.38, 1, 2)
    children = np.where(kind > 0.68, random.choice([1, 2, 3, 4], homes, p=[0.4, 0.4, 0.15, 0.05]), 0)
    sizes = adults + children
    homes = int(np.searchsorted(np.cumsum(sizes), once)) + 1
    sizes, adults, kind = sizes[:homes], adults[:homes], kind[:homes]
    home = np.repeat(np.arange(homes), sizes)[:once]
    within = (np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes))[:once]
    child = within >= adults[home]
    family = random.choice(len(names.share), homes, p=names.share)
    other = random.choice(len(names.share), once, p=names.share)
    last = np.where((within == 1) & ~child, other, family[home])
    parent_age = np.where(kind > 0.68, random.uniform(24, 58, homes), random.uniform(20, 95, homes))
    age = random.random(once) * (parent_age[home] - 21).clip(1, 25)
    age = np.where(child, age, (parent_age[home] + within * random.normal(0, 3, once)).clip(18, _BORN_BY_AGE))
    days = (age * 365.25 + random.random(once) * 365).astype(np.int64)
    born = np.datetime64(f"{LAST_YEAR}-12-31") - days.astype("timedelta64[D]")
    sex = random.integers(1, 3, once)
    first = _given(random, given_share, sex, born)
    postcodes = max(round(once / 42), 1)
    postcode = random.integers(0, postcodes, homes)[home]
    house = random.integers(1, 200, homes)[home]
    twice = random.choice(once, records - once, replace=False)
    moved = random.random(len(twice)) < 1 / 3
    which = np.concatenate([np.arange(once), twice])
    postcode = np.concatenate(
        [postcode, np.where(moved, random.integers(0, postcodes, len(twice)), postcode[twice])]
    )
    shuffled = random.permutation(records)
    which, postcode = which[shuffled], postcode[shuffled]
    return People(
        names,
        givens,
        given_share,
        last[which],
        first[which],
        sex[which],
        born[which],
        postcode,
        house[which],
        which,
    )


def generation(years: Ints) -> Ints:
    """Which row of a sex's given names is in fashion: 0 child, 1 parent, 2 grandparent."""
    found: Ints = np.select([years >= low for _, low in _GENERATIONS], [0, 1, 2]).astype(np.int64)
    return found


def _given(random: np.random.Generator, shares: Floats, sex: Ints, born: Any) -> Ints:
    line = (sex - 1) * 3 + generation(born.astype("datetime64[Y]").astype(np.int64) + 1970)
    found = np.empty(len(sex), dtype=np.int64)
    for row in range(6):
        those = line == row
        found[those] = random.choice(shares.shape[1], int(those.sum()), p=shares[row])
    return found
