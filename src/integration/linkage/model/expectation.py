"""Expectation maximisation over agreement patterns: how likely each level is within one person and between two.

The Fellegi-Sunter model with independent comparisons, as in Splink and fastLink (Enamorado, Fifield, Imai 2019).
Every estimate is drawn towards the value it started from by a few pseudo-pairs, so that a level that the
data hold no example of keeps a sensible weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Patterns:
    """Distinct rows of levels (``gamma[pattern, comparison]``, -1 unknown) and how many pairs have each."""

    gamma: Array
    pairs: Array

    @property
    def total(self) -> float:
        """All pairs."""
        return float(self.pairs.sum())


@dataclass
class Estimate:
    """Chances by comparison, level 0 first, and the share of the pairs that are one person."""

    m: list[Array]
    u: list[Array]
    share: float
    matches: float = 0.0
    rounds: int = 0


def posterior(
    patterns: Patterns, m: Sequence[Array], u: Sequence[Array], share: float, skip: set[int]
) -> Array:
    """The chance of each pattern to be one person."""
    odds = np.full(len(patterns.pairs), np.log(share) - np.log1p(-share))
    for place in range(len(m)):
        if place in skip:
            continue
        level = patterns.gamma[:, place]
        ratio = np.log(m[place]) - np.log(u[place])
        odds += np.where(level >= 0, ratio[level], 0.0)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -500, 500))))


def maximise(
    patterns: Patterns,
    m: Sequence[Array],
    u: Sequence[Array],
    *,
    skip: set[int],
    free_u: set[int],
    share: float = 0.2,
    strength: float = 20.0,
    rounds: int = 60,
    tolerance: float = 1e-4,
) -> Estimate:
    """Learn ``m`` of every comparison not in ``skip``, and ``u`` of those in ``free_u``.

    ``strength`` is the number of pseudo-pairs at the values given. Stops when no chance moves by more than
    ``tolerance``.
    """
    first_m, first_u = [a.copy() for a in m], [a.copy() for a in u]
    now = Estimate([a.copy() for a in m], [a.copy() for a in u], share)
    for turn in range(rounds):
        now.rounds = turn + 1
        one = posterior(patterns, now.m, now.u, now.share, skip) * patterns.pairs
        two = patterns.pairs - one
        moved = 0.0
        for place in range(len(m)):
            if place in skip:
                continue
            fresh = _drawn(patterns.gamma[:, place], one, first_m[place], strength)
            moved = max(moved, float(np.abs(fresh - now.m[place]).max()))
            now.m[place] = fresh
            if place in free_u:
                fresh = _drawn(patterns.gamma[:, place], two, first_u[place], strength)
                moved = max(moved, float(np.abs(fresh - now.u[place]).max()))
                now.u[place] = fresh
        now.matches = float(one.sum())
        now.share = (now.matches + 1.0) / (patterns.total + 2.0)
        if moved < tolerance:
            break
    return now


def level_counts(level: Array, pairs: Array, levels: int) -> Array:
    """Weighted counts of the levels 0.. of one comparison, unknown ones left out."""
    known = level >= 0
    return np.asarray(np.bincount(level[known], weights=pairs[known], minlength=levels))


def _drawn(level: Array, pairs: Array, start: Array, strength: float) -> Array:
    counts = level_counts(level, pairs, len(start)) + strength * start
    return np.asarray(counts / counts.sum())
