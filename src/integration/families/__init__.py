"""The family overview: one row a gezin and its dated facts, made by ``warehouse/families/*.sql``.

Python adds one thing: a guard. Nothing here weighs, scores or ranks a family, and no table of the overview
may hold a column that could be used so. :func:`refuse_scores` stops a run whose models broke that rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from integration.errors import IntegrationError
from integration.reasons import Reason

if TYPE_CHECKING:
    import duckdb

COUNTED = frozenset({"children", "parents", "freshness_days"})
"""The only numbers in the overview: how many people a gezin has, and how old a fact is."""

_FORBIDDEN_NAME = re.compile(
    r"score|rank|weight|gewicht|punten|points|priorit|urgen|risk|risico|index|level|niveau|probab|kans|predict|total"
    r"|nationalit|ethnic|etnic|religi|geloof|taal|language|birth_country|geboorteland|postcode|pc4|surname|achternaam",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"INT|DECIMAL|DOUBLE|FLOAT|REAL|NUMERIC", re.IGNORECASE)


def forbidden_columns(columns: Iterable[tuple[str, str]]) -> list[str]:
    """The names among ``(name, DuckDB type)`` that are, or could serve as, a score, rank, weight or profile.

    A number is allowed only under a name in :data:`COUNTED`; numbers within lists and structs count too.
    """
    return [
        name
        for name, kind in columns
        if _FORBIDDEN_NAME.search(name) or (name not in COUNTED and _NUMBER.search(kind))
    ]


def refuse_scores(con: duckdb.DuckDBPyConnection) -> None:
    """Stop when a table in schema ``families`` has a forbidden column.

    Raises :class:`IntegrationError` (MODEL_FAILED) naming table and column.
    """
    found = con.execute(
        "select table_name, column_name, data_type from information_schema.columns"
        " where table_schema = 'families' order by table_name, ordinal_position"
    ).fetchall()
    for table, column, kind in found:
        if forbidden_columns([(column, kind)]):
            raise IntegrationError(Reason.MODEL_FAILED, f"families.{table}", field=column)
