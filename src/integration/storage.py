"""The zones on disk, and writes that are either whole or absent.

Everything of an installation lives under one folder. A zone holds one state of the data; stages move data
from zone to zone by atomic renames, so a crash leaves either the old state or the new one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from integration.names import DeliveryId, DomainCode

_PACKAGE = Path(__file__).resolve().parent
MEMORY_BYTES = 32 * 1024**2
"""Up to so much an unnamed file lies in memory, so that it never reaches a disk."""


@dataclass(frozen=True)
class Zones:
    """The folders of an installation under ``home``; none is made until something is written there."""

    home: Path

    @property
    def inbox(self) -> Path:
        """``inbox/<supplier>/``: where suppliers put payload and, last, manifest."""
        return self.home / "inbox"

    @property
    def raw(self) -> Path:
        """Accepted deliveries: sealed ones as envelopes without their header, plain ones as they came; kept 7 days."""
        return self.home / "raw"

    @property
    def quarantine(self) -> Path:
        """Refused deliveries as they came, each with ``reason.json``."""
        return self.home / "quarantine"

    @property
    def staging(self) -> Path:
        """Encoded deliveries: no identifiers from here on; kept 30 days."""
        return self.home / "staging"

    @property
    def linked(self) -> Path:
        """Checked and accepted encoded deliveries, every record version; kept 36 months."""
        return self.home / "linked"

    @property
    def linking(self) -> Path:
        """A link file a domain, with its reviewers' decisions; only linkage opens it; kept as long as linked."""
        return self.home / "linking"

    @property
    def warehouse(self) -> Path:
        """One DuckDB file a domain."""
        return self.home / "warehouse"

    @property
    def releases(self) -> Path:
        """What may be seen outside: numbered, protected, never changed."""
        return self.home / "releases"

    @property
    def keys(self) -> Path:
        """The keyring; never beside data in production."""
        return self.home / "keys"

    @property
    def data_keys(self) -> Path:
        """``<id>.header``: the wrapped data key of each sealed delivery; without it nobody can open its envelope."""
        return self.keys / "deliveries"

    @property
    def first_pass_keys(self) -> Path:
        """First-pass keys as they were handed out, one a domain; only the encoding process opens them."""
        return self.keys / "first-pass"

    @property
    def keeper(self) -> Path:
        """The sample's key keeper; absent in a real installation, where that is somebody else."""
        return self.home / "keeper"

    @property
    def suppliers(self) -> Path:
        """``<org>.yml`` a supplier."""
        return self.home / "suppliers"

    @property
    def truth(self) -> Path:
        """The sample's truth; absent in a real installation."""
        return self.home / "truth"

    @property
    def logs(self) -> Path:
        """Log files."""
        return self.home / "logs"

    @property
    def audit(self) -> Path:
        """What was processed and who looked, a file a log and day, and the signed heads; kept 5 years."""
        return self.home / "audit"

    @property
    def rotation(self) -> Path:
        """A rotation of keys: locks, and what is being re-keyed; no data is left when it is whole."""
        return self.home / "rotation"

    @property
    def rights(self) -> Path:
        """Lists of persons who used a right, as tokens under a key of their own; and work that is not finished."""
        return self.home / "rights"

    @property
    def tmp(self) -> Path:
        """Private scratch space (spill files); emptied by whoever uses it, or the next one."""
        return self.home / "tmp"

    def domain_of(self, delivery: DeliveryId) -> DomainCode:
        """The pseudonym domain of a delivery: its municipality."""
        return DomainCode(delivery.municipality)

    def raw_dir(self, delivery: DeliveryId) -> Path:
        """Where an accepted delivery's payload and manifest are."""
        return self.raw / self.domain_of(delivery) / delivery.source / str(delivery)

    def staging_dir(self, delivery: DeliveryId) -> Path:
        """Where a delivery's encoded tables are until they are loaded."""
        return self.staging / self.domain_of(delivery) / delivery.source / str(delivery)

    def linked_dir(self, delivery: DeliveryId) -> Path:
        """Where a loaded delivery's encoded tables are kept."""
        return self.linked / self.domain_of(delivery) / delivery.source / str(delivery)

    def published(self, domain: DomainCode) -> Path:
        """The domain's warehouse file that readers open."""
        return self.warehouse / f"{domain}.duckdb"

    def link_file(self, domain: DomainCode) -> Path:
        """A domain's link file."""
        return self.linking / f"{domain}.duckdb"

    def link_model(self, domain: DomainCode) -> Path:
        """The model that a domain's nights link with; absent: the shipped one."""
        return self.linking / f"{domain}.model.json"

    def building(self, domain: DomainCode) -> Path:
        """The domain's warehouse file that tonight's run is writing."""
        return self.warehouse / f"{domain}.building.duckdb"

    def model_check(self, domain: DomainCode, *, building: bool = False) -> Path:
        """What the check after linking found of the published file, or of the one that is being built."""
        return self.warehouse / f"{domain}{'.building' if building else ''}.check.json"


def resource(name: str) -> Path:
    """Return the folder ``warehouse``, ``expectations`` or ``dags``: links in a checkout, folders in a wheel."""
    return (_PACKAGE / "_resources" / name).resolve()


def sync_directory(path: Path) -> None:
    """Flush a folder's entries to disk, so that a rename survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """Give a temporary sibling folder to fill; on success it takes ``target``'s place, else it is removed.

    An existing target is moved aside first and removed last, so a reader finds the old content or the new.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent))
    try:
        yield work
        for path in work.rglob("*"):
            if path.is_file():
                _sync_file(path)
        _swap(work, target)
        sync_directory(target.parent)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _swap(work: Path, target: Path) -> None:
    if not target.exists():
        os.replace(work, target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent))
    os.replace(target, aside / "content")
    os.replace(work, target)
    shutil.rmtree(aside, ignore_errors=True)


def _sync_file(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file that is either the old or the new content, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        os.replace(name, path)
        sync_directory(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, content: Any, *, mode: int = 0o644) -> None:
    """Write readable JSON with stable key order, atomically."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str) + "\n"
    write_bytes(path, text.encode(), mode=mode)


def read_json(path: Path) -> Any:
    """Read a JSON file; the caller knows its shape."""
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def unnamed(folder: Path, size: int) -> Iterator[BinaryIO]:
    """Give a file without a name, which is gone when it is closed or when the process ends, however it ends.

    One for up to :data:`MEMORY_BYTES` lies in memory (memfd); a larger one on the disk of ``folder`` (O_TMPFILE;
    where there is none, a file whose name is gone before anything is written).
    """
    if size <= MEMORY_BYTES and hasattr(os, "memfd_create"):
        stream = os.fdopen(os.memfd_create("unnamed", os.MFD_CLOEXEC), "w+b")
    else:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  closed below
    with stream:
        yield stream


def wipe(path: Path, length: int | None = None) -> None:
    """Write zeros over a file (or its first ``length`` bytes), flush them to disk, and remove it; absent is fine.

    That the disk keeps no older copy of a block cannot be promised: flash and journals may.
    """
    try:
        handle: int | None = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except PermissionError:  # another user's file in a folder of ours
        handle = None
    if handle is not None:
        with os.fdopen(handle, "wb") as stream:
            stream.write(bytes(os.fstat(handle).st_size if length is None else length))
            stream.flush()
            os.fsync(handle)
    path.unlink(missing_ok=True)
    sync_directory(path.parent)
