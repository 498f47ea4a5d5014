"""The fixed list of tables that may be published, from ``tables.yml`` beside this file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml

from integration.errors import DeclarationError
from integration.reasons import Reason


@dataclass(frozen=True)
class Table:
    """One measure that may be published.

    ``people`` is False only for tables that count no people; ``missing`` is ``none`` where no unit is left out.
    """

    indicator: str
    measure: str
    about: str
    missing: str = "counted"
    people: bool = True
    because: str = ""


@dataclass(frozen=True)
class Tables:
    """All listed tables by (indicator, measure), in order, and the kinds of periods that are published."""

    tables: dict[tuple[str, str], Table]
    period_kinds: frozenset[str]


def read_tables(text: str) -> Tables:
    """Read the list; :class:`DeclarationError` when a table is there twice or open without a reason."""
    content = yaml.safe_load(text)
    try:
        listed = [Table(**row) for row in content["tables"]]
        kinds = frozenset(content["closed_periods"])
    except (KeyError, TypeError):
        raise DeclarationError(Reason.INDICATOR_INVALID, file="tables.yml") from None
    tables = {(table.indicator, table.measure): table for table in listed}
    if len(tables) != len(listed) or any(not table.people and not table.because for table in listed):
        raise DeclarationError(Reason.INDICATOR_INVALID, file="tables.yml")
    return Tables(tables, kinds)


@lru_cache(maxsize=1)
def load_tables() -> Tables:
    """The list that is in force."""
    return read_tables(files(__package__).joinpath("tables.yml").read_text(encoding="utf-8"))
