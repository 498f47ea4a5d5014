"""The most common patterns of outcomes, each a waterfall from the weight beforehand to the sum; never a real pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from integration.linkage.report import charts
from integration.linkage.report.charts import Bar
from integration.linkage.report.words import Words
from integration.pictures.svg import picture

ZONES = ("link", "grey_link", "grey", "below")
DRAWN = 2
"""Patterns of each zone that are drawn; the table has all."""

Row = tuple[str, ...]
"""Cells of a table's row; the first is its head."""


class Patterns:
    """The patterns of one run's figures."""

    def __init__(self, now: Mapping[str, Any], words: Words) -> None:
        self.now, self.words = now, words

    def patterns(self) -> list[tuple[str, list[Mapping[str, Any]]]]:
        """The patterns by zone, strongest zone first."""
        found = self.now["patterns"]
        return [(zone, mine) for zone in ZONES if (mine := [p for p in found if p["zone"] == zone])]

    def heading(self, pattern: Mapping[str, Any]) -> str:
        """Its zone and how many pairs have it."""
        zone = self.words(f"zone.{pattern['zone']}")
        pairs = self.words.count(pattern["pairs"])
        return self.words("patterns.heading", zone=zone[0].upper() + zone[1:], pairs=pairs)

    def levels(self, pattern: Mapping[str, Any]) -> list[tuple[str, int | None]]:
        """Each comparison and its outcome, in the order of the model."""
        found = pattern["levels"]
        return [(c["name"], found[c["name"]]) for c in self.now["comparisons"] if c["name"] in found]

    def waterfall(self, pattern: Mapping[str, Any], number: int) -> Markup:
        """From the weight beforehand to the sum, a step for each thing that was known."""
        rows = [self._end("patterns.start", self.now["prior"])]
        total = self.now["prior"]
        for name, place in self.levels(pattern):
            if place is None:
                continue
            level = self._level(name, place)
            after = total + level["bits"]
            rows.append(
                Bar(
                    self.words(
                        "patterns.step",
                        what=self.words.comparison(name),
                        level=self.words.level(name, level["label"]),
                    ),
                    total,
                    after,
                    self.words.bits(level["bits"]),
                    "accent" if level["bits"] >= 0 else "other",
                )
            )
            total = after
        rows.append(self._end("patterns.sum", total))
        ends = self._waterfall_ends()
        zone = self.words(f"zone.{pattern['zone']}")
        title = self.words(
            "patterns.chart", number=number, zone=zone, pairs=self.words.count(pattern["pairs"])
        )
        spec = charts.bars(rows, ends, charts.even(*ends, 20), self.words)
        return self._drawn(spec, f"patroon-{pattern['zone']}-{number}", title, rows)

    def _end(self, text: str, bits: float) -> Bar:
        return Bar(self.words(text), 0, bits, self.words.bits(bits), "norm")

    def _level(self, name: str, place: int) -> Mapping[str, Any]:
        levels: Sequence[Mapping[str, Any]] = next(c for c in self.now["comparisons"] if c["name"] == name)[
            "levels"
        ]
        return levels[place]

    def _waterfall_ends(self) -> tuple[float, float]:
        """One scale for every drawn pattern: the furthest that any sum comes."""
        least = most = 0.0
        for _, patterns in self.patterns():
            for pattern in patterns[:DRAWN]:
                total = self.now["prior"]
                for name, place in self.levels(pattern):
                    least, most = min(least, total), max(most, total)
                    total += 0 if place is None else self._level(name, place)["bits"]
                least, most = min(least, total), max(most, total)
        ticks = charts.even(least, most, 20)
        return ticks[0], ticks[-1]

    def unknown(self, pattern: Mapping[str, Any]) -> str:
        """The comparisons that nothing was known of."""
        names = [self.words.comparison(name) for name, place in self.levels(pattern) if place is None]
        return self.words("patterns.unknown", names=", ".join(names)) if names else ""

    def pattern_rows(self) -> list[Row]:
        """All patterns as a table."""
        return [
            (
                self.words(f"zone.{zone}"),
                self.words.count(one["pairs"]),
                self.words.bits(one["bits"]),
                self._told(one),
            )
            for zone, patterns in self.patterns()
            for one in patterns
        ]

    def _told(self, pattern: Mapping[str, Any]) -> str:
        return "; ".join(
            self.words(
                "patterns.step",
                what=self.words.comparison(name),
                level=self.words.level(name, self._level(name, place)["label"]),
            )
            for name, place in self.levels(pattern)
            if place is not None
        )

    def _drawn(self, spec: dict[str, Any], key: str, title: str, rows: Sequence[Bar]) -> Markup:
        return self._picture(spec, key, title, "; ".join(f"{row.name}: {row.text}" for row in rows) + ".")

    def _picture(self, spec: dict[str, Any], key: str, title: str, told: str) -> Markup:
        return picture(spec, language="nl", key=key, title=title, description=told)
