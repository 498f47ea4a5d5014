"""The report's charts as Vega-Lite specifications, made with Altair. Each carries the mark SYNTHETISCH inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.pictures.paints import PAINTS, WIDTH, altair, configured
from integration.pictures.scales import round_up, steps
from integration.sample.report.compare import Rate
from integration.sample.report.words import Words

STEP = 44
"""Pixels a row: a line of words and its picture."""

LINE, TOP, BOTTOM = 15, 22, 36
"""Where a row's words stand and where its bar begins and ends, under the top of the row."""


def rates(chosen: Sequence[Rate], names: Sequence[str], words: Words) -> dict[str, Any]:
    """Figures of one unit under each other: the sample's dot, the published stroke, the tolerance around it."""
    alt = altair()
    least = 1.0 if chosen[0].unit == "mean" else 0.0
    most = max(rate.published + (rate.tolerance or 0) for rate in chosen)
    most = max([most, *(rate.sample for rate in chosen if rate.sample is not None)])
    top = least + round_up(1.02 * (most - least))
    top = min(top, 100.0) if chosen[0].unit == "percent" else top
    data = [
        _rate(rate, name, place * STEP, (least, top), words)
        for place, (rate, name) in enumerate(zip(chosen, names, strict=True))
    ]
    values = [least + value for value in steps(top - least)]
    frame = _Frame(alt, (least, top), len(data) * STEP, values, _ticks(values, chosen[0].unit, words))
    every = frame.of("rows")
    stroke = every.mark_rule(color=PAINTS["norm"], strokeWidth=2.5, opacity=1)
    layers = [
        *frame.tracks(),
        every.mark_rect(fill=PAINTS["soft"], opacity=1).encode(**frame.box("from", "to")),
        stroke.encode(**frame.upright("published")),
        *_dots(every, frame),
        *frame.texts(),
    ]
    return frame.drawn(layers, data, words)


def _rate(rate: Rate, name: str, top: float, ends: tuple[float, float], words: Words) -> dict[str, Any]:
    around = rate.tolerance or 0.0
    value = words.amount(rate.sample, rate.unit)
    outside = rate.sample is not None and not rate.within
    return {
        **_places(top), "name": name, "text": f"{value} ✗ {words('within.no')}" if outside else value,
        "from": max(ends[0], rate.published - around), "to": min(ends[1], rate.published + around),
        "published": rate.published, "sample": rate.sample, "kind": "outside" if outside else "within",
    }  # fmt: skip


def _dots(every: Any, frame: _Frame) -> list[Any]:
    """A full dot for what is within, a cross-like diamond for what is not; nothing where nothing was measured."""
    looks = {"within": ("circle", "accent", 90), "outside": ("diamond", "bad", 130)}
    return [
        every.transform_filter(f"datum.kind == '{kind}' && datum.sample != null")
        .mark_point(shape=shape, filled=True, fill=PAINTS[paint], size=size, opacity=1)
        .encode(**frame.middle("sample"))
        for kind, (shape, paint, size) in looks.items()
    ]


def bars(rows: Sequence[tuple[str, float, str]], words: Words, *, unit: str = "percent") -> dict[str, Any]:
    """Bars under their names: (name, value, the value in words)."""
    alt = altair()
    top = round_up(1.02 * max((value for _, value, _ in rows), default=1.0))
    data = [
        {**_places(place * STEP), "name": name, "text": text, "from": 0, "to": value}
        for place, (name, value, text) in enumerate(rows)
    ]
    values = steps(top)
    frame = _Frame(alt, (0, top), len(data) * STEP, values, _ticks(values, unit, words))
    box = frame.of("rows").mark_rect(fill=PAINTS["accent"], opacity=1).encode(**frame.box("from", "to"))
    return frame.drawn([*frame.tracks(), box, *frame.texts()], data, words)


def _places(top: float) -> dict[str, float]:
    return {"line": top + LINE, "top": top + TOP, "bottom": top + BOTTOM, "middle": top + (TOP + BOTTOM) / 2}


def _ticks(values: Sequence[float], unit: str, words: Words) -> str:
    """A Vega expression that labels exactly these ticks, in the language's notation."""
    decimals = max(
        0 if value == int(value) else 1 if round(10 * value, 6) % 1 == 0 else 2 for value in values
    )
    sign = "%" if unit == "percent" else ""
    pairs = ", ".join(f"'{value:g}': '{words.number(value, decimals)}{sign}'" for value in values)
    return "{" + pairs + "}[format(datum.value, '~g')] || ''"


class _Frame:
    """The shared frame of charts with rows: names at the left, values at the right, one horizontal scale."""

    def __init__(
        self, alt: Any, ends: tuple[float, float], height: float, values: Sequence[float], labels: str
    ) -> None:
        axis = alt.Axis(
            title=None, values=list(values), labelExpr=labels, labelFontSize=12, labelColor=PAINTS["muted"],
            gridColor=PAINTS["grid"], domain=False, ticks=False, labelPadding=6,
        )  # fmt: skip
        self.alt, self.height = alt, height
        self.x_scale = alt.Scale(domain=list(ends), range=[0, WIDTH], nice=False, zero=False)
        self.y_scale = alt.Scale(domain=[0, height], range=[0, height], nice=False)
        self.axis = axis

    def of(self, data: str) -> Any:
        """A chart of a named set of rows."""
        return self.alt.Chart(self.alt.NamedData(name=data))

    def x(self, field: str) -> Any:
        """The horizontal encoding of a field."""
        return self.alt.X(f"{field}:Q", scale=self.x_scale, axis=self.axis)

    def y(self, field: str) -> Any:
        """The vertical encoding of a field."""
        return self.alt.Y(f"{field}:Q", scale=self.y_scale, axis=None)

    def box(self, start: str, end: str) -> dict[str, Any]:
        """A bar from one field to another."""
        return {"x": self.x(start), "x2": self.alt.X2(f"{end}:Q"), **self._bar()}

    def upright(self, field: str) -> dict[str, Any]:
        """An upright stroke at a field."""
        return {"x": self.x(field), **self._bar()}

    def middle(self, field: str) -> dict[str, Any]:
        """A point at a field."""
        return {"x": self.x(field), "y": self.y("middle")}

    def tracks(self) -> list[Any]:
        """The pale ground of each row."""
        track = self.of("rows").mark_rect(fill=PAINTS["band"], opacity=1)
        return [track.encode(x=self.alt.XValue(0), x2=self.alt.X2Value(WIDTH), **self._bar())]

    def _bar(self) -> dict[str, Any]:
        """From top to bottom of a row's bar."""
        return {"y": self.y("top"), "y2": self.alt.Y2("bottom:Q")}

    def texts(self) -> list[Any]:
        """Each row's name at the left and its value at the right, above the bar."""
        look = {"fontSize": 13, "color": PAINTS["ink"], "baseline": "alphabetic"}
        name = self.of("rows").mark_text(align="left", **look)
        text = self.of("rows").mark_text(align="right", fontWeight=700, **look)
        return [
            name.encode(x=self.alt.XValue(0), y=self.y("line"), text=self.alt.Text("name:N")),
            text.encode(x=self.alt.XValue(WIDTH), y=self.y("line"), text=self.alt.Text("text:N")),
        ]

    def drawn(self, layers: Sequence[Any], data: Sequence[dict[str, Any]], words: Words) -> dict[str, Any]:
        """The chart as a dictionary, with its rows and the mark."""
        chart = self.alt.layer(*layers).properties(width=WIDTH, height=self.height)
        return configured(chart, words("mark")) | {"datasets": {"rows": list(data)}}
