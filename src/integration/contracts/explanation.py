"""Explanations that people write beside a decision: one short line, refused when it looks like a person's data.

What is refused is a shape, not a finding: eight digits and more (a number, a telephone, a date), an e-mail address, a
postcode. A name cannot be seen by its shape; the prompt says not to write one.
"""

from __future__ import annotations

import re
import unicodedata

from integration.errors import UsageError
from integration.reasons import Reason

MOST = 300
"""Characters of an explanation."""
_SHAPES = {
    "a number of eight digits or more": re.compile(r"(?:\d[\s.\-/]{0,2}){8,}"),
    "an e-mail address": re.compile(r"\S@\S"),
    "a postcode": re.compile(r"\b[1-9]\d{3}\s?[A-Z]{2}\b|\b[1-9]\d{3}[A-Za-z]{2}\b"),
}


def explanation(text: str) -> str:
    """Return the text without blanks around it.

    Raises :class:`UsageError` (EXPLANATION_REFUSED) naming the shape and never the text: what looks like personal data,
    more than :data:`MOST` characters, or more than one line.
    """
    told = unicodedata.normalize("NFKC", text).strip()
    if len(told) > MOST or not told.isprintable():
        raise UsageError(Reason.EXPLANATION_REFUSED, f"one line of at most {MOST} characters")
    for name, shape in _SHAPES.items():
        if shape.search(told):
            raise UsageError(Reason.EXPLANATION_REFUSED, name)
    return told
