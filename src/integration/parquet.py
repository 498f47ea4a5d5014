"""The one way Parquet is read into Arrow: without Arrow's threads.

Arrow's reading threads may still be busy when a short-lived process ends, which then aborts with "terminate called
without an active exception" (apache/arrow#34314; measured here: 31 of 80 processes with ``read_table``, none so).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def columns(path: Path) -> frozenset[str]:
    """The names of a file's columns."""
    import pyarrow.parquet as pq

    return frozenset(pq.read_schema(path).names)


def read(source: Path | bytes, columns: Iterable[str] | None = None) -> pa.Table:
    """A whole file, or its content as bytes, as a table; of all columns or the given ones in that order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = pa.BufferReader(source) if isinstance(source, bytes) else source
    with pq.ParquetFile(stream, pre_buffer=False) as file:
        return file.read(columns=None if columns is None else list(columns), use_threads=False)
