"""Scales that end in a round number, in three to five equal steps."""

from __future__ import annotations

from math import floor, log10


def round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 10, 20 ... at or above a value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return float(next(step * power for step in (1, 2, 3, 4, 5, 6, 8, 10) if step * power >= value))


def steps(top: float) -> list[float]:
    """Three to five equal steps from zero to a round number (one that :func:`round_up` gives)."""
    lead = round(top / 10 ** floor(log10(top) + 1e-9))
    parts = {1: 5, 2: 4, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4}[lead]
    return [round(top * number / parts, 6) for number in range(parts + 1)]
