"""The stages of a delivery, many side by side: receive, encode, check, settle, load. Part of the line.

A delivery's state stands in the ledger; a stage does what the state asks for and leaves alone what was done.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING

from integration import audit
from integration.errors import IntegrationError
from integration.ledger import Entry, Ledger
from integration.outcomes import Held, Outcome
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
            ledger.append(entry.delivery, "encoded", at=settings.now(), facts=facts, after=entry.event)
        entry = _known(ledger, delivery_id)
    return _settled(entry)


@audit.stage
def check(delivery_ids: Sequence[str]) -> list[Outcome]:
    """Run each delivery's expectation suite. A critical failure makes it wait for a steward; warnings pass."""
    settings = get_settings()
    ledger = open_ledger(settings)
    entries = [_known(ledger, delivery_id) for delivery_id in delivery_ids]
    wanted = [entry.subject for entry in entries if entry.state == "encoded"]
    outcomes = [_settled(entry) for entry in entries if entry.state != "encoded"]
    if wanted:
        from integration.quality import check_deliveries
        from integration.quality.memory import Memory
        from integration.stewardship.corrections import known

        memory = Memory(settings, ledger)
        arrived = {entry.delivery: entry.came_at for entry in entries if entry.subject in wanted}
        with in_use(settings.zones, {entry.municipality for entry in entries}):
            results = check_deliveries(
                settings.zones,
                wanted,
                known=known(settings.zones, arrived),
                compare=memory.compare,
                after=memory.remember,
            )
        since = {entry.subject: entry for entry in entries}
        outcomes.extend(_record_check(ledger, settings, since[r.delivery_id], r) for r in results)
    return sorted(outcomes, key=lambda outcome: list(delivery_ids).index(outcome.delivery_id))


def _record_check(ledger: Ledger, settings: Settings, entry: Entry, result: CheckResult) -> Outcome:
    """A critical failure without a waiver, or a check that could not run, makes a delivery wait for a decision.

    ``entry`` is the delivery as it was when the check began: what happened to it since is not undone.
    """
    from integration.stewardship.waivers import waived, waivers

    reason = {"failed": Reason.CHECK_CRITICAL, "error": Reason.CHECK_ERROR}.get(result.outcome)
    counting = waivers(settings, ledger) if result.critical_failed else ()
    let_pass = waived(counting, entry, result.critical_failed)
    if reason is Reason.CHECK_CRITICAL and not result.could_not_run_critical:
        reason = reason if set(result.critical_failed) - set(let_pass) else None
    facts = {
        "critical_failed": list(result.critical_failed),
        "warned": list(result.warned),
        "could_not_run": list(result.could_not_run),
        "waived": list(let_pass),
    }
    state = "held" if reason else "checked"
    ledger.append(entry.subject, state, at=settings.now(), reason=reason, facts=facts, after=entry.event)
    return _settled(_known(ledger, result.delivery_id))


@audit.stage
def settle(delivery_id: str) -> Outcome:
    """Carry out what a steward decided about a delivery. Nothing decided, or done already: nothing to do."""
    from integration.stewardship.deciding import settle as carry_out

    settings = get_settings()
    ledger = open_ledger(settings)
    entry = _known(ledger, delivery_id)
    with in_use(settings.zones, [entry.municipality]):
        return _settled(carry_out(settings, ledger, delivery_id))


def held(source: str | None = None) -> list[Held]:
    """The deliveries that wait for a steward's decision, longest first."""
    entries = open_ledger(get_settings()).entries(source=source, state="held")
    return [
        Held(
            entry.subject,
            entry.event,
            entry.reason.value if entry.reason else "",
            tuple(entry.facts.get("critical_failed", ())),
        )
        for entry in sorted(entries, key=lambda e: e.event)
    ]


def go_on(delivery_id: str) -> list[Outcome]:
    """Carry out what was decided about a delivery, and bring it as far as that lets it come.

    Raises :class:`IntegrationError` (DECISION_MISSING) while nothing is decided, or not by two where two are asked.
    """
    outcome = settle(delivery_id)
    if outcome.state == "held":
        raise IntegrationError(Reason.DECISION_MISSING, delivery_id)
    if outcome.state == "received":
        outcome = encode(delivery_id)
    if outcome.state == "encoded":
        (outcome,) = check([delivery_id])
    return load([delivery_id]) if outcome.state == "checked" else [outcome]


def decided(source: str | None = None) -> list[str]:
    """The deliveries about which was decided, and for which :func:`settle` has something to do."""
    from integration.stewardship.deciding import decided as not_carried_out

    settings = get_settings()
    return not_carried_out(settings, open_ledger(settings), source)


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
        warnings=len(entry.facts.get("warned", ())) + len(entry.facts.get("waived", ())),
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
            if not source.is_dir():
                raise IntegrationError(
                    Reason.DELIVERY_PURGED, "its encoded rows are gone: only a redelivery helps"
                )
            with atomic_directory(settings.zones.linked_dir(entry.delivery)) as target:
                for table in ("records", "mentions"):
                    shutil.copyfile(source / f"{table}.parquet", target / f"{table}.parquet")
            ledger.append(delivery_id, "loaded", at=settings.now(), after=entry.event)
        entry = _known(ledger, delivery_id)
    return _settled(entry)
