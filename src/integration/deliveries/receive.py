"""Receiving: every delivery in the inbox is accepted whole or quarantined whole, exactly once.

A delivery is claimed (one rename), examined, decided upon (one atomic write), moved to its place (one rename)
and entered in the ledger, in that order. The ledger comes last: what it names is there. After a crash at any
point the next run finds the claim and does what is left. One bad delivery never stops another. A sealed delivery
is opened for its examination into a file without a name, and kept sealed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from integration.contracts import Supplier, load_supplier
from integration.contracts.register import refuse_unregistered
from integration.deliveries import claims
from integration.deliveries.chain import BEFORE, LINK, examine_chain
from integration.deliveries.claims import Claim
from integration.deliveries.data_keys import BODY, rename, split
from integration.deliveries.examine import (
    ExamineEncoded,
    examine_agreement,
    examine_files,
    examine_payload,
    examine_place,
)
from integration.deliveries.manifest import Manifest, read_manifest
from integration.deliveries.opening import digest, examine_seal, open_payload, put_in_order
from integration.deliveries.quarantine import put_reason
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver
from integration.errors import DeclarationError, DeliveryRefused
from integration.ledger import Entry, Ledger
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.storage import Zones, sync_directory


class Clock(Protocol):
    """What receiving needs of the settings: the one clock, three bounds, what is let in, and the passphrase."""

    @property
    def arrival_grace_seconds(self) -> int:
        """So long a payload waits for its manifest."""
        ...

    @property
    def max_payload_bytes(self) -> int:
        """The most bytes a payload may have."""
        ...

    @property
    def max_line_bytes(self) -> int:
        """The most bytes a line may have."""
        ...

    @property
    def synthetic(self) -> bool:
        """Whether everything here is made up."""
        ...

    @property
    def sealed_only(self) -> bool:
        """Whether a delivery that is not sealed is refused."""
        ...

    def passphrase_bytes(self) -> bytes:
        """Return what the receiver's key is wrapped under; asked for when a sealed delivery is opened."""
        ...

    def now(self) -> datetime:
        """Return the moment it is."""
        ...


@dataclass(frozen=True)
class Receipt:
    """What became of one delivery. Ids, a reason code, a row number and a field name; never a value."""

    supplier: str
    accepted: bool
    delivery_id: DeliveryId | None = None
    quarantine_id: str | None = None
    reason: Reason | None = None
    row: int | None = None
    field: str | None = None
    rows: int = 0


def receive_inbox(
    zones: Zones,
    ledger: Ledger,
    clock: Clock,
    source: str | None = None,
    *,
    encoded: ExamineEncoded | None = None,
) -> list[Receipt]:
    """Take in everything that is ready in the inbox, of one ``source`` or of all; finish what a crash left.

    ``encoded`` examines what was encoded at its source; without it such deliveries are refused.

    What comes from nobody we know belongs to no source, and is quarantined whichever is asked for.
    """
    receipts: list[Receipt] = []
    receiver = Receiver(zones.keys, clock.passphrase_bytes)
    for desk in claims.desks(zones):
        supplier = _supplier(zones, desk)
        if source is not None and isinstance(supplier, Supplier) and supplier.source != source:
            continue
        with claims.desk_lock(zones, desk):
            receipts += _Desk(zones, ledger, clock, receiver, desk, supplier, encoded).work()
    return receipts


def _supplier(zones: Zones, desk: str) -> Supplier | Reason:
    """Return the desk's supplier, or why there is none."""
    if desk == claims.STRAY:
        return Reason.SUPPLIER_UNKNOWN
    try:
        return load_supplier(zones, desk)
    except DeclarationError as error:
        return error.reason


class _Desk:
    """One inbox folder, worked by one process at a time."""

    def __init__(
        self,
        zones: Zones,
        ledger: Ledger,
        clock: Clock,
        receiver: Receiver,
        desk: str,
        supplier: Supplier | Reason,
        encoded: ExamineEncoded | None,
    ) -> None:
        self._zones, self._ledger, self._clock, self._receiver = zones, ledger, clock, receiver
        self._desk, self._supplier, self._encoded = desk, supplier, encoded
        self._limits = Limits(clock.max_payload_bytes, clock.max_line_bytes)

    def work(self) -> list[Receipt]:
        """Finish left-over claims, then take in what is ready, each supplier's lowest sequence number first."""
        receipts = [self._handle(claim) for claim in claims.left_over(self._zones, self._desk)]
        ready = claims.arrivals(self._zones, self._desk, self._clock.now(), self._clock.arrival_grace_seconds)
        for arrival in sorted(ready, key=_order):
            claim = claims.take(self._zones, self._desk, arrival)
            if claim is not None:
                receipts.append(self._handle(claim))
        return receipts

    def _handle(self, claim: Claim) -> Receipt:
        decision = claim.decision
        if decision is None:
            decision = self._decide(claim)
            claim.decide(decision)
        receipt = self._accept(claim, decision) if decision["accepted"] else self._refuse(claim, decision)
        claim.close()
        return receipt

    # -- deciding ---------------------------------------------------------------------------------------------

    def _decide(self, claim: Claim) -> dict[str, Any]:
        told: dict[str, Any] = {"supplier": self._desk, "arrived_at": self._arrival(claim).isoformat()}
        try:
            manifest = self._manifest(claim, told)
            replaced = self._examine(claim, manifest, told)
        except DeliveryRefused as refusal:
            where = {"reason": refusal.reason.value, "row": refusal.row, "field": refusal.field}
            events = len(self._ledger.events(claim.claim_id))
            return {**told, **where, "accepted": False, "events_before": events}
        accepted = {"sha256": manifest.payload.sha256, "rows": manifest.payload.rows}
        accepted |= {"payload": manifest.payload.file, "sealed": manifest.seal is not None}
        if replaced is not None and replaced.facts.get(LINK):
            told[BEFORE] = replaced.facts[LINK]
        return {**told, **accepted, "accepted": True, "replaces": replaced is not None}

    def _manifest(self, claim: Claim, told: dict[str, Any]) -> Manifest:
        """Read the manifest and note what it says of itself, so far as it can be believed.

        Where deliveries must be sealed nothing is believed before the signature was proven.
        """
        if isinstance(self._supplier, Reason):
            raise DeliveryRefused(self._supplier)
        manifest, text = examine_files(claim)
        today, sealed_only = self._clock.now().date(), self._clock.sealed_only
        examine_seal(manifest, text, self._supplier, self._receiver, today, sealed_only=sealed_only)
        if manifest.supplier == self._desk:
            told["delivery_id"] = str(manifest.delivery_id)
            told["municipality"] = manifest.municipality
        told["digest"] = digest(text)
        return manifest

    def _examine(self, claim: Claim, manifest: Manifest, told: dict[str, Any]) -> Entry | None:
        """Examine a delivery in full; return the entry it replaces, if any."""
        if isinstance(self._supplier, Reason):
            raise DeliveryRefused(self._supplier)
        contract = examine_agreement(manifest, self._desk, self._supplier, self._clock.now())
        today = self._clock.now().date()
        refuse_unregistered(self._zones.home, contract, today, synthetic=self._clock.synthetic)
        known = self._ledger.entries(source=manifest.source, municipality=manifest.municipality)
        refused = [event for event in self._ledger.quarantined() if event.get("delivery_id")]
        refusals = [(str(event["delivery_id"]), Reason[event["reason"]]) for event in refused]
        replaced = examine_place(manifest, known, refusals)
        examine_chain(manifest, known, refused)
        told[LINK] = told.pop("digest")
        opening = open_payload(claim, manifest, self._receiver, self._limits, self._zones.tmp)
        with opening as (payload, opened):
            examine_payload(payload, manifest, contract, self._supplier, self._limits, opened, self._encoded)
        return replaced

    def _arrival(self, claim: Claim) -> datetime:
        """Return when a delivery arrived by the one clock, which files from a later time cannot pass."""
        now = self._clock.now()
        return min(datetime.fromtimestamp(claim.arrived_at, now.tzinfo), now)

    # -- carrying out -----------------------------------------------------------------------------------------

    def _accept(self, claim: Claim, decision: dict[str, Any]) -> Receipt:
        delivery = DeliveryId.parse(decision["delivery_id"])
        raw = self._zones.raw_dir(delivery)
        ready = claim.folder / "accepted"
        if claim.content.exists():
            if decision["replaces"] and raw.exists():
                self._set_aside(claim, decision, raw)
            put_in_order(claim, decision, ready, self._zones)
        if ready.exists():
            raw.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(ready, raw)
            sync_directory(raw.parent)
        arrived = datetime.fromisoformat(decision["arrived_at"])
        facts = {"sha256": decision["sha256"], "rows": decision["rows"]}
        chained = {name: decision[name] for name in (LINK, BEFORE) if name in decision}
        taken = self._ledger.register(
            delivery, **facts, arrived_at=arrived, at=self._clock.now(), facts=chained
        )
        if not taken and decision["replaces"] and self._state(delivery) == "quarantined":
            again = facts | chained | {"came_at": decision["arrived_at"]}
            self._ledger.append(delivery, "received", at=self._clock.now(), facts=again)
        return Receipt(self._desk, True, delivery, rows=decision["rows"])

    def _state(self, delivery: DeliveryId) -> str | None:
        entry = self._ledger.entry(delivery)
        return entry.state if entry else None

    def _set_aside(self, claim: Claim, decision: dict[str, Any], raw: Path) -> None:
        """Move the failed delivery that this one replaces from the raw zone to quarantine; sealed, if it came so."""
        entry = self._ledger.entry(decision["delivery_id"])
        reason = entry.reason if entry and entry.reason else Reason.CHECK_CRITICAL
        told = {**decision, "reason": reason.value, "row": None, "field": None}
        stored = next((path.name for path in raw.iterdir() if path.name.startswith("payload")), None)
        payload = stored.removesuffix(BODY) if stored else None
        rename(self._zones, decision["delivery_id"], claim.claim_id)
        put_reason(raw, self._reason(claim.claim_id, told, payload, "manifest.json"))
        self._zones.quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(raw, self._zones.quarantine / claim.claim_id)

    def _refuse(self, claim: Claim, decision: dict[str, Any]) -> Receipt:
        quarantine_id, reason = claim.claim_id, Reason[decision["reason"]]
        if claim.content.exists():
            if claim.payload:
                envelope = claim.content / claim.payload
                split(self._zones, quarantine_id, envelope, claim.content / (claim.payload + BODY))
            put_reason(claim.content, self._reason(quarantine_id, decision, claim.payload, claim.manifest))
            self._zones.quarantine.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(claim.content, self._zones.quarantine / quarantine_id)
            sync_directory(self._zones.quarantine)
        if len(self._ledger.events(quarantine_id)) == decision["events_before"]:
            names = ("supplier", "delivery_id", "municipality", "row", "field", LINK)
            facts = {name: decision[name] for name in names if decision.get(name) is not None}
            self._ledger.append(
                quarantine_id, "quarantined", at=self._clock.now(), reason=reason, facts=facts
            )
        return Receipt(
            self._desk,
            False,
            DeliveryId.parse(decision["delivery_id"]) if decision.get("delivery_id") else None,
            quarantine_id,
            reason,
            decision["row"],
            decision["field"],
        )

    def _reason(
        self, quarantine_id: str, decision: dict[str, Any], payload: str | None, manifest: str | None
    ) -> dict[str, Any]:
        names = ("supplier", "reason", "row", "field", "arrived_at")
        told = {name: decision[name] for name in names}
        told |= {"quarantine_id": quarantine_id, "delivery_id": decision.get("delivery_id")}
        return told | {"payload": payload, "manifest": manifest, "refused_at": self._clock.now().isoformat()}


def _order(arrival: claims.Arrival) -> tuple[int, str]:
    """Sort by sequence number, so that a whole history can be taken in at once; what cannot be read comes last."""
    last = 10**9
    if arrival.manifest is None:
        return last, arrival.payload or ""
    path = arrival.folder / arrival.manifest
    if path.is_symlink() or not path.is_file():
        return last, arrival.manifest
    try:
        return read_manifest(path).sequence, arrival.manifest
    except DeliveryRefused:
        return last, arrival.manifest
