"""The reports as pages: one file each that loads nothing, to read, to print and to send on."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from integration.pictures.pages import environment, single_page
from integration.quality.reports.mirror import Mirror
from integration.quality.reports.verdict import QualityReport
from integration.quality.reports.words import Words


def mirror_page(report: Mirror, made_on: str, *, synthetic: bool) -> str:
    """The mirror report as HTML; ``made_on`` is an ISO date."""
    return _page("mirror.html", made_on, synthetic, report=report, material=report.material)


def quality_page(report: QualityReport, made_on: str, *, synthetic: bool) -> str:
    """The quality report as HTML; ``made_on`` is an ISO date."""
    return _page("quality.html", made_on, synthetic, report=report, material=report.material)


def _page(template: str, made_on: str, synthetic: bool, **told: Any) -> str:
    words, own = Words(), files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    shown = {"t": words, "made_on": words.day(made_on), "synthetic": synthetic, **told}
    return environment(__package__).get_template(template).render(**single_page(own), **shown)
