"""The charts of people: ages by sex, and households by size with the published share of those who live alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.pictures.paints import PAINTS, altair, configured
from integration.pictures.scales import round_up, steps
from integration.sample.report.words import Words

HALF, GAP, BAR = 134, 40, 13
"""Pixels: the width of each side of a pyramid, of the ages between the sides, and the height of a class."""

COLUMNS, TALL = 300, 150
"""Pixels: the width and height of a chart of household sizes."""


def pyramid(classes: Sequence[tuple[str, float, float]], top: float, words: Words) -> dict[str, Any]:
    """Men at the left, women at the right, young at the bottom; ``classes`` are (name, men, women) in percent.

    ``top`` is the longest bar of all municipalities, so that they have one scale.
    """
    alt = altair()
    end, height = round_up(top), BAR * len(classes)
    rows = [
        {"men": men, "women": women, "label": name if place % 2 == 0 else "", "line": height - BAR * (place + 0.5),
         "top": height - BAR * (place + 1) + 1.5, "bottom": height - BAR * place - 0.5}
        for place, (name, men, women) in enumerate(classes)
    ]  # fmt: skip
    y_scale = alt.Scale(domain=[-18, height], range=[0, height + 18], nice=False)
    y = {"y": alt.Y("top:Q", scale=y_scale, axis=None), "y2": alt.Y2("bottom:Q")}
    axis = alt.Axis(
        title=None, orient="bottom", values=[0, end / 2, end], labelFontSize=12, labelColor=PAINTS["muted"],
        gridColor=PAINTS["grid"], domain=False, ticks=False, labelPadding=6,
        labelExpr="format(datum.value, '~g') + '%'",
    )  # fmt: skip

    def side(field: str, paint: str, ends: list[int]) -> Any:
        scale = alt.Scale(domain=[0, end], range=ends, nice=False)
        data = alt.Chart(alt.NamedData(name="rows"))
        bar = data.mark_rect(fill=PAINTS[paint], opacity=1)
        head = alt.Chart(alt.Data(values=[{"v": end / 2}])).mark_text(
            text=words(f"people.{field}"), fontSize=13, fontWeight=700, color=PAINTS["ink"], baseline="top"
        )
        x = alt.X(f"{field}:Q", scale=scale, axis=axis)
        return alt.layer(
            bar.encode(x=x, x2=alt.X2Datum(0), **y),
            head.encode(x=alt.X("v:Q", scale=scale, axis=axis), y=alt.YValue(0)),
        )

    names = alt.Chart(alt.NamedData(name="rows")).mark_text(fontSize=11, color=PAINTS["muted"])
    middle = names.encode(
        x=alt.XValue(HALF + GAP / 2), y=alt.Y("line:Q", scale=y_scale, axis=None), text=alt.Text("label:N")
    )
    sides = [
        side("men", "other", [HALF, 0]),
        side("women", "accent", [HALF + GAP, 2 * HALF + GAP]),
    ]
    chart = alt.layer(*sides, middle).resolve_scale(x="independent")
    chart = chart.properties(width=2 * HALF + GAP, height=height + 18)
    return configured(chart, words("mark")) | {"datasets": {"rows": rows}}


def sizes(
    shares: Sequence[tuple[str, float]], published: float | None, top: float, words: Words
) -> dict[str, Any]:
    """Columns of (size, percent of households); a stroke at the published share of the first, when there is one."""
    alt = altair()
    end, step = round_up(top), COLUMNS / len(shares)
    rows = [
        {"name": name, "value": value, "text": words.percent(value, 0), "from": step * place + 6,
         "to": step * (place + 1) - 6, "middle": step * (place + 0.5),
         "above": max(value, published or 0) if place == 0 else value}
        for place, (name, value) in enumerate(shares)
    ]  # fmt: skip
    x_scale = alt.Scale(domain=[0, COLUMNS], range=[0, COLUMNS], nice=False)
    y_scale = alt.Scale(domain=[0, end], range=[TALL, 0], nice=False)
    axis = alt.Axis(
        title=None, values=steps(end), labelExpr="format(datum.value, '~g') + '%'", labelFontSize=12,
        labelColor=PAINTS["muted"], gridColor=PAINTS["grid"], domain=False, ticks=False, labelPadding=6,
    )  # fmt: skip

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q", scale=x_scale, axis=None)

    y, above = (alt.Y(f"{field}:Q", scale=y_scale, axis=axis) for field in ("value", "above"))
    every = alt.Chart(alt.NamedData(name="rows"))
    look = {"fontSize": 12, "color": PAINTS["ink"]}
    layers = [
        every.mark_rect(fill=PAINTS["accent"], opacity=1).encode(
            x=x("from"), x2=alt.X2("to:Q"), y=y, y2=alt.Y2Datum(0)
        ),
        every.mark_text(dy=-9, fontWeight=700, **look).encode(
            x=x("middle"), y=above, text=alt.Text("text:N")
        ),
        every.mark_text(baseline="top", **look).encode(
            x=x("middle"), y=alt.YValue(TALL + 6), text=alt.Text("name:N")
        ),
    ]
    if published is not None:
        stroke = alt.Chart(alt.Data(values=[{"value": published, "from": 0, "to": step}]))
        layers.append(
            stroke.mark_rule(color=PAINTS["norm"], strokeWidth=2.5, opacity=1).encode(
                x=x("from"), x2=alt.X2("to:Q"), y=y
            )
        )
    chart = alt.layer(*layers).properties(width=COLUMNS, height=TALL)
    return configured(chart, words("mark")) | {"datasets": {"rows": rows}}
