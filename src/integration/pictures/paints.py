"""The colours, letters and measures of every chart. The style sheet gives the colours their meaning."""

from __future__ import annotations

from typing import Any

WIDTH = 340
"""Pixels of the bars: about as wide as a telephone, so that a chart's words stay legible there."""

FULL_WIDTH = 362
"""Width that every drawn chart is set in, so that words are as large in one as in the other."""

PAINTS = {
    "ink": "#1a2331",
    "muted": "#4c5a6b",
    "grid": "#d5dbe3",
    "accent": "#0a58a8",
    "soft": "#c5dbf2",
    "other": "#8793a3",
    "norm": "#1a2330",
    "mark": "#7a4a00",
    "bad": "#9c1515",
    "band": "#eef1f5",
    "paper": "#fffffe",
}
"""Name of each paint and the colour it has where no style sheet reaches (a picture copied out of the page)."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def altair() -> Any:
    """The library that makes specifications, imported when first used."""
    import altair as library

    return library


def configured(chart: Any, mark: str) -> dict[str, Any]:
    """The chart as a dictionary; ``mark`` (none when empty) stands inside the picture: that its data are made up."""
    title = {
        "text": mark,
        "anchor": "end", "fontSize": 11, "fontWeight": 700, "color": PAINTS["mark"], "offset": 8,
    }  # fmt: skip
    spec: dict[str, Any] = (
        chart.configure_view(stroke=None)
        .configure(font=FONT, background="transparent")
        .to_dict(validate=False)
    )
    if mark:
        spec["title"] = title
    spec["padding"] = {"left": 4, "right": 14, "top": 4, "bottom": 4}
    return spec
