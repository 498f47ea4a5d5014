"""Mining of patterns: which bits of the filters of one salt belong to which letters, from public frequencies alone.

The model of a reader without a key (Kerckhoffs: all but the key is known to him): a filter of 128 bits is the OR of
the patterns of the padded bigrams of a name; a bit is in a pattern with chance 1/16; nothing else is known of the
patterns. Who bears which name is guessed from counts and popcounts, patterns from those guesses, names from the
patterns, and so on (expectation and maximisation over a noisy OR).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.special import gammaln

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

BITS = 128
_START = 1 / 16
_LEAST, _MOST = 1e-3, 1 - 1e-3
_WRONG = 0.02
"""How likely a bit is missing where the guesses say it must be: guesses are wrong now and then."""
_SPREAD = 3.0
"""Bits by which two filters have more or fewer in common than expected (standard deviation)."""
_LANES = 8
_LEARN, _AMONG, _NAME = 1_200, 5_000, 20_000
"""Patterns are learnt of so many filters, most frequent first, among so many names; so many of both are named."""
_CHUNK = 500


def bigrams(name: str) -> list[str]:
    """The distinct padded bigrams of a name, sorted."""
    text = f"_{name}_"
    return sorted({text[place : place + 2] for place in range(len(text) - 1)})


def spelling(names: Sequence[str]) -> csr_matrix:
    """A row a name, a column a bigram: 1 where the name has it."""
    grams = [bigrams(str(name)) for name in names]
    place = {gram: index for index, gram in enumerate(sorted({gram for some in grams for gram in some}))}
    columns = np.array([place[gram] for some in grams for gram in some])
    ends = np.cumsum([0, *map(len, grams)])
    return csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(names), len(place)))


def unpacked(words: Ints) -> Floats:
    """Filters of two words as rows of 128 zeros and ones."""
    flat = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), 16)
    return np.unpackbits(flat, axis=1).astype(np.float32)


@dataclass(frozen=True)
class Guesses:
    """For each filter the name guessed (a position in the list) and how sure the attacker is of it, 0 to 1."""

    name: Ints
    sure: Floats


def mine(
    filters: Floats,
    counts: Ints,
    spelled: csr_matrix,
    share: npt.NDArray[np.float64],
    *,
    seeds: int = 60,
    restarts: int = 6,
    random: np.random.Generator | None = None,
) -> Guesses:
    """Name distinct ``filters`` of one salt, found ``counts`` times, most frequent first.

    ``share`` is the public share of each name, most frequent first. Seeds come from matching the likeness of the
    most frequent filters to that of frequent names; each round then takes twice as many of both.
    """
    random = random or np.random.default_rng(5)
    names = spelled.shape[0]
    expected = np.maximum(counts.sum() * share, 1e-9)
    most = min(seeds, len(filters))
    among = min(max(6 * most, 300), names)
    start = match(filters[:most], counts[:most], spelled[:among], expected[:among], restarts, random)
    found = start.name[:, None], start.sure[:, None]
    patterns = np.full((spelled.shape[1], BITS), _START, np.float32)
    look = most
    while True:
        for _ in range(2):
            patterns = _patterns(filters[:look], found, spelled, patterns)
            found = _guess(filters[:look], counts[:look], spelled[:among], expected[:among], patterns)
        if look >= min(len(filters), _LEARN):
            break
        look, among = min(2 * look, len(filters)), min(2 * among, names, _AMONG)
    name, sure = np.zeros(len(filters), np.int64), np.zeros(len(filters), np.float32)
    end = min(_NAME, len(filters))
    found = _guess(filters[:end], counts[:end], spelled[:_NAME], expected[:_NAME], patterns, keep=1)
    name[:end], sure[:end] = found[0][:, 0], found[1][:, 0]
    return Guesses(name, sure)


def match(
    filters: Floats,
    counts: Ints,
    spelled: csr_matrix,
    expected: npt.NDArray[np.float64],
    restarts: int,
    random: np.random.Generator,
    *,
    sweeps: int = 40,
    rest: float = 0.0,
) -> Guesses:
    """Match the graph of filters (bits in common) to the graph of names (bigrams in common) by annealing.

    No two filters get one name. With ``rest`` (how many bearers of other names are expected) a filter may also have a
    name that is not among these: -1. The likeliest of ``restarts`` is kept; how sure: the chance in its last sweep.
    """
    graph = _Graph(filters, counts, spelled, expected, rest)
    best = graph.anneal(random, sweeps)
    for _ in range(restarts - 1):
        best = max(best, graph.anneal(random, sweeps), key=lambda found: found[0])
    name = np.where(best[1] == len(expected), -1, best[1])
    return Guesses(name, best[2])


class _Graph:
    """Likelihoods of a name for a filter: alone (count and popcount) and beside another filter with its name."""

    def __init__(
        self,
        filters: Floats,
        counts: Ints,
        spelled: csr_matrix,
        expected: npt.NDArray[np.float64],
        rest: float,
    ) -> None:
        shared = (spelled @ spelled.T).toarray().astype(np.int64)
        grams = shared.diagonal()
        most = int(shared.max())
        size, common = filters.sum(axis=1), filters @ filters.T
        own = BITS * -np.expm1(np.arange(most + 1) * np.log1p(-_START))
        both = np.minimum(own[None, None, :], np.minimum(size[:, None], size[None, :])[:, :, None])
        mean = both + (size[:, None, None] - both) * (size[None, :, None] - both) / (BITS - both)
        alike = -((common[:, :, None] - mean) ** 2) / (2 * _SPREAD**2)
        weight = np.maximum(expected, 1e-9) / expected.sum()
        usual = np.bincount(shared.ravel(), np.outer(weight, weight).ravel(), most + 1)
        other = np.log(np.exp(alike) @ usual + 1e-30)
        self._alike = np.concatenate([alike, other[:, :, None]], axis=2)
        self._alike[np.arange(len(size)), np.arange(len(size))] = 0
        # a column more: the name that is not among these, whose likeness to others is as usual
        self._shared = np.full((len(expected) + 1, len(expected) + 1), most + 1)
        self._shared[:-1, :-1] = shared
        prior = counts[:, None] * np.log(expected) - expected - gammaln(counts + 1.0)[:, None]
        prior += -((size[:, None] - own[grams]) ** 2) / (2 * (1.0 + 0.3 * grams))
        none = np.full(len(size), -np.inf)
        if rest > 0:
            lengths = -((size[:, None] - own[grams]) ** 2) / (2 * (1.0 + 0.3 * grams))
            # many rare names: each filter beyond the first of one is unlikely
            none = np.log(np.exp(lengths) @ weight + 1e-30) + np.log(rest) - 4.0 * (counts - 1)
        self._prior = np.concatenate([prior, none[:, None]], axis=1)

    def anneal(self, random: np.random.Generator, sweeps: int) -> tuple[float, Ints, Floats]:
        """One descent from a noisy start: its likelihood, the names and how sure each is."""
        prior, count, others = self._prior, len(self._prior), np.arange(len(self._prior))
        free = prior.shape[1] - 1
        name = _greedy(prior + 0.5 * random.gumbel(size=prior.shape), free)
        sure, total = np.zeros(count, np.float32), 0.0
        taken = np.zeros(free + 1, bool)
        taken[name] = True
        for sweep in range(sweeps):
            last = sweep == sweeps - 1
            heat = 0.0 if last else max(8.0 * (1 - sweep / (sweeps - 8)), 0.05)
            noise = heat * random.gumbel(size=prior.shape) if heat else np.zeros_like(prior)
            for one in random.permutation(count):
                taken[name[one]] = False
                score = prior[one] + self._alike[one, others[:, None], self._shared[name]].sum(axis=0)
                taken[free] = False
                score[taken] = -np.inf
                name[one] = (score + noise[one]).argmax()
                taken[name[one]] = True
                if last:
                    total += score[name[one]] + prior[one, name[one]]
                    sure[one] = 1 / np.exp(score - score.max()).sum()
        return total, name, sure


def _greedy(score: npt.NDArray[np.float64], free: int) -> Ints:
    """A name for each filter, its best that is not taken yet; ``free`` is never taken."""
    name = np.zeros(len(score), np.int64)
    left = score.copy()
    for one in range(len(score)):
        name[one] = left[one].argmax()
        if name[one] != free:
            left[:, name[one]] = -np.inf
    return name


def _guess(
    filters: Floats,
    counts: Ints,
    spelled: csr_matrix,
    expected: npt.NDArray[np.float64],
    patterns: Floats,
    keep: int = 4,
) -> tuple[Ints, Floats]:
    """The ``keep`` likeliest names of each filter, with their probabilities."""
    unset = np.asarray(spelled @ np.log1p(-patterns), np.float32)
    isset = np.log(-np.expm1(np.minimum(unset, -1e-4)))
    difference, floor = (isset - unset).T.copy(), unset.sum(axis=1)
    keep = min(keep, len(expected))
    names, chances = np.empty((len(filters), keep), np.int64), np.empty((len(filters), keep), np.float32)
    distinct, which = np.unique(counts, return_inverse=True)
    prior = np.outer(distinct, np.log(expected)) - expected - gammaln(distinct + 1.0)[:, None]
    prior = prior.astype(np.float32)
    for start in range(0, len(filters), _CHUNK):
        some = slice(start, start + _CHUNK)
        score = filters[some] @ difference
        score += floor
        score += prior[which[some]]
        for rank in range(keep):
            best = score.argmax(axis=1)[:, None]
            high = np.take_along_axis(score, best, axis=1)
            if rank == 0:
                most, total = high, np.exp(np.maximum(score - high, -30)).sum(axis=1, keepdims=True)
            names[some, rank], chances[some, rank] = best[:, 0], (np.exp(high - most) / total)[:, 0]
            np.put_along_axis(score, best, -np.inf, axis=1)
    return names, chances


def _patterns(filters: Floats, found: tuple[Ints, Floats], spelled: csr_matrix, before: Floats) -> Floats:
    """What the guesses say of each bigram's bits, as chances."""
    names, chances = found
    row, rank = np.nonzero(chances > 0.2)
    weight, name = chances[row, rank], names[row, rank]
    chosen = spelled[name]
    unset = np.asarray(chosen @ np.log1p(-before), np.float32)
    pair = np.repeat(np.arange(len(name)), np.diff(chosen.indptr))
    gram = chosen.indices
    odds = np.zeros(before.shape, np.float32)
    for start in range(0, len(pair), 20_000):
        some = slice(start, start + 20_000)
        others = -np.expm1(np.minimum(unset[pair[some]] - np.log1p(-before[gram[some]]), 0))
        bit = filters[row[pair[some]]]
        told = np.where(bit > 0, -np.log(np.maximum(others, _WRONG)), np.log(_WRONG))
        table = csr_matrix(
            (weight[pair[some]], (gram[some], np.arange(len(told)))), shape=(before.shape[0], len(told))
        )
        odds += np.asarray(table @ told, np.float32)
    lanes = odds.reshape(len(odds), _LANES, -1)
    lanes = np.exp(lanes - lanes.max(axis=2, keepdims=True))
    chance = (lanes / lanes.sum(axis=2, keepdims=True)).reshape(odds.shape)
    clipped: Floats = np.clip(chance, _LEAST, _MOST).astype(np.float32)
    return clipped
