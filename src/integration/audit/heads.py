"""Heads: for each log and day, how many lines there are and the last one's hash, signed with Ed25519.

A chain alone does not show that its end was cut off, or that all of it was written anew. A head that somebody else
holds does. Heads and the public keys they are checked with lie in one folder, and are also written to the folder
that ``audit_export`` names. A key that follows another (rotation) is endorsed by it, so that who holds the first
public key can trust the next.
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

from integration.audit.lines import Line, canonical, digest, letters, read_line, unletters, utc
from integration.audit.log import AuditLog
from integration.audit.words import LOGS
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = "integration-audit-head/1"
KEY_FORMAT = "integration-audit-key/1"


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
        return key is not None and _verifies(key, self.signature, self.body())


def write_heads(
    folder: Path, seeds: Sequence[bytes], now: datetime, *, today: bool = True, export: Path | None = None
) -> list[Head]:
    """Sign the head of every day that has none or has grown since; the heads of all days are returned.

    ``folder`` is the audit folder; ``seeds`` are the keyring's signing seeds, the active one last; without
    ``today`` the day that is not over is left out. Only what chains is signed: when a day does not, the others are
    signed all the same and :class:`IntegrationError` (AUDIT_BROKEN) is raised. OSError when a folder cannot be written.
    """
    target = folder / "heads"
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: list[Head] = []
    broken: list[str] = []
    with _alone(folder / "heads.lock"):
        signer = write_keys(target, seeds)
        for name in LOGS:
            log, before = AuditLog(folder, name), None
            for day in log.days():
                if not today and day >= utc(now)[:10]:
                    continue
                try:
                    head = _head_of(log, day, before, target, signer, now)
                except _Broken:
                    broken.append(f"{name}-{day}")
                    before = None
                    continue
                before = head or before
                made += [head] if head else []
        if export is not None:
            export_heads(target, export)
    if broken:
        raise IntegrationError(Reason.AUDIT_BROKEN, f"{len(broken)} days, first {broken[0]}")
    return made


class _Broken(Exception):
    """A day whose lines do not chain."""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time writes heads, so that a head never replaces a later one."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _head_of(
    log: AuditLog, day: str, before: Head | None, target: Path, signer: Ed25519PrivateKey, now: datetime
) -> Head | None:
    """The day's head: the one that is there when it still holds, else a new one; None for a day without lines."""
    known = read_head(target / f"{log.log}-{day}.json")
    if known is not None and known.finished:
        return known
    with log.locked():
        content = log.path(day).read_bytes()
        finished = log.days()[-1] != day
    raw = content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]
    if not raw:
        return None
    first, last = _chained(log.log, raw, before, known)
    if known is not None and (known.n, known.finished) == (last.n, finished):
        return known
    public = key_id(signer.public_key())
    head = Head(log.log, day, first, last.n, last.hash, finished, utc(now), public, "")
    signed = replace(head, signature=letters(signer.sign(head.body())))
    signed.write(target)
    return signed


def _chained(log: str, raw: Sequence[bytes], before: Head | None, known: Head | None) -> tuple[int, Line]:
    """The number of a day's first line, and its last line, when each follows the one before.

    What an earlier head of the day vouches for is not gone through again: its last line must be there.
    """
    start = known.n - known.first if known else 0
    if not 0 <= start < len(raw):
        raise _Broken
    follows, number = (before.hash, before.n) if before and not known else (None, None)
    lines: list[Line] = []
    for content in raw[start:]:
        line = read_line(content, log)
        if line is None or not line.sound:
            raise _Broken
        if follows is not None and number is not None and (line.prev, line.n) != (follows, number + 1):
            raise _Broken
        follows, number = line.hash, line.n
        lines.append(line)
    if known and (lines[0].n, lines[0].hash) != (known.n, known.hash):
        raise _Broken
    return (known.first if known else lines[0].n), lines[-1]


def export_heads(folder: Path, export: Path) -> None:
    """Copy heads and public keys to a folder that somebody else keeps; a head there is never made to say less."""
    export.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.glob("*.json")):
        there = export / path.name
        mine, held = read_head(path), read_head(there)
        same = mine is not None and held is not None and (mine.n, mine.hash) == (held.n, held.hash)
        if held is not None and not same and (mine is None or mine.n <= held.n):
            raise IntegrationError(Reason.AUDIT_BROKEN, "the exported head says more", file=path.name)
        if there.exists() and (path.name.startswith("key-") or there.read_bytes() == path.read_bytes()):
            continue
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


# -- keys ------------------------------------------------------------------------------------------


def write_keys(folder: Path, seeds: Sequence[bytes]) -> Ed25519PrivateKey:
    """Write the public keys that are not there yet, each endorsed by those before it; return the active signer."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    older: list[Ed25519PrivateKey] = []
    for seed in seeds:
        signer = Ed25519PrivateKey.from_private_bytes(seed)
        public = signer.public_key()
        path = folder / f"key-{key_id(public)}.json"
        if not path.exists():
            pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
            endorsed = {key_id(old.public_key()): letters(old.sign(_endorsing(public))) for old in older}
            content = {"format": KEY_FORMAT, "key": key_id(public), "public": pem, "endorsed_by": endorsed}
            write_bytes(path, canonical(content) + b"\n")
        older.append(signer)
    return older[-1]


def read_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys in a folder, by id; what is not one is passed over."""
    found = (_read_key(path) for path in sorted(folder.glob("key-*.json")))
    return {key_id(public): public for public, _ in filter(None, found)}


def endorsed(trusted: dict[str, Ed25519PublicKey], folder: Path) -> dict[str, Ed25519PublicKey]:
    """``trusted`` and every key in ``folder`` that a trusted key endorses, at any remove."""
    known = dict(trusted)
    offered = [pair for path in sorted(folder.glob("key-*.json")) if (pair := _read_key(path))]
    for _ in offered:
        for public, marks in offered:
            if any(
                _verifies(known[by], mark, _endorsing(public)) for by, mark in marks.items() if by in known
            ):
                known.setdefault(key_id(public), public)
    return known


def key_id(public: Ed25519PublicKey) -> str:
    """Sixteen letters that recognise a public key."""
    return digest(public.public_bytes_raw())[:16]


def _read_key(path: Path) -> tuple[Ed25519PublicKey, dict[str, str]] | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        raw = path.read_bytes()
        content = json.loads(raw)
        public = load_pem_public_key(content["public"].encode("ascii"))
        marks = {str(by): str(mark) for by, mark in content["endorsed_by"].items()}
        exact = content["format"] == KEY_FORMAT and canonical(content) + b"\n" == raw
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsupportedAlgorithm):
        return None
    if not isinstance(public, Ed25519PublicKey) or not exact or path.name != f"key-{key_id(public)}.json":
        return None
    return public, marks


def _endorsing(public: Ed25519PublicKey) -> bytes:
    return f"{KEY_FORMAT} endorses ".encode("ascii") + public.public_bytes_raw()


def _verifies(key: Ed25519PublicKey, signature: str, content: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(unletters(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def heads_in(folder: Path) -> Iterator[tuple[Path, Head | None]]:
    """Every head file in a folder, with what it says; None for one that cannot be read."""
    for path in sorted(folder.glob("*.json")):
        if not path.name.startswith("key-"):
            yield path, read_head(path)
