"""The state of one figure in all municipalities, as bars in a fixed order under their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.pictures.paints import PAINTS, WIDTH, configured
from integration.releases.charts import Scale, axis_labels, norm_label, ticks
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
    import altair as alt

    height = HEAD + STEP * len(rows)
    data = [_bar(row, number, words) for number, row in enumerate(rows)]
    x_axis = alt.Axis(
        title=None, values=ticks(scale), labelExpr=axis_labels(ticks(scale), words, scale.unit), labelFontSize=12,
        labelColor=PAINTS["muted"], gridColor=PAINTS["grid"], domain=False, ticks=False, labelPadding=6,
    )  # fmt: skip
    x_scale = alt.Scale(domain=[0, scale.top], range=[0, WIDTH], nice=False)
    y_scale = alt.Scale(domain=[0, height], range=[0, height], nice=False)
    frame = {"x": alt.X("from:Q", scale=x_scale, axis=x_axis), "y": alt.Y("top:Q", scale=y_scale, axis=None)}
    layers = [*_boxes(alt, frame), *_texts(alt, y_scale), *_norm(alt, scale, words, frame)]
    chart = alt.layer(*layers).properties(width=WIDTH, height=height)
    strokes = [{"from": scale.limit, "top": bar["top"] - 3, "bottom": bar["bottom"] + 3} for bar in data]
    return configured(chart, words.mark(synthetic=synthetic)) | {
        "datasets": {"bars": data, "strokes": strokes}
    }


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


def _boxes(alt: Any, frame: dict[str, Any]) -> list[Any]:
    """Full bars for values, open ones for unreliable values, a pale stretch where only a bound is known."""
    looks: dict[str, dict[str, Any]] = {
        "value": {"fill": PAINTS["accent"], "stroke": PAINTS["accent"]},
        "unreliable": {"fill": PAINTS["paper"], "stroke": PAINTS["accent"], "strokeWidth": 2},
        "range": {"fill": PAINTS["soft"], "stroke": PAINTS["accent"], "strokeDash": [4, 3]},
    }
    every = alt.Chart(alt.NamedData(name="bars"))
    track = every.mark_rect(fill=PAINTS["band"])
    layers = [track.encode(x=alt.value(0), x2=alt.value(WIDTH), y=frame["y"], y2="bottom:Q")]
    for kind, look in looks.items():
        box = every.transform_filter(f"datum.kind == '{kind}'").mark_rect(opacity=1, **look)
        layers.append(box.encode(**frame, x2="to:Q", y2="bottom:Q"))
    return layers


def _texts(alt: Any, y_scale: Any) -> list[Any]:
    """The municipality's name at the left and what is known at the right, above each bar."""
    y = alt.Y("line:Q", scale=y_scale, axis=None)
    every = alt.Chart(alt.NamedData(name="bars"))
    look = {"fontSize": 13, "color": PAINTS["ink"], "baseline": "alphabetic"}
    layers = []
    for total, weight in ((False, 400), (True, 700)):
        some = every.transform_filter(f"datum.total == {str(total).lower()}")
        name = some.mark_text(align="left", fontWeight=weight, **look)
        layers.append(name.encode(x=alt.value(0), y=y, text="name:N"))
    text = every.mark_text(align="right", fontWeight=700, **look)
    return [*layers, text.encode(x=alt.value(WIDTH), y=y, text="text:N")]


def _norm(alt: Any, scale: Scale, words: Words, frame: dict[str, Any]) -> list[Any]:
    """A stroke across each bar at the limit that verdicts use, named once above; nothing without a norm."""
    if scale.limit is None:
        return []
    strokes = alt.Chart(alt.NamedData(name="strokes"))
    rule = strokes.mark_rule(color=PAINTS["norm"], strokeWidth=2, opacity=1)
    place = scale.limit / scale.top
    align = "right" if place > 0.8 else "left" if place < 0.2 else "center"
    text = alt.Chart(alt.Data(values=[{"from": scale.limit}])).mark_text(
        text=norm_label(scale, words), align=align, baseline="top", fontSize=12, color=PAINTS["norm"],
    )  # fmt: skip
    named = text.encode(x=frame["x"], y=alt.value(2))
    return [rule.encode(x=frame["x"], y=frame["y"], y2="bottom:Q"), named]
