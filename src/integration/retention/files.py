"""Whole deliveries whose time is over: in the raw zone, in quarantine and in staging."""

from __future__ import annotations

import shutil
from pathlib import Path

from integration.deliveries import claims
from integration.deliveries.data_keys import header_path, shred
from integration.deliveries.quarantine import REASON_FILE, Quarantined, quarantined
from integration.ledger import Entry
from integration.names import DeliveryId, InvalidName
from integration.retention.house import WAITING, House, day_of, deliveries_in
from integration.retention.terms import terms
from integration.storage import read_json, write_json

NOBODY = "onbekend"
"""The source of what was refused before it was known whose it was."""


def purge_raw(house: House) -> None:
    """Remove raw deliveries some days after they arrived, their data key first; not what still waits."""
    for delivery, folder in deliveries_in(house.zones.raw):
        entry = house.entries.get(str(delivery))
        if entry is None or house.terms("raw", entry).ends(day_of(entry.arrived_at)) > house.today:
            continue
        came = house.last(entry, "received") if _again(house, entry) else None
        if came is not None and house.terms("raw", entry).ends(came) > house.today:
            continue
        if entry.state in WAITING:
            house.tally.add("raw", entry.source, waiting=1)
            continue
        house.tally.add("raw", entry.source, deliveries=1)
        if house.dry_run:
            continue
        with claims.desk_lock(house.zones, entry.supplier):
            now = house.ledger.entry(delivery)
            if now is not None and now.state not in WAITING and folder.is_dir():
                shred(house.zones, str(delivery))
                house.remove(folder)


def _again(house: House, entry: Entry) -> bool:
    """Whether a delivery was sent again after it failed its check: its second payload came later."""
    return [event["state"] for event in house.ledger.events(entry.subject)].count("received") > 1


def purge_headers(house: House) -> None:
    """Destroy data keys of deliveries that are kept nowhere any more, which a crash may leave."""
    if house.dry_run or not house.zones.data_keys.is_dir():
        return
    names = [path.name.removesuffix(".header") for path in house.zones.data_keys.glob("*.header")]
    if any((house.zones.tmp / "receive").glob("*/*")):
        return  # one of them may be of a delivery that is just being taken in
    for name in names:
        if not _kept(house, name) and header_path(house.zones, name).exists():
            shred(house.zones, name)


def _kept(house: House, name: str) -> bool:
    try:
        folder = house.zones.raw_dir(DeliveryId.parse(name))
    except InvalidName:
        folder = house.zones.quarantine / name
    return folder.is_dir()


def purge_quarantine(house: House) -> None:
    """Remove the files of refused deliveries some days after they were refused; ``reason.json`` stays.

    Nobody vouches for what a refused manifest says or for how files were named, so neither is kept.
    """
    for item in quarantined(house.zones):
        folder, source = house.zones.quarantine / item.quarantine_id, _source(item)
        files = [path for path in folder.iterdir() if path.name != REASON_FILE]
        over = terms(house.settings, "quarantine", source).ends(day_of(item.refused_at)) <= house.today
        if not over or not (files or item.payload or item.manifest):
            continue
        house.tally.add("quarantine", source or NOBODY, deliveries=1)
        if not house.dry_run:
            shred(house.zones, item.quarantine_id)
            _remove_files(files)
            told = read_json(folder / REASON_FILE) | {"payload": None, "manifest": None}
            write_json(folder / REASON_FILE, told | {"purged_on": house.today.isoformat()}, mode=0o600)


def _source(item: Quarantined) -> str | None:
    return str(DeliveryId.parse(item.delivery_id).source) if item.delivery_id else None


def _remove_files(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def purge_staging(house: House) -> None:
    """Remove encoded deliveries some days after they were encoded, once they were loaded or refused."""
    for delivery, folder in deliveries_in(house.zones.staging):
        entry = house.entries.get(str(delivery))
        if entry is None or house.terms("staging", entry).ends(day_of(entry.arrived_at)) > house.today:
            continue
        encoded = house.last(entry, "encoded")
        if encoded is not None and house.terms("staging", entry).ends(encoded) > house.today:
            continue
        if entry.state in WAITING:
            house.tally.add("staging", entry.source, waiting=1)
            continue
        house.tally.add("staging", entry.source, deliveries=1)
        if not house.dry_run:
            house.remove(folder)
