"""The static site: every page as bytes, Dutch first with an English twin, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from integration.names import Period
from integration.pictures.pages import LANGUAGES, environment
from integration.pictures.svg import picture
from integration.releases.bars import bars
from integration.releases.charts import Scale, scale_for, trend_data, trend_template
from integration.releases.model import Row
from integration.releases.tables import source_name
from integration.releases.view import Content, Figure, theme_of
from integration.releases.words import TOTAL

DOWNLOADS = ("indicators.csv", "indicators.parquet", "deliveries.csv", "data-dictionary.csv")
"""The files of figures, which the site holds as well so that it is whole by itself."""


class Pictures:
    """Draws the charts of a site; what several charts share is worked out once."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.words = content.words
        self._scales: dict[str, Scale] = {}
        self._templates: dict[str, dict[str, Any]] = {}

    def scale(self, figure: Figure) -> Scale:
        """The scale of all charts of a figure."""
        if figure.key not in self._scales:
            self._scales[figure.key] = scale_for(list(figure.rows.values()))
        return self._scales[figure.key]

    def trend(self, figure: Figure, place: Any) -> Markup:
        """The course of a figure in one municipality, beside all together."""
        rows = figure.course(place.code)
        others = [] if place.code == TOTAL else figure.course(TOTAL)
        data = trend_data(rows, others, self.scale(figure), self.words)
        spec = self._template(figure) | {"datasets": data}
        title = self.words("figure.trend", figure=figure.name, place=place.name)
        return self._picture(spec, f"{figure.key}-{place.code}", title, self._told(rows, "period"))

    def _template(self, figure: Figure) -> dict[str, Any]:
        if figure.key not in self._templates:
            periods = [period for period in self.content.periods if Period.parse(period).kind == "rolling"]
            self._templates[figure.key] = trend_template(
                self.scale(figure), periods, self.words, synthetic=self.content.synthetic
            )
        return self._templates[figure.key]

    def bars(self, figure: Figure) -> Markup:
        """The state of a figure in all municipalities."""
        found = [figure.row(place.code, self.content.period) for place in self.content.all_places]
        rows = [row for row in found if row is not None]
        spec = bars(rows, self.scale(figure), self.words, synthetic=self.content.synthetic)
        title = self.words("figure.bars", figure=figure.name, period=self.words.period(self.content.period))
        return self._picture(spec, f"{figure.key}-bars", title, self._told(rows, "municipality_name"))

    def kinds(self, rows: list[Row]) -> list[str]:
        """Which signs a chart of these rows holds besides plain values, for its key."""
        states = {row["value_state"] for row in rows}
        found = [state for state in ("below", "above") if state in states]
        if any(row["value_state"] == "shown" and not row["reliable"] for row in rows):
            found.append("unreliable")
        return found + (["hidden"] if states & {"suppressed", "protects"} else [])

    def _picture(self, spec: dict[str, Any], key: str, title: str, description: str) -> Markup:
        return picture(spec, language=self.words.language, key=key, title=title, description=description)

    def _told(self, rows: list[Row], by: str) -> str:
        """The chart in a sentence: what each point says."""
        told = []
        for row in rows:
            name = self.words.period_short(row["period"]) if by == "period" else self._place(row)
            value = self.words.value(row)
            plain = row["value_state"] in {"shown", "below", "above"}
            told.append(f"{name}: {value if plain else self.words.verdict(row)}")
        return "; ".join(told) + "."

    def _place(self, row: Row) -> str:
        return self.words("place.all") if row["municipality"] == TOTAL else str(row["municipality_name"])


def pages(content: Content) -> Iterator[tuple[str, bytes]]:
    """All pages of one language as (path under ``site/``, bytes)."""
    templates = environment("integration.releases")
    pictures = Pictures(content)
    for path, template, more in _plan(content):
        text = templates.get_template(template).render(
            **_common(content, path), t=content.words, site=content, pictures=pictures, **more
        )
        yield _home(content) + path, text.encode()


def _plan(content: Content) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "index.html", "overview.html", {"here": "overview"}
    for place in content.all_places:
        yield f"gemeente/{place.code}.html", "place.html", {"here": "place", "place": place}
    for indicator in dict.fromkeys(figure.indicator for figure in content.figures):
        figures = [figure for figure in content.figures if figure.indicator == indicator]
        more = {"theme": theme_of(figures[0].definition), "names": _source_names(content, figures[0])}
        yield (
            f"indicator/{indicator}.html",
            "indicator.html",
            {"here": "indicator", "figures": figures, **more},
        )
    yield "leveringen.html", "deliveries.html", {"here": "deliveries"}
    yield "uitleg.html", "about.html", {"here": "about", "downloads": DOWNLOADS}


def _source_names(content: Content, figure: Figure) -> dict[str, str]:
    language = content.words.language
    return {source: source_name(content.summary, source, language) for source in figure.definition.sources}


def _home(content: Content) -> str:
    return "" if content.words.language == "nl" else f"{content.words.language}/"


def _common(content: Content, path: str) -> dict[str, Any]:
    """Relative addresses: ``root`` to the language's first page, ``base`` to the site's own files, ``twin``."""
    root = "../" * path.count("/")
    language = content.words.language
    base = root if language == "nl" else f"{root}../"
    other = next(one for one in LANGUAGES if one != language)
    twin = f"{base}{path}" if other == "nl" else f"{base}{other}/{path}"
    return {
        "root": root,
        "base": base,
        "twin": twin,
        "language": language,
        "other_language": other,
        "TOTAL": TOTAL,
    }
