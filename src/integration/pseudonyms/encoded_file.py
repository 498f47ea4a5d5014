"""Writing and reading the file of a payload that was encoded at its source (its form: :mod:`integration.encoded`).

Reading believes nothing: columns and types are exactly the contract's, a row group is of one table, and sizes stay
within bounds before anything is unpacked. What the values may be is checked in `encoded_check.py`. The process that
reads has a bound on its memory, for what the file's own figures do not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from integration.contracts.model import Contract
from integration.encoded import METADATA_KEY, Header, NoHeader, parse_header
from integration.errors import DeliveryRefused
from integration.pseudonyms.encode import BATCH_ROWS
from integration.pseudonyms.tables import NAMES, first_schemas
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_GROUP_BYTES = 256 * 1024**2
"""The most that a row group may say it unpacks to: it holds a few thousand rows."""


def invalid(column: str | None = None, row: int | None = None) -> DeliveryRefused:
    """Return the refusal that names a column and a row number."""
    return DeliveryRefused(Reason.ENCODED_INVALID, row=row, field=column)


def file_schema(contract: Contract) -> pa.Schema:
    """Return the file's three columns: a struct of each first-pass table's columns."""
    import pyarrow as pa

    return pa.schema([pa.field(name, pa.struct(list(s))) for name, s in first_schemas(contract).items()])


class EncodedWriter:
    """Writes the file; its :meth:`batch` is a sink of the first pass. The same batches and header, the same bytes."""

    def __init__(self, path: Path, contract: Contract) -> None:
        import pyarrow.parquet as pq

        self._schema = file_schema(contract)
        self._writer = pq.ParquetWriter(
            path, self._schema, compression="zstd", store_schema=False, write_statistics=False
        )

    def batch(self, name: str, batch: pa.RecordBatch) -> None:
        """Write one batch of a table as a row group."""
        import pyarrow as pa

        columns: list[pa.Array[Any]] = []
        for field in self._schema:
            if field.name == name:
                columns.append(pa.StructArray.from_arrays(batch.columns, fields=list(batch.schema)))
            else:
                columns.append(pa.nulls(batch.num_rows, field.type))
        self._writer.write_batch(
            pa.record_batch(columns, schema=self._schema), row_group_size=max(batch.num_rows, 1)
        )

    def close(self, header: Header | None) -> None:
        """End the file, with its header; without one it is no payload."""
        if header is not None:
            self._writer.add_key_value_metadata({METADATA_KEY.decode(): header.as_bytes().decode()})
        self._writer.close()


class EncodedReader:
    """An opened file: its header, then its batches. Raises :class:`DeliveryRefused` (ENCODED_INVALID)."""

    def __init__(self, source: Path | BinaryIO, contract: Contract, most_bytes: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._contract = contract
        try:
            self._file = pq.ParquetFile(source, pre_buffer=False)
            metadata, found = self._file.metadata, self._file.schema_arrow
        except (OSError, pa.ArrowException, ValueError, MemoryError):
            raise invalid() from None
        told: dict[bytes, bytes] = dict(metadata.metadata or {})
        try:
            self.header = parse_header(told.pop(METADATA_KEY, None))
        except NoHeader:
            raise invalid("metadata") from None
        if told:
            raise invalid("metadata")
        self._check_schema(found)
        self._check_sizes(metadata, most_bytes)

    def _check_schema(self, found: pa.Schema) -> None:
        expected = file_schema(self._contract)
        if found.names != expected.names:
            raise invalid()
        for mine, other in zip(expected, found, strict=True):
            if [field.name for field in _fields(mine)] != [field.name for field in _fields(other)]:
                raise invalid(mine.name)
            for field, theirs in zip(_fields(mine), _fields(other), strict=True):
                if _plain(field.type) != _plain(theirs.type):
                    raise invalid(field.name)

    def _check_sizes(self, metadata: pq.FileMetaData, most_bytes: int) -> None:
        most_rows = BATCH_ROWS * (len(self._contract.fields) + 1)
        total = 0
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            total += group.total_byte_size
            if not 0 < group.num_rows <= most_rows or not 0 <= group.total_byte_size <= _GROUP_BYTES:
                raise invalid()
        if total > most_bytes:
            raise DeliveryRefused(Reason.PAYLOAD_TOO_LARGE)

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield every batch with the name of its table."""
        import pyarrow as pa

        schemas = first_schemas(self._contract)
        for number in range(self._file.num_row_groups):
            try:
                table = self._file.read_row_group(number, use_threads=False).combine_chunks()
                table.validate(full=True)
                filled = [name for name in NAMES if table.column(name).null_count == 0]
                empty = [name for name in NAMES if table.column(name).null_count == table.num_rows]
                if len(filled) != 1 or len(empty) != len(NAMES) - 1:
                    raise invalid()
                schema = schemas[filled[0]]
                batch = pa.RecordBatch.from_struct_array(table.column(filled[0]).chunk(0))
                columns = [batch.column(f.name).cast(f.type) for f in schema]
                yield filled[0], pa.record_batch(columns, schema=schema)
            except (OSError, pa.ArrowException, ValueError, MemoryError, IndexError):
                raise invalid() from None


def _fields(struct: pa.Field[Any]) -> list[pa.Field[Any]]:
    import pyarrow as pa

    if not pa.types.is_struct(struct.type):
        return []
    return [struct.type.field(place) for place in range(struct.type.num_fields)]


def _plain(kind: pa.DataType) -> tuple[str, str]:
    """Return a type to compare; what the items of a list are called says nothing."""
    import pyarrow as pa

    return ("list", str(kind.value_type)) if pa.types.is_list(kind) else ("", str(kind))
