"""How much an agreed pattern lets through: a string attribute may hold a short code, never running text."""

from __future__ import annotations

import re
from re import _parser  # type: ignore[attr-defined]  # the only way to ask for a pattern's greatest width
from typing import Any

MAX_WIDTH = 32
"""Longest text, in characters, that a string attribute's pattern may admit."""

_SPACES = frozenset(map(ord, " \t\n\r\f\v\xa0"))


def why_free_text(pattern: str | None) -> str | None:
    """Tell in a few words why ``pattern`` (None: there is none) admits free text, or return None.

    It must be a valid regular expression, anchored at both ends, at most :data:`MAX_WIDTH` characters wide,
    and without white space, the mark of running text.
    """
    if pattern is None:
        return "no pattern and no code list"
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError):
        return "the pattern is not a regular expression"
    if not (pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$")):
        return "the pattern is not anchored with ^ and $"
    if tree.getwidth()[1] > MAX_WIDTH:
        return f"the pattern admits more than {MAX_WIDTH} characters"
    if _admits_space(tree):
        return "the pattern admits white space"
    return None


def _admits_space(node: Any) -> bool:
    """Tell whether any part of a parsed pattern can match white space."""
    for operator, argument in node:
        name = str(operator)
        if name in {"ANY", "NOT_LITERAL"} or (name == "LITERAL" and argument in _SPACES):
            return True
        if name == "IN" and _set_admits_space(argument):
            return True
        if any(_admits_space(part) for part in _parts(name, argument)):
            return True
    return False


def _parts(name: str, argument: Any) -> list[Any]:
    """Return the patterns inside one parsed operator: branches, groups, repeats and conditions."""
    if name == "BRANCH":
        return list(argument[1])
    if isinstance(argument, tuple):
        return [part for part in argument if isinstance(part, _parser.SubPattern)]
    return [argument] if isinstance(argument, _parser.SubPattern) else []


def _set_admits_space(items: list[tuple[Any, Any]]) -> bool:
    """Tell whether a character set can match white space: listed, in a wide class, or by negation."""
    names = [str(operator) for operator, _ in items]
    if "NEGATE" in names:
        return True
    for operator, argument in items:
        name = str(operator)
        if name == "LITERAL" and argument in _SPACES:
            return True
        if name == "RANGE" and any(argument[0] <= space <= argument[1] for space in _SPACES):
            return True
        if name == "CATEGORY" and str(argument) in {
            "CATEGORY_SPACE",
            "CATEGORY_NOT_DIGIT",
            "CATEGORY_NOT_WORD",
        }:
            return True
    return False
