"""Graphs behind persons and families: who belongs together, given pairs or shared tokens.

Nothing here knows of SQL or of rules. The order of the input never changes the answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_MOST = np.iinfo(np.int64).max


def components(nodes: int, left: Any, right: Any) -> np.ndarray[Any, Any]:
    """Label the nodes 0..nodes-1 by the smallest node they are connected to through pairs (left, right)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if nodes == 0:
        return np.empty(0, dtype=np.int64)
    ones = np.ones(len(left), dtype=np.int8)
    ends = np.asarray(left).astype(np.int32), np.asarray(right).astype(np.int32)
    graph = coo_matrix((ones, ends), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    smallest = np.empty(label.max(initial=-1) + 1, dtype=np.int64)
    smallest[label[::-1]] = np.arange(nodes)[::-1]  # the last written, which is the smallest, stays
    return np.asarray(smallest[label])


def complete(nodes: int, left: Any, right: Any) -> np.ndarray[Any, Any]:
    """Of each pair, whether everybody connected to it is paired with everybody else (each pair given once).

    A group that is only connected through some of its members is no answer to "who belongs together".
    """
    label = components(nodes, left, right)
    size = np.bincount(label, minlength=nodes)
    pairs = np.bincount(label[left], minlength=nodes)
    return np.asarray((pairs * 2 == size * (size - 1))[label[left]])


def grow_strongest_first(
    nodes: int,
    left: Array,
    right: Array,
    weight: Array,
    number: Array,
    slot: Array,
    *,
    cannot: tuple[Array, Array] | None = None,
) -> Array:
    """Join the nodes of pairs, strongest first; return for each node the smallest node of its cluster.

    ``number[i]`` is 0 or the number of a node: a cluster holds one number at most. ``slot[i]`` is -1 or a
    deduplicated source: a cluster holds one node of each at most. ``cannot`` are pairs of nodes that may not come
    together. A pair whose joining would break this is passed over. Pairs of equal weight go in the order of their
    nodes, so the order of the rows does not matter.
    """
    left, right = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    label = components(nodes, left, right)
    broken = _broken(label, np.asarray(number), np.asarray(slot), cannot)
    doubtful = broken[label[left]]
    if not doubtful.any():
        return label
    edges = np.flatnonzero(doubtful)
    order = edges[np.lexsort((right[edges], left[edges], -np.asarray(weight, dtype=float)[edges]))]
    inside = np.flatnonzero(broken[label])
    label = label.copy()
    label[inside] = _greedy(inside, left[order], right[order], number, slot, cannot)
    return label


def _broken(label: Array, number: Array, slot: Array, cannot: tuple[Array, Array] | None) -> Array:
    """For each label whether its component breaks a constraint."""
    broken = np.zeros(len(label), dtype=bool)
    numbered = number != 0
    least, most = np.full(len(label), _MOST), np.full(len(label), -_MOST)
    np.minimum.at(least, label[numbered], number[numbered])
    np.maximum.at(most, label[numbered], number[numbered])
    broken[least < most] = True
    of, value = _ordered(label, slot, slot >= 0)
    broken[of[1:][(of[1:] == of[:-1]) & (value[1:] == value[:-1])]] = True
    if cannot is not None and len(cannot[0]):
        together = label[cannot[0]] == label[cannot[1]]
        broken[label[np.asarray(cannot[0])[together]]] = True
    return broken


def _ordered(label: Array, value: Array, known: Array) -> tuple[Array, Array]:
    """Labels and known values below 2^31, ordered by label and then value."""
    packed = np.sort(label[known].astype(np.int64) << 31 | value[known])
    return packed >> 31, packed & (2**31 - 1)


def _greedy(
    inside: Array, left: Array, right: Array, number: Array, slot: Array, cannot: tuple[Array, Array] | None
) -> Array:
    """The loop itself, over the nodes ``inside`` and pairs in their order."""
    root = {node: node for node in inside.tolist()}
    one = {node: value for node, value in zip(inside.tolist(), number[inside].tolist(), strict=True) if value}
    _, codes = np.unique(slot[inside], return_inverse=True)
    shift = int((slot[inside] < 0).any())
    mask = {
        node: 1 << (code - shift)
        for node, code, place in zip(inside.tolist(), codes.tolist(), slot[inside].tolist(), strict=True)
        if place >= 0
    }
    _forbid(mask, root, cannot, len(codes) and int(codes.max()) + 1)
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        while root[a] != a:
            root[a] = a = root[root[a]]
        while root[b] != b:
            root[b] = b = root[root[b]]
        if a == b or mask.get(a, 0) & mask.get(b, 0):
            continue
        mine, other = one.get(a, 0), one.get(b, 0)
        if mine and other and mine != other:
            continue
        if b < a:
            a, b = b, a
        root[b] = a
        if mine or other:
            one[a] = mine or other
        joined = mask.get(a, 0) | mask.get(b, 0)
        if joined:
            mask[a] = joined
    return np.array([_find(root, node) for node in inside.tolist()], dtype=np.int64)


def _forbid(
    mask: dict[int, int], root: dict[int, int], cannot: tuple[Array, Array] | None, start: int
) -> None:
    """A forbidden pair is one more slot that both its nodes take."""
    if cannot is None:
        return
    for place, (a, b) in enumerate(
        zip(np.asarray(cannot[0]).tolist(), np.asarray(cannot[1]).tolist(), strict=True)
    ):
        if a in root and b in root:
            bit = 1 << (start + place)
            mask[a] = mask.get(a, 0) | bit
            mask[b] = mask.get(b, 0) | bit


def _find(root: dict[int, int], node: int) -> int:
    while root[node] != node:
        root[node] = node = root[root[node]]
    return node
