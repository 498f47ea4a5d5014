"""Which pairs are compared: equal on all columns of a rule, with a bound on every block."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from integration.linkage.model.declaration import Rule
from integration.linkage.model.parameters import Model


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
    columns = filled_columns(con, records)
    have = _columns(con, records)
    held = usable_rules(model.rules if model.rules is not None else model.declaration.rules, columns)
    size = _one(con, f"select count(*) from {records}")
    budget = max(float(model.declaration.floor), model.declaration.budget * size)
    spent = 0
    con.execute(f'create or replace temp table {into}_found ("left" bigint, "right" bigint)')
    by_rule: dict[str, int] = {}
    left_out: dict[str, int] = {}
    wide: list[str] = []
    used: list[Rule] = []
    for rule in held:
        name = "+".join(column.removeprefix("link_") for column in rule.columns)
        pairs, omitted = _keys(con, rule, records, model.declaration.cap)
        if omitted:
            left_out[name] = omitted
        if rule.weak and spent + pairs > budget:
            wide.append(name)
            continue
        spent += pairs if rule.weak else 0
        con.execute(
            _insert_sql(
                rule,
                records,
                into,
                new,
                skip_numbered and "link_number" in have,
                "slot" in have,
                bool(omitted),
            )
        )
        by_rule[name] = pairs
        used.append(rule)
    con.execute(f"create or replace table {into} as select distinct * from {into}_found")
    con.execute(f"drop table {into}_found")
    con.execute("drop table if exists block_key")
    pairs = _one(con, f"select count(*) from {into}")
    return Blocked(pairs, tuple(Rule(rule.columns) for rule in used), by_rule, left_out, tuple(wide))


def _keys(con: duckdb.DuckDBPyConnection, rule: Rule, records: str, cap: int) -> tuple[int, int]:
    """Keep the rule's values of 2 to ``cap`` records; return how many pairs they make and the records left out."""
    names = ", ".join(_id(name) for name in rule.columns)
    known = " and ".join(f"{_id(name)} is not null" for name in rule.columns)
    con.execute(
        f"create or replace temp table block_key as select {names}, count(*) as n from {records} "
        f"where {known} group by {names} having count(*) > 1"
    )
    found = con.execute(
        "select coalesce(sum(n * (n - 1) / 2) filter (n <= $cap), 0), "
        "coalesce(sum(n) filter (n > $cap), 0) from block_key",
        {"cap": cap},
    ).fetchall()
    pairs, omitted = found[0]
    if omitted:
        con.execute("delete from block_key where n > $cap", {"cap": cap})
    return int(pairs), int(omitted)


def _insert_sql(
    rule: Rule, records: str, into: str, new: str | None, numbered: bool, slots: bool, capped: bool
) -> str:
    names = ", ".join(_id(name) for name in rule.columns)
    same = " and ".join(f"l.{_id(name)} = r.{_id(name)}" for name in rule.columns)
    extra = [
        "record",
        *(["slot"] if slots else []),
        *(["link_number is not null as numbered"] if numbered else []),
    ]
    marked = f", record in (select record from {new}) as fresh" if new else ""
    chosen = f" semi join block_key using ({names})" if capped else ""
    wanted = f"with keyed as (select {', '.join(extra)}, {names}{marked} from {records}{chosen})"
    where = ["l.record < r.record"]
    if slots:
        where.append("(l.slot <> r.slot) is not false")
    if numbered:
        where.append("not (l.numbered and r.numbered)")
    if new:
        where.append("(l.fresh or r.fresh)")
    return (
        f"insert into {into}_found {wanted} select l.record, r.record "
        f"from keyed as l join keyed as r on {same} and {' and '.join(where)}"
    )


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {table}").fetchall()}


def _one(con: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(con.execute(sql).fetchall()[0][0])


def _id(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
