"""What reviewers decided about pairs: one line a decision, never changed; the last one about a pair counts.

``linking/<domain>.decisions.jsonl``. A decision names places (supplier, municipality, record key, role), keys being
tokens: *same*: every place on the left is one person with every place on the right; *different*: none is; *unsure*:
nothing is decided (and an earlier decision ends).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import sync_directory, write_bytes

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.storage import Zones

SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
Place = tuple[str, str, str, str]
"""Supplier, municipality, record key, role."""


@dataclass(frozen=True)
class Decision:
    """One decision: when (ISO), by whom (a role or number), what, about which places, why, undoing which event.

    ``pair`` is the reference of a pair that reviewers judged (:mod:`integration.linkage.review`).
    """

    at: str
    by: str
    decision: str
    left: tuple[Place, ...]
    right: tuple[Place, ...]
    why: str = ""
    event: int | None = None
    pair: str | None = None


def path(zones: Zones, domain: DomainCode) -> Path:
    """A domain's decisions."""
    return zones.linking / f"{domain}.decisions.jsonl"


def read(file: Path | None) -> list[Decision]:
    """The decisions in their order. Raises :class:`IntegrationError` (LINK_DECISIONS_UNREADABLE)."""
    if file is None or not file.exists():
        return []
    try:
        return [_decision(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrationError(Reason.LINK_DECISIONS_UNREADABLE, file=file.name) from None


def _decision(content: dict[str, Any]) -> Decision:
    found = Decision(
        **content | {side: tuple(_place(place) for place in content[side]) for side in ("left", "right")}
    )
    if found.decision not in (SAME, DIFFERENT, UNSURE):
        raise ValueError
    return found


def _place(content: Sequence[str]) -> Place:
    supplier, municipality, record_key, role = content
    return str(supplier), str(municipality), str(record_key), str(role)


def add(file: Path, decision: Decision) -> None:
    """Write one more decision, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(file.parent):
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, (_line(decision) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_directory(file.parent)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time: what is added while a night rewrites a file is not lost."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def forget_others(file: Path, places: frozenset[Place]) -> None:
    """Leave places that went out of the file, and decisions that are then about nobody (:func:`only`)."""
    if not file.exists():
        return
    with alone(file.parent):
        decided = read(file)
        kept = only(decided, places)
        if kept != decided:
            write(file, kept)


def write(file: Path, decisions: Iterable[Decision]) -> None:
    """Write all decisions anew."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_bytes(file, "".join(_line(one) + "\n" for one in decisions).encode(), mode=0o600)


def _line(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False, sort_keys=True)


def only(decisions: Iterable[Decision], places: frozenset[Place]) -> list[Decision]:
    """Leave out places that are no longer there, and decisions that are then about nobody."""
    kept = []
    for one in decisions:
        left, right = (tuple(place for place in side if place in places) for side in (one.left, one.right))
        if left and right:
            kept.append(Decision(**vars(one) | {"left": left, "right": right}))
    return kept


def upload(con: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> None:
    """Make ``work.decision``: a row for each pair of places, numbered in the order of the decisions."""
    names = [
        f"{side}_{part} varchar"
        for side in ("left", "right")
        for part in ("supplier", "municipality", "key", "role")
    ]
    con.execute(
        f"create or replace table work.decision (number bigint, decision varchar, {', '.join(names)})"
    )
    rows = [
        (number, one.decision, *pair[0], *pair[1])
        for number, one in enumerate(decisions)
        for left in one.left
        for right in one.right
        for pair in ((min(left, right), max(left, right)),)
    ]
    if rows:
        con.executemany(f"insert into work.decision values ({', '.join('?' * 10)})", rows)
