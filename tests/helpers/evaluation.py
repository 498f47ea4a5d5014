"""How well persons and families were found, against a sample's truth.

Pairwise: of all pairs that linkage puts together the share that belongs together (precision), and of all pairs that
belong together the share that linkage found (recall).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Quality:
    """Pairwise precision, recall and their harmonic mean, with the number of items and of true pairs behind them."""

    precision: float
    recall: float
    f1: float
    items: int
    pairs: int

    def __str__(self) -> str:
        return f"P {self.precision:.4f} R {self.recall:.4f} F1 {self.f1:.4f} ({self.items} items, {self.pairs} pairs)"


def pairwise(items: Iterable[tuple[Hashable, Hashable]]) -> Quality:
    """Compare two groupings of the same items, given each item's (true group, found group)."""
    both = Counter(items)
    true, found = Counter[Hashable](), Counter[Hashable]()
    for (truth, group), times in both.items():
        true[truth] += times
        found[group] += times
    right, truly, claimed = (sum(n * (n - 1) // 2 for n in counts.values()) for counts in (both, true, found))
    precision, recall = (right / claimed if claimed else 1.0), (right / truly if truly else 1.0)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Quality(precision, recall, f1, both.total(), truly)


def persons_items(con: duckdb.DuckDBPyConnection, truth: Path) -> list[tuple[Hashable, Hashable]]:
    """Each mention's true and found person, in a domain's building file, against ``truth/records.parquet``."""
    return con.execute(
        "select t.person_id, m.person_id from link.mention_person as m "
        "join read_parquet(?) as t using (delivery_id, row_number, role)",
        [str(truth / "records.parquet")],
    ).fetchall()


def families_items(con: duckdb.DuckDBPyConnection, truth: Path) -> list[tuple[Hashable, Hashable]]:
    """Each child's true and found gezin. A child that linkage took for two persons counts as two members of its gezin,
    so a wrong person costs here too."""
    rows = con.execute(
        "select distinct t.gezin_id, t.person_id, g.person_id, g.gezin_id from link.mention_person as m "
        "join read_parquet(?) as t using (delivery_id, row_number, role) "
        "join read_parquet(?) as p on p.person_id = t.person_id and p.is_child "
        "join link.gezin_member as g on g.person_id = m.person_id and g.role = 'kind' "
        "where m.role in ('kind', 'patient')",
        [str(truth / "records.parquet"), str(truth / "persons.parquet")],
    ).fetchall()
    return [(gezin, found) for gezin, _, _, found in rows]


def persons_quality(con: duckdb.DuckDBPyConnection, truth: Path) -> Quality:
    """How well mentions are grouped into persons."""
    return pairwise(persons_items(con, truth))


def families_quality(con: duckdb.DuckDBPyConnection, truth: Path) -> Quality:
    """How well children are grouped into gezinnen."""
    return pairwise(families_items(con, truth))
