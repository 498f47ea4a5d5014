"""The figures of an evaluation against counting by hand, and growth against plain Python."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integration.linkage.clusters import grow_strongest_first
from integration.linkage.evaluation import metrics
from integration.linkage.evaluation.links import grow_links


def grown(nodes, pairs, number, slot, cannot=()):
    """Strongest pair first, every constraint looked at anew: sets of nodes."""
    of = {node: {node} for node in range(nodes)}
    for _, a, b in sorted((-weight, min(a, b), max(a, b)) for a, b, weight in pairs):
        joined = of[a] | of[b]
        slots = [slot[node] for node in joined if slot[node] >= 0]
        numbers = {number[node] for node in joined if number[node]}
        broken = any(x in joined and y in joined for x, y in cannot)
        if of[a] is not of[b] and len(numbers) < 2 and len(slots) == len(set(slots)) and not broken:
            for node in joined:
                of[node] = joined
    return [min(of[node]) for node in range(nodes)]


@st.composite
def graphs(draw):
    nodes = draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    pairs = draw(st.lists(st.tuples(node, node, st.integers(-3, 3)), max_size=30))
    number = draw(st.lists(st.sampled_from([0, 0, 7, -8]), min_size=nodes, max_size=nodes))
    slot = draw(st.lists(st.sampled_from([-1, -1, 0, 1, 2]), min_size=nodes, max_size=nodes))
    cannot = (
        draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), max_size=3))
        if nodes > 1
        else []
    )
    return nodes, [pair for pair in pairs if pair[0] != pair[1]], number, slot, cannot


def columns(pairs):
    table = np.array(pairs, dtype=float).reshape(-1, 3)
    return table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2]


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_growth_equals_plain_python(graph):
    nodes, pairs, number, slot, cannot = graph
    forbidden = np.array(cannot, dtype=int).reshape(-1, 2)
    found = grow_strongest_first(
        nodes, *columns(pairs), np.array(number), np.array(slot), cannot=(forbidden[:, 0], forbidden[:, 1])
    )
    assert found.tolist() == grown(nodes, pairs, number, slot, cannot)


@given(graphs())
@settings(max_examples=50, deadline=None)
def test_the_order_of_pairs_does_not_matter(graph):
    nodes, pairs, number, slot, _ = graph
    one = grow_strongest_first(nodes, *columns(pairs), np.array(number), np.array(slot))
    turned = [(b, a, weight) for a, b, weight in reversed(pairs)]
    assert (
        one.tolist()
        == grow_strongest_first(nodes, *columns(turned), np.array(number), np.array(slot)).tolist()
    )


@example((7, [(3, 4, 2), (4, 2, 2)], [0, 0, 7, -8, 0, 0, 0], [-1] * 7, []), [0, 0, 0, 1] + [0] * 10, 0)
@given(graphs(), st.lists(st.integers(0, 3), min_size=14, max_size=14), st.integers(-3, 3))
@settings(max_examples=100, deadline=None)
def test_links_at_a_threshold_are_the_pairs_of_the_clusters_grown_at_it(graph, persons, threshold):
    nodes, pairs, number, _, _ = graph
    left, right, weight = columns(pairs)
    person, chosen = np.array(persons[:nodes]), weight >= threshold
    links = grow_links(left, right, weight, person, np.array(number), None)
    cluster = grow_strongest_first(
        nodes, left[chosen], right[chosen], weight[chosen], np.array(number), np.full(nodes, -1)
    )
    assert links.at(threshold, metrics.pair_count(person)) == pytest.approx(
        metrics.cluster_pairs(cluster, person)
    )


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
@settings(deadline=None)
def test_cluster_figures_equal_counting_by_hand(rows):
    cluster, person = (np.array(column) for column in zip(*rows, strict=True))
    both = [(c1 == c2, p1 == p2) for (c1, p1), (c2, p2) in combinations(rows, 2)]
    found, true, right = (sum(map(test, both)) for test in (lambda x: x[0], lambda x: x[1], all))
    pairwise = metrics.cluster_pairs(cluster, person)
    assert pairwise.precision == pytest.approx(right / found if found else 0)
    assert pairwise.recall == pytest.approx(right / true if true else 0)
    by_hand = [
        sum(row == other for other in rows) / sum(row[0] == other[0] for other in rows) for row in rows
    ]
    assert metrics.bcubed(cluster, person).precision == pytest.approx(sum(by_hand) / len(rows))


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), max_size=15), st.integers(0, 5))
@settings(deadline=None)
def test_the_best_threshold_is_the_best_of_all(rows, missed):
    weight = np.array([row[0] for row in rows], dtype=float)
    right = np.array([row[1] for row in rows], dtype=bool)
    true = int(right.sum()) + missed
    best, threshold = metrics.best(weight, right, true)
    tried = [metrics.at_threshold(weight, right, true, t).f1 for t in range(-3, 4)]
    assert best == pytest.approx(max([*tried, 0.0]))
    if threshold is not None:
        assert metrics.at_threshold(weight, right, true, threshold).f1 == pytest.approx(best)


def test_pairs_within_a_deduplicated_source_do_not_count():
    cluster, person, slot = np.array([0, 0, 0, 3]), np.array([0, 0, 0, 0]), np.array([1, 1, 2, 2])
    found = metrics.cluster_pairs(cluster, person, slot)
    assert (found.precision, found.recall) == (1.0, 0.5)


def test_nothing_found_and_nothing_true_are_no_error():
    assert metrics.scores(0, 0, 0) == (0.0, 0.0, 0.0)
    assert metrics.best(np.empty(0), np.empty(0, dtype=bool), 0) == (0.0, None)
