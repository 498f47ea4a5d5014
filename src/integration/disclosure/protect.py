"""From the true results of all domains to the cells that may be published.

In order: keep closed periods of listed tables, put every municipality in every table (an absent row
counts 0, and 0 is hidden like any small count), protect each cell by itself, add the totals, draw the
verdicts from what is left. Every step is a function of its arguments alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Protocol

from integration.disclosure.cells import ABSENT, Cell, Count, Truth
from integration.disclosure.counts import publish_count
from integration.disclosure.figures import (
    Figure,
    count,
    exact,
    exact_share,
    mean,
    median,
    missing_share,
    share,
)
from integration.disclosure.tables import Table, Tables, load_tables
from integration.disclosure.totals import total_count, total_mean, total_share
from integration.disclosure.verdicts import Norm, norm_and_limit, verdict
from integration.errors import IntegrationError
from integration.names import Period
from integration.reasons import Reason

TOTAL = "ALLE"
"""Stands in the municipality column for all municipalities together."""

CLOSING_DAYS = 45
"""A period closes this many days after its last day; until then nothing of it is published."""

MISSING_LIMIT = 10
"""Above this published missing share (percent) a value is not reliable."""

UNITS = {"share": "percent", "median_days": "days", "mean": "mean"}
"""Unit of ``indicators.result`` and the published unit that it becomes."""


class Definition(Protocol):
    """What protection needs to know of an indicator's definition."""

    @property
    def id(self) -> str:
        """Such as ``I05``."""

    @property
    def direction(self) -> str:
        """``up`` when more is better, ``down`` when less is, else ``context``."""

    @property
    def norm(self) -> Norm | None:
        """The norm of the indicator's own value."""

    @property
    def minimum_coverage(self) -> float:
        """Share of the expected deliveries below which the value is not reliable."""


@dataclass(frozen=True)
class Protected:
    """The publishable cells, in a fixed order, and how many were shown and hidden (for the manifest)."""

    cells: tuple[Cell, ...]
    suppression: dict[str, int]


@dataclass(frozen=True)
class _Group:
    """One table for one period: the true rows of all municipalities, in order, under one definition."""

    table: Table
    definition: Definition
    period: Period
    rows: tuple[Truth, ...]

    @property
    def norm(self) -> Norm | None:
        """The definition's norm, which speaks of the indicator's own value only."""
        return self.definition.norm if self.table.measure == "value" else None


def protect(
    rows: Iterable[Mapping[str, Any] | object],
    definitions: Iterable[Definition],
    municipalities: Sequence[str],
    today: date,
    tables: Tables | None = None,
) -> Protected:
    """Protect the rows of ``indicators.result`` of all domains together.

    ``municipalities`` are the codes of all domains, in the order in which they are to be published;
    ``today`` is the day by the one clock, a second lock beside the rows' own ``closed``. Raises
    :class:`IntegrationError` (INPUT_INVALID, MUNICIPALITY_UNKNOWN, INDICATOR_UNKNOWN) for rows that
    cannot be, without naming their values.
    """
    listed = tables or load_tables()
    known = {definition.id: definition for definition in definitions}
    truths = [Truth.from_row(row) for row in rows]
    closed = [truth for truth in truths if _closed(truth, today)]
    chosen = [truth for truth in closed if _listed(truth, listed)]
    cells: list[Cell] = []
    for group in _groups(chosen, listed, known, municipalities):
        cells.extend(_protect_group(group))
    suppression = Counter(cell.value_state for cell in cells)
    suppression["rows_open_period"] = len(truths) - len(closed)
    suppression["rows_not_listed"] = len(closed) - len(chosen)
    return Protected(tuple(cells), dict(sorted(suppression.items())))


def protect_counts(counts: Mapping[str, int | None]) -> dict[str, int | None]:
    """Protect counts of people outside the indicators (a run's summary): hidden below 10, else rounded."""
    return {name: None if number is None else publish_count(number) for name, number in counts.items()}


def _closed(truth: Truth, today: date) -> bool:
    return truth.closed and truth.end + timedelta(days=CLOSING_DAYS) <= today


def _listed(truth: Truth, tables: Tables) -> bool:
    kinds = tables.period_kinds
    return (truth.indicator, truth.measure) in tables.tables and Period.parse(truth.period).kind in kinds


def _groups(
    truths: Sequence[Truth], tables: Tables, known: Mapping[str, Definition], municipalities: Sequence[str]
) -> Iterable[_Group]:
    """Table by table in the listed order, years before quarters, old to new; each with every municipality."""
    found: dict[tuple[str, str], dict[str, dict[str, Truth]]] = defaultdict(lambda: defaultdict(dict))
    for truth in truths:
        if truth.municipality not in municipalities:
            raise IntegrationError(Reason.MUNICIPALITY_UNKNOWN)
        if truth.indicator not in known:
            raise IntegrationError(Reason.INDICATOR_UNKNOWN)
        place = found[truth.indicator, truth.measure][truth.period]
        if truth.municipality in place:
            raise IntegrationError(Reason.INPUT_INVALID, "a result occurs twice", field="municipality")
        place[truth.municipality] = truth
    for key, table in tables.tables.items():
        periods = map(Period.parse, found.get(key, {}))
        for period in sorted(periods, key=lambda p: (p.kind == "rolling", p.end)):
            present = found[key][period.text]
            pattern = next(iter(present.values()))
            rows = tuple(present.get(code) or _nobody(pattern, code) for code in municipalities)
            yield _Group(table, known[table.indicator], period, rows)


def _nobody(pattern: Truth, municipality: str) -> Truth:
    """The row of a municipality that has none: no units were counted. Hidden like every small count."""
    nobody = replace(pattern, municipality=municipality, numerator=0, denominator=0, missing=0)
    return replace(nobody, value=None, coverage=None)


def _protect_group(group: _Group) -> list[Cell]:
    figures = [_figure(group.table, row) for row in group.rows]
    missing = [_missing(group.table, row.missing) for row in group.rows]
    cells = [
        _cell(group, row.municipality, figure, lost, _percent(row.coverage))
        for row, figure, lost in zip(group.rows, figures, missing, strict=True)
    ]
    total = _total(group, figures)
    if total is not None:
        cells.append(_cell(group, TOTAL, total, _total_missing(group, missing), _mean_coverage(group.rows)))
    return cells


def _figure(table: Table, row: Truth) -> Figure:
    if row.unit == "median_days" and table.people:
        return median(row.value, row.denominator)
    if row.unit == "mean" and table.people:
        return mean(row.numerator, row.denominator)
    if row.unit == "share":
        return (share if table.people else exact_share)(row.numerator, row.denominator)
    raise IntegrationError(Reason.INPUT_INVALID, field="unit")


def _total(group: _Group, figures: Sequence[Figure]) -> Figure | None:
    """All municipalities together; None for a median (the parts do not make one) and for a single part."""
    unit = group.rows[0].unit
    if unit == "median_days" or len(group.rows) < 2:
        return None
    numerator = sum(row.numerator for row in group.rows)
    denominator = sum(row.denominator for row in group.rows)
    if not group.table.people:
        return exact_share(numerator, denominator)
    return (total_mean if unit == "mean" else total_share)(figures, numerator, denominator)


def _missing(table: Table, number: int) -> Count:
    if table.missing == "none":
        if number:
            raise IntegrationError(Reason.INPUT_INVALID, field="missing")
        return ABSENT
    return count(number) if table.people else exact(number)


def _total_missing(group: _Group, missing: Sequence[Count]) -> Count:
    number = sum(row.missing for row in group.rows)
    if group.table.people and group.table.missing == "counted":
        return total_count(missing, number)
    return _missing(group.table, number)


def _percent(coverage: float | None) -> int | None:
    """Coverage in whole percents, rounded down so that 89.6% never reads as the 90% that is asked."""
    return None if coverage is None else int(100 * coverage + 1e-9)


def _mean_coverage(rows: Sequence[Truth]) -> int | None:
    known = [row.coverage for row in rows if row.coverage is not None]
    return _percent(sum(known) / len(known)) if known else None


def _unreliable(group: _Group, coverage: int | None, share_missing: int | None) -> str:
    """Why the value is not reliable (``coverage``, ``missing``), or nothing. From published figures only."""
    if coverage is not None and coverage < round(100 * group.definition.minimum_coverage):
        return "coverage"
    return "missing" if share_missing is not None and share_missing > MISSING_LIMIT else ""


def _cell(group: _Group, municipality: str, figure: Figure, missing: Count, coverage: int | None) -> Cell:
    unit = UNITS[group.rows[0].unit]
    norm, limit = norm_and_limit(group.norm, unit)
    part, below = missing_share(missing, figure.denominator)
    because = _unreliable(group, coverage, part)
    return Cell(
        indicator=group.table.indicator,
        measure=group.table.measure,
        municipality=municipality,
        period=group.period.text,
        period_kind=group.period.kind,
        period_start=group.rows[0].start,
        period_end=group.rows[0].end,
        about=group.table.about,
        unit=unit,
        value=figure.value,
        value_state=figure.state.value,
        bound=figure.bound,
        numerator=figure.numerator.number,
        numerator_state=figure.numerator.state.value,
        denominator=figure.denominator.number,
        denominator_state=figure.denominator.state.value,
        missing=missing.number,
        missing_state=missing.state.value,
        missing_share=part,
        missing_share_below=below,
        coverage=coverage,
        reliable=not because,
        unreliable_because=because,
        norm=norm,
        norm_limit=limit,
        norm_status=group.norm.status if group.norm is not None and norm is not None else "none",
        verdict=verdict(figure, limit, group.definition.direction, reliable=not because).value,
    )
