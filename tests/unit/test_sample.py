"""The synthetic sample: the same seed gives the same bytes, and the truth tells all that deliveries say."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest
import yaml

from helpers.samples import content, manifests, rows, truth
from integration.contracts import contract_ids, load_contract
from integration.errors import DeclarationError, UsageError
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.bsn import LEADING_ZERO, passes_eleven_test
from integration.sample.bsn import test_numbers as numbers
from integration.sample.declare import Lives, PopulationRates, packaged, read
from integration.sample.lives import local_steps
from integration.sample.model import stream
from integration.sample.records import Forms
from integration.sample.testset import COLUMNS
from integration.settings import forget_settings, get_settings
from integration.storage import Zones

CHILDREN = 240


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "clean"
    generate(home, children=CHILDREN, defects="none")
    return Zones(home)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "demo"
    generate(home, children=CHILDREN, defects="demo")
    return Zones(home)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    """The sample at its usual size."""
    home = tmp_path_factory.mktemp("sample") / "region"
    generate(home, defects="none")
    return Zones(home)


# -- the same seed, the same bytes -----------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes_in_another_process(demo: Zones, tmp_path: Path) -> None:
    """Also where Python orders sets and dictionaries of texts by other hashes."""
    code = (
        f"from integration.sample import generate; generate({str(tmp_path / 'again')!r}, children={CHILDREN})"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert content(tmp_path / "again") == content(demo.home)


def test_another_seed_gives_other_persons(demo: Zones, tmp_path: Path) -> None:
    generate(tmp_path / "other", children=CHILDREN, seed=7)
    ours, theirs = (
        [row["voornaam"] for row in truth(zones, "persons")] for zones in (demo, Zones(tmp_path / "other"))
    )
    assert ours != theirs


def test_what_is_there_already_is_left_alone(demo: Zones) -> None:
    before = content(demo.home)
    result = generate(demo, children=CHILDREN)
    assert result.existing
    assert result.counts == json.loads((demo.home / "sample.json").read_text())["counts"]
    assert content(demo.home) == before


@pytest.mark.parametrize("options", [{"seed": 1}, {"children": 9}, {"defects": "none"}])
def test_another_sample_in_the_folder_is_refused(demo: Zones, options: dict) -> None:
    with pytest.raises(UsageError) as refused:
        generate(demo, **{"children": CHILDREN, **options})
    assert refused.value.reason == Reason.FOLDER_NOT_EMPTY


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "home/inbox/WT0321").mkdir(parents=True)
    (tmp_path / "home/inbox/WT0321/own.csv").write_text("x")
    with pytest.raises(UsageError, match="FOLDER_NOT_EMPTY"):
        generate(tmp_path / "home", children=9)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["own.csv"]


def test_keys_and_ledger_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "home/keys").mkdir(parents=True)
    (tmp_path / "home/keys/keyring.json").write_text("{}")
    (tmp_path / "home/inbox").mkdir()
    generate(tmp_path / "home", children=9)
    assert (tmp_path / "home/keys/keyring.json").read_text() == "{}"
    assert (tmp_path / "home/sample.json").is_file()


@pytest.mark.parametrize(
    "options", [{"children": 0}, {"children": 10**9}, {"defects": "some"}, {"population": Path("no")}]
)
def test_options_that_cannot_be_are_refused(tmp_path: Path, options: dict) -> None:
    with pytest.raises(UsageError) as refused:
        generate(tmp_path / "home", **options)
    assert refused.value.reason == Reason.INPUT_INVALID
    assert list(tmp_path.iterdir()) == []


def test_a_failure_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(self: object, folder: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("integration.sample.truth.Truth.write", break_down)
    with pytest.raises(OSError, match="disk full"):
        generate(tmp_path / "home", children=9)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_settings_read_what_the_sample_wrote(clean: Zones) -> None:
    forget_settings()
    settings = get_settings(clean.home)
    assert settings.synthetic
    assert settings.today() == date(2026, 2, 16)


# -- people ----------------------------------------------------------------------------------------------------------


def test_numbers_pass_the_eleven_test_and_are_unique(clean: Zones, demo: Zones) -> None:
    for zones in (clean, demo):
        found = [row["bsn"] for row in truth(zones, "persons")]
        assert all(map(passes_eleven_test, found))
        assert len(set(found)) == len(found)
        assert all(number.startswith("9999") or number in LEADING_ZERO for number in found)


def test_a_large_sample_goes_on_with_numbers_that_are_not_issued() -> None:
    several = [number for number, _ in zip(numbers(stream(1)), range(9_500), strict=False)]
    assert len(set(several)) == 9_500
    assert all(map(passes_eleven_test, several))
    assert {number[0] for number in several} == {"9"}
    assert sum(number.startswith("9999") for number in several) < 9_500


@pytest.mark.parametrize(
    ("number", "valid"),
    [("999999990", True), ("123456782", True), ("999999999", False), ("000000000", False), ("123456789", False),
     ("12345678", False)],
)  # fmt: skip
def test_eleven_test(number: str, valid: bool) -> None:
    assert passes_eleven_test(number) is valid


def test_children_are_spread_over_the_municipalities(clean: Zones) -> None:
    children = Counter(row["municipality"] for row in truth(clean, "persons") if row["is_child"])
    assert set(children) == {"GM0106", "GM0114", "GM0203", "GM0228", "GM0321", "GM0356"}
    assert abs(children.total() - CHILDREN) < 20
    assert children["GM0228"] > children["GM0114"] > children["GM0321"]


def test_each_child_is_in_one_gezin_with_a_guardian(clean: Zones) -> None:
    of: dict[int, list[int]] = defaultdict(list)
    guardians = Counter(row["gezin_id"] for row in truth(clean, "memberships") if row["role"] == "guardian")
    for row in truth(clean, "memberships"):
        if row["role"] == "child":
            of[row["person_id"]].append(row["gezin_id"])
    children = {row["person_id"]: row["gezin_id"] for row in truth(clean, "persons") if row["is_child"]}
    assert {child: [gezin] for child, gezin in children.items()} == dict(of)
    assert all(guardians[gezin] for gezin in children.values())


def test_every_kind_of_household_occurs(region: Zones) -> None:
    zones = region
    addresses, persons = truth(zones, "addresses"), truth(zones, "persons")
    assert {row["kind"] for row in addresses} == {"main", "second", "placement", "shelter"}
    of = Counter(row["person_id"] for row in truth(zones, "memberships") if row["role"] == "guardian")
    assert max(of.values()) == 2, "a parent with a new family is in two gezinnen"
    assert any(row["secret"] for row in persons)
    assert any(row["vertrek_datum"] for row in persons)
    assert {row["geboortedatum_gebruik"] for row in persons} == {None, "1", "2"}
    same = Counter((row["gezin_id"], row["geboortedatum"]) for row in persons if row["is_child"])
    assert max(same.values()) >= 2, "twins"
    doors = Counter((row["postcode"], row["huisnummer"]) for row in addresses)
    assert max(doors.values()) > 20, "a flat building"
    reported = {row["gezin_id"] for row in truth(zones, "events") if row["kind"] == "report"}
    active = {row["gezin_id"] for row in truth(zones, "events")}
    families = {row["gezin_id"] for row in persons if row["gezin_id"]}
    assert 0.45 < len(active) / len(families) < 0.62
    assert 0.32 < len(reported) / len(families) < 0.42
    handed = Counter(
        (row["municipality"], row["date"].year) for row in truth(zones, "events") if row["kind"] == "handover"
    )
    assert all(handed[place, year] >= 10 for place in ("GM0228", "GM0114") for year in (2024, 2025))


# -- lives -----------------------------------------------------------------------------------------------------------


def test_families_who_left_say_so_and_do_nothing_after(clean: Zones) -> None:
    left = {row["gezin_id"]: row["vertrek_datum"] for row in truth(clean, "persons") if row["vertrek_datum"]}
    assert left
    for row in truth(clean, "events"):
        assert row["gezin_id"] not in left or row["date"] <= left[row["gezin_id"]]


# -- declarations ----------------------------------------------------------------------------------------------------


def test_declared_codes_are_in_the_contracts(clean: Zones) -> None:
    """Everything lives.yml can draw for a column with a code list is in that list, and every column exists."""
    lives, forms = packaged(Lives, "lives"), packaged(Forms, "records")
    assert set(forms.sources) == set(contract_ids())
    for place in [*lives.municipalities, "GM0000"]:
        for step in local_steps(lives, place).values():
            if step.event is None:
                continue
            contract, columns = load_contract(step.source), forms.sources[step.source].events[step.event]
            for column, what in columns.items():
                name = column.format(number=1)
                drawn = step.values.get(what)
                values = list(drawn) if isinstance(drawn, dict) else [drawn] if isinstance(drawn, str) else []
                codes = contract.field(name).codes
                assert codes is None or {v for v in values if not v.startswith("?")} <= set(codes), (
                    step,
                    column,
                )


def test_every_event_and_edge_value_is_used() -> None:
    lives = packaged(Lives, "lives")
    reachable, todo = set(), list(lives.starts)
    while todo:
        name = todo.pop()
        if name not in reachable:
            reachable.add(name)
            todo += [edge.to for edge in (*lives.steps[name].then, *lives.steps[name].choose)]
    assert reachable == set(lives.steps)


LIVES = yaml.safe_load((Path(__file__).parents[2] / "src/integration/sample/lives.yml").read_text())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"need": 1.2}, "need"),
        ({"starts": {"nothing": 1}}, "unknown step: nothing"),
        ({"end": date(2020, 1, 1)}, "start must lie before end"),
        ({"municipalities": {"GM9999": {"theme": "x", "shows_in": [], "change": []}}}, "unknown municipality: GM9999"),
        ({"steps": {**LIVES["steps"], "feedback": {"then": [{"to": "feedback", "days": [9, 3, 1]}]}}},
         "days must be"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_lives_that_cannot_be_are_refused(tmp_path: Path, change: dict, says: str) -> None:
    path = tmp_path / "lives.yml"
    path.write_text(yaml.safe_dump({**LIVES, **change}))
    with pytest.raises(DeclarationError, match=says) as refused:
        read(Lives, path)
    assert refused.value.reason == Reason.LIVES_INVALID


def test_declarations_load() -> None:
    packaged(PopulationRates, "population")


# -- an existing population ------------------------------------------------------------------------------------------


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
