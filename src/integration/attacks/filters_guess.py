"""Guesses at the names of records from what is stored of them, without the key: by frequency and by chains of equality.

Every attack gives each record a name (or none) and a bucket: the circumstances of the guess, such as its rank. How
sure the attacker is of a bucket he learns by practice, on people he draws himself from the public frequencies
and encodes under a key of his own. So the best guess of several is chosen without the truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from integration.attacks.filters_mining import BITS, Guesses, match, mine, unpacked
from integration.attacks.filters_plain import codes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LARGE = 50
"""Records from which on a cluster of one name counts as large: frequencies begin to tell which name it is."""
_RANKS, _GRAMS, _SIZES = 40, 24, LARGE
_OTHERS = 5
"""Guesses that practice must have had right in a bucket before its share counts in full."""


@dataclass(frozen=True)
class Stored:
    """What is stored of one kind of name (surname or given name), as numbers; all arrays have a value a record.

    ``equal``: columns that are equal only for an equal name (tokens with the name in them, filters as a whole, the
    number). ``groups``: columns without a name, readable or guessable. ``filters``: two words a record, by channel.
    ``salts``: who shares a channel's salt. ``told``: what is readable and goes with the choice of a name.
    """

    equal: Mapping[str, Ints]
    groups: Mapping[str, Ints]
    filters: Mapping[str, Ints]
    salts: Mapping[str, Ints]
    homes: Ints
    told: Ints


@dataclass(frozen=True)
class Attempt:
    """One attack's guesses: a position in the public list for each record (-1: none), and the bucket of each guess."""

    attack: str
    name: Ints
    bucket: Ints

    def rates(self, truth: Ints) -> Floats:
        """The share of guesses that are right, by bucket; shares of a few guesses count for less."""
        made = self.name >= 0
        bucket, right = self.bucket[made], self.name[made] == truth[made]
        return np.bincount(bucket, right) / (np.bincount(bucket) + _OTHERS)

    def sure(self, rates: Floats) -> Floats:
        """How sure the attacker is of each guess."""
        known = np.zeros(max(int(self.bucket.max()) + 1, len(rates)))
        known[: len(rates)] = rates
        return np.where(self.name >= 0, known[self.bucket], -1.0)


@dataclass
class Practised:
    """What an attacker learnt on people of his own: the usual name in each circumstance, and rates of success."""

    usual: dict[int, int] = field(default_factory=dict)
    rates: dict[str, Floats] = field(default_factory=dict)


def by_rank(stored: Stored) -> Iterator[Attempt]:
    """Frequency alignment: within each group, the most frequent value is the most frequent name, and so on."""
    count = len(stored.homes)
    everybody = np.zeros(count, np.int64)
    for group, members in {"everybody": everybody, **stored.groups}.items():
        sizes = np.bincount(members)[members]
        scale = np.log2(sizes).astype(np.int64)
        for column, values in stored.equal.items():
            rank = _rank(members, values)
            yield Attempt(f"rank of {column} in {group}", rank, scale * 100 + np.minimum(rank, _RANKS))


def _rank(members: Ints, values: Ints) -> Ints:
    """For each record how many values of its group are more frequent than its own."""
    most = values.max() + 1
    pair, back, counts = np.unique(members * most + values, return_inverse=True, return_counts=True)
    group = pair // most
    order = np.lexsort((-counts, group))
    begins = np.searchsorted(group[order], group[order])
    rank = np.empty(len(pair), np.int64)
    rank[order] = np.arange(len(pair)) - begins
    return rank[back]


def clusters(stored: Stored) -> Ints:
    """Join records by every column that is equal only for an equal name, in chains; a cluster's number for each."""
    count, size = len(stored.homes), len(stored.homes)
    columns = []
    for values in stored.equal.values():
        columns.append(values + size)
        size += int(values.max()) + 1
    rows = np.tile(np.arange(count), len(columns))
    links = coo_matrix((np.ones(len(rows), np.int8), (rows, np.concatenate(columns))), shape=(size, size))
    return codes(connected_components(links, directed=False)[1][:count])


def by_chain(
    stored: Stored, grams: Ints, practised: Practised, truth: Ints | None = None
) -> tuple[Attempt, float]:
    """Name clusters: large ones by rank of size among names of that length, small ones by the usual name.

    The number of bigrams (``grams`` of each public name) comes from the mean popcount of a cluster's filters. With
    ``truth`` this is practice: the usual names are learnt. Also the share of records in large clusters.
    """
    cluster = clusters(stored)
    size = np.bincount(cluster)
    length = _lengths(stored, cluster)
    order = np.argsort(-size, kind="stable")
    name = np.full(len(size), -1, np.int64)
    large = order[size[order] >= LARGE]
    for grams_of in np.unique(length[large]):
        those = large[length[large] == grams_of]
        alike = np.flatnonzero(grams == grams_of)[: len(those)]
        name[those[: len(alike)]] = alike
    place = np.empty(len(size), np.int64)
    place[order] = np.arange(len(size))
    circumstance = np.minimum(size, _SIZES)[cluster] * _GRAMS + length[cluster]
    circumstance = circumstance * 8 + stored.told
    if truth is not None:
        _learn(practised, circumstance, truth)
    buckets, back = np.unique(circumstance, return_inverse=True)
    usual = np.array([practised.usual.get(int(bucket), -1) for bucket in buckets])[back]
    by_size = name[cluster]
    bucket = np.where(
        by_size >= 0, (_SIZES + 1) * _GRAMS * 8 + np.minimum(place[cluster], 1_000), circumstance
    )
    held = float((size[cluster] >= LARGE).mean())
    return Attempt("chains of equal values", np.where(by_size >= 0, by_size, usual), bucket), held


def _lengths(stored: Stored, cluster: Ints) -> Ints:
    """How many bigrams the name of each cluster has, by the mean popcount of its filters."""
    total, filters = np.zeros(cluster.max() + 1), np.zeros(cluster.max() + 1)
    for words in stored.filters.values():
        bits = np.bitwise_count(words.view(np.uint64)).sum(axis=1).astype(np.float64)
        # each distinct filter once: equal ones tell nothing new
        _, first = np.unique(words[:, 0] ^ (words[:, 1] << 1), return_index=True)
        total += np.bincount(cluster[first], bits[first], len(total))
        filters += np.bincount(cluster[first], minlength=len(total))
    mean = total / np.maximum(filters, 1)
    grams = np.log1p(-np.minimum(mean, BITS - 2) / BITS) / np.log1p(-1 / 16)
    found: Ints = np.clip(np.rint(grams), 0, _GRAMS - 1).astype(np.int64)
    return found


def _learn(practised: Practised, circumstance: Ints, truth: Ints) -> None:
    most = truth.max() + 1
    pair, counts = np.unique(circumstance * most + truth, return_counts=True)
    order = np.argsort(counts, kind="stable")
    practised.usual.update(zip((pair[order] // most).tolist(), (pair[order] % most).tolist(), strict=True))


def by_likeness(
    stored: Stored,
    channel: str,
    spelled: csr_matrix,
    share: Floats,
    records: int,
    seed: int,
    restarts: int = 2,
) -> tuple[Attempt, npt.NDArray[np.bool_]]:
    """Graph matching and mining within groups that share a salt, drawn at random until ``records`` are seen.

    Counts are of homes, not records: a family has one name for one reason. Records outside the draw get no
    name; which were drawn is told too.
    """
    random = np.random.default_rng(seed)
    salt, words = stored.salts[channel], stored.filters[channel]
    order = np.argsort(salt, kind="stable")
    begins = np.searchsorted(salt[order], np.arange(salt.max() + 2))
    name = np.full(len(salt), -1, np.int64)
    bucket = np.zeros(len(salt), np.int64)
    drawn = np.zeros(len(salt), bool)
    seen: set[int] = set()
    left = records
    for group in salt[random.permutation(len(salt))].tolist():  # large groups come up more often
        if left <= 0:
            break
        if group in seen:
            continue
        seen.add(group)
        rows = order[begins[group] : begins[group + 1]]
        left -= len(rows)
        drawn[rows] = True
        found, back = _likeness(words[rows], stored.homes[rows], spelled, share, random, restarts)
        name[rows] = found.name[back]
        bucket[rows] = np.rint(found.sure[back] * 10).astype(np.int64)
    return Attempt(f"likeness of {channel}", name, bucket), drawn


def _likeness(
    words: Ints, homes: Ints, spelled: csr_matrix, share: Floats, random: np.random.Generator, restarts: int
) -> tuple[Guesses, Ints]:
    distinct, back = np.unique(words, axis=0, return_inverse=True)
    back = back.ravel()
    home = np.unique(np.stack([back, homes]), axis=1)[0]
    counts = np.bincount(home, minlength=len(distinct))
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    filters, counts = unpacked(distinct[order]), counts[order]
    if len(filters) > 150:
        return mine(filters, counts, spelled, share, random=random), place[back]
    among = min(200, len(share))
    few = spelled[:among]
    rest = float(share[among:].sum()) * counts.sum()
    found = match(filters, counts, few, counts.sum() * share[:among], restarts, random, sweeps=20, rest=rest)
    return found, place[back]
