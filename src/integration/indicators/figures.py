"""The figures of a domain's warehouse file, as typed rows: true counts, for inside the house only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from integration.errors import UsageError
from integration.indicators.definitions import load_definitions
from integration.names import InvalidName, Period
from integration.names import municipality as municipality_code
from integration.reasons import Reason

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Result:
    """One row of ``indicators.result``.

    ``value`` is a share from 0 to 1, days or a mean, as ``unit`` says; None when nothing was counted.
    ``numerator`` is None for a median. ``missing`` units are in neither count; ``missing_share`` is their share
    of all units.
    """

    indicator: str
    measure: str
    municipality: str
    period: str
    period_start: date
    period_end: date
    closed: bool
    unit: str
    numerator: int | None
    denominator: int
    value: float | None
    missing: int
    missing_share: float | None
    coverage: float
    reliable: bool


_COLUMNS = ", ".join(field.name for field in fields(Result))


def results(
    con: duckdb.DuckDBPyConnection,
    indicator: str | None = None,
    municipality: str | None = None,
    period: str | None = None,
) -> list[Result]:
    """The figures of a domain, all or those asked for, by indicator, measure, municipality and period.

    Raises :class:`UsageError`: INDICATOR_UNKNOWN, MUNICIPALITY_UNKNOWN or PERIOD_UNKNOWN when what is asked for
    does not exist or this file has no such figures.
    """
    if indicator is not None and indicator not in load_definitions():
        raise UsageError(Reason.INDICATOR_UNKNOWN)
    _check_form(municipality, period)
    wanted = {"indicator": indicator, "municipality": municipality, "period": period}
    asked = {name: value for name, value in wanted.items() if value is not None}
    for name in asked.keys() - {"indicator"}:
        if not _rows(con, {name: asked[name]}):
            raise UsageError(Reason.PERIOD_UNKNOWN if name == "period" else Reason.MUNICIPALITY_UNKNOWN)
    return [Result(*row) for row in _rows(con, asked)]


def _check_form(municipality: str | None, period: str | None) -> None:
    if municipality is not None:
        try:
            municipality_code(municipality)
        except InvalidName:
            raise UsageError(Reason.MUNICIPALITY_UNKNOWN, "GM and four digits") from None
    if period is not None:
        try:
            Period.parse(period)
        except InvalidName as error:
            raise UsageError(Reason.PERIOD_UNKNOWN, str(error)) from None


def _rows(con: duckdb.DuckDBPyConnection, asked: dict[str, str]) -> list[tuple[Any, ...]]:
    where = " and ".join(f"{name} = ${name}" for name in asked) or "true"
    order = "indicator, measure desc, municipality, period_end, period"
    return con.execute(
        f"select {_COLUMNS} from indicators.result where {where} order by {order}", asked
    ).fetchall()
