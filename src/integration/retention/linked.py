"""Linked records whose time is over, out of the Parquet of every delivery that has them.

A record goes whole: all its versions, when every one of them is past its term. A version counts from the last day
of the period it was delivered for, or from its own latest date when that is later; dates after its delivery arrived
are no dates to count from. Mentions go with their record. Files are written anew, mentions before records: what a
crash leaves is still due. Before the first file changes the domain's warehouse is marked, so that tonight is built
anew; it is built in a fresh file.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from integration import parquet
from integration.inputs import mark_changed
from integration.ledger import Entry
from integration.linkage.forgetting import forget
from integration.names import DomainCode
from integration.pseudonyms.tables import recurring
from integration.retention.house import WAITING, House, day_of, deliveries_in
from integration.storage import sync_directory
from integration.warehouse import connect, insert_rows, sealed_errors

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_TABLES = ("mentions", "records")
"""In the order in which they are written anew."""


class Kept(NamedTuple):
    """One delivery in the linked zone; ``due`` is the newest day a version of it may count from and be over."""

    entry: Entry
    folder: Path
    due: date

    @property
    def records(self) -> Path:
        """Its encoded records."""
        return self.folder / "records.parquet"


def purge_linked(house: House) -> None:
    """Remove the records whose time is over, and deliveries without records whose period is."""
    groups: dict[tuple[str, str, str], list[Kept]] = defaultdict(list)
    for delivery, folder in deliveries_in(house.zones.linked):
        entry = house.entries.get(str(delivery))
        if entry is not None and entry.state not in WAITING:
            due = house.terms("linked", entry).newest_due(house.today)
            groups[entry.municipality, entry.source, entry.supplier].append(Kept(entry, folder, due))
    for (domain, source, supplier), kept in sorted(groups.items()):
        over = _due(house, kept)
        touched = [one for one in kept if over.get(one.entry.subject) or _over(one)]
        records = sum(len(over.get(one.entry.subject, ())) for one in touched)
        house.tally.add("linked", source, deliveries=len(touched), records=records)
        if touched and not house.dry_run:
            mark_changed(house.zones, DomainCode(domain))
            house.zones.building(DomainCode(domain)).unlink(missing_ok=True)  # it reads what is about to go
            for one in touched:
                _rewrite(house, one, over.get(one.entry.subject, frozenset()))
            with connect(None, house.settings) as con:
                forget(con, house.zones, DomainCode(domain), supplier, frozenset().union(*over.values()))


def _due(house: House, kept: list[Kept]) -> dict[str, frozenset[str]]:
    """The keys of the records to remove, for each delivery of one supplier that has any."""
    there = {str(one.records): one for one in kept if one.records.is_file()}
    if not there or all(one.entry.delivery.period.end > one.due for one in there.values()):
        return {}
    rows = [
        (path, one.entry.delivery.period.end, day_of(one.entry.arrived_at), one.due)
        for path, one in there.items()
    ]
    columns = (("path", "varchar"), ("period_end", "date"), ("arrived", "date"), ("due", "date"))
    with connect(None, house.settings) as con, sealed_errors("retention"):
        insert_rows(con, "main.delivery", columns, rows)
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in there)
        scan = f"read_parquet([{listed}], union_by_name = true, filename = true)"
        found = con.execute(
            f"""
            with version as (
                select record_key, filename as path, greatest(period_end{_own_dates(con, scan)}) as counts_from, due
                from {scan} as record join delivery on filename = path
            ),
            record as (
                select record_key from version group by record_key having bool_and(counts_from <= due)
            )
            select distinct path, record_key from version join record using (record_key)
            """
        ).fetchall()
    due: dict[str, set[str]] = defaultdict(set)
    for path, key in found:
        due[there[path].entry.subject].add(key)
    return {subject: frozenset(keys) for subject, keys in due.items()}


def _own_dates(con: duckdb.DuckDBPyConnection, scan: str) -> str:
    """The latest of each column with dates that is not after the delivery's arrival, as arguments in SQL."""
    found = con.execute(f"describe select * from {scan}").fetchall()
    single = [
        f'case when "{name}" <= arrived then "{name}" end' for name, kind, *_ in found if kind == "DATE"
    ]
    lists = [
        f'list_max(list_filter("{name}", lambda day: day <= arrived))'
        for name, kind, *_ in found
        if kind == "DATE[]"
    ]
    return "".join(f", {text}" for text in single + lists)


def _over(one: Kept) -> bool:
    """Whether a delivery has no records (any more) and its period is past its term."""
    if one.entry.delivery.period.end > one.due:
        return False
    return not one.records.is_file() or _rows(one.records) == 0


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _rewrite(house: House, one: Kept, keys: frozenset[str]) -> None:
    for name in _TABLES:
        path = one.folder / f"{name}.parquet"
        if path.is_file():
            table = parquet.read(path)
            stays = [key not in keys for key in table.column("record_key").to_pylist()]
            if not all(stays):
                _write(_filtered(table, stays), path)
    if _over(one):
        house.remove(one.folder)


def _filtered(table: pa.Table, stays: list[bool]) -> pa.Table:
    import pyarrow as pa

    return table.filter(pa.array(stays, pa.bool_()))


def _write(table: pa.Table, path: Path) -> None:
    """Put a fresh file in the place of the old one: nothing of what went is in it."""
    import pyarrow.parquet as pq

    partial = path.with_name(f".{path.name}.partial")
    pq.write_table(
        table,
        partial,
        compression="zstd",
        compression_level=1,
        use_dictionary=recurring(table.column_names),
        write_statistics=recurring(table.column_names),
    )
    with partial.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(partial, path)
    sync_directory(path.parent)
