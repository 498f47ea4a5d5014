"""What an attacker does to an audit folder: bytes, lines, whole days, heads. See :mod:`integration.audit.attack`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from integration.audit.heads import write_heads
from integration.audit.lines import canonical, digest, genesis
from integration.audit.words import LOGS

START = datetime(2026, 2, 14, 1, 0, tzinfo=UTC)
"""When the example begins."""
_SUFFIXES = (".json", ".jsonl", ".torn")
_OTHER = [sha256(b"the attacker's own seed").digest()]
_FIELDS: dict[str, Any] = {
    "actor": "somebody",
    "action": "export",
    "object": "domain:GM9999",
    "outcome": "failed",
    "purpose": "subject-rights",
    "time": "2026-02-01T00:00:00.000000Z",
    "processing_id": "a" * 32,
    "case": "Z-2026-9",
    "organisation": "GM9999",
    "reason": "INTERNAL",
    "subjects": [],
}


class Attacker:
    """Edits an audit folder, and puts it back as it was."""

    def __init__(self, audit: Path, rng: random.Random) -> None:
        self.audit = audit
        self.rng = rng
        self._before = self._all()

    def _all(self) -> dict[Path, bytes]:
        paths = (path for path in self.audit.rglob("*") if path.is_file() and path.suffix in _SUFFIXES)
        return {path: path.read_bytes() for path in paths}

    def changed(self) -> bool:
        """Whether the last edit changed anything."""
        return self._all() != self._before

    def restore(self) -> None:
        """Put everything back."""
        for path in self._all().keys() - self._before.keys():
            path.unlink()
        for path, content in self._before.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                path.write_bytes(content)

    def any_file(self) -> Path:
        """A day, a head, a public key or a torn line that was set aside."""
        return self.rng.choice(sorted(self._before))

    def day_file(self) -> Path:
        """A day of one of the logs."""
        return self.rng.choice(sorted(path for path in self._before if path.suffix == ".jsonl"))

    def head_file(self) -> Path:
        """A head or a public key."""
        return self.rng.choice(sorted(path for path in self._before if path.suffix == ".json"))

    def read(self, path: Path) -> list[bytes]:
        """A file's lines, with their ends."""
        return path.read_bytes().splitlines(keepends=True)

    def place(self, items: list[bytes]) -> int:
        """A random place among these."""
        return self.rng.randrange(len(items))


# -- bytes -------------------------------------------------------------------------------------------


def flip_bit(at: Attacker) -> None:
    """One bit of any file."""
    path = at.any_file()
    content = bytearray(path.read_bytes())
    content[at.rng.randrange(len(content))] ^= 1 << at.rng.randrange(8)
    path.write_bytes(content)


def change_bytes(at: Attacker) -> None:
    """A few bytes of any file replaced, removed or put in."""
    path = at.any_file()
    content = path.read_bytes()
    start, length = at.rng.randrange(len(content)), at.rng.randrange(5)
    path.write_bytes(content[:start] + at.rng.randbytes(at.rng.randrange(5)) + content[start + length :])


def truncate(at: Attacker) -> None:
    """Any file cut off somewhere."""
    path = at.any_file()
    content = path.read_bytes()
    path.write_bytes(content[: at.rng.randrange(len(content))])


# -- lines -------------------------------------------------------------------------------------------


def delete_lines(at: Attacker) -> None:
    """Some lines in a row."""
    path = at.day_file()
    lines = at.read(path)
    start = at.place(lines)
    path.write_bytes(b"".join(lines[:start] + lines[start + at.rng.randint(1, 3) :]))


def repeat_line(at: Attacker) -> None:
    """A line again, somewhere, of any day and log."""
    path, lines = at.day_file(), at.read(at.day_file())
    into = at.read(path)
    into.insert(at.rng.randint(0, len(into)), lines[at.place(lines)])
    path.write_bytes(b"".join(into))


def swap_lines(at: Attacker) -> None:
    """Two lines of a day."""
    path = at.day_file()
    lines = at.read(path)
    one, two = at.place(lines), at.place(lines)
    lines[one], lines[two] = lines[two], lines[one]
    path.write_bytes(b"".join(lines))


def cut_tail(at: Attacker) -> None:
    """The last lines of the newest day, neatly at the end of a line."""
    log = at.rng.choice(LOGS)
    path = max(at.audit.glob(f"{log}/*.jsonl"))
    lines = at.read(path)
    path.write_bytes(b"".join(lines[: at.place(lines)]))


def edit_field(at: Attacker) -> None:
    """A field, with the line's own hash made right again or not."""
    path = at.day_file()
    lines = at.read(path)
    number = at.place(lines)
    content = _edited(at, lines[number])
    if at.rng.random() < 0.5:
        content["hash"] = digest(
            canonical({name: value for name, value in content.items() if name != "hash"})
        )
    lines[number] = canonical(content) + b"\n"
    path.write_bytes(b"".join(lines))


def forge_line(at: Attacker) -> None:
    """A line put in that follows the one before it, and the rest of that day made to follow."""
    path = at.day_file()
    lines = at.read(path)
    number = at.place(lines)
    lines.insert(number, canonical(_edited(at, lines[number])) + b"\n")
    path.write_bytes(b"".join(_resealed(lines[number:], _place_before(lines, number), lines[:number])))


def _edited(at: Attacker, line: bytes) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(line)
    name = at.rng.choice(sorted(name for name in _FIELDS if content[name] != _FIELDS[name]))
    return {**content, name: _FIELDS[name]}


def _place_before(lines: list[bytes], number: int) -> tuple[int, str]:
    """Number and hash of what a line at ``number`` must follow."""
    at = json.loads(lines[number])
    return int(at["n"]) - 1, str(at["prev"])


def _resealed(lines: list[bytes], before: tuple[int, str], kept: list[bytes]) -> list[bytes]:
    n, prev = before
    made = list(kept)
    for line in lines:
        body = {name: value for name, value in json.loads(line).items() if name != "hash"}
        n, body["n"], body["prev"] = n + 1, n + 1, prev
        prev = digest(canonical(body))
        made.append(canonical({**body, "hash": prev}) + b"\n")
    return made


# -- whole days and logs -------------------------------------------------------------------------------


def delete_days(at: Attacker) -> None:
    """A day, all newest days, or a log."""
    log = at.rng.choice(LOGS)
    paths = sorted(at.audit.glob(f"{log}/*.jsonl"))
    start = at.place([b""] * len(paths))
    for path in paths[start : start + at.rng.randint(1, 3)]:
        path.unlink()


def swap_days(at: Attacker) -> None:
    """The content of two files, of one log or both."""
    one, two = at.day_file(), at.day_file()
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def rename_day(at: Attacker) -> None:
    """A day under another date, which may be another day's."""
    path = at.day_file()
    path.rename(path.with_name(f"2026-02-{at.rng.randint(10, 28)}.jsonl"))


def rewrite(at: Attacker) -> None:
    """A line changed or left out, and everything after it made to follow, to the end of the log."""
    rewrite_log(at, at.rng.choice(LOGS))


def rewrite_and_sign(at: Attacker) -> None:
    """The same, and all heads signed anew, with another key in the place of ours or beside it."""
    rewrite_log(at, at.rng.choice(LOGS))
    beside = at.rng.random() < 0.5
    for path in (at.audit / "heads").glob("*.json"):
        if not beside or not path.name.startswith("key-"):
            path.unlink()
    write_heads(at.audit, _OTHER, START + timedelta(days=3))


def rewrite_log(at: Attacker, log: str) -> None:
    """Change one line of a log and make the rest follow."""
    paths = sorted(at.audit.glob(f"{log}/*.jsonl"))
    chosen, before = at.rng.choice(paths), (0, genesis(log))
    for path in paths:
        lines = at.read(path)
        if path == chosen:
            number = at.place(lines)
            edited = [canonical(_edited(at, lines[number])) + b"\n"] if at.rng.random() < 0.7 else []
            lines[number : number + 1] = edited
        lines = _resealed(lines, before, [])
        last = json.loads(lines[-1])
        before = (last["n"], last["hash"])
        path.write_bytes(b"".join(lines))


# -- heads -------------------------------------------------------------------------------------------


def delete_head(at: Attacker) -> None:
    """A head or a public key."""
    at.head_file().unlink()


def replace_head(at: Attacker) -> None:
    """A head by another one, under its name."""
    at.head_file().write_bytes(at.head_file().read_bytes())


def edit_head(at: Attacker) -> None:
    """What a head says, with its old signature."""
    path = at.head_file()
    content = json.loads(path.read_bytes())
    if "n" in content:
        content["n"] -= at.rng.randint(1, 3)
        path.write_bytes(canonical(content) + b"\n")


EDITS: tuple[Callable[[Attacker], None], ...] = (
    flip_bit, change_bytes, truncate,
    delete_lines, repeat_line, swap_lines, cut_tail, edit_field, forge_line,
    delete_days, swap_days, rename_day, rewrite, rewrite_and_sign,
    delete_head, replace_head, edit_head,
)  # fmt: skip
"""Every kind of edit that is tried."""
