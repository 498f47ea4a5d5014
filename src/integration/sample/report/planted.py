"""What was planted in the sample: defects by source, defects of whole deliveries, themes per municipality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from integration.sample.report.measures import rows

_ROWS = """
with delivered as (
    select source, sum(rows)::bigint as rows
    from (select distinct delivery_id, source, rows from deliveries) group by source
), planted as (
    select deliveries.source, defects.defect, count(*) as defects
    from defects join (select distinct delivery_id, source from deliveries) as deliveries using (delivery_id)
    group by all
)
select source, defect, coalesce(defects, 0) as defects, rows
from delivered left join planted using (source) order by source, defect
"""
_WHOLE = """
select distinct source, supplier, municipality, period, defect from deliveries where defect is not null order by all
"""
_THEMES = (
    "select municipality, theme, strength, shows_in from themes order by municipality, strength desc, theme"
)


@dataclass(frozen=True)
class Planted:
    """``rows``: source, defect (None: nothing planted), defects, rows (all that the source delivered).

    ``deliveries``: source, supplier, municipality, period, defect. ``themes``: municipality, theme, strength
    (zwak, sterk), shows_in.
    """

    rows: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    themes: list[dict[str, Any]]


def planted_of(con: duckdb.DuckDBPyConnection) -> Planted:
    """Count what was planted, by an opened truth."""
    return Planted(rows(con, _ROWS), rows(con, _WHOLE), rows(con, _THEMES))
