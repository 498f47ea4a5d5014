"""The charts of the linkage report as Vega-Lite specifications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integration.linkage.report.words import Words
from integration.pictures.paints import PAINTS, WIDTH, layer, layered
from integration.pictures.rows import STEP, RowFrame, places, tick_labels
from integration.pictures.scales import round_up, steps

HEIGHT = 190
"""Pixels of a chart with a vertical scale."""
FLOOR = 5
"""Where the bars of a scale of tens begin: below the smallest count that is shown."""


@dataclass(frozen=True)
class Bar:
    """A bar from one value to another under its name; ``paint`` is its colour, ``text`` its value in words."""

    name: str
    start: float
    end: float
    text: str
    paint: str = "accent"


@dataclass(frozen=True)
class Zone:
    """The threshold and the grey zone, in bits."""

    threshold: float
    low: float
    high: float


def bars(
    rows: Sequence[Bar], ends: tuple[float, float], ticks: Sequence[float], words: Words, sign: str = ""
) -> Any:
    """Bars under their names on one scale; nought is marked where it is not an end."""
    data = [
        {**places(place * STEP), "name": row.name, "text": row.text, "paint": row.paint,
         "from": row.start, "to": row.end, "nought": 0}
        for place, row in enumerate(rows)
    ]  # fmt: skip
    frame = RowFrame(ends, len(data) * STEP, ticks, tick_labels(ticks, words.number, sign))
    boxes = [
        layer(
            "rows",
            "rect",
            frame.box("from", "to"),
            where=f"datum.paint == '{paint}'",
            fill=PAINTS[paint],
            opacity=1,
        )
        for paint in sorted({row.paint for row in rows})
    ]
    nought = [
        layer("rows", "rule", frame.upright("nought"), color=PAINTS["norm"], strokeWidth=1.5, opacity=1)
    ]
    layers = [*frame.tracks(), *boxes, *(nought if ends[0] < 0 < ends[1] else []), *frame.texts()]
    return frame.drawn(layers, data, "")


def counted(rows: Sequence[tuple[str, float, str]], words: Words, sign: str = "") -> Any:
    """Bars from nought: (name, value, the value in words)."""
    top = round_up(1.02 * max((value for _, value, _ in rows), default=1.0))
    top = min(top, 100.0) if sign else top
    return bars([Bar(name, 0, value, text) for name, value, text in rows], (0, top), steps(top), words, sign)


def even(least: float, most: float, step: float) -> list[float]:
    """The multiples of a step that lie from ``least`` to ``most``, both rounded outward."""
    first, last = math.floor(least / step), math.ceil(most / step)
    return [step * number for number in range(first, last + 1)]


def histogram(rows: Sequence[tuple[int, int]], zone: Zone, words: Words) -> Any:
    """Pairs by match weight (bits, pairs) on a scale of tens, with the threshold and the grey zone."""
    ticks = even(
        min([zone.low, *(bits for bits, _ in rows)]), max([zone.high, *(bits + 1 for bits, _ in rows)]), 10
    )
    top = 10.0 ** math.ceil(math.log10(max([100, *(pairs for _, pairs in rows)])))
    tens = [10.0**power for power in range(1, round(math.log10(top)) + 1)]
    data = [{"from": bits, "to": bits + 1, "floor": FLOOR, "pairs": pairs} for bits, pairs in rows]
    frame = _Field((ticks[0], ticks[-1]), ticks, (FLOOR, top), tens, "log", words)
    place = {"x": frame.x("from"), "x2": {"field": "to"}, "y": frame.y("floor"), "y2": {"field": "pairs"}}
    box = layer(
        "rows", "rect", place, fill=PAINTS["accent"], stroke=PAINTS["paper"], strokeWidth=0.5, opacity=1
    )
    return frame.drawn([*frame.grey(), box, *frame.threshold()], {"rows": data}, zone)


def curve(rows: Sequence[tuple[int, float]], zone: Zone, words: Words) -> Any:
    """The share (percent) at each threshold, as steps."""
    ticks = even(rows[0][0], rows[-1][0], 10)
    top = min(100.0, round_up(1.02 * max(share for _, share in rows)))
    frame = _Field((ticks[0], ticks[-1]), ticks, (0, top), steps(top), "linear", words, "%")
    place = {"x": frame.x("bits"), "y": frame.y("share")}
    look: dict[str, Any] = {"strokeWidth": 2.5, "interpolate": "step-after", "opacity": 1}
    line = layer("rows", "line", place, color=PAINTS["accent"], **look)
    data = [{"bits": bits, "share": share} for bits, share in rows]
    return frame.drawn([*frame.grey(), line, *frame.threshold()], {"rows": data}, zone)


class _Field:
    """A frame with match weight along the foot and a scale at the left."""

    def __init__(
        self,
        across: tuple[float, float],
        ticks: Sequence[float],
        upward: tuple[float, float],
        levels: Sequence[float],
        kind: str,
        words: Words,
        sign: str = "",
    ) -> None:
        look: dict[str, Any] = {
            "title": None, "labelFontSize": 12, "labelColor": PAINTS["muted"], "gridColor": PAINTS["grid"],
            "domain": False, "ticks": False, "labelPadding": 6,
        }  # fmt: skip
        self.words = words
        self._along = {
            "values": list(ticks),
            "labelExpr": tick_labels(ticks, words.number),
            **look,
            "grid": False,
        }
        self._up = {"values": list(levels), "labelExpr": _plain(levels, words, sign), **look}
        self._x = {"domain": list(across), "range": [0, WIDTH - 50], "nice": False, "zero": False}
        self._y = {"type": kind, "domain": list(upward), "range": [HEIGHT, 0], "nice": False, "zero": False}

    def x(self, field: str) -> dict[str, Any]:
        """Along the foot."""
        return {"field": field, "type": "quantitative", "scale": self._x, "axis": self._along}

    def y(self, field: str) -> dict[str, Any]:
        """Upward."""
        return {"field": field, "type": "quantitative", "scale": self._y, "axis": self._up}

    def grey(self) -> list[dict[str, Any]]:
        """The grey zone, behind everything."""
        place = {"x": self.x("low"), "x2": {"field": "high"}, "y": {"value": 0}, "y2": {"value": HEIGHT}}
        return [layer("zone", "rect", place, fill=PAINTS["soft"], opacity=1)]

    def threshold(self) -> list[dict[str, Any]]:
        """The threshold as a dashed stroke, with its word above."""
        stroke: dict[str, Any] = {
            "color": PAINTS["norm"],
            "strokeWidth": 2,
            "strokeDash": [5, 3],
            "opacity": 1,
        }
        look: dict[str, Any] = {
            "color": PAINTS["ink"],
            "fontSize": 12,
            "fontWeight": 700,
            "baseline": "bottom",
        }
        line = {"x": self.x("threshold"), "y": {"value": 0}, "y2": {"value": HEIGHT}}
        word = {"x": self.x("threshold"), "y": {"value": 0}, "text": {"field": "word", "type": "nominal"}}
        return [layer("zone", "rule", line, **stroke), layer("zone", "text", word, dy=-4, **look)]

    def drawn(self, layers: Sequence[dict[str, Any]], data: dict[str, Any], zone: Zone) -> dict[str, Any]:
        """The chart as a dictionary, with its rows."""
        told = {**vars(zone), "word": self.words("threshold", bits=self.words.bits(zone.threshold))}
        chart = layered(layers, width=WIDTH - 50, height=HEIGHT, mark="")
        return chart | {"datasets": {**data, "zone": [told]}}


def _plain(values: Sequence[float], words: Words, sign: str) -> str:
    """Like :func:`tick_labels`, for numbers too large for a short notation."""
    decimals = 0 if all(value == int(value) for value in values) else 1
    cases = "".join(
        f"abs(datum.value - {value}) < 1e-6 ? '{words.number(value, decimals)}{sign}' : " for value in values
    )
    return f"{cases}''"
