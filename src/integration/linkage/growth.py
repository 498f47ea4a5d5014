"""Persons out of pairs: clusters of units grown strongest first, within what can be one person.

A *unit* is what deterministic rules made one already. Two clusters are joined by the strongest pair between them
unless both have a number, both have a record in one slot (two rows of one deduplicated delivery), somebody said that
they are two, or the evidence speaks as loudly for somebody else with whom it cannot be one. Nothing here knows
of SQL; nodes come in an order that lasts, which breaks ties.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Pair = tuple[int, int]


@dataclass(frozen=True)
class Limits:
    """What a cluster may be.

    ``most_places`` records' roles without a number in one person; ``margin`` is by how many bits evidence must be
    stronger than the same unit's evidence for somebody else (declared in ``linkage.yml``).
    """

    most_places: int
    margin: float


@dataclass(frozen=True)
class Units:
    """Units 0..n-1 in an order that lasts: whether each has a number, its slots, and its number of places."""

    numbered: Sequence[bool]
    slots: Sequence[frozenset[int]]
    places: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbered)


@dataclass(frozen=True)
class Evidence:
    """Pairs of units: scored ones with their weights, those told to be one, and those that are two."""

    pairs: Sequence[Pair]
    weights: Sequence[float]
    together: Sequence[Pair] = ()
    apart: Sequence[Pair] = ()


@dataclass
class Grown:
    """The smallest unit of each unit's cluster, and what was refused: forced pairs, and clusters above the cap."""

    label: list[int]
    forced: set[int] = field(default_factory=set)
    refused: list[Pair] = field(default_factory=list)
    too_large: list[list[int]] = field(default_factory=list)


def grow(units: Units, evidence: Evidence, limits: Limits) -> Grown:
    """Grow clusters over all units; the order of the pairs never changes the answer."""
    return _Growth(units, evidence, limits).run()


class _Growth:
    """Union-find in which a root knows what its cluster holds."""

    def __init__(self, units: Units, evidence: Evidence, limits: Limits) -> None:
        self.evidence, self.limits = evidence, limits
        self.parent = list(range(len(units)))
        self.members = [[unit] for unit in self.parent]
        self.numbered = list(units.numbered)
        self.slots = [set(slots) for slots in units.slots]
        self.places = list(units.places)
        self.apart: list[set[int]] = [set() for _ in self.parent]
        for left, right in evidence.apart:
            self.apart[left].add(right)
            self.apart[right].add(left)
        self.around: list[list[tuple[float, int]]] = [[] for _ in self.parent]
        for (left, right), weight in zip(evidence.pairs, evidence.weights, strict=True):
            self.around[left].append((weight, right))
            self.around[right].append((weight, left))
        self.grown = Grown([])
        self.overflowing: set[int] = set()

    def run(self) -> Grown:
        for left, right in sorted(self.evidence.together):
            a, b = self.root(left), self.root(right)
            if a != b and self.numbered[a] and self.numbered[b]:
                self.grown.refused.append((left, right))
                continue
            self.grown.forced |= {left, right}
            if a != b:
                self.join(a, b)
        for weight, left, right in self.strongest_first():
            a, b = self.root(left), self.root(right)
            if a == b or self.excluded(a, b) or self.contested(a, b, weight):
                continue
            if self.places[a] + self.places[b] > self.limits.most_places:
                self.overflowing |= {left, right}
                continue
            self.join(a, b)
        self.dissolve()
        self.grown.label = [min(self.members[self.root(unit)]) for unit in range(len(self.parent))]
        return self.grown

    def strongest_first(self) -> list[tuple[float, int, int]]:
        """Strongest first; of equal ones those of somebody with a number, then by the units' order."""
        scored = zip(self.evidence.pairs, self.evidence.weights, strict=True)
        rows = [(weight, min(pair), max(pair)) for pair, weight in scored]
        known = self.numbered[:]
        return sorted(rows, key=lambda row: (-row[0], not (known[row[1]] or known[row[2]]), row[1], row[2]))

    def root(self, unit: int) -> int:
        parent = self.parent
        while parent[unit] != unit:
            parent[unit] = parent[parent[unit]]
            unit = parent[unit]
        return unit

    def excluded(self, a: int, b: int) -> bool:
        """Whether two clusters cannot be one person."""
        if self.numbered[a] and self.numbered[b]:
            return True
        if not self.slots[a].isdisjoint(self.slots[b]):
            return True
        small, large = (a, b) if len(self.apart[a]) <= len(self.apart[b]) else (b, a)
        return any(self.root(enemy) == large for enemy in self.apart[small])

    def contested(self, a: int, b: int, weight: float) -> bool:
        """Whether either cluster has evidence as strong for a third that cannot be one with the other."""
        floor = weight - self.limits.margin
        for one, other in ((a, b), (b, a)):
            for member in self.members[one]:
                for rival, third in self.around[member]:
                    found = self.root(third)
                    if (
                        rival >= floor
                        and found not in (a, b)
                        and self.excluded(found, other)
                        and not self.excluded(found, one)
                    ):
                        return True
        return False

    def join(self, a: int, b: int) -> None:
        if len(self.members[a]) < len(self.members[b]):
            a, b = b, a
        self.parent[b] = a
        self.members[a] += self.members[b]
        self.members[b] = []
        self.numbered[a] = self.numbered[a] or self.numbered[b]
        self.slots[a] |= self.slots[b]
        self.apart[a] |= self.apart[b]
        self.places[a] += self.places[b]

    def dissolve(self) -> None:
        """Take clusters apart that would have grown above the cap: evidence that holds so many says nothing."""
        for root in sorted({self.root(unit) for unit in self.overflowing}):
            members = sorted(self.members[root])
            if len(members) < 2:
                continue
            self.grown.too_large.append(members)
            for unit in members:
                self.parent[unit], self.members[unit] = unit, [unit]


def bridges(pairs: Sequence[Pair]) -> list[tuple[Pair, set[int]]]:
    """The pairs whose removal parts their cluster, each with the units on one side (the side of its right unit)."""
    around: dict[int, list[tuple[int, int]]] = {}
    for number, (left, right) in enumerate(pairs):
        around.setdefault(left, []).append((right, number))
        around.setdefault(right, []).append((left, number))
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    below: dict[int, int] = {}
    visited: list[int] = []
    found: list[tuple[Pair, set[int]]] = []
    for start in sorted(around):
        if start in order:
            continue
        stack = [(start, -1, iter(around[start]))]
        order[start] = low[start] = len(visited)
        visited.append(start)
        while stack:
            unit, came_by, rest = stack[-1]
            for other, number in rest:
                if other not in order:
                    order[other] = low[other] = len(visited)
                    visited.append(other)
                    stack.append((other, number, iter(around[other])))
                    break
                if number != came_by:
                    low[unit] = min(low[unit], order[other])
            else:
                stack.pop()
                below[unit] = len(visited)
                if stack:
                    parent = stack[-1][0]
                    low[parent] = min(low[parent], low[unit])
                    if low[unit] > order[parent]:
                        found.append(((parent, unit), set(visited[order[unit] : below[unit]])))
    return found
