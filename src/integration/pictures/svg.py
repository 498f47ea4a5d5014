"""From a chart's specification to a picture in the page: drawn once, named for a screen reader, coloured by CSS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as Tree

from markupsafe import Markup

from integration.pictures.paints import FULL_WIDTH, PAINTS

LOCALES: dict[str, Any] = {"nl": "nl-NL", "en": "en-GB"}

_SVG = "http://www.w3.org/2000/svg"
_PAINT_OF = {colour: name for name, colour in PAINTS.items()}
_KEPT = frozenset(
    {"class", "d", "display", "dx", "dy", "fill", "fill-opacity", "font-family", "font-size", "font-weight"}
    | {"cx", "cy", "height", "opacity", "r", "text-anchor", "transform", "viewBox", "width", "x", "x1", "x2"}
    | {"stroke", "stroke-dasharray", "stroke-miterlimit", "stroke-width", "y", "y1", "y2"}
)
"""Attributes that draw; everything else (roles and labels in English, styles) is left out."""


def picture(spec: Mapping[str, Any], *, language: str, key: str, title: str, description: str) -> Markup:
    """The chart as inline SVG with role img, a title and a description; ``key`` makes its ids unique in the page."""
    root = Tree.fromstring(_drawn(json.dumps(spec, sort_keys=True), language))  # noqa: S314  drawn here
    _clean(root)
    _round(root)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    root.set("viewBox", f"0 0 {max(width, FULL_WIDTH):g} {height:g}")
    root.attrib.pop("width", None)
    root.attrib.pop("height", None)
    root.set("class", "picture")
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-t {key}-d")
    for place, (tag, suffix, text) in enumerate((("title", "t", title), ("desc", "d", description))):
        child = Tree.Element(tag, {"id": f"{key}-{suffix}"})
        child.text = text
        root.insert(place, child)
    return Markup(Tree.tostring(root, encoding="unicode"))  # noqa: S704  our own tree, text escaped by ElementTree


@lru_cache(maxsize=1024)
def _drawn(spec: str, language: str) -> str:
    """Draw with vl-convert, offline; the same chart of two pages is drawn once."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(
        json.loads(spec), format_locale=LOCALES[language], time_format_locale=LOCALES[language]
    )
    return re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", drawn)


def _clean(element: Tree.Element) -> None:
    """Keep what draws and give each painted thing its paint's class, so that a style sheet can repaint it."""
    paints = [
        f"p{way[0]}-{_PAINT_OF[element.get(way, '')]}"
        for way in ("fill", "stroke")
        if element.get(way) in _PAINT_OF
    ]
    for name in [name for name in element.attrib if name not in _KEPT or name == "class"]:
        del element.attrib[name]
    if paints:
        element.set("class", " ".join(paints))
    for child in list(element):
        if child.get("class") == "background" or (
            child.tag == "path" and child.get("d") in {"", "M0,0h0v0h0Z"}
        ):
            element.remove(child)
        else:
            _clean(child)
            if child.tag == "g" and not len(child) and not (child.text or "").strip():
                element.remove(child)


def _round(root: Tree.Element) -> None:
    """Two decimals are plenty for a picture, and keep pages small."""
    for element in root.iter():
        for name in ("d", "transform", "x", "y", "x2", "y2"):
            if name in element.attrib:
                element.set(
                    name, re.sub(r"-?\d+\.\d{3,}", lambda m: f"{float(m[0]):.2f}", element.attrib[name])
                )
