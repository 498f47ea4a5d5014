"""Whether steps come to an end: lives in which one step leads to ever more steps would be made for ever."""

from __future__ import annotations

from collections.abc import Iterator

from integration.sample.declare import Edge, Step
from integration.sample.values import Draw

_SURE = 1 - 1e-9
_NEARLY_SURE = 0.9
_DAYS = 900
"""Days that are followed: about as long as lives are."""
_MOST = 10_000.0
"""Steps that one start may be expected to lead to."""


def refuse_loops(steps: dict[str, Step]) -> None:
    """Raise ValueError, naming the steps, when they can lead to each other for ever, or to a flood of steps."""
    shares = _shares(steps)
    sure: dict[str, list[str]] = {
        name: [edge.to for edge, share in edges if _at_once(edge) and share >= _SURE]
        for name, edges in shares.items()
    }
    for name, step in steps.items():
        again = step.opens or not step.once or not step.event
        for edge in _edges(step):
            if edge.to == name and again and edge.days[2] == 0 and edge.chance >= _NEARLY_SURE:
                raise ValueError(f"steps.{name}: leads to itself on the same day, again and again")
        if (loop := _loop(name, sure)) is not None:
            raise ValueError(f"steps.{name}: goes round on one day for ever: {' -> '.join(loop)}")
    _refuse_flood(shares)


def _edges(step: Step) -> Iterator[Edge]:
    yield from step.then
    yield from step.choose


def _at_once(edge: Edge) -> bool:
    late = edge.late is not None and edge.late.chance > 0 and edge.late.days[0] == 0
    return edge.days[0] == 0 or late


def _shares(steps: dict[str, Step]) -> dict[str, list[tuple[Edge, float]]]:
    """What may follow each step, and how often at most it does, whatever led to the step."""
    given: dict[str, list[dict[str, Draw]]] = {name: [step.values] for name, step in steps.items()}
    for step in steps.values():
        for edge in _edges(step):
            given[edge.to].append(edge.values)

    def share(name: str, edge: Edge) -> float:
        found = edge.chance
        for key, allowed in edge.when.items():
            draws = [values[key] for values in given[name] if key in values]
            found *= max((_part(draw, allowed) for draw in draws), default=1.0)
        return found

    return {name: [(edge, share(name, edge)) for edge in _edges(step)] for name, step in steps.items()}


def _part(draw: Draw, allowed: tuple[str, ...]) -> float:
    """How often a value is one of those allowed; 1 when a rule works it out."""
    if isinstance(draw, dict):
        return sum(weight for text, weight in draw.items() if text in allowed) / sum(draw.values())
    return 1.0 if draw is None or draw.startswith("?") or draw in allowed else 0.0


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


def _refuse_flood(shares: dict[str, list[tuple[Edge, float]]]) -> None:
    """Count the steps that each is expected to lead to, from the last day back; closed cases are not looked at."""
    follow = {name: [(edge.to, edge.days[1], share) for edge, share in edges if edge.days[1] > 0]
              for name, edges in shares.items()}  # fmt: skip
    same_day = {name: [(edge.to, share) for edge, share in edges if edge.days[1] == 0]
                for name, edges in shares.items()}  # fmt: skip
    left: dict[str, list[float]] = {name: [] for name in shares}
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
