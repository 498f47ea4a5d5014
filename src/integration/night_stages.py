"""The stages of a domain's night: link, model, check_model, overview, indicators. Part of :mod:`integration.pipeline`.

Each works in tonight's file of the domain, which only the last one publishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from integration import audit
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.outcomes import DomainResult
from integration.reasons import Reason
from integration.rekey.guard import in_use
from integration.settings import get_settings
from integration.stage_means import open_domain_keys, open_ledger, published_fingerprint
from integration.storage import Zones, read_json, write_json

if TYPE_CHECKING:
    import duckdb

    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings


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
def check_model(domain: str) -> DomainResult:
    """Hold the core tables against their suites (``expectations/core``) and keep what was found with the file.

    Raises :class:`IntegrationError` (MODEL_CHECK_CRITICAL, MODEL_CHECK_ERROR) when a critical check failed or could
    not run: the night ends here, and what was found stays beside the file that was being built.
    """
    from integration import night, warehouse
    from integration.quality import model_check

    settings, code = get_settings(), DomainCode(domain)
    path = settings.zones.building(code)
    with in_use(settings.zones, [domain]):
        open_domain_keys(settings, code)
        if _nothing_new(settings.zones, code, "check_model"):
            return DomainResult(domain, "check_model", unchanged=True)
        with warehouse.connect(path, settings) as con:
            params = {"run_date": night.run_date(con)}
            checked = model_check.check_tables(con, model_check.core_tables(), params)
            about = {"domain": domain, "run_date": params["run_date"]} | checked.as_json()
            write_json(settings.zones.model_check(code, building=True), about)
            model_check.write_results(con, checked)
    checked.refuse(Reason.MODEL_CHECK_CRITICAL, Reason.MODEL_CHECK_ERROR)
    return DomainResult(domain, "check_model", counts=checked.counts())


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
        if _nothing_new(settings.zones, code, stage):
            return DomainResult(domain, stage, unchanged=True)
        with warehouse.connect(path, settings) as con:
            _follow(con, stage)
            counts = night.run_folders(con, folders)
            if stage == "overview":
                refuse_scores(con)
        if stage == "indicators":
            finished(settings, code, _publish(settings, code, keys))
    return DomainResult(domain, stage, counts=counts)


def _publish(settings: Settings, domain: DomainCode, keys: Keyring) -> str:
    """Publish tonight's file with what its check found beside it; return what it was built from.

    The results go first: a crash in between is mended by the next night, whose inputs then differ from the manifest.
    """
    from integration import night

    zones = settings.zones
    tonight = zones.model_check(domain, building=True)
    write_json(zones.model_check(domain), read_json(tonight))
    fingerprint = night.publish(settings, zones, domain, keys)
    tonight.unlink()
    return fingerprint


def _nothing_new(zones: Zones, domain: DomainCode, stage: str) -> bool:
    """Whether no file is being built; raise :class:`IntegrationError` (STAGE_ORDER) when there never was one."""
    if zones.building(domain).exists():
        return False
    if not zones.published(domain).exists():
        raise IntegrationError(Reason.STAGE_ORDER, f"{stage} needs link")
    return True


def _follow(con: duckdb.DuckDBPyConnection, stage: str) -> None:
    """Let no stage go before the one it rests on: what a new model holds is unchecked, and is not published so.

    Raises :class:`IntegrationError` (STAGE_ORDER) when the core tables were not checked, or a critical check failed.
    """
    from integration.quality import model_check

    if stage == "model":
        model_check.forget_results(con)
    elif not model_check.passed(con):
        raise IntegrationError(Reason.STAGE_ORDER, f"{stage} needs check_model")


def nightly(domain: str) -> list[DomainResult]:
    """One domain's night: link, model, check_model, overview, indicators."""
    return [stage(domain) for stage in (link, model, check_model, overview, indicators)]
