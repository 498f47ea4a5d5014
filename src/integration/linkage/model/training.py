"""Learning the parameters of a model from the records themselves, without labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np

from integration.linkage.model.blocking import block, filled_columns, usable_rules
from integration.linkage.model.declaration import Comparison, Session
from integration.linkage.model.expectation import (
    Estimate,
    Patterns,
    level_counts,
    maximise,
    posterior,
)
from integration.linkage.model.parameters import Model
from integration.linkage.model.scoring import vectors_sql

Array = np.ndarray[Any, Any]
RANDOM_PAIRS = 300_000
SESSION_PAIRS = 120_000
BLOCKED_PAIRS = 300_000
SESSION_CAP = 60
"""Values of more records than this tell more of a place or a default than of persons."""
STRENGTH = 20.0
SMALLEST = 1e-9
MANY = 30.0
"""A session with fewer expected matches than this teaches nothing."""


@dataclass(frozen=True)
class _Table:
    con: duckdb.DuckDBPyConnection
    records: str
    columns: list[str]
    fitted: list[Comparison]
    slots: bool

    def patterns(self, blocked: str) -> Patterns:
        """Distinct levels of the pairs in a table."""
        columns = "".join(f"gamma_{c.name}, " for c in self.fitted)
        vectors = vectors_sql(self.fitted, self.columns, records=self.records, blocked=blocked)
        found = self.con.execute(f"select {columns}count(*) as n from ({vectors}) group by all").fetchnumpy()
        gamma = [np.asarray(found[f"gamma_{c.name}"], dtype=np.int64) for c in self.fitted]
        return Patterns(np.stack(gamma, axis=1), np.asarray(found["n"], dtype=float))


def train(
    con: duckdb.DuckDBPyConnection, model: Model, records: str = "record", *, blocked: str | None = None
) -> Model:
    """Learn the parameters from table ``records`` and return the trained model.

    ``u`` of tokens from random pairs, the rest by expectation maximisation on pairs that are equal on a session's
    columns, the prior from the blocked pairs (table ``blocked``; None: made here). What the records cannot tell
    keeps the value of ``model``. The result depends on the records only: samples are taken by hash.
    """
    columns = filled_columns(con, records)
    held = {row[0] for row in con.execute(f"describe {records}").fetchall()}
    table = _Table(con, records, columns, model.fit(columns), "slot" in held)
    rules = tuple(usable_rules(model.rules or (), columns)) if model.rules is not None else None
    if blocked is None:
        rules = block(con, model, records, into="train_blocked").rules
        blocked = "train_blocked"
    if not table.fitted:
        return model
    random = _random_patterns(table)
    start_m = [_chances(c, "m") for c in table.fitted]
    u = _random_u(table.fitted, random)
    sessions = [s for s in model.declaration.sessions if set(s.equal) <= set(columns)]
    estimates = [(s, _session(table, s, start_m, u)) for s in sessions]
    taught = [(s, e) for s, e in estimates if e is not None and _believable(table.fitted, s, e)]
    m, u = _combined(table.fitted, start_m, u, taught)
    prior, u = _settled(table, model, blocked, random, m, u)
    parameters = {
        (c.name, level.label): (float(m[i][-1 - n]), float(u[i][-1 - n]))
        for i, c in enumerate(table.fitted)
        for n, level in enumerate(c.levels)
    }
    return replace(
        model,
        prior=prior,
        parameters={**model.parameters, **parameters},
        rules=rules,
        trained={
            "columns": columns,
            "records": int(_one(con, f"select count(*) from {records}")),
            "sessions": {"+".join(s.equal): round(e.matches) for s, e in taught},
        },
    )


def _chances(comparison: Comparison, which: str) -> Array:
    """Chances of the levels, level 0 (the rest) first, adding up to one."""
    found = np.array([getattr(level, which) for level in reversed(comparison.levels)])
    return np.asarray(found / found.sum())


def _random_patterns(table: _Table) -> Patterns:
    size = _one(table.con, f"select count(*) from {table.records}")
    table.con.execute(
        f"create or replace temp table train_place as select record, row_number() over (order by record) - 1 as place "
        f"from {table.records}"
    )
    if size * (size - 1) // 2 <= RANDOM_PAIRS:
        pairs = (
            'select l.record as "left", r.record as "right" '
            "from train_place l join train_place r on l.place < r.place"
        )
    else:
        pairs = (
            f'select l.record as "left", r.record as "right" '
            f"from (select hash(i) % {size} as a, hash(i + 77777777) % {size} as b "
            f"from range({RANDOM_PAIRS}) as n(i)) "
            "join train_place l on l.place = a join train_place r on r.place = b where a <> b"
        )
    table.con.execute(f"create or replace temp table train_pairs as {pairs}")
    return table.patterns("train_pairs")


def _random_u(fitted: Sequence[Comparison], random: Patterns) -> list[Array]:
    """Chances between two persons: those of random pairs, drawn to the declared ones; names keep the declared."""
    result = []
    for place, comparison in enumerate(fitted):
        start = _chances(comparison, "u")
        if comparison.filter:
            result.append(start)
            continue
        counts = level_counts(random.gamma[:, place], random.pairs, len(start)) + 100 * start
        result.append(np.maximum(counts / counts.sum(), SMALLEST))
    return result


def _without_matches(
    fitted: Sequence[Comparison], random: Patterns, m: list[Array], u: list[Array], prior: float
) -> list[Array]:
    """``u`` of random pairs, each counted as far as it is not one person."""
    two = random.pairs * (1.0 - posterior(random, m, u, prior, set()))
    result = []
    for place, comparison in enumerate(fitted):
        if comparison.filter:
            result.append(u[place])
            continue
        start = _chances(comparison, "u")
        left = level_counts(random.gamma[:, place], two, len(start)) + 100 * start
        result.append(np.maximum(left / left.sum(), SMALLEST))
    return result


def _session(table: _Table, session: Session, m: list[Array], u: list[Array]) -> Estimate | None:
    """EM on a sample of pairs equal on the session's columns."""
    names = ", ".join(f'"{name}"' for name in session.equal)
    known = " and ".join(f'"{name}" is not null' for name in session.equal)
    same = " and ".join(f'l."{name}" = r."{name}"' for name in session.equal)
    table.con.execute(
        f"create or replace temp table train_key as select {names}, count(*) as n from {table.records} "
        f"where {known} group by {names} having count(*) between 2 and {SESSION_CAP}"
    )
    total = _one(table.con, "select coalesce(sum(n * (n - 1) / 2), 0) from train_key")
    if not total:
        return None
    share = min(1.0, SESSION_PAIRS / total)
    chosen = "" if share == 1.0 else f" where hash({names}) % 1000000 < {int(share * 1_000_000)}"
    apart = " and (l.slot <> r.slot) is not false" if table.slots else ""
    table.con.execute(
        f"create or replace temp table train_pairs as with keyed as materialized (select record, "
        f"{'slot, ' if table.slots else ''}{names} from {table.records} "
        f"semi join (select * from train_key{chosen}) using ({names})) "
        f'select l.record as "left", r.record as "right" '
        f"from keyed l join keyed r on {same} and l.record < r.record{apart}"
    )
    patterns = table.patterns("train_pairs")
    if not len(patterns.pairs):
        return None
    skip = {i for i, c in enumerate(table.fitted) if c.name in session.leaves}
    free = {i for i, c in enumerate(table.fitted) if c.filter} - skip if session.names else set()
    return maximise(patterns, m, u, skip=skip, free_u=free, strength=STRENGTH)


def _believable(fitted: Sequence[Comparison], session: Session, found: Estimate) -> bool:
    """Whether a session found persons: enough of them, and with names and sex that mostly agree."""
    learned = [(c, found.m[i]) for i, c in enumerate(fitted) if c.name not in session.leaves]
    return found.matches >= MANY and all(1.0 - m[0] >= c.least for c, m in learned)


def _combined(
    fitted: Sequence[Comparison], m: list[Array], u: list[Array], taught: Sequence[tuple[Session, Estimate]]
) -> tuple[list[Array], list[Array]]:
    """The mean of what the sessions learned, by their matches (for ``u`` of names: the first that learned it)."""
    new_m, new_u = list(m), list(u)
    for place, comparison in enumerate(fitted):
        having = [(s, e) for s, e in taught if comparison.name not in s.leaves]
        if having:
            total = sum(e.matches for _, e in having)
            new_m[place] = sum(e.m[place] * (e.matches / total) for _, e in having)  # type: ignore[assignment]
        free = [e for s, e in having if s.names] if comparison.filter else []
        if free:
            new_u[place] = free[0].u[place]
    return new_m, new_u


def _settled(
    table: _Table, model: Model, blocked: str, random: Patterns, m: list[Array], u: list[Array]
) -> tuple[float, list[Array]]:
    """The prior, and ``u`` without the matches among random pairs: each tells the other, until neither moves.

    Among few records with many a person the matches make most of the random pairs that are equal on a rare token.
    The prior is the expected matches among the blocked pairs over all pairs.
    """
    size = _one(table.con, f"select count(*) from {table.records}")
    found = _one(table.con, f"select count(*) from {blocked}")
    if not found or size < 2:
        return model.prior, u
    patterns = table.patterns(_sampled(table, blocked, found))
    scale = found / max(patterns.total, 1.0)
    total = size * (size - 1) / 2
    prior = model.prior
    for turn in range(60):
        matches = float((posterior(patterns, m, u, prior, set()) * patterns.pairs).sum()) * scale
        fresh = min(max(matches / total, 0.5 / total), 0.5)
        if turn > 5 and abs(fresh - prior) < 1e-4 * prior:
            break
        prior = fresh
        if turn >= 5:
            u = _without_matches(table.fitted, random, m, u, prior)
    return prior, u


def _sampled(table: _Table, blocked: str, found: int) -> str:
    """The table of the blocked pairs, or of a sample of them."""
    if found <= BLOCKED_PAIRS:
        return blocked
    keep = int(BLOCKED_PAIRS / found * 1_000_000)
    table.con.execute(
        f'create or replace temp table train_pairs as select "left", "right" from {blocked} '
        f'where hash("left", "right") % 1000000 < {keep}'
    )
    return "train_pairs"


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])
