"""Columns of person records as Arrow: in, each distinct text once; out, words of 64 bits and nulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from integration.pseudonyms.link_digests import Array, Known, compute
from integration.pseudonyms.link_readers import Reader
from integration.pseudonyms.link_tokens import Tokens

Texts: TypeAlias = "pa.ChunkedArray[Any] | Array | Sequence[Any]"
"""One column of a person record: texts, or numbers and dates that Arrow can write as texts; None is missing."""

_SAMPLE = 20_000
"""Rows looked at to see whether a column repeats itself."""
_CHUNK = 65_536
"""Rows whose blocks are in memory at once."""


@dataclass(frozen=True)
class Column:
    """A field: each row's place in ``values``, of which the first is None."""

    codes: npt.NDArray[np.int64]
    values: Array


def text_arrays(columns: Mapping[str, Texts], names: Sequence[str]) -> dict[str, Array]:
    """Return columns as arrays of text; ValueError for a name not in ``names`` or columns of different lengths."""
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise ValueError(f"not a field of a person record: {', '.join(unknown)}")
    arrays = {name: _text_array(column) for name, column in columns.items()}
    if len({len(array) for array in arrays.values()}) > 1:
        raise ValueError("columns of different lengths")
    return arrays


def _text_array(column: Texts) -> Array:
    array = column if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column)
    array = array.cast(pa.string()) if not pa.types.is_string(array.type) else array
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def dates(year: Array, month: Array | None, day: Array | None) -> Array:
    """Return ``1980-05-00`` and the like of three columns, 0 for what is missing."""

    def padded(array: Array | None, width: int) -> Array:
        whole = pa.nulls(len(year), pa.string()) if array is None else array
        made: Array = compute.utf8_lpad(
            compute.fill_null(compute.utf8_trim_whitespace(whole), ""), width, "0"
        )
        return made

    joined: Array = compute.binary_join_element_wise(padded(year, 4), padded(month, 2), padded(day, 2), "-")
    return joined


def distinct(array: Array, reader: Reader | None) -> Column:
    """Return a column with its distinct texts, each read once; without reader they are values already.

    Where nearly every row has another text (a national number), looking for equal ones would cost more than it saves.
    """
    if _nearly_unique(array):
        codes, texts = np.arange(1, len(array) + 1), array
    else:
        coded: Any = array.dictionary_encode()
        places = compute.add(coded.indices.cast(pa.int64()), 1)
        codes, texts = compute.fill_null(places, 0).to_numpy(zero_copy_only=False), coded.dictionary
    values = reader.read(texts) if reader else compute.if_else(compute.equal(texts, ""), None, texts)
    return Column(codes, pa.concat_arrays([pa.nulls(1, pa.string()), values.cast(pa.string())]))


def _nearly_unique(array: Array) -> bool:
    sample = array.slice(0, _SAMPLE)
    return len(sample) == _SAMPLE and compute.count_distinct(sample).as_py() > 0.995 * _SAMPLE


def chunks(size: int) -> Iterator[slice]:
    """Return the rows in pieces of bounded size."""
    return (slice(start, min(start + _CHUNK, size)) for start in range(0, size, _CHUNK))


def word_array(words: Tokens, known: Known) -> Array:
    """Return words with null where nothing is known."""
    return pa.array(words, type=pa.int64(), mask=~known)


def text_rows(column: Column | None, size: int) -> Array:
    """Return a column's values row by row."""
    if column is None:
        return pa.nulls(size, pa.string())
    return column.values.take(pa.array(column.codes, pa.int64()))
