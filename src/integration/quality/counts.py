"""How many rows a check rested on and how many of them did not hold: counts, never values.

Great Expectations gives the verdict, asked for no more than true or false, since its richer results hold values.
The counts beside the verdict are made here, one short rule for each expectation type of the allow-list; a test
holds them against Great Expectations' own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Counts = tuple[int, int | None]
"""Rows the check rested on, and rows that did not hold (None where the check is not about single rows)."""

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "IN": lambda column, values: column.isin(values),
    "NOT_IN": lambda column, values: ~column.isin(values),
}


def count(frame: pd.DataFrame, kind: str, kwargs: Mapping[str, Any]) -> Counts:
    """Count for an expectation of type ``kind``. Where it judges values, rows with an empty field are left out."""
    condition = kwargs.get("row_condition")
    rows = frame if condition is None else frame[selected(frame, condition)]
    return _COUNTERS[kind](rows, kwargs)


def selected(frame: pd.DataFrame, condition: Mapping[str, Any]) -> pd.Series[bool]:
    """Which rows a row condition selects; a comparison never selects an empty field."""
    if condition["type"] == "and":
        parts = [selected(frame, part) for part in condition["conditions"]]
        return reduce(operator.and_, parts[1:], parts[0])
    column = frame[condition["column"]["name"]]
    filled: pd.Series[bool] = column.notna()
    if condition["type"] == "nullity":
        return ~filled if condition["is_null"] else filled
    holds: pd.Series[bool] = _COMPARE[condition["operator"]](column, condition["parameter"])
    return holds.fillna(False).astype(bool) & filled


def _rows(rows: pd.DataFrame, _kwargs: Mapping[str, Any]) -> Counts:
    return len(rows), None


def _filled(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    return int(rows[kwargs["column"]].notna().sum()), None


def _not_null(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    return len(rows), int(rows[kwargs["column"]].isna().sum())


def _null(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    return len(rows), int(rows[kwargs["column"]].notna().sum())


def _unique(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    values = rows[kwargs["column"]].dropna()
    return len(values), int(values.duplicated(keep=False).sum())


def _in_set(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    values = rows[kwargs["column"]].dropna()
    return len(values), int((~values.isin(kwargs["value_set"])).sum())


def _not_in_set(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    values = rows[kwargs["column"]].dropna()
    return len(values), int(values.isin(kwargs["value_set"]).sum())


def _between(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    values = rows[kwargs["column"]].dropna()
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    outside = 0 if low is None else int((values < low).sum())
    return len(values), outside + (0 if high is None else int((values > high).sum()))


def _pair(rows: pd.DataFrame, kwargs: Mapping[str, Any]) -> Counts:
    both = rows[[kwargs["column_A"], kwargs["column_B"]]].dropna()
    later, earlier = both.iloc[:, 0], both.iloc[:, 1]
    holds = later >= earlier if kwargs["or_equal"] else later > earlier
    return len(both), len(both) - int(holds.sum())


_COUNTERS: dict[str, Callable[[pd.DataFrame, Mapping[str, Any]], Counts]] = {
    "expect_table_row_count_to_be_between": _rows,
    "expect_column_unique_value_count_to_be_between": _filled,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_unique": _unique,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_be_between": _between,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair,
}
