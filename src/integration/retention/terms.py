"""How long a zone keeps what came from a source: the shorter of the settings and of the contract it came under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from integration.contracts import contract_ids, load_contract, versions
from integration.contracts.model import Retention

if TYPE_CHECKING:
    from integration.settings import Settings


@dataclass(frozen=True)
class Terms:
    """One or more terms at once; the first to end counts."""

    rules: tuple[Retention, ...]

    def ends(self, start: date) -> date:
        """Return the first day on which what began to be kept on ``start`` must be gone."""
        return min(rule.ends(start) for rule in self.rules)

    def newest_due(self, today: date) -> date:
        """Return the newest day on which what must be gone today can have begun to be kept."""
        day = today - timedelta(days=min(_at_least(rule) for rule in self.rules))
        while self.ends(day) <= today:
            day += timedelta(days=1)
        while self.ends(day) > today:
            day -= timedelta(days=1)
        return day


def _at_least(rule: Retention) -> int:
    return rule.value * {"d": 1, "m": 28, "y": 365}[rule.unit]


def terms(settings: Settings, zone: str, source: str | None, version: str | None = None) -> Terms:
    """Return the terms of a zone for a source's data under a contract version (the newest where that is not known).

    Quarantine has raw's. For a source without a contract only the settings count.
    """
    own = {
        "raw": Retention(settings.raw_days, "d"),
        "quarantine": Retention(settings.raw_days, "d"),
        "staging": Retention(settings.staging_days, "d"),
        "linked": Retention(settings.linked_months, "m"),
    }[zone]
    agreed = _agreed("raw" if zone == "quarantine" else zone, source, version)
    return Terms((own,) if agreed is None else (own, agreed))


@lru_cache(maxsize=256)
def _agreed(zone: str, source: str | None, version: str | None) -> Retention | None:
    if source is None or source not in contract_ids():
        return None
    known = version if version in versions(source) else None
    return load_contract(source, known).retention[zone]
