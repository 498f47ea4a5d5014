"""Precision and recall of links without a truth: from a stratified sample of pairs that reviewers judged.

Point: Horvitz and Thompson (1952): each judged pair counts for the pairs of its stratum. Interval: how many of the
pairs that nobody judged are one person is drawn from a beta-binomial under Jeffreys' prior, stratum by stratum (Brown,
Cai and DasGupta 2001 for why not a normal interval: shares near 0 and 1 on few pairs). A stratum that was judged whole
adds nothing to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integration.linkage.review.declared import declared

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
    import numpy as np
    from scipy.stats import betabinom

    there = [one for one in strata if one.size]
    if not there or any(one.yes + one.no == 0 for one in there):
        return None
    rng = np.random.default_rng(_SEED)
    point = {True: 0.0, False: 0.0}
    drawn = {True: np.zeros(declared().draws), False: np.zeros(declared().draws)}
    for one in there:
        rest = max(one.size - one.yes - one.no, 0)
        point[one.linked] += one.size * one.yes / (one.yes + one.no)
        unseen = (
            betabinom.rvs(rest, one.yes + 0.5, one.no + 0.5, size=declared().draws, random_state=rng)
            if rest
            else 0
        )
        drawn[one.linked] += one.yes + unseen
    links = sum(one.size for one in there if one.linked)
    true, trues = point[True] + point[False], drawn[True] + drawn[False]
    return Estimates(
        pairs=sum(one.size for one in there),
        judged=sum(one.yes + one.no for one in there),
        unsure=sum(one.unsure for one in there),
        precision=_share(point[True], links, drawn[True] / links) if links else None,
        recall=_share(point[True], true, drawn[True] / np.maximum(trues, 1e-9)) if true else None,
    )


def _share(part: float, whole: float, drawn: object) -> Share:
    """The share and its interval, which holds the share itself."""
    import numpy as np

    outside = (1 - declared().interval) / 2
    low, high = (float(end) for end in np.quantile(np.asarray(drawn), (outside, 1 - outside)))
    value = part / whole
    return Share(value, min(low, value), max(high, value))
