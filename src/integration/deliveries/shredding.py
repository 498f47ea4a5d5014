"""Shredding one delivery's data key: from then on nobody can open what is kept of it, nor any copy of that."""

from __future__ import annotations

import re
from datetime import datetime

from integration.deliveries.data_keys import BODY, header_path, shred
from integration.errors import UsageError
from integration.ledger import Entry, Ledger
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.storage import Zones

_QUARANTINED = re.compile(r"Q-[A-Z0-9]{2,12}-[0-9a-f]{10}(-[0-9]{1,4})?", re.ASCII)


def check_sealed(zones: Zones, ledger: Ledger, name: str) -> Entry | None:
    """Hold the name of a delivery or quarantined delivery against what there is; return a delivery's entry.

    Raises :class:`UsageError`: DELIVERY_UNKNOWN, and NOT_SEALED for one that is kept as it came, without a key.
    """
    entry = None
    if _QUARANTINED.fullmatch(name):
        folder = zones.quarantine / name
        known = folder.is_dir()
    else:
        try:
            delivery = DeliveryId.parse(name)
        except InvalidName:
            raise UsageError(Reason.DELIVERY_UNKNOWN) from None
        entry, folder = ledger.entry(delivery), zones.raw_dir(delivery)
        known = entry is not None
    if not known:
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    here = [path for path in folder.iterdir() if path.suffix != ".json"] if folder.is_dir() else []
    if here and not any(path.name.endswith(BODY) for path in here) and not header_path(zones, name).exists():
        raise UsageError(Reason.NOT_SEALED, file=name)
    return entry


def shred_delivery(zones: Zones, ledger: Ledger, now: datetime, name: str) -> bool:
    """Destroy the data key of the delivery or quarantined delivery ``name``; False when it was destroyed before.

    One that still had to be encoded is refused by that (DATA_KEY_SHREDDED) and may be sent again. What was encoded
    stays. Raises what :func:`check_sealed` does.
    """
    entry = check_sealed(zones, ledger, name)
    done = shred(zones, name)
    if entry is not None and entry.state == "received":
        ledger.append(name, "quarantined", at=now, reason=Reason.DATA_KEY_SHREDDED)
    return done
