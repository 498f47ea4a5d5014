"""What goes in and what comes out: the true figures of one table cell, and the cell that may be published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from integration.disclosure.counts import ANY, LARGE, SMALL, Range, behind
from integration.errors import IntegrationError
from integration.reasons import Reason


class CountState(StrEnum):
    """How a count is published."""

    SHOWN = "shown"
    """Rounded to five."""
    EXACT = "exact"
    """As it is: the table does not count people (deliveries)."""
    SMALL = "small"
    """Below 10, 0 included; the number is hidden."""
    REST_SMALL = "rest_small"
    """All of the denominator but fewer than 10; the number is hidden."""
    WITHHELD = "withheld"
    """Hidden without saying how large it is."""
    ABSENT = "absent"
    """This measure has no such count."""


class ValueState(StrEnum):
    """How the indicator's value is published."""

    SHOWN = "shown"
    BELOW = "below"
    """Only known to be less than ``bound``."""
    ABOVE = "above"
    """Only known to be more than ``bound``."""
    SUPPRESSED = "suppressed"
    """Too small to show."""
    PROTECTS = "protects"
    """A total that is not shown because a hidden cell could be worked out from it."""


class Verdict(StrEnum):
    """What the published figure says about the norm."""

    MET = "met"
    MISSED = "missed"
    UNRELIABLE = "unreliable"
    SUPPRESSED = "suppressed"
    UNDECIDED = "undecided"
    """The published bound lies on both sides of the norm's limit."""
    NO_NORM = "no_norm"


@dataclass(frozen=True)
class Count:
    """A published count: its state, and the number unless it is hidden."""

    state: CountState
    number: int | None = None

    @property
    def reach(self) -> Range:
        """What a reader can know of the true count from this alone."""
        if self.state is CountState.SHOWN and self.number is not None:
            return behind(self.number)
        if self.state is CountState.EXACT and self.number is not None:
            return Range(self.number, self.number)
        return {CountState.SMALL: SMALL, CountState.REST_SMALL: LARGE}.get(self.state, ANY)


ABSENT = Count(CountState.ABSENT)
WITHHELD = Count(CountState.WITHHELD)


@dataclass(frozen=True)
class Truth:
    """One row of ``indicators.result``: true counts. Never leaves this package."""

    indicator: str
    measure: str
    municipality: str
    period: str
    start: date
    end: date
    closed: bool
    unit: str
    numerator: int
    denominator: int
    missing: int
    value: float | None
    coverage: float | None

    @classmethod
    def from_row(cls, given: Mapping[str, Any] | object) -> Truth:
        """Read a row by column name, from a mapping or from an object with those attributes.

        Raises :class:`IntegrationError` (INPUT_INVALID) naming the field that is missing or cannot be.
        """
        row = given if isinstance(given, Mapping) else vars(given)
        try:
            truth = cls(
                indicator=str(row["indicator"]),
                measure=str(row["measure"]),
                municipality=str(row["municipality"]),
                period=str(row["period"]),
                start=_day(row["period_start"]),
                end=_day(row["period_end"]),
                closed=bool(row["closed"]),
                unit=str(row["unit"]),
                numerator=_whole(row["numerator"]),
                denominator=_whole(row["denominator"]),
                missing=_whole(row["missing"]),
                value=_number(row["value"]),
                coverage=_number(row["coverage"]),
            )
        except KeyError as error:
            raise IntegrationError(Reason.INPUT_INVALID, field=str(error.args[0])) from None
        except (TypeError, ValueError):
            raise IntegrationError(Reason.INPUT_INVALID, "a result row holds the wrong type") from None
        for field in ("numerator", "denominator", "missing"):
            if getattr(truth, field) < 0:
                raise IntegrationError(Reason.INPUT_INVALID, field=field)
        if truth.unit == "share" and truth.numerator > truth.denominator:
            raise IntegrationError(Reason.INPUT_INVALID, field="numerator")
        return truth


def _day(value: Any) -> date:
    """A date, also from a datetime or a pandas timestamp."""
    if hasattr(value, "date"):
        value = value.date()
    if not isinstance(value, date):
        raise TypeError
    return value


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _whole(value: Any) -> int:
    """A whole number; nothing and NaN are 0, since no unit was counted."""
    return 0 if value is None or value != value else int(value)


@dataclass(frozen=True)
class Cell:
    """One published cell: an indicator's measure for a municipality (or all of them) and a period.

    Shares are in whole percents, medians in whole days, means to one decimal. Counts are rounded to five
    or None; ``*_state`` says why. Everything but ``coverage`` (which is about deliveries) follows from
    the published counts alone.
    """

    indicator: str
    measure: str
    municipality: str
    period: str
    period_kind: str
    period_start: date
    period_end: date
    about: str
    unit: str
    value: float | None
    value_state: str
    bound: int | None
    numerator: int | None
    numerator_state: str
    denominator: int | None
    denominator_state: str
    missing: int | None
    missing_state: str
    missing_share: int | None
    missing_share_below: int | None
    coverage: int | None
    reliable: bool
    unreliable_because: str
    norm: float | None
    norm_limit: float | None
    norm_status: str
    verdict: str
