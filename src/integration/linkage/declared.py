"""What is declared about linkage of persons: ``linkage.yml`` beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from integration.linkage.growth import Limits


@dataclass(frozen=True)
class Declared:
    """The content of ``linkage.yml``.

    ``slots`` are (source, role) of which a delivery has one row a person; ``weak_bridge`` and ``tokens`` are bits above
    the model's threshold.
    """

    version: int
    slots: tuple[tuple[str, str], ...]
    limits: Limits
    weak_bridge: float
    tokens: dict[str, float]


@lru_cache(maxsize=1)
def declared() -> Declared:
    """Read the declaration."""
    content: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("linkage.yml").read_text(encoding="utf-8")
    )
    return Declared(
        version=int(content["version"]),
        slots=tuple((row["source"], row["role"]) for row in content["one_row_a_person"]),
        limits=Limits(int(content["most_places"]), float(content["margin"])),
        weak_bridge=float(content["weak_bridge"]),
        tokens={name: float(bits) for name, bits in content["tokens"].items()},
    )
