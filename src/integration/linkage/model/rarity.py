"""Tokens that few records carry, as columns of their own: two records in one hamlet say more than two in a city.

The same for a day and month that are not a default (a birth date of 1 January stands for "not known" in many sources).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from integration.linkage.model.blocking import filled_columns
from integration.linkage.model.declaration import Marked, read_declaration


def mark_rare(
    con: duckdb.DuckDBPyConnection, records: str = "record", marks: Sequence[Marked] | None = None
) -> list[str]:
    """Add to table ``records`` the columns of ``marks`` (None: the declared ones); return their names.

    Such a column repeats a token where so few (or so many) records carry it, and is null elsewhere. The levels and
    rules that speak of it fall away where it was not made. Made anew when it is there.
    """
    columns = filled_columns(con, records)
    chosen = [
        (f"link_{mark.name}_{column.removeprefix('link_')}", column, mark)
        for mark in (read_declaration().marks if marks is None else marks)
        for column in columns
        if column.startswith(mark.of) and (mark.each or column == mark.of)
    ]
    for name, column, mark in chosen:
        con.execute(f'alter table {records} drop column if exists "{name}"')
        con.execute(f'alter table {records} add column "{name}" bigint')
        con.execute(
            f'update {records} set "{name}" = "{column}" where "{column}" in ('
            f'with n as (select "{column}" as v, count(*) as n from {records} where v is not null group by v) '
            f"select v from n where n {'>' if mark.more else '<='} (select {_bound(mark)} from n))"
        )
    return [name for name, _, _ in chosen]


def _bound(mark: Marked) -> str:
    return f"greatest({mark.carriers}, {mark.share} * sum(n), {mark.times} * median(n))"
