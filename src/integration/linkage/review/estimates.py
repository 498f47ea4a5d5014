"""Precision and recall of links without a truth: from a stratified sample of pairs that reviewers judged.

Point: Horvitz and Thompson (1952): each judged pair counts for the pairs of its stratum. Interval: how many of the
pairs that nobody judged are one person is drawn stratum by stratum from the two beta distributions that Clopper and
Pearson's (1934) limits come from, the lower ends from the one and the upper ends from the other, as Fay, Proschan and
Brittain (2015) put such limits together. It is rather too wide than too narrow, and means something where all judged
pairs are alike; a stratum that was judged whole adds nothing to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from integration.linkage.review.declared import declared

Array = np.ndarray[Any, Any]
_SEED = 20260111
"""Of the draws behind an interval: the same answers give the same interval."""


@dataclass(frozen=True)
class Judged:
    """A stratum of ``size`` pairs, linked or not: how many were judged one person, how many two, how many unsure."""

    linked: bool
    size: int
    yes: int
    no: int
    unsure: int = 0


@dataclass(frozen=True)
class Share:
    """An estimated share and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimates:
    """Of the links between compared records the share that is right; of compared pairs of one person the share linked.

    ``judged`` pairs carry it, ``pairs`` are those it is about. A share is None where there is nothing to divide by.
    """

    pairs: int
    judged: int
    unsure: int
    precision: Share | None
    recall: Share | None


def estimate(strata: Sequence[Judged]) -> Estimates | None:
    """Estimate from judged strata; None while a stratum has no pair that was judged yes or no.

    Pairs that reviewers were unsure of, or did not answer yet, are taken to be like the judged ones of their stratum.
    """
    there = [one for one in strata if one.size]
    if not there or any(one.yes + one.no == 0 for one in there):
        return None
    rng = np.random.default_rng(_SEED)
    point = {True: 0.0, False: 0.0}
    least = {True: np.zeros(declared().draws), False: np.zeros(declared().draws)}
    most = {True: np.zeros(declared().draws), False: np.zeros(declared().draws)}
    for one in there:
        point[one.linked] += one.size * one.yes / (one.yes + one.no)
        least[one.linked] += one.yes + _unseen(one, one.yes, one.no + 1, rng)
        most[one.linked] += one.yes + _unseen(one, one.yes + 1, one.no, rng)
    links = sum(one.size for one in there if one.linked)
    true = point[True] + point[False]
    recalls = (
        least[True] / np.maximum(least[True] + most[False], 1),
        most[True] / np.maximum(most[True] + least[False], 1),
    )
    return Estimates(
        pairs=sum(one.size for one in there),
        judged=sum(one.yes + one.no for one in there),
        unsure=sum(one.unsure for one in there),
        precision=_share(point[True] / links, least[True] / links, most[True] / links) if links else None,
        recall=_share(point[True] / true, *recalls) if true else None,
    )


def _unseen(one: Judged, yes: int, no: int, rng: np.random.Generator) -> Array | int:
    """Draws of how many unjudged pairs are one person, when their share is Beta(yes, no): 0 or 1 at its ends."""
    from scipy.stats import betabinom

    rest = max(one.size - one.yes - one.no, 0)
    if not rest or not yes:
        return 0
    if not no:
        return rest
    return np.asarray(betabinom.rvs(rest, yes, no, size=declared().draws, random_state=rng))


def _share(value: float, least: Array, most: Array) -> Share:
    """The share and its interval, which holds the share itself."""
    outside = (1 - declared().interval) / 2
    low, high = float(np.quantile(least, outside)), float(np.quantile(most, 1 - outside))
    return Share(value, min(low, value), max(high, value))
