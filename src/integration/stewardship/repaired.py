"""Whether what is known to be wrong still is: an entry fails when the source has repaired it, and when it has expired.

Of every municipality that an entry is about the newest delivery is looked at that arrived while it counts (or after,
for an entry that changes nothing in what arrives) and whose findings are still kept. When none of these has the
finding any more, the source has repaired it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from integration.ledger import Ledger
from integration.quality.known import FILE, findings
from integration.reasons import Reason
from integration.stewardship.corrections import Correction, all_corrections
from integration.storage import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from integration.ledger import Entry
    from integration.settings import Settings
    from integration.storage import Zones

COUNTS, AHEAD, ENDED = "counts", "ahead", "ended"
STATES = {
    COUNTS: "telt",
    AHEAD: "nog niet ingegaan",
    ENDED: "afgelopen",
    Reason.CORRECTION_OBSOLETE.value: "hersteld door de bron: haal de regel weg",
    Reason.CORRECTION_EXPIRED.value: "verlopen, en nog niet hersteld",
}
"""What can be said of an entry, with its Dutch words; the last two are failures."""


@dataclass(frozen=True)
class Standing:
    """How one entry stands.

    ``deliveries`` are the ones looked at, ``found`` how many rows of them have the finding (for a check: how many
    deliveries failed it). ``state`` is one of :data:`STATES`.
    """

    source: str
    entry: Correction
    state: str
    deliveries: tuple[str, ...]
    found: int

    @property
    def failed(self) -> bool:
        """Whether somebody must do something: take it out, or have it repaired."""
        return self.state in Reason.__members__

    def as_dict(self) -> dict[str, Any]:
        """The entry with its standing, as plain data."""
        told = {
            "source": self.source,
            "state": self.state,
            "found": self.found,
            "deliveries": list(self.deliveries),
        }
        return self.entry.model_dump(mode="json") | told


def standings(settings: Settings) -> list[Standing]:
    """How every entry of the installation stands today; raises what :func:`all_corrections` does."""
    ledger = Ledger(settings.ledger())
    return [
        _standing(settings.zones, source, entry, ledger.entries(source=source), settings.today())
        for source, entries in all_corrections(settings.zones).items()
        for entry in entries
    ]


def _standing(zones: Zones, source: str, entry: Correction, came: Iterable[Entry], today: date) -> Standing:
    seen = _newest(zones, entry, came)
    found = sum(_found(zones.staging_dir(one.delivery), entry) for one in seen)
    state = _state(entry, today, bool(seen), found > 0)
    return Standing(source, entry, state, tuple(one.subject for one in seen), found)


def _state(entry: Correction, today: date, judged: bool, there: bool) -> str:
    if today < entry.since:
        return AHEAD
    if judged and not there:
        return Reason.CORRECTION_OBSOLETE.value
    if today <= entry.until:
        return COUNTS
    return Reason.CORRECTION_EXPIRED.value if judged else ENDED


def _newest(zones: Zones, entry: Correction, came: Iterable[Entry]) -> list[Entry]:
    """The newest delivery of each municipality that can be judged."""
    newest: dict[str, Entry] = {}
    for one in sorted(came, key=lambda e: e.sequence):
        arrived = datetime.fromisoformat(one.came_at).date()
        in_time = entry.since <= arrived and (not entry.codes or arrived <= entry.until)
        if entry.about(one.delivery) and in_time and _can_be_judged(zones.staging_dir(one.delivery), entry):
            newest[one.municipality] = one
    return [newest[place] for place in sorted(newest)]


def _can_be_judged(staging: Path, entry: Correction) -> bool:
    if not (staging / FILE).exists() or read_json(staging / "encode.json")["rows_in"] == 0:
        return False
    return not entry.is_check or _result(staging, entry.reason) is not None


def _found(staging: Path, entry: Correction) -> int:
    if entry.is_check:
        return int(_result(staging, entry.reason) == "failed")
    wanted = (entry.field, entry.reason)
    return len({row for row, what, _ in findings(staging) if what == wanted})


def _result(staging: Path, check: str) -> str | None:
    """How a check ended for a delivery; None when it did not run."""
    path = staging / "check.json"
    checks = read_json(path)["checks"] if path.exists() else []
    results = [str(one["result"]) for one in checks if one["id"] == check]
    return results[0] if results and results[0] != "error" else None
