"""The stages of one domain's night: link, model, overview, indicators. Part of :mod:`integration.pipeline`.

Each works in tonight's file of the domain, which only the last one publishes.
"""

from __future__ import annotations

from collections.abc import Iterable

from integration import audit
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.outcomes import DomainResult
from integration.reasons import Reason
from integration.rekey.guard import in_use
from integration.settings import get_settings
from integration.stage_means import open_domain_keys, open_ledger, published_fingerprint


def domains() -> list[str]:
    """The pseudonym domains of this installation: every municipality that a supplier delivers for."""
    from integration.contracts import load_supplier, supplier_codes

    zones = get_settings().zones
    return sorted(
        {str(m) for code in supplier_codes(zones) for m in load_supplier(zones, code).municipalities}
    )


@audit.stage
def link(domain: str) -> DomainResult:
    """Start tonight's file of a domain and link its records into persons and families, on pseudonyms alone."""
    from integration import inputs, night, warehouse
    from integration.linkage.report import make_report
    from integration.rights.carrying_out import before_linking, unfinished

    settings, code = get_settings(), DomainCode(domain)
    with in_use(settings.zones, [domain]):
        keys = open_domain_keys(settings, code)
        cut = before_linking(settings, code, lambda: keys)
        gathered = inputs.gather(code, settings, open_ledger(settings))
        done = published_fingerprint(settings, code) == gathered.fingerprint
        if done and not cut and not unfinished(settings.zones, code):
            return DomainResult(domain, "link", unchanged=True)
        with warehouse.connect(warehouse.start_building(settings.zones, code), settings) as con:
            persons, families = night.link(con, gathered, settings.zones, keys)
        make_report(
            settings.zones,
            code,
            gathered.run_date,
            synthetic=settings.synthetic,
            store=settings.stewardship(),
        )
    return DomainResult(domain, "link", counts=night.counts_of(persons) | night.counts_of(families))


@audit.stage
def model(domain: str) -> DomainResult:
    """Build ``warehouse/staging`` and ``warehouse/core``: one SQL file a table."""
    return _build(domain, "model", ("staging", "core"))


@audit.stage
def overview(domain: str) -> DomainResult:
    """Build the family overview: one row a gezin and its dated facts. No score, no ranking."""
    return _build(domain, "overview", ("families",))


@audit.stage
def indicators(domain: str) -> DomainResult:
    """Calculate the indicators and publish the domain's file by an atomic rename."""
    return _build(domain, "indicators", ("indicators",))


def _build(domain: str, stage: str, folders: Iterable[str]) -> DomainResult:
    """Run the models of some folders in tonight's file; nothing to do when no file is being built."""
    from integration import night, warehouse
    from integration.families import refuse_scores
    from integration.rights.carrying_out import finished

    settings, code = get_settings(), DomainCode(domain)
    path = settings.zones.building(code)
    with in_use(settings.zones, [domain]):
        keys = open_domain_keys(settings, code)
        if not path.exists():
            if not settings.zones.published(code).exists():
                raise IntegrationError(Reason.STAGE_ORDER, f"{stage} needs link")
            return DomainResult(domain, stage, unchanged=True)
        with warehouse.connect(path, settings) as con:
            counts = night.run_folders(con, folders)
            if stage == "overview":
                refuse_scores(con)
        if stage == "indicators":
            finished(settings, code, night.publish(settings, settings.zones, code, keys))
    return DomainResult(domain, stage, counts=counts)


def nightly(domain: str) -> list[DomainResult]:
    """One domain's night: link, model, overview, indicators."""
    return [stage(domain) for stage in (link, model, overview, indicators)]
