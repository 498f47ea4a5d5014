"""Static pages that open from disk: templates, content policy, style sheet, numbers in two languages."""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, Language] = ("nl", "en")

CONTENT_POLICY = "default-src 'none'; style-src 'self' file:; base-uri 'none'; form-action 'none'"
"""Only the style sheet beside the pages; ``file:`` since ``'self'`` means nothing for pages opened from disk."""

STYLE = "style.css"


def environment(package: str) -> Environment:
    """The templates of a package, with everything escaped and nothing undefined."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["policy"] = CONTENT_POLICY
    return made


def style() -> bytes:
    """The style sheet: tokens first, which a municipality can replace by its own."""
    return files(__package__).joinpath(STYLE).read_bytes()


def number(value: float, decimals: int, language: Language) -> str:
    """A number with the language's marks: 1.235 and 0,4 in Dutch, 1,235 and 0.4 in English."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text
