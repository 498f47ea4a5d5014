"""The chain of a supplier's sealed deliveries: every manifest names the one before it.

A supplier numbers its deliveries for a municipality one by one, and each manifest holds the SHA-256 of the one
before. So what is kept back or put in between shows at the next delivery. A link is what arrived as its signer
sent it and in its place, whether it was accepted or refused for what it holds: one bad file does not stop the
files after it. What was refused for its own place in the chain is no link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integration.deliveries.manifest import Manifest
from integration.errors import DeliveryRefused
from integration.ledger import Entry
from integration.names import DeliveryId
from integration.reasons import Reason

LINK = "manifest_sha256"
"""The fact, in the ledger's events, that makes a delivery a link."""
BEFORE = "manifest_sha256_before"
"""The same of a delivery that failed its check and was sent again: what came after may follow either."""


def links(
    manifest: Manifest, known: Sequence[Entry], refusals: Sequence[Mapping[str, Any]]
) -> dict[int, set[str]]:
    """Return the links of a delivery's supplier and municipality: number to manifests (none known: empty set)."""
    found: dict[int, set[str]] = {}
    for entry in known:
        if (entry.supplier, entry.municipality) == (manifest.supplier, manifest.municipality):
            facts = (entry.facts.get(LINK), entry.facts.get(BEFORE))
            found.setdefault(entry.sequence, set()).update(text for text in facts if text)
    for refused in refusals:
        if not refused.get(LINK) or not refused.get("delivery_id"):
            continue
        delivery = DeliveryId.parse(refused["delivery_id"])
        if (delivery.supplier, delivery.municipality) == (manifest.supplier, manifest.municipality):
            found.setdefault(delivery.sequence, set()).add(refused[LINK])
    return found


def examine_chain(manifest: Manifest, known: Sequence[Entry], refusals: Sequence[Mapping[str, Any]]) -> None:
    """Hold a sealed manifest against the one before it.

    A first delivery names none, and may have any number. A delivery that came before manifests were remembered
    has its number only: what follows it is not compared. Raises :class:`DeliveryRefused`: SEQUENCE_GAP when the
    number before has not arrived, CHAIN_BROKEN when another manifest has that number, or none is named although
    there was one.
    """
    if manifest.seal is None:
        return
    before = {n: texts for n, texts in links(manifest, known, refusals).items() if n < manifest.sequence}
    previous = manifest.seal.previous
    if previous is None:
        if before:
            raise DeliveryRefused(Reason.CHAIN_BROKEN, field="previous")
        return
    texts = before.get(manifest.sequence - 1)
    if texts is None:
        raise DeliveryRefused(Reason.SEQUENCE_GAP, field="sequence")
    if texts and previous not in texts:
        raise DeliveryRefused(Reason.CHAIN_BROKEN, field="previous")
