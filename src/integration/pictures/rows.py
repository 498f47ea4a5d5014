"""Charts of rows under each other: a line of words, and its picture under it; one scale for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from integration.pictures.paints import PAINTS, WIDTH, layer, layered

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
        self.height = height
        self._axis = {
            "title": None, "values": list(values), "labelExpr": labels, "labelFontSize": 12,
            "labelColor": PAINTS["muted"], "gridColor": PAINTS["grid"], "domain": False, "ticks": False,
            "labelPadding": 6,
        }  # fmt: skip
        self._across = {"domain": list(ends), "range": [0, WIDTH], "nice": False, "zero": False}
        self._down = {"domain": [0, height], "range": [0, height], "nice": False}

    def x(self, field: str) -> dict[str, Any]:
        """The horizontal encoding of a field."""
        return {"field": field, "type": "quantitative", "scale": self._across, "axis": self._axis}

    def y(self, field: str) -> dict[str, Any]:
        """The vertical encoding of a field."""
        return {"field": field, "type": "quantitative", "scale": self._down, "axis": None}

    def box(self, start: str, end: str) -> dict[str, Any]:
        """A bar from one field to another."""
        return {"x": self.x(start), "x2": {"field": end}, **self._bar()}

    def upright(self, field: str) -> dict[str, Any]:
        """An upright stroke at a field."""
        return {"x": self.x(field), **self._bar()}

    def middle(self, field: str) -> dict[str, Any]:
        """A point at a field."""
        return {"x": self.x(field), "y": self.y("middle")}

    def tracks(self) -> list[dict[str, Any]]:
        """The pale ground of each row."""
        whole = {"x": {"value": 0}, "x2": {"value": WIDTH}, **self._bar()}
        return [layer("rows", "rect", whole, fill=PAINTS["band"], opacity=1)]

    def _bar(self) -> dict[str, Any]:
        """From top to bottom of a row's bar."""
        return {"y": self.y("top"), "y2": {"field": "bottom"}}

    def texts(self) -> list[dict[str, Any]]:
        """Each row's name at the left and its value at the right, above the bar."""
        look: dict[str, Any] = {"fontSize": 13, "color": PAINTS["ink"], "baseline": "alphabetic"}
        return [
            layer("rows", "text", self._text(0, "name"), align="left", **look),
            layer("rows", "text", self._text(WIDTH, "text"), align="right", fontWeight=700, **look),
        ]

    def _text(self, left: float, field: str) -> dict[str, Any]:
        return {"x": {"value": left}, "y": self.y("line"), "text": {"field": field, "type": "nominal"}}

    def drawn(
        self, layers: Sequence[dict[str, Any]], data: Sequence[dict[str, Any]], mark: str
    ) -> dict[str, Any]:
        """The chart as a dictionary, with its rows and the mark."""
        chart = layered(layers, width=WIDTH, height=self.height, mark=mark)
        return chart | {"datasets": {"rows": list(data)}}
