"""The yardstick itself, on groupings small enough to count by hand."""

from __future__ import annotations

import pytest

from helpers.evaluation import pairwise


def test_equal_groupings_are_perfect_whatever_their_names() -> None:
    found = pairwise([(1, "x"), (1, "x"), (2, "y")])
    assert (found.precision, found.recall, found.f1, found.items, found.pairs) == (1.0, 1.0, 1.0, 3, 1)


def test_one_group_too_many_costs_recall_and_one_too_few_precision() -> None:
    split = pairwise([(1, "x"), (1, "x"), (1, "y")])
    assert (split.precision, split.recall) == (1.0, pytest.approx(1 / 3))
    merged = pairwise([(1, "x"), (1, "x"), (2, "x")])
    assert (merged.precision, merged.recall) == (pytest.approx(1 / 3), 1.0)


def test_without_pairs_nothing_is_wrong() -> None:
    assert pairwise([]).f1 == 1.0
