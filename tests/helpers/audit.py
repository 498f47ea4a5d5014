"""Small audit logs for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from integration.audit.heads import write_heads
from integration.audit.lines import Event
from integration.audit.log import AuditLog
from integration.audit.words import BEGUN, Purpose

MONDAY = datetime(2026, 2, 16, 9, 0, tzinfo=UTC)
SEED, LATER_SEED = bytes(range(32)), bytes(range(32, 64))


def event(time: datetime = MONDAY, **changed: Any) -> Event:
    """A stage that begins on one domain."""
    given: dict[str, Any] = {
        "event": BEGUN,
        "time": time,
        "actor": "airflow",
        "action": "link",
        "object": "domain:GM0321",
        "purpose": Purpose.PICTURE,
        "system": "integration 0.1.0",
        "organisation": "GM0321",
        "processing_id": "abcdefghijklmnopabcdefghijklmnop",
        "keys": {"1": "0123456789abcdef"},
    }
    return Event(**given | changed)


def write_days(audit: Path, days: int = 3, lines: int = 4, log: str = "processing") -> AuditLog:
    """So many days of so many lines each."""
    made = AuditLog(audit, log)
    for day in range(days):
        for number in range(lines):
            made.append([event(MONDAY + timedelta(days=day, minutes=number))])
    return made


def sign(audit: Path, export: Path | None = None, seeds: tuple[bytes, ...] = (SEED,), day: int = 3) -> None:
    """Sign the heads, so many days after Monday."""
    if export is not None:
        export.mkdir(exist_ok=True)
    write_heads(audit, list(seeds), MONDAY + timedelta(days=day), export=export)
