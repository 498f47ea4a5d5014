"""The report's charts as Vega-Lite specifications. Each carries the mark SYNTHETISCH inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integration.pictures.paints import PAINTS, layer
from integration.pictures.rows import STEP, RowFrame, places, tick_labels
from integration.pictures.scales import round_up, steps
from integration.sample.report.compare import Rate
from integration.sample.report.words import Words


def rates(chosen: Sequence[Rate], names: Sequence[str], words: Words) -> dict[str, Any]:
    """Figures of one unit under each other: the sample's dot, the published stroke, the tolerance around it."""
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
    frame = RowFrame((least, top), len(data) * STEP, values, _ticks(values, chosen[0].unit, words))
    layers = [
        *frame.tracks(),
        layer("rows", "rect", frame.box("from", "to"), fill=PAINTS["soft"], opacity=1),
        layer("rows", "rule", frame.upright("published"), color=PAINTS["norm"], strokeWidth=2.5, opacity=1),
        *_dots(frame),
        *frame.texts(),
    ]
    return frame.drawn(layers, data, words("mark"))


def _rate(rate: Rate, name: str, top: float, ends: tuple[float, float], words: Words) -> dict[str, Any]:
    around = rate.tolerance or 0.0
    value = words.amount(rate.sample, rate.unit)
    outside = rate.sample is not None and not rate.within
    return {
        **places(top), "name": name, "text": f"{value} ✗ {words('within.no')}" if outside else value,
        "from": max(ends[0], rate.published - around), "to": min(ends[1], rate.published + around),
        "published": rate.published, "sample": rate.sample, "kind": "outside" if outside else "within",
    }  # fmt: skip


def _dots(frame: RowFrame) -> list[dict[str, Any]]:
    """A full dot for what is within, a cross-like diamond for what is not; nothing where nothing was measured."""
    looks = {"within": ("circle", "accent", 90), "outside": ("diamond", "bad", 130)}
    made = []
    for kind, (shape, paint, size) in looks.items():
        look: dict[str, Any] = {
            "shape": shape,
            "filled": True,
            "fill": PAINTS[paint],
            "size": size,
            "opacity": 1,
        }
        where = f"datum.kind == '{kind}' && datum.sample != null"
        made.append(layer("rows", "point", frame.middle("sample"), where=where, **look))
    return made


def bars(rows: Sequence[tuple[str, float, str]], words: Words, *, unit: str = "percent") -> dict[str, Any]:
    """Bars under their names: (name, value, the value in words)."""
    top = round_up(1.02 * max((value for _, value, _ in rows), default=1.0))
    data = [
        {**places(place * STEP), "name": name, "text": text, "from": 0, "to": value}
        for place, (name, value, text) in enumerate(rows)
    ]
    values = steps(top)
    frame = RowFrame((0, top), len(data) * STEP, values, _ticks(values, unit, words))
    box = layer("rows", "rect", frame.box("from", "to"), fill=PAINTS["accent"], opacity=1)
    return frame.drawn([*frame.tracks(), box, *frame.texts()], data, words("mark"))


def _ticks(values: Sequence[float], unit: str, words: Words) -> str:
    return tick_labels(values, words.number, "%" if unit == "percent" else "")
