"""Claims: a delivery leaves the inbox whole before anything is decided about it, and nothing is ever lost.

A claim is a folder ``tmp/receive/<desk>/<claim id>/`` with ``claim.json`` (what is being taken, from where),
``content/`` (the files) and ``decision.json`` (what will become of it). Every step is one rename or one atomic
write, in an order such that whoever finds the folder after a crash can go on: not yet decided means decide
again, decided means carry out what is left. One desk (an inbox folder) has one lock; two processes that both
get past it (a shared disk without locks) still meet at the rename, and at the ledger.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from integration.deliveries.manifest import SUFFIX
from integration.storage import Zones, read_json, sync_directory, write_json

_DESK = re.compile(r"[A-Z0-9]{2,12}")
STRAY = "ONBEKEND"
"""The desk for what lies in the inbox outside a folder of a possible supplier."""


@dataclass(frozen=True)
class Arrival:
    """What lies in an inbox folder and belongs together: a payload, a manifest, or both; and when it came."""

    folder: Path
    payload: str | None
    manifest: str | None
    arrived_at: float

    @property
    def names(self) -> list[str]:
        """The manifest first: taking it takes the delivery."""
        return [name for name in (self.manifest, self.payload) if name is not None]


@dataclass(frozen=True)
class Claim:
    """A delivery that was taken out of the inbox. ``arrived_at`` is the manifest's time, in seconds."""

    claim_id: str
    folder: Path
    origin: Path
    payload: str | None
    manifest: str | None
    arrived_at: float

    @property
    def content(self) -> Path:
        """The folder with the files as they came."""
        return self.folder / "content"

    @property
    def decision(self) -> dict[str, Any] | None:
        """What was decided, or None while nothing was."""
        path = self.folder / "decision.json"
        return dict(read_json(path)) if path.exists() else None

    def decide(self, decision: dict[str, Any]) -> None:
        """Write down what will become of it, before anything does."""
        write_json(self.folder / "decision.json", decision, mode=0o600)

    def close(self) -> None:
        """Remove the claim: everything was carried out."""
        shutil.rmtree(self.folder)


def desks(zones: Zones) -> list[str]:
    """Return the inbox folders (and left-over claims) with something in them, sorted; STRAY last."""
    found = {name for name in _names(_claims(zones)) if (_claims(zones) / name).is_dir()}
    stray = found & {STRAY}
    for name in _names(zones.inbox):
        path = zones.inbox / name
        if _DESK.fullmatch(name) and name != STRAY and path.is_dir() and not path.is_symlink():
            found |= {name} if _names(path) else set()
        else:
            stray = {STRAY}
    return sorted(found - {STRAY}) + sorted(stray)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []


def _claims(zones: Zones) -> Path:
    return zones.tmp / "receive"


@contextmanager
def desk_lock(zones: Zones, desk: str) -> Iterator[None]:
    """Hold a desk for one process at a time; a second one waits, and then finds the work done."""
    folder = zones.tmp / "locks"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / f"receive-{desk}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def arrivals(zones: Zones, desk: str, now: datetime, grace_seconds: int) -> list[Arrival]:
    """Return what is ready to be taken at a desk.

    A manifest makes its delivery ready, with or without its payload. Anything else is given ``grace_seconds``
    to get one, and is ready after that without. A time that is further ahead of the clock than that counts as
    past too: it tells nothing about how long the thing has been lying there.
    """
    if desk == STRAY:
        entries = [zones.inbox / name for name in _names(zones.inbox)]
        folders = [path for path in entries if path.is_dir() and not path.is_symlink()]
        odd = [path for path in folders if path.name == STRAY or not _DESK.fullmatch(path.name)]
        loose = [path.name for path in entries if path not in folders]
        found = _pairs(zones.inbox, loose)
        found += [arrival for folder in odd for arrival in _pairs(folder, _names(folder))]
    else:
        folder = zones.inbox / desk
        found = _pairs(folder, _names(folder))
    return [a for a in found if a.manifest or abs(now.timestamp() - a.arrived_at) > grace_seconds]


def _pairs(folder: Path, names: list[str]) -> list[Arrival]:
    present = set(names)
    found = []
    for name in names:
        if name.endswith(SUFFIX) and name != SUFFIX:
            payload = name.removesuffix(SUFFIX)
            found.append(_arrival(folder, payload if payload in present else None, name))
        elif name + SUFFIX not in present:
            found.append(_arrival(folder, name, None))
    return [arrival for arrival in found if arrival is not None]


def _arrival(folder: Path, payload: str | None, manifest: str | None) -> Arrival | None:
    try:
        moment = os.lstat(folder / (manifest or payload or "")).st_mtime
    except FileNotFoundError:
        return None
    return Arrival(folder, payload, manifest, moment)


def take(zones: Zones, desk: str, arrival: Arrival) -> Claim | None:
    """Move an arrival out of the inbox; None when another process was first."""
    try:
        claim_id = _claim_id(zones, desk, arrival)
        folder = _claims(zones) / desk / claim_id
        folder.mkdir(parents=True, mode=0o700)
    except (FileNotFoundError, FileExistsError):
        return None
    told = {
        "origin": os.path.relpath(arrival.folder, zones.inbox),
        "payload": arrival.payload,
        "manifest": arrival.manifest,
        "arrived_at": arrival.arrived_at,
    }
    write_json(folder / "claim.json", told, mode=0o600)
    claim = Claim(claim_id, folder, arrival.folder, arrival.payload, arrival.manifest, arrival.arrived_at)
    return claim if _collect(claim) else None


def left_over(zones: Zones, desk: str) -> list[Claim]:
    """Return the claims that a crash left at a desk, their files collected; empty ones are removed."""
    found = []
    for name in _names(_claims(zones) / desk):
        folder = _claims(zones) / desk / name
        told = read_json(folder / "claim.json") if (folder / "claim.json").exists() else None
        if told is None:
            shutil.rmtree(folder)
            continue
        origin = (zones.inbox / told["origin"]).resolve()
        claim = Claim(name, folder, origin, told["payload"], told["manifest"], told["arrived_at"])
        if claim.decision is not None or _collect(claim):
            found.append(claim)
    return found


def _collect(claim: Claim) -> bool:
    """Move what is not yet in the claim; False (and no claim left) when there was nothing to take."""
    claim.content.mkdir(exist_ok=True, mode=0o700)
    for name in (claim.manifest, claim.payload):
        if name is None:
            continue
        try:
            os.replace(claim.origin / name, claim.content / name)
        except FileNotFoundError:
            if not os.path.lexists(claim.content / name) and name == claim.manifest:
                break
    if not _names(claim.content):
        claim.close()
        return False
    sync_directory(claim.content)
    return True


def _claim_id(zones: Zones, desk: str, arrival: Arrival) -> str:
    """Return an id that follows from what came: names, size and time, and the manifest's bytes."""
    digest = hashlib.sha256(repr((arrival.names, arrival.arrived_at)).encode())
    for name in arrival.names:
        found = os.lstat(arrival.folder / name)
        digest.update(repr((found.st_size, found.st_mtime_ns)).encode())
        if name == arrival.manifest and stat.S_ISREG(found.st_mode) and found.st_size < 1024**2:
            digest.update((arrival.folder / name).read_bytes())
    base = claim_id = f"Q-{desk}-{digest.hexdigest()[:10]}"
    number = 2
    while any((place / claim_id).exists() for place in (zones.quarantine, _claims(zones) / desk)):
        claim_id, number = f"{base}-{number}", number + 1
    return claim_id
