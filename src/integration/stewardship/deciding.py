"""Deciding about a delivery, and carrying it out: the decision is written first, then the ledger follows it.

A crash between the two loses nothing: :func:`settle` carries out what was decided and not done yet, and does it once,
because what it adds to the ledger is added only after the very event that was decided about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from integration.contracts.explanation import explanation
from integration.deliveries.stored import can_be_opened
from integration.errors import UsageError
from integration.ledger import Entry, Ledger
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.settings import Settings
from integration.stewardship.decisions import (
    ACCEPT,
    ADMITTING,
    FIRST,
    RECHECK,
    REDELIVER,
    REJECT,
    REOPEN,
    REPLAY,
    SECOND,
    WAIVE,
    Decision,
    Decisions,
)
from integration.stewardship.seats import open_decisions, waits_for_second
from integration.stewardship.waivers import waived, waivers

WAIVER_DAYS = 366
"""The longest that a waiver may last; after that somebody looks again."""
_ASKED = {
    "held": (ACCEPT, WAIVE, REJECT, REDELIVER, RECHECK, REPLAY),
    "quarantined": (REOPEN,),
    "loaded": (REPLAY,),
}
"""What can be decided about a delivery, by its state."""
_DECLINED = frozenset({Reason.STEWARD_REJECTED, Reason.REDELIVERY_ASKED})


@dataclass(frozen=True)
class Request:
    """What somebody wants to decide, and why."""

    delivery_id: str
    kind: str
    reason: str
    explanation: str
    checks: tuple[str, ...] = ()
    ends_on: date | None = None


def decide(settings: Settings, ledger: Ledger, request: Request, *, by: str, role: str) -> Decision:
    """Write a decision; :func:`settle` carries it out.

    Raises :class:`UsageError`: DELIVERY_UNKNOWN, DECISION_TAKEN (it was decided already, or by somebody else just now),
    DECISION_NOT_ASKED (nothing is to be decided about it, or not this), FOUR_EYES (the same person twice),
    WAIVER_INVALID (no end date, one that is past or too far, or checks that did not fail or are missing),
    DELIVERY_PURGED (its sealed file is gone: only a redelivery helps), INPUT_INVALID (reason, or no explanation),
    EXPLANATION_REFUSED (it looks like personal data, or is too long).
    """
    entry = _entry(ledger, request.delivery_id)
    decisions = open_decisions(settings)
    taken = decisions.answering(entry.subject, entry.event)
    _may_be_decided(entry, request.kind, decisions, taken, by)
    _check_waiver(settings, ledger, request, entry)
    _same_terms(request, taken)
    _refuse_purged(settings, entry, request.kind)
    reason, told = _reason(request.reason), explanation(request.explanation)
    if not told:
        raise UsageError(Reason.INPUT_INVALID, "a decision needs an explanation")
    return decisions.add(
        Decision(
            delivery_id=entry.subject,
            event=entry.event,
            seat=SECOND if taken else FIRST,
            kind=request.kind,
            reason=reason,
            explanation=told,
            by=by,
            role=role,
            at=settings.now(),
            checks=request.checks,
            ends_on=request.ends_on,
        )
    )


def _entry(ledger: Ledger, delivery_id: str) -> Entry:
    try:
        entry = ledger.entry(DeliveryId.parse(delivery_id))
    except InvalidName:
        entry = None
    if entry is None:
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    return entry


def _may_be_decided(
    entry: Entry, kind: str, decisions: Decisions, taken: Sequence[Decision], by: str
) -> None:
    decided_before = bool(taken) and (not waits_for_second(entry, taken) or len(taken) > 1)
    if decided_before:
        raise UsageError(Reason.DECISION_TAKEN, entry.subject)
    declined = entry.state != "quarantined" or entry.reason in _DECLINED
    if kind not in _ASKED.get(entry.state, ()) or not declined:
        before = entry.state != "held" and decisions.about(entry.subject)
        raise UsageError(Reason.DECISION_TAKEN if before else Reason.DECISION_NOT_ASKED, entry.subject)
    if taken and kind in ADMITTING:
        if taken[0].by == by:
            raise UsageError(Reason.FOUR_EYES, "somebody else must confirm it")
        if taken[0].kind != kind:
            raise UsageError(Reason.FOUR_EYES, f"the first decided to {taken[0].kind}")


def _same_terms(request: Request, taken: Sequence[Decision]) -> None:
    """The second pair of eyes sees what the first saw: the same checks, until the same day."""
    if taken and request.kind == WAIVE:
        first = taken[0]
        if (set(request.checks), request.ends_on) != (set(first.checks), first.ends_on):
            terms = f"{', '.join(first.checks)} until {first.ends_on}"
            raise UsageError(Reason.FOUR_EYES, f"the first decided to waive {terms}")


def _refuse_purged(settings: Settings, entry: Entry, kind: str) -> None:
    """Raise DELIVERY_PURGED when what a decision needs is no longer kept."""
    if kind == REPLAY and not can_be_opened(settings.zones, entry.delivery):
        raise UsageError(Reason.DELIVERY_PURGED, "its sealed file is gone: only a redelivery helps")
    encoded = settings.zones.staging_dir(entry.delivery) / "records.parquet"
    if kind in (ACCEPT, WAIVE, RECHECK, REOPEN) and not encoded.is_file():
        raise UsageError(Reason.DELIVERY_PURGED, "its encoded rows are gone: only a redelivery helps")


def _check_waiver(settings: Settings, ledger: Ledger, request: Request, entry: Entry) -> None:
    today, failed = settings.today(), set(entry.facts.get("critical_failed", ()))
    if request.kind != WAIVE:
        if request.checks or request.ends_on is not None:
            raise UsageError(Reason.WAIVER_INVALID, "checks and an end date belong to waive")
        return
    if request.ends_on is None:
        raise UsageError(Reason.WAIVER_INVALID, "a waiver needs an end date")
    if not today <= request.ends_on <= today + timedelta(days=WAIVER_DAYS):
        raise UsageError(Reason.WAIVER_INVALID, f"it must end within {WAIVER_DAYS} days from today")
    if not request.checks or not set(request.checks) <= failed:
        raise UsageError(Reason.WAIVER_INVALID, f"checks that failed: {', '.join(sorted(failed)) or 'none'}")
    counting = waived(waivers(settings, ledger), entry, failed)
    if left := failed - set(request.checks) - set(counting):
        raise UsageError(Reason.WAIVER_INVALID, f"also failed: {', '.join(sorted(left))}")


def _reason(code: str) -> Reason:
    known = [reason for reason in Reason if reason.level == "decision"]
    found = next((reason for reason in known if reason.value == code), None)
    if found is None:
        raise UsageError(Reason.INPUT_INVALID, f"the reason is one of {', '.join(known)}")
    return found


def settle(settings: Settings, ledger: Ledger, delivery_id: str) -> Entry:
    """Carry out what was decided about a delivery, if anything was and it is not done; returns how it stands then."""
    entry = _entry(ledger, delivery_id)
    taken = open_decisions(settings).answering(entry.subject, entry.event)
    if taken and not waits_for_second(entry, taken):
        _carry_out(settings, ledger, entry, taken[-1])
    return _entry(ledger, delivery_id)


def _carry_out(settings: Settings, ledger: Ledger, entry: Entry, decision: Decision) -> None:
    state, reason = {
        ACCEPT: ("checked", None),
        WAIVE: ("checked", None),
        REJECT: ("quarantined", Reason.STEWARD_REJECTED),
        REDELIVER: ("quarantined", Reason.REDELIVERY_ASKED),
        RECHECK: ("encoded", None),
        REPLAY: ("received", None),
        REOPEN: ("held", Reason.CHECK_CRITICAL if entry.facts.get("critical_failed") else Reason.CHECK_ERROR),
    }[decision.kind]
    _refuse_purged(settings, entry, decision.kind)
    facts = {"decision": decision.number}
    ledger.append(entry.subject, state, at=settings.now(), reason=reason, facts=facts, after=entry.event)


def decided(settings: Settings, ledger: Ledger, source: str | None = None) -> list[str]:
    """The deliveries (of one source) about which something was decided that is not carried out yet."""
    answers: dict[tuple[str, int], list[Decision]] = {}
    for decision in open_decisions(settings).all():
        answers.setdefault((decision.delivery_id, decision.event), []).append(decision)
    found = []
    for entry in ledger.entries(source=source) if answers else ():
        taken = answers.get((entry.subject, entry.event), [])
        if taken and not waits_for_second(entry, taken):
            found.append(entry.subject)
    return found
