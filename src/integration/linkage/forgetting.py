"""Forget records in a link file at once, without a night: what the linked zone no longer holds.

The file is made anew without them, so nothing of them is left in free pages: their encodings, pairs, clusters, the
persons and gezinnen of whom nothing else is held, the history that tells of those, and what reviewers were asked.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from integration.linkage import decisions
from integration.linkage.link_file import FRESH, HELD, open_link_file, put
from integration.linkage.review import asked
from integration.linkage.steps import build, workbench
from integration.warehouse import sealed_errors

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.storage import Zones


def forget(
    con: duckdb.DuckDBPyConnection, zones: Zones, domain: DomainCode, supplier: str, keys: Collection[str]
) -> int:
    """Forget a supplier's records with these keys; return how many contents went. No link file: nothing to forget.

    Raises :class:`IntegrationError`: LINK_FILE_UNREADABLE, LINK_DECISIONS_UNREADABLE.
    """
    if not keys or not zones.link_file(domain).exists():
        return 0
    import pyarrow as pa

    with (
        sealed_errors("link file"),
        open_link_file(con, zones, domain, date.min, keep=True) as file,
        workbench(con),
    ):
        con.register("gone_keys", pa.table({"record_key": pa.array(sorted(keys), pa.string())}))
        con.execute(
            f"create table work.gone as select record from {HELD}.record "
            "semi join gone_keys using (record_key) where supplier = ?",
            [supplier],
        )
        con.unregister("gone_keys")
        for table in ("meta", "spent"):
            put(con, table, f"select * from {HELD}.{table}")
        for table in ("record", "cluster"):
            put(con, table, f"select * from {HELD}.{table} anti join work.gone using (record)")
        for table in ("pair", "review"):
            put(
                con,
                table,
                f'select * from {HELD}.{table} where "left" not in (from work.gone) '
                'and "right" not in (from work.gone)',
            )
        put(con, "person", f"select * from {HELD}.person semi join {FRESH}.cluster using (person_id)")
        put(
            con,
            "gezin_member",
            f"select * from {HELD}.gezin_member semi join {FRESH}.person using (person_id)",
        )
        put(con, "gezin", f"select * from {HELD}.gezin semi join {FRESH}.gezin_member using (gezin_id)")
        con.execute(f"create view work.all_event as select * from {HELD}.event")
        con.execute(
            f"create view work.live_name as select person_id as name from {FRESH}.person "
            f"union all select gezin_id from {FRESH}.gezin"
        )
        build(con, "work.live_event")
        put(con, "event", "select * from work.live_event")
        put(
            con,
            "event_record",
            f"select * from {HELD}.event_record semi join work.live_event using (event) "
            "anti join work.gone using (record)",
        )
        gone = int(con.execute("select count(*) from work.gone").fetchall()[0][0])
        rows = con.execute(
            f"select distinct supplier, municipality, record_key, role from {FRESH}.record"
        ).fetchall()
    if file.decisions is not None:
        there = frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in rows)
        decisions.forget_others(file.decisions, there)
        asked.forget_others(asked.path(zones, domain), there)
    return gone
