"""Columns of person records as Arrow: in, each distinct text once; out, words of 64 bits and nulls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from integration.pseudonyms.link_tokens import Known, Tokens

Texts = pa.ChunkedArray | pa.Array | Sequence[Any]
"""One column of a person record: texts, or numbers and dates that Arrow can write as texts; None is missing."""
Reader = Callable[[str], str | None]

_CHUNK = 65_536
"""Rows whose blocks are in memory at once."""


@dataclass(frozen=True)
class Column:
    """A field: each row's place in ``values``, of which the first is None."""

    codes: npt.NDArray[np.int64]
    values: list[str | None]


def text_arrays(columns: Mapping[str, Texts], names: Sequence[str]) -> dict[str, pa.Array]:
    """Return columns as arrays of text; ValueError for a name not in ``names`` or columns of different lengths."""
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise ValueError(f"not a field of a person record: {', '.join(unknown)}")
    arrays = {name: _text_array(column) for name, column in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        raise ValueError("columns of different lengths")
    return arrays


def _text_array(column: Texts) -> pa.Array:
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    array = array.cast(pa.string()) if not pa.types.is_string(array.type) else array
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def dates(year: pa.Array, month: pa.Array | None, day: pa.Array | None) -> pa.Array:
    """Return ``1980-05-00`` and the like of three columns, 0 for what is missing."""

    def padded(array: pa.Array | None, width: int) -> pa.Array:
        whole = pa.nulls(len(year), pa.string()) if array is None else array
        return pc.utf8_lpad(pc.fill_null(pc.utf8_trim_whitespace(whole), ""), width, "0")

    return pc.binary_join_element_wise(padded(year, 4), padded(month, 2), padded(day, 2), "-")


def distinct(array: pa.Array, reader: Reader | None) -> Column:
    """Return a column with its distinct values, each read once; texts that are read alike become one value."""
    coded = array.dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = pc.fill_null(pc.add(coded.indices.cast(pa.int64()), 1), 0).to_numpy(zero_copy_only=False)
    texts = coded.dictionary.to_pylist()
    if reader is None:
        return Column(codes, [None, *(text or None for text in texts)])
    places: dict[str | None, int] = {None: 0}
    place = np.fromiter(
        (places.setdefault(value, len(places)) for value in map(reader, texts)),
        dtype=np.int64,
        count=len(texts),
    )
    return Column(np.concatenate(([0], place))[codes], list(places))


def chunks(size: int) -> Iterator[slice]:
    """Return the rows in pieces of bounded size."""
    return (slice(start, min(start + _CHUNK, size)) for start in range(0, size, _CHUNK))


def word_array(words: Tokens, known: Known) -> pa.Array:
    """Return words with null where nothing is known."""
    return pa.array(words, type=pa.int64(), mask=~known)


def text_rows(column: Column | None, size: int) -> pa.Array:
    """Return a column's values row by row."""
    if column is None:
        return pa.nulls(size, pa.string())
    return pa.array(column.values, type=pa.string()).take(pa.array(column.codes))
