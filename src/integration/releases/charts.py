"""Charts as Vega-Lite specifications; :mod:`integration.pictures.svg` draws them.

Two charts: the course of one figure in one municipality, and its state in all. What is hidden is never drawn as a
value: it has a row of its own under the zero line, or words. Colours are paints that the style sheet gives
their meaning, so that a chart follows light, dark and print like the text around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from integration.pictures.paints import PAINTS, layer, layered
from integration.pictures.scales import round_up, steps
from integration.releases.model import Row
from integration.releases.words import Words

TREND_WIDTH, TREND_HEIGHT = 264, 176
HIDDEN_BAND = 26
"""Pixels under the zero line for points that are too small to show."""

SHAPES = {"value": "circle", "unreliable": "circle", "below": "triangle-down", "above": "triangle-up"}


Encoding = dict[str, Any]
Height = Callable[[str], Encoding]
"""Gives the vertical encoding of a field on the chart's shared scale."""


@dataclass(frozen=True)
class Scale:
    """The vertical (or horizontal) scale that all charts of a figure share, and where its norm lies."""

    unit: str
    top: float
    norm: float | None
    limit: float | None


def scale_for(rows: Sequence[Row]) -> Scale:
    """One scale for all municipalities and periods of a figure, from zero to a round number."""
    unit = rows[0]["unit"]
    known = [
        row[key] for row in rows for key in ("value", "bound", "norm", "norm_limit") if row[key] is not None
    ]
    most = max(known, default=1.0)
    top = 100.0 if unit == "percent" and most > 50 else round_up(most * 1.1)
    return Scale(unit, top, rows[0]["norm"], rows[0]["norm_limit"])


def ticks(scale: Scale) -> list[float]:
    """Three to five equal steps from zero to the top."""
    return steps(scale.top)


def axis_labels(values: Sequence[float], words: Words, unit: str) -> str:
    """A Vega expression that labels exactly these ticks, in the language's notation."""
    pairs = ", ".join(f"'{tick:g}': '{words.tick(tick, unit)}'" for tick in values)
    return "{" + pairs + "}[format(datum.value, '~g')] || ''"


def trend_template(scale: Scale, periods: Sequence[str], words: Words, *, synthetic: bool) -> dict[str, Any]:
    """The chart of a figure's course in any municipality, still without data (see :func:`trend_data`)."""
    x_axis = {
        "title": None, "labelAngle": 0, "labelColor": PAINTS["muted"], "domain": False, "ticks": False,
        "labelPadding": 6, "labelFontSize": 12, "labelOverlap": "parity", "labelExpr": _names(periods, words),
    }  # fmt: skip
    x = {"field": "period", "type": "ordinal", "scale": {"domain": list(periods)}, "axis": x_axis}
    y_scale = {"domain": [0, scale.top], "range": [TREND_HEIGHT - HIDDEN_BAND, 0], "nice": False}
    y_axis = value_axis(scale, words)

    def y(field: str) -> Encoding:
        return {"field": field, "type": "quantitative", "scale": y_scale, "axis": y_axis}

    layers = [
        _band(),
        _line("others", "other", 1.5, x, y),
        *_norm_layers(scale, words, y),
        _line("points", "accent", 2.5, x, y),
        *_symbols(x, y),
        *_last_label(x, y),
    ]
    return layered(layers, width=TREND_WIDTH, height=TREND_HEIGHT, mark=words.mark(synthetic=synthetic))


def value_axis(scale: Scale, words: Words) -> dict[str, Any]:
    """The axis of a figure's values, the same in every chart."""
    marks = ticks(scale)
    return {
        "title": None, "values": marks, "labelExpr": axis_labels(marks, words, scale.unit), "labelFontSize": 12,
        "labelColor": PAINTS["muted"], "gridColor": PAINTS["grid"], "domain": False, "ticks": False,
        "labelPadding": 6,
    }  # fmt: skip


def trend_data(
    rows: Sequence[Row], others: Sequence[Row], scale: Scale, words: Words
) -> dict[str, list[dict[str, Any]]]:
    """One municipality's points (``rows``, old to new) beside those of all together (``others``)."""
    points = [_point(row) for row in rows]
    last = points[-1] if points else {"value": None}
    label: list[dict[str, Any]] = []
    if last["value"] is not None:
        under = scale.limit is not None and 0 <= scale.limit - last["value"] < 0.25 * scale.top
        label = [
            {**last, "side": "under" if under else "over", "text": words.tick(last["value"], scale.unit)}
        ]
    return {"points": points, "others": [_point(row) for row in others], "last": label}


def _names(order: Sequence[str], words: Words) -> str:
    pairs = ", ".join(f"'{period}': {words.month_tick(period)!r}" for period in order)
    return "{" + pairs + "}[datum.value]"


def _point(row: Row) -> dict[str, Any]:
    state = row["value_state"]
    kind = {"shown": "value" if row["reliable"] else "unreliable", "below": "below", "above": "above"}
    return {
        "period": row["period"],
        "value": row["value"] if state == "shown" else None,
        "mark": row["value"] if state == "shown" else row["bound"],
        "kind": kind.get(state, "hidden"),
    }


def _band() -> Encoding:
    """The row under the zero line where points stand that are too small to show."""
    place = {
        "x": {"value": 0}, "x2": {"value": TREND_WIDTH},
        "y": {"value": TREND_HEIGHT - HIDDEN_BAND + 5}, "y2": {"value": TREND_HEIGHT},
    }  # fmt: skip
    return layer([{}], "rect", place, color=PAINTS["band"])


def _line(data: str, paint: str, width: float, x: Encoding, y: Height) -> Encoding:
    """A line through what is shown, broken where it is not."""
    look: dict[str, Any] = {
        "color": PAINTS[paint],
        "strokeWidth": width,
        "invalid": "break-paths-filter-domains",
    }
    return layer(data, "line", {"x": x, "y": y("value")}, **look)


def _symbols(x: Encoding, y: Height) -> list[Encoding]:
    """Full dots for values, open ones for unreliable values, triangles that point where the value lies."""
    layers = []
    for kind, shape in SHAPES.items():
        look: dict[str, Any] = {
            "shape": shape,
            "size": 62,
            "stroke": PAINTS["accent"],
            "strokeWidth": 2,
            "opacity": 1,
        }
        look["fill"] = PAINTS["accent" if kind == "value" else "paper"]
        layers.append(
            layer("points", "point", {"x": x, "y": y("mark")}, where=f"datum.kind == '{kind}'", **look)
        )
    dash: dict[str, Any] = {
        "text": "–",
        "fontSize": 17,
        "fontWeight": 700,
        "color": PAINTS["muted"],
        "baseline": "middle",
    }
    place = {"x": x, "y": {"value": TREND_HEIGHT - (HIDDEN_BAND - 5) / 2}}
    return [*layers, layer("points", "text", place, where="datum.kind == 'hidden'", **dash)]


def _norm_layers(scale: Scale, words: Words, y: Height) -> list[Encoding]:
    """A dashed line at the limit that verdicts use, named at its right end; nothing without a norm."""
    if scale.limit is None:
        return []
    data = [{"value": scale.limit}]
    text: dict[str, Any] = {
        "text": norm_label(scale, words).split(" ", 1), "align": "left", "baseline": "middle", "dx": 6, "dy": -6,
        "fontSize": 12, "lineHeight": 14, "color": PAINTS["norm"],
    }  # fmt: skip
    return [
        layer(data, "rule", {"y": y("value")}, color=PAINTS["norm"], strokeDash=[5, 4], strokeWidth=1.5),
        layer(data, "text", {"x": {"value": TREND_WIDTH}, "y": y("value")}, **text),
    ]


def _last_label(x: Encoding, y: Height) -> list[Encoding]:
    """The newest value in figures at its point, when it is shown; under it where the norm runs just above."""
    look: dict[str, Any] = {"fontSize": 13, "fontWeight": 700, "color": PAINTS["accent"]}
    place = {"x": x, "y": y("value"), "text": {"field": "text", "type": "nominal"}}
    return [
        layer("last", "text", place, where=f"datum.side == '{side}'", dy=dy, **look)
        for side, dy in (("over", -14), ("under", 15))
    ]


def norm_label(scale: Scale, words: Words) -> str:
    """``norm 95%``, or ``grens 95%`` when the norm is an ambition with a limit of its own."""
    if scale.limit is None:
        return ""
    key = "chart.norm" if scale.norm == scale.limit else "chart.limit"
    return words(key, value=words.tick(scale.limit, scale.unit))
