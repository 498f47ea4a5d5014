"""How linkage works in DuckDB: each step is one SELECT in ``warehouse/link/<table>.sql``.

What steps leave for each other lives in a database in memory, attached as ``work`` and gone when linkage is
done: tokens never reach the domain's file by this way. Only the results are tables of its schema ``link``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integration.storage import resource
from integration.warehouse import sealed_errors

if TYPE_CHECKING:
    import duckdb

_COMMENT = re.compile(r"--[^\n]*")
_PARAMETER = re.compile(r"\$([a-z_]+)")


@contextmanager
def workbench(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Attach an empty ``work`` database in memory for the time of one linkage; make schema ``link`` if absent."""
    with sealed_errors("link"):
        con.execute("create schema if not exists link")
        con.execute("attach ':memory:' as work")
        try:
            yield
        finally:
            con.execute("detach work")


def build(con: duckdb.DuckDBPyConnection, table: str, params: Mapping[str, Any] | None = None) -> None:
    """Make ``work.<step>`` or ``link.<result>`` anew from ``warehouse/link/<step or result>.sql``.

    Raises :class:`IntegrationError` (MODEL_FAILED) naming the file, never a value.
    """
    stem = table.split(".")[1]
    sql = (resource("warehouse") / "link" / f"{stem}.sql").read_text(encoding="utf-8")
    wanted = set(_PARAMETER.findall(_COMMENT.sub("", sql)))
    with sealed_errors(f"warehouse/link/{stem}.sql"):
        con.execute(
            f"create or replace table {table} as\n{sql.strip()}",
            {name: value for name, value in (params or {}).items() if name in wanted},
        )


def upload(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Any]) -> None:
    """Make ``work.<name>`` anew from equally long numpy arrays or :func:`texts`, one a column."""
    import pyarrow as pa

    con.register("uploaded", pa.table(dict(columns)))
    try:
        con.execute(f"create or replace table {table} as select * from uploaded")
    finally:
        con.unregister("uploaded")


def texts(values: Iterable[str]) -> Any:
    """A column of texts for :func:`upload`; of texts even when there is none."""
    import pyarrow as pa

    return pa.array(list(values), pa.string())


def fetch(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """The columns of a query as numpy arrays."""
    return dict(con.execute(query).fetchnumpy())


def tally(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, int]:
    """The rows of a query of (code, number), as a mapping sorted by code."""
    return {str(code): int(number) for code, number in sorted(con.execute(query).fetchall())}
