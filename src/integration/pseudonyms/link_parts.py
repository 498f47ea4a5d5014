"""From a field's normalised values to the parts that tokens are made of, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from integration.pseudonyms.link_digests import Array, compute

KEYED_AS = {"birth_swapped": "birth"}
"""Parts whose values are kept under another part's key, so that they can be equal to that part's."""

_UK_POSTCODE = "^[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}$"
_SOME_DATE = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"


def part_values(part: str, values: Array) -> Array:
    """Return what a part has of its field's values (``1980-05-03`` has ``1980-05`` for ``birth_my``), or null."""
    maker = _MAKERS.get(part)
    return maker(values) if maker else values


def _cut(values: Array, start: int, stop: int | None = None) -> Array:
    made: Array = compute.utf8_slice_codeunits(values, start, stop)
    return made


def _where(condition: Any, values: Array, otherwise: Array | None = None) -> Array:
    nothing = otherwise if otherwise is not None else pa.scalar(None, pa.string())
    made: Array = compute.if_else(condition, values, nothing)
    return made


def _joined(separator: str, *columns: Array | str) -> Array:
    made: Array = compute.binary_join_element_wise(*columns, separator)
    return made


def _pc4(values: Array) -> Array:
    """The first four of a postcode; of a British one the outward code."""
    return _where(
        compute.match_substring_regex(values, _UK_POSTCODE), _cut(values, 0, -3), _cut(values, 0, 4)
    )


def _known(values: Array, length: int) -> Array:
    dated = compute.match_substring_regex(values, _SOME_DATE)
    return _where(compute.and_(dated, compute.greater_equal(compute.utf8_length(values), length)), values)


def _full(values: Array) -> Array:
    return _known(values, 10)


def _swapped(values: Array) -> Array:
    """Day and month in each other's place: equal to another's full date only when that can be a slip.

    The 5th of May gives a text that no date has, so that the column does not show who was born on such a day.
    """
    whole = _full(values)
    month, day = _cut(whole, 5, 7), _cut(whole, 8, 10)
    swapped = _joined("-", _cut(whole, 0, 4), day, month)
    return _where(compute.equal(day, month), _joined("-", swapped, "alike"), swapped)


def _day_year(values: Array) -> Array:
    whole = _full(values)
    return _joined("---", _cut(whole, 0, 4), _cut(whole, 8, 10))


_MAKERS: dict[str, Callable[[Array], Array]] = {
    "birth": _full,
    "birth_swapped": _swapped,
    "birth_my": lambda values: _cut(_known(values, 7), 0, 7),
    "birth_dy": _day_year,
    "birth_dm": lambda values: _cut(_full(values), 5, 10),
    "birth_year": lambda values: _cut(_known(values, 4), 0, 4),
    "birth_decade": lambda values: _cut(_known(values, 4), 0, 3),
    "pc4": _pc4,
}
