"""What the reports say, in Dutch; their texts stand in ``labels.yml``."""

from __future__ import annotations

from markupsafe import Markup

from integration.pictures.pages import Texts
from integration.quality.reports.mirror import OTHER, Share
from integration.reasons import Reason


class Words(Texts):
    """The Dutch texts, and numbers, shares and days as people write them."""

    package = "integration.quality.reports"

    def __init__(self) -> None:
        super().__init__("nl")

    def count(self, n: int | None) -> str:
        """A number with points; a dash for none."""
        return "–" if n is None else self.number(n)

    def percent(self, share: float | None) -> str:
        """A share as a percentage with one decimal; what is not nought, or not all, is not rounded to it."""
        if share is None:
            return "–"
        if 0 < share < 0.0005:
            return "<0,1%"
        return ">99,9%" if 0.9995 <= share < 1 else f"{self.number(100 * share, 1)}%"

    def day(self, iso: str) -> str:
        """A day in words: 16 februari 2026."""
        year, month, day = iso.split("-")
        return f"{int(day)} {self('months').split()[int(month) - 1]} {year}"

    def value(self, kind: str, share: Share) -> str:
        """The meaning of a code or of an identifier's status."""
        if kind == "identifier":
            return self(f"status.{share.code}")
        return self("other") if share.code == OTHER else share.label

    def bar(self, share: float) -> Markup:
        """A share as a small bar beside its number, which says the same in words."""
        width = f"{100 * min(1.0, max(0.0, share)):.1f}"
        return Markup(
            '<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
            '<rect class="pf-band" width="100" height="8"/><rect class="pf-accent" width="{}" height="8"/></svg>'
        ).format(width)

    def reason(self, code: str) -> str:
        """A reason code in words."""
        return Reason[code].nl
