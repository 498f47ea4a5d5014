"""The report as one page that loads nothing: its style sheet is in it, and all that its content policy lets through."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from integration.linkage.report import changes
from integration.linkage.report.judged import rows
from integration.linkage.report.patterns import DRAWN
from integration.linkage.report.view import View
from integration.linkage.report.words import Words
from integration.pictures.pages import environment, single_page

if TYPE_CHECKING:
    from integration.linkage.review.progress import Progress


def page(
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    *,
    synthetic: bool = False,
    judged: Progress | None = None,
) -> str:
    """The page about one run's figures, beside those of the run before it; ``judged`` is how the review stands."""
    words = Words()
    own = files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return environment(__package__).get_template("report.html").render(
        t=words,
        view=View(now, words),
        now=now,
        before=before,
        drawn=DRAWN,
        compared=changes.compared(now, before, words) if before else [],
        events=changes.events(now, words),
        drift=changes.drift(now, before, words) if before else [],
        judged=judged,
        judged_rows=rows(judged, words) if judged else [],
        synthetic=synthetic,
        **single_page(own),
    )  # fmt: skip
