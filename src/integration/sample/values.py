"""What the values in the sample's declarations may be: shares, delays, ages, weights."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

Share = Annotated[float, Field(ge=0, le=1)]
"""A probability or a part of a whole."""


def _ordered(days: tuple[int, int, int]) -> tuple[int, int, int]:
    if not 0 <= days[0] <= days[1] <= days[2] <= 900:
        raise ValueError("days must be three whole numbers from low to high, between 0 and 900")
    return days


def _grown(ages: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= ages[0] <= ages[1]:
        raise ValueError("ages must be two whole numbers from low to high")
    return ages


def _positive(weights: dict[Any, float]) -> dict[Any, float]:
    if not weights or any(weight < 0 for weight in weights.values()) or sum(weights.values()) <= 0:
        raise ValueError("weights must not be negative and must not all be zero")
    if not math.isfinite(sum(weights.values())):
        raise ValueError("weights must be finite numbers")
    return weights


def whole(weights: dict[Any, float]) -> dict[Any, float]:
    """Weights that add up to 1; ValueError for others."""
    if abs(sum(_positive(weights).values()) - 1) > 1e-6:
        raise ValueError("shares must add up to 1")
    return weights


def _text(value: Any) -> Any:
    """A whole number as text: what is written down is text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text_keys(weights: Any) -> Any:
    return {str(key): weight for key, weight in weights.items()} if isinstance(weights, dict) else weights


Days = Annotated[tuple[int, int, int], AfterValidator(_ordered)]
"""A delay in days: the shortest, the usual and the longest."""
Ages = Annotated[tuple[int, int], AfterValidator(_grown)]
"""The lowest and the highest age in years."""
Weights = Annotated[dict[str, float], BeforeValidator(_text_keys), AfterValidator(_positive)]
"""How often each value is drawn; need not add up to 1."""


def _kind(value: Any) -> str | None:
    if isinstance(value, dict):
        return "weights"
    return "nothing" if value is None else "text" if isinstance(value, str) else None


Draw = Annotated[
    Annotated[str, Tag("text")] | Annotated[Weights, Tag("weights")] | Annotated[None, Tag("nothing")],
    Discriminator(
        _kind, custom_error_type="draw", custom_error_message="a text, weights or a ?rule is wanted"
    ),
    BeforeValidator(_text),
]
"""A fixed value, weights to draw from, or ``?rule`` for a value that a named rule works out."""
