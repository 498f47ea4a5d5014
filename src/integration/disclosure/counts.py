"""Counts: which may be seen, how they are rounded, and what a reader can still know about them.

The two numbers are those of Statistics Netherlands' youth care and Veilig Thuis tables, which show
multiples of five and a dot for what is small, and of the ACRO rules for research output: threshold 10,
base 5.
"""

from __future__ import annotations

from dataclasses import dataclass

THRESHOLD = 10
"""A count of people below this is never shown; nor is 0, since "nobody" also tells about somebody."""

BASE = 5
"""Every other count is rounded to a multiple of this, each on its own (so rows need not add up to totals)."""

UNLIMITED = 10**9
"""Stands for "no upper limit known" in a :class:`Range`."""


@dataclass(frozen=True)
class Range:
    """The whole numbers, from ``low`` to ``high`` inclusive, that a count can still be for a reader."""

    low: int
    high: int

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return Range(self.low - other.high, self.high - other.low)

    def meet(self, other: Range) -> Range:
        """The numbers in both."""
        return Range(max(self.low, other.low), min(self.high, other.high))

    @property
    def small_part(self) -> Range:
        """The part below the threshold: the numbers that protection is about."""
        part = self.meet(SMALL)
        return part if part.low <= part.high else NONE


SMALL = Range(0, THRESHOLD - 1)
LARGE = Range(THRESHOLD, UNLIMITED)
ANY = Range(0, UNLIMITED)
NONE = Range(1, 0)


def round_to_base(count: int) -> int:
    """Round a whole number to the nearest multiple of five (12 gives 10, 13 gives 15)."""
    return BASE * ((2 * count + BASE) // (2 * BASE))


def publish_count(count: int) -> int | None:
    """The count as it may be published: rounded, or None when it is below the threshold (0 included)."""
    return None if count < THRESHOLD else round_to_base(count)


def behind(published: int) -> Range:
    """The true counts that are published as ``published`` (10 stands for 10, 11 and 12; 15 for 13 to 17)."""
    half = BASE // 2
    return Range(max(THRESHOLD, published - half), published + half)


def percent(part: int, whole: int) -> int:
    """``part`` of ``whole`` in whole percents, half up."""
    return (200 * part + whole) // (2 * whole)


def percent_below(most: int, fewest: int) -> int:
    """The lowest whole percentage that a share of at most ``most`` out of at least ``fewest`` stays below."""
    return 100 * most // fewest + 1
