"""Which blocking rules earn their keep: those that find pairs worth a reviewer's look that no other rule finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np

from integration.linkage.model.blocking import block
from integration.linkage.model.declaration import Rule
from integration.linkage.model.parameters import Model
from integration.linkage.model.scoring import score

Array = np.ndarray[Any, Any]
SAMPLE = 300_000
LEAST = 0.0005
"""Of the pairs that only a weak rule finds, the share that must reach the grey zone."""


def prune(
    con: duckdb.DuckDBPyConnection, model: Model, records: str = "record", *, blocked: str = "blocked"
) -> Model:
    """Take weak rules out of a trained model that find next to nothing of their own; make ``blocked`` anew.

    A rule whose columns say too little for a pair to reach the grey zone (a place alone, where names cannot be
    compared for want of a common salt) costs time every night and gives nothing. Rules not declared weak stay.
    """
    strong = {rule.columns for rule in model.declaration.rules if not rule.weak}
    rules = model.rules or ()
    weak = [place for place, rule in enumerate(rules) if rule.columns not in strong]
    if not weak:
        return model
    finds, reached = _finds(con, model, records, blocked, rules)
    idle: set[int] = set()
    for place in reversed(weak):
        others = [other for other in range(len(rules)) if other != place and other not in idle]
        own = finds[:, place] & ~finds[:, others].any(axis=1)
        if (own & reached).sum() <= LEAST * own.sum():
            idle.add(place)
    if not idle:
        return model
    pruned = replace(model, rules=tuple(rule for place, rule in enumerate(rules) if place not in idle))
    block(con, pruned, records, into=blocked)
    return pruned


def _finds(
    con: duckdb.DuckDBPyConnection, model: Model, records: str, blocked: str, rules: Sequence[Rule]
) -> tuple[Array, Array]:
    """Of a sample of the pairs: which rules find each, and whether it reaches the grey zone."""
    found = int(con.execute(f"select count(*) from {blocked}").fetchall()[0][0])
    keep = int(min(1.0, SAMPLE / max(found, 1)) * 1_000_000)
    con.execute(
        f'create or replace temp table prune_blocked as select "left", "right" from {blocked} '
        f'where hash("left", "right") % 1000000 < {keep}'
    )
    score(con, model, records, blocked="prune_blocked", into="prune_pair", vetoes=[])
    tests = [" and ".join(f'l."{c}" = r."{c}"' for c in rule.columns) for rule in rules]
    equal = ", ".join(f"coalesce({sql}, false) as r{place}" for place, sql in enumerate(tests))
    rows = con.execute(
        f"select match_weight >= {float(model.grey[0])} as reached, {equal} from prune_pair as p "
        f'join {records} as l on l.record = p."left" join {records} as r on r.record = p."right"'
    ).fetchnumpy()
    for name in ("prune_pair", "prune_blocked"):
        con.execute(f"drop table {name}")
    finds = np.stack([np.asarray(rows[f"r{place}"], dtype=bool) for place in range(len(rules))], axis=1)
    return finds, np.asarray(rows["reached"], dtype=bool)
