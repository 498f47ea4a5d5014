"""Comparison levels as SQL on encoded columns: ``link_x_l`` and ``link_x_r``, as Splink names them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from integration.linkage.model.declaration import (
    CHANNELS,
    FILTERS,
    OPEN_CHANNELS,
    SALTS,
    Comparison,
    Level,
    Veto,
)


def fitting(comparison: Comparison, columns: Collection[str]) -> list[Comparison]:
    """The comparison as far as ``columns`` allow: none when nothing of it is there, one for each extra field."""
    if comparison.each:
        return [_extra(comparison, n, columns) for n in sorted(columns) if n.startswith(comparison.each)]
    exact = tuple(name for name in comparison.exact if name in columns)
    if comparison.filter:
        usable = bool(exact) or bool(channels(comparison.filter, columns))
        return [replace(comparison, exact=exact)] if usable else []
    known = tuple(name for name in comparison.known if name in columns)
    comparison = replace(
        comparison,
        apart=tuple(name for name in comparison.apart if name in columns),
        shared=tuple(name for name in comparison.shared if name in columns),
        instead=comparison.instead if set(comparison.instead) <= set(columns) else (),
    )
    levels = [_kept(level, columns) for level in comparison.levels]
    kept = tuple(level for level in levels if level is not None)
    return [replace(comparison, known=known, levels=kept)] if known and len(kept) > 1 else []


def _extra(comparison: Comparison, name: str, columns: Collection[str]) -> Comparison:
    """The comparison of one extra field: ``*`` in a level's columns stands for its name."""
    told = name.removeprefix("link_")
    filled = (
        replace(level, same=tuple(c.replace("*", told) for c in level.same)) for level in comparison.levels
    )
    levels = tuple(level for level in filled if level.rest or set(level.same) <= set(columns))
    return Comparison(told, levels, known=(name,))


def _kept(level: Level, columns: Collection[str]) -> Level | None:
    if level.rest or level.dice is not None:
        return level
    if level.open is not None:
        return level if open_filters(columns) else None
    same = tuple(name for name in level.same if name in columns)
    swapped = level.swapped if set(level.swapped) <= set(columns) else ()
    if not set(level.also) <= set(columns):
        return None
    return replace(level, same=same, swapped=swapped) if same or swapped else None


def channels(field: str, columns: Collection[str]) -> list[str]:
    """The channels of a name filter that the columns hold."""
    return [name for name in CHANNELS if f"{field}_{name}_0" in columns and SALTS[name] in columns]


def open_filters(columns: Collection[str]) -> list[str]:
    """The filters (without their word) of open channels that the columns hold."""
    names = [f"{field}_{channel}" for field in FILTERS for channel in OPEN_CHANNELS]
    return [name for name in names if f"{name}_0" in columns]


def columns_of(comparison: Comparison, columns: Collection[str]) -> list[str]:
    """The columns a fitted comparison reads."""
    names = [*comparison.known, *comparison.exact, *comparison.apart, *comparison.shared, *comparison.instead]
    for level in comparison.levels:
        names += [*level.same, *level.swapped, *level.also]
        if level.open is not None:
            names += [f"{name}_{word}" for name in open_filters(columns) for word in (0, 1)]
    if comparison.filter:
        for channel in channels(comparison.filter, columns):
            names += [f"{comparison.filter}_{channel}_{word}" for word in (0, 1)]
            names += [SALTS[channel]] if channel in SALTS else []
    return list(dict.fromkeys(names))


def likeness(comparison: Comparison, columns: Collection[str]) -> str:
    """SQL: how alike two names are in percent: 100 when a token of them is equal, else the better channel's Dice.

    Null when neither a token nor a salt is shared. No bit is counted where a token is equal: that is most pairs.
    """
    parts = [
        f"case when {SALTS[channel]}_l = {SALTS[channel]}_r then {_ratio(f'{comparison.filter}_{channel}')} end"
        for channel in channels(comparison.filter or "", columns)
    ]
    best = f"greatest({', '.join(parts)})" if len(parts) > 1 else parts[0] if parts else "null"
    same = " or ".join(f"{name}_l = {name}_r" for name in comparison.exact)
    return f"case when {same} then 100 else {best} end" if same else best


def _ratio(name: str) -> str:
    """SQL: Dice in percent of two filters of two words (``bit_count`` gives a TINYINT, hence the casts).

    The bits of either and those of both together are the bits of each.
    """
    both = " + ".join(_bits(f"{name}_{word}_l & {name}_{word}_r") for word in (0, 1))
    either = " + ".join(_bits(f"{name}_{word}_l | {name}_{word}_r") for word in (0, 1))
    return f"200 * ({both}) / nullif({both} + {either}, 0)"


def _bits(expression: str) -> str:
    return f"cast(bit_count({expression}) as integer)"


def null_condition(comparison: Comparison, columns: Collection[str]) -> str:
    """SQL: nothing of this comparison is known on both sides."""
    known = [f"({name}_l is not null and {name}_r is not null)" for name in comparison.known]
    if comparison.filter:
        known.append(f"({likeness(comparison, columns)}) is not null")
    sql = f"not ({' or '.join(known)})"
    if comparison.apart:
        sql += "".join(f" or {name}_l = {name}_r" for name in comparison.apart)
    if comparison.shared:
        shared = " or ".join(f"coalesce({name}_l = {name}_r, false)" for name in comparison.shared)
        sql += f" or not ({shared})"
    if comparison.instead:
        both = " and ".join(f"{name}_l is not null and {name}_r is not null" for name in comparison.instead)
        sql += f" or ({both})"
    return sql


def condition(comparison: Comparison, level: Level, columns: Collection[str]) -> str:
    """SQL: the pair reaches this level (or a better one); ``ELSE`` for the rest."""
    if level.rest:
        return "ELSE"
    terms = [f"{name}_l = {name}_r" for name in level.same]
    if level.swapped:
        plain, swapped = level.swapped
        terms.append(f"{plain}_l = {swapped}_r")
    if level.also:
        return f"({' or '.join(terms)}) and {' and '.join(f'{name}_l = {name}_r' for name in level.also)}"
    if level.dice is not None:
        terms.append(f"({likeness(comparison, columns)}) >= {level.dice}")
    if level.open is not None:
        terms += [f"{_ratio(name)} >= {level.open}" for name in open_filters(columns)]
    return " or ".join(terms) if terms else "false"


def veto_condition(veto: Veto, comparisons: Sequence[Comparison], columns: Collection[str]) -> str | None:
    """SQL of a veto on the joined columns and ``gamma_*``; None when the columns for it are not there."""
    names = {comparison.name for comparison in comparisons}
    if not set(veto.differ) | set(veto.same) <= set(columns) or not {name for name, _ in veto.level} <= names:
        return None
    terms = [f"{name}_l <> {name}_r" for name in veto.differ]
    terms += [f"{name}_l = {name}_r" for name in veto.same]
    terms += [f"gamma_{name} = {level}" for name, level in veto.level]
    terms += [f"({name}_l = {name}_r) is not true" for name in veto.unless if name in columns]
    return " and ".join(terms)


def veto_columns(veto: Veto, columns: Collection[str]) -> list[str]:
    """The columns a veto reads."""
    return [name for name in (*veto.differ, *veto.same, *veto.unless) if name in columns]
