"""The purge as a whole: zone by zone, one at a time in an installation."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from integration import audit
from integration.ledger import Ledger
from integration.quality.history import History
from integration.retention.files import purge_headers, purge_quarantine, purge_raw, purge_staging
from integration.retention.house import House
from integration.retention.linked import purge_linked
from integration.retention.result import PurgeResult
from integration.storage import Zones

if TYPE_CHECKING:
    from integration.settings import Settings


def purge(settings: Settings, ledger: Ledger, *, dry_run: bool = False) -> PurgeResult:
    """Remove everything whose time is over by the one clock, or with ``dry_run`` only count it.

    The audit logs come last. Raises what :func:`integration.audit.purge_logs` does, after the zones were done, and
    :class:`IntegrationError` (MODEL_FAILED) when encoded records cannot be read.
    """
    house = House(settings, ledger, dry_run=dry_run)
    with _alone(settings.zones, dry_run=dry_run):
        if not dry_run:
            house.empty()
        for part in (purge_raw, purge_quarantine, purge_headers, purge_staging, purge_linked):
            part(house)
        purge_history(house)
        for log, days in audit.purge_logs(settings, dry_run=dry_run).items():
            house.tally.add("audit", log, deliveries=days)
    return PurgeResult(house.today, dry_run, house.tally.counts())


def purge_history(house: House) -> None:
    """Remove check runs whose time is over, which is that of the logs, from the history of checks."""
    url = make_url(house.settings.stewardship())
    if url.database and url.get_backend_name() == "sqlite" and not Path(url.database).is_file():
        return
    before = audit.kept_from(house.settings)
    history = History(house.settings.stewardship())
    for source, deliveries in history.purge(before, dry_run=house.dry_run).items():
        house.tally.add("history", source, deliveries=deliveries)


@contextmanager
def _alone(zones: Zones, *, dry_run: bool) -> Iterator[None]:
    """One purge at a time; one that only counts waits for nobody."""
    if dry_run:
        yield
        return
    folder = zones.tmp / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "purge.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
