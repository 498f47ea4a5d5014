"""The report as static pages in ``<home>/sample-report``: Dutch first, English under ``en/``; no script."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from integration.pictures.pages import LANGUAGES, STYLE, Language, environment, style
from integration.sample.report.checking import Report
from integration.sample.report.view import View
from integration.sample.report.words import Words
from integration.settings import Settings
from integration.storage import atomic_directory

FOLDER = "sample-report"


def write_pages(settings: Settings, report: Report) -> Path:
    """Write the pages, in the place of the former ones; returns the page to open."""
    target = settings.zones.home / FOLDER
    pages = {language: page(report, language) for language in LANGUAGES}
    with atomic_directory(target) as folder:
        folder.chmod(0o755)
        (folder / STYLE).write_bytes(style() + files(__package__).joinpath("report.css").read_bytes())
        for language, text in pages.items():
            path = folder / _path(language)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return target / _path("nl")


def page(report: Report, language: Language) -> str:
    """The page in one language."""
    words = Words(language)
    other = next(one for one in LANGUAGES if one != language)
    base = "" if language == "nl" else "../"
    template = environment("integration.sample.report").get_template("report.html")
    return template.render(
        view=View(report, words), report=report, t=words, language=language, other_language=other, base=base,
        twin=base + _path(other),
    )  # fmt: skip


def _path(language: Language) -> str:
    return "index.html" if language == "nl" else f"{language}/index.html"
