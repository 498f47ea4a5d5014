"""Whether steps come to an end: lives in which one step leads to ever more steps would be made for ever."""

from __future__ import annotations

from collections.abc import Iterator

from integration.sample.declare import Edge, Step

_SURE = 1 - 1e-9
_NEARLY_SURE = 0.9
_DAYS = 900
"""Days that are followed: about as long as lives are."""
_MOST = 10_000.0
"""Steps that one start may be expected to lead to."""


def refuse_loops(steps: dict[str, Step]) -> None:
    """Raise ValueError, naming the steps, when they can lead to each other for ever, or to a flood of steps."""
    sure: dict[str, list[str]] = {
        name: [edge.to for edge in _edges(step) if _at_once(edge) and _share(step, edge) >= _SURE]
        for name, step in steps.items()
    }
    for name, step in steps.items():
        again = step.opens or not step.once or not step.event
        for edge in _edges(step):
            if edge.to == name and again and edge.days[2] == 0 and edge.chance >= _NEARLY_SURE:
                raise ValueError(f"steps.{name}: leads to itself on the same day, again and again")
        if (loop := _loop(name, sure)) is not None:
            raise ValueError(f"steps.{name}: goes round on one day for ever: {' -> '.join(loop)}")
    _refuse_flood(steps)


def _edges(step: Step) -> Iterator[Edge]:
    yield from step.then
    yield from step.choose


def _at_once(edge: Edge) -> bool:
    late = edge.late is not None and edge.late.chance > 0 and edge.late.days[0] == 0
    return edge.days[0] == 0 or late


def _share(step: Step, edge: Edge) -> float:
    """How often an edge is taken after its step, as far as the step's own values tell."""
    share = edge.chance
    for key, allowed in edge.when.items():
        draw = step.values.get(key)
        if isinstance(draw, dict):
            share *= sum(weight for text, weight in draw.items() if text in allowed) / sum(draw.values())
    return share


def _loop(start: str, leads_to: dict[str, list[str]]) -> list[str] | None:
    """A way from a step back to itself, when there is one."""
    came_from: dict[str, str] = {}
    todo = [start]
    while todo:
        name = todo.pop()
        for to in leads_to[name]:
            if to == start:
                way = [start, name]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1] if name != start else [start, start]
            if to not in came_from:
                came_from[to] = name
                todo.append(to)
    return None


def _refuse_flood(steps: dict[str, Step]) -> None:
    """Count the steps that each is expected to lead to, from the last day back; closed cases are not looked at."""
    follow = {name: [(edge.to, max(1, edge.days[1]), _share(step, edge)) for edge in _edges(step)
                     if edge.days[1] > 0] for name, step in steps.items()}  # fmt: skip
    same_day = {name: [(edge.to, _share(step, edge)) for edge in _edges(step) if edge.days[1] == 0]
                for name, step in steps.items()}  # fmt: skip
    left: dict[str, list[float]] = {name: [] for name in steps}
    for day in range(_DAYS):
        today = {
            name: 1 + sum(share * left[to][day - days] for to, days, share in edges if days <= day)
            for name, edges in follow.items()
        }
        for name, number in _settled(today, same_day).items():
            if number > _MOST:
                raise ValueError(f"steps.{name}: is expected to lead to more than {_MOST:,.0f} steps")
            left[name].append(number)


def _settled(today: dict[str, float], same_day: dict[str, list[tuple[str, float]]]) -> dict[str, float]:
    """``today`` with what follows on the same day, until that adds nothing more or is far too much."""
    found = dict(today)
    chained = {name: edges for name, edges in same_day.items() if edges}
    grown = 1.0
    while grown > 1e-3 and max(found.values()) <= _MOST:
        grown = 0.0
        for name, edges in chained.items():
            number = today[name] + sum(share * found[to] for to, share in edges)
            grown, found[name] = max(grown, number - found[name]), number
    return found
