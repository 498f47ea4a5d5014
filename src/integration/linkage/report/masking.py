"""Counts as the report may hold them: below ten not at all, every other rounded, so that none follows from two."""

from __future__ import annotations

LEAST, STEP = 10, 5


def masked(count: int) -> int | None:
    """A count rounded to five; None when it is below ten (nought too), as in a release."""
    return None if count < LEAST else STEP * round(count / STEP)


def share(part: int | None, whole: int | None) -> float | None:
    """Percent that one masked count is of another, never above 100; None when either is not shown."""
    return None if part is None or not whole else min(100.0, 100 * part / whole)
