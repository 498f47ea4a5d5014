"""The weight of every blocked pair, in one pass: columns joined once, each likeness computed once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import duckdb

from integration.linkage.model.blocking import filled_columns
from integration.linkage.model.declaration import Comparison
from integration.linkage.model.levels import (
    columns_of,
    condition,
    likeness,
    null_condition,
    veto_columns,
    veto_condition,
)
from integration.linkage.model.parameters import Model, weight


def score(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    records: str = "record",
    *,
    blocked: str = "blocked",
    into: str = "pair",
    minimum: float | None = None,
    vetoes: Collection[str] | None = None,
) -> int:
    """Make table ``into`` (left, right, match_weight, gamma_*, veto) of table ``blocked``; return its rows.

    A comparison whose columns are absent or empty throughout is left out. ``minimum`` keeps only pairs of at least
    that match weight; ``vetoes`` names the vetoes that hold (None: all).
    """
    columns = filled_columns(con, records)
    sql = score_sql(model, columns, records=records, blocked=blocked, vetoes=vetoes)
    where = "" if minimum is None else f" where match_weight >= {float(minimum)}"
    with _in_any_order(con):
        con.execute(f"create or replace table {into} as select * from ({sql}){where}")
    return int(con.execute(f"select count(*) from {into}").fetchall()[0][0])


@contextmanager
def _in_any_order(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let the rows of a new table come in any order: a tenth less work."""
    (kept,) = con.execute("select current_setting('preserve_insertion_order')").fetchall()[0]
    con.execute("set preserve_insertion_order = false")
    try:
        yield
    finally:
        con.execute(f"set preserve_insertion_order = {kept}")


def score_sql(
    model: Model,
    columns: Collection[str],
    *,
    records: str,
    blocked: str,
    vetoes: Collection[str] | None = None,
) -> str:
    """The SELECT behind :func:`score`."""
    fitted = model.fit(columns)
    chosen = [v for v in model.declaration.vetoes if vetoes is None or v.name in vetoes]
    forbidden = [(v, sql) for v in chosen if (sql := veto_condition(v, fitted, columns)) is not None]
    extra = [name for veto, _ in forbidden for name in veto_columns(veto, columns)]
    weights = " + ".join([_double(model.prior_weight), *(_weight_sql(c) for c in fitted)])
    cases = " ".join(f"when {sql} then '{veto.name}'" for veto, sql in forbidden)
    veto = f"case {cases} end" if forbidden else "cast(null as varchar)"
    gammas = "".join(f", gamma_{c.name}" for c in fitted)
    vectors = vectors_sql(fitted, columns, records=records, blocked=blocked, extra=extra)
    return f'select "left", "right", cast({weights} as double) as match_weight{gammas}, {veto} as veto from ({vectors})'


def vectors_sql(
    fitted: Sequence[Comparison],
    columns: Collection[str],
    *,
    records: str,
    blocked: str,
    extra: Sequence[str] = (),
) -> str:
    """A SELECT of every blocked pair with ``gamma_<comparison>`` (-1: unknown) and the joined columns ``extra``.

    A comparison that reads filters of open channels says nothing of pairs that are equal on its ``apart``: those, by
    far the most, are scored without fetching its filters.
    """
    wide = [c for c in fitted if c.apart and any(level.open is not None for level in c.levels)]
    apart = list(dict.fromkeys(name for c in wide for name in c.apart))
    if not wide or any(list(c.apart) != apart for c in wide):
        return _vectors(fitted, fitted, columns, records, blocked, extra)
    equal = " or ".join(f'l."{name}" = r."{name}"' for name in apart)
    narrow = [c for c in fitted if c not in wide]
    alone = f'select b."left", b."right" from {_joined(blocked, records)} where ({equal}) is not true'
    return (
        f"{_vectors(fitted, narrow, columns, records, blocked, extra, equal)} union all from ("
        f"with alone as materialized ({alone}) {_vectors(fitted, fitted, columns, records, 'alone', extra)})"
    )


def _vectors(
    fitted: Sequence[Comparison],
    made: Sequence[Comparison],
    columns: Collection[str],
    records: str,
    blocked: str,
    extra: Sequence[str],
    where: str = "true",
) -> str:
    """The SELECT over the pairs of ``blocked``; a comparison that is fitted but not made is unknown of all of them."""
    needed = list(dict.fromkeys([*(n for c in made for n in columns_of(c, columns)), *extra]))
    both = "".join(f', {side}."{name}" as "{name}_{side}"' for name in needed for side in "lr")
    joined = f'select b."left", b."right"{both} from {_joined(blocked, records)} where {where}'
    alike = [(f"alike_{c.name}", likeness(c, columns)) for c in made if c.filter]
    measured = f"select *{''.join(f', {sql} as {name}' for name, sql in alike)} from ({joined})"
    kept = ['"left"', '"right"', *(f'"{name}_{side}"' for name in dict.fromkeys(extra) for side in "lr")]
    gammas = [
        f"{_hoisted(gamma_sql(c, columns), alike) if c in made else '-1::tinyint'} as gamma_{c.name}"
        for c in fitted
    ]
    return f"select {', '.join([*kept, *gammas])} from ({measured})"


def _joined(blocked: str, records: str) -> str:
    return f'{blocked} as b join {records} as l on l.record = b."left" join {records} as r on r.record = b."right"'


def gamma_sql(comparison: Comparison, columns: Collection[str]) -> str:
    """CASE over the levels: -1 unknown, 0 the rest, the best level highest; as Splink numbers them."""
    top = len(comparison.levels) - 1
    cases = [f"when {null_condition(comparison, columns)} then -1"]
    for number, level in enumerate(comparison.levels[:-1]):
        cases.append(f"when {condition(comparison, level, columns)} then {top - number}")
    return f"cast(case {' '.join(cases)} else 0 end as tinyint)"


def _hoisted(sql: str, alike: Sequence[tuple[str, str]]) -> str:
    for name, expression in alike:
        sql = sql.replace(f"({expression})", name)
    return sql


def _weight_sql(comparison: Comparison) -> str:
    top = len(comparison.levels) - 1
    cases = " ".join(
        f"when {top - n} then {_double(weight(level))}" for n, level in enumerate(comparison.levels)
    )
    return f"case gamma_{comparison.name} {cases} else 0e0 end"


def _double(value: float) -> str:
    """A literal that is no decimal: adding decimals of sixteen digits takes as long as all comparisons."""
    return f"{value!r}e0" if "e" not in repr(value) else repr(value)
