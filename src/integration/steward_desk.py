"""A decision from beginning to end: may this person decide, write it, carry it out, let Airflow's gate go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integration import audit, pipeline
from integration.actor import this_user
from integration.airflow_gate import answer_gates
from integration.errors import IntegrationError, UsageError
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.settings import Settings
from integration.stage_means import open_ledger
from integration.stewardship import people
from integration.stewardship.deciding import Request, decide
from integration.stewardship.decisions import Decision
from integration.stewardship.seats import waits_for_second

RIGHT = "quality.decide"


@dataclass(frozen=True)
class Decided:
    """What came of a decision: whether somebody else must confirm it, the delivery's state, and Airflow's gate.

    ``gate`` is ``answered``, ``none`` (no run waits for this delivery), ``absent`` (no Airflow answers here) or
    ``failed`` (Airflow refused; the decision stands and the next run carries it out).
    """

    decision: Decision
    state: str
    waits_for_second: bool
    gate: str

    @property
    def text(self) -> str:
        """The same in a sentence."""
        if self.waits_for_second:
            return "Vastgelegd; iemand anders moet dit besluit bevestigen."
        after = {
            "answered": "Airflow gaat verder met deze levering.",
            "none": "De volgende verwerking neemt het besluit mee.",
            "absent": "De volgende verwerking neemt het besluit mee.",
            "failed": "Airflow gaf geen gehoor; de volgende verwerking neemt het besluit mee.",
        }
        return f"Vastgelegd als besluit {self.decision.number}. {after[self.gate]}"

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        told = {"state": self.state, "waits_for_second": self.waits_for_second, "gate": self.gate}
        return {"decision": self.decision.as_dict(), **told}


def decide_and_tell(settings: Settings, request: Request, *, actor: str | None = None) -> Decided:
    """Decide as the operating system's user, or as the ``actor`` of a page.

    Raises :class:`UsageError`: ROLE_LACKING, DELIVERY_UNKNOWN, and what :func:`decide` raises. What was written
    stands, also when Airflow cannot be told.
    """
    by, delivery = actor or this_user(), _delivery(request.delivery_id)
    role = _role(settings, by, delivery)
    ledger = open_ledger(settings)
    with audit.processing(settings, RIGHT, [f"delivery:{delivery}"]):
        decision = decide(settings, ledger, request, by=by, role=role)
    entry = ledger.entry(delivery)
    if entry is not None and waits_for_second(entry, [decision]) and decision.seat == 1:
        return Decided(decision, entry.state, True, "none")
    try:
        state = pipeline.settle(str(delivery)).state
    except (
        IntegrationError
    ):  # the decision stands: the next run carries it out, when its keys are not being rotated
        return Decided(decision, entry.state if entry else "", False, "failed")
    return Decided(decision, state, False, _tell(settings, str(delivery)))


def _delivery(text: str) -> DeliveryId:
    try:
        return DeliveryId.parse(text)
    except InvalidName:
        raise UsageError(Reason.DELIVERY_UNKNOWN) from None


def _role(settings: Settings, by: str, delivery: DeliveryId) -> str:
    """The role in which somebody decides. Raises :class:`UsageError` (ROLE_LACKING)."""
    known, source, municipality = (
        people.load(settings.zones),
        str(delivery.source),
        str(delivery.municipality),
    )
    known.require(by, RIGHT, source=source, municipality=municipality, on=settings.today())
    return known.steward_role(by, source, municipality)


def _tell(settings: Settings, delivery_id: str) -> str:
    try:
        answered = answer_gates(settings)
    except (IntegrationError, OSError, ValueError, KeyError):  # a steward may not read Airflow's own folder
        return "failed"
    if answered is None:
        return "absent"
    return "answered" if delivery_id in answered else "none"
