"""The colours, letters and measures of every chart. The style sheet gives the colours their meaning."""

from __future__ import annotations

from collections.abc import Sequence
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

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.4.1.json"
FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def altair() -> Any:
    """The library that makes specifications, imported when first used."""
    import altair as library

    return library


def layer(data: Any, mark: str, encoding: dict[str, Any], *, where: str = "", **look: Any) -> dict[str, Any]:
    """One layer of a chart: a mark for each row of ``data`` (its name, or the rows), or of those ``where``."""
    rows = {"name": data} if isinstance(data, str) else {"values": data}
    chosen = {"transform": [{"filter": where}]} if where else {}
    return {"data": rows, "mark": {"type": mark, **look}, "encoding": encoding, **chosen}


def layered(layers: Sequence[dict[str, Any]], *, width: float, height: float, mark: str) -> dict[str, Any]:
    """The layers as one chart; ``mark`` (none when empty) stands inside the picture: that its data are made up.

    Written as Vega-Lite itself: making the same with Altair takes a hundred times as long, and a release has dozens.
    """
    view = {"continuousHeight": 300, "continuousWidth": 300}
    spec: dict[str, Any] = {
        "$schema": _SCHEMA,
        "config": {"view": view, "font": FONT, "background": "transparent"},
        "layer": list(layers),
        "width": width,
        "height": height,
    }
    return _framed(spec, mark)


def configured(chart: Any, mark: str) -> dict[str, Any]:
    """A chart of Altair's as a dictionary, with ``mark`` as in :func:`layered`."""
    spec: dict[str, Any] = (
        chart.configure_view(stroke=None)
        .configure(font=FONT, background="transparent")
        .to_dict(validate=False)
    )
    return _framed(spec, mark)


def _framed(spec: dict[str, Any], mark: str) -> dict[str, Any]:
    title = {
        "text": mark,
        "anchor": "end", "fontSize": 11, "fontWeight": 700, "color": PAINTS["mark"], "offset": 8,
    }  # fmt: skip
    if mark:
        spec["title"] = title
    spec["padding"] = {"left": 4, "right": 14, "top": 4, "bottom": 4}
    return spec
