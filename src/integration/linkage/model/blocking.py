"""Which pairs are compared: equal on all columns of a rule, with a bound on every block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb
import numpy as np

from integration.linkage.model.declaration import Rule
from integration.linkage.model.parameters import Model

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Blocked:
    """Pairs to compare: how many, by which rule (not net of each other), and what was left out.

    ``left_out`` counts for each rule the records whose value is carried by more than the cap of records.
    """

    pairs: int
    rules: tuple[Rule, ...]
    by_rule: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    too_wide: tuple[str, ...] = ()


def filled_columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a table that are not empty throughout."""
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    if not names:
        return []
    counts = con.execute(
        f"select {', '.join(f'count({_id(name)})' for name in names)} from {table}"
    ).fetchall()[0]
    return [name for name, n in zip(names, counts, strict=True) if n]


def usable_rules(rules: Sequence[Rule], columns: Collection[str]) -> list[Rule]:
    """The rules whose columns all hold something, a ``*`` filled in."""
    told = [one for rule in rules for one in _told(rule, columns)]
    return [rule for rule in told if set(rule.columns) <= set(columns)]


def _told(rule: Rule, columns: Collection[str]) -> list[Rule]:
    starred = [name for name in rule.columns if name.endswith("*")]
    if not starred:
        return [rule]
    found = sorted(name for name in columns if name.startswith(starred[0][:-1]))
    return [
        replace(rule, columns=tuple(name if c == starred[0] else c for c in rule.columns)) for name in found
    ]


@dataclass(frozen=True)
class _Records:
    """What is asked of each record: a hash of its slot and of its columns for each rule (0: not known).

    ``numbered`` and ``fresh`` are None where nobody asked. Two values with one hash (a chance of 10^-19 for each two)
    are compared as if they were equal, and score as what they are.
    """

    record: Array
    slot: Array
    numbered: Array | None
    fresh: Array | None
    keys: Mapping[str, Array]


def block(
    con: duckdb.DuckDBPyConnection,
    model: Model,
    records: str = "record",
    *,
    new: str | None = None,
    skip_numbered: bool = False,
    into: str = "blocked",
) -> Blocked:
    """Make table ``into`` (left, right) of the pairs to compare, left < right, each once, in their order.

    With ``new`` (a table with a column ``record``) only
    pairs with a record in it; with ``skip_numbered`` no pairs of two records that both have a number. Pairs with
    the same ``slot`` are never one person and are left out. A model that was trained brings its own rules; else
    the declared ones, weak rules as far as the budget goes.
    """
    rules = model.rules if model.rules is not None else model.declaration.rules
    held = {_name(rule): rule for rule in usable_rules(rules, filled_columns(con, records))}
    read = _read(con, records, held, new, skip_numbered)
    budget = max(float(model.declaration.floor), model.declaration.budget * len(read.record))
    spent = 0
    by_rule: dict[str, int] = {}
    left_out: dict[str, int] = {}
    wide: list[str] = []
    with ThreadPoolExecutor(2) as side_by_side:  # sorting holds no lock of Python's
        blocks = side_by_side.map(_blocks, read.keys.values())
        found = []
        for (name, rule), (order, starts, sizes) in zip(held.items(), blocks, strict=True):
            large = sizes > model.declaration.cap
            if large.any():
                left_out[name] = int(sizes[large].sum())
            starts, sizes = starts[~large], sizes[~large]
            pairs = int((sizes * (sizes - 1) // 2).sum())
            if rule.weak and spent + pairs > budget:
                wide.append(name)
                continue
            spent += pairs if rule.weak else 0
            by_rule[name] = pairs
            found.append(side_by_side.submit(_chosen, read, order, starts, sizes))
        pairs = _write(con, [part for made in found for part in made.result()], into)
    used = tuple(Rule(held[name].columns) for name in by_rule)
    return Blocked(pairs, used, by_rule, left_out, tuple(wide))


def _name(rule: Rule) -> str:
    return "+".join(column.removeprefix("link_") for column in rule.columns)


def _read(
    con: duckdb.DuckDBPyConnection, records: str, rules: Mapping[str, Rule], new: str | None, numbered: bool
) -> _Records:
    have = {row[0] for row in con.execute(f"describe {records}").fetchall()}
    numbered = numbered and "link_number" in have
    wanted = [
        "record",
        *(["case when slot is null then 0 else hash(slot) end as slot"] if "slot" in have else []),
        *(["link_number is not null as numbered"] if numbered else []),
        *([f"record in (select record from {new}) as fresh"] if new else []),
        *(f"{_key_sql(rule)} as k{place}" for place, rule in enumerate(rules.values())),
    ]
    found = con.execute(f"select {', '.join(wanted)} from {records}").fetchnumpy()
    record = np.asarray(found["record"], dtype=np.int64)
    return _Records(
        record,
        np.asarray(found.get("slot", np.zeros(len(record))), dtype=np.uint64),
        np.asarray(found["numbered"], dtype=bool) if numbered else None,
        np.asarray(found["fresh"], dtype=bool) if new else None,
        {name: np.asarray(found[f"k{place}"], dtype=np.uint64) for place, name in enumerate(rules)},
    )


def _key_sql(rule: Rule) -> str:
    names = [_id(column) for column in rule.columns]
    return f"case when {' and '.join(f'{n} is not null' for n in names)} then hash({', '.join(names)}) else 0 end"


def _blocks(key: Array) -> tuple[Array, Array, Array]:
    """The places of records in the order of their key, and where each block of two and more begins, and its size."""
    held = np.flatnonzero(key)
    order = held[np.argsort(key[held])]
    ordered = key[order]
    starts = np.flatnonzero(np.r_[np.ones(min(len(order), 1), dtype=bool), ordered[1:] != ordered[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    several = sizes > 1
    return order, starts[several], sizes[several]


def _chosen(read: _Records, order: Array, starts: Array, sizes: Array) -> list[Array]:
    """The pairs of all blocks that may be one person, as ``left << 32 | right`` of places."""
    if read.fresh is not None and len(starts):
        counts = np.r_[0, np.cumsum(read.fresh[order])]
        touched = counts[starts + sizes] > counts[starts]
        starts, sizes = starts[touched], sizes[touched]
    end = np.repeat(starts + sizes, sizes)
    here = np.repeat(starts - np.r_[0, np.cumsum(sizes)[:-1]], sizes) + np.arange(len(end))
    found: list[Array] = []
    for apart in range(1, int(sizes.max(initial=1))):
        live = here + apart < end
        here, end = here[live], end[live]
        a, b = order[here], order[here + apart]
        slot = read.slot[a]
        keep = (slot != read.slot[b]) | (slot == 0)
        if read.numbered is not None:
            keep &= ~(read.numbered[a] & read.numbered[b])
        if read.fresh is not None:
            keep &= read.fresh[a] | read.fresh[b]
        a, b = read.record[a[keep]], read.record[b[keep]]
        found.append(np.minimum(a, b) << 32 | np.maximum(a, b))
    return found


def _write(con: duckdb.DuckDBPyConnection, found: list[Array], into: str) -> int:
    import pyarrow as pa

    pairs = np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]  # np.unique hashes them: ten times slower
    con.register("blocked_pairs", pa.table({"left": pairs >> 32, "right": pairs & 0xFFFFFFFF}))
    con.execute(f"create or replace table {into} as select * from blocked_pairs")
    con.unregister("blocked_pairs")
    return len(pairs)


def _id(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
