"""What a purge came to: counts by zone and source, never an id or a value."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Count:
    """Of one zone and source: deliveries (days, of a log) that went, encoded records that went, and what waits.

    ``deliveries`` of the linked zone are those of which records went, of the history those of which check runs went.
    ``waiting`` are past their term but not
    finished, and stay.
    """

    zone: str
    source: str
    deliveries: int = 0
    records: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class PurgeResult:
    """A purge on ``day``; with ``dry_run`` what one would come to."""

    day: date
    dry_run: bool
    counts: tuple[Count, ...]

    @property
    def removed(self) -> int:
        """Deliveries and days of logs of which something went."""
        return sum(count.deliveries for count in self.counts)

    def as_dict(self) -> dict[str, Any]:
        """The result as plain data."""
        return {
            **asdict(self),
            "day": self.day.isoformat(),
            "counts": [asdict(count) for count in self.counts],
        }


class Tally:
    """Counts while they are made; sources without anything to tell are left out."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, zone: str, source: str, **counts: int) -> None:
        """Add to the counts of a zone and source."""
        for name, number in counts.items():
            self._found[zone, source][name] += number

    def counts(self) -> tuple[Count, ...]:
        """Return the counts, by zone in the order in which they were first met, then by source."""
        zones = list(dict.fromkeys(zone for zone, _ in self._found))
        ordered = sorted(self._found, key=lambda place: (zones.index(place[0]), place[1]))
        made = (Count(zone, source, **self._found[zone, source]) for zone, source in ordered)
        return tuple(count for count in made if count.deliveries or count.records or count.waiting)
