"""The one way Parquet is read into Arrow, without Arrow's threads, and the one way a file's rows are changed.

Arrow's reading threads may still be busy when a short-lived process ends, which then aborts with "terminate called
without an active exception" (apache/arrow#34314; measured here: 31 of 80 processes with ``read_table``, none so).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.storage import sync_directory

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


def recurring(names: Iterable[str]) -> Any:
    """Return the columns worth a dictionary and statistics: all but pseudonyms of any kind, which seldom recur."""
    return [
        name
        for name in names
        if "token" not in name and name != "record_key" and not name.startswith("link_")
    ]


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Put a fresh file in the place of the old one by one rename: nothing of what ``change`` left out is in it.

    A ``change`` that gives its table back leaves the file as it is. What a killed run wrote, ``.<name>.partial``, is
    overwritten.
    """
    import pyarrow.parquet as pq

    before = read(path)
    after = change(before)
    if after is before:
        return
    often = recurring(after.column_names)
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            pq.write_table(
                after,
                stream,
                compression="zstd",
                compression_level=1,
                use_dictionary=often,
                write_statistics=often,
            )
            stream.flush()
            os.fsync(stream.fileno())
        partial.chmod(path.stat().st_mode & 0o777)
        os.replace(partial, path)
        sync_directory(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def keep(table: pa.Table, kept: Sequence[bool]) -> pa.Table:
    """The rows for which ``kept`` is true; the table itself when those are all."""
    import pyarrow as pa

    return table if all(kept) else table.filter(pa.array(kept, pa.bool_()))
