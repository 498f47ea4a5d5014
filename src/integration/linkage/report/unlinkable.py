"""Which share of the records could never be linked: even compared with itself a record stays below the threshold."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from integration.linkage.report.masking import masked

if TYPE_CHECKING:
    import duckdb

    from integration.linkage.model import Model

FROM, TO = -10, 40
"""Thresholds (bits) that it is told for."""


def unlinkable(con: duckdb.DuckDBPyConnection, model: Model, columns: Collection[str]) -> dict[str, Any]:
    """``records`` without a number, and ``below``: for each threshold how many of them stay below it; masked.

    A record with a number is found by its number whatever else it says. Reads ``work.held_record``.
    """
    from integration.linkage.model.scoring import score_sql

    con.execute(
        'create or replace view work.report_self as select record as "left", record as "right" '
        "from work.held_record where not coalesce(numbered, false)"
    )
    sql = score_sql(model, columns, records="work.held_record", blocked="work.report_self", vetoes=())
    rows = con.execute(
        f"select greatest({FROM - 1}, least({TO}, floor(match_weight)))::integer as bits, count(*), "
        f"count_if(match_weight < {float(model.threshold)}) from ({sql}) group by bits order by bits"
    ).fetchall()
    total = sum(number for _, number, _ in rows)
    below = [[bits, sum(number for found, number, _ in rows if found < bits)] for bits in range(FROM, TO + 1)]
    return {
        "records": masked(total),
        "at_threshold": masked(sum(number for _, _, number in rows)),
        "below": [[bits, masked(number)] for bits, number in below],
    }
