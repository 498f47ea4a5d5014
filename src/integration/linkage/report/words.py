"""The texts of the linkage report, in Dutch, and figures said in it."""

from __future__ import annotations

from integration.linkage.report.masking import LEAST
from integration.pictures.pages import Texts, labels


class Words(Texts):
    """The texts of the report."""

    package = __package__

    def __init__(self) -> None:
        super().__init__("nl")

    def number(self, value: float, decimals: int = 0) -> str:
        """A number in Dutch notation, with a real minus sign."""
        return super().number(value, decimals).replace("-", "−")

    def day(self, iso: str) -> str:
        """A day: ``12 januari 2026``."""
        year, month, day = map(int, iso.split("-"))
        return f"{day} {self('months').split()[month - 1]} {year}"

    def count(self, number: int | None) -> str:
        """A masked count: ``1.235`` or ``<10``."""
        return f"<{LEAST}" if number is None else self.number(number)

    def bits(self, value: float) -> str:
        """A match weight with its sign: ``+12,3``, ``−4,0``, ``0,0``."""
        text = self.number(abs(value), 1)
        return f"−{text}" if value <= -0.05 else f"+{text}" if value >= 0.05 else text

    def percent(self, value: float | None) -> str:
        """A percentage: ``12,3%``; a dash where it is not shown."""
        return "–" if value is None else f"{self.number(value, 1)}%"

    def chance(self, value: float) -> str:
        """A chance in percent with as many decimals as it needs: ``97,0%``, ``0,0050%``."""
        decimals = 1
        while value and 100 * value < 10.0 ** (1 - decimals) and decimals < 6:
            decimals += 1
        return f"{self.number(100 * value, decimals)}%"

    def code(self, group: str, code: str) -> str:
        """The words for a code; the code itself with blanks where there are none."""
        known = labels(self.package)
        return self(f"{group}.{code}") if f"{group}.{code}" in known else code.replace("_", " ")

    def comparison(self, name: str) -> str:
        """What is compared: ``Geboortedatum``."""
        return self("comparison.extra") if name.startswith("extra") else self.code("comparison", name)

    def level(self, comparison: str, label: str) -> str:
        """An outcome of a comparison: ``dag en maand verwisseld``."""
        known = labels(self.package)
        own = f"level.{comparison}.{label}"
        return self(own) if own in known else self.code("level", label)

    def rule(self, name: str) -> str:
        """What a blocking rule is equal on: ``achternaam met geboortedatum en plaats``."""
        return " + ".join(self.code("column", part) for part in name.split("+"))
