"""The state of one figure in all municipalities, as bars in a fixed order under their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.pictures.paints import PAINTS, WIDTH, layer, layered
from integration.releases.charts import Encoding, Height, Scale, norm_label, value_axis
from integration.releases.model import Row
from integration.releases.words import TOTAL, Words

STEP = 46
"""Pixels a municipality: a line of words and its bar."""

BAR = (23, 37)
"""Where the bar begins and ends under the top of its step."""

HEAD = 24
"""Pixels above the first municipality, for the name of the norm."""


def bars(rows: Sequence[Row], scale: Scale, words: Words, *, synthetic: bool) -> dict[str, Any]:
    """The bars of one period; ``rows`` in the order in which they are to stand."""
    height = HEAD + STEP * len(rows)
    data = [_bar(row, number, words) for number, row in enumerate(rows)]
    across = {"domain": [0, scale.top], "range": [0, WIDTH], "nice": False}
    down = {"domain": [0, height], "range": [0, height], "nice": False}
    x = {"field": "from", "type": "quantitative", "scale": across, "axis": value_axis(scale, words)}

    def y(field: str) -> Encoding:
        return {"field": field, "type": "quantitative", "scale": down, "axis": None}

    strokes = [{"from": scale.limit, "top": bar["top"] - 3, "bottom": bar["bottom"] + 3} for bar in data]
    layers = [*_boxes(x, y), *_texts(y), *_norm(scale, words, x, y)]
    chart = layered(layers, width=WIDTH, height=height, mark=words.mark(synthetic=synthetic))
    return chart | {"datasets": {"bars": data, "strokes": strokes}}


def _bar(row: Row, number: int, words: Words) -> dict[str, Any]:
    top = HEAD + STEP * number
    ends = {"shown": (0, row["value"]), "below": (0, row["bound"]), "above": (row["bound"], 100)}
    start, end = ends.get(row["value_state"], (0, 0))
    kind = "range" if row["value_state"] in {"below", "above"} else "value"
    return {
        "from": start,
        "to": end,
        "top": top + BAR[0],
        "bottom": top + BAR[1],
        "line": top + 16,
        "kind": "hidden" if start == end == 0 and row["value_state"] != "shown" else
        "unreliable" if kind == "value" and not row["reliable"] else kind,
        "name": words("place.all_short") if row["municipality"] == TOTAL else row["municipality_name"],
        "text": _text(row, words),
        "total": row["municipality"] == TOTAL,
    }  # fmt: skip


def _text(row: Row, words: Words) -> str:
    if row["value_state"] in {"shown", "below", "above"}:
        value = words.value(row)
        return value if row["reliable"] else words("chart.unreliable", value=value)
    known = {"protects": "chart.protects", "absent": "chart.absent"}
    return words(known.get(row["value_state"], "chart.hidden"))


def _boxes(x: Encoding, y: Height) -> list[Encoding]:
    """Full bars for values, open ones for unreliable values, a pale stretch where only a bound is known."""
    looks: dict[str, dict[str, Any]] = {
        "value": {"fill": PAINTS["accent"], "stroke": PAINTS["accent"]},
        "unreliable": {"fill": PAINTS["paper"], "stroke": PAINTS["accent"], "strokeWidth": 2},
        "range": {"fill": PAINTS["soft"], "stroke": PAINTS["accent"], "strokeDash": [4, 3]},
    }
    ends = {"y": y("top"), "y2": {"field": "bottom"}}
    track = layer("bars", "rect", {"x": {"value": 0}, "x2": {"value": WIDTH}, **ends}, fill=PAINTS["band"])
    box = {"x": x, "x2": {"field": "to"}, **ends}
    return [track] + [
        layer("bars", "rect", box, where=f"datum.kind == '{kind}'", opacity=1, **look)
        for kind, look in looks.items()
    ]


def _texts(y: Height) -> list[Encoding]:
    """The municipality's name at the left and what is known at the right, above each bar."""
    look: dict[str, Any] = {"fontSize": 13, "color": PAINTS["ink"], "baseline": "alphabetic"}

    def place(left: float, field: str) -> Encoding:
        return {"x": {"value": left}, "y": y("line"), "text": {"field": field, "type": "nominal"}}

    names = [
        layer("bars", "text", place(0, "name"), where=where, align="left", fontWeight=weight, **look)
        for where, weight in (("datum.total == false", 400), ("datum.total == true", 700))
    ]
    return [*names, layer("bars", "text", place(WIDTH, "text"), align="right", fontWeight=700, **look)]


def _norm(scale: Scale, words: Words, x: Encoding, y: Height) -> list[Encoding]:
    """A stroke across each bar at the limit that verdicts use, named once above; nothing without a norm."""
    if scale.limit is None:
        return []
    share = scale.limit / scale.top
    align = "right" if share > 0.8 else "left" if share < 0.2 else "center"
    place = {"x": x, "y": y("top"), "y2": {"field": "bottom"}}
    text: dict[str, Any] = {
        "text": norm_label(scale, words),
        "align": align,
        "baseline": "top",
        "fontSize": 12,
    }
    return [
        layer("strokes", "rule", place, color=PAINTS["norm"], strokeWidth=2, opacity=1),
        layer([{"from": scale.limit}], "text", {"x": x, "y": {"value": 2}}, color=PAINTS["norm"], **text),
    ]
