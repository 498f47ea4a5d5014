"""The files of one audit log: one a day, appended to by one process at a time.

A line is written and flushed to disk under a lock before the work that it tells goes on. What a killed or
powerless machine left half-written is a torn last line: it is set aside under ``torn/`` and told in the next line,
never dropped. The chain runs on from day to day, so a day that disappears is missed.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from integration.audit.lines import Event, Line, digest, genesis, read_line, seal
from integration.audit.words import LOGS, SET_ASIDE, Purpose
from integration.storage import sync_directory, write_bytes

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})\.jsonl", re.ASCII)
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class End:
    """Where a log stands: the number and hash of its last line."""

    n: int
    hash: str


class AuditLog:
    """One log (``processing`` or ``access``) under the audit folder. Safe for many processes and threads at once."""

    def __init__(self, folder: Path, log: str) -> None:
        if log not in LOGS:
            raise ValueError("unknown log")
        self.log = log
        self.folder = folder / log
        self._torn = folder / "torn"
        self._lock = folder / f"{log}.lock"

    def days(self) -> list[str]:
        """The days that have a file, oldest first."""
        if not self.folder.is_dir():
            return []
        found = (_DAY.fullmatch(path.name) for path in self.folder.iterdir())
        return sorted(match[1] for match in found if match)

    def path(self, day: str) -> Path:
        """The file of one day."""
        return self.folder / f"{day}.jsonl"

    def append(self, events: Sequence[Event]) -> None:
        """Write events as the log's next lines, in one piece; they are on disk when this returns.

        They go into the file of their UTC day, or into the newest file when the clock stands before that.
        Raises OSError when they cannot be written.
        """
        if not events:
            return
        with self._alone():
            self._set_torn_aside()
            waiting = sorted(self._torn.glob(f"{self.log}-*.pending")) if self._torn.is_dir() else []
            for path in waiting:
                self._tell(path, events[0])
            self._write(events)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold writers off while a consistent copy is read; nothing to hold off where there is no lock file."""
        try:
            handle = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.mkdir(exist_ok=True, mode=0o700)
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _set_torn_aside(self) -> None:
        """Keep what stands after the last whole line in a file of its own, then cut it off."""
        for day in reversed(self.days()):
            content, whole = _tail(self.path(day))
            torn = content[whole:]
            if torn:
                name = f"{self.log}-{day}-{digest(torn)}.pending"
                self._torn.mkdir(exist_ok=True, mode=0o700)
                write_bytes(self._torn / name, torn, mode=0o600)
                _cut(self.path(day), len(torn))
            if whole:
                return

    def _tell(self, pending: Path, after: Event) -> None:
        """Write the line that tells of torn bytes, unless it was written already, and mark them as told."""
        token = f"torn:{pending.stem.rsplit('-', 1)[1]}"
        last = self._last_line()
        if last is None or last.fields.get("object") != token:
            told = Event(
                event=SET_ASIDE,
                time=after.time,
                actor=after.actor,
                action="log.mend",
                object=token,
                purpose=Purpose.OVERSIGHT,
                outcome="set-aside",
                system=after.system,
            )
            self._write([told])
        os.replace(pending, pending.with_suffix(".torn"))
        sync_directory(self._torn)

    def _write(self, events: Sequence[Event]) -> None:
        end = self.end()
        lines = []
        for event in events:
            line, own = seal(self.log, event, end.n + 1, end.hash)
            end = End(end.n + 1, own)
            lines.append(line + b"\n")
        day = events[0].time.astimezone(UTC).date().isoformat()
        path = self.path(max([day, *self.days()[-1:]]))
        is_new = not path.exists()
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            rest = memoryview(b"".join(lines))
            while rest:
                rest = rest[os.write(handle, rest) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            sync_directory(self.folder)

    def end(self) -> End:
        """Where the log stands: its last whole line's number and hash.

        A last line that was damaged is counted, and its bytes are hashed: the log goes on, and verifying tells.
        """
        for day in reversed(self.days()):
            content, whole = _tail(self.path(day))
            if not whole:
                continue
            lines = content[:whole].split(b"\n")[:-1]
            last = read_line(lines[-1], self.log)
            if last is not None and last.n > 0:
                return End(last.n, last.hash)
            return End(self._count(), digest(lines[-1]))
        return End(0, genesis(self.log))

    def _last_line(self) -> Line | None:
        for day in reversed(self.days()):
            content, whole = _tail(self.path(day))
            if whole:
                return read_line(content[:whole].split(b"\n")[-2], self.log)
        return None

    def _count(self) -> int:
        return sum(self.path(day).read_bytes().count(b"\n") for day in self.days())


def _tail(path: Path) -> tuple[bytes, int]:
    """The end of a file from the beginning of a line on, and how much of that is whole lines."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        wanted = _CHUNK
        while True:
            start = max(0, size - wanted)
            stream.seek(start)
            content = stream.read(size - start)
            whole = content.rfind(b"\n") + 1
            before = content.rfind(b"\n", 0, max(0, whole - 1)) + 1
            if start == 0 or (whole and before):
                return (content if start == 0 else content[before:]), (
                    whole if start == 0 else whole - before
                )
            wanted *= 4


def _cut(path: Path, torn: int) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.ftruncate(handle, os.fstat(handle).st_size - torn)
        os.fsync(handle)
    finally:
        os.close(handle)
