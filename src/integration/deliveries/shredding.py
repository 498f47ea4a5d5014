"""Shredding one delivery's data key: from then on nobody can open what is kept of it, nor any copy of that."""

from __future__ import annotations

from datetime import datetime

from integration.deliveries.data_keys import BODY, header_path, shred
from integration.errors import UsageError
from integration.ledger import Ledger
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.storage import Zones


def shred_delivery(zones: Zones, ledger: Ledger, now: datetime, name: str) -> bool:
    """Destroy the data key of the delivery or quarantined delivery ``name``; False when it was destroyed before.

    One that still had to be encoded is refused by that (DATA_KEY_SHREDDED) and may be sent again. What was encoded
    stays. Raises :class:`UsageError`: DELIVERY_UNKNOWN, and NOT_SEALED for one that came plain.
    """
    try:
        delivery = DeliveryId.parse(name)
        entry, folder = ledger.entry(delivery), zones.raw_dir(delivery)
    except InvalidName:
        delivery, entry = None, None
        folder = zones.quarantine / name
        if "/" in name or not name.startswith("Q-") or not folder.is_dir():
            raise UsageError(Reason.DELIVERY_UNKNOWN) from None
    if delivery is not None and entry is None:
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    if folder.is_dir() and not any(folder.glob(f"*{BODY}")) and not header_path(zones, name).exists():
        raise UsageError(Reason.NOT_SEALED, file=name)
    done = shred(zones, name)
    if delivery is not None and entry is not None and entry.state == "received":
        ledger.append(delivery, "quarantined", at=now, reason=Reason.DATA_KEY_SHREDDED)
    return done
