"""The stages of one delivery, many side by side: receive, encode, check, load. Part of :mod:`integration.pipeline`.

A delivery's state stands in the ledger; a stage does what the state asks for and leaves alone what was done.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from integration import audit
from integration.errors import IntegrationError
from integration.ledger import Entry, Ledger
from integration.outcomes import Outcome
from integration.reasons import Reason
from integration.rekey.guard import in_use
from integration.settings import Settings, get_settings
from integration.stage_means import open_keys, open_ledger
from integration.storage import atomic_directory

if TYPE_CHECKING:
    from integration.quality import CheckResult


@audit.stage
def receive(source: str | None = None) -> list[Outcome]:
    """Take in what lies in the inbox (of one source): each delivery is accepted whole or quarantined whole."""
    from integration.deliveries.receive import receive_inbox
    from integration.encode_stage import examiner

    settings = get_settings()
    receipts = receive_inbox(
        settings.zones, open_ledger(settings), settings, source=source, encoded=examiner(settings)
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
    entries = open_ledger(get_settings()).entries(source=source)
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
    ledger = open_ledger(settings)
    entry = _known(ledger, delivery_id)
    if entry.state == "received":
        with in_use(settings.zones, [entry.municipality]):
            facts = encode_stage.encode(settings, entry.delivery, open_keys(settings), entry.arrived_at)
            ledger.append(entry.delivery, "encoded", at=settings.now(), facts=facts)
        entry = _known(ledger, delivery_id)
    return _settled(entry)


@audit.stage
def check(delivery_ids: Sequence[str]) -> list[Outcome]:
    """Run each delivery's expectation suite. A critical failure stops that delivery; warnings pass and are kept."""
    settings = get_settings()
    ledger = open_ledger(settings)
    entries = [_known(ledger, delivery_id) for delivery_id in delivery_ids]
    wanted = [entry.subject for entry in entries if entry.state == "encoded"]
    outcomes = [_settled(entry) for entry in entries if entry.state != "encoded"]
    if wanted:
        from integration.quality import check_deliveries
        from integration.quality.memory import Memory

        memory = Memory(settings, ledger)
        with in_use(settings.zones, {entry.municipality for entry in entries}):
            results = check_deliveries(settings.zones, wanted, compare=memory.compare, after=memory.remember)
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
    ledger = open_ledger(settings)
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
