"""The figures of one linkage, asked of the link file it left: counts only, masked before anybody keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from integration.linkage.report.masking import masked
from integration.linkage.report.unlinkable import unlinkable
from integration.linkage.scoring import MOST_CARRIERS, ModelScorer, Scorer
from integration.linkage.steps import build, workbench

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from integration.linkage.model import Model

LAYOUT = 1
"""Of the figures that are kept; those of another layout are not compared with."""
LEAST_BITS, MOST_BITS = -20, 60
"""Match weights beyond these count at the end of the histogram."""
LARGEST = 8
"""Persons of so many records or more are taken together."""
PATTERNS = 6
"""The most common patterns of each zone that are shown."""
_HELD = ("record", "pair", "cluster", "review", "event", "gezin", "meta")
_TOKENS = ("token_demographic_first", "token_demographic", "token_name")


@contextmanager
def held(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    """Views ``work.held_<table>`` of a link file, for reading."""
    with workbench(con):
        con.execute("attach '" + str(path).replace("'", "''") + "' as kept (read_only)")
        try:
            for name in _HELD:
                con.execute(f"create view work.held_{name} as select * from kept.{name}")
            yield
        finally:
            con.execute("detach kept")


def figures(con: duckdb.DuckDBPyConnection, domain: str, at: date, scorer: Scorer) -> dict[str, Any]:
    """Everything the page tells of one run, as JSON can hold it; within :func:`held`."""
    model = scorer.model if isinstance(scorer, ModelScorer) else None
    low, high = model.grey if model else (scorer.low, scorer.threshold)
    bounds = {"threshold": scorer.threshold, "low": low, "high": high}
    names = _columns(con, "work.held_record")
    result: dict[str, Any] = {
        "layout": LAYOUT,
        "domain": domain,
        "at": at.isoformat(),
        "model": scorer.mark,
        "threshold": scorer.threshold,
        "grey": [low, high],
        "totals": _totals(con, {**bounds, "day": at}),
        "histogram": _pairs(con, "work.report_weight", {"least": LEAST_BITS, "most": MOST_BITS}),
        "blocks": _blocks(con, model, names),
        "prior": None,
        "comparisons": [],
        "patterns": [],
        "unlinkable": None,
    }
    build(con, "work.report_place")
    result["sizes"] = _pairs(con, "work.report_size", {"most": LARGEST})
    build(con, "work.report_source")
    rows = con.execute("select source, places, alone from work.report_source").fetchall()
    result["sources"] = [[source, masked(places), masked(alone)] for source, places, alone in rows]
    if model:
        from integration.linkage.model.blocking import filled_columns

        columns = filled_columns(con, "work.held_record")
        result["prior"] = round(model.prior_weight, 3)
        result["comparisons"] = comparisons(model, columns)
        result["patterns"] = _patterns(con, result["comparisons"], bounds)
        result["unlinkable"] = unlinkable(con, model, columns)
    return result


def comparisons(model: Model, columns: Sequence[str]) -> list[dict[str, Any]]:
    """What each level of each comparison counts for, best level first: chances and bits."""
    from integration.linkage.model.parameters import weight

    return [
        {
            "name": comparison.name,
            "levels": [
                {"label": level.label, "m": level.m, "u": level.u, "bits": round(weight(level), 3)}
                for level in comparison.levels
            ],
        }
        for comparison in model.fit(columns)
    ]


def _totals(con: duckdb.DuckDBPyConnection, params: Mapping[str, Any]) -> dict[str, dict[str, int | None]]:
    build(con, "work.report_total", params)
    found: dict[str, dict[str, int | None]] = {}
    for thing, code, number in con.execute("select thing, code, number from work.report_total").fetchall():
        found.setdefault(thing, {})[code] = masked(number)
    return found


def _pairs(con: duckdb.DuckDBPyConnection, step: str, params: Mapping[str, Any]) -> list[list[int | None]]:
    build(con, step, params)
    return [[int(place), masked(number)] for place, number in con.execute(f"from {step}").fetchall()]


def _patterns(
    con: duckdb.DuckDBPyConnection, compared: Sequence[Mapping[str, Any]], params: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The most common patterns of each zone, of ten pairs and more: each comparison's level by its place."""
    held_gammas = _columns(con, "work.held_pair")
    chosen = [c for c in compared if f"gamma_{c['name']}" in held_gammas]
    if not chosen:
        return []
    build(con, "work.report_pattern", params)
    gammas = ", ".join(f'"gamma_{c["name"]}"' for c in chosen)
    rows = con.execute(
        f"select zone, pairs, bits, {gammas} from work.report_pattern where pairs >= 10 "
        f"qualify row_number() over (partition by zone order by pairs desc, bits desc, all_gammas) <= {PATTERNS} "
        "order by zone, pairs desc, bits desc".replace("all_gammas", gammas)
    ).fetchall()
    return [
        {"zone": zone, "pairs": masked(pairs), "bits": round(bits, 1), "levels": _levels(chosen, found)}
        for zone, pairs, bits, *found in rows
    ]


def _levels(chosen: Sequence[Mapping[str, Any]], found: Sequence[int | None]) -> dict[str, int | None]:
    """A gamma counts from the rest (0) up to the best level, a place from the best down."""
    levels: dict[str, int | None] = {}
    for comparison, gamma in zip(chosen, found, strict=True):
        top = len(comparison["levels"]) - 1
        levels[comparison["name"]] = top - gamma if gamma is not None and 0 <= gamma <= top else None
    return levels


def _blocks(con: duckdb.DuckDBPyConnection, model: Model | None, names: set[str]) -> list[list[Any]]:
    """What too many records share to be compared on it: rule, records left out (masked), the bound."""
    rules = [
        (rule.columns, model.declaration.cap)
        for rule in (model.rules if model and model.rules is not None else ())
        if model and set(rule.columns) <= names
    ]
    rules += [((token,), MOST_CARRIERS) for token in _TOKENS if token in names]
    found: list[list[Any]] = []
    for columns, cap in rules:
        listed = ", ".join(f'"{name}"' for name in columns)
        known = " and ".join(f'"{name}" is not null' for name in columns)
        number = con.execute(
            f"select coalesce(sum(n), 0) from (select count(*) as n from work.held_record where {known} "
            f"group by {listed} having n > {int(cap)})"
        ).fetchall()[0][0]
        if number:
            found.append(["+".join(name.removeprefix("link_") for name in columns), masked(int(number)), cap])
    return found


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    return {row[0] for row in con.execute(f"describe {table}").fetchall()}
