"""A sample of an existing population: its persons stay exactly as they are."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from helpers.samples import manifests, rows, truth
from integration.contracts import load_contract
from integration.errors import UsageError
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.testset import COLUMNS
from integration.storage import Zones

POPULATION = (
    ",".join(COLUMNS)
    + """
1,999990019,Anna Maria,van,Dôrp,19700000,V,6711GH,1,0228,999990020,
2,999990032,Thijs,,Šimić,19950200,M,6711GH,1,0228,999990019,999990044
3,999990056,Roos,,Šimić,20150306,V,6711GH,1,0228,999990019,999990044
4,999990044,Jan,,Bakker,00000000,M,,,1999,,
5,999990068,Weg,,Bakker,20100101,M,,,1999,999990044,
6,999990081,Ver,,Smit,20120101,O,3011GH,5,0599,999990093,
"""
)


def test_an_existing_population_keeps_its_identities(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(POPULATION, encoding="utf-8")
    generate(tmp_path / "home", population=tmp_path / "people.csv", defects="demo")
    zones = Zones(tmp_path / "home")
    persons = {row["bsn"]: row for row in truth(zones, "persons")}
    assert len(persons) == 8, "two parents are known by number only"
    assert (persons["999990032"]["achternaam"], persons["999990032"]["geboortedatum_gebruik"]) == (
        "Šimić",
        "1",
    )
    assert persons["999990044"]["geboortedatum"] is None
    assert (
        persons["999990032"]["gezin_id"]
        == persons["999990056"]["gezin_id"]
        != persons["999990019"]["gezin_id"]
    )
    assert persons["999990068"]["gezin_id"] is None, "no address: in no delivery"
    assert persons["999990081"]["geslacht"] == "0"
    assert {persons[number]["municipality"] for number in ("999990019", "999990032", "999990068")} == {
        "GM0228"
    }
    written = [row for path, manifest in manifests(zones) for row in rows(zones, path, manifest)]
    assert {row["kind_achternaam"] for row in written if row.get("kind_achternaam")} <= {
        "Dôrp",
        "Šimić",
        "Smit",
    }
    births = {row["kind_geboortedatum"] for row in written if row.get("kind_bsn") == "999990032"}
    assert all(re.search(r"\b00\b|02-0-|0-2-|19950200", text) for text in births)


def test_a_population_without_the_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("bsn,naam\n1,x\n")
    with pytest.raises(UsageError, match=r"INPUT_INVALID.*pl_id") as refused:
        generate(tmp_path / "home", population=tmp_path / "people.csv")
    assert refused.value.reason == Reason.INPUT_INVALID
    assert not (tmp_path / "home").exists()


HEADER, CHILD = ",".join(COLUMNS), "2,999990032,Thijs,,Smit,20150200,M,6711GH,1,0228,999990019,"


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "there is nobody in it"),
        ([CHILD, "3,999990056,Roos,,Smit,20150306,V,6711GH"], "not as many cells.*row 2"),
        ([CHILD + ",surplus"], "not as many cells.*row 1"),
        ([CHILD.replace(",1,0228", ",²,0228")], "from 1 to 99999.*row 1, field huisnummer"),
        ([CHILD.replace(",1,0228", ",0,0228")], "from 1 to 99999.*row 1, field huisnummer"),
        ([CHILD.replace(",1,0228", ",1a,0228")], "from 1 to 99999.*row 1, field huisnummer"),
        ([CHILD, CHILD.replace("999990019", "999990032")], "parent of themselves.*row 2, field ouder1_bsn"),
        ([CHILD + "999990019"], "two persons.*row 1, field ouder2_bsn"),
        ([CHILD.replace("999990019", "")], "nobody in it has a surname, an address and a stated parent"),
        ([CHILD.replace("6711GH", "")], "nobody in it has a surname, an address and a stated parent"),
    ],
)
def test_a_population_that_cannot_be_is_refused_with_its_row(
    tmp_path: Path, rows: list[str], says: str
) -> None:
    (tmp_path / "people.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    with pytest.raises(UsageError, match=says) as refused:
        generate(tmp_path / "home", population=tmp_path / "people.csv")
    assert refused.value.reason == Reason.INPUT_INVALID
    assert refused.value.file == "people.csv"
    assert not any(value in str(refused.value) for value in ("99999003", "²", "Smit", "1a"))
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_birth_date_in_other_digits_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        f"{HEADER}\n{CHILD.replace('20150200', '201502²²')}\n", encoding="utf-8"
    )
    generate(tmp_path / "home", population=tmp_path / "people.csv")
    child = next(row for row in truth(Zones(tmp_path / "home"), "persons") if row["bsn"] == "999990032")
    assert (child["geboortedatum"], child["geboortedatum_gebruik"]) == (None, "3")


def test_the_register_test_set(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "brp-rvig-testset/derived_persons_families.csv"
    result = generate(tmp_path / "home", population=path)
    zones = Zones(tmp_path / "home")
    with path.open(encoding="utf-8") as handle:
        stated = {(row["bsn"], row["geslachtsnaam"]) for row in csv.DictReader(handle)}
    persons = truth(zones, "persons")
    assert {(row["bsn"], row["achternaam"]) for row in persons} >= stated
    assert result.counts["gezinnen with events"] > 150
    assert result.counts["planted defects"] == 0
    for manifest_path, manifest in manifests(zones):
        contract = load_contract(manifest["source"])
        for row in rows(zones, manifest_path, manifest):
            no_child = manifest["source"] == "politie" and not row["kind_achternaam"]
            missing = [field.name for field in contract if field.required and not row[field.name]]
            assert no_child or missing == []
