"""What became of persons and gezinnen: merges and splits as events with a date and a reason, which can be undone.

An event stays as long as both names live (or live on in another): of somebody of whom nothing is held any more no
history is kept either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from integration.errors import UsageError
from integration.linkage import decisions
from integration.linkage.decisions import Decision, Place
from integration.linkage.link_file import HELD, LAYOUT, LinkFile, put
from integration.linkage.naming import keep_names
from integration.linkage.review import asked
from integration.linkage.steps import build, tally
from integration.reasons import Reason

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode


MERGED = f"select from_id, to_id from {HELD}.event where what = 'merge'"
"""The persons that live on in another, of a link file that is open."""


def keep_persons(
    con: duckdb.DuckDBPyConnection,
    file: LinkFile,
    domain: DomainCode,
    encoding: str,
    model: str,
    new: Sequence[str],
) -> Mapping[str, int]:
    """Write records, pairs, clusters, names and events to the file that is being made; return the events of tonight.

    A second look at a file that was just written (``previous`` is not what was held) is not kept.
    """
    changed = file.mark("model") not in (None, model)
    build(con, "work.person_event", {"model_changed": changed, "day": file.at})
    if file.previous == HELD:
        _keep(con, file, domain, encoding, model, new)
    return tally(con, "select what, count(*) from work.person_event group by what")


def _keep(
    con: duckdb.DuckDBPyConnection,
    file: LinkFile,
    domain: DomainCode,
    encoding: str,
    model: str,
    new: Sequence[str],
) -> None:
    following = con.execute("select coalesce(max(record), -1) + 1 from work.person_record").fetchall()[0][0]
    marks = {
        "layout": LAYOUT,
        "domain": str(domain),
        "encoding": encoding,
        "model": model,
        "next_record": str(max(following, int(file.mark("next_record") or 0))),
        "next_event": str(_number_events(con, int(file.mark("next_event") or 1))),
    }
    rows = ", ".join(f"('{name}', '{value}')" for name, value in marks.items())
    put(con, "meta", f"select * from (values {rows}) as told(name, value)")
    put(con, "record", "select * exclude (filters, linkable) from work.person_encoded order by record")
    put(con, "pair", 'select * from work.pair order by "left", "right"')
    put(con, "review", 'select * from work.person_review order by "left", "right"')
    build(con, "work.person_kept_cluster")
    put(con, "cluster", "select * from work.person_kept_cluster order by record")
    put(con, "spent", f"select * from {HELD}.spent")
    put(con, "gezin", f"select * from {HELD}.gezin")
    put(con, "gezin_member", f"select * from {HELD}.gezin_member")
    keep_names(con, file, "person", "select distinct person_id from work.person_name", new)
    _keep_events(con)
    _keep_decisions(con, file)


def _number_events(con: duckdb.DuckDBPyConnection, following: int) -> int:
    """Make ``work.numbered_event`` of tonight's; return the number that comes next."""
    con.execute(
        "create or replace table work.numbered_event as "
        f"select {following} - 1 + row_number() over (order by what, from_id, to_id) as event, * from work.person_event"
    )
    made = con.execute("select count(*) from work.numbered_event").fetchall()[0][0]
    return following + int(made)


def _keep_events(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        f"create or replace view work.all_event as from {HELD}.event union all by name from work.numbered_event"
    )
    con.execute(
        "create or replace view work.live_name as select person_id as name from work.person_name "
        f"union all select gezin_id from {HELD}.gezin"
    )
    build(con, "work.live_event")
    put(con, "event", "select * from work.live_event order by event")
    con.execute(f"create or replace view work.held_event_record as from {HELD}.event_record")
    build(con, "work.event_record")
    put(con, "event_record", "select * from work.event_record order by event, record")


def _keep_decisions(con: duckdb.DuckDBPyConnection, file: LinkFile) -> None:
    """Leave what reviewers decided, and were asked, about places that went out of their files."""
    if not (file.keep and file.decisions):
        return
    rows = con.execute(
        "select distinct supplier, municipality, record_key, role from work.person_record"
    ).fetchall()
    there: frozenset[Place] = frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in rows)
    decisions.forget_others(file.decisions, there)
    if file.review:
        asked.forget_others(file.review, there)


def undo(con: duckdb.DuckDBPyConnection, event: int, *, at: str, by: str, why: str) -> Decision:
    """Return the decision that undoes an event of the file that is held: it forbids a merge, or forces what was split.

    Raises :class:`UsageError` (INPUT_INVALID) when there is no such event, or not enough is held of it.
    """
    found = con.execute(f"select what, from_id, to_id from {HELD}.event where event = ?", [event]).fetchall()
    if not found or found[0][0] not in ("merge", "split"):
        raise UsageError(Reason.INPUT_INVALID, "no such merge or split")
    what, from_id, to_id = found[0]
    left, right = (_places(con, event, name) for name in (from_id, to_id))
    right = tuple(place for place in right if place not in set(left))
    if not left or not right:
        raise UsageError(Reason.INPUT_INVALID, "nothing is held of one side")
    decision = decisions.DIFFERENT if what == "merge" else decisions.SAME
    return Decision(at, by, decision, left, right, why, event)


def _places(con: duckdb.DuckDBPyConnection, event: int, side: str) -> tuple[Place, ...]:
    rows = con.execute(
        "select distinct supplier, municipality, record_key, role from held.event_record "
        "inner join held.record using (record) where event = ? and side = ? order by all",
        [event, side],
    ).fetchall()
    return tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in rows)
