"""The straight line, in order. Whoever reads this file knows the whole system.

    receive -> encode -> check -> load            one delivery at a time, many side by side
    link -> model -> overview -> indicators       one domain at a time, in a file of its own
    release                                       all domains together, closed periods only
    purge                                         what was kept for as long as it may be

Each function takes ids, reads the installation's settings and returns a small frozen result with ids, counts
and reason codes. DAGs, the command line and pages call these functions and nothing deeper. Every stage can
be run again: what was done is recognised and left alone. What begins and ends is written in the audit log.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from integration import audit
from integration.errors import IntegrationError, KeyUnavailable
from integration.ledger import Entry, Ledger
from integration.names import DomainCode
from integration.outcomes import DomainResult, Outcome, Progress, RunResult, exit_code
from integration.reasons import Reason
from integration.rekey.guard import alone, in_use, refuse_unfinished
from integration.settings import Settings, get_settings
from integration.storage import atomic_directory, read_json

if TYPE_CHECKING:
    from integration.pseudonyms.keyring import Keyring
    from integration.quality import CheckResult
    from integration.releases import ReleaseResult
    from integration.retention import PurgeResult

# -- deliveries ------------------------------------------------------------------------------------


@audit.stage
def receive(source: str | None = None) -> list[Outcome]:
    """Take in what lies in the inbox (of one source): each delivery is accepted whole or quarantined whole."""
    from integration.deliveries.receive import receive_inbox
    from integration.encode_stage import examiner

    settings = get_settings()
    receipts = receive_inbox(
        settings.zones, _ledger(settings), settings, source=source, encoded=examiner(settings)
    )
    return [
        Outcome(
            delivery_id=str(receipt.delivery_id or receipt.quarantine_id),
            state="received" if receipt.accepted else "quarantined",
            reason=receipt.reason.value if receipt.reason else None,
            rows=receipt.rows,
        )
        for receipt in receipts
    ]


def pending(source: str | None = None) -> list[str]:
    """The deliveries that were taken in but are not loaded yet, in the order they must be handled."""
    entries = _ledger(get_settings()).entries(source=source)
    waiting = [entry for entry in entries if entry.state in {"received", "encoded", "checked"}]
    return [
        entry.subject for entry in sorted(waiting, key=lambda e: (e.supplier, e.municipality, e.sequence))
    ]


@audit.stage
def encode(delivery_id: str) -> Outcome:
    """Replace a delivery's identifiers by keyed pseudonyms, in two passes.

    A short-lived process does the first, this one the second. What was encoded at its source has
    had its first pass. Raises :class:`KeyUnavailable` or :class:`IntegrationError` when either fails; nothing was
    written then.
    """
    from integration import encode_stage

    settings = get_settings()
    ledger = _ledger(settings)
    entry = _known(ledger, delivery_id)
    if entry.state == "received":
        with in_use(settings.zones, [entry.municipality]):
            facts = encode_stage.encode(settings, entry.delivery, _keys(settings), entry.arrived_at)
            ledger.append(entry.delivery, "encoded", at=settings.now(), facts=facts)
        entry = _known(ledger, delivery_id)
    return _settled(entry)


@audit.stage
def check(delivery_ids: Sequence[str]) -> list[Outcome]:
    """Run each delivery's expectation suite. A critical failure stops that delivery; warnings pass and are kept."""
    settings = get_settings()
    ledger = _ledger(settings)
    entries = [_known(ledger, delivery_id) for delivery_id in delivery_ids]
    wanted = [entry.subject for entry in entries if entry.state == "encoded"]
    outcomes = [_settled(entry) for entry in entries if entry.state != "encoded"]
    if wanted:
        from integration.quality import check_deliveries

        with in_use(settings.zones, {entry.municipality for entry in entries}):
            results = check_deliveries(settings.zones, wanted)
        outcomes.extend(_record_check(ledger, settings, result) for result in results)
    return sorted(outcomes, key=lambda outcome: list(delivery_ids).index(outcome.delivery_id))


def _record_check(ledger: Ledger, settings: Settings, result: CheckResult) -> Outcome:
    reason = {"failed": Reason.CHECK_CRITICAL, "error": Reason.CHECK_ERROR}.get(result.outcome)
    state = "quarantined" if reason else "checked"
    facts = {"critical_failed": list(result.critical_failed), "warned": list(result.warned)}
    ledger.append(result.delivery_id, state, at=settings.now(), reason=reason, facts=facts)
    return _settled(_known(ledger, result.delivery_id))


def _known(ledger: Ledger, delivery_id: str) -> Entry:
    entry = ledger.entry(delivery_id)
    if entry is None:
        raise IntegrationError(Reason.DELIVERY_UNKNOWN)
    return entry


def _settled(entry: Entry) -> Outcome:
    """What the ledger says of a delivery."""
    return Outcome(
        delivery_id=entry.subject,
        state=entry.state,
        reason=entry.reason.value if entry.reason else None,
        rows=int(entry.facts.get("rows_ok", entry.rows)),
        refused_rows=int(entry.facts.get("rows_refused", 0)),
        warnings=len(entry.facts.get("warned", ())),
        objected=int(entry.facts.get("objected", 0)),
    )


@audit.stage
def load(delivery_ids: Sequence[str]) -> list[Outcome]:
    """Keep the checked deliveries' Parquet in the linked zone, each whole; every record version stays."""
    settings = get_settings()
    ledger = _ledger(settings)
    return [_load_one(settings, ledger, delivery_id) for delivery_id in delivery_ids]


def _load_one(settings: Settings, ledger: Ledger, delivery_id: str) -> Outcome:
    entry = _known(ledger, delivery_id)
    if entry.state == "checked":
        with in_use(settings.zones, [entry.municipality]):
            source = settings.zones.staging_dir(entry.delivery)
            with atomic_directory(settings.zones.linked_dir(entry.delivery)) as target:
                for table in ("records", "mentions"):
                    shutil.copyfile(source / f"{table}.parquet", target / f"{table}.parquet")
            ledger.append(delivery_id, "loaded", at=settings.now())
        entry = _known(ledger, delivery_id)
    return _settled(entry)


# -- one domain, one night -------------------------------------------------------------------------


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
        keys = _domain_keys(settings, code)
        cut = before_linking(settings, code, lambda: keys)
        gathered = inputs.gather(code, settings, _ledger(settings))
        done = _published_fingerprint(settings, code) == gathered.fingerprint
        if done and not cut and not unfinished(settings.zones, code):
            return DomainResult(domain, "link", unchanged=True)
        with warehouse.connect(warehouse.start_building(settings.zones, code), settings) as con:
            persons, families = night.link(con, gathered, settings.zones, keys)
        make_report(settings.zones, code, gathered.run_date, synthetic=settings.synthetic)
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
        keys = _domain_keys(settings, code)
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


# -- all domains together --------------------------------------------------------------------------


@audit.stage
def release() -> ReleaseResult:
    """Protect the closed periods' figures and publish them as a numbered release; the same figures twice is once."""
    from integration.release_stage import build_release

    return build_release(get_settings())


# -- what is kept no longer -------------------------------------------------------------------------


@audit.stage
def purge() -> PurgeResult:
    """Remove what was kept for as long as it may be; what still waits stays and is counted."""
    from integration.retention import purge as purge_all

    settings = get_settings()
    refuse_unfinished(settings.zones, domains())
    with alone(settings.zones, None):
        refuse_unfinished(settings.zones, domains())
        return purge_all(settings, _ledger(settings))


def due() -> PurgeResult:
    """What :func:`purge` would remove now; nothing is changed."""
    from integration.retention import purge as purge_all

    settings = get_settings()
    return purge_all(settings, _ledger(settings), dry_run=True)


# -- the whole line --------------------------------------------------------------------------------

_CHECKED_TOGETHER = 20
"""Deliveries between two signs of progress: checks share one import and one reading of their suites."""


def run(progress: Progress | None = None) -> RunResult:
    """The whole line for everything in the inbox. One delivery's failure never stops another."""
    say = progress or _silent
    _keys(get_settings())
    refuse_unfinished(get_settings().zones, domains())
    outcomes = {outcome.delivery_id: outcome for outcome in receive()}
    waiting = pending()
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        for number, outcome in enumerate(side_by_side.map(_encode_or_explain, waiting), 1):
            say("encode", number, len(waiting))
            outcomes[outcome.delivery_id] = outcome
    encoded = [d for d in waiting if outcomes[d].state in {"encoded", "checked"}]
    for start in range(0, len(encoded), _CHECKED_TOGETHER):
        together = encoded[start : start + _CHECKED_TOGETHER]
        outcomes |= {outcome.delivery_id: outcome for outcome in check(together)}
        say("check", start + len(together), len(encoded))
    checked = [d for d in encoded if outcomes[d].state == "checked"]
    outcomes |= {outcome.delivery_id: outcome for outcome in load(checked)}
    nights = []
    for number, domain in enumerate(domains(), 1):
        say("nightly", number, len(domains()))
        nights += nightly(domain)
    published = _release_if_any() if nights else None
    return RunResult(
        deliveries=tuple(outcomes.values()),
        domains=tuple(nights),
        release=published.number if published else None,
        exit_code=exit_code(outcomes.values()),
    )


def _release_if_any() -> ReleaseResult | None:
    """The release; None as long as no period is closed."""
    try:
        return release()
    except IntegrationError as error:
        if error.reason is Reason.NOTHING_PUBLISHED:
            return None
        raise


def _silent(_stage: str, _done: int, _total: int) -> None:
    """No progress to show."""


def _encode_or_explain(delivery_id: str) -> Outcome:
    """Encode; a failure of this delivery is told in its outcome, a missing key ends the run."""
    try:
        return encode(delivery_id)
    except KeyUnavailable:
        raise
    except IntegrationError as error:
        return Outcome(delivery_id, "received", error.reason.value)


# -- shared ----------------------------------------------------------------------------------------


def _ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger())


def _keys(settings: Settings) -> Keyring:
    from integration.pseudonyms.keyring import open_keyring

    return open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())


def _domain_keys(settings: Settings, domain: DomainCode) -> Keyring:
    """The keyring, held against what is held of the domain: KEY_WRONG or KEY_DESTROYED before anything is written."""
    from integration.pseudonyms.held import check_fingerprints

    keys = _keys(settings)
    check_fingerprints(settings.zones, domain, keys)
    return keys


def _published_fingerprint(settings: Settings, domain: DomainCode) -> str | None:
    path = settings.zones.warehouse / f"{domain}.json"
    if not path.exists() or not settings.zones.published(domain).exists():
        return None
    told = read_json(path)
    return None if told.get("changed") else str(told["fingerprint"])
