"""The published figures that the sample is held against: ``reference/published.csv``, one row each."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal, cast

Unit = Literal["count", "percent", "per_1000", "mean"]


@dataclass(frozen=True)
class Published:
    """One published figure and what it is compared with.

    ``value`` and ``margin`` are in ``unit`` (a count is that of the true size, scale 1); ``region`` is a name or a
    municipality's code; ``categories`` are the measure's categories that together are the figure; ``period`` is that
    of the publication, not of the sample.
    """

    name: str
    label_nl: str
    label_en: str
    region: str
    municipalities: tuple[str, ...]
    period: str
    measure: str
    categories: tuple[str, ...]
    value: float
    unit: Unit
    margin: float
    source: str
    note: str


@lru_cache(maxsize=1)
def published() -> tuple[Published, ...]:
    """Every published figure, in the order of the table."""
    path = files("integration.sample").joinpath("reference/published.csv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(
        Published(
            name=row["name"],
            label_nl=row["label_nl"],
            label_en=row["label_en"],
            region=row["region"],
            municipalities=tuple(row["municipalities"].split()),
            period=row["period"],
            measure=row["measure"],
            categories=tuple(row["category"].split()) or ("",),
            value=float(row["value"]),
            unit=cast(Unit, row["unit"]),
            margin=float(row["margin"]),
            source=row["source"],
            note=row["note"],
        )
        for row in rows
    )
