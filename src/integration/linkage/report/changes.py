"""What is told of this run beside the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integration.linkage.report.masking import share
from integration.linkage.report.words import Words

THINGS = ("records", "persons", "families", "grey", "review")
MOVED = 0.05
"""Bits from which a weight moved."""
SHOWN = 10
Figures = Mapping[str, Any]


def review(figures: Figures) -> int | None:
    """Pairs for reviewers, for whatever reason; None when below ten."""
    return sum(number or 0 for number in figures["totals"].get("review", {}).values()) or None


def alone(figures: Figures) -> int | None:
    """Records that are linked to no other, of all sources; None when below ten."""
    return sum(number or 0 for _, _, number in figures["sources"]) or None


def compared(now: Figures, before: Figures, words: Words) -> list[tuple[str, str, str]]:
    """Rows of what is counted: words, before, now."""
    rows = [
        (words(f"short.{thing}"), words.count(_figure(before, thing)), words.count(_figure(now, thing)))
        for thing in THINGS
    ]
    return [*rows, (words("changes.alone"), _alone(before, words), _alone(now, words))]


def _figure(figures: Figures, thing: str) -> int | None:
    if thing == "review":
        return review(figures)
    name = "pairs_grey" if thing == "grey" else thing
    number: int | None = figures["totals"].get(name, {}).get("")
    return number


def _alone(figures: Figures, words: Words) -> str:
    places = sum(number or 0 for _, number, _ in figures["sources"])
    return words.percent(share(alone(figures), places))


def events(now: Figures, words: Words) -> list[tuple[str, str, str]]:
    """Rows of what became of names: what, why, how many."""
    return [
        (words.code("event", what), words.code("reason", why), words.count(number))
        for what in ("merge", "split", "gezin_merge", "gezin_split")
        for why, number in sorted(now["totals"].get(what, {}).items())
    ]


def drift(now: Figures, before: Figures, words: Words) -> list[tuple[str, str, str, str]]:
    """Rows of the weights that moved most: outcome, before, now, by how much."""
    then = _weights(before)
    moved = [
        (name, label, then[name, label], bits)
        for (name, label), bits in _weights(now).items()
        if (name, label) in then and abs(bits - then[name, label]) >= MOVED
    ]
    moved.sort(key=lambda row: -abs(row[3] - row[2]))
    return [
        (
            words("patterns.step", what=words.comparison(name), level=words.level(name, label)),
            words.bits(old),
            words.bits(new),
            words.bits(new - old),
        )
        for name, label, old, new in moved[:SHOWN]
    ]


def _weights(figures: Figures) -> dict[tuple[str, str], float]:
    found = {("", ""): figures["prior"]} if figures["prior"] is not None else {}
    return found | {
        (c["name"], level["label"]): level["bits"] for c in figures["comparisons"] for level in c["levels"]
    }
