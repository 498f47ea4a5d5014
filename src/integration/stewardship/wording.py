"""Explanations that people write: short, and without anything that looks like a person's data."""

from __future__ import annotations

import re

from integration.errors import UsageError
from integration.reasons import Reason

MOST_CHARACTERS = 500
_PERSONAL = {
    "a number of eight or nine digits": re.compile(r"(?<!\d)(?:\d[ .-]?){7,8}\d(?!\d)"),
    "a postcode": re.compile(r"\b[1-9]\d{3}\s?[A-Za-z]{2}\b"),
    "a mail address": re.compile(r"\S+@\S+\.\S+"),
    "a telephone number": re.compile(r"(?<!\d)(?:\+31|0)[\d -]{8,}\d"),
}


def refuse_personal(text: str) -> None:
    """Raise :class:`UsageError` (INPUT_INVALID), without the text, when an explanation is empty, long or personal.

    Names cannot be told from other words; whoever writes is asked to name row numbers instead.
    """
    if not text.strip() or len(text) > MOST_CHARACTERS:
        raise UsageError(Reason.INPUT_INVALID, f"an explanation has 1 to {MOST_CHARACTERS} characters")
    for what, pattern in _PERSONAL.items():
        if pattern.search(text):
            raise UsageError(Reason.INPUT_INVALID, f"the explanation holds what looks like {what}")
