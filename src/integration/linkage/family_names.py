"""The pseudonyms of gezinnen, which stay as long as most of their children do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from integration.linkage.link_file import FRESH, HELD, LinkFile, put
from integration.linkage.naming import claim, keep_names, new_names
from integration.linkage.steps import build, fetch, tally, texts, upload

if TYPE_CHECKING:
    import duckdb


def name_families(
    con: duckdb.DuckDBPyConnection, file: LinkFile, pseudonym: Callable[[str], str]
) -> Mapping[str, int]:
    """Make ``work.family_pseudonym`` (gezin, gezin_id) and remember it; return the merges and splits of tonight."""
    for name in ("gezin_member", "person", "event"):
        con.execute(f"create or replace view work.held_{name} as select * from {HELD}.{name}")
    con.execute(f"create or replace view work.fresh_event as select * from {FRESH}.event")
    con.execute(f"create or replace view work.fresh_person as select * from {FRESH}.person")
    build(con, "work.family_follow")
    build(con, "work.gezin_vote")
    claim(con, file, "gezin")
    nameless = fetch(
        con,
        "select distinct gezin, person_id from work.family_gezin "
        "inner join work.family_child on family_child.child = gezin "
        "anti join (from work.name_claim where what = 'kept') as kept on kept.cluster = gezin order by gezin",
    )
    new = new_names(con, file, [f"gezin|{person}" for person in nameless["person_id"]], pseudonym)
    upload(con, "work.family_named", {"gezin": nameless["gezin"], "gezin_id": texts(new)})
    con.execute(
        "create table work.family_pseudonym as select cluster as gezin, old_id as gezin_id from work.name_claim "
        "where what = 'kept' union all from work.family_named"
    )
    build(con, "work.gezin_event", {"day": file.at})
    _keep(con, file, new)
    return tally(con, "select what, count(*) from work.gezin_event group by what")


def _keep(con: duckdb.DuckDBPyConnection, file: LinkFile, new: list[str]) -> None:
    """Write names, members and events; children who are not seen tonight but are still held keep their gezin."""
    build(con, "work.gezin_held")
    put(con, "gezin_member", "select * from work.gezin_held order by gezin_id, person_id")
    keep_names(con, file, "gezin", "select distinct gezin_id from work.gezin_held", new)
    following = con.execute(
        f"select coalesce(max(cast(value as bigint)), 1) from {FRESH}.meta where name = 'next_event'"
    ).fetchall()[0][0]
    con.execute(
        "create or replace view work.all_event as from work.fresh_event union all by name select "
        f"{following} - 1 + row_number() over (order by what, from_id, to_id) as event, * from work.gezin_event"
    )
    con.execute(
        "create or replace view work.live_name as select person_id as name from work.fresh_person "
        "union all select gezin_id from work.gezin_held"
    )
    build(con, "work.live_event")
    put(con, "event", "select * from work.live_event order by event")
    con.execute(
        f"update {FRESH}.meta set value = cast({following} + (select count(*) from work.gezin_event) as varchar) "
        "where name = 'next_event'"
    )
