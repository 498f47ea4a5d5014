"""RvIG's fictitious population register as mentions: every person with a stated parent is a child once with, once
without a BSN.

Nobody in it exists. Whoever lives at one postcode and house number lives together.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx

from helpers.linkage import mention

Row = dict[str, str]


def read(folder: Path, name: str) -> list[Row]:
    """The rows of one of the derived tables."""
    with (folder / name).open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def children(folder: Path) -> dict[str, Row]:
    """Persons with a stated parent, by BSN."""
    rows = read(folder, "derived_persons_families.csv")
    return {row["bsn"]: row for row in rows if row["bsn"] and parents(row)}


def parents(row: Row) -> list[str]:
    """The BSNs of a person's stated parents."""
    return [row[column] for column in ("ouder1_bsn", "ouder2_bsn") if row[column]]


def address(row: Row) -> str | None:
    """Postcode and house number, None for who lives abroad."""
    return f"{row['postcode']}{row['huisnummer']}" if row["postcode"] and row["huisnummer"] else None


def mentions(folder: Path) -> Iterator[dict[str, Any]]:
    """Two records a child: from a school with its BSN and parents, from a team without."""
    for bsn, row in children(folder).items():
        day = row["geboortedatum"]
        about = {
            "born": f"{day[:4]}-{day[4:6]}-{day[6:]}" if "00" not in (day[4:6], day[6:]) else day[:4],
            "sex": {"M": "1", "V": "2"}.get(row["geslacht"], "0"),
            "surname": row["geslachtsnaam"],
            "first": row["voornamen"].split()[0] if row["voornamen"] else None,
            "address": address(row),
            "soort": "01",
        }
        yield mention(f"school-{bsn}", "kind", bsn=bsn, **about)
        yield mention(f"team-{bsn}", "kind", source="wijkteam", **about)
        for number, parent in enumerate(parents(row), 1):
            yield mention(
                f"school-{bsn}", f"ouder{number}", bsn=parent, child_address=address(row), relation="10"
            )


def gezinnen(folder: Path) -> dict[str, str]:
    """By child with an address its true gezin: children connected through a shared parent and address."""
    homed = {bsn: row for bsn, row in children(folder).items() if address(row)}
    graph = nx.Graph()
    for bsn, row in homed.items():
        graph.add_edges_from((bsn, (parent, address(row))) for parent in parents(row))
    return {
        bsn: min(str(node) for node in component)
        for component in nx.connected_components(graph)
        for bsn in component
        if bsn in homed
    }
