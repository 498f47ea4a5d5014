"""Graphs behind linkage, held against networkx."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.linkage.clusters import complete, components

NODES = 9
PAIRS = st.sets(
    st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)).filter(lambda pair: pair[0] < pair[1]),
    max_size=12,
).map(sorted)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def graph(pairs: list[tuple[int, int]]) -> nx.Graph:
    found = nx.Graph(pairs)
    found.add_nodes_from(range(NODES))
    return found


@settings(deadline=None)
@given(PAIRS)
def test_components_carry_the_name_of_their_smallest_node(pairs: list[tuple[int, int]]) -> None:
    label = components(NODES, *columns(pairs))
    for component in nx.connected_components(graph(pairs)):
        assert {label[node] for node in component} == {min(component)}


@settings(deadline=None)
@given(PAIRS)
def test_complete_keeps_pairs_of_groups_in_which_everybody_is_paired(pairs: list[tuple[int, int]]) -> None:
    kept = complete(NODES, *columns(pairs))
    whole = {
        pair
        for component in nx.connected_components(graph(pairs))
        if all(pair in set(pairs) for pair in combinations(sorted(component), 2))
        for pair in combinations(sorted(component), 2)
    }
    assert {pair for pair, keep in zip(pairs, kept, strict=True) if keep} == whole


def test_nothing_gives_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    assert len(components(0, none, none)) == 0
    assert len(complete(3, none, none)) == 0
