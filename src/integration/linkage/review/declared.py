"""What is declared about reviewing pairs: ``review.yml`` beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Declared:
    """The content of ``review.yml``; ``two_reviewers`` and ``interval`` are shares, ``bands`` bits."""

    version: int
    two_reviewers: float
    sample_pairs: int
    least_per_stratum: int
    bands: tuple[float, ...]
    draws: int
    interval: float
    equal: frozenset[str]


@lru_cache(maxsize=1)
def declared() -> Declared:
    """Read the declaration."""
    content: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("review.yml").read_text(encoding="utf-8")
    )
    return Declared(
        version=int(content["version"]),
        two_reviewers=float(content["two_reviewers"]),
        sample_pairs=int(content["sample_pairs"]),
        least_per_stratum=int(content["least_per_stratum"]),
        bands=tuple(float(edge) for edge in content["bands"]),
        draws=int(content["draws"]),
        interval=float(content["interval"]),
        equal=frozenset(content["equal"]),
    )
