"""Days of the audit logs whose time is over are removed, and it is signed what was.

Only whole days go, oldest first, and never the newest. Before the first file goes a statement is signed: up to which
day, and the number and hash of the last line removed, which the kept log follows. Verifying lets a day be gone only
when such a statement covers it and its time was over. Heads of days that are gone stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.audit.head_keys import key_id, verifies, write_keys
from integration.audit.heads import Head, read_head
from integration.audit.lines import canonical, letters, utc
from integration.audit.log import AuditLog
from integration.audit.words import LOGS
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import sync_directory, write_bytes

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "integration-audit-purge/1"


@dataclass(frozen=True)
class Purged:
    """Of ``log`` everything up to and including ``day`` was removed; its last line was ``n`` with ``hash``."""

    log: str
    day: str
    n: int
    hash: str
    purged_at: str
    key: str
    signature: str

    def body(self) -> bytes:
        """What is signed: canonical JSON of everything but the signature."""
        content = {name: value for name, value in vars(self).items() if name != "signature"}
        return canonical({**content, "format": FORMAT})

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        write_bytes(statement_path(folder, self.log), canonical({**vars(self), "format": FORMAT}) + b"\n")

    def signed_by(self, key: Ed25519PublicKey | None) -> bool:
        """Whether this key signed exactly this."""
        return key is not None and verifies(key, self.signature, self.body())


def statement_path(folder: Path, log: str) -> Path:
    """Where a log's statement lies in a folder of heads."""
    return folder / f"purged-{log}.json"


def read_purged(folder: Path, log: str) -> Purged | None:
    """Read a log's statement; None when it is absent or is not what one looks like."""
    try:
        raw = statement_path(folder, log).read_bytes()
        content: dict[str, Any] = json.loads(raw)
        if content.pop("format") != FORMAT:
            return None
        told = Purged(**content)
        exact = canonical({**content, "format": FORMAT}) + b"\n" == raw
        texts = (told.log, told.day, told.hash, told.purged_at, told.key, told.signature)
        whole = type(told.n) is int and all(type(text) is str for text in texts)
        return told if exact and whole and told.log == log else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def judge(
    folder: Path, log: str, heads: Sequence[Head], keys: Mapping[str, Ed25519PublicKey]
) -> tuple[Purged | None, str | None]:
    """A log's statement in a folder of heads when it stands; else None and the kind of finding, if there is one.

    It stands when one of ``keys`` signed it and one of ``heads`` says the same of its day.
    """
    told = read_purged(folder, log)
    if told is None:
        return None, "WRONG_SIGNATURE" if statement_path(folder, log).exists() else None
    if told.key not in keys:
        return None, "UNKNOWN_KEY"
    if not told.signed_by(keys[told.key]):
        return None, "WRONG_SIGNATURE"
    if not any((head.day, head.n, head.hash) == (told.day, told.n, told.hash) for head in heads):
        return None, "REWRITTEN"
    return told, None


def due_days(folder: Path, kept_from: str) -> dict[str, list[str]]:
    """The days of each log whose time is over at ``kept_from``, oldest first; never its newest day."""
    return {log: [day for day in AuditLog(folder, log).days()[:-1] if day < kept_from] for log in LOGS}


def purge_days(
    folder: Path,
    due: Mapping[str, Sequence[str]],
    seeds: Sequence[bytes],
    now: datetime,
    export: Path | None = None,
) -> None:
    """Sign what is going to be removed, here and in ``export``, then remove it.

    The caller has verified the logs and signed their heads. Raises :class:`IntegrationError` (AUDIT_BROKEN) when
    the last day to go has no finished head; doing it again goes on where a crash stopped it.
    """
    signer = write_keys(folder / "heads", seeds)[-1]
    for name, days in due.items():
        if not days:
            continue
        head = read_head(folder / "heads" / f"{name}-{days[-1]}.json")
        if head is None or not head.finished:
            raise IntegrationError(Reason.AUDIT_BROKEN, f"{name}-{days[-1]}")
        told = Purged(name, days[-1], head.n, head.hash, utc(now), key_id(signer.public_key()), "")
        signed = replace(told, signature=letters(signer.sign(told.body())))
        for place in (folder / "heads", export):
            if place is not None:
                signed.write(place)
        _remove(AuditLog(folder, name), folder / "torn", days)


def _remove(log: AuditLog, torn: Path, days: Sequence[str]) -> None:
    for day in days:
        log.path(day).unlink(missing_ok=True)
        sync_directory(log.folder)
        for path in torn.glob(f"{log.log}-{day}-*.torn") if torn.is_dir() else ():
            path.unlink()
