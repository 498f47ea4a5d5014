"""The deliveries that a supplier's calendar makes us expect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from integration.names import Period

if TYPE_CHECKING:
    from integration.contracts.supplier import Supplier


def expected_periods(supplier: Supplier, until: date) -> list[tuple[Period, date]]:
    """Return the periods that ended on or before ``until`` and the day each is due, oldest first.

    The first is the agreed stock delivery, if the calendar has a ``base``; then every whole week, month or
    half year that starts on or after ``since``. A due day may lie after ``until``.
    """
    calendar = supplier.calendar
    stock = [f"stand-{calendar.base.isoformat()}"] if calendar.base else []
    periods = [Period.parse(text) for text in [*stock, *_regular(calendar.frequency, calendar.since, until)]]
    due = timedelta(days=calendar.due_days)
    return [(period, period.end + due) for period in periods if period.end <= until]


def _regular(frequency: str, since: date, until: date) -> Iterator[str]:
    """Yield the texts of the periods that start between ``since`` and ``until``."""
    if frequency == "weekly":
        monday = since + timedelta(days=-since.weekday() % 7)
        while monday <= until:
            year, week, _ = monday.isocalendar()
            yield f"{year:04}-W{week:02}"
            monday += timedelta(days=7)
        return
    months = 1 if frequency == "monthly" else 6
    index = since.year * 12 + since.month - 1 + (since.day > 1)
    index += -index % months
    while index <= until.year * 12 + until.month - 1:
        year, month = divmod(index, 12)
        yield f"{year:04}-{month + 1:02}" if months == 1 else f"{year:04}-H{month // 6 + 1}"
        index += months
