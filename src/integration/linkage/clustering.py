"""Tonight's clusters of units: what is as it was the night before is taken from there, the rest is grown.

Units that evidence of at least the threshold holds together are a component. A component's clusters depend on it
alone, so one whose signature was held already has the clusters that were held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from integration.linkage.clusters import components
from integration.linkage.declared import declared
from integration.linkage.growth import Evidence, Grown, Pair, Units, bridges, grow
from integration.linkage.steps import build, fetch, upload

if TYPE_CHECKING:
    import duckdb
    import numpy as np

TOO_LARGE = "too_large"


@dataclass(frozen=True)
class Clustered:
    """Components grown and taken over, those with a cluster above the cap, decisions refused, weak bridges."""

    components_grown: int
    components_kept: int
    too_large: int
    refused: int
    bridges: int


def cluster_units(con: duckdb.DuckDBPyConnection, threshold: float) -> Clustered:
    """Make ``work.person_cluster`` (node, cluster, component, why) and ``work.bridge``.

    ``cluster`` is the smallest node of the cluster, ``component`` a signature (null for a unit that nothing speaks of).
    """
    build(con, "work.person_node")
    build(con, "work.person_evidence", {"threshold": threshold})
    nodes = fetch(con, "select signature, first_record from work.person_node order by node")
    pairs = _pairs(con)
    component, signature = _components(nodes["signature"], pairs)
    held = _held(con)
    label, why = list(range(len(component))), dict[int, str]()
    touched: list[list[int]] = []
    kept = 0
    for members in _members(component):
        first_records = [int(nodes["first_record"][node]) for node in members]
        before = held.get(int(signature[members[0]]))
        if before is not None and all(record in before for record in first_records):
            kept += 1
            _take_over(members, [before[record] for record in first_records], label, why)
        else:
            touched.append(members)
    refused = _grow_all(con, touched, pairs, label, why)
    _upload(con, label, component, signature, why)
    found = _find_bridges(con, threshold)
    return Clustered(len(touched), kept, len({int(component[node]) for node in why}), refused, found)


def _pairs(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    return fetch(
        con,
        "select left_node, right_node, coalesce(weight, 'nan'::double) as weight, veto is not null as vetoed, "
        "coalesce(told, '') as told, signature from work.person_evidence order by left_node, right_node",
    )


def _components(signatures: Any, pairs: dict[str, Any]) -> tuple[Any, Any]:
    """Each unit's component and that component's signature."""
    import numpy as np

    left, right = pairs["left_node"], pairs["right_node"]
    joins = (~np.isnan(pairs["weight"]) & (pairs["told"] != "different")) | (pairs["told"] == "same")
    label = components(len(signatures), left[joins], right[joins])
    total = np.zeros(len(label), dtype=np.uint64)
    inside = label[left] == label[right]
    with np.errstate(over="ignore"):
        np.add.at(total, label, _mixed(signatures.astype(np.uint64)))
        np.add.at(total, label[left[inside]], _mixed(pairs["signature"][inside].astype(np.uint64)))
    return label, total[label]


def _mixed(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Spread bits, so that a sum of signatures tells as much as each of them."""
    import numpy as np

    values = values ^ (values >> np.uint64(33))
    values = values * np.uint64(0xFF51AFD7ED558CCD)
    return np.asarray(values ^ (values >> np.uint64(33)))


def _members(component: Any) -> list[list[int]]:
    """The components of two units and more."""
    import numpy as np

    sizes = np.bincount(component, minlength=len(component))
    several = np.flatnonzero(sizes[component] > 1)
    order = several[np.argsort(component[several], kind="stable")]
    starts = np.flatnonzero(np.diff(component[order], prepend=-1))
    return [part.tolist() for part in np.split(order, starts[1:])] if len(order) else []


def _held(con: duckdb.DuckDBPyConnection) -> dict[int, dict[int, tuple[int, str]]]:
    """The components that are held: of each, the cluster of each of its records, and why it was taken apart."""
    found: dict[int, dict[int, tuple[int, str]]] = {}
    rows = con.execute(
        "select component, record, cluster, coalesce(why, '') from work.held_cluster where component is not null"
    ).fetchall()
    for component, record, cluster, why in rows:
        found.setdefault(int(component), {})[record] = (cluster, why)
    return found


def _take_over(
    members: list[int], held: list[tuple[int, str]], label: list[int], why: dict[int, str]
) -> None:
    first: dict[int, int] = {}
    for node, (cluster, reason) in zip(members, held, strict=True):
        label[node] = first.setdefault(cluster, node)
        if reason:
            why[node] = reason


def _grow_all(
    con: duckdb.DuckDBPyConnection,
    touched: list[list[int]],
    pairs: dict[str, Any],
    label: list[int],
    why: dict[int, str],
) -> int:
    """Grow the components that are not as they were; return how many forced pairs were refused."""
    if not touched:
        return 0
    units = _units(con)
    part = {node: number for number, members in enumerate(touched) for node in members}
    of: list[list[int]] = [[] for _ in touched]
    for row, left in enumerate(pairs["left_node"].tolist()):
        if left in part and part.get(int(pairs["right_node"][row])) == part[left]:
            of[part[left]].append(row)
    limits, refused = declared().limits, 0
    for members, rows in zip(touched, of, strict=True):
        local = {node: number for number, node in enumerate(members)}
        grown = grow(_chosen(units, members), _evidence(pairs, rows, local), limits)
        for number, node in enumerate(members):
            label[node] = members[grown.label[number]]
        _tell_too_large(grown, members, why)
        refused += len(grown.refused)
    return refused


def _tell_too_large(grown: Grown, members: list[int], why: dict[int, str]) -> None:
    for cluster in grown.too_large:
        for number in cluster:
            why[members[number]] = TOO_LARGE


def _units(con: duckdb.DuckDBPyConnection) -> Units:
    rows = con.execute("select bsn, places, slots from work.person_node order by node").fetchall()
    known: dict[str, int] = {}
    return Units(
        [row[0] for row in rows],
        [frozenset(known.setdefault(slot, len(known)) for slot in row[2] or ()) for row in rows],
        [0 if row[0] else row[1] for row in rows],
    )


def _chosen(units: Units, members: list[int]) -> Units:
    return Units(
        [units.numbered[node] for node in members],
        [units.slots[node] for node in members],
        [units.places[node] for node in members],
    )


def _evidence(pairs: dict[str, Any], rows: list[int], local: dict[int, int]) -> Evidence:
    scored: list[Pair] = []
    weights: list[float] = []
    together: list[Pair] = []
    apart: list[Pair] = []
    for row in rows:
        pair = local[int(pairs["left_node"][row])], local[int(pairs["right_node"][row])]
        told, weight = str(pairs["told"][row]), float(pairs["weight"][row])
        if told == "same":
            together.append(pair)
        elif told == "different" or pairs["vetoed"][row]:
            apart.append(pair)
        elif weight == weight:
            scored.append(pair)
            weights.append(weight)
    return Evidence(scored, weights, together, apart)


def _upload(
    con: duckdb.DuckDBPyConnection, label: list[int], component: Any, signature: Any, why: dict[int, str]
) -> None:
    import numpy as np
    import pyarrow as pa

    sizes = np.bincount(component, minlength=len(component))
    several = sizes[component] > 1 if len(component) else np.empty(0, dtype=bool)
    upload(
        con,
        "work.person_cluster",
        {
            "node": np.arange(len(label)),
            "cluster": np.array(label, dtype=np.int64),
            "component": pa.array(signature, pa.uint64(), mask=~several),
            "why": pa.array([why.get(node) for node in range(len(label))], pa.string()),
        },
    )


def _find_bridges(con: duckdb.DuckDBPyConnection, threshold: float) -> int:
    """Make ``work.bridge``: weak pairs that alone hold two parts of a cluster, of two units or more each, together."""
    rows = con.execute(
        """
        with sized as (
            select node, cluster, count(*) over (partition by cluster) as size from work.person_cluster
        )
        select left_node, right_node, a.cluster, weight
        from work.person_evidence
        inner join sized as a on a.node = left_node
        inner join sized as b on b.node = right_node and b.cluster = a.cluster
        where a.size > 3 and weight is not null
        order by left_node, right_node
        """
    ).fetchall()
    weight = {(left, right): weight for left, right, _, weight in rows}
    size: dict[int, set[int]] = {}
    cluster: dict[int, int] = {}
    for left, right, name, _ in rows:
        size.setdefault(name, set()).update((left, right))
        cluster[left] = cluster[right] = name
    found = []
    for (a, b), side in bridges([(left, right) for left, right, _, _ in rows]):
        left, right = min(a, b), max(a, b)
        rest = len(size[cluster[left]]) - len(side)
        if len(side) > 1 and rest > 1 and weight[left, right] < threshold + declared().weak_bridge:
            found.append((left, right))
    import numpy as np

    ends = np.array(found, dtype=np.int64).reshape(-1, 2)
    upload(con, "work.bridge", {"left_node": ends[:, 0], "right_node": ends[:, 1]})
    return len(found)
