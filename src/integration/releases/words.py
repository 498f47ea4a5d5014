"""Figures in words, Dutch or English: the one place that turns states and numbers into text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from integration.names import Period
from integration.pictures.pages import Texts

Day = date | datetime

TOTAL = "ALLE"
"""The municipality code that stands for all municipalities together."""

MARKS = {
    "met": "✓",
    "missed": "✗",
    "unreliable": "!",
    "undecided": "?",
    "no_norm": "·",
    "suppressed": "–",
    "nothing": "–",
    "absent": "–",
}
"""The sign beside each verdict's words; it repeats the words and never stands alone."""


class Words(Texts):
    """The texts of one language, and figures said in it."""

    package = __package__

    def mark(self, *, synthetic: bool) -> str:
        """What charts say of made-up data; nothing of real data."""
        return self("synthetic.mark") if synthetic else ""

    # -- numbers ----------------------------------------------------------------------------------------------

    def amount(self, value: float, unit: str) -> str:
        """A value in its unit: ``88%``, ``9 dagen``, ``0,4 per gezin``."""
        if unit == "days":
            return self("value.day") if value == 1 else self("value.days", value=self._short(value))
        if unit == "mean":
            return self("value.mean", value=self.number(value, 1))
        return self("value.percent", value=self._short(value))

    def tick(self, value: float, unit: str) -> str:
        """A value as short as a chart's axis asks."""
        return self._short(value) + ("%" if unit == "percent" else "")

    def _short(self, value: float) -> str:
        return self.number(value, 0 if value == int(value) else 1)

    # -- cells ------------------------------------------------------------------------------------------------

    def value(self, row: Mapping[str, Any]) -> str:
        """The value of a published row: a number, a bound, or the mark of what is hidden."""
        if row["value_state"] == "shown":
            return self.amount(row["value"], row["unit"])
        if row["value_state"] in {"below", "above"}:
            return self(f"value.{row['value_state']}", bound=row["bound"])
        return self("value.hidden")

    def value_short(self, row: Mapping[str, Any]) -> str:
        """The value in few signs, for a narrow table: ``<4%``, ``0,4``, ``9 dgn``."""
        if row["value_state"] in {"below", "above"}:
            return self(f"value.{row['value_state']}_short", bound=row["bound"])
        if row["value_state"] == "shown" and row["unit"] == "mean":
            return self.number(row["value"], 1)
        if row["value_state"] == "shown" and row["unit"] == "days":
            return self("value.days_short", value=self._short(row["value"]))
        return self.value(row)

    def count(self, row: Mapping[str, Any], column: str) -> str:
        """The count in ``column`` (numerator, denominator or missing): rounded, ``<10`` or hidden."""
        number, state = row[column], row[f"{column}_state"]
        if number is not None:
            return self.number(number)
        if column == "missing" and state == "absent":
            return self("count.none_missing")
        return self(f"count.{state}")

    def missing_share(self, row: Mapping[str, Any]) -> str:
        """The missing share: whole percents, a bound, or unknown."""
        if row["missing_share"] is not None:
            return self("share.exact", value=row["missing_share"])
        if row["missing_share_below"] is not None:
            return self("share.below", bound=row["missing_share_below"])
        return self("share.unknown")

    def missing(self, row: Mapping[str, Any]) -> str:
        """The missing count with its share: ``15 (9%)``, ``<10 (minder dan 12%)`` or ``geen``."""
        count, share = self.count(row, "missing"), self.missing_share(row)
        if row["missing_state"] == "absent" or share in {self("share.unknown"), count}:
            return count
        return self("figure.missing_share", count=count, share=share)

    def norm(self, row: Mapping[str, Any], direction: str) -> str:
        """The norm: ``ten minste 95%``, ``100%`` or ``geen norm``."""
        if row["norm"] is None:
            return self("norm.none")
        amount = self._norm_amount(row["norm"], row["unit"])
        side = direction if row["norm"] == row["norm_limit"] and direction in {"up", "down"} else "all"
        return self(f"norm.{side}", value=amount)

    def norm_limit(self, row: Mapping[str, Any], direction: str) -> str:
        """The limit that verdicts use, when it is not the norm itself; else nothing."""
        if row["norm"] is None or row["norm"] == row["norm_limit"]:
            return ""
        key = "norm.limit_down" if direction == "down" else "norm.limit"
        return self(key, value=self._norm_amount(row["norm_limit"], row["unit"]))

    def _norm_amount(self, value: float, unit: str) -> str:
        return self("value.mean", value=self._short(value)) if unit == "mean" else self.amount(value, unit)

    def verdict_id(self, row: Mapping[str, Any]) -> str:
        """The verdict as it is shown: a total that protects others, and a table without deliveries, by name."""
        if row["verdict"] == "suppressed" and row["value_state"] == "protects":
            return "protects"
        if row["verdict"] == "suppressed" and row["denominator_state"] == "exact":
            return "nothing"
        return str(row["verdict"])

    def verdict(self, row: Mapping[str, Any]) -> str:
        """The verdict in words."""
        return self(f"verdict.{self.verdict_id(row)}")

    # -- periods and days ---------------------------------------------------------------------------------------

    def period(self, text: str) -> str:
        """A published period: ``kalenderjaar 2025``, ``12 maanden tot en met december 2025``."""
        period = Period.parse(text)
        if period.kind == "year":
            return self("period.year", period=text)
        return self("period.rolling", month=self._month(period.end), year=period.end.year)

    def period_short(self, text: str) -> str:
        """A published period in few signs: ``2025``, ``t/m dec 2025``."""
        period = Period.parse(text)
        if period.kind == "year":
            return text
        return self("period.short", month=self._month(period.end, short=True), year=period.end.year)

    def month_tick(self, text: str) -> list[str]:
        """The month in which a rolling period ends, in two lines for an axis: ``dec``, ``’25``."""
        end = Period.parse(text).end
        return [self._month(end, short=True), f"’{end.year % 100:02d}"]

    def day(self, moment: Day) -> str:
        """A day: ``16 februari 2026``."""
        return self("date", day=moment.day, month=self._month(moment), year=moment.year)

    def _month(self, moment: Day, *, short: bool = False) -> str:
        return self("months.short" if short else "months").split()[moment.month - 1]
