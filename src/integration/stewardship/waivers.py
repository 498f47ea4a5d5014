"""Waivers: a check that may fail at one supplier, for one municipality, until a day. An ended one no longer counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from integration.ledger import Entry, Ledger
from integration.names import DeliveryId
from integration.settings import Settings
from integration.stewardship.decisions import WAIVE, Decision
from integration.stewardship.seats import open_decisions, waits_for_second


@dataclass(frozen=True)
class Waiver:
    """One waiver: which check, of whom, for which municipality, until when; by whom and by which decision."""

    supplier: str
    municipality: str
    source: str
    check: str
    ends_on: date
    by: str
    decision: int


def waivers(settings: Settings, ledger: Ledger, *, ended: bool = False) -> list[Waiver]:
    """The waivers that count today (``ended``: those that were ever given); a first of four eyes gives none yet."""
    decisions = open_decisions(settings)
    given = decisions.all() if ended else decisions.waivers(settings.today())
    found: list[Waiver] = []
    for decision in given:
        if decision.kind == WAIVE:
            found.extend(_of(decision, ledger, decisions.answering(decision.delivery_id, decision.event)))
    return found


def _of(decision: Decision, ledger: Ledger, taken: list[Decision]) -> Iterable[Waiver]:
    entry, delivery = ledger.entry(decision.delivery_id), DeliveryId.parse(decision.delivery_id)
    if entry is None or decision.ends_on is None or waits_for_second(entry, taken) or taken[-1] != decision:
        return
    for check in decision.checks:
        yield Waiver(
            supplier=str(delivery.supplier),
            municipality=str(delivery.municipality),
            source=str(delivery.source),
            check=check,
            ends_on=decision.ends_on,
            by=decision.by,
            decision=decision.number,
        )


def waived(counting: Iterable[Waiver], entry: Entry, failed: Iterable[str]) -> tuple[str, ...]:
    """Those of the failed checks of a delivery that a waiver lets pass."""
    mine = {w.check for w in counting if (w.supplier, w.municipality) == (entry.supplier, entry.municipality)}
    return tuple(check for check in failed if check in mine)
