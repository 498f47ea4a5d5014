"""Charts of rows under each other: a line of words, and its picture under it; one scale for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from integration.pictures.paints import PAINTS, WIDTH, altair, configured

STEP = 44
"""Pixels a row: a line of words and its picture."""

LINE, TOP, BOTTOM = 15, 22, 36
"""Where a row's words stand and where its bar begins and ends, under the top of the row."""


def places(top: float) -> dict[str, float]:
    """Where a row's words and bar are, of a row that begins at ``top``."""
    return {"line": top + LINE, "top": top + TOP, "bottom": top + BOTTOM, "middle": top + (TOP + BOTTOM) / 2}


def tick_labels(values: Sequence[float], number: Callable[[float, int], str], sign: str = "") -> str:
    """A Vega expression that labels exactly these ticks, in the language's notation."""
    decimals = max(
        0 if value == int(value) else 1 if round(10 * value, 6) % 1 == 0 else 2 for value in values
    )
    pairs = ", ".join(f"'{value:g}': '{number(value, decimals)}{sign}'" for value in values)
    return "{" + pairs + "}[replace(format(datum.value, '~g'), '−', '-')] || ''"


class RowFrame:
    """The shared frame of charts with rows: names at the left, values at the right, one horizontal scale."""

    def __init__(
        self, ends: tuple[float, float], height: float, values: Sequence[float], labels: str
    ) -> None:
        alt = altair()
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

    def drawn(self, layers: Sequence[Any], data: Sequence[dict[str, Any]], mark: str) -> dict[str, Any]:
        """The chart as a dictionary, with its rows and the mark."""
        chart = self.alt.layer(*layers).properties(width=WIDTH, height=self.height)
        return configured(chart, mark) | {"datasets": {"rows": list(data)}}
