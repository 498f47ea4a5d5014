"""All domains together: their figures, protected, as one numbered release.

Reads published warehouse files only; what is open, small or not on the list of tables never reaches a release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integration import __version__, warehouse
from integration.contracts import contract_ids, load_contract
from integration.disclosure import protect, protect_counts
from integration.errors import IntegrationError
from integration.indicators import Result, load_definitions, results
from integration.municipalities import shown_name
from integration.names import DomainCode
from integration.reasons import Reason
from integration.releases import DeliveryLine, Place, ReleaseResult, RunSummary, publish
from integration.releases.model import Row
from integration.releases.tables import delivery_rows, figure_rows, to_parquet
from integration.settings import Settings
from integration.status import status
from integration.storage import read_json


def build_release(settings: Settings) -> ReleaseResult:
    """Protect, check and publish the closed periods of every domain that has a published file.

    Raises :class:`IntegrationError`: STAGE_ORDER when no domain has one yet; RELEASE_CHECK_CRITICAL and
    RELEASE_CHECK_ERROR, before anything is published, when a critical check failed or could not run.
    """
    domains = sorted(path.stem for path in settings.zones.warehouse.glob("GM????.duckdb"))
    if not domains:
        raise IntegrationError(Reason.STAGE_ORDER, "release needs a published warehouse file")
    definitions = load_definitions()
    rows = [row for domain in domains for row in _figures(settings, DomainCode(domain))]
    places = _places(settings, domains)
    protected = protect(rows, definitions.values(), [place.code for place in places], settings.today())
    summary = _summary(settings, domains)
    tables = {
        "indicators": figure_rows(protected, definitions, places, 0),
        "deliveries": delivery_rows(summary, places),
    }
    return publish(
        settings.zones,
        protected,
        definitions,
        places,
        replace(summary, checks=check_release(settings, tables) if protected.cells else {}),
        now=settings.now(),
        synthetic=settings.synthetic,
        code_version=__version__,
    )


def check_release(settings: Settings, tables: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Hold the tables of a release against their suites; return counts, and the ids of what did not hold or run.

    Raises :class:`IntegrationError` (RELEASE_CHECK_CRITICAL, RELEASE_CHECK_ERROR) naming the critical checks.
    """
    import io

    import pyarrow.parquet as pq

    from integration.quality import model_check

    with warehouse.connect(None, settings) as con:
        con.execute("create schema release")
        for name, rows in tables.items():
            con.register(f"the_{name}", pq.read_table(io.BytesIO(to_parquet(name, rows))))
            con.execute(f"create table release.{name} as select * from the_{name}")
        checked = model_check.check_tables(con, model_check.release_tables())
    checked.refuse(Reason.RELEASE_CHECK_CRITICAL, Reason.RELEASE_CHECK_ERROR)
    return {
        **checked.counts(),
        "not_held": list(checked.ids("failed", "critical", "warning")),
        "not_run": list(checked.ids("error")),
    }


def _figures(settings: Settings, domain: DomainCode) -> list[Result]:
    with warehouse.connect(settings.zones.published(domain), settings, read_only=True) as con:
        return results(con)


def _places(settings: Settings, domains: Iterable[str]) -> list[Place]:
    """The municipalities in the order of the alphabet, never of their figures."""
    found = [
        Place(code, shown_name(settings, code), alias=code in settings.municipality_names) for code in domains
    ]
    return sorted(found, key=lambda place: place.name)


def _summary(settings: Settings, domains: list[str]) -> RunSummary:
    state = status(settings)
    contracts = {source: load_contract(source) for source in contract_ids()}
    return RunSummary(
        deliveries=[
            DeliveryLine(
                row["source"],
                row["domain"],
                row["accepted"],
                row["waiting"] + row["held"],
                row["quarantined"],
            )
            for row in state["suppliers"]
        ],
        persons=protect_counts(
            {d["domain"]: d["persons"] for d in state["domains"] if d["domain"] in domains}
        ),
        families=protect_counts(
            {d["domain"]: d["families"] for d in state["domains"] if d["domain"] in domains}
        ),
        sources={source: (contract.title_nl, contract.title_en) for source, contract in contracts.items()},
        domains={d: read_json(settings.zones.warehouse / f"{d}.json")["fingerprint"] for d in domains},
    )
