"""What a run comes to, so that two runs can be held against each other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from integration.ledger import Ledger
from integration.storage import Zones, read_json


def outcome(home: Path) -> dict[str, str]:
    """All that a run comes to, each part as a digest: tables, link files, the ledger's last word, the release."""
    return {name: hashlib.sha256(repr(told).encode()).hexdigest() for name, told in _parts(home)}


def _parts(home: Path) -> Iterator[tuple[str, Any]]:
    import duckdb

    zones = Zones(home)
    for path in sorted([*zones.warehouse.glob("*.duckdb"), *zones.linking.glob("*.duckdb")]):
        with duckdb.connect(str(path), read_only=True) as con:
            names = con.execute(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_schema || '.' || table_name <> 'meta.run'"
            ).fetchall()
            for (name,) in names:
                yield (
                    f"{path.parent.name} {path.stem} {name}",
                    sorted(map(repr, con.execute(f"select * from {name}").fetchall())),
                )
    for entry in Ledger(f"sqlite:///{home / 'ledger.sqlite'}").entries():
        yield f"ledger {entry.subject}", (entry.state, str(entry.reason), entry.rows)
    released = sorted(path.parent for path in zones.releases.glob("[0-9]*/manifest.json"))
    yield "releases", len(released)
    if released:
        yield "release", sorted(read_json(released[-1] / "manifest.json")["files"].items())
