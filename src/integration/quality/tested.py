"""The statistics behind comparisons with earlier deliveries: three tests, on counts only.

Each returns the chance of what is seen, or of something stranger, if nothing changed (a p-value); what is rare
enough to be told is the suite's to say. What a large delivery shows of a trifle is no finding: a shift counts from
:data:`SMALLEST_SHIFT` on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

PRIOR_DISPERSION = 5.0
"""How much more row counts vary than chance alone (variance / mean) before a supplier has shown its own.

Rows come in families and in seasons, so they vary more than a Poisson count. In the sample the sources have 0.2 to 3.5
on average (Veilig Thuis most; benchmarks/bench_quality_detection.py), so this errs on the side of saying nothing."""
PRIOR_WEIGHT = 4
"""As how many earlier deliveries :data:`PRIOR_DISPERSION` counts."""
SMALLEST_SHIFT = 0.1
"""The share of rows that must have moved to another code before a shift is worth telling."""
DESIGN_EFFECT = 3.0
"""By how much a chi-squared statistic is divided because children of one family tend to share a code (Rao and Scott
1981, first order). As if they always did: rows a family, weighted by rows, are 1.0 to 2.9 in the sample's periods."""
SMALLEST_EXPECTED = 5.0
"""Expected counts below which the chi-squared distribution does not hold (Cochran 1954): tables are drawn instead."""
DRAWS = 9_999
"""Tables drawn with the same margins. The smallest chance that can be found is one in 10,000."""


def row_count_chance(now: int, earlier: Sequence[int]) -> float | None:
    """Two-sided chance of a row count ``now`` after the ``earlier`` ones of the same kind; None without any.

    A prediction for quasi-Poisson counts: after Anscombe's transformation ``2 sqrt(y + 3/8)`` (1948) a count has
    about the variance ``f``, its dispersion (variance / mean), whatever its mean. ``f`` is estimated from the earlier
    counts, together with a scaled inverse chi-squared prior (Gelman and others, Bayesian Data Analysis, 3rd
    ed., section 2.6; the same idea as Smyth's moderated t, 2004), and is at least 1; the prediction then has a
    Student t distribution. So one earlier delivery is enough to notice that half the rows are gone from hundreds,
    and not that three rows became six.
    """
    if not earlier:
        return None
    from scipy import stats

    roots = [2 * math.sqrt(count + 0.375) for count in earlier]
    mean = sum(roots) / len(roots)
    freedom = PRIOR_WEIGHT + len(roots) - 1
    spread = sum((root - mean) ** 2 for root in roots)
    dispersion = max(1.0, (PRIOR_WEIGHT * PRIOR_DISPERSION + spread) / freedom)
    distance = (2 * math.sqrt(now + 0.375) - mean) / math.sqrt(dispersion * (1 + 1 / len(roots)))
    return float(2 * stats.t.sf(abs(distance), freedom))


def shift(now: Mapping[str, int], before: Mapping[str, int]) -> float:
    """The share of rows that would have to change their code to get from one distribution to the other (0 to 1)."""
    rows, earlier = sum(now.values()), sum(before.values())
    return sum(abs(now.get(c, 0) / rows - before.get(c, 0) / earlier) for c in {*now, *before}) / 2


def same_distribution_chance(now: Mapping[str, int], before: Mapping[str, int], seed: int) -> float:
    """Chance that rows ``now`` and ``before`` show such different codes if they were drawn alike (homogeneity).

    Pearson's chi-squared test, its statistic divided by :data:`DESIGN_EFFECT`; where an expected count is under
    :data:`SMALLEST_EXPECTED`, the same over :data:`DRAWS` tables with these margins (``seed`` makes them the same each
    time). 1.0 where either side is empty, or where fewer than :data:`SMALLEST_SHIFT` of the rows moved.
    """
    if not sum(now.values()) or not sum(before.values()) or shift(now, before) < SMALLEST_SHIFT:
        return 1.0
    import numpy as np
    from scipy import stats

    codes = sorted(code for code in {*now, *before} if now.get(code, 0) + before.get(code, 0))
    table = np.array([[side.get(code, 0) for code in codes] for side in (now, before)])
    found = stats.chi2_contingency(table, correction=False)
    statistic = found.statistic / DESIGN_EFFECT
    if found.expected_freq.min() >= SMALLEST_EXPECTED:
        return float(stats.chi2.sf(statistic, found.dof))
    random = np.random.default_rng(seed)
    drawn = random.multivariate_hypergeometric(table.sum(axis=0), table[0].sum(), DRAWS, method="marginals")
    expected = found.expected_freq[0]
    weight = 1 / expected + 1 / found.expected_freq[1]
    reached = ((drawn - expected) ** 2 * weight).sum(axis=1) >= statistic * (1 - 1e-9)
    return float((1 + reached.sum()) / (1 + DRAWS))


def constant_chance(now: Mapping[str, int], before: Mapping[str, int]) -> float | None:
    """Chance that all rows ``now`` have one code, as they do, if they were drawn alike with those ``before``.

    Exact (hypergeometric, given how often the code occurs in all). None when the rows do not all have one code or
    there are none before; 1.0 when fewer than :data:`SMALLEST_SHIFT` of the rows before had another.
    """
    filled = [code for code, count in now.items() if count]
    if len(filled) != 1 or not sum(before.values()):
        return None
    if shift(now, before) < SMALLEST_SHIFT:
        return 1.0
    rows = now[filled[0]]
    alike, all_rows = before.get(filled[0], 0) + rows, sum(before.values()) + rows
    return math.prod((alike - i) / (all_rows - i) for i in range(rows))


def corrected(chances: Mapping[str, float]) -> dict[str, float]:
    """The chances of several tests at once, corrected for their number (Holm 1979): at most 1, in the same order."""
    ordered = sorted(chances, key=lambda name: (chances[name], name))
    found, least = {}, 0.0
    for place, name in enumerate(ordered):
        least = max(least, min(1.0, chances[name] * (len(ordered) - place)))
        found[name] = least
    return {name: found[name] for name in chances}
