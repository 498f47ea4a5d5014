"""What the published figure says about the norm, and nothing more than the published figure.

A norm of 100% (or 0%) is an ambition: one family more or less would decide, and a small remainder is
hidden. Verdicts then use the limit that the norm declares (``ambition_limit``, such as 95% or 5%).
"""

from __future__ import annotations

from typing import Protocol

from integration.disclosure.cells import ValueState, Verdict
from integration.disclosure.figures import Figure
from integration.errors import DeclarationError
from integration.reasons import Reason

DEFAULT_AMBITION_LIMIT = {100.0: 95.0, 0.0: 5.0}
"""For a share's norm that declares no limit of its own."""

WORKING_DAYS = 7 / 5
"""Days in a working day: five working days are seven days."""

_SCALES: dict[str, dict[str, float]] = {
    "percent": {"%": 1, "percent": 1, "share": 100},
    "days": {"days": 1, "median_days": 1, "working_days": WORKING_DAYS},
    "mean": {"mean": 1, "transfers": 1, "per_family": 1},
}
"""What a norm's number is multiplied by, per unit of the figure."""


class Norm(Protocol):
    """The norm of an indicator's definition, as far as verdicts need it."""

    @property
    def value(self) -> float | None:
        """The norm's number, None when there is no norm."""

    @property
    def unit(self) -> str:
        """What the number is in: ``percent``, ``days``, ``working_days``, ``mean``."""

    @property
    def status(self) -> str:
        """``law``, ``field``, ``proposal`` or ``none``."""

    @property
    def ambition_limit(self) -> float | None:
        """What verdicts use instead of a norm of 100% or 0%."""


def norm_and_limit(norm: Norm | None, unit: str) -> tuple[float | None, float | None]:
    """The norm and the limit that verdicts use, in the figure's own unit; (None, None) without a norm.

    Raises :class:`DeclarationError` (INDICATOR_INVALID) when the norm's unit does not fit the figure's.
    """
    if norm is None or norm.value is None or norm.status == "none":
        return None, None
    scale = _SCALES[unit].get(norm.unit)
    if scale is None:
        raise DeclarationError(Reason.INDICATOR_INVALID, "the unit does not fit the figure", field="norm")
    value = round(norm.value * scale, 6)
    if norm.ambition_limit is not None:
        return value, round(norm.ambition_limit * scale, 6)
    return value, DEFAULT_AMBITION_LIMIT.get(value, value) if unit == "percent" else value


def verdict(figure: Figure, limit: float | None, direction: str, *, reliable: bool) -> Verdict:
    """Compare a published figure with a limit; ``direction`` is ``up`` (more is better), ``down`` or none."""
    if figure.state in {ValueState.SUPPRESSED, ValueState.PROTECTS}:
        return Verdict.SUPPRESSED
    if not reliable:
        return Verdict.UNRELIABLE
    if limit is None or direction not in {"up", "down"}:
        return Verdict.NO_NORM
    if figure.value is not None:
        good = figure.value >= limit if direction == "up" else figure.value <= limit
        return Verdict.MET if good else Verdict.MISSED
    return _of_bound(figure, limit, direction)


def _of_bound(figure: Figure, limit: float, direction: str) -> Verdict:
    """``less than 4%`` meets a norm of at most 5%, misses one of at least 90%, and leaves 2% open."""
    if figure.bound is not None and figure.state is ValueState.BELOW and figure.bound <= limit:
        return Verdict.MISSED if direction == "up" else Verdict.MET
    if figure.bound is not None and figure.state is ValueState.ABOVE and figure.bound >= limit:
        return Verdict.MET if direction == "up" else Verdict.MISSED
    return Verdict.UNDECIDED
