"""The texts of the report in one language, and figures said in it."""

from __future__ import annotations

from integration.pictures.pages import Texts, labels
from integration.sample.report.compare import Rate

_DECIMALS = {"count": 0, "percent": 1, "per_1000": 1, "mean": 2}


class Words(Texts):
    """The texts of one language."""

    package = __package__

    def or_code(self, group: str, code: str) -> str:
        """The text for a code of the data, or the code itself where the report knows no words for it."""
        return (
            self(f"{group}.{code}") if f"{group}.{code}" in labels(self.package) else code.replace("_", " ")
        )

    def percent(self, value: float, decimals: int = 1) -> str:
        """A percentage: ``12,3%``."""
        return f"{self.number(value, decimals)}%"

    def amount(self, value: float | None, unit: str) -> str:
        """A figure in its unit: 12,3%; 4,8; 2,31; 5.086."""
        if value is None:
            return self("none")
        return self.number(value, _DECIMALS[unit]) + ("%" if unit == "percent" else "")

    def tolerance(self, rate: Rate) -> str:
        """A figure's tolerance: ``± 1,6%``."""
        return (
            "–" if rate.tolerance is None else self("plusminus", value=self.amount(rate.tolerance, rate.unit))
        )

    def label(self, rate: Rate) -> str:
        """What a figure counts."""
        return rate.label_nl if self.language == "nl" else rate.label_en

    def verdict(self, rate: Rate) -> str:
        """Whether a figure is within its tolerance, in words."""
        return self("within.yes" if rate.within else "within.no")
