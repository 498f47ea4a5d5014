"""Graphs behind persons and families: who belongs together, given pairs or shared tokens.

Nothing here knows of SQL or of rules. The order of the input never changes the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np


def components(nodes: int, left: Any, right: Any) -> np.ndarray[Any, Any]:
    """Label the nodes 0..nodes-1 by the smallest node they are connected to through pairs (left, right)."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if nodes == 0:
        return np.empty(0, dtype=np.int64)
    ones = np.ones(len(left), dtype=np.int8)
    graph = coo_matrix((ones, (left, right)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=False)
    smallest = np.full(label.max(initial=-1) + 1, nodes)
    np.minimum.at(smallest, label, np.arange(nodes))
    return np.asarray(smallest[label])


def complete(nodes: int, left: Any, right: Any) -> np.ndarray[Any, Any]:
    """Of each pair, whether everybody connected to it is paired with everybody else (each pair given once).

    A group that is only connected through some of its members is no answer to "who belongs together".
    """
    import numpy as np

    label = components(nodes, left, right)
    size = np.bincount(label, minlength=nodes)
    pairs = np.bincount(label[left], minlength=nodes)
    return np.asarray((pairs * 2 == size * (size - 1))[label[left]])


class Growth(NamedTuple):
    """What became of the clusters without a BSN: ``root[i]`` is what ``cluster[i]`` now belongs to."""

    cluster: np.ndarray[Any, Any]
    root: np.ndarray[Any, Any]
    undecided: np.ndarray[Any, Any]


def grow(token: Any, cluster: Any, bsn: Any) -> Growth:
    """Join clusters that share tokens, never two that have a BSN.

    Row i says that ``cluster[i]`` carries ``token[i]``; ``bsn[i]`` whether that cluster has a BSN (at most one
    such cluster a token). Clusters connected through tokens become one when at most one of them has a BSN. Where
    several BSNs meet in one connected group, a cluster without BSN joins the one BSN it shares a token with
    itself; the others of that group stay as they are and are returned as ``undecided``.
    """
    import numpy as np

    ids, place = np.unique(cluster, return_inverse=True)
    tokens, token_place = np.unique(token, return_inverse=True)
    has_bsn = np.zeros(len(ids), dtype=bool)
    has_bsn[place[np.asarray(bsn, dtype=bool)]] = True
    label = components(len(ids) + len(tokens), place, token_place + len(ids))[: len(ids)]
    head = np.full(len(ids), -1)
    np.maximum.at(head, label[has_bsn], np.flatnonzero(has_bsn))
    bsns = np.bincount(label[has_bsn], minlength=len(ids))
    root = np.where(head[label] >= 0, head[label], label)
    contested = np.flatnonzero((bsns[label] > 1) & ~has_bsn)
    root[contested] = _own_bsn(contested, place, token_place, has_bsn)
    decided = ~has_bsn & (root >= 0)
    return Growth(ids[decided], ids[root[decided]], ids[~has_bsn & (root < 0)])


def _own_bsn(contested: Any, place: Any, token_place: Any, has_bsn: Any) -> np.ndarray[Any, Any]:
    """For each contested cluster the one BSN cluster it shares a token with, or -1 when there is none or more."""
    import numpy as np

    of_bsn = has_bsn[place]
    bsn_of_token = np.full(token_place.max(initial=-1) + 1, -1)
    bsn_of_token[token_place[of_bsn]] = place[of_bsn]
    mine = np.isin(place, contested) & (bsn_of_token[token_place] >= 0)
    pairs = np.unique(np.stack([place[mine], bsn_of_token[token_place[mine]]]), axis=1)
    times = np.bincount(pairs[0], minlength=len(has_bsn))
    chosen = np.full(len(has_bsn), -1)
    chosen[pairs[0]] = pairs[1]
    return np.asarray(np.where(times[contested] == 1, chosen[contested], -1))
