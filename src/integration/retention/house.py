"""What every part of a purge needs: the settings, the ledger as it is, the day, and a way to remove a folder whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from integration.ledger import Entry, Ledger
from integration.names import DeliveryId, InvalidName
from integration.retention.result import Tally
from integration.retention.terms import Terms, terms
from integration.settings import AMSTERDAM, Settings
from integration.storage import Zones, sync_directory

WAITING = frozenset({"received", "encoded", "checked", "held"})
"""States of deliveries that are not finished."""


class House:
    """One purge of one installation. With ``dry_run`` nothing is changed."""

    def __init__(self, settings: Settings, ledger: Ledger, *, dry_run: bool) -> None:
        self.settings, self.ledger, self.dry_run = settings, ledger, dry_run
        self.zones: Zones = settings.zones
        self.today: date = settings.today()
        self.tally = Tally()

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """What the ledger says of each delivery."""
        return {entry.subject: entry for entry in self.ledger.entries()}

    def terms(self, zone: str, entry: Entry) -> Terms:
        """The terms of a delivery in a zone, under the contract version it was encoded by."""
        _, _, version = str(entry.facts.get("contract", "")).partition(" ")
        return terms(self.settings, zone, entry.source, version or None)

    def last(self, entry: Entry, state: str) -> date | None:
        """The day on which a delivery last came to a state; None when it never did."""
        moments = [event["at"] for event in self.ledger.events(entry.subject) if event["state"] == state]
        return day_of(moments[-1]) if moments else None

    def remove(self, path: Path) -> None:
        """Remove a folder: out of its zone by one rename, then from the disk."""
        bin_ = self.zones.tmp / "purge"
        bin_.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.replace(path, Path(tempfile.mkdtemp(dir=bin_)) / path.name)
        sync_directory(path.parent)
        self.empty()

    def empty(self) -> None:
        """Remove what this or a killed purge took out of its zone."""
        shutil.rmtree(self.zones.tmp / "purge", ignore_errors=True)


def day_of(moment: str) -> date:
    """The Dutch day of a moment as the ledger writes it."""
    return datetime.fromisoformat(moment).astimezone(AMSTERDAM).date()


def deliveries_in(zone: Path) -> list[tuple[DeliveryId, Path]]:
    """The deliveries that have a folder in a zone; what has another name is none."""
    found = []
    for path in sorted(zone.glob("*/*/*")):
        try:
            delivery = DeliveryId.parse(path.name)
        except InvalidName:
            continue
        if path.is_dir() and not path.is_symlink():
            found.append((delivery, path))
    return found
