"""All domains together: their figures, protected, as one numbered release.

Reads published warehouse files only; what is open, small or not on the list of tables never reaches a release.
"""

from __future__ import annotations

from collections.abc import Iterable

from integration import __version__, warehouse
from integration.contracts import contract_ids, load_contract
from integration.disclosure import protect, protect_counts
from integration.errors import IntegrationError
from integration.indicators import Result, load_definitions, results
from integration.municipalities import shown_name
from integration.names import DomainCode
from integration.reasons import Reason
from integration.releases import DeliveryLine, Place, ReleaseResult, RunSummary, publish
from integration.settings import Settings
from integration.status import status
from integration.storage import read_json


def build_release(settings: Settings) -> ReleaseResult:
    """Protect and publish the closed periods of every domain that has a published file.

    Raises :class:`IntegrationError` (STAGE_ORDER) when no domain has one yet.
    """
    domains = sorted(path.stem for path in settings.zones.warehouse.glob("GM????.duckdb"))
    if not domains:
        raise IntegrationError(Reason.STAGE_ORDER, "release needs a published warehouse file")
    definitions = load_definitions()
    rows = [row for domain in domains for row in _figures(settings, DomainCode(domain))]
    places = _places(settings, domains)
    protected = protect(rows, definitions.values(), [place.code for place in places], settings.today())
    return publish(
        settings.zones,
        protected,
        definitions,
        places,
        _summary(settings, domains),
        now=settings.now(),
        synthetic=settings.synthetic,
        code_version=__version__,
    )


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
            DeliveryLine(row["source"], row["domain"], row["accepted"], row["waiting"], row["quarantined"])
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
