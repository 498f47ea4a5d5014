"""How good pairs and clusters are, against the truth; every figure is a plain count of pairs or records."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Scores(NamedTuple):
    """Precision, recall and their harmonic mean; 0 where nothing was found or nothing is true."""

    precision: float
    recall: float
    f1: float


def scores(right: float, found: float, true: float) -> Scores:
    """Of ``found`` pairs ``right`` are right, of ``true`` ones."""
    precision = right / found if found else 0.0
    recall = right / true if true else 0.0
    return Scores(precision, recall, 2 * right / (found + true) if found + true else 0.0)


def at_threshold(weight: Array, right: Array, true: int, threshold: float) -> Scores:
    """The scores of the pairs of at least ``threshold``."""
    chosen = weight >= threshold
    return scores(float(right[chosen].sum()), float(chosen.sum()), true)


def best(weight: Array, right: Array, true: int) -> tuple[float, float | None]:
    """The best F1 that a threshold on the weight gives, and that threshold; pairs of equal weight go together."""
    if not len(weight):
        return 0.0, None
    order = np.argsort(-weight, kind="stable")
    sorted_weight, hits = weight[order], np.cumsum(right[order])
    f1 = 2.0 * hits / (np.arange(1, len(order) + 1) + true)
    last = np.append(sorted_weight[1:] != sorted_weight[:-1], True)
    place = int(np.argmax(np.where(last, f1, -1.0)))
    return float(f1[place]), float(sorted_weight[place])


def pair_count(*labels: Array) -> int:
    """How many pairs of records have equal labels (in all the arrays)."""
    if not len(labels[0]):
        return 0
    _, sizes = np.unique(np.stack(labels), axis=1, return_counts=True)
    return int((sizes.astype(np.int64) * (sizes - 1) // 2).sum())


def cluster_pairs(cluster: Array, person: Array, slot: Array | None = None) -> Scores:
    """Pairwise scores of clusters; with ``slot`` pairs within one source, which cannot be one person, do not count."""
    counted = [pair_count(cluster, person), pair_count(cluster), pair_count(person)]
    if slot is not None:
        within = [pair_count(cluster, person, slot), pair_count(cluster, slot), pair_count(person, slot)]
        counted = [all_ - own for all_, own in zip(counted, within, strict=True)]
    return scores(*map(float, counted))


def bcubed(cluster: Array, person: Array) -> Scores:
    """B-cubed scores (Bagga and Baldwin 1998): the mean over records of the share of its cluster that is its person."""
    if not len(cluster):
        return Scores(0.0, 0.0, 0.0)
    _, places, sizes = np.unique(np.stack([cluster, person]), axis=1, return_inverse=True, return_counts=True)
    common = sizes[places.ravel()]
    _, of_cluster, cluster_sizes = np.unique(cluster, return_inverse=True, return_counts=True)
    _, of_person, person_sizes = np.unique(person, return_inverse=True, return_counts=True)
    precision = float((common / cluster_sizes[of_cluster]).mean())
    recall = float((common / person_sizes[of_person]).mean())
    return Scores(precision, recall, 2 * precision * recall / (precision + recall))
