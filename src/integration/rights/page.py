"""The page that a person gets: one file that opens anywhere, Dutch first, English after it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from integration.pictures.pages import LANGUAGES, Texts, environment, style
from integration.reasons import Reason

_PACKAGE = "integration.rights"
_OWN = """
main { overflow-wrap: anywhere; }
main table { overflow-wrap: break-word; }
main h4 { margin-block-start: 2rem; }
"""
"""Pseudonyms and ids of deliveries are long words; a table is not squeezed into letters but scrolls."""


class _ExportTexts(Texts):
    package = _PACKAGE

    def known(self, prefix: str, code: object) -> str:
        """The words for a code; the code itself where there are none."""
        try:
            return self(f"{prefix}.{code}")
        except KeyError:
            return str(code)

    def day(self, text: object) -> str:
        """A day or moment: 16-02-2026 or 16-02-2026 06:00 in Dutch, ISO in English."""
        moment = str(text or "")
        date, clock = moment[:10], moment[11:16]
        if self.language == "nl" and len(date) == 10:
            date = "-".join(reversed(date.split("-")))
        return f"{date} {clock}".strip()

    def reason(self, code: str | None) -> str:
        """A reason code in words."""
        return "" if code is None else getattr(Reason[code], self.language)

    def value(self, item: Mapping[str, Any]) -> str:
        """An attribute's value: in Dutch what its code means, in English the code."""
        if self.language == "nl":
            return ", ".join(map(self.plain, str(item["value_nl"]).split(", ")))
        value = item["value"]
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    def plain(self, value: object) -> str:
        """A value that is no code: yes and no in words, days as days."""
        if isinstance(value, bool):
            return self("yes" if value else "no")
        text = str(value)
        return self.day(text) if len(text) == 10 and text[4] == text[7] == "-" else text


def render(content: Mapping[str, Any]) -> str:
    """Return the page for what :func:`integration.rights.export.export` gathered."""
    sheet = style().decode() + _OWN
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return (
        environment(_PACKAGE)
        .get_template("export.html")
        .render(
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            sheet=Markup(sheet),  # noqa: S704  our own style sheet
            texts=[_ExportTexts(language) for language in LANGUAGES],
            told=content,
        )
    )
