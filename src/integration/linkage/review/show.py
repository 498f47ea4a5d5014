"""A pair in words: of each field whether the two records agree, and what kinds of records they are. Never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.linkage.report.words import Words
from integration.linkage.review.declared import declared

if TYPE_CHECKING:
    from integration.linkage.review.worklist import Shown

SAME, ALIKE, DIFFERENT, EMPTY = "gelijk", "lijkt op", "anders", "leeg"
ROLES = {"kind": "kind", "patient": "patiënt", "ouder1": "ouder", "ouder2": "ouder"}


def fields(shown: Shown) -> list[tuple[str, str, str]]:
    """Of each field: its name, gelijk, lijkt op, anders or leeg, and in what way they are alike."""
    words = Words()
    rows = []
    for comparison, label in shown.levels.items():
        level = agreement(label, label in shown.rests)
        detail = words.level(comparison, label) if label is not None and level == ALIKE else ""
        rows.append((words.comparison(comparison), level, detail))
    return rows


def agreement(label: str | None, rest: bool) -> str:
    """The word for an outcome of a comparison; ``rest``: it is the last, what no other outcome holds."""
    if label is None:
        return EMPTY
    if rest:
        return DIFFERENT
    return SAME if label in declared().equal else ALIKE


def records(shown: Shown) -> list[tuple[str, str]]:
    """Of the two records, in the order of the alphabet: the kind of source and the role."""
    both = zip(shown.sources, shown.roles, strict=True)
    return sorted((source.replace("_", " "), ROLES.get(role, role)) for source, role in both)
