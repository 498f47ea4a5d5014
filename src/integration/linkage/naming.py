"""Names that stay: persons and gezinnen keep their pseudonyms from one night to the next.

A name goes with most of its members; where names meet, the one that was first stays (``name_claim.sql``). Who has no
name gets one, an HMAC of an anchor, of which no two were ever given out: :class:`Spent` knows them by a mark that tells
nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from integration.linkage.link_file import FRESH, LinkFile, put
from integration.linkage.steps import build, texts, upload

if TYPE_CHECKING:
    import duckdb


def mark(name: str) -> int:
    """What remembers that a name was given out: 63 bits of SHA-256 over it."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def new_names(
    con: duckdb.DuckDBPyConnection, file: LinkFile, anchors: Sequence[str], pseudonym: Callable[[str], str]
) -> list[str]:
    """Give each anchor a name that was never given out; the same file and anchors give the same names."""
    import numpy as np

    names = [pseudonym(anchor) for anchor in anchors]
    upload(con, "work.asked", {"mark": np.array([mark(name) for name in names], dtype=np.int64)})
    spent = {
        row[0]
        for row in con.execute(
            f"select mark from {file.previous}.spent semi join work.asked using (mark)"
        ).fetchall()
    }
    for place, anchor in enumerate(anchors):
        times = 1
        while mark(names[place]) in spent:
            times += 1
            names[place] = pseudonym(f"{anchor}|{times}")
        spent.add(mark(names[place]))
    return names


def claim(con: duckdb.DuckDBPyConnection, file: LinkFile, kind: str) -> None:
    """Make ``work.name_claim`` of ``work.<kind>_vote``, for names of ``kind`` (person, gezin)."""
    con.execute(f"create or replace view work.vote as select * from work.{kind}_vote")
    con.execute(
        f"create or replace view work.held_name as select {kind}_id as name, born from {file.previous}.{kind}"
    )
    build(con, "work.name_claim")


def keep_names(
    con: duckdb.DuckDBPyConnection, file: LinkFile, kind: str, current: str, new: Sequence[str]
) -> None:
    """Write the names in use (query ``current``, one column) with their order, and remember those given out tonight."""
    upload(con, "work.given", {"name": texts(new), "mark": [mark(name) for name in new]} if new else {
        "name": texts(()), "mark": []})  # fmt: skip
    put(
        con,
        kind,
        f"""
        select current.name as {kind}_id, coalesce(held.born, highest + given.place) as born,
            coalesce(held.since, cast('{file.at}' as date)) as since
        from ({current}) as current(name)
        left join {file.previous}.{kind} as held on held.{kind}_id = current.name
        left join (select name, row_number() over () as place from work.given) as given on given.name = current.name
        cross join (select coalesce(max(born), 0) as highest from {file.previous}.{kind})
        """,
    )
    con.execute(f"insert into {FRESH}.spent select cast(mark as bigint) from work.given")
