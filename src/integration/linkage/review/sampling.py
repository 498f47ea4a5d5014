"""The sample behind the estimates: strata of all pairs that were compared, and which pairs of each are drawn.

Doubtful pairs are strata that are drawn whole: they are asked anyway. Pairs that were decided before are strata that
are known whole. The others are strata by match weight and by linked or not, drawn at random without replacement.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.linkage.decisions import DIFFERENT, SAME
from integration.linkage.review.asked import Stratum
from integration.linkage.review.declared import declared

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Frame:
    """All pairs, one place each in equally long arrays: bits above the threshold, linked, doubtful, decided as."""

    above: Array
    linked: Array
    doubtful: Array
    told: Array


@dataclass(frozen=True)
class Part:
    """A stratum and the places of the frame that were drawn from it."""

    stratum: Stratum
    drawn: tuple[int, ...]


def draw(frame: Frame, pick: random.Random) -> list[Part]:
    """Draw a sample of the frame; strata without a pair are left out."""
    import numpy as np

    told = np.isin(frame.told, (SAME, DIFFERENT))
    whole = frame.doubtful.astype(bool) & ~told
    band = np.digitize(frame.above, declared().bands)
    parts: list[Part] = []
    random_strata: dict[tuple[int, bool], Array] = {}
    for linked in (True, False):
        here = frame.linked.astype(bool) == linked
        parts += [part for part in (_decided(frame, here & told, linked),) if part.stratum.size]
        doubtful = np.flatnonzero(here & whole).tolist()
        if doubtful:
            parts.append(Part(Stratum("doubtful", linked, len(doubtful)), tuple(doubtful)))
        for number in range(len(declared().bands) + 1):
            places = np.flatnonzero(here & ~told & ~whole & (band == number))
            if len(places):
                random_strata[number, linked] = places
    sizes = allocate({key: len(places) for key, places in random_strata.items()})
    for (number, linked), places in random_strata.items():
        drawn = pick.sample(places.tolist(), sizes[number, linked])
        parts.append(Part(Stratum(f"band {number}", linked, len(places)), tuple(sorted(drawn))))
    return parts


def _decided(frame: Frame, chosen: Array, linked: bool) -> Part:
    same, different = (int((frame.told[chosen] == what).sum()) for what in (SAME, DIFFERENT))
    return Part(Stratum("decided", linked, same + different, (), same, different), ())


def allocate(sizes: Mapping[tuple[int, bool], int]) -> dict[tuple[int, bool], int]:
    """How many pairs each stratum gives: by the square root of its size, at least a few, never more than it has."""
    roots = sum(math.sqrt(size) for size in sizes.values())
    return {
        key: min(
            size,
            max(declared().least_per_stratum, round(declared().sample_pairs * math.sqrt(size) / roots)),
        )
        for key, size in sizes.items()
    }
