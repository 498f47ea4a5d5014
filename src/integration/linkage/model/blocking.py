"""Which pairs are compared: equal on all columns of a rule, with a bound on every block."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import duckdb
import numpy as np

from integration.linkage.model.declaration import Rule
from integration.linkage.model.parameters import Model

Array = np.ndarray[Any, Any]
MOST = 2**63 - 1


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
    known = ", ".join(f"exists (select 1 from {table} where {_id(name)} is not null)" for name in names)
    filled = con.execute(f"select {known}").fetchall()[0]
    return [name for name, yes in zip(names, filled, strict=True) if yes]


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
    """What is asked of each record: number, slot (-1: none), a hash of its columns for each rule (0: not known).

    ``numbered`` and ``fresh`` are None where nobody asked.
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
    """Make table ``into`` (left, right) of the pairs to compare, left < right, each once.

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
        made = [part for chosen in found for part in chosen.result()]
        half = len(read.record) // 2 << 32
        distinct = np.concatenate(list(side_by_side.map(partial(_distinct, made), (0, half), (half, MOST))))
    pairs = _write(con, read, distinct, into)
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
        *(["slot"] if "slot" in have else []),
        *(["link_number is not null as numbered"] if numbered else []),
        *([f"record in (select record from {new}) as fresh"] if new else []),
        *(f"{_key_sql(rule)} as k{place}" for place, rule in enumerate(rules.values())),
    ]
    found = con.sql(f"select {', '.join(wanted)} from {records}").to_arrow_table().combine_chunks()

    def column(name: str) -> Array:
        return np.asarray(found.column(name).to_numpy())

    slots = found.column("slot").dictionary_encode().combine_chunks() if "slot" in have else None
    return _Records(
        column("record"),
        np.full(len(found), -1) if slots is None else slots.indices.fill_null(-1).to_numpy(),
        column("numbered") if numbered else None,
        column("fresh") if new else None,
        {name: column(f"k{place}") for place, name in enumerate(rules)},
    )


def _key_sql(rule: Rule) -> str:
    names = [_id(column) for column in rule.columns]
    return f"case when {' and '.join(f'{n} is not null' for n in names)} then hash({', '.join(names)}) else 0 end"


def _blocks(key: Array) -> tuple[Array, Array, Array]:
    """The places of records in the order of their key, and where each block of two and more begins, and its size.

    Key and place are sorted as one number, the key without its last bits: two keys in 10^12 fall together at a million
    records. They are compared as if they were equal, and score as what they are.
    """
    bits = np.uint64(len(key).bit_length())
    held = np.flatnonzero(key)
    packed = np.sort(key[held] >> bits << bits | held.astype(np.uint64))
    order = (packed & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int64)
    packed >>= bits
    starts = np.flatnonzero(np.r_[np.ones(min(len(order), 1), dtype=bool), packed[1:] != packed[:-1]])
    sizes = np.diff(np.r_[starts, len(order)])
    several = sizes > 1
    return order, starts[several], sizes[several]


def _chosen(read: _Records, order: Array, starts: Array, sizes: Array) -> list[Array]:
    """The pairs of all blocks that may be one person, as ``first << 32 | second`` of places, the smaller first."""
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
        keep = (slot != read.slot[b]) | (slot < 0)
        if read.numbered is not None:
            keep &= ~(read.numbered[a] & read.numbered[b])
        if read.fresh is not None:
            keep &= read.fresh[a] | read.fresh[b]
        found.append(a[keep] << 32 | b[keep])
    return found


def _distinct(found: list[Array], least: int, below: int) -> Array:
    """The pairs from ``least`` on and ``below``, each once, in their order."""
    pairs = np.concatenate(
        [np.empty(0, np.int64), *(part[(part >= least) & (part < below)] for part in found)]
    )
    pairs.sort()  # np.unique hashes them: ten times slower
    first = np.ones(len(pairs), dtype=bool)
    np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
    return pairs[first]


def _write(con: duckdb.DuckDBPyConnection, read: _Records, pairs: Array, into: str) -> int:
    import pyarrow as pa

    first, second = read.record[pairs >> 32], read.record[pairs & 0xFFFFFFFF]
    ends = {"left": np.minimum(first, second), "right": np.maximum(first, second)}
    con.register("blocked_pairs", pa.table(ends))
    con.execute(f"create or replace table {into} as select * from blocked_pairs")
    con.unregister("blocked_pairs")
    return len(pairs)


def _id(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
