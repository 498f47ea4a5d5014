"""Who is in the sample on its reference day: ages by sex and households by type and size, per municipality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from integration.sample.report.measures import rows

CLASS = 5
"""Years in an age class."""

OLDEST = 95
"""The last class has everyone of this age and above."""

_AGES = f"""
select municipality, sex, least(date_sub('year', born, date '2026-01-31') // {CLASS} * {CLASS}, {OLDEST}) as age,
    count(*) as persons
from lives_on(date '2026-01-31') where born is not null and sex in ('1', '2') group by all order by all
"""
_HOMES = """
select municipality, coalesce(household, 'other') as household, least(people, 6) as size, count(*) as homes
from home group by all order by all
"""


@dataclass(frozen=True)
class People:
    """``ages``: municipality, sex ('1' man, '2' woman), age (the class begins there), persons.

    ``homes``: municipality, household (type), size (6: six or more), homes.
    """

    ages: list[dict[str, Any]]
    homes: list[dict[str, Any]]


def people_of(con: duckdb.DuckDBPyConnection) -> People:
    """Count the people of an opened truth."""
    return People(rows(con, _AGES), rows(con, _HOMES))
