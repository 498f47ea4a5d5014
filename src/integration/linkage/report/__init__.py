"""The report on a linkage run: one page for whoever looks after linkage, made from the link file, without a value.

``linking/<domain>.report.html`` is the page; ``<domain>.report.json`` beside it keeps the figures of this run and
of the one before, masked as they are on the page, so that changes can be told.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import read_json, write_bytes, write_json

if TYPE_CHECKING:
    from integration.linkage.scoring import Scorer
    from integration.names import DomainCode
    from integration.storage import Zones


def report_path(zones: Zones, domain: DomainCode) -> Path:
    """Where a domain's page is."""
    return zones.linking / f"{domain}.report.html"


def make_report(
    zones: Zones,
    domain: DomainCode,
    at: date,
    scorer: Scorer | None = None,
    *,
    synthetic: bool = False,
    store: str | None = None,
) -> Path:
    """Ask the figures of the link file as the run of ``at`` left it, keep them and write the page; return its path.

    ``scorer`` is what the run linked with (None: the model in use); ``store`` is as :func:`draw_report` takes it.
    """
    import duckdb

    from integration.linkage.report.figures import figures, held
    from integration.linkage.scoring import default_scorer
    from integration.warehouse import sealed_errors

    with (
        sealed_errors("linkage report"),
        duckdb.connect(":memory:") as con,
        held(con, zones.link_file(domain)),
    ):
        now = figures(con, str(domain), at, scorer or default_scorer(zones.link_model(domain)))
    kept = _kept(zones, domain)
    before = kept.get("now")
    if before and before["at"] == now["at"]:
        before = kept.get("before")
    write_json(_figures_path(zones, domain), {"now": now, "before": before}, mode=0o600)
    return draw_report(zones, domain, synthetic=synthetic, store=store)


def draw_report(
    zones: Zones, domain: DomainCode, *, synthetic: bool = False, store: str | None = None
) -> Path:
    """Write the page of the figures that are kept; return its path.

    ``store`` is the URL of the stewards' store: what reviewers answered is told from it (None: it is left out).
    Raises :class:`IntegrationError`: NOTHING_PUBLISHED when no run left any figures, REVIEW_UNREADABLE.
    """
    from integration.linkage.report.judged import judged
    from integration.linkage.report.page import page

    kept = _kept(zones, domain)
    if "now" not in kept:
        raise IntegrationError(Reason.NOTHING_PUBLISHED, f"no linkage report of {domain}")
    path = report_path(zones, domain)
    told = page(kept["now"], kept["before"], synthetic=synthetic, judged=judged(zones, domain, store))
    write_bytes(path, told.encode(), mode=0o600)
    return path


def _figures_path(zones: Zones, domain: DomainCode) -> Path:
    return zones.linking / f"{domain}.report.json"


def _kept(zones: Zones, domain: DomainCode) -> dict[str, Any]:
    """The figures that are kept; none when they are of another layout."""
    from integration.linkage.report.figures import LAYOUT

    path = _figures_path(zones, domain)
    kept: dict[str, Any] = read_json(path) if path.exists() else {}
    return kept if kept.get("now", {}).get("layout") == LAYOUT else {}
