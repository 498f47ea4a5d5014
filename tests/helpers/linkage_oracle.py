"""Persons and families once more, in plain Python and networkx: what the SQL of linkage is held against.

Written from docs/explanation/linkage.md, one rule after the other, for a handful of rows; nothing is shared with
the code under test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from itertools import combinations
from typing import Any

import networkx as nx

Row = dict[str, Any]
Groups = set[frozenset[Hashable]]
BITS = {
    "token_demographic_first": 14.0, "token_demographic": 10.0, "token_birth_first": 6.0, "token_name": 3.0,
}  # fmt: skip
ONE_ROW = {("onderwijs", "kind"), ("kinderopvang", "kind"), ("huisarts", "patient")}
MARGIN = 1.0
PLACEMENTS = {"35", "36", "37", "38", "43", "44"}
GUARDIANS = {
    "10": (2, "ouder"),
    "11": (3, "voogd"),
    "13": (1, "pleegouder"),
    "": (5, "ouder"),
    "?": (6, "betrokkene"),
}
FAMILY = (4, "familielid")
MOST_PERSONS, MOST_WARDS, MOST_CHILDREN = 12, 12, 25


def mention_key(row: Row) -> tuple[str, str, str]:
    """What identifies a mention."""
    return row["delivery_id"], row["record_key"], row["role"]


# -- persons ------------------------------------------------------------------------------------------------------


def persons(mentions: Sequence[Row]) -> Groups:
    """The mentions grouped into persons, by their keys; evidence is tokens alone."""
    units = sorted(_units(mentions), key=_first_mention)
    evidence = {}
    for a, b in combinations(range(len(units)), 2):
        if not (_bsn(units[a]) and _bsn(units[b])):
            found = [said for row in units[a] for other in units[b] if (said := _said(row, other))]
            if found:
                evidence[a, b] = max(found)
    pairs = {pair: weight for pair, (weight, vetoed) in evidence.items() if not vetoed}
    apart = {frozenset(pair) for pair, (_, vetoed) in evidence.items() if vetoed}
    numbered = [bool(_bsn(unit)) for unit in units]
    slots = [{r["delivery_id"] for r in unit if (r["source"], r["role"]) in ONE_ROW} for unit in units]
    groups = strongest_first(pairs, apart, numbered, slots)
    return {frozenset(mention_key(row) for n in group for row in units[n]) for group in groups}


def strongest_first(
    pairs: dict[tuple[int, int], float],
    apart: set[frozenset[int]],
    numbered: Sequence[bool],
    slots: Sequence[set[Any]],
    margin: float = MARGIN,
) -> list[set[int]]:
    """Clusters of nodes 0..n-1 by the strongest pair that may join two, every condition looked up anew each time."""
    clusters = [{node} for node in range(len(numbered))]
    graph = nx.Graph()
    graph.add_weighted_edges_from((a, b, weight) for (a, b), weight in pairs.items())

    def of(node: int) -> set[int]:
        return next(cluster for cluster in clusters if node in cluster)

    def two(x: set[int], y: set[int]) -> bool:
        return (
            (any(numbered[n] for n in x) and any(numbered[n] for n in y))
            or any(slots[a] & slots[b] for a in x for b in y)
            or any(frozenset((a, b)) in apart for a in x for b in y)
        )

    def known(cluster: set[int]) -> bool:
        return any(numbered[n] for n in cluster)

    def rivals(x: set[int], y: set[int], weight: float) -> bool:
        for node in x & set(graph):
            for other in graph[node]:
                third = of(other)
                strong = third not in (x, y) and graph[node][other]["weight"] >= weight - margin
                if strong and two(third, y) and not two(third, x):
                    return True
        return False

    order = sorted(
        pairs.items(),
        key=lambda item: (-item[1], not (numbered[item[0][0]] or numbered[item[0][1]]), item[0]),
    )
    for (a, b), weight in order:
        x, y = of(a), of(b)
        if x is not y and not two(x, y) and not rivals(x, y, weight) and not rivals(y, x, weight):
            clusters.remove(x)
            clusters.remove(y)
            clusters.append(x | y)
    return clusters


def _first_mention(unit: list[Row]) -> tuple[Any, ...]:
    return min(
        (row["peildatum"], row["delivery_id"], row["row_number"], row["role"], row["record_key"])
        for row in unit
    )


def _said(a: Row, b: Row) -> tuple[float, bool] | None:
    """The bits of the strongest token two mentions share, and whether something speaks against it."""
    shared = {name for name in BITS if a[name] and a[name] == b[name]}
    if not shared:
        return None
    first_a, first_b = a["token_birth_first"], b["token_birth_first"]
    names_differ = (
        a["token_demographic_first"] and b["token_demographic_first"]
        and a["token_demographic_first"] != b["token_demographic_first"] and first_a != first_b
    )  # fmt: skip
    twins = "token_demographic" in shared and names_differ
    two_sexes = {a["sex"], b["sex"]} == {"1", "2"}
    return max(BITS[name] for name in shared), bool(twins or two_sexes)


def _units(mentions: Sequence[Row]) -> list[list[Row]]:
    """Rule 1 and the rule `record`."""
    places = defaultdict(list)
    for row in mentions:
        places[(row["supplier"], row["record_key"], row["role"])].append(row)
    units = defaultdict(list)
    for place, rows in places.items():
        sexes = {row["sex"] for row in rows} - {"0"}
        years = {row["birth_year"] for row in rows} - {None}
        parts = defaultdict(list)
        for row in rows:
            parts[(row["sex"], row["birth_year"]) if len(sexes) > 1 or len(years) > 1 else ()].append(row)
        for part, alike in parts.items():
            numbers = {row["bsn_token"] for row in alike} - {None}
            only = numbers.pop() if len(numbers) == 1 else None
            for row in alike:
                units[row["bsn_token"] or only or (place, part)].append(row)
    return list(units.values())


def _bsn(cluster: list[Row]) -> set[str]:
    return {row["bsn_token"] for row in cluster} - {None}


# -- families -----------------------------------------------------------------------------------------------------


class Families:
    """Gezinnen of a few rows, given who is whom (by mention key)."""

    def __init__(
        self, mentions: Sequence[Row], records: Iterable[Row], who: dict[Any, str], run_date: date
    ) -> None:
        self.run_date = run_date
        self.records = {(row["delivery_id"], row["record_key"]): row for row in records}
        self.rows = [row | {"who": who[mention_key(row)]} for row in mentions]
        self._choose_versions()
        self.children = {row["who"] for row in self.rows if self._is_child(row)}
        self.guardians = self._guardians()
        self.home = self._homes()

    def gezinnen(self) -> Groups:
        """The children of each gezin."""
        graph = nx.Graph()
        graph.add_nodes_from(self.children)
        siblings = [(a, b) for a, b in combinations(self.children, 2) if self._guard(a) & self._guard(b)]
        graph.add_edges_from((a, b) for a, b in siblings if self._live_together(a, b) or self._moved(a, b))
        graph.add_edges_from(self._by_ref([frozenset(c) for c in nx.connected_components(graph)]))
        graph.add_edges_from(self._by_guardian_only([frozenset(c) for c in nx.connected_components(graph)]))
        return {frozenset(component) for component in nx.connected_components(graph)}

    def _choose_versions(self) -> None:
        newest: dict[Any, Row] = {}
        for row in self.rows:
            record = (row["supplier"], row["record_key"])
            if record not in newest or row["peildatum"] > newest[record]["peildatum"]:
                newest[record] = row
        for row in self.rows:
            last = newest[(row["supplier"], row["record_key"])]
            row["current"] = row["peildatum"] == last["peildatum"]
            row["gone"] = self.records[(last["delivery_id"], last["record_key"])]["status_aanlevering"] == "3"
        self.rows = [row for row in self.rows if not row["gone"]]

    def _is_child(self, row: Row) -> bool:
        if row["role"] == "patient":
            young = row["birth_year"] is not None and row["birth_year"] > self.run_date.year - 18
            return row["patient_rol"] == "KIND" or (row["patient_rol"] == "ONBEKEND" and young)
        return row["role"] == "kind"

    def _same_record(self, row: Row) -> list[Row]:
        place = (row["delivery_id"], row["record_key"])
        return [other for other in self.rows if (other["delivery_id"], other["record_key"]) == place]

    def _of(self, child: str) -> list[Row]:
        return [row for row in self.rows if row["who"] == child and self._is_child(row)]

    def _guardians(self) -> dict[str, dict[str, str]]:
        """By child the adults that may hold a household together, with their role."""
        found: dict[str, dict[str, str]] = {}
        for child in self.children:
            named = defaultdict(list)
            for row in self._of(child):
                if row["role"] == "kind":
                    for adult in self._same_record(row):
                        if adult["role"].startswith("ouder") and row["current"]:
                            relation = adult["relation"] or ("?" if row["source"] == "politie" else "")
                            named[adult["who"]].append(GUARDIANS.get(relation, FAMILY))
            best = {adult: min(roles) for adult, roles in named.items() if adult != child}
            found[child] = {adult: role for adult, (rank, role) in best.items() if rank in {2, 3, 5}}
        many = Counter(adult for adults in found.values() for adult in adults)
        wards = Counter(a for adults in found.values() for a, role in adults.items() if role == "voogd")
        return {
            child: {
                adult: role
                for adult, role in adults.items()
                if many[adult] <= MOST_CHILDREN and (role != "voogd" or wards[adult] <= MOST_WARDS)
            }
            for child, adults in found.items()
        }

    def _guard(self, child: str) -> set[str]:
        return set(self.guardians[child])

    # homes

    def _seen_at(self, rows: Iterable[Row]) -> set[str]:
        return {r["address_token_base"] for r in rows if r["current"] and r["source"] != "politie"} - {None}

    def _homes(self) -> dict[str, Row]:
        """By child the mention that tells its home."""
        seen = defaultdict(set)
        for row in self.rows:
            if row["current"] and row["source"] != "politie" and row["address_token"]:
                seen[row["address_token"]].add(row["who"])
                seen[row["address_token_base"]].add(row["who"])
        self.crowded = {place for place, persons in seen.items() if len(persons) > MOST_PERSONS}
        placed = {child: self._placed_at(child) for child in self.children}
        homes = {}
        for child in self.children:
            rows = self._of(child)
            if any(row["current"] and row["secret"] for row in rows):
                continue
            usable = [
                row for row in rows
                if row["current"] and row["source"] != "politie" and row["address_token"]
                and row["address_kind"] != "02" and row["address_token"] not in self.crowded
                and row["address_token_base"] not in placed[child] - self._exempt(child, placed)
            ]  # fmt: skip
            if usable:
                homes[child] = min(usable, key=lambda row, usable=usable: self._preference(row, usable))
        return homes

    def _preference(self, row: Row, usable: list[Row]) -> Any:
        alike = [other for other in usable if other["address_token"] == row["address_token"]]
        rank = min({"01": 1, "04": 3}.get(other["address_kind"], 2) for other in alike)
        newest = max(other["peildatum"] for other in alike).toordinal()
        recent = -newest if rank == 1 else 0
        return rank, recent, -len(alike), -newest, row["address_token"]

    def _placed_at(self, child: str) -> set[str]:
        places = set()
        for row in self._of(child):
            if not row["current"] or row["source"] == "politie" or row["address_kind"] == "02":
                continue
            record = self.records[(row["delivery_id"], row["record_key"])]
            started = record.get("start_datum") and str(record["start_datum"]) <= str(self.run_date)
            care = row["source"] == "jeugdhulp" and record.get("productcategorie") in PLACEMENTS and started
            if care or any(other["relation"] == "13" for other in self._same_record(row)):
                places.add(row["address_token_base"])
        return places - {None}

    def _exempt(self, child: str, placed: dict[str, set[str]]) -> set[str]:
        """Where a parent lives, or a brother or sister who was not placed there."""
        parents = {adult for adult, role in self.guardians[child].items() if role == "ouder"}
        homes = set()
        for parent in parents:
            homes |= self._seen_at(row for row in self.rows if row["who"] == parent)
        for other in self.children - {child}:
            if parents & {adult for adult, role in self.guardians[other].items() if role == "ouder"}:
                lived = [row for row in self._of(other) if row["address_kind"] != "02"]
                homes |= self._seen_at(lived) - placed[other]
        return homes

    def _live_together(self, a: str, b: str) -> bool:
        if a not in self.home or b not in self.home:
            return False
        one, two = self.home[a], self.home[b]
        same_building = one["address_token_base"] == two["address_token_base"]
        return one["address_token"] == two["address_token"] or (
            same_building and one["address_token_base"] not in self.crowded
        )

    def _moved(self, a: str, b: str) -> bool:
        return self._left_behind(a, b) or self._left_behind(b, a)

    def _left_behind(self, mover: str, stayer: str) -> bool:
        if mover not in self.home or stayer not in self.home:
            return False
        new, old = self.home[mover]["address_token"], self.home[stayer]["address_token"]
        rows = [row for row in self._of(mover) if row["address_token"]]
        at_old = [row for row in rows if row["address_token"] == old]
        at_new = [row["peildatum"] for row in rows if row["address_token"] == new]
        lived = [row for row in at_old if row["source"] != "politie" and row["address_kind"] != "02"]
        placed = self._placed_at(mover) - self._exempt(mover, {c: self._placed_at(c) for c in self.children})
        current = [row for row in lived if row["current"]]
        if old == new or not lived or (current and current[0]["address_token_base"] in placed):
            return False
        if max(row["peildatum"] for row in at_old) > min(at_new):
            return False
        if max(row["peildatum"] for row in self._of(stayer)) >= min(at_new):
            return False
        along = defaultdict(list)
        for row in rows:
            if row["current"] and row["source"] != "politie" and row["address_token"] == new:
                for adult in self._same_record(row):
                    if adult["role"].startswith("ouder"):
                        own = None if adult["address_inherited"] else adult["address_token_base"]
                        along[adult["who"]].append(own in {None, row["address_token_base"]})
        shared = self._guard(mover) & self._guard(stayer) & along.keys()
        return bool(shared) and all(all(along[adult]) for adult in shared)

    # gezin_ref and guardians alone

    def _refs(self) -> dict[str, dict[str, date]]:
        """By child the gezin_refs of the newest versions, with their newest date."""
        refs: dict[str, dict[str, date]] = defaultdict(dict)
        for child in self.children:
            for row in self._of(child):
                ref = self.records[(row["delivery_id"], row["record_key"])].get("gezin_ref")
                if row["current"] and row["source"] == "wijkteam" and ref:
                    refs[child][ref] = max(row["peildatum"], refs[child].get(ref, date.min))
        many = Counter(ref for found in refs.values() for ref in found)
        return {
            c: {ref: day for ref, day in found.items() if many[ref] <= MOST_CHILDREN}
            for c, found in refs.items()
        }

    def _by_ref(self, households: list[frozenset[str]]) -> list[tuple[str, str]]:
        refs, taken = self._refs(), defaultdict(list)
        for household in households:
            days = [(ref, day) for child in household for ref, day in refs.get(child, {}).items()]
            times = Counter(ref for ref, _ in days)
            if days:
                newest = {ref: max(day for other, day in days if other == ref) for ref in times}
                taken[max(times, key=lambda ref: (newest[ref], times[ref], ref))].append(household)
        edges = []
        for group in taken.values():
            graph = nx.Graph()
            graph.add_edges_from((a, b) for a, b in combinations(group, 2) if not self._contradict(a, b))
            for component in nx.connected_components(graph):
                if not any(self._contradict(a, b) for a, b in combinations(component, 2)):
                    edges += [(min(a), min(b)) for a, b in combinations(component, 2)]
        return edges

    def _contradict(self, a: frozenset[str], b: frozenset[str]) -> bool:
        return any(
            x in self.home and y in self.home and self._guard(x) and self._guard(y)
            and not self._guard(x) & self._guard(y) and not self._live_together(x, y)
            for x in a for y in b
        )  # fmt: skip

    def _by_guardian_only(self, groups: list[frozenset[str]]) -> list[tuple[str, str]]:
        guard = {group: set().union(*(self._guard(child) for child in group)) for group in groups}
        homed = {group for group in groups if group & self.home.keys()}
        edges, loose = [], nx.Graph()
        for group in set(groups) - homed:
            reached = {adult: {home for home in homed if adult in guard[home]} for adult in guard[group]}
            pointed = {home for homes in reached.values() if len(homes) == 1 for home in homes}
            if len(pointed) == 1:
                edges.append((min(group), min(pointed.pop())))
            if not any(reached.values()):
                loose.add_node(group)
        loose.add_edges_from((a, b) for a, b in combinations(loose, 2) if guard[a] & guard[b])
        for component in nx.connected_components(loose):
            pairs = list(combinations(component, 2))
            whole = all(guard[a] & guard[b] for a, b in pairs)
            edges += [
                (min(a), min(b)) for a, b in pairs if guard[a] & guard[b] and (whole or guard[a] == guard[b])
            ]
        return edges
