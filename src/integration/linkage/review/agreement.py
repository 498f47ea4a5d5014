"""How far two reviewers agree beyond chance: Cohen's kappa, with its interval.

Cohen, J. (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 37-46.
Standard error: Fleiss, J.L., Cohen, J. and Everitt, B.S. (1969), Large sample standard errors of kappa and weighted
kappa, Psychological Bulletin 72, 323-327 (their formula 13, for a kappa that is not zero).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integration.linkage.review.answers import ANSWERS, NOT_SURE, Answer

_NORMAL_95 = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


@dataclass(frozen=True)
class Agreement:
    """Pairs that two judged, how often each two answers met, the share in agreement and by chance, kappa with interval.

    ``kappa`` is None where chance alone gives full agreement (one answer throughout) or nothing was judged.
    """

    pairs: int
    cells: Mapping[tuple[str, str], int]
    observed: float | None
    expected: float | None
    kappa: float | None
    low: float | None
    high: float | None


def two_each(answers: Mapping[str, Sequence[Answer]]) -> list[tuple[str, str]]:
    """The first two answers about each pair that has two, the reviewer whose name comes first in the alphabet first.

    With two reviewers each has a column of their own, as Cohen's kappa asks; with more the columns are mixed.
    """
    both = [sorted(told[:2], key=lambda one: one.who) for told in answers.values() if len(told) > 1]
    return [(first.answer, second.answer) for first, second in both]


def agreement(pairs: Iterable[tuple[str, str]], *, unsure: bool = True) -> Agreement:
    """Cohen's kappa of pairs of answers; without ``unsure`` pairs of which somebody was unsure are left out."""
    kept = [pair for pair in pairs if unsure or NOT_SURE not in pair]
    counts = Counter(kept)
    cells = {(a, b): counts[a, b] for a in ANSWERS for b in ANSWERS if unsure or NOT_SURE not in (a, b)}
    return Agreement(len(kept), cells, *_kappa(cells))


def _kappa(cells: Mapping[tuple[str, str], int]) -> tuple[float | None, ...]:
    """Observed and expected agreement, kappa, and the ends of its 95 % interval."""
    n = sum(cells.values())
    if not n:
        return (None,) * 5
    names = sorted({name for cell in cells for name in cell})
    share = {cell: count / n for cell, count in cells.items()}
    first = {a: sum(share[a, b] for b in names) for a in names}
    second = {b: sum(share[a, b] for a in names) for b in names}
    observed = sum(share[a, a] for a in names)
    expected = sum(first[a] * second[a] for a in names)
    if math.isclose(expected, 1.0):
        return observed, expected, None, None, None
    kappa = (observed - expected) / (1 - expected)
    same = sum(share[a, a] * ((1 - expected) - (first[a] + second[a]) * (1 - observed)) ** 2 for a in names)
    other = (1 - observed) ** 2 * sum(
        share[a, b] * (second[a] + first[b]) ** 2 for a in names for b in names if a != b
    )
    rest = (observed * expected - 2 * expected + observed) ** 2
    error = math.sqrt(max(same + other - rest, 0.0) / n) / (1 - expected) ** 2
    low, high = (min(1.0, max(-1.0, kappa + side * _NORMAL_95 * error)) for side in (-1, 1))
    return observed, expected, kappa, low, high
