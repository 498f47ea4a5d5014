"""The expectation types a suite may use, and what each may be asked of.

The list is short on purpose. An expectation that observes a minimum, a mean, a most common value or a set of
distinct values shows data of persons in a small delivery, and one that runs a query can read anything. What is
left is settled by counting rows; whoever adds a type adds how its rows are counted (:mod:`.counts`) and a spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from integration.quality.layout import Column


@dataclass(frozen=True)
class Rule:
    """How an expectation type may be used.

    ``columns``: the arguments that name a column, ``kinds`` what kind these may be (empty: any).
    ``needs`` and ``may``: further arguments. ``per_row``: each row holds or not, so ``mostly`` and
    ``row_condition`` have a meaning.
    """

    columns: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    per_row: bool = True


_BOUNDS = ("min_value", "max_value")

BOUNDED = "expect_column_values_to_be_between"

RULES: dict[str, Rule] = {
    "expect_table_row_count_to_be_between": Rule(may=_BOUNDS, per_row=False),
    "expect_column_unique_value_count_to_be_between": Rule(
        ("column",), ("code",), may=_BOUNDS, per_row=False
    ),
    "expect_column_values_to_not_be_null": Rule(("column",)),
    "expect_column_values_to_be_null": Rule(("column",)),
    "expect_column_values_to_be_unique": Rule(("column",), ("string",)),
    "expect_column_values_to_be_in_set": Rule(("column",), ("code", "integer"), needs=("value_set",)),
    "expect_column_values_to_not_be_in_set": Rule(("column",), ("code", "integer"), needs=("value_set",)),
    BOUNDED: Rule(("column",), ("integer", "share", "measure"), may=_BOUNDS),
    "expect_column_pair_values_a_to_be_greater_than_b": Rule(
        ("column_A", "column_B"), ("date", "integer"), needs=("or_equal", "ignore_row_if")
    ),
}
"""Allow-list: expectation type to its rule."""

_PER_ROW = ("mostly", "row_condition")
_OPERATORS = {"==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN"}


def problem_with(kind: str, kwargs: Any, columns: Mapping[str, Column]) -> str | None:
    """Say why an expectation cannot be used on a table with ``columns``; None when it can."""
    rule = RULES[kind]
    if not isinstance(kwargs, Mapping):
        return "kwargs is not a mapping"
    needed = {*rule.columns, *rule.needs}
    allowed = needed | set(rule.may) | set(_PER_ROW if rule.per_row else ())
    if not needed <= set(kwargs) <= allowed:
        return f"arguments: needs {sorted(needed)}, may have {sorted(allowed - needed)}"
    if rule.may == _BOUNDS and not _number(kwargs.get("min_value", kwargs.get("max_value"))):
        return "min_value or max_value must be a number"
    return (
        _column_problem(rule, [kwargs[name] for name in rule.columns], columns)
        or _measure_problem(kind, kwargs, columns)
        or _mostly_problem(kwargs)
        or _pair_problem(kind, kwargs)
        or _set_problem(kwargs, columns)
        or condition_problem(kwargs.get("row_condition"), columns)
    )


def _column_problem(rule: Rule, names: Iterable[Any], columns: Mapping[str, Column]) -> str | None:
    kinds = set()
    for name in names:
        if not isinstance(name, str) or name not in columns:
            return f"the column {name} does not exist in an encoded delivery"
        kinds.add(columns[name].kind)
    if rule.kinds and not kinds <= set(rule.kinds):
        return f"the column must be of kind {' or '.join(rule.kinds)}"
    return "the two columns are of different kinds" if len(kinds) > 1 else None


def _measure_problem(kind: str, kwargs: Mapping[str, Any], columns: Mapping[str, Column]) -> str | None:
    """A measure is one number of a delivery: it is judged by its bounds and nothing else."""
    if all(columns[kwargs[name]].kind != "measure" for name in RULES[kind].columns):
        return None
    bounded = kind == BOUNDED and set(kwargs) <= {"column", *_BOUNDS}
    return None if bounded else f"a measure is judged by {BOUNDED}, with min_value or max_value only"


def _mostly_problem(kwargs: Mapping[str, Any]) -> str | None:
    mostly = kwargs.get("mostly", 1.0)
    return None if _number(mostly) and 0 < mostly <= 1 else "mostly must be a share above 0, at most 1"


def _pair_problem(kind: str, kwargs: Mapping[str, Any]) -> str | None:
    if not kind.startswith("expect_column_pair"):
        return None
    if kwargs["ignore_row_if"] != "either_value_is_missing" or not isinstance(kwargs["or_equal"], bool):
        return "a pair needs ignore_row_if either_value_is_missing and or_equal true or false"
    return None


def _set_problem(kwargs: Mapping[str, Any], columns: Mapping[str, Column]) -> str | None:
    if "value_set" not in kwargs:
        return None
    values = kwargs["value_set"]
    if not isinstance(values, list) or not values:
        return "value_set must be a list with values"
    return _values_problem(columns[kwargs["column"]], values)


def _values_problem(column: Column, values: Iterable[Any]) -> str | None:
    expected = int if column.kind in ("integer", "share") else str
    for value in values:
        if not isinstance(value, expected) or isinstance(value, bool):
            return f"values for {column.name} must be of type {expected.__name__}"
        if column.codes is not None and str(value) not in column.codes:
            return f"the code list of {column.name} lacks a value that is named"
    return None


def condition_problem(condition: Any, columns: Mapping[str, Column]) -> str | None:
    """Say why a row condition cannot be used: only comparisons, nullity and their conjunction are understood."""
    if condition is None:
        return None
    if not isinstance(condition, Mapping):
        return "a row condition must be an object; text would be run as code"
    if condition.get("type") == "and" and isinstance(condition.get("conditions"), list):
        problems = (condition_problem(part, columns) for part in condition["conditions"])
        return next(filter(None, problems), None)
    named = condition.get("column")
    name = named.get("name") if isinstance(named, Mapping) else None
    if not isinstance(name, str) or name not in columns:
        return f"the row condition's column {name} does not exist in an encoded delivery"
    if columns[name].kind in ("share", "measure"):
        return f"the row condition's column {name} is of the delivery, not of a row"
    kind, keys = condition.get("type"), set(condition) - {"type", "column"}
    if kind == "nullity" and keys == {"is_null"}:
        return None if isinstance(condition["is_null"], bool) else "is_null must be true or false"
    if kind == "comparison" and keys == {"operator", "parameter"}:
        return _comparison_problem(condition, columns[name])
    return "a row condition must be a comparison, nullity or and"


def _comparison_problem(condition: Mapping[str, Any], column: Column) -> str | None:
    operator, parameter = condition["operator"], condition["parameter"]
    if operator not in _OPERATORS or column.kind not in ("code", "integer"):
        return "a comparison needs a code or integer column and a known operator"
    if (operator in ("IN", "NOT_IN")) != isinstance(parameter, list):
        return "IN and NOT_IN need a list, other operators a single value"
    return _values_problem(column, parameter if isinstance(parameter, list) else [parameter])


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
