"""What a threshold gives after growth: two records are linked at the weight at which their clusters come together."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from integration.linkage.evaluation.metrics import Scores, scores

Array = np.ndarray[Any, Any]
LOWEST = -20.0
"""Pairs below this match weight are nobody's link at any threshold worth trying."""


class Links(NamedTuple):
    """The growth of clusters, strongest pair first: at each weight the links so far, and how many are right."""

    weight: Array
    found: Array
    right: Array

    def at(self, threshold: float, true: int) -> Scores:
        """The scores of the links at a threshold."""
        place = int(np.searchsorted(-self.weight, -threshold, side="right")) - 1
        if place < 0:
            return scores(0.0, 0.0, true)
        return scores(float(self.right[place]), float(self.found[place]), true)

    def best(self, true: int) -> tuple[float, float | None]:
        """The best F1 of any threshold, and that threshold."""
        if not len(self.weight):
            return 0.0, None
        f1 = 2.0 * self.right / (self.found + true)
        place = int(np.argmax(f1))
        return float(f1[place]), float(self.weight[place])


def grow_links(
    left: Array, right: Array, weight: Array, person: Array, number: Array, slot: Array | None
) -> Links:
    """Grow clusters as :func:`integration.linkage.clusters.grow_strongest_first` does, counting links on the way.

    A record whose person is not known (-1) joins, and is not counted.
    """
    left, right = np.minimum(left, right), np.maximum(left, right)  # ties go as in the growth itself
    order = np.lexsort((right, left, -weight))
    order = order[weight[order] >= LOWEST]
    clusters = _Clusters(person, number, slot)
    steps: list[tuple[float, int, int]] = []
    for a, b, w in zip(left[order].tolist(), right[order].tolist(), weight[order].tolist(), strict=True):
        clusters.join(a, b)
        if steps and steps[-1][0] == w:
            steps.pop()
        steps.append((w, clusters.found, clusters.right))
    table = np.array(steps, dtype=float).reshape(-1, 3)
    return Links(table[:, 0], table[:, 1], table[:, 2])


class _Clusters:
    def __init__(self, person: Array, number: Array, slot: Array | None) -> None:
        self.root = list(range(len(person)))
        self.size = [int(who >= 0) for who in person.tolist()]
        self.persons = [Counter({who: 1} if who >= 0 else {}) for who in person.tolist()]
        self.number = number.tolist()
        self.slots: list[set[int]] = (
            [set() for _ in self.root] if slot is None else [{s} for s in slot.tolist()]
        )
        self.found = self.right = 0

    def find(self, node: int) -> int:
        root = self.root
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    def join(self, a: int, b: int) -> None:
        a, b = self.find(a), self.find(b)
        if a == b or self.slots[a] & self.slots[b]:
            return
        mine, other = self.number[a], self.number[b]
        if mine and other and mine != other:
            return
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.found += self.size[a] * self.size[b]
        self.right += sum(self.persons[a][who] * times for who, times in self.persons[b].items())
        self.persons[a].update(self.persons[b])
        self.size[a] += self.size[b]
        self.slots[a] |= self.slots[b]
        self.number[a] = mine or other
        self.root[b] = a
