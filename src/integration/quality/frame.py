"""The tables a suite looks at: an encoded delivery's records, and one row with the shares of the delivery.

On every record:
``periode_eind``    last day of the delivery's period
``vroegste_datum``  25 years before it: no child, and no case about one, is older than 23
``<list>_eerste``, ``<list>_laatste``  first and last day of a list of dates
``<key>_rijen``  how many rows of the delivery share this key
Of the delivery (so that they can be judged also when no row is left):
``aandeel_geweigerd``    share of the delivered rows that encoding refused
``aandeel_leeggemaakt``  share of the optional fields of the accepted rows that encoding made empty
and what :mod:`.compared` finds, where the receiver checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from integration.errors import IntegrationError
from integration.quality.layout import DERIVED, FIRST, LAST, ROWS, Column
from integration.reasons import Reason
from integration.storage import read_json

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

YEARS_BACK = 25


class Counted(NamedTuple):
    """A share of a delivery: ``part`` of ``whole`` (rows or fields), resting on so many ``rows``."""

    whole: int
    part: int
    rows: int

    @property
    def share(self) -> float:
        """``part`` / ``whole``, 0 of an empty whole."""
        return self.part / self.whole if self.whole else 0.0


class Measure(NamedTuple):
    """What was found of a delivery beside others or what was agreed: a chance, a share or days, resting on ``rows``."""

    value: float
    rows: int


@dataclass(frozen=True)
class Facts:
    """What encoding said of a delivery (``encode.json``), and how many fields of a row it could make empty.

    ``compared`` holds the measures that could be taken, by column; None where there is nothing to compare with, as at
    the source: checks of measures are left out there.
    """

    rows_in: int
    rows_ok: int
    rows_refused: int
    fields_nulled: int
    nil_return: bool
    period_end: date
    nullable_fields: int
    compared: Mapping[str, Measure] | None = None
    known_rows: int = 0
    known_fields: int = 0
    """Refused and emptied for what is known of the supplier; no longer in ``rows_refused`` and ``fields_nulled``."""

    @property
    def cells(self) -> int:
        """Fields that could have been made empty, over all accepted rows."""
        return self.rows_ok * self.nullable_fields

    def counted(self, column: str) -> Counted | None:
        """What a share of the delivery is made of; None for a column that is no such share."""
        return {
            "aandeel_geweigerd": Counted(self.rows_in, self.rows_refused, self.rows_in),
            "aandeel_leeggemaakt": Counted(self.cells, self.fields_nulled, self.rows_ok),
        }.get(column)

    def shares(self) -> pd.DataFrame:
        """One row with the shares of the delivery."""
        import pandas as pd

        counted = {column.name: self.counted(column.name) for column in DERIVED}
        return pd.DataFrame({name: [of.share] for name, of in counted.items() if of is not None})


def read_facts(staging: Path, period_end: date, nullable_fields: int) -> Facts:
    """Read ``encode.json``; raise :class:`IntegrationError` (STAGE_ORDER) when the delivery is not encoded."""
    try:
        found = read_json(staging / "encode.json")
        return Facts(
            rows_in=int(found["rows_in"]),
            rows_ok=int(found["rows_ok"]),
            rows_refused=int(found["rows_refused"]),
            fields_nulled=int(found["fields_nulled"]),
            nil_return=bool(found.get("nil_return", False)) or _all_left_out(found),
            period_end=period_end,
            nullable_fields=nullable_fields,
        )
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrationError(Reason.STAGE_ORDER, file=staging.name) from None


def _all_left_out(found: dict[str, Any]) -> bool:
    """Whether every accepted row was about persons who objected: nothing is left to check, as in a nil return."""
    return int(found["rows_ok"]) == 0 < int(found.get("objected", 0))


def read_frame(staging: Path, facts: Facts, columns: Iterable[Column]) -> pd.DataFrame:
    """Read the given columns of ``records.parquet``, typed, with the derived ones beside them.

    Columns the file lacks are left out: a check that needs them cannot run, and says so.
    """
    from integration import parquet

    file = staging / "records.parquet"
    wanted = _wanted(columns)
    return frame_of(parquet.read(file, sorted(wanted & parquet.columns(file))), facts, columns)


def frame_of(records: pa.Table, facts: Facts, columns: Iterable[Column]) -> pd.DataFrame:
    """The given columns of records that are in memory, as :func:`read_frame` gives those of a file."""
    import pandas as pd

    wanted = _wanted(columns)
    table = records.select([name for name in records.column_names if name in wanted])
    return _add_sizes(_add_ends(_add_facts(table, facts)), wanted).to_pandas(types_mapper=pd.ArrowDtype)


def _wanted(columns: Iterable[Column]) -> set[str]:
    return {name for column in columns for name in (column.name, _base_of(column.name))} | {"record_key"}


def _base_of(name: str) -> str:
    return name.removesuffix(FIRST).removesuffix(LAST).removesuffix(ROWS)


def _add_facts(table: pa.Table, facts: Facts) -> pa.Table:
    import pyarrow as pa

    days = {"periode_eind": facts.period_end, "vroegste_datum": _years_before(facts.period_end, YEARS_BACK)}
    for name, day in days.items():
        table = table.append_column(name, pa.repeat(pa.scalar(day, pa.date32()), table.num_rows))
    return table


def _add_ends(table: pa.Table) -> pa.Table:
    """Add the first and last day of every list of dates."""
    import pyarrow as pa

    for field in table.schema:
        if pa.types.is_list(field.type) and pa.types.is_date(field.type.value_type):
            first, last = _ends(table.column(field.name))
            table = table.append_column(field.name + FIRST, first).append_column(field.name + LAST, last)
    return table


def _add_sizes(table: pa.Table, wanted: Iterable[str]) -> pa.Table:
    """Add for every key that is wanted how many rows share it; empty where the key is."""
    import pyarrow.compute as pc

    for name in sorted(
        name for name in wanted if name.endswith(ROWS) and _base_of(name) in table.column_names
    ):
        keys = table.column(_base_of(name)).combine_chunks()
        counted = pc.value_counts(keys)
        places = pc.index_in(keys, value_set=counted.field("values"))
        sizes = counted.field("counts").take(places)
        table = table.append_column(name, pc.if_else(pc.is_valid(keys), sizes, None))
    return table


def _ends(lists: pa.ChunkedArray[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = lists.combine_chunks()
    flat = pa.table({"row": pc.list_parent_indices(whole), "day": pc.list_flatten(whole)})
    ends = flat.group_by("row").aggregate([("day", "min"), ("day", "max")])
    rows = pa.array(range(len(whole)), pa.int64())
    places = pc.index_in(rows, value_set=ends.column("row").combine_chunks().cast(pa.int64()))
    first, last = (ends.column(name).combine_chunks().take(places) for name in ("day_min", "day_max"))
    return first, last


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))
