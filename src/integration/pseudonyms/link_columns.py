"""Columns of person records as Arrow: in, each distinct text once; out, words of 64 bits and nulls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from integration.pseudonyms.link_digests import Array, Known
from integration.pseudonyms.link_readers import Reader
from integration.pseudonyms.link_tokens import Tokens

Texts: TypeAlias = "pa.ChunkedArray[Any] | Array | Sequence[Any]"
"""One column of a person record: texts, or numbers and dates that Arrow can write as texts; None is missing."""

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
        return pc.utf8_lpad(pc.fill_null(pc.utf8_trim_whitespace(whole), ""), width, "0")

    return pc.binary_join_element_wise(padded(year, 4), padded(month, 2), padded(day, 2), "-")


def distinct(array: Array, reader: Reader | None) -> Column:
    """Return a column with its distinct texts, each read once; without reader they are values already."""
    coded: Any = array.dictionary_encode()
    codes = pc.fill_null(pc.add(coded.indices.cast(pa.int64()), 1), 0).to_numpy(zero_copy_only=False)
    texts = coded.dictionary
    values = reader.read(texts) if reader else pc.if_else(pc.equal(texts, ""), None, texts)
    return Column(codes, pa.concat_arrays([pa.nulls(1, pa.string()), values.cast(pa.string())]))


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
    return column.values.take(pa.array(column.codes))
