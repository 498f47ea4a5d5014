"""Heads: for each log and day, how many lines there are and the last one's hash, signed with Ed25519.

A chain alone does not show that its end was cut off, or that all of it was written anew. A head that somebody else
holds does. Heads and the public keys they are checked with lie in one folder, and are also written to the folder
that ``audit_export`` names.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from integration.audit.head_keys import key_id, read_keys, verifies, write_keys
from integration.audit.lines import Line, canonical, letters, read_line, utc
from integration.audit.log import AuditLog
from integration.audit.words import LOGS
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = "integration-audit-head/1"


@dataclass(frozen=True)
class Head:
    """How a log stood: of ``day``, the lines ``first`` to ``n`` (numbers of the whole log) and the last one's hash.

    ``finished`` when the day was over; a head of today is replaced by a later one. ``key`` names the signing key.
    """

    log: str
    day: str
    first: int
    n: int
    hash: str
    finished: bool
    signed_at: str
    key: str
    signature: str

    @property
    def name(self) -> str:
        """Its file's name."""
        return f"{self.log}-{self.day}.json"

    def body(self) -> bytes:
        """What is signed: canonical JSON of everything but the signature."""
        content = {name: value for name, value in vars(self).items() if name != "signature"}
        return canonical({**content, "format": FORMAT})

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        content = {**vars(self), "format": FORMAT}
        write_bytes(folder / self.name, canonical(content) + b"\n")

    def signed_by(self, key: Ed25519PublicKey | None) -> bool:
        """Whether this key signed exactly this."""
        return key is not None and verifies(key, self.signature, self.body())


def write_heads(
    folder: Path, seeds: Sequence[bytes], now: datetime, *, today: bool = True, export: Path | None = None
) -> list[Head]:
    """Sign the head of every day that has none or has grown since; the heads of all days are returned.

    ``folder`` is the audit folder; ``seeds`` are the keyring's signing seeds, the active one last; without
    ``today`` the day that is not over is left out. ``export`` must exist. Only what chains, and what an earlier head
    here or in ``export`` stands by, is signed: when a day does not, the others are signed all the same and
    :class:`IntegrationError` (AUDIT_BROKEN) is raised. OSError when a folder cannot be written.
    """
    made: list[Head] = []
    broken: list[str] = []
    (folder / "heads").mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder / "heads.lock"):
        desk = _Desk.open(folder / "heads", export, seeds, now)
        for name in LOGS:
            log, before = AuditLog(folder, name), None
            for day in log.days():
                if not today and day >= utc(now)[:10]:
                    continue
                try:
                    head = desk.head_of(log, day, before)
                except _Broken:
                    broken.append(f"{name}-{day}")
                    before = None
                    continue
                before = head or before
                made += [head] if head else []
        if export is not None:
            _export(folder / "heads", export, made)
    if broken:
        raise IntegrationError(Reason.AUDIT_BROKEN, f"{len(broken)} days, first {broken[0]}")
    return made


class _Broken(Exception):
    """A day whose lines do not chain, or are not those that were signed for."""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time writes heads, so that a head never replaces a later one."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@dataclass(frozen=True)
class _Desk:
    """Where heads are signed: what is known from before, whom it trusts, and with what it signs."""

    target: Path
    export: Path | None
    signer: Ed25519PrivateKey
    trusted: dict[str, Ed25519PublicKey]
    now: datetime

    @classmethod
    def open(cls, target: Path, export: Path | None, seeds: Sequence[bytes], now: datetime) -> _Desk:
        """Keys of destroyed versions are trusted from the export; from here only while nothing was exported."""
        signers = write_keys(target, seeds)
        older = (read_keys(export) if export is not None else {}) or read_keys(target)
        return cls(
            target,
            export,
            signers[-1],
            older | {key_id(s.public_key()): s.public_key() for s in signers},
            now,
        )

    def head_of(self, log: AuditLog, day: str, before: Head | None) -> Head | None:
        """The day's head: the one that is there when it still holds, else a new one; None for a day without lines."""
        name = f"{log.log}-{day}.json"
        mine = read_head(self.target / name)
        held = read_head(self.export / name) if self.export is not None else None
        if mine is not None and not mine.signed_by(self.trusted.get(mine.key)):
            raise _Broken
        if (
            mine is not None
            and mine.finished
            and (held is None or (held.n, held.hash) == (mine.n, mine.hash))
        ):
            return mine
        with log.locked():
            content = log.path(day).read_bytes()
            finished = log.days()[-1] != day
        raw = content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]
        marks = [mark for mark in (mine, held) if mark is not None]
        if not all(_stands(log.log, raw, mark) for mark in marks):
            raise _Broken
        if not raw:
            return None
        first, last = _chained(log.log, raw, before, max(marks, key=lambda mark: mark.n, default=None))
        if mine is not None and (mine.n, mine.finished) == (last.n, finished):
            return mine
        public = key_id(self.signer.public_key())
        head = Head(log.log, day, first, last.n, last.hash, finished, utc(self.now), public, "")
        signed = replace(head, signature=letters(self.signer.sign(head.body())))
        signed.write(self.target)
        return signed


def _stands(log: str, raw: Sequence[bytes], mark: Head) -> bool:
    """Whether the line that an earlier head names is still in its place in the day."""
    place = mark.n - mark.first
    line = read_line(raw[place], log) if 0 <= place < len(raw) else None
    return line is not None and line.sound and (line.n, line.hash) == (mark.n, mark.hash)


def _chained(log: str, raw: Sequence[bytes], before: Head | None, known: Head | None) -> tuple[int, Line]:
    """The number of a day's first line, and its last line, when each follows the one before.

    What an earlier head of the day vouches for is not gone through again.
    """
    follows, number = (before.hash, before.n) if before and not known else (None, None)
    lines: list[Line] = []
    for content in raw[known.n - known.first if known else 0 :]:
        line = read_line(content, log)
        if line is None or not line.sound:
            raise _Broken
        if follows is not None and number is not None and (line.prev, line.n) != (follows, number + 1):
            raise _Broken
        follows, number = line.hash, line.n
        lines.append(line)
    return (known.first if known else lines[0].n), lines[-1]


def _export(folder: Path, export: Path, heads: Sequence[Head]) -> None:
    """Copy these heads, and public keys that are not there yet, to a folder that somebody else keeps."""
    keys = [path for path in sorted(folder.glob("key-*.json")) if not (export / path.name).exists()]
    for path in [*keys, *(folder / head.name for head in heads)]:
        there = export / path.name
        if not there.exists() or there.read_bytes() != path.read_bytes():
            partial = export / f".{path.name}.partial"
            shutil.copyfile(path, partial)
            partial.replace(there)


def read_head(path: Path) -> Head | None:
    """Read a head; None when it is absent or is not what a head looks like."""
    try:
        raw = path.read_bytes()
        content = json.loads(raw)
        if content.pop("format") != FORMAT:
            return None
        head = Head(**content)
        whole = type(head.n) is int and type(head.first) is int and type(head.finished) is bool
        texts = (head.log, head.day, head.hash, head.signed_at, head.key, head.signature)
        exact = canonical({**content, "format": FORMAT}) + b"\n" == raw
        return head if whole and exact and all(type(text) is str for text in texts) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def heads_in(folder: Path) -> Iterator[tuple[Path, Head | None]]:
    """Every head file in a folder, with what it says; None for one that cannot be read."""
    for path in sorted(folder.glob("*.json")):
        if not path.name.startswith(("key-", "purged-")):
            yield path, read_head(path)
