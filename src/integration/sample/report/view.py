"""What the page shows, ready for the template: figures in groups, people, households, what was planted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup

from integration.pictures.svg import picture
from integration.sample.report import charts, shapes
from integration.sample.report.checking import Report
from integration.sample.report.compare import Rate
from integration.sample.report.measures import measures
from integration.sample.report.people import CLASS, OLDEST
from integration.sample.report.words import Words

THEMES = ("people", "care", "reports")
TYPES = ("one_person", "couple", "two_parents", "one_parent", "co_parents", "blended", "grown_children",
         "grown_children_one")  # fmt: skip
LARGEST = 6
"""Households of this size or more are taken together."""

HEAT = (0.5, 1.0, 2.0, 5.0)
"""Bounds, in defects per 100 rows, between the tints of the table of defects."""


@dataclass(frozen=True)
class Group:
    """Figures of one measure that share a chart: its key in the page, its title, the rows with their names."""

    key: str
    title: str
    rates: tuple[Rate, ...]
    names: tuple[str, ...]


class View:
    """The report in one language."""

    def __init__(self, report: Report, words: Words) -> None:
        self.report, self.words, self.sample = report, words, report.sample
        self.places = dict(sorted(report.places.items(), key=lambda item: item[1]))

    # -- rates ------------------------------------------------------------------------------------------------

    @property
    def outside(self) -> list[Rate]:
        """The figures outside their tolerance."""
        return [rate for rate in self.report.rates if not rate.within]

    @property
    def weak(self) -> int:
        """How many figures are within a tolerance that is larger than the figure."""
        return sum(rate.within and not rate.telling for rate in self.report.rates)

    @property
    def themes(self) -> list[tuple[str, list[tuple[str, list[Group]]]]]:
        """Theme, its measures in words, and the groups of each."""
        found = []
        for theme in THEMES:
            chosen = [measure for measure in measures().values() if measure.theme == theme]
            parts = [(getattr(m, self.words.language), self._groups(m.id)) for m in chosen]
            found.append((theme, [(name, groups) for name, groups in parts if groups]))
        return found

    def _groups(self, measure: str) -> list[Group]:
        """One chart for figures of one region each (rows are what is counted), one per figure of several regions."""
        rates = [rate for rate in self.report.rates if rate.measure == measure]
        times = Counter(self.words.label(rate) for rate in rates)
        split: dict[str, list[Rate]] = defaultdict(list)
        for rate in rates:
            label = self.words.label(rate)
            split[label if times[label] > 1 else ""].append(rate)
        name = getattr(measures()[measure], self.words.language)
        return [
            Group(
                f"{measure}-{number}",
                label or f"{name}, {some[0].region}",
                tuple(some),
                tuple(rate.region if label else self.words.label(rate) for rate in some),
            )
            for number, (label, some) in enumerate(split.items(), start=1)
        ]

    def rates_chart(self, group: Group) -> Markup:
        """The chart of a group of figures."""
        told = [
            self.words(
                "rates.told", row=name, sample=self.words.amount(rate.sample, rate.unit),
                published=self.words.amount(rate.published, rate.unit), verdict=self.words.verdict(rate),
            )
            for rate, name in zip(group.rates, group.names, strict=True)
        ]  # fmt: skip
        spec = charts.rates(group.rates, group.names, self.words)
        return self._drawn(
            spec, group.key, self.words("rates.caption", what=group.title), "; ".join(told) + "."
        )

    # -- people -----------------------------------------------------------------------------------------------

    @cached_property
    def ages(self) -> list[tuple[int, str]]:
        """The age classes: where each begins, and its name."""
        names = []
        for start in range(0, OLDEST + 1, CLASS):
            key = "age.oldest" if start == OLDEST else "age.class"
            names.append((start, self.words(key, **{"from": start, "to": start + CLASS - 1})))
        return names

    @cached_property
    def persons(self) -> Counter[tuple[str, str, int]]:
        """Persons by municipality, sex and age class."""
        return Counter(
            {(r["municipality"], r["sex"], r["age"]): r["persons"] for r in self.report.people.ages}
        )

    def inhabitants(self, place: str | None = None) -> int:
        """All persons, or those of a municipality."""
        return sum(count for (code, _, _), count in self.persons.items() if place in (None, code))

    def pyramid(self, place: str) -> Markup:
        """The ages of a municipality."""
        whole = {code: self.inhabitants(code) or 1 for code in self.places}
        longest = max((100 * n / whole[code] for (code, _, _), n in self.persons.items()), default=1.0)
        parts = 100 / whole[place]
        shares = [
            (name, parts * self.persons[place, "1", start], parts * self.persons[place, "2", start])
            for start, name in self.ages
        ]
        young, old = (
            self.words.percent(sum(shares[start // CLASS][1] + shares[start // CLASS][2] for start, _ in self.ages
                                   if low <= start < high))
            for low, high in ((0, 15), (65, 200))
        )  # fmt: skip
        told = self.words("people.told", persons=self.words.number(whole[place]), young=young, old=old)
        spec = shapes.pyramid(shares, longest, self.words)
        return self._drawn(spec, f"ages-{place}", self.words("people.chart", place=self.places[place]), told)

    # -- households -------------------------------------------------------------------------------------------

    def homes(self, by: str, place: str | None = None) -> dict[Any, float]:
        """The share of households, in percent, by ``household`` or ``size``, in a municipality or all together."""
        found: Counter[Any] = Counter()
        for row in self.report.people.homes:
            if place in (None, row["municipality"]):
                found[row[by]] += row["homes"]
        whole = found.total() or 1
        return {key: 100 * count / whole for key, count in found.items()}

    @property
    def homes_number(self) -> int:
        """All households."""
        return sum(row["homes"] for row in self.report.people.homes)

    @property
    def sizes(self) -> list[tuple[int, str]]:
        """The sizes of households with their names."""
        return [
            (size, self.words("homes.most" if size == LARGEST else "homes.size", size=size))
            for size in range(1, LARGEST + 1)
        ]

    @property
    def types(self) -> list[tuple[str, str]]:
        """The types of households that occur, with their names."""
        known = self.homes("household")
        more = [kind for kind in sorted(known) if kind not in TYPES]
        return [(kind, self.words.or_code("home", kind)) for kind in (*TYPES, *more) if kind in known]

    def rate(self, name: str) -> Rate | None:
        """A figure by its id."""
        return next((rate for rate in self.report.rates if rate.name == name), None)

    def sizes_chart(self, place: str) -> Markup:
        """The sizes of a municipality's households, beside the published share of one person."""
        alone = self.rate(f"household_one_person.{place}")
        shares = [self.homes("size", code).get(size, 0.0) for code in self.places for size, _ in self.sizes]
        mine = [(name, self.homes("size", place).get(size, 0.0)) for size, name in self.sizes]
        top = max([*shares, alone.published if alone else 0.0, 1.0]) * 1.08
        told = [self.words("homes.told", size=name, share=self.words.percent(share)) for name, share in mine]
        short = [(name.split()[0], share) for name, share in mine]
        spec = shapes.sizes(short, alone.published if alone else None, top, self.words)
        title = self.words("homes.chart", place=self.places[place])
        return self._drawn(spec, f"sizes-{place}", title, "; ".join(told) + ".")

    def mean_size(self, place: str) -> str:
        """The mean size of a municipality's households, beside the published one."""
        rate = self.rate(f"household_size.{place}")
        if rate is None:
            return ""
        published = self.words.number(rate.published, 1)
        return self.words("homes.mean", sample=self.words.amount(rate.sample, rate.unit), published=published)

    def types_chart(self) -> Markup:
        """The types of households, all municipalities together."""
        shares = self.homes("household")
        rows = [(name, shares[kind], self.words.percent(shares[kind])) for kind, name in self.types]
        told = "; ".join(f"{name}: {text}" for name, _, text in rows) + "."
        return self._drawn(charts.bars(rows, self.words), "types", self.words("homes.types_chart"), told)

    # -- planted ----------------------------------------------------------------------------------------------

    @cached_property
    def sources(self) -> dict[str, int]:
        """The sources with the rows they delivered."""
        return {row["source"]: row["rows"] for row in self.report.planted.rows}

    @cached_property
    def defects(self) -> Mapping[tuple[str, str], int]:
        """Planted defects by (defect, source); a defect with the most at first."""
        return {
            (row["defect"], row["source"]): row["defects"]
            for row in self.report.planted.rows
            if row["defect"] is not None
        }

    @property
    def kinds(self) -> list[str]:
        """The kinds of planted defects, most frequent first."""
        totals: Counter[str] = Counter()
        for (defect, _), count in self.defects.items():
            totals[defect] += count
        return sorted(totals, key=lambda defect: (-totals[defect], defect))

    def planted(self, defect: str | None, source: str | None) -> int:
        """The number of defects of a kind in a source; None: all of them."""
        return sum(n for (d, s), n in self.defects.items() if defect in (None, d) and source in (None, s))

    def share(self, defect: str | None, source: str | None) -> float:
        """Defects per 100 rows that were delivered."""
        rows = self.sources[source] if source else sum(self.sources.values())
        return 100 * self.planted(defect, source) / rows if rows else 0.0

    def heat(self, defect: str, source: str) -> int:
        """The tint of a cell in the table of defects: 0 (none) to 5."""
        share = self.share(defect, source)
        return 0 if not share else 1 + sum(share >= bound for bound in HEAT)

    def planted_chart(self) -> Markup:
        """Planted defects per 100 rows, by source."""
        rows = [
            (self.words.or_code("source", source), share, self.words.number(share, 1))
            for source, share in ((source, self.share(None, source)) for source in self.sources)
        ]  # fmt: skip
        told = "; ".join(f"{name}: {text}" for name, _, text in rows) + "."
        return self._drawn(
            charts.bars(rows, self.words, unit=""), "planted", self.words("planted.chart"), told
        )

    def whole(self) -> Iterable[dict[str, Any]]:
        """Defects of whole deliveries."""
        return self.report.planted.deliveries

    def differences(self) -> Sequence[dict[str, Any]]:
        """Planted themes, in the order of the municipalities' names."""
        order = list(self.places)
        return sorted(
            (row for row in self.report.planted.themes if row["municipality"] in self.places),
            key=lambda row: order.index(row["municipality"]),
        )

    def _drawn(self, spec: dict[str, Any], key: str, title: str, told: str) -> Markup:
        return picture(spec, language=self.words.language, key=key, title=title, description=told)
