"""The municipalities' names as people see them: the real ones, unless the installation gives others."""

from __future__ import annotations

import csv
from functools import lru_cache

from integration.settings import Settings
from integration.storage import resource


@lru_cache(maxsize=1)
def _real() -> dict[str, str]:
    with (resource("warehouse") / "seeds" / "municipality.csv").open(encoding="utf-8", newline="") as stream:
        return {row["code"]: row["name"] for row in csv.DictReader(stream)}


def shown_name(settings: Settings, code: str) -> str:
    """The name to show for a municipality: that of the settings, else the real one, else its code."""
    return settings.municipality_names.get(code) or _real().get(code, code)
