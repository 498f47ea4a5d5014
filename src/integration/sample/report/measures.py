"""Measures of the truth: short SQL over Parquet (``views.sql``, ``measures.yml``), run in a bounded DuckDB."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import duckdb
import yaml

from integration import warehouse
from integration.errors import UsageError
from integration.reasons import Reason
from integration.settings import Settings

NEEDED = {
    "persons": {
        "person_id", "municipality", "geslacht", "geboortedatum", "household_id", "household", "household_place",
        "vestiging_datum", "vertrek_datum", "overlijden_datum",
    },
    "events": {"municipality", "kind", "date", "source", "case_id", "person_ids", "attributes"},
    "deliveries": {"delivery_id", "supplier", "source", "municipality", "period", "rows", "defect"},
    "defects": {"delivery_id", "row_number", "field", "defect"},
    "themes": {"municipality", "theme", "strength", "shows_in"},
}  # fmt: skip
"""The columns of the truth that the report reads."""


@dataclass(frozen=True)
class Measure:
    """One measure as declared: what its SELECT gives (``kind``), its heading and its words."""

    id: str
    theme: str
    kind: Literal["count", "share", "rate", "mean"]
    sql: str
    nl: str
    en: str
    clustered: bool = False


@dataclass(frozen=True)
class Value:
    """A figure of the sample in its unit, how many units it rests on, and the standard deviation of a mean."""

    value: float | None
    units: int
    deviation: float = 0.0


@lru_cache(maxsize=1)
def measures() -> dict[str, Measure]:
    """Every declared measure, by id."""
    text = files(__package__).joinpath("measures.yml").read_text(encoding="utf-8")
    return {id_: Measure(id_, **declared) for id_, declared in yaml.safe_load(text)["measures"].items()}


@contextmanager
def opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the truth: the views of ``views.sql`` in a DuckDB with the installation's memory limit.

    Raises :class:`UsageError` (INPUT_INVALID) when a table lacks or has not the columns that are read.
    """
    truth = settings.zones.truth
    for table in NEEDED:
        if not (truth / f"{table}.parquet").is_file():
            raise UsageError(Reason.INPUT_INVALID, "the truth is not whole", file=f"{table}.parquet")
    with warehouse.connect(None, settings) as con, warehouse.sealed_errors("sample report"):
        folder = str(truth).replace("'", "''")
        for table, columns in NEEDED.items():
            path = f"'{folder}/{table}.parquet'"
            found = {row[0] for row in con.execute(f"describe select * from read_parquet({path})").fetchall()}
            if columns - found:
                detail = "the truth is of another version: make the sample anew"
                raise UsageError(Reason.INPUT_INVALID, detail, file=f"{table}.parquet")
        views = files(__package__).joinpath("views.sql").read_text(encoding="utf-8")
        con.execute(views.replace("$truth", folder))
        for table in ("deliveries", "defects", "themes"):
            con.execute(f"create view {table} as select * from read_parquet('{folder}/{table}.parquet')")
        yield con


def rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """What a SELECT gives, as dictionaries."""
    found = con.execute(sql)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def municipalities(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The municipalities that are in the sample."""
    return [row["m"] for row in rows(con, "select distinct municipality as m from person order by m")]


def value(
    measure: Measure, found: Iterable[Mapping[str, Any]], places: Iterable[str], categories: Iterable[str]
) -> Value:
    """A measure's figure over some municipalities: percent, per 1,000, mean or count; None without a unit."""
    here, wanted = set(places), set(categories)
    lines = [row for row in found if row["municipality"] in here]
    units = sum(int(row["units"]) for row in lines)
    if measure.kind == "count":
        return Value(float(units), units)
    if not units:
        return Value(None, 0)
    if measure.kind == "mean":
        mean = sum(int(row["total"]) for row in lines) / units
        squares = sum(int(row["squares"]) for row in lines) / units
        return Value(mean, units, max(0.0, squares - mean**2) ** 0.5)
    if measure.kind == "rate":
        return Value(1000 * sum(int(row["events"]) for row in lines) / units, units)
    part = sum(int(row["units"]) for row in lines if row["category"] in wanted)
    return Value(100 * part / units, units)
