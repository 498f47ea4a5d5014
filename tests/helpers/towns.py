"""A town of a few families made by hand, with the records that sources keep of them; and what a Post writes of it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from helpers.samples import content
from integration.contracts import contract_ids
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects, SupplierRules
from integration.sample.deliveries import Post
from integration.sample.model import Address, Fact, Gezin, Person, Population, Record
from integration.storage import Zones

RULES = packaged(SupplierRules, "suppliers")


def family(number: int) -> tuple[Gezin, list[Person]]:
    """A child, a mother who uses her partner's name, and a father."""
    child = Person(
        3 * number, "Sanne", "van den", "Heuvel", date(2015, 2, 3), "2", True, bsn=f"{999900000 + number}"
    )
    mother = Person(3 * number + 1, "Marieke", "", "Bakker", date(1985, 7, 9), "2", False, bsn=f"{999800000 + number}",
                    married_name=("van den", "Heuvel"))  # fmt: skip
    father = Person(3 * number + 2, "Willem", "van den", "Heuvel", date(1983, 1, 20), "1", False,
                    bsn=f"{999700000 + number}")  # fmt: skip
    parents = [(mother, "10"), (father, "10")]
    return Gezin(number, "GM0321", "two_parents", [child], {child.id: parents}), [child, mother, father]


def record(gezin: Gezin, source: str, *days: date, deleted: date | None = None) -> Record:
    """A source's record of the child (of the police: of everyone), opened and changed on ``days``."""
    child = gezin.children[0]
    roles = [("patient" if source == "huisarts" else "kind", child, "")]
    if source != "huisarts":
        roles += [(f"ouder{n}", *parent) for n, parent in enumerate(gezin.guardians[child.id], 1)]
    name = f"{source[:2].upper()}-{gezin.id:05}"
    first = [Fact(days[0], "signaal_soort", "KINDCHECK"), Fact(days[0], "kindcheck_uitkomst", "VEILIG")]
    facts = [*first, *(Fact(day, "meldcode_datum", day) for day in days)]
    return Record(source, name, gezin, roles, facts, deleted)


def town(families: int) -> tuple[Population, list[Record]]:
    """So many families, each with records that open, change and end on days of their own."""
    people, records = Population("GM0321"), []
    for number in range(1, families + 1):
        gezin, persons = family(number)
        people.gezinnen.append(gezin)
        people.persons += persons
        for person in persons:
            people.settle(person, Address(f"399{number % 10}GH", number % 300 + 1, "A" if number % 3 else ""))
        early, late = (
            date(2024, 5, 1) + timedelta(days=number),
            date(2026, 1, 1) + timedelta(days=number % 31),
        )
        for source in contract_ids():
            again = [late] if number % 2 else []
            records.append(record(gezin, source, early, *again, deleted=late if number % 11 == 0 else None))
    return people, records


def written(home: Path, families: int, chunk: int, planned: Defects | None) -> tuple[dict, dict]:
    """The files that a Post writes of a town, given so many families at a time; and the rows of the truth."""
    people, records = town(families)
    post = Post(Zones(home), "GM0321", RULES, planned, 7)
    told: dict[str, list[tuple]] = {}
    for first in range(1, families + 1, chunk):
        some = range(first, min(first + chunk, families + 1))
        reported = {number for number in some if number % 5 == 0}
        tables = post.add([one for one in records if one.gezin.id in some], people, reported)
        for name, more in tables.items():
            told.setdefault(name, []).extend(more)
    for name, more in post.close().items():
        told.setdefault(name, []).extend(more)
    assert post.rows.total() == sum(row[6] for row in {row[0]: row for row in told["deliveries"]}.values())
    return content(home), {name: sorted(map(repr, rows_)) for name, rows_ in told.items()}
