"""What the pages show, ready for the templates: figures by theme, cells in words, deliveries by source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import yaml

from integration.names import Period
from integration.reasons import Reason
from integration.releases.model import Place, Row, RunSummary
from integration.releases.tables import measure_name, source_name
from integration.releases.words import MARKS, TOTAL, Words


@lru_cache(maxsize=1)
def themes() -> list[dict[str, Any]]:
    """The themes in the order of the pages, each with its seeds and named indicators."""
    content: list[dict[str, Any]] = yaml.safe_load(
        files(__package__).joinpath("themes.yml").read_text(encoding="utf-8")
    )
    return content


def theme_of(definition: Any) -> str:
    """The theme of an indicator: where it is named, else that of its first known seed."""
    named = [theme["id"] for theme in themes() if definition.id in theme.get("indicators", [])]
    seeded = [theme["id"] for seed in definition.seed for theme in themes() if seed in theme["seeds"]]
    return str([*named, *seeded, "other"][0])


@dataclass(frozen=True)
class Shown:
    """One cell in words; ``mark`` is the sign beside ``verdict``, ``why`` explains what is hidden or unreliable."""

    id: str
    mark: str
    value: str
    short: str
    verdict: str
    numerator: str
    denominator: str
    missing: str
    coverage: str
    why: str
    hidden: bool


@dataclass(frozen=True)
class Figure:
    """An indicator's measure with its definition and published rows by (municipality, period)."""

    key: str
    indicator: str
    name: str
    definition: Any
    rows: Mapping[tuple[str, str], Row]
    words: Words
    main: bool

    @property
    def direction(self) -> str:
        """``up``, ``down`` or ``context``."""
        return str(self.definition.direction)

    @property
    def any(self) -> Row:
        """Some row of the figure, for what all rows share: unit, norm, what is counted."""
        return next(iter(self.rows.values()))

    @property
    def has_numerator(self) -> bool:
        """Whether the figure has a numerator to show (a median has none)."""
        return bool(self.any["unit"] != "days")

    @property
    def about(self) -> str:
        """What the denominator counts: ``gezinnen``."""
        return self.words(f"about.{self.any['about']}")

    @property
    def norm(self) -> str:
        """The norm in words."""
        return self.words.norm(self.any, self.direction)

    @property
    def norm_notes(self) -> list[str]:
        """The norm's standing (``voorstel``) and the limit that verdicts use, when there is a norm."""
        if self.any["norm"] is None:
            return []
        limit = self.words.norm_limit(self.any, self.direction)
        return [note for note in (self.words(f"norm.status.{self.any['norm_status']}"), limit) if note]

    def text(self, field: str) -> str:
        """A text of the definition in the page's language: ``explanation``, ``numerator``, ``denominator`` ..."""
        return str(getattr(self.definition, f"{field}_{self.words.language}"))

    def row(self, place: str, period: str) -> Row | None:
        """The published row, None when there is none."""
        return self.rows.get((place, period))

    def course(self, place: str) -> list[Row]:
        """The rolling periods of a municipality, old to new."""
        found = [
            row for (code, _), row in self.rows.items() if code == place and row["period_kind"] == "rolling"
        ]
        return sorted(found, key=lambda row: Period.parse(row["period"]).end)

    @property
    def courses(self) -> list[Row]:
        """The rolling periods of all municipalities."""
        return [row for row in self.rows.values() if row["period_kind"] == "rolling"]

    def shown(self, place: str, period: str) -> Shown:
        """A cell in words, also when there is no row."""
        absent = "verdict.no_total" if place == TOTAL else "verdict.absent"
        return shown(self.row(place, period), self.definition, self.words, absent=absent)


def shown(row: Row | None, definition: Any, words: Words, absent: str = "verdict.absent") -> Shown:
    """A published row in words; a missing one says what ``absent`` says."""
    if row is None:
        none = words("value.hidden")
        counts = {"numerator": none, "denominator": none, "missing": none, "coverage": none}
        return Shown("absent", MARKS["absent"], none, none, words(absent), **counts, why="", hidden=True)
    verdict = words.verdict_id(row)
    hidden = row["value_state"] in {"suppressed", "protects"}
    coverage = row["coverage"]
    return Shown(
        id="suppressed" if hidden else verdict,
        mark=MARKS["suppressed" if hidden else verdict],
        value=words.value(row),
        short=words.value_short(row),
        verdict=words.verdict(row),
        numerator=words.count(row, "numerator"),
        denominator=words.count(row, "denominator"),
        missing=words.missing(row),
        coverage=words("figure.coverage_unknown")
        if coverage is None
        else words("share.exact", value=coverage),
        why=_why(row, verdict, definition, words),
        hidden=hidden,
    )


def _why(row: Row, verdict: str, definition: Any, words: Words) -> str:
    if verdict in {"suppressed", "protects", "nothing"}:
        return words(f"hidden.{verdict}")
    if verdict == "unreliable" and row["unreliable_because"] == "coverage":
        minimum = round(100 * definition.minimum_coverage)
        return words("unreliable.coverage", coverage=row["coverage"], minimum=minimum)
    if verdict == "unreliable":
        return words("unreliable.missing", share=words.missing_share(row))
    return ""


@dataclass(frozen=True)
class Theme:
    """A theme's name and its figures."""

    id: str
    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Content:
    """Everything a release's pages are made of, in one language."""

    rows: Sequence[Row]
    definitions: Mapping[str, Any]
    places: Sequence[Place]
    summary: RunSummary
    words: Words
    synthetic: bool
    number: int
    now: datetime
    code_version: str

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """All figures by theme, in order."""
        return tuple(figure for theme in self.themes for figure in theme.figures)

    @cached_property
    def themes(self) -> tuple[Theme, ...]:
        """The themes that have a figure, in order."""
        found: dict[str, list[Figure]] = {}
        for indicator, measure in dict.fromkeys((row["indicator"], row["measure"]) for row in self.rows):
            figure = self._figure(indicator, measure)
            found.setdefault(theme_of(figure.definition), []).append(figure)
        order = [theme["id"] for theme in themes()] + ["other"]
        return tuple(
            Theme(id_, self.words(f"theme.{id_}"), tuple(found[id_])) for id_ in order if id_ in found
        )

    def _figure(self, indicator: str, measure: str) -> Figure:
        definition = self.definitions[indicator]
        rows = {
            (row["municipality"], row["period"]): row
            for row in self.rows
            if (row["indicator"], row["measure"]) == (indicator, measure)
        }
        main = measure == "value"
        key = indicator if main else f"{indicator}-{measure}"
        name = measure_name(definition, measure, self.words.language)
        return Figure(key, indicator, name, definition, rows, self.words, main)

    @cached_property
    def period(self) -> str:
        """The period of the pages: the newest closed calendar year, or the newest twelve months without one."""
        texts: dict[str, str] = {row["period"]: row["period_kind"] for row in self.rows}
        years = [text for text, kind in texts.items() if kind == "year"]
        return max(years or texts, key=lambda text: Period.parse(text).end)

    @cached_property
    def periods(self) -> list[str]:
        """All published periods: years, then twelve months by quarter, old to new."""
        return list(dict.fromkeys(row["period"] for row in self.rows))

    @cached_property
    def all_places(self) -> tuple[Place, ...]:
        """The municipalities in order, and all of them together when there is such a row."""
        total = any(row["municipality"] == TOTAL for row in self.rows)
        return (*self.places, Place(TOTAL, self.words("place.all"))) if total else tuple(self.places)

    @property
    def banner(self) -> str:
        """What is made up in a synthetic installation: its people and figures, or the municipalities too."""
        made_up = any(place.alias for place in self.places)
        return self.words("synthetic.banner_alias" if made_up else "synthetic.banner")

    def hidden(self) -> tuple[int, int]:
        """How many cells of the overview there are, and how many of them are hidden."""
        cells = [figure.shown(place.code, self.period) for figure in self.figures for place in self.places]
        return len(cells), sum(cell.hidden for cell in cells)

    # -- deliveries -------------------------------------------------------------------------------------------

    @cached_property
    def sources(self) -> list[tuple[str, str]]:
        """Source ids with their names, in order of the id."""
        ids = sorted({line.source for line in self.summary.deliveries})
        return [(source, source_name(self.summary, source, self.words.language)) for source in ids]

    def delivered(self, source: str, place: str) -> dict[str, int] | None:
        """Accepted, waiting and quarantined deliveries of a source about a municipality; None when not agreed."""
        lines = [
            line for line in self.summary.deliveries if (line.source, line.municipality) == (source, place)
        ]
        if not lines:
            return None
        return {
            "accepted": sum(line.accepted for line in lines),
            "waiting": sum(line.waiting for line in lines),
            "quarantined": sum(sum(line.quarantined.values()) for line in lines),
        }

    def deliveries_of(self, place: str | None = None) -> dict[str, int]:
        """Accepted and quarantined deliveries of all sources, about one municipality or all."""
        lines = [line for line in self.summary.deliveries if place in {None, TOTAL, line.municipality}]
        return {
            "accepted": sum(line.accepted for line in lines),
            "quarantined": sum(sum(line.quarantined.values()) for line in lines),
        }

    def refused(self) -> list[dict[str, Any]]:
        """Each reason of quarantine per source and municipality, in the page's language."""
        names = {place.code: (number, place.name) for number, place in enumerate(self.places)}
        sources = dict(self.sources)
        lines = sorted(
            (line for line in self.summary.deliveries if line.municipality in names and line.quarantined),
            key=lambda line: (line.source, names[line.municipality]),
        )
        return [
            {
                "source": sources[line.source],
                "place": names[line.municipality][1],
                "code": code,
                "reason": getattr(Reason[code], self.words.language),
                "number": number,
            }
            for line in lines
            for code, number in sorted(line.quarantined.items())
        ]
