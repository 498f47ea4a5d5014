"""Nothing that is published lets a reader work out a count below 10.

The reader of these tests knows the rules completely. They list every table there could be, see what would be
published of each, and put together the tables that look the same: what is the same for them cannot be told
apart. (Every list ends where a rounded count ends, at 12, 17, 22 and so on, so that no world that looks the same
is left out.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from integration.disclosure.counts import THRESHOLD, Range
from integration.disclosure.figures import Figure, count, mean, missing_share, share
from integration.disclosure.totals import Reach, share_is_safe, total_count, total_mean, total_share

FEWEST = 3
"""A hidden count must keep at least this many possible values (the gate's own criterion)."""

share, mean = cache(share), cache(mean)


def readers_doubt(worlds: Iterable[tuple[tuple[int, ...], Hashable]]) -> int:
    """The fewest values that any count below 10 can still have, over all that can be published.

    ``worlds`` pairs the true counts of a table with what would be published of it.
    """
    alike: dict[Hashable, list[set[int]]] = defaultdict(list)
    small: dict[Hashable, set[int]] = defaultdict(set)
    for truth, seen in worlds:
        sets = alike[seen] or [set() for _ in truth]
        for place, number in enumerate(truth):
            sets[place].add(number)
            if number < THRESHOLD:
                small[seen].add(place)
        alike[seen] = sets
    return min(len(alike[seen][place]) for seen, places in small.items() for place in places)


def every_share(most: int) -> Iterator[tuple[int, int]]:
    return ((part, whole) for whole in range(most + 1) for part in range(whole + 1))


def test_one_cell_keeps_its_small_counts_secret() -> None:
    worlds = (((a, n - a, n), share(a, n)) for a, n in every_share(132))
    assert readers_doubt(worlds) >= FEWEST


def test_a_cell_with_its_missing_count_keeps_them_secret() -> None:
    def seen(a: int, n: int, m: int) -> Hashable:
        cell = share(a, n)
        return cell, count(m), missing_share(count(m), cell.denominator)

    worlds = (((a, n - a, n, m), seen(a, n, m)) for a, n in every_share(42) for m in (0, 1, 5, 9, 10, 11, 14))
    assert readers_doubt(worlds) >= FEWEST


def test_a_mean_keeps_its_small_counts_secret() -> None:
    worlds = (((a, n), mean(a, n)) for a, n in product(range(58), range(58)))
    assert readers_doubt(worlds) >= FEWEST


@pytest.mark.parametrize("places", [2, 3])
def test_a_total_of_counts_betrays_no_part(places: int) -> None:
    def seen(numbers: tuple[int, ...]) -> Hashable:
        parts = tuple(map(count, numbers))
        return parts, total_count(parts, sum(numbers))

    worlds = ((numbers, seen(numbers)) for numbers in product(range({2: 38, 3: 18}[places]), repeat=places))
    assert readers_doubt(worlds) >= FEWEST


def test_a_rounded_total_without_the_rule_does_betray() -> None:
    """The positive control: rounding each on its own is not enough."""
    worlds = ((n, (tuple(map(count, n)), count(sum(n)))) for n in product(range(18), repeat=3))
    assert readers_doubt(worlds) < FEWEST


def test_a_total_of_shares_betrays_no_part() -> None:
    """All pairs of cells with a denominator up to 27, which is all that is published as 25 or less."""
    cells = list(every_share(27))
    totals: dict[Hashable, Figure] = {}

    def seen(first: tuple[int, int], second: tuple[int, int]) -> Hashable:
        numerator, denominator = first[0] + second[0], first[1] + second[1]
        key = share(*first), share(*second), share(numerator, denominator)
        if key not in totals:
            totals[key] = total_share(key[:2], numerator, denominator)
        return key[:2], totals[key]

    worlds = (((a[0], a[1] - a[0], a[1], *b), seen(a, b)) for a in cells for b in cells)
    assert readers_doubt(worlds) >= FEWEST


def test_a_total_mean_betrays_no_part() -> None:
    cells = list(product(range(13), repeat=2))

    published = cache(total_mean)

    def seen(first: tuple[int, int], second: tuple[int, int]) -> Hashable:
        parts = (mean(*first), mean(*second))
        return parts, published(parts, first[0] + second[0], first[1] + second[1])

    assert readers_doubt(((*a, *b), seen(a, b)) for a in cells for b in cells) >= FEWEST


# -- an attacker of another make: linear programming over all cells of a table ----------------------------------


def possible(parts: list[Figure], total: Figure, place: int) -> tuple[Range, Range]:
    """The range of one cell's numerator and of its complement, found by linear programming."""
    reaches = [Reach.of(part) for part in parts]
    known = Reach.of(total)
    count_ = len(parts)
    bounds = [(r.part.low, r.part.high) for r in reaches] + [(r.rest.low, r.rest.high) for r in reaches]
    rows, limits = [], []

    def at_most(weights: np.ndarray, limit: int) -> None:
        rows.append(weights)
        limits.append(limit)

    for number, reach in enumerate(reaches):
        whole = np.zeros(2 * count_)
        whole[[number, count_ + number]] = 1
        at_most(whole, reach.whole.high)
        at_most(-whole, -reach.whole.low)
    for part, reach in (
        (slice(0, count_), known.part),
        (slice(count_, None), known.rest),
        (slice(None), known.whole),
    ):
        sum_ = np.zeros(2 * count_)
        sum_[part] = 1
        at_most(sum_, reach.high)
        at_most(-sum_, -reach.low)
    found = []
    for column in (place, count_ + place):
        aim = np.zeros(2 * count_)
        aim[column] = 1
        ends = [linprog(sign * aim, A_ub=rows, b_ub=limits, bounds=bounds).fun * sign for sign in (1, -1)]
        found.append(Range(round(ends[0]), round(ends[1])))
    return found[0], found[1]


cell_truths = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda t: (t[0], t[0] + t[1]))


@settings(max_examples=25, deadline=None)
@given(st.lists(cell_truths, min_size=2, max_size=6))
def test_linear_programming_finds_no_more_than_the_rule_allows(truths: list[tuple[int, int]]) -> None:
    parts = [share(a, n) for a, n in truths]
    total = total_share(parts, sum(a for a, _ in truths), sum(n for _, n in truths))
    assert share_is_safe(parts, total)
    for place, (a, n) in enumerate(truths):
        before = Reach.of(parts[place])
        part, rest = possible(parts, total, place)
        assert part.low <= a <= part.high
        assert rest.low <= n - a <= rest.high
        assert part.small_part == before.part.small_part
        assert rest.small_part == before.rest.small_part
