"""What the page shows, ready for the template: the figures of this run and of the one before in groups, with charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from integration.linkage.report import charts
from integration.linkage.report.changes import alone, review
from integration.linkage.report.charts import Bar, Zone
from integration.linkage.report.figures import LARGEST
from integration.linkage.report.masking import share
from integration.linkage.report.patterns import ZONES, Patterns, Row
from integration.linkage.report.words import Words


class View(Patterns):
    """One run's figures."""

    def __init__(self, now: Mapping[str, Any], words: Words) -> None:
        super().__init__(now, words)
        low, high = now["grey"]
        self.zone = Zone(now["threshold"], low, high)

    def short(self) -> list[tuple[str, str]]:
        """The figures at the top: text key and figure."""
        percent = self.words.percent(share(alone(self.now), self.places()))
        return [
            ("short.records", self.total("records")),
            ("short.persons", self.total("persons")),
            ("short.families", self.total("families")),
            ("short.grey", self.total("pairs_grey")),
            ("short.review", self.words.count(review(self.now))),
            ("short.alone", percent),
        ]

    def total(self, thing: str) -> str:
        """A figure that is one number."""
        return self.words.count(self.now["totals"].get(thing, {}).get(""))

    def places(self) -> int:
        """Records that are shown, of all sources."""
        return sum(places or 0 for _, places, _ in self.now["sources"])

    # -- weights ----------------------------------------------------------------------------------------------

    @property
    def ends(self) -> tuple[float, float]:
        """The scale of all weights, in whole steps of ten bits."""
        bits = [level["bits"] for c in self.now["comparisons"] for level in c["levels"]]
        ticks = charts.even(min([*bits, -10.0]), max([*bits, 10.0]), 10)
        return ticks[0], ticks[-1]

    def weights(self, comparison: Mapping[str, Any]) -> Markup:
        """What each outcome of a comparison counts."""
        name = self.words.comparison(comparison["name"])
        rows = [
            Bar(
                self.words.level(comparison["name"], level["label"]),
                0,
                level["bits"],
                self.words.bits(level["bits"]),
                "accent" if level["bits"] >= 0 else "other",
            )
            for level in comparison["levels"]
        ]
        spec = charts.bars(rows, self.ends, charts.even(*self.ends, 10), self.words)
        return self._drawn(
            spec, f"gewicht-{comparison['name']}", self.words("weights.chart", what=name), rows
        )

    def weight_rows(self, comparison: Mapping[str, Any]) -> list[Row]:
        """The same as a table: outcome, chances, bits."""
        return [
            (
                self.words.level(comparison["name"], level["label"]),
                self.words.chance(level["m"]),
                self.words.chance(level["u"]),
                self.words.bits(level["bits"]),
            )
            for level in comparison["levels"]
        ]

    # -- pairs ------------------------------------------------------------------------------------------------

    def histogram(self) -> Markup | None:
        """Pairs by weight; nothing when no count may be shown."""
        rows = [(bits, pairs) for bits, pairs in self.now["histogram"] if pairs is not None]
        if not rows:
            return None
        most = sorted(rows, key=lambda row: -row[1])[:3]
        told = self.words(
            "pairs.summary",
            threshold=self.words.bits(self.zone.threshold),
            low=self.words.bits(self.zone.low),
            high=self.words.bits(self.zone.high),
            most="; ".join(
                self.words("pairs.told", pairs=self.words.count(pairs), bits=self.words.bits(bits))
                for bits, pairs in most
            ),
        )
        spec = charts.histogram(rows, self.zone, self.words)
        return self._picture(spec, "paren", self.words("pairs.chart"), told)

    def histogram_rows(self) -> list[Row]:
        """The same as a table."""
        return [
            (self.words.bits(bits), self.words(f"zone.{self._zone(bits)}"), self.words.count(pairs))
            for bits, pairs in self.now["histogram"]
        ]

    def _zone(self, bits: float) -> str:
        bounds = (self.zone.high, self.zone.threshold, self.zone.low)
        return next((name for name, bound in zip(ZONES, bounds, strict=False) if bits >= bound), "below")

    def coded(self, thing: str, group: str) -> list[Row]:
        """A figure by code, the largest first."""
        found = self.now["totals"].get(thing, {})
        rows = sorted(found.items(), key=lambda item: (-(item[1] or 0), item[0]))
        return [(self.words.code(group, code), self.words.count(number)) for code, number in rows]

    # -- records and persons ----------------------------------------------------------------------------------

    def sizes(self) -> Markup | None:
        """Persons by their number of records."""
        rows = [(self._size(size), float(n or 0), self.words.count(n)) for size, n in self.now["sizes"]]
        return self._counted(rows, "omvang", "sizes.chart")

    def _size(self, size: int) -> str:
        key = "sizes.one" if size == 1 else "sizes.most" if size == LARGEST else "sizes.several"
        return self.words(key, number=size)

    def sources(self) -> Markup | None:
        """The share of each source's records that is linked to no other."""
        rows = [
            (self._source(source), share(one, all_) or 0.0, self.words.percent(share(one, all_)))
            for source, all_, one in self.now["sources"]
        ]
        return self._counted(rows, "bronnen", "sources.chart", "%")

    def source_rows(self) -> list[Row]:
        """The same as a table."""
        return [
            (
                self._source(source),
                self.words.count(all_),
                self.words.count(one),
                self.words.percent(share(one, all_)),
            )
            for source, all_, one in self.now["sources"]
        ]

    def _source(self, source: str) -> str:
        return source.replace("_", " ").capitalize()

    def unlinkable_told(self) -> str:
        """How many cannot be linked at the threshold there is."""
        found = self.now["unlinkable"]
        percent = share(found["at_threshold"], found["records"])
        return self.words(
            "unlinkable.lead",
            count=self.words.count(found["at_threshold"]),
            records=self.words.count(found["records"]),
            share=self.words.percent(percent),
        )

    def unlinkable(self) -> Markup | None:
        """The share by threshold; where a count may not be shown the line is not drawn."""
        found = self.now["unlinkable"]
        rows = [
            (bits, percent)
            for bits, n in found["below"]
            if (percent := share(n, found["records"])) is not None
        ]
        if len(rows) < 2:
            return None
        told = "; ".join(
            self.words("unlinkable.told", bits=self.words.bits(bits), share=self.words.percent(percent))
            for bits, percent in rows
            if bits % 10 == 0
        )
        return self._picture(
            charts.curve(rows, self.zone, self.words),
            "onkoppelbaar",
            self.words("unlinkable.chart"),
            f"{told}.",
        )

    def unlinkable_rows(self) -> list[Row]:
        """The same as a table, every fifth threshold."""
        found = self.now["unlinkable"]
        return [
            (self.words.bits(bits), self.words.count(n), self.words.percent(share(n, found["records"])))
            for bits, n in found["below"]
            if bits % 5 == 0
        ]

    def blocks(self) -> list[Row]:
        """What too many records share: rule, the bound, records left out."""
        return [
            (self.words.rule(rule), self.words.number(cap), self.words.count(number))
            for rule, number, cap in self.now["blocks"]
        ]

    # -- drawing ----------------------------------------------------------------------------------------------

    def _counted(
        self, rows: list[tuple[str, float, str]], key: str, title: str, sign: str = ""
    ) -> Markup | None:
        if not rows:
            return None
        told = "; ".join(f"{name}: {text}" for name, _, text in rows)
        return self._picture(charts.counted(rows, self.words, sign), key, self.words(title), f"{told}.")
