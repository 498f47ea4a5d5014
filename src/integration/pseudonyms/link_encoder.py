"""The link encoding of person records: tokens and salted filters, column by column, under one key.

``LinkEncoder(key).encode(...)`` takes texts as they were written, ``encode_values`` takes what was normalised
already; both give a table with the same rows in the same order, which linkage compares without the key.
:meth:`LinkEncoder.rekey` is the second pass and the rotation. docs/reference/link-encoding.md describes the columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from integration.pseudonyms import link_parts, link_values, normalise
from integration.pseudonyms.link_columns import (
    Column,
    Texts,
    chunks,
    dates,
    distinct,
    text_arrays,
    text_rows,
    word_array,
)
from integration.pseudonyms.link_digests import Array, Known, Words, derived_key
from integration.pseudonyms.link_filters import FilterMaker, GramTable, NameGrams
from integration.pseudonyms.link_parameters import (
    FIELDS,
    PARTS,
    LinkParameters,
    TokenParameters,
    is_filter_column,
    load_parameters,
)
from integration.pseudonyms.link_readers import Reader, readers
from integration.pseudonyms.link_tokens import PartDigests, Rekeyer, TokenCombiner
from integration.pseudonyms.tokens import DigestMaker

METADATA_KEY = b"link_encoding"
"""Where a table's schema says what it was encoded with."""
LATEST_BIRTH = date(2199, 12, 31)
_SLAB = 500_000
"""Rows whose distinct values are in memory at once."""


class LinkEncoder:
    """Encodes person records. It holds a key: never log, pickle or return it."""

    def __init__(
        self,
        key: bytes,
        parameters: LinkParameters | None = None,
        *,
        earliest: date = normalise.EARLIEST_BIRTH,
        latest: date = LATEST_BIRTH,
        number: str = "bsn",
    ) -> None:
        """Make an encoder under ``key`` (16 bytes at least), of the version in force when none is given.

        Birth dates before ``earliest`` or after ``latest`` are missing. ``number`` says what the national number
        is: ``bsn`` (must pass the 11-test) or ``any``.
        """
        self.parameters = parameters or load_parameters()
        made = self.parameters.filters
        self._salts = {
            (field, channel.name): channel.by_field[field]
            for field in made.fields
            for channel in made.channels
            if field in channel.by_field
        }
        used = {part for parts in self._salts.values() for part in parts}
        used |= {part for token in self.parameters.tokens for part in token.parts}
        self._parts = {part: PartDigests(key, link_parts.KEYED_AS.get(part, part)) for part in sorted(used)}
        self._combiner = TokenCombiner(key)
        self._grams = {field: GramTable(key, field, made) for field in made.fields}
        self._filters = {
            (field, channel): FilterMaker(key, field, channel, made) for field, channel in self._salts
        }
        self._readers = readers(earliest, latest, number)
        self.fingerprint = fingerprint(key, self.parameters)

    def __repr__(self) -> str:
        return f"LinkEncoder({self.fingerprint})"

    @property
    def schema(self) -> pa.Schema:
        """The columns that come out: ``sex``, then words of 64 bits; all nullable."""
        words = self.parameters.token_columns + self.parameters.filter_columns
        fields: list[pa.Field[Any]] = [pa.field("sex", pa.string())]
        fields += [pa.field(name, pa.int64()) for name in words]
        told = {"version": self.parameters.version, "filters": self.fingerprint, "tokens": self.fingerprint}
        return pa.schema(fields, metadata={METADATA_KEY: _text(told)})

    def encode(self, fields: Mapping[str, Texts]) -> pa.Table:
        """Encode texts as they were written, by the names of ``link_values.RAW_FIELDS``; any may be missing.

        A birth date is one text (``1980-05-03``, ``19800503``, ``03-05-1980``; 00 for unknown) or three
        columns. ValueError for another name, or columns of different lengths.
        """
        arrays = text_arrays(fields, link_values.RAW_FIELDS)
        size = _length(arrays)
        year, month, day = (arrays.pop(f"birth_{part}", None) for part in ("year", "month", "day"))
        if year is not None and "birth_date" not in arrays:
            arrays["birth_date"] = dates(year, month, day)
        renamed = {"birth_date": "birth", "given_names": "given"}
        columns = {renamed.get(name, name): array for name, array in arrays.items()}
        return self._encode(size, columns, self._readers)

    def encode_values(self, values: Mapping[str, Texts]) -> pa.Table:
        """Encode normalised values, by the names of ``link_parameters.FIELDS``, as ``link_values`` makes them.

        ``birth`` is ``1980-05-03``, ``1980-05`` or ``1980``. ValueError as in :meth:`encode`.
        """
        arrays = text_arrays(values, FIELDS)
        return self._encode(_length(arrays), arrays, {})

    @staticmethod
    def rekey(table: pa.Table, key: bytes, *, keep_filters: bool = True) -> pa.Table:
        """Return the table with its ``link_`` tokens under the next key; other columns stay.

        The second pass keeps filters; a rotation empties them (``keep_filters=False``), for bits cannot be
        keyed again. Nulls stay null.
        """
        rekeyer = Rekeyer(key)
        words = {name for name in table.column_names if name.startswith("link_")}
        filters = {name for name in words if is_filter_column(name)}
        columns = []
        for name in table.column_names:
            column: Any = table.column(name)
            if name in filters:
                column = column if keep_filters else pa.nulls(len(table), pa.int64())
            elif name in words:
                array = column.combine_chunks()
                known = array.is_valid().to_numpy(zero_copy_only=False)
                column = word_array(rekeyer.tokens(array.fill_null(0).to_numpy(zero_copy_only=False)), known)
            columns.append(column)
        return pa.table(columns, schema=_rekeyed_schema(table.schema, key, keep_filters))

    def _encode(self, size: int, arrays: Mapping[str, Array], readers: Mapping[str, Reader]) -> pa.Table:
        tables = []
        for start in range(0, max(size, 1), _SLAB):
            columns = {
                name: distinct(array.slice(start, _SLAB), readers.get(name)) for name, array in arrays.items()
            }
            slab = _Slab(columns, self._parts, self._grams)
            tables.append(self._encode_slab(slab, min(_SLAB, size - start)))
        return pa.concat_tables(tables)

    def _encode_slab(self, slab: _Slab, size: int) -> pa.Table:
        made = {"sex": text_rows(slab.columns.get("sex"), size)}
        for token in self.parameters.tokens:
            made[token.column] = self._token(token, slab, size)
        for field, channel in self._filters:
            made |= self._filter(field, channel, slab, size)
        schema = self.schema
        return pa.table([made[name] for name in schema.names], schema=schema)

    def _token(self, token: TokenParameters, slab: _Slab, size: int) -> Array:
        if not slab.has(token.parts):
            return pa.nulls(size, pa.int64())
        fields = {PARTS[part] for part in token.parts}
        if len(fields) == 1:
            found = [slab.part(part) for part in token.parts]
            codes = slab.columns[fields.pop()].codes
            tokens = self._combiner.tokens(token.label, [blocks for blocks, _ in found])
            return word_array(tokens[codes], _all(known for _, known in found)[codes])
        tokens, usable = np.empty(size, dtype="<i8"), np.empty(size, dtype=np.bool_)
        for rows in chunks(size):
            found = [slab.rows(part, rows) for part in token.parts]
            tokens[rows] = self._combiner.tokens(token.label, [blocks for blocks, _ in found])
            usable[rows] = _all(known for _, known in found)
        return word_array(tokens, usable)

    def _filter(self, field: str, channel: str, slab: _Slab, size: int) -> dict[str, Array]:
        maker, salt = self._filters[field, channel], self._salts[field, channel]
        names = [f"link_{field}_{channel}_{word}" for word in range(self.parameters.filters.words)]
        if field not in slab.columns or not slab.has(salt):
            return {name: pa.nulls(size, pa.int64()) for name in names}
        grams, codes = slab.grams(field), slab.columns[field].codes
        words = np.zeros((len(names), size), dtype="<u8")
        usable = grams.count[codes] > 0
        for rows in chunks(size):
            found = [slab.rows(part, rows) for part in salt]
            usable[rows] &= _all(known for _, known in found)
            block = np.bitwise_xor.reduce([blocks for blocks, _ in found]) if len(found) > 1 else found[0][0]
            mine = usable[rows]
            words[:, rows][:, mine] = maker.words(grams, codes[rows][mine], block[mine]).T
        return {name: word_array(words[word].view("<i8"), usable) for word, name in enumerate(names)}


class _Slab:
    """Digests of the distinct values of some rows, made when a token or salt first asks for them."""

    def __init__(
        self,
        columns: Mapping[str, Column],
        parts: Mapping[str, PartDigests],
        tables: Mapping[str, GramTable],
    ) -> None:
        self.columns = columns
        self._makers, self._tables = parts, tables
        self._parts: dict[str, tuple[Words, Known]] = {}
        self._grams: dict[str, NameGrams] = {}

    def has(self, parts: Sequence[str]) -> bool:
        """Tell whether the fields of all parts are there."""
        return all(PARTS[part] in self.columns for part in parts)

    def part(self, name: str) -> tuple[Words, Known]:
        """Return a part's digests and which are known, for each distinct value of its field."""
        if name not in self._parts:
            values = link_parts.part_values(name, self.columns[PARTS[name]].values)
            self._parts[name] = self._makers[name].blocks(values)
        return self._parts[name]

    def rows(self, name: str, rows: slice) -> tuple[Words, Known]:
        """Return the same for each of some rows."""
        blocks, known = self.part(name)
        codes = self.columns[PARTS[name]].codes[rows]
        return np.take(blocks, codes, axis=0), known[codes]

    def grams(self, field: str) -> NameGrams:
        """Return the grams of each distinct name of a field."""
        if field not in self._grams:
            self._grams[field] = self._tables[field].names(self.columns[field].values)
        return self._grams[field]


def fingerprint(key: bytes, parameters: LinkParameters) -> str:
    """Sixteen hexadecimal digits that are equal only for encodings that may be compared: key, parameters, spelling."""
    maker = DigestMaker(derived_key(key, "fingerprint"))
    return maker.full(parameters.canonical() + b" spelling %d" % normalise.VERSION).hex()[:16]


def encoded_with(table: pa.Table) -> dict[str, str | int | None]:
    """Return ``version`` and the fingerprints of ``tokens`` and ``filters`` of a table; empty when it does not say."""
    told = (table.schema.metadata or {}).get(METADATA_KEY)
    found: dict[str, str | int | None] = json.loads(told) if told else {}
    return found


def rekeyed_fingerprint(before: str, key: bytes) -> str:
    """Return the fingerprint of tokens after a pass under ``key``."""
    return DigestMaker(derived_key(key, "fingerprint")).full(b"rekeyed " + before.encode()).hex()[:16]


def _rekeyed_schema(schema: pa.Schema, key: bytes, keep_filters: bool) -> pa.Schema:
    metadata = dict(schema.metadata or {})
    if METADATA_KEY in metadata:
        told = json.loads(metadata[METADATA_KEY])
        told["tokens"] = rekeyed_fingerprint(told["tokens"], key)
        told["filters"] = told["filters"] if keep_filters else None
        metadata[METADATA_KEY] = _text(told)
    return schema.with_metadata(metadata)


def _text(told: Mapping[str, object]) -> bytes:
    return json.dumps(told, sort_keys=True).encode()


def _length(arrays: Mapping[str, Array]) -> int:
    return max(map(len, arrays.values()), default=0)


def _all(known: Iterable[Known]) -> Known:
    rows: Known = np.logical_and.reduce(list(known))
    return rows
