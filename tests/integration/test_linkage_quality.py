"""How well persons and families are found: on the sample with its planted defects, and on RvIG's fictitious persons.

The floors are what was measured (docs/explanation/linkage.md) less a little; a rule that makes linkage worse fails.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.evaluation import families_quality, pairwise, persons_quality
from helpers.installation import Installation
from helpers.linkage import FAMILY_KEY, OUTPUT_KEY, Families, domain_file
from helpers.testset import children, gezinnen, mentions, parents, read
from integration import inputs, warehouse
from integration.ledger import Ledger
from integration.linkage import build_families, link_persons
from integration.names import DomainCode


@pytest.mark.parametrize("domain", ["GM0106", "GM0114", "GM0203", "GM0228", "GM0321", "GM0356"])
def test_persons_and_families_of_the_sample_are_found(demo_run: Installation, domain: str) -> None:
    code, settings = DomainCode(domain), demo_run.settings
    gathered = inputs.gather(code, settings, Ledger(settings.ledger()))
    with warehouse.connect(None, settings) as con:
        inputs.load_inputs(con, gathered, demo_run.zones)
        linked = link_persons(con, code, OUTPUT_KEY)
        built = build_families(con, code, FAMILY_KEY, gathered.run_date)
        persons, families = (
            persons_quality(con, demo_run.zones.truth),
            families_quality(con, demo_run.zones.truth),
        )
    assert persons.precision >= 0.999
    assert persons.recall >= 0.98
    assert families.precision >= 0.99
    assert families.recall >= 0.95
    assert built.children <= linked.persons
    assert linked.mentions == sum(linked.by_rule.values())


@pytest.fixture(scope="module")
def testset(shared_data: Path) -> Path:
    folder = shared_data / "brp-rvig-testset"
    if not folder.is_dir():
        pytest.skip("brp-rvig-testset is absent")
    return folder


@pytest.fixture(scope="module")
def register(testset: Path) -> Families:
    return Families(domain_file(list(mentions(testset))))


def test_persons_of_the_register_are_found_without_their_bsn(register: Families) -> None:
    found = pairwise((record.split("-")[1], person) for (_, record, role), person in register.linked.persons.items()
                     if role == "kind")  # fmt: skip
    assert found.precision >= 0.99
    assert found.recall >= 0.9


def test_gezinnen_of_the_register_are_those_of_its_stated_relations(
    register: Families, testset: Path
) -> None:
    truth = gezinnen(testset)
    put = {name: gezin for gezin, names in register.members("kind").items() for name in names}
    found = pairwise((true, put[bsn]) for bsn, true in truth.items())
    assert found.precision >= 0.99
    assert found.recall >= 0.99


def test_every_stated_parent_is_an_edge(register: Families, testset: Path) -> None:
    known = children(testset)
    stated = {
        (row["bsn_b"], row["bsn_a"])
        for row in read(testset, "derived_edges.csv")
        if row["relation"] == "parent"
    }
    rows = register.con.execute(
        "select from_id, to_id from link.edge where edge = 'child_guardian' and used"
    ).fetchall()
    edges = {(register.names[child], register.names[adult]) for child, adult in rows}
    assert edges == {(child, adult) for child, row in known.items() for adult in parents(row)}
    assert {
        (child, adult) for child, adult in stated if child in known and adult in parents(known[child])
    } <= edges
