"""The attack on what is stored to link people: the shipped encoding holds, and a bad one is caught."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from helpers.attacks import survived
from integration.attacks.filters import CONTROL, LIMIT, Size, attacked
from integration.attacks.filters_guess import Attempt, Practised, Stored, by_chain, by_rank, clusters
from integration.attacks.filters_mining import bigrams, match, spelling, unpacked
from integration.attacks.filters_people import People, people, public_givens, public_surnames
from integration.attacks.filters_plain import codes
from integration.attacks.filters_plain import filters as plain_filters
from integration.attacks.filters_store import plainly

SMALL = Size(12_000, 150, 1)


def test_the_shipped_encoding_holds_and_the_control_does_not(tmp_path: Path) -> None:
    figures = survived("filters", tmp_path)["figures"]
    assert figures["control_unsalted_named"] > CONTROL
    surname = figures["surname"]
    assert surname["named"] <= LIMIT
    assert surname["named"] <= surname["right_in_any_attack_upper_bound"]
    assert max(surname["named_by_attack"].values()) <= LIMIT


def test_a_surname_salted_by_sex_only_is_caught() -> None:
    size = Size(6_000, 2_500, 1)
    found = attacked(size, lambda those, _: {"surname": plainly(those, those.sex)})
    assert found["surname"]["named"] > LIMIT, found


def test_without_its_control_nothing_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.attacks import filters as suite

    monkeypatch.setattr(suite, "named_unsalted", lambda size: 0.4)
    monkeypatch.setattr(
        suite, "attacked", lambda size, steal: {"surname": {"named_by_attack": {"a": 0.01}, "named": 0.01}}
    )
    assert not suite.filters(SMALL).held
    monkeypatch.setattr(suite, "named_unsalted", lambda size: 0.7)
    assert suite.filters(SMALL).held


def test_equal_values_chain_a_surname_together() -> None:
    """Two tokens, each rare, join all bearers of a frequent name: neither alone would."""
    those = people(30_000, 9)
    month = codes(those.surname, those.born.astype("datetime64[Y]"))
    home = codes(those.surname, those.postcode)
    both = Stored({"month": month, "home": home}, {}, {}, {}, those.house, np.zeros(those.count, np.int64))
    one = Stored({"home": home}, {}, {}, {}, those.house, both.told)
    joined, apart = clusters(both), clusters(one)
    assert np.bincount(joined).max() > 3 * np.bincount(apart).max()
    for cluster in (joined, apart):
        assert len(np.unique(codes(cluster, those.surname))) == cluster.max() + 1  # one surname in each


def test_ranks_within_groups() -> None:
    values = np.array([5, 5, 5, 7, 7, 9, 9, 9, 7])
    group = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1])
    stored = Stored({"column": values}, {"group": group}, {}, {}, group, group)
    ranks = {attempt.attack: attempt.name.tolist() for attempt in by_rank(stored)}
    assert ranks["rank of column in group"] == [0, 0, 0, 1, 1, 0, 0, 0, 1]


def test_confidence_is_learnt_without_the_truth() -> None:
    bucket = np.repeat([1, 2], 50)
    guess = Attempt("a", np.zeros(100, np.int64), bucket)
    rates = guess.rates(np.repeat([0, 3], 50))
    assert rates[1] > 0.9
    assert rates[2] == 0
    assert guess.sure(rates).tolist() == [rates[1]] * 50 + [0.0] * 50
    none = Attempt("a", np.full(2, -1), np.array([0, 9]))
    assert none.sure(rates).tolist() == [-1, -1]


def test_likeness_alone_names_frequent_surnames_without_a_salt() -> None:
    known = public_surnames()
    random = np.random.default_rng(1)
    place = np.arange(40)
    words = plain_filters("surname", known.names.tolist(), place, np.zeros(40))
    shuffled = random.permutation(40)
    counts = np.full(40, 10)  # the counts say nothing
    spelled = spelling(known.names[:60].tolist())
    found = match(unpacked(words[shuffled]), counts, spelled, np.full(60, 10.0), 4, random)
    assert (found.name == place[shuffled]).mean() > 0.8


def test_a_filter_is_the_or_of_its_bigrams_and_depends_on_the_salt() -> None:
    assert bigrams("bos") == ["_b", "bo", "os", "s_"]
    names = ["bos", "bosch", "bos"]
    words = plain_filters("surname", names, np.array([0, 1, 2, 0]), np.array([0, 0, 0, 1]))
    assert words[0].tolist() == words[2].tolist() != words[3].tolist()
    bits = unpacked(words)
    assert 24 < bits[0].sum() <= 32
    assert (bits[0] * bits[1]).sum() >= 3 * 7  # three bigrams in common


def test_people_bear_names_by_their_public_share() -> None:
    those: People = people(20_000, 1)
    share = np.bincount(those.surname, minlength=10)[:10] / those.count
    assert abs(share[0] - public_surnames().share[0]) < 0.003
    assert abs(public_surnames().share.sum() - 1) < 1e-9
    assert np.allclose(public_givens()[1].sum(axis=1), 1)
    assert those.count == 20_000
    assert 1_900 < those.year.min() <= those.year.max() <= 2_024
    twice = those.count - len(np.unique(those.number))
    assert 0.1 < twice / those.count < 0.2


def test_large_chains_are_named_by_size_and_length() -> None:
    """Sixty records of a short name, eighty of a long one: the sizes alone would name them the other way round."""
    names = ["bos", "hendriksen"]
    surname = np.repeat([0, 1], [60, 80])
    salts = np.arange(140)
    words = plain_filters("surname", names, surname, salts)
    zeros = np.zeros(140, np.int64)
    stored = Stored({"chain": surname}, {}, {"birth": words}, {"birth": salts}, zeros, zeros)
    grams = np.array([len(bigrams(name)) for name in names])
    attempt, held = by_chain(stored, grams, Practised())
    assert held == 1
    assert attempt.name.tolist() == surname.tolist()
