"""Made-up results for tests of disclosure control and releases: six municipalities, ten periods, many small cells."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from integration.indicators import load_definitions
from integration.names import Period
from integration.releases import DeliveryLine, Place, RunSummary

NOW = datetime(2026, 2, 16, 5, 0, tzinfo=UTC)
TODAY = NOW.date()

MUNICIPALITIES = {
    "GM0106": "Assen", "GM0203": "Barneveld", "GM0228": "Ede",
    "GM0114": "Emmen", "GM0321": "Houten", "GM0356": "Nieuwegein",
}  # fmt: skip

PERIODS = ("2024", "2025", "2024-Q3", "2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")

SIZES = {"GM0106": 0.8, "GM0203": 0.5, "GM0228": 2.2, "GM0114": 1.6, "GM0321": 0.35, "GM0356": 0.7}

SHAPES = {
    ("I01", "value"): ("share", 130, 0.86, 0.02),
    ("I03", "value"): ("share", 60, 0.91, 0.0),
    ("I04", "value"): ("share", 75, 0.8, 0.09),
    ("I05", "value"): ("share", 48, 0.14, 0.03),
    ("I06", "value"): ("median_days", 55, 9.0, 0.1),
    ("I14", "value"): ("share", 90, 0.23, 0.02),
    ("I23", "value"): ("mean", 420, 0.4, 0.01),
    ("I23", "share_3plus"): ("share", 420, 0.03, 0.01),
    ("Q01", "value"): ("share", 30, 0.95, 0.0),
}
"""Per table: unit, typical denominator, typical value, typical missing share."""


DEFINITIONS = load_definitions()

PLACES = [Place(code, name) for code, name in MUNICIPALITIES.items()]


def row(
    indicator: str = "I04",
    municipality: str = "GM0228",
    period: str = "2025",
    *,
    numerator: int | None = 80,
    denominator: int = 100,
    missing: int = 0,
    **other: Any,
) -> dict[str, Any]:
    """One row of ``indicators.result``; what is not given follows from the rest."""
    span = Period.parse(period)
    unit = other.pop("unit", "share")
    value = None if unit == "median_days" or not denominator else (numerator or 0) / denominator
    return {
        "indicator": indicator, "measure": "value", "municipality": municipality, "period": period,
        "period_start": span.start, "period_end": span.end,
        "closed": span.end + timedelta(days=45) <= TODAY,
        "unit": unit, "numerator": numerator, "denominator": denominator, "value": value, "missing": missing,
        "missing_share": missing / (denominator + missing) if denominator + missing else None,
        "coverage": 1.0, "reliable": True, **other,
    }  # fmt: skip


def results(seed: int = 7, size: float = 1.0) -> list[dict[str, Any]]:
    """Rows for every table, municipality and period; ``size`` scales the counts (0.3 hides most of them)."""
    dice = random.Random(seed)
    rows = []
    for (indicator, measure), (unit, typical, value, lost) in SHAPES.items():
        for place, scale in SIZES.items():
            base = (
                min(0.99, max(0.0, value * dice.uniform(0.75, 1.15)))
                if unit == "share"
                else value * dice.uniform(0.6, 1.7)
            )
            for period in PERIODS:
                rows.append(
                    _made_up(
                        dice, indicator, measure, place, period, unit, typical * scale * size, base, lost
                    )
                )
    same = {(r["indicator"], r["measure"], r["municipality"]): r for r in rows if r["period"] == "2025-Q4"}
    return [
        {**same[r["indicator"], r["measure"], r["municipality"]], **_span("2025")}
        if r["period"] == "2025"
        else r
        for r in rows
    ]


def _span(period: str) -> dict[str, Any]:
    span = Period.parse(period)
    return {"period": period, "period_start": span.start, "period_end": span.end}


def _made_up(
    dice: random.Random, indicator: str, measure: str, place: str, period: str, unit: str, typical: float,
    value: float, lost: float,
) -> dict[str, Any]:  # fmt: skip
    early = 0.6 if period in {"2024", "2024-Q3"} else 1.0
    whole = max(0, round(typical * early * dice.uniform(0.85, 1.15)))
    missing = 0 if indicator in {"Q01", "I03"} else sum(dice.random() < lost * 1.4 for _ in range(whole))
    coverage = 0.82 if (place, indicator) == ("GM0356", "I05") else dice.choice([1.0, 1.0, 0.97, 0.93])
    common = {"measure": measure, "unit": unit, "coverage": coverage}
    if unit == "median_days":
        median = round(value * dice.uniform(0.85, 1.15) * 2) / 2
        return row(indicator, place, period, numerator=None, denominator=whole, missing=missing, **common) | {
            "value": median
        }
    if unit == "mean":
        return row(indicator, place, period, numerator=round(whole * value * dice.uniform(0.9, 1.1)), denominator=whole,
                   missing=missing, **common)  # fmt: skip
    numerator = min(whole, sum(dice.random() < value for _ in range(whole)))
    return row(indicator, place, period, numerator=numerator, denominator=whole, missing=missing, **common)


def day(text: str) -> date:
    """A date, short enough for a table in a test."""
    return date.fromisoformat(text)


SOURCES = {
    "huisarts": ("Huisartsen", "GPs"), "jeugdhulp": ("Jeugdhulp", "Youth care"),
    "kinderopvang": ("Kinderopvang", "Childcare"), "onderwijs": ("Onderwijs", "Schools"),
    "politie": ("Politie", "Police"), "veilig_thuis": ("Veilig Thuis", "Veilig Thuis"),
    "wijkteam": ("Wijkteams", "Local teams"),
}  # fmt: skip


def summary(**changes: Any) -> RunSummary:
    """A run of 168 deliveries, three of them refused."""
    refused = {
        ("wijkteam", "GM0321"): {"COLUMN_MISSING": 1},
        ("politie", "GM0228"): {"WRONG_ENCODING": 1},
        ("kinderopvang", "GM0106"): {"CHECK_CRITICAL": 1},
    }
    lines = [
        DeliveryLine(
            source, place, 4 - len(refused.get((source, place), {})), 0, refused.get((source, place), {})
        )
        for source in SOURCES
        for place in MUNICIPALITIES
    ]
    families = {"GM0106": 215, "GM0203": 160, "GM0228": 480, "GM0114": 390, "GM0321": None, "GM0356": 185}
    persons = {place: None if count is None else 5 * round(count * 0.7) for place, count in families.items()}
    fields = {"deliveries": lines, "families": families, "persons": persons, "sources": SOURCES}
    return RunSummary(**(fields | changes))
