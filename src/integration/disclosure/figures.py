"""Primary protection: what one table cell may say by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from integration.disclosure.cells import ABSENT, WITHHELD, Count, CountState, ValueState
from integration.disclosure.counts import (
    BASE,
    SMALL,
    THRESHOLD,
    behind,
    percent,
    percent_below,
    publish_count,
    round_to_base,
)

MEDIAN_FLOOR = 30
"""A median of fewer units than this is too close to single cases."""

BOUND_FLOOR = 2 * THRESHOLD + BASE
"""Published denominator from which a cell may say *which* side is small.

Below it (a true denominator of 22 at most) "both sides are below 10" would be possible, and then the
cell's own state could give the counts away: 18 units with neither side reaching 10 can only be 9 and 9.
"""


@dataclass(frozen=True)
class Figure:
    """The published counts of a cell and the value that follows from them."""

    numerator: Count
    denominator: Count
    value: float | None
    state: ValueState
    bound: int | None = None


def count(number: int) -> Count:
    """A count of people as it may be published."""
    published = publish_count(number)
    return Count(CountState.SMALL) if published is None else Count(CountState.SHOWN, published)


def exact(number: int) -> Count:
    """A count of things that are not people, as it is."""
    return Count(CountState.EXACT, number)


def suppressed(denominator: Count, state: ValueState = ValueState.SUPPRESSED) -> Figure:
    """A cell of which only the denominator (or nothing) is shown."""
    return Figure(WITHHELD, denominator, None, state)


def share(numerator: int, denominator: int) -> Figure:
    """A share of people: the rate of the rounded counts, a bound when one side is small, or nothing."""
    whole = count(denominator)
    if whole.number is None:
        return suppressed(whole)
    rest = denominator - numerator
    if numerator >= THRESHOLD and rest >= THRESHOLD:
        part = round_to_base(numerator)
        return Figure(Count(CountState.SHOWN, part), whole, percent(part, whole.number), ValueState.SHOWN)
    if whole.number < BOUND_FLOOR:
        return suppressed(whole)
    limit = percent_below(SMALL.high, behind(whole.number).low)
    if numerator < THRESHOLD:
        return Figure(Count(CountState.SMALL), whole, None, ValueState.BELOW, limit)
    return Figure(Count(CountState.REST_SMALL), whole, None, ValueState.ABOVE, 100 - limit)


def exact_share(numerator: int, denominator: int) -> Figure:
    """A share of things that are not people; without any there is no value."""
    value = percent(numerator, denominator) if denominator else None
    state = ValueState.SHOWN if denominator else ValueState.SUPPRESSED
    return Figure(exact(numerator), exact(denominator), value, state)


def mean(numerator: int, denominator: int) -> Figure:
    """A mean (events per family) to one decimal, from the rounded counts when both may be shown."""
    part, whole = count(numerator), count(denominator)
    if part.number is None or whole.number is None:
        return Figure(part, whole, None, ValueState.SUPPRESSED)
    return Figure(part, whole, math.floor(10 * part.number / whole.number + 0.5) / 10, ValueState.SHOWN)


def median(value: float | None, denominator: int) -> Figure:
    """A median in whole days, of at least 30 units."""
    whole = count(denominator)
    if value is None or denominator < MEDIAN_FLOOR:
        return Figure(ABSENT, whole, None, ValueState.SUPPRESSED)
    return Figure(ABSENT, whole, math.floor(value + 0.5), ValueState.SHOWN)


def missing_share(missing: Count, denominator: Count) -> tuple[int | None, int | None]:
    """The share of units left out for lack of data (whole percents), and its bound when that count is hidden.

    Both come from the published counts, so they add nothing; without a published denominator there is
    neither.
    """
    if denominator.number is None:
        return None, None
    if missing.number is not None:
        whole = denominator.number + missing.number
        return (percent(missing.number, whole) if whole else 0), None
    if missing.state is CountState.ABSENT:
        return 0, None
    if missing.state is not CountState.SMALL:
        return None, None
    return None, percent_below(SMALL.high, denominator.reach.low + SMALL.high)
