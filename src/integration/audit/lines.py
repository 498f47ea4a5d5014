"""One line of an audit log: canonical JSON that holds the hash of the line before it, and its own.

Canonical is RFC 8785 for what occurs here (ASCII text and whole numbers): keys sorted, no spaces. Hashes are
SHA-256 over the line without its own hash, written in hexadecimal digits a to p in the place of 0 to f: what has no
digits never looks like a BSN or a postcode. Every field follows a grammar of codes, ids and tokens; anything else is
refused, so that no free text and no value from the data can be written.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from integration.actor import ACTOR
from integration.audit.words import EVENTS, LOGS, OUTCOMES, Purpose
from integration.reasons import Reason

FORMAT = "integration-audit/1"

_TOKEN = r"[1-9][0-9]{0,3}\.[A-Z0-9]{2,12}\.audit\.[0-9a-f]{32}"  # noqa: S105  a grammar, no secret
_GRAMMAR = {
    "action": re.compile(r"[a-z][a-z_-]{1,30}(\.[a-z][a-z-]{1,30})?", re.ASCII),
    "actor": ACTOR,
    "case": re.compile(r"[A-Z]{1,4}-[0-9]{4}-[0-9]{1,6}", re.ASCII),
    "object": re.compile(r"[a-z][a-z-]{1,20}:[A-Za-z0-9._-]{1,130}", re.ASCII),
    "organisation": re.compile(r"[A-Z0-9]{2,12}", re.ASCII),
    "processing_id": re.compile(r"[a-p]{32}", re.ASCII),
    "system": re.compile(r"integration [0-9A-Za-z.+-]{1,30}", re.ASCII),
}
_SUBJECT = re.compile(_TOKEN, re.ASCII)
_KEY = re.compile(r"[1-9][0-9]{0,3} [0-9a-f]{16}", re.ASCII)
_LETTERS = re.compile(r"([a-p][a-p])+", re.ASCII)
_TO_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_TO_HEX = str.maketrans("abcdefghijklmnop", "0123456789abcdef")
_OPTIONAL = {"case", "organisation", "processing_id"}


@dataclass(frozen=True)
class Event:
    """What is told in one line. ``object`` is a kind and an id (``delivery:...``, ``domain:GM0321``).

    ``subjects`` are tokens under the audit key, never pseudonyms of the warehouse; ``keys`` maps key versions to
    fingerprints. Raises ValueError, without the value, for a field that does not follow its grammar.
    """

    event: str
    time: datetime
    actor: str
    action: str
    object: str
    purpose: Purpose
    system: str
    organisation: str | None = None
    outcome: str | None = None
    reason: Reason | None = None
    case: str | None = None
    processing_id: str | None = None
    subjects: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, pattern in _GRAMMAR.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not isinstance(value, str) or not pattern.fullmatch(value):
                raise ValueError(f"not a proper {name} for the audit log")
        if self.event not in EVENTS or self.outcome not in (None, *OUTCOMES):
            raise ValueError("not an event or outcome of the audit log")
        if not all(_SUBJECT.fullmatch(subject) for subject in self.subjects):
            raise ValueError("not an audit token")
        if not all(_KEY.fullmatch(f"{version} {mark}") for version, mark in self.keys.items()):
            raise ValueError("not a key fingerprint")
        if self.time.tzinfo is None:
            raise ValueError("a time needs its zone")

    def fields(self) -> dict[str, Any]:
        """The event as plain data, all fields always there; the time in UTC, to the microsecond."""
        return {
            "event": self.event,
            "time": utc(self.time),
            "actor": self.actor,
            "organisation": self.organisation,
            "action": self.action,
            "object": self.object,
            "purpose": Purpose(self.purpose).value,
            "outcome": self.outcome,
            "reason": self.reason.value if self.reason else None,
            "case": self.case,
            "processing_id": self.processing_id,
            "subjects": sorted(self.subjects),
            "keys": dict(self.keys),
            "system": self.system,
        }


FIELDS = frozenset(Event.__dataclass_fields__) | {"format", "log", "n", "prev", "hash"}
"""Every line has these, and no others."""


@dataclass(frozen=True)
class Line:
    """A line as it was read: its place, the hashes it holds, and whether it is what it was when written."""

    n: int
    prev: str
    hash: str
    sound: bool
    fields: Mapping[str, Any]


def is_case(text: str) -> bool:
    """Whether a text is a case number: up to four capitals, year, number (``AVG-2026-17``)."""
    return _GRAMMAR["case"].fullmatch(text) is not None


def utc(moment: datetime) -> str:
    """A moment as it is written: ``2026-02-16T01:00:00.000000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one way in which this content is written."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def letters(content: bytes) -> str:
    """Bytes in the sixteen letters a to p."""
    return content.hex().translate(_TO_LETTERS)


def unletters(text: str) -> bytes:
    """The bytes of :func:`letters`; raises ValueError for any other text."""
    if not _LETTERS.fullmatch(text):
        raise ValueError("not letters a to p")
    return bytes.fromhex(text.translate(_TO_HEX))


def digest(content: bytes) -> str:
    """SHA-256 as it stands in a line."""
    return letters(sha256(content).digest())


def new_processing_id() -> str:
    """A random id of 128 bits for one run of a stage."""
    return letters(secrets.token_bytes(16))


def genesis(log: str) -> str:
    """What stands as the hash before a log's first line; of each log its own, so that they cannot be exchanged."""
    if log not in LOGS:
        raise ValueError("unknown log")
    return digest(f"{FORMAT}/{log}".encode("ascii"))


def seal(log: str, event: Event, n: int, prev: str) -> tuple[bytes, str]:
    """Return the line with number ``n`` after the line with hash ``prev``, without its end of line, and its hash."""
    body = {**event.fields(), "format": FORMAT, "log": log, "n": n, "prev": prev}
    own = digest(canonical(body))
    return canonical({**body, "hash": own}), own


def read_line(raw: bytes, log: str) -> Line | None:
    """Read a line; None when it tells not even its place. ``sound`` only when not one byte was changed."""
    try:
        content = json.loads(raw)
        n, prev, own = content["n"], content["prev"], content["hash"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if type(n) is not int or type(prev) is not str or type(own) is not str:
        return None
    try:
        body = {name: value for name, value in content.items() if name != "hash"}
        sound = (
            canonical(content) == raw
            and digest(canonical(body)) == own
            and content.keys() == FIELDS
            and (content["format"], content["log"]) == (FORMAT, log)
        )
    except (ValueError, RecursionError):
        sound = False
    return Line(n, prev, own, sound, content)
