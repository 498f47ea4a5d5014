"""Static pages that open from disk: templates, content policy, style sheet, numbers in two languages."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, Language] = ("nl", "en")

CONTENT_POLICY = "default-src 'none'; style-src 'self' file:; base-uri 'none'; form-action 'none'"
"""Only the style sheet beside the pages; ``file:`` since ``'self'`` means nothing for pages opened from disk."""

STYLE = "style.css"


@cache
def labels(package: str) -> dict[str, dict[str, str]]:
    """Every text of a package's pages (its ``labels.yml``), by key and language."""
    content: dict[str, dict[str, str]] = yaml.safe_load(
        files(package).joinpath("labels.yml").read_text(encoding="utf-8")
    )
    return content


class Texts:
    """The texts of a package's pages in one language; numbers in its notation."""

    package: str

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **parts: object) -> str:
        """The text under ``key`` with its parts filled in; KeyError when there is none."""
        return labels(self.package)[key][self.language].format(**parts)

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with the language's marks: 1.235 and 0,4 in Dutch, 1,235 and 0.4 in English."""
        return number(value, decimals, self.language)


def environment(package: str) -> Environment:
    """The templates of a package and the shared ``single.html``, with everything escaped and nothing undefined."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader(__package__)]),
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


def single_page(own: str = "") -> dict[str, Any]:
    """What makes ``single.html`` one file: the ``sheet`` with a page's ``own`` rules, and the policy that allows it."""
    sheet = style().decode() + own
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return {"sheet": Markup(sheet), "policy": policy}  # noqa: S704  our own style sheets


def number(value: float, decimals: int, language: Language) -> str:
    """A number with the language's marks: 1.235 and 0,4 in Dutch, 1,235 and 0.4 in English."""
    text = f"{value:,.{decimals}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text
