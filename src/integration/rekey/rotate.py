"""A rotation of keys: a new version for all domains or one, and everything that is held under it, without identifiers.

    pending -> prepare -> swap -> settle -> told

1. The keyring gets a new version, marked as pending: from here on the stages refuse (ROTATION_UNFINISHED).
2. Each domain is built whole under ``rotation/v<N>/``; nothing that is read changes.
3. ``prepared.json`` says that all of it is there. From here on there is only one way: forward.
4. Folders and files change places by renames; what is old is removed.
5. The keyring's version is no longer pending; the audit's heads are signed with it; ``rotation/v<N>`` goes.

Giving the same command again goes on wherever a killed process stopped: each step is recognised by what it left.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import audit
from integration.errors import IntegrationError, KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms.held import check_fingerprints
from integration.pseudonyms.keyring import Keyring, KeyVersion, list_keys, open_keyring
from integration.pseudonyms.keyring_changes import add_pending, drop_pending, pending_version, settle
from integration.reasons import Reason
from integration.rekey.build import FILES, ZONES, Rekeyed, prepare
from integration.rekey.guard import alone, one_rotation
from integration.storage import Zones, read_json, sync_directory, write_json

if TYPE_CHECKING:
    from integration.outcomes import Progress
    from integration.settings import Settings

PREPARED = "prepared.json"
_DOMAIN = re.compile(r"GM\d{4}", re.ASCII)


@dataclass(frozen=True)
class Rotation:
    """A whole rotation: the version that is now in use, its scope (empty: all domains), and each domain's counts."""

    version: int
    scope: str
    resumed: bool
    domains: tuple[Rekeyed, ...]

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return asdict(self)


def passed(_boundary: str) -> None:
    """Called at every boundary between steps; tests end the process here."""


def rotate(
    settings: Settings, domain: DomainCode | None = None, progress: Progress | None = None
) -> Rotation:
    """Rotate the keys of one domain, or of all; again after a kill goes on where it stopped.

    Raises :class:`KeyUnavailable`, and :class:`IntegrationError`: ROTATION_RUNNING, ROTATION_UNFINISHED (another
    scope's rotation must be finished first), ROTATION_DIFFERS.
    """
    zones, ring = settings.zones, settings.zones.keys / "keyring.json"
    with one_rotation(zones):
        before = pending_version(ring)
        if before is None and (left := _settled(zones)) is not None:
            return _tell(settings, left, resumed=True)
        if before is not None and before.scope != (domain or ""):
            raise IntegrationError(Reason.ROTATION_UNFINISHED, before.scope or "all domains")
        if before is None:
            begins = _may_begin(settings, domain)
            passed("start")
            entry = add_pending(
                ring, settings.passphrase_bytes(), settings.now(), scope=domain, begins=begins
            )
            passed("pending")
        else:
            entry = before
        work = zones.rotation / f"v{entry.version}"
        objects = [f"key:{entry.version}", *(f"domain:{name}" for name in held_domains(zones, domain))]
        with audit.processing(settings, "keys.rotate", objects), alone(zones, domain):
            if not (work / PREPARED).exists():
                _give_way(zones, work, ring, domain)
            _rekey(settings, work, domain, progress or _silent)
            settle(ring)
            passed("settled")
        return _tell(settings, work, resumed=before is not None)


def _refuse_unfinished_rights(zones: Zones, domain: DomainCode | None) -> None:
    """What is unfinished holds marks of this version. Raises :class:`IntegrationError` (RIGHTS_UNFINISHED)."""
    for path in sorted(zones.rights.glob("*.unfinished.json")):
        if domain in (None, path.name.split(".")[0]):
            raise IntegrationError(Reason.RIGHTS_UNFINISHED, "subject apply finishes it")


def _give_way(zones: Zones, work: Path, ring: Path, domain: DomainCode | None) -> None:
    """Take the pending version back when a right was cut off by its coming: that is finished first."""
    try:
        _refuse_unfinished_rights(zones, domain)
    except IntegrationError:
        shutil.rmtree(work, ignore_errors=True)
        drop_pending(ring)
        raise


def abandon(settings: Settings) -> KeyVersion:
    """Give up a rotation of which nothing was swapped yet: the pending version goes, with all that was built.

    Raises :class:`IntegrationError`: KEY_UNKNOWN (none is unfinished), ROTATION_UNFINISHED (it can only be finished).
    """
    zones, ring = settings.zones, settings.zones.keys / "keyring.json"
    with one_rotation(zones):
        entry = pending_version(ring)
        if entry is None:
            raise UsageError(Reason.KEY_UNKNOWN, "no rotation is unfinished")
        work = zones.rotation / f"v{entry.version}"
        if (work / PREPARED).exists():
            raise IntegrationError(Reason.ROTATION_UNFINISHED, "only finishing is possible")
        with audit.processing(settings, "keys.rotate", [f"key:{entry.version}"]) as recorder:
            shutil.rmtree(work, ignore_errors=True)
            drop_pending(ring)
            recorder.ends = [audit.End(f"key:{entry.version}", "unchanged")]
    return entry


def held_domains(zones: Zones, domain: DomainCode | None) -> list[DomainCode]:
    """The domains of which something encoded is held: one, or all."""
    names = {
        path.name
        for zone in ZONES
        for path in getattr(zones, zone).glob("GM*")
        if any(path.rglob("*.parquet"))
    }
    names |= {path.stem.split(".")[0] for path in zones.warehouse.glob("GM*.duckdb")}
    names |= {path.name for work in zones.rotation.glob("v*") for path in work.glob("GM*")}
    found = sorted(DomainCode(name) for name in names if _DOMAIN.fullmatch(name))
    return [name for name in found if domain in (None, name)]


def _may_begin(settings: Settings, domain: DomainCode | None) -> bool:
    """Hold the keyring against all that would be re-keyed; whether the new version begins a chain of its own.

    It does where a version of the chain was destroyed and nothing is held any more. Raises :class:`KeyUnavailable` and
    RIGHTS_UNFINISHED.
    """
    zones, held = settings.zones, held_domains(settings.zones, domain)
    _refuse_unfinished_rights(zones, domain)
    try:
        keys = open_keyring(zones.keys / "keyring.json", settings.passphrase_bytes())
        for name in held:
            check_fingerprints(zones, name, keys)
        keys.version_of(domain or DomainCode(""))
    except KeyUnavailable as error:
        if error.reason is Reason.KEY_DESTROYED and not held:
            return True
        raise
    return False


def _rekey(settings: Settings, work: Path, domain: DomainCode | None, say: Progress) -> None:
    """Prepare all domains, then swap them; each part is left out that was done before a kill."""
    if not (work / PREPARED).exists():
        old, new = _rings(settings)
        held = held_domains(settings.zones, domain)
        done = []
        for number, name in enumerate(held):
            say("re-key", number, len(held))
            done.append(prepare(settings, name, Zones(work / name), old, new, passed))
        say("re-key", len(held), len(held))
        write_json(work / PREPARED, [vars(rekeyed) for rekeyed in done], mode=0o600)
        passed("all prepared")
    told = _prepared(work)
    for number, rekeyed in enumerate(told, 1):
        swap(settings.zones, Zones(work / rekeyed.domain), rekeyed)
        say("swap", number, len(told))


def _rings(settings: Settings) -> tuple[Keyring, Keyring]:
    """The keyring as it was, and with the version that is pending."""
    ring, passphrase = settings.zones.keys / "keyring.json", settings.passphrase_bytes()
    new = open_keyring(ring, passphrase, pending=True)
    try:
        return open_keyring(ring, passphrase), new
    except KeyUnavailable:
        return new, new  # nothing is held: there is nothing to re-key


def swap(zones: Zones, work: Zones, rekeyed: Rekeyed) -> None:
    """Put one domain's new folders and files in the place of the old, and remove the old; again is harmless.

    The stages are kept out meanwhile; whoever reads the published file finds the old one or the new one.
    """
    name, aside = rekeyed.domain, work.home / "old"
    for zone in ZONES:
        live, fresh = getattr(zones, zone) / name, getattr(work, zone) / name
        if fresh.exists():
            if live.exists():
                aside.mkdir(exist_ok=True)
                os.replace(live, aside / zone)
                passed(f"{zone} aside")
            live.parent.mkdir(parents=True, exist_ok=True)
            os.replace(fresh, live)
            sync_directory(live.parent)
            passed(f"{zone} swapped")
    domain = DomainCode(name)
    for path in (zones.building(domain), zones.warehouse / f"{name}.fresh.duckdb"):
        for file in (path, path.with_name(path.name + ".wal")):
            with contextlib.suppress(FileNotFoundError):
                file.unlink()
    files = sorted(path for path in (work.home / FILES).rglob("*") if path.is_file())
    pairs = [
        *((path, zones.home / path.relative_to(work.home / FILES)) for path in files),
        (work.published(domain), zones.published(domain)),
        (work.warehouse / f"{name}.json", zones.warehouse / f"{name}.json"),
    ]
    for fresh, live in pairs:
        if fresh.exists():
            live.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.replace(fresh, live)
            sync_directory(live.parent)
            passed(f"{live.suffix} swapped")
    shutil.rmtree(work.home, ignore_errors=True)
    passed("old removed")


def _prepared(work: Path) -> list[Rekeyed]:
    return [Rekeyed(**content) for content in read_json(work / PREPARED)]


def _settled(zones: Zones) -> Path | None:
    """The folder of a rotation that is whole but for its telling; None when there is none.

    Raises :class:`KeyUnavailable` (KEY_WRONG) when the keyring does not know that version: it is an older copy.
    """
    for work in sorted(zones.rotation.glob("v*")):
        version = int(work.name.removeprefix("v"))
        if version not in {entry.version for entry in list_keys(zones.keys / "keyring.json")}:
            raise KeyUnavailable(Reason.KEY_WRONG, "older than what is held")
        if (work / PREPARED).exists():
            return work
        with contextlib.suppress(OSError):
            work.rmdir()  # empty: killed between the last two removals
    return None


def _tell(settings: Settings, work: Path, *, resumed: bool) -> Rotation:
    """Sign the heads with the new version, and remove the last trace of the work."""
    version = int(work.name.removeprefix("v"))
    told = _prepared(work)
    audit.sign_or_tell(settings)
    passed("signed")
    (work / PREPARED).unlink()
    work.rmdir()
    sync_directory(work.parent)
    scope = next(e.scope for e in list_keys(settings.zones.keys / "keyring.json") if e.version == version)
    return Rotation(version, scope, resumed, tuple(told))


def _silent(_stage: str, _done: int, _total: int) -> None:
    """No progress to show."""
