"""Names by frequency, from the small tables in ``reference/``."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from integration.sample.model import Person

REFERENCE = Path(__file__).resolve().parent / "reference"


def table(name: str) -> list[dict[str, str]]:
    """The rows of ``reference/<name>.csv``."""
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@dataclass(frozen=True)
class Municipality:
    """A municipality of the sample: its inhabitants in 2024; ``weight`` is how many are 0 to 17 (own estimate)."""

    code: str
    name: str
    inhabitants: int
    weight: int
    pc4: tuple[str, ...]


@cache
def municipalities() -> tuple[Municipality, ...]:
    """The six municipalities, by code."""
    return tuple(
        Municipality(
            row["gemeente"],
            row["naam"],
            int(row["inwoners_2024"]),
            int(row["inwoners_0_17"]),
            tuple(row["pc4"].split()),
        )
        for row in table("municipalities")
    )


def aliases() -> dict[str, str]:
    """Made-up names of the municipalities, by code."""
    return {row["gemeente"]: row["naam"] for row in table("aliases")}


class Names:
    """Draws names. ``local`` adds weight to surnames of the place: (prefix, surname) to share of all.

    ``rare`` is the share of people with a name put together from (prefixes, beginnings, endings).
    """

    def __init__(
        self,
        local: dict[tuple[str, str], float] | None = None,
        rare: float = 0.0,
        parts: tuple[Sequence[str], Sequence[str], Sequence[str]] = ((), (), ()),
    ) -> None:
        self._rare, self._parts = rare, parts
        rows = table("surnames")
        weights = [float(row["aantal_2007"]) for row in rows]
        self._surnames = [(row["tussenvoegsel"], row["achternaam"]) for row in rows]
        for name, share in (local or {}).items():
            self._surnames.append(name)
            weights.append(share * sum(weights))
        self._cumulative = list(accumulate(weights))
        self._first: dict[tuple[str, str], tuple[list[str], list[float]]] = {}
        for row in table("first_names"):
            names, heights = self._first.setdefault((row["geslacht"], row["generatie"]), ([], []))
            names.append(row["voornaam"])
            heights.append((heights[-1] if heights else 0.0) + 1 / (len(names) + 12))

    def surname(self, rng: random.Random) -> tuple[str, str]:
        """A surname as (tussenvoegsel, achternaam)."""
        if self._rare and rng.random() < self._rare:
            prefix, beginning, ending = (rng.choice(part) for part in self._parts)
            return prefix, f"{beginning}{ending}"
        return rng.choices(self._surnames, cum_weights=self._cumulative)[0]

    def first(self, rng: random.Random, sex: str, generation: str, taken: list[str] | None = None) -> str:
        """A first name of ``generation`` (kind or ouder) that is not in ``taken``."""
        names, cumulative = self._first[sex, generation]
        for _ in range(20):
            name = rng.choices(names, cum_weights=cumulative)[0]
            if name not in (taken or ()):
                break
        return name


@cache
def variants() -> dict[str, tuple[str, ...]]:
    """Other spellings of a first name, as sources write them."""
    return {
        row["voornaam"]: tuple(row["varianten"].split("|"))
        for row in table("first_names")
        if row["varianten"]
    }


def joined(first: Person, second: Person) -> tuple[str, str]:
    """The double surname of a child of two parents."""
    tail = f"{second.tussenvoegsel} {second.achternaam}".strip()
    return first.tussenvoegsel, f"{first.achternaam} {tail}"
