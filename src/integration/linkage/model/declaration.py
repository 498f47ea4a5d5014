"""What the person model compares, read from ``declaration.yml`` and checked; no data and no Splink here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from integration.errors import DeclarationError
from integration.reasons import Reason

SHIPPED = Path(__file__).parent / "declaration.yml"
CHANNELS = ("birth", "post")
"""Channels of a name filter whose salt both records share when the column of :data:`SALTS` is equal."""
SALTS = {"birth": "link_birth", "post": "link_postcode"}
OPEN_CHANNELS = ("year", "pc4")
"""Channels whose salt (the other name and a part of birth date or postcode) is stored nowhere as a token: only a
likeness far above chance (two filters of different salts stay near 40%) tells that it was shared."""
FILTERS = ("link_given", "link_surname")


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison: ``m`` and ``u`` are its chance within one person and between two."""

    label: str
    m: float
    u: float
    same: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    dice: int | None = None
    open: int | None = None

    @property
    def rest(self) -> bool:
        """Whether this is the level of everything that no other level takes."""
        return not self.same and not self.swapped and self.dice is None and self.open is None


@dataclass(frozen=True)
class Comparison:
    """One thing compared: the columns that make it known, and its levels from the best down.

    It is unknown, too, when one of ``apart`` is equal on both sides, or none of ``shared``, or
    when all of ``instead`` are known on both sides.
    """

    name: str
    levels: tuple[Level, ...]
    known: tuple[str, ...] = ()
    filter: str | None = None
    exact: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    each: str | None = None
    least: float = 0.0


@dataclass(frozen=True)
class Rule:
    """Pairs that are equal on all ``columns``; weak rules together must stay under the budget.

    A column that ends in ``*`` stands for every column that begins so, in a rule of its own.
    """

    columns: tuple[str, ...]
    weak: bool = False


@dataclass(frozen=True)
class Marked:
    """A column ``link_<name>_<token>``: the token ``of`` (with ``each``: all beginning so) where few carry it.

    Few is at most the largest of: ``carriers`` records, ``share`` of those that have a value, ``times`` the median
    number of carriers. With ``more`` it is made where more than that carry it.
    """

    name: str
    of: str
    carriers: int = 0
    share: float = 0.0
    times: float = 0.0
    each: bool = False
    more: bool = False


@dataclass(frozen=True)
class Session:
    """A training session: pairs equal on all of ``equal``; learns every comparison not in ``leaves``."""

    equal: tuple[str, ...]
    leaves: tuple[str, ...]
    names: bool = False


@dataclass(frozen=True)
class Veto:
    """A pair that may not be a link: known and unequal in all of ``differ``, equal in all of ``same``."""

    name: str
    differ: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    level: tuple[tuple[str, int], ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """The whole of ``declaration.yml``."""

    version: int
    prior: float
    threshold: float
    grey: tuple[float, float]
    comparisons: tuple[Comparison, ...]
    cap: int
    budget: float
    floor: int
    rules: tuple[Rule, ...]
    sessions: tuple[Session, ...]
    vetoes: tuple[Veto, ...]
    marks: tuple[Marked, ...] = ()


@cache
def read_declaration(path: Path = SHIPPED) -> Declaration:
    """Read and check a declaration.

    Raises :class:`DeclarationError` (LINK_MODEL_INVALID) naming the file and what is wrong.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return _declaration(found)
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise DeclarationError(Reason.LINK_MODEL_INVALID, type(error).__name__, file=path.name) from None


def _declaration(found: dict[str, Any]) -> Declaration:
    low, high = found["grey"]
    return Declaration(
        version=int(found["version"]),
        prior=float(found["prior"]),
        threshold=float(found["threshold"]),
        grey=(float(low), float(high)),
        comparisons=tuple(_comparison(entry) for entry in found["comparisons"]),
        cap=int(found["cap"]),
        budget=float(found["budget"]),
        floor=int(found["floor"]),
        rules=tuple(_rule(entry) for entry in found["rules"]),
        sessions=tuple(Session(**_tuples(entry)) for entry in found["sessions"]),
        vetoes=tuple(_veto(entry) for entry in found["vetoes"]),
        marks=tuple(Marked(**entry) for entry in found["marks"]),
    )


def _comparison(entry: dict[str, Any]) -> Comparison:
    levels = tuple(Level(**_tuples(level)) for level in entry.pop("levels"))
    if not levels[-1].rest or any(level.rest for level in levels[:-1] if "each" not in entry):
        raise ValueError("the last level takes the rest")
    return Comparison(levels=levels, **_tuples(entry))


def _rule(entry: Any) -> Rule:
    return (
        Rule(tuple(entry)) if isinstance(entry, list) else Rule(tuple(entry["columns"]), bool(entry["weak"]))
    )


def _veto(entry: dict[str, Any]) -> Veto:
    level = tuple(sorted(entry.pop("level", {}).items()))
    return Veto(level=level, **_tuples(entry))


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
