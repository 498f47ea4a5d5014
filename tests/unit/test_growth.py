"""Clusters grown strongest first, against plain Python and networkx."""

from __future__ import annotations

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.linkage_oracle import strongest_first
from integration.linkage.growth import Evidence, Limits, Units, bridges, grow

LIMITS = Limits(most_places=60, margin=1.0)
PAIRS = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])


def clusters(labels: list[int]) -> set[frozenset[int]]:
    return {frozenset(n for n, other in enumerate(labels) if other == label) for label in labels}


def grown(count: int, evidence: Evidence, *, numbered: str = "", slots: tuple[str, ...] = (),
          limits: Limits = LIMITS) -> set[frozenset[int]]:  # fmt: skip
    units = Units(
        [n < len(numbered) and numbered[n] == "x" for n in range(count)],
        [frozenset(map(ord, slots[n])) if n < len(slots) else frozenset() for n in range(count)],
        [1] * count,
    )
    return clusters(grow(units, evidence, limits).label)


def groups(*texts: str) -> set[frozenset[int]]:
    return {frozenset(map(int, text.split())) for text in texts}


def test_the_strongest_pair_comes_first_and_two_numbers_stay_two() -> None:
    evidence = Evidence([(0, 1), (1, 2)], [5.0, 9.0])
    assert grown(3, evidence, numbered="x.x") == groups("0", "1 2")
    assert grown(3, evidence) == groups("0 1 2")


def test_as_strong_for_two_that_cannot_be_one_joins_neither() -> None:
    assert grown(3, Evidence([(0, 1), (1, 2)], [9.0, 9.5]), numbered="x.x") == groups("0", "1", "2")
    assert grown(3, Evidence([(0, 1), (1, 2)], [9.0, 10.5]), numbered="x.x") == groups("0", "1 2")


def test_two_rows_of_one_delivery_and_vetoes_hold_for_whole_clusters() -> None:
    chain = Evidence([(0, 1), (1, 2), (2, 3)], [9.0, 5.0, 7.0])
    assert grown(4, chain, slots=("a", "", "", "a")) == groups("0 1", "2 3")
    assert grown(4, Evidence(chain.pairs, chain.weights, apart=[(0, 3)])) == groups("0 1", "2 3")


def test_what_reviewers_say_goes_before_but_two_numbers_stay_two() -> None:
    evidence = Evidence([(0, 1)], [9.0], together=[(1, 2)], apart=[(0, 1)])
    assert grown(3, evidence) == groups("0", "1 2")
    told = grow(Units([True, True], [frozenset()] * 2, [1, 1]), Evidence([], [], together=[(0, 1)]), LIMITS)
    assert (clusters(told.label), told.refused) == (groups("0", "1"), [(0, 1)])


def test_a_cluster_above_the_cap_is_taken_apart() -> None:
    everybody = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    found = grow(
        Units([False] * 5, [frozenset()] * 5, [1] * 5), Evidence(everybody, [9.0] * 10), Limits(3, 1.0)
    )
    assert clusters(found.label) == groups("0", "1", "2", "3", "4")
    assert found.too_large == [[0, 1, 2]] or len(found.too_large) == 2


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(PAIRS, st.sampled_from([3.0, 3.5, 5.0, 6.0, 8.0]), max_size=16),
    st.sets(PAIRS, max_size=4),
    st.lists(st.booleans(), min_size=10, max_size=10),
    st.lists(st.sets(st.integers(0, 3), max_size=1), min_size=10, max_size=10),
    st.randoms(),
)
def test_growth_equals_plain_python_in_any_order(pairs, apart, numbered, slots, order) -> None:  # type: ignore[no-untyped-def]
    pairs = {pair: weight for pair, weight in pairs.items() if pair not in apart}
    pairs = {(a, b): w for (a, b), w in pairs.items() if not (numbered[a] and numbered[b])}
    expected = strongest_first(pairs, {frozenset(pair) for pair in apart}, numbered, slots)
    rows = list(pairs.items())
    order.shuffle(rows)
    evidence = Evidence([pair for pair, _ in rows], [weight for _, weight in rows], apart=sorted(apart))
    found = grow(Units(numbered, [frozenset(slot) for slot in slots], [1] * 10), evidence, LIMITS)
    assert clusters(found.label) == {frozenset(group) for group in expected}


@settings(max_examples=150, deadline=None)
@given(st.sets(PAIRS, max_size=18))
def test_bridges_are_those_of_networkx(pairs: set[tuple[int, int]]) -> None:
    graph = nx.Graph(sorted(pairs))
    found = bridges(sorted(pairs))
    assert {frozenset(pair) for pair, _ in found} == {frozenset(pair) for pair in nx.bridges(graph)}
    for (left, right), side in found:
        parted = graph.copy()
        parted.remove_edge(left, right)
        assert side == nx.node_connected_component(parted, right)
