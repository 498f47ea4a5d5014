"""The only module that opens DuckDB for writing, and the one that runs the SQL models.

A model is one SELECT in ``warehouse/<schema>/<table>.sql`` with a header comment and named parameters
(``$run_date``); its file name is its table. Models run in the order of their references to each other.
A domain's file is built beside the published one and takes its place by an atomic rename.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import duckdb

from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.reasons import Reason
from integration.settings import Settings
from integration.spill import spill_folder
from integration.storage import Zones, resource, sync_directory

PUBLISHED_SCHEMAS = ("meta", "seed", "core", "families", "indicators")
"""What readers get. Tokens and linkage evidence (staging, link) stay out of the published file."""

_COMMENT = re.compile(r"--[^\n]*")
_REFERENCE = re.compile(r"\b(?:from|join)\s+([a-z_]+)\.([a-z0-9_]+)", re.IGNORECASE)
_PARAMETER = re.compile(r"\$([a-z_]+)")


@contextmanager
def connect(
    path: Path | None, settings: Settings, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file (None: in memory) with bounded memory and a private spill folder that is removed after.

    What processes that were killed left in spill folders is removed first.
    No extension can be fetched or loaded, and Python variables cannot be read from SQL.
    """
    with spill_folder(settings.zones.tmp) as spill:
        con = duckdb.connect(
            str(path) if path else ":memory:",
            read_only=read_only,
            config={
                "memory_limit": settings.duckdb_memory,
                "threads": settings.duckdb_threads,
                "temp_directory": str(spill),
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            },
        )
        try:
            yield con
        finally:
            con.close()


@contextmanager
def sealed_errors(where: str) -> Iterator[None]:
    """Turn DuckDB's errors, which quote values, into MODEL_FAILED with the place and the kind of error only."""
    try:
        yield
    except duckdb.Error as error:
        raise IntegrationError(Reason.MODEL_FAILED, f"{where}: {type(error).__name__}") from None


def models(folder: str) -> list[Path]:
    """The SQL models of one folder of ``warehouse/``, in dependency order (ties by name)."""
    files = {path.stem: path for path in sorted((resource("warehouse") / folder).glob("*.sql"))}
    graph = {
        name: references(path.read_text(), folder) & files.keys() - {name} for name, path in files.items()
    }
    try:
        order = list(TopologicalSorter({name: sorted(needs) for name, needs in graph.items()}).static_order())
    except CycleError:
        raise IntegrationError(
            Reason.MODEL_FAILED, f"warehouse/{folder}: models refer to each other"
        ) from None
    return [files[name] for name in order]


def references(sql: str, schema: str) -> set[str]:
    """The tables of ``schema`` that a model reads."""
    return {table for found, table in _REFERENCE.findall(_COMMENT.sub("", sql)) if found == schema}


def parameters(sql: str) -> set[str]:
    """The names of the parameters that a model needs."""
    return set(_PARAMETER.findall(_COMMENT.sub("", sql)))


def run_models(
    con: duckdb.DuckDBPyConnection, folder: str, params: Mapping[str, Any], *, schema: str | None = None
) -> dict[str, int]:
    """Build every model of ``warehouse/<folder>/`` as a table of that schema; return the rows of each.

    Raises :class:`IntegrationError` (MODEL_FAILED) naming the model, never a value.
    """
    target = schema or folder
    con.execute(f"create schema if not exists {target}")
    rows: dict[str, int] = {}
    for path in models(folder):
        sql = path.read_text()
        wanted = parameters(sql)
        with sealed_errors(f"warehouse/{folder}/{path.name}"):
            con.execute(
                f"create or replace table {target}.{path.stem} as\n{sql.strip().rstrip(';')}",
                {name: params[name] for name in wanted},
            )
            rows[path.stem] = count(con, f"{target}.{path.stem}")
    return rows


def load_seeds(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> None:
    """Load the reference tables: ``warehouse/seeds/<name>.csv`` becomes ``seed.<name>``, then its SQL models run."""
    con.execute("create schema if not exists seed")
    for path in sorted((resource("warehouse") / "seeds").glob("*.csv")):
        with sealed_errors(f"warehouse/seeds/{path.name}"):
            con.execute(
                f"create or replace table seed.{path.stem} as select * from read_csv(?, header = true)",
                [str(path)],
            )
    run_models(con, "seeds", params, schema="seed")


def insert_rows(
    con: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Make ``table`` anew with ``(name, type)`` columns and insert the rows."""
    schema = table.split(".")[0]
    con.execute(f"create schema if not exists {schema}")
    con.execute(f"create or replace table {table} ({', '.join(f'{name} {kind}' for name, kind in columns)})")
    values = [tuple(row) for row in rows]
    if values:
        con.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", values)


def count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table."""
    return int(con.execute(f"select count(*) from {table}").fetchall()[0][0])


def tables(con: duckdb.DuckDBPyConnection, schemas: Sequence[str] = PUBLISHED_SCHEMAS) -> list[str]:
    """The ``schema.table`` names of the given schemas, sorted."""
    found = con.execute(
        "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
    ).fetchall()
    return sorted(f"{schema}.{table}" for schema, table in found if schema in schemas)


def start_building(zones: Zones, domain: DomainCode) -> Path:
    """Make room for tonight's file; what an earlier, broken run left is removed."""
    path = zones.building(domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(path)
    return path


def publish(zones: Zones, domain: DomainCode, settings: Settings) -> None:
    """Copy the published schemas into a fresh file and put it in the place readers open.

    A copy, because DuckDB keeps dropped rows in a file's free pages; a rename, because readers must find the
    old file or the new one.
    """
    fresh = zones.warehouse / f"{domain}.fresh.duckdb"
    _remove(fresh)
    with connect(zones.building(domain), settings) as con, sealed_errors("publish"):
        con.execute(f"attach '{_quoted(fresh)}' as fresh")
        for table in tables(con):
            con.execute(f"create schema if not exists fresh.{table.split('.')[0]}")
            con.execute(f"create table fresh.{table} as select * from {table}")
        con.execute("checkpoint fresh")
        con.execute("detach fresh")
    with fresh.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(fresh, zones.published(domain))
    sync_directory(zones.warehouse)
    _remove(zones.building(domain))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + ".wal")):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
