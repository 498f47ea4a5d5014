"""Reads a data set's files into one table of texts, and normalises them as deliveries are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from integration.errors import UsageError
from integration.linkage.evaluation.dataset import FIELDS, Dataset, File
from integration.pseudonyms import link_values
from integration.pseudonyms.link_columns import dates
from integration.pseudonyms.link_digests import Array
from integration.pseudonyms.link_encoder import LATEST_BIRTH
from integration.pseudonyms.link_readers import readers
from integration.reasons import Reason

_CHECKED_SHARE = 0.9


@dataclass
class Loaded:
    """Normalised values by field (Arrow, one row a record), and who they are.

    ``source`` numbers the file of each record, ``truth`` and ``id`` are null where not told. ``notes`` says what was
    left out.
    """

    values: dict[str, Array]
    extra: dict[str, Array]
    source: Array
    truth: Array
    identity: Array
    sources: list[str]
    checked_numbers: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many."""
        return len(self.source)


def load(con: duckdb.DuckDBPyConnection, dataset: Dataset) -> Loaded:
    """Read all files of a data set.

    Raises :class:`UsageError` (LINK_DATASET_INVALID) naming file and field: a file that is not there or cannot be
    read, a column that is not there, no record, no usable field.
    """
    tables = [_read(con, file, number, dataset) for number, file in enumerate(dataset.files)]
    table = pa.concat_tables(tables, promote_options="default").combine_chunks()
    if not len(table):
        raise UsageError(Reason.LINK_DATASET_INVALID, "no records", file=dataset.files[0].path.name)
    notes: list[str] = []
    values, checked = _values(table, dataset, notes)
    extra = {
        name.removeprefix("extra_"): _whole(
            readers_of(dataset, "any")["extra"].read(_whole(table.column(name)))
        )
        for name in table.column_names
        if name.startswith("extra_")
    }
    for name in [*values, *extra]:
        held = values if name in values else extra
        if held[name].null_count == len(held[name]):
            notes.append(f"field {name}: empty throughout, left out")
            del held[name]
    if not set(values) - {"sex"} and not extra:
        raise UsageError(Reason.LINK_DATASET_INVALID, "no usable field", file=dataset.files[0].path.name)
    return Loaded(
        values=values,
        extra=extra,
        source=_whole(table.column("source")),
        truth=_whole(table.column("truth")),
        identity=_whole(table.column("identity")),
        sources=[file.source for file in dataset.files],
        checked_numbers=checked,
        notes=notes,
    )


def readers_of(dataset: Dataset, number: str) -> dict[str, Any]:
    """How the texts of each field are read."""
    return dict(readers(dataset.earliest, LATEST_BIRTH, number))


def scan(
    file: Path, delimiter: str | None, encoding: str = "utf-8", kind: str | None = None
) -> tuple[str, list[Any]]:
    """The table function that reads a file as texts, and its parameters."""
    if (kind or ("parquet" if file.suffix.lower() in (".parquet", ".pq") else "csv")) == "parquet":
        return "read_parquet(?)", [str(file)]
    options, parameters = (
        "all_varchar = true, header = true, null_padding = true, encoding = ?",
        [str(file), encoding],
    )
    if delimiter:
        return f"read_csv(?, {options}, delim = ?)", [*parameters, delimiter]
    return f"read_csv(?, {options})", parameters


def columns_of(
    con: duckdb.DuckDBPyConnection, source: str, parameters: list[Any], file: Path
) -> dict[str, str]:
    """The columns of a file, by their name without blanks around it."""
    if not file.is_file():
        raise UsageError(Reason.LINK_DATASET_INVALID, "there is no such file", file=file.name)
    try:
        found = con.execute(f"describe select * from {source}", parameters).fetchall()
    except duckdb.Error as error:
        raise UsageError(
            Reason.LINK_DATASET_INVALID, f"cannot be read: {type(error).__name__}", file=file.name
        ) from None
    return {str(row[0]).strip(): str(row[0]) for row in found}


def _read(con: duckdb.DuckDBPyConnection, file: File, number: int, dataset: Dataset) -> pa.Table:
    source, parameters = scan(file.path, file.delimiter, file.encoding, file.format)
    held = columns_of(con, source, parameters, file.path)

    def text(name: str, field: str) -> str:
        if name.strip() not in held:
            raise UsageError(
                Reason.LINK_DATASET_INVALID, "there is no such column", file=file.path.name, field=field
            )
        quoted = held[name.strip()].replace('"', '""')
        return f"nullif(trim(cast(\"{quoted}\" as varchar)), '')"

    picked = [f"cast({number} as bigint) as source"]
    for field_name, column in file.fields.items():
        texts = [text(name, field_name) for name in column.names]
        joined = texts[0] if len(texts) == 1 else f"nullif(concat_ws(' ', {', '.join(texts)}), '')"
        if column.format and field_name == "birth_date":
            joined = f"strftime(try_strptime({joined}, '{_literal(column.format)}'), '%Y-%m-%d')"
        picked.append(f"{joined} as {field_name}")
    picked += [f'{text(name, "extra")} as "extra_{_word(name)}"' for name in file.extra]
    picked.append(f"{text(file.truth, 'truth') if file.truth else 'cast(null as varchar)'} as truth")
    picked.append(f"{text(file.id, 'id') if file.id else 'cast(null as varchar)'} as identity")
    sql = f"select {', '.join(picked)} from {source}"
    if dataset.pattern:
        person = f"nullif(regexp_extract(truth, '{_literal(dataset.pattern)}', 1), '')"
        sql = f"select * replace ({person} as truth) from ({sql})"
    try:
        table: pa.Table = con.sql(sql, params=parameters).to_arrow_table()
        return table
    except duckdb.Error as error:
        raise UsageError(
            Reason.LINK_DATASET_INVALID, f"cannot be read: {type(error).__name__}", file=file.path.name
        ) from None


def _values(table: pa.Table, dataset: Dataset, notes: list[str]) -> tuple[dict[str, Array], bool]:
    columns = {name: _whole(table.column(name)) for name in FIELDS if name in table.column_names}
    parts = [columns.pop(f"birth_{part}", None) for part in ("year", "month", "day")]
    if parts[0] is not None:
        built = dates(parts[0], parts[1], parts[2])
        known = columns.get("birth_date")
        columns["birth_date"] = built if known is None else pc.coalesce(known, built)
    kind, checked = _number_kind(columns.get("number"), dataset)
    if kind == "bsn":
        notes.append("field number: checked by the 11-test; others are left out")
    read = readers_of(dataset, kind)
    renamed = {"given_names": "given", "birth_date": "birth"}
    return {
        renamed.get(name, name): _read_values(read[renamed.get(name, name)], array)
        for name, array in columns.items()
    }, checked


def _number_kind(numbers: Array | None, dataset: Dataset) -> tuple[str, bool]:
    if numbers is None:
        return "any", False
    if dataset.number != "auto":
        return dataset.number, dataset.number == "bsn"
    texts = [text for text in numbers.unique().to_pylist() if text][:2000]
    passed = sum(link_values.bsn(text) is not None for text in texts)
    checked = bool(texts) and passed >= _CHECKED_SHARE * len(texts)
    return ("bsn" if checked else "any"), checked


def _read_values(reader: Any, array: Array) -> Array:
    """Normalise the distinct texts of a column."""
    coded = array.dictionary_encode()
    return _whole(reader.read(coded.dictionary.cast(pa.string()))).take(coded.indices)


def _whole(column: Any) -> Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _word(name: str) -> str:
    return "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name.strip().lower())


def _literal(text: str) -> str:
    return str(text).replace("'", "''")
