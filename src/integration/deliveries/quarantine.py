"""Quarantine: refused deliveries, each with its reason, until they are replayed or purged.

Files lie there as they came, but for an envelope's header, which is kept apart (`data_keys.py`).
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from integration.deliveries.data_keys import BODY, join, shred
from integration.errors import UsageError
from integration.names import InvalidName
from integration.names import supplier as supplier_code
from integration.reasons import Reason
from integration.storage import Zones, read_json, sync_directory, write_json

REASON_FILE = "reason.json"
_QUARANTINE_ID = re.compile(r"Q-[A-Z0-9]{2,12}-[0-9a-f]{10}(-[0-9]{1,4})?")
_DISPLACED = "reason.json.delivered"


@dataclass(frozen=True)
class Quarantined:
    """A refused delivery: who sent what (as far as that could be read), why it was refused, and where."""

    quarantine_id: str
    supplier: str
    delivery_id: str | None
    reason: str
    row: int | None
    field: str | None
    payload: str | None
    manifest: str | None
    arrived_at: str
    refused_at: str


def put_reason(folder: Path, reason: dict[str, Any]) -> None:
    """Write ``reason.json`` beside the files of a refused delivery; a delivered file of that name steps aside."""
    delivered = folder / REASON_FILE
    if REASON_FILE in (reason["payload"], reason["manifest"]) and not (folder / _DISPLACED).exists():
        os.replace(delivered, folder / _DISPLACED)
    write_json(folder / REASON_FILE, reason, mode=0o600)


def quarantined(zones: Zones) -> list[Quarantined]:
    """Return what lies in quarantine, in order of refusal."""
    if not zones.quarantine.is_dir():
        return []
    found = [_read(path) for path in zones.quarantine.iterdir() if _QUARANTINE_ID.fullmatch(path.name)]
    return sorted(found, key=lambda item: (item.refused_at, item.quarantine_id))


def replay(zones: Zones, quarantine_id: str) -> None:
    """Put a refused delivery back in the inbox as it came, for after its cause was mended on this side.

    Its time of arrival stays what it was. Raises :class:`UsageError`: DELIVERY_UNKNOWN when there is no such
    delivery in quarantine or its supplier is not known by a proper code; DELIVERY_PURGED when its files are gone;
    FOLDER_NOT_EMPTY when a file of that name lies in the inbox already. Raises :class:`IntegrationError`
    (DATA_KEY_SHREDDED) when its envelope can no longer be put together.
    """
    folder = zones.quarantine / quarantine_id
    if not _QUARANTINE_ID.fullmatch(quarantine_id) or not (folder / REASON_FILE).is_file():
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    item = _read(folder)
    try:
        target = zones.inbox / supplier_code(item.supplier)
    except InvalidName:
        raise UsageError(Reason.DELIVERY_UNKNOWN) from None
    names = [name for name in (item.payload, item.manifest) if name is not None]
    if not names:
        raise UsageError(Reason.DELIVERY_PURGED)
    if any(os.path.lexists(target / name) for name in names if _is_here(folder, name)):
        raise UsageError(Reason.FOLDER_NOT_EMPTY)
    if item.payload is not None:
        _put_together(zones, folder, item)
    waiting = [name for name in names if os.path.lexists(folder / _stored(folder, name))]
    target.mkdir(parents=True, exist_ok=True)
    for name in waiting:
        os.replace(folder / _stored(folder, name), target / name)
    sync_directory(target)
    shutil.rmtree(folder)
    shred(zones, quarantine_id)


def _is_here(folder: Path, name: str) -> bool:
    return any(os.path.lexists(folder / stored) for stored in (_stored(folder, name), name + BODY))


def _put_together(zones: Zones, folder: Path, item: Quarantined) -> None:
    """Make an envelope whole again, with the time at which it arrived."""
    name = item.payload or ""
    if not (folder / (name + BODY)).is_file():
        return
    join(zones, item.quarantine_id, folder / name)
    moment = datetime.fromisoformat(item.arrived_at).timestamp()
    os.utime(folder / name, (moment, moment))


def _stored(folder: Path, name: str) -> str:
    return _DISPLACED if name == REASON_FILE and os.path.lexists(folder / _DISPLACED) else name


def _read(folder: Path) -> Quarantined:
    content = read_json(folder / REASON_FILE)
    return Quarantined(**{name: content[name] for name in Quarantined.__dataclass_fields__})
