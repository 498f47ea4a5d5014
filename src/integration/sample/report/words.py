"""The texts of the report in one language, and figures said in it."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import yaml

from integration.pictures.pages import Language, number
from integration.sample.report.compare import Rate

_DECIMALS = {"count": 0, "percent": 1, "per_1000": 1, "mean": 2}


@lru_cache(maxsize=1)
def labels() -> dict[str, dict[str, str]]:
    """Every text by key and language."""
    content: dict[str, dict[str, str]] = yaml.safe_load(
        files(__package__).joinpath("labels.yml").read_text(encoding="utf-8")
    )
    return content


class Words:
    """The texts of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **parts: object) -> str:
        """The text under ``key`` with its parts filled in; KeyError when there is none."""
        return labels()[key][self.language].format(**parts)

    def or_code(self, group: str, code: str) -> str:
        """The text for a code of the data, or the code itself where the report knows no words for it."""
        return self(f"{group}.{code}") if f"{group}.{code}" in labels() else code.replace("_", " ")

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the language's marks."""
        return number(value, decimals, self.language)

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
