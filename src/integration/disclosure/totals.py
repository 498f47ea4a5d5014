"""Simple complementary protection: a total is shown only when it teaches nothing about a hidden count.

A total is rounded on its own, yet it can betray: with one municipality hidden, subtracting the others
leaves a narrow range. So before a total is shown, we work out what a reader could then know of every
hidden count. The total stays only when each of them can still be every number below 10 that it could be
without the total.

For one table the ranges are exact. Numerator, complement and denominator of a cell form a generalised
polymatroid (three ranges, tied by numerator + complement = denominator); sums and differences of those,
in whole numbers too, are found by adding and subtracting their tight ranges. Over several tables at once
that no longer holds: the gate that solves all tables of all releases together by linear programming is a
later step and does not lean on this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from integration.disclosure.cells import WITHHELD, Count, CountState, ValueState
from integration.disclosure.counts import ANY, LARGE, SMALL, Range
from integration.disclosure.figures import Figure, count, mean, share, suppressed

NOTHING = Range(0, 0)


@dataclass(frozen=True)
class Reach:
    """What a reader can know of a share's cell: ranges of numerator, complement and denominator."""

    part: Range
    rest: Range
    whole: Range

    @classmethod
    def of(cls, figure: Figure) -> Reach:
        """The knowledge that a published cell gives by itself."""
        part, rest = figure.numerator.reach, ANY
        if figure.numerator.state in {CountState.SHOWN, CountState.SMALL} and figure.denominator.number:
            rest = LARGE
        elif figure.numerator.state is CountState.REST_SMALL:
            rest = SMALL
        return cls(part, rest, figure.denominator.reach).tight()

    def tight(self) -> Reach:
        """Each range without the numbers that part + rest = whole rules out."""
        return Reach(
            part=self.part.meet(self.whole - self.rest),
            rest=self.rest.meet(self.whole - self.part),
            whole=self.whole.meet(self.part + self.rest),
        )

    def __add__(self, other: Reach) -> Reach:
        return Reach(self.part + other.part, self.rest + other.rest, self.whole + other.whole)

    def given_total(self, total: Reach, others: Reach) -> Reach:
        """What is left of this when ``total`` is known to be this plus ``others``."""
        return Reach(
            part=self.part.meet(total.part - others.part),
            rest=self.rest.meet(total.rest - others.rest),
            whole=self.whole.meet(total.whole - others.whole),
        ).tight()

    @property
    def small_parts(self) -> tuple[Range, Range, Range]:
        """The numbers below 10 that each of the three can still be."""
        return self.part.small_part, self.rest.small_part, self.whole.small_part


def sum_is_safe(parts: Sequence[Count], total: Count) -> bool:
    """Whether ``total``, the sum of ``parts``, leaves every hidden one of them as unknown as it was."""
    reaches = [part.reach for part in parts]
    everything = reduce(Range.__add__, reaches, NOTHING)
    for part, reach in zip(parts, reaches, strict=True):
        others = Range(everything.low - reach.low, everything.high - reach.high)
        if part.number is None and reach.meet(total.reach - others).small_part != reach.small_part:
            return False
    return True


def share_is_safe(parts: Sequence[Figure], total: Figure) -> bool:
    """Whether a share's ``total`` leaves everything hidden in each of its ``parts`` as unknown as it was."""
    reaches = [Reach.of(part) for part in parts]
    whole = Reach.of(total)
    for number, reach in enumerate(reaches):
        others = reduce(
            Reach.__add__, reaches[:number] + reaches[number + 1 :], Reach(NOTHING, NOTHING, NOTHING)
        )
        if reach.given_total(whole, others).small_parts != reach.small_parts:
            return False
    return True


def total_count(parts: Sequence[Count], number: int) -> Count:
    """A total of counts, rounded on its own, or withheld when it would betray one of its parts."""
    total = count(number)
    return total if sum_is_safe(parts, total) else WITHHELD


def total_share(parts: Sequence[Figure], numerator: int, denominator: int) -> Figure:
    """A share over all municipalities: whole, else its denominator alone, else nothing."""
    total = share(numerator, denominator)
    if share_is_safe(parts, total):
        return total
    bare = suppressed(total.denominator, ValueState.PROTECTS)
    if share_is_safe(parts, bare):
        return bare
    return suppressed(WITHHELD, ValueState.PROTECTS)


def total_mean(parts: Sequence[Figure], numerator: int, denominator: int) -> Figure:
    """A mean over all municipalities, when both totals may be shown."""
    total = mean(numerator, denominator)
    part = total_count([figure.numerator for figure in parts], numerator)
    whole = total_count([figure.denominator for figure in parts], denominator)
    if WITHHELD not in {part, whole}:
        return total
    return Figure(part, whole, None, ValueState.PROTECTS)
