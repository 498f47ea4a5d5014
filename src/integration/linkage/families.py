"""Which children form one gezin.

On any date each child is in exactly one gezin: the children who share a guardian and a main address, or a
gezin_ref. It is built from pairs of children only, never through adults or addresses, and every pitfall
of real life (co-parenting, blended and foster families, shelters, secret addresses, moves) is a rule of its own in
``warehouse/link/family_*.sql``. (docs/explanation/linkage.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from integration.linkage.clusters import complete, components
from integration.linkage.family_names import name_families
from integration.linkage.link_file import LinkFile, no_file
from integration.linkage.pseudonym import PseudonymKey, pseudonymiser
from integration.linkage.steps import build, fetch, tally, texts, upload, workbench
from integration.names import DomainCode, source

if TYPE_CHECKING:
    import duckdb
    import numpy as np

MOST_PERSONS = 12
"""An address with more persons is no household: shelter, institution, flat without addition (measured: linkage.md)."""

MOST_WARDS = 12
"""Who is guardian (COD472: 11) of more children is one by profession."""

MOST_CHILDREN = 25
"""A parent or gezin_ref of more children is a mistake or a default value; it also bounds the pairs of children."""


@dataclass(frozen=True)
class FamiliesBuilt:
    """What :func:`build_families` found.

    ``formed_by`` counts gezinnen by the weakest evidence that holds their children together, ``dropped`` counts the
    edges that were not used by reason.
    """

    children: int
    families: int
    memberships: int
    families_restricted: int
    children_shared: int
    edges_used: int
    edges_dropped: int
    formed_by: Mapping[str, int]
    dropped: Mapping[str, int]
    family_merges: int = 0
    family_splits: int = 0


def build_families(
    con: duckdb.DuckDBPyConnection,
    domain: DomainCode,
    family_key: PseudonymKey,
    run_date: date,
    file: LinkFile | None = None,
) -> FamiliesBuilt:
    """Read what :func:`link_persons` wrote; write ``link.gezin``, ``link.gezin_member`` and ``link.edge``.

    Needs ``staging.mentions``, ``staging.records_<source>`` (``wijkteam`` and ``jeugdhulp`` at least) and
    ``meta.delivery``. ``run_date`` decides who is under 18 and which placements have begun. ``file`` remembers the
    gezinnen's pseudonyms. The order of rows never changes the answer. Raises :class:`IntegrationError` (MODEL_FAILED)
    naming the step, never a value.
    """
    if file is None:
        with no_file(con) as nothing:
            return build_families(con, domain, family_key, run_date, nothing)
    params = {
        "run_date": run_date,
        "most_persons": MOST_PERSONS,
        "most_children": MOST_CHILDREN,
        "most_wards": MOST_WARDS,
    }
    with workbench(con):
        _gather_records(con)
        for step in (
            "version",
            "sighting",
            "child",
            "guardian",
            "crowd",
            "placement",
            "address",
            "home",
            "sibling",
        ):
            build(con, f"work.family_{step}", params)
        household = _join_households(con)
        settled = _join_gezin_refs(con, household, params)
        _join_by_guardian_only(con, settled)
        build(con, "work.family_formed")
        events = _name_families(con, file, domain, family_key)
        for result in ("link.gezin_member", "link.gezin", "link.edge"):
            build(con, result)
    return _result(con, events)


def _gather_records(con: duckdb.DuckDBPyConnection) -> None:
    """One list of the delivered records of all sources with their status."""
    found = con.execute(
        "select table_name from information_schema.tables where table_schema = 'staging' "
        "and starts_with(table_name, 'records_') order by table_name"
    ).fetchall()
    sources = [source(name.removeprefix("records_")) for (name,) in found]
    columns = "select delivery_id, record_key, status_aanlevering from staging.records_"
    con.execute(
        "create table work.family_delivered as " + " union all ".join(columns + name for name in sources)
    )


def _join_households(con: duckdb.DuckDBPyConnection) -> np.ndarray[Any, Any]:
    """Children who share a guardian and a main address (or moved together)."""
    children = con.execute("select count(*) from work.family_child").fetchall()[0][0]
    pairs = fetch(con, "select left_child, right_child from work.family_sibling where evidence is not null")
    household = components(children, pairs["left_child"], pairs["right_child"])
    _keep_groups(con, "work.family_household", "grp", household)
    return household


def _join_gezin_refs(
    con: duckdb.DuckDBPyConnection, household: np.ndarray[Any, Any], params: Mapping[str, Any]
) -> np.ndarray[Any, Any]:
    """Households that took one gezin_ref; where two of them contradict it, none of that group is joined by it."""
    build(con, "work.family_gezin_ref", params)
    build(con, "work.family_ref_pair")
    pairs = fetch(con, "select left_grp, right_grp, contradicted from work.family_ref_pair")
    left, right = pairs["left_grp"], pairs["right_grp"]
    agreed = ~pairs["contradicted"].astype(bool)
    agreed[agreed] = complete(len(household), left[agreed], right[agreed])
    upload(con, "work.family_dropped_ref", {"grp": _only_in(left, right, ~agreed)})
    settled: np.ndarray[Any, Any] = components(len(household), left[agreed], right[agreed])[household]
    _keep_groups(con, "work.family_settled", "grp", settled)
    return settled


def _only_in(left: Any, right: Any, chosen: Any) -> np.ndarray[Any, Any]:
    """The groups that occur in chosen pairs only."""
    import numpy as np

    inside = np.concatenate([left[chosen], right[chosen]])
    outside = np.concatenate([left[~chosen], right[~chosen]])
    return np.setdiff1d(inside, outside)


def _join_by_guardian_only(con: duckdb.DuckDBPyConnection, settled: np.ndarray[Any, Any]) -> None:
    """Children without a home go where their guardians' other children are, if that is one place."""
    build(con, "work.family_guardian_only")
    pairs = fetch(
        con,
        "select left_grp, right_grp, evidence = 'guardian_only' as homed, same_guardians "
        "from work.family_guardian_only where evidence is not null",
    )
    left, right, homed = pairs["left_grp"], pairs["right_grp"], pairs["homed"].astype(bool)
    used = homed | pairs["same_guardians"].astype(bool)
    used[~homed] |= complete(len(settled), left[~homed], right[~homed])
    _keep_groups(
        con, "work.family_gezin", "gezin", components(len(settled), left[used], right[used])[settled]
    )


def _keep_groups(
    con: duckdb.DuckDBPyConnection, table: str, column: str, groups: np.ndarray[Any, Any]
) -> None:
    import numpy as np

    upload(con, table, {"child": np.arange(len(groups)), column: groups})


def _name_families(
    con: duckdb.DuckDBPyConnection, file: LinkFile, domain: DomainCode, family_key: PseudonymKey
) -> Mapping[str, int]:
    """Make the pseudonyms of gezinnen, and of the addresses and refs in the edges; return the events of tonight.

    A gezin keeps its pseudonym as long as most of its children stay; a new one is made from the child first seen.
    """
    pseudonym = pseudonymiser(domain, "family", family_key)
    events = name_families(con, file, pseudonym)
    places = fetch(
        con,
        "select address as place from work.family_address union select gezin_ref from work.family_gezin_ref",
    )["place"]
    names = texts(pseudonym(f"place|{place}") for place in places)
    upload(con, "work.family_place", {"place": texts(places), "place_id": names})
    return events


def _result(con: duckdb.DuckDBPyConnection, events: Mapping[str, int]) -> FamiliesBuilt:
    dropped = tally(con, "select reason, count(*) from link.edge where not used group by reason")
    families, children, restricted = con.execute(
        "select count(*), coalesce(sum(children), 0), count_if(restricted) from link.gezin"
    ).fetchall()[0]
    memberships, shared = con.execute(
        "select count(*), count_if(shared and role = 'kind') from link.gezin_member"
    ).fetchall()[0]
    return FamiliesBuilt(
        children=int(children),
        families=families,
        memberships=memberships,
        families_restricted=restricted,
        children_shared=shared,
        edges_used=con.execute("select count(*) from link.edge where used").fetchall()[0][0],
        edges_dropped=sum(dropped.values()),
        formed_by=tally(con, "select formed_by, count(*) from link.gezin group by formed_by"),
        dropped=dropped,
        family_merges=events.get("gezin_merge", 0),
        family_splits=events.get("gezin_split", 0),
    )
