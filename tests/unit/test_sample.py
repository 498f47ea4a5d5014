"""The synthetic sample: the same seed gives the same bytes, and the truth tells all that deliveries say."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

from integration.contracts import contract_ids, expected_periods, load_contract, load_supplier, supplier_codes
from integration.errors import DeclarationError, UsageError
from integration.names import DeliveryId, Period
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.bsn import LEADING_ZERO, passes_eleven_test
from integration.sample.bsn import test_numbers as numbers
from integration.sample.declare import Defects, Lives, PopulationRates, SupplierRules, packaged, read
from integration.sample.defects import MISTAKES, Spot
from integration.sample.lives import local_steps
from integration.sample.model import MARK, Person, stream
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


def truth(zones: Zones, name: str) -> list[dict]:
    return pq.read_table(zones.truth / f"{name}.parquet").to_pylist()


def manifests(zones: Zones) -> list[tuple[Path, dict]]:
    return [(path, json.loads(path.read_text())) for path in sorted(zones.inbox.glob("*/*.manifest.json"))]


def payload(path: Path, manifest: dict) -> Path:
    return path.parent / manifest["payload"]["file"]


def rows(zones: Zones, path: Path, manifest: dict) -> list[dict[str, str]]:
    """The rows of a delivery under the contract's names and codes, as texts."""
    supplier = load_supplier(zones, manifest["supplier"])
    ours = {header: name for name, header in supplier.contract.headers(supplier).items()}
    text = payload(path, manifest).read_bytes().decode(manifest["payload"]["encoding"])
    found = []
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True):
        plain = {ours[header]: value for header, value in row.items()}
        found.append({name: supplier.codes.get(name, {}).get(value, value) for name, value in plain.items()})
    return found


def content(home: Path) -> dict[str, tuple[str, int]]:
    """Every file's SHA-256 and modification time (of deliveries: the moment they arrived)."""
    return {
        str(path.relative_to(home)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            int(path.stat().st_mtime) if "inbox" in path.parts else 0,
        )
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


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


# -- deliveries ------------------------------------------------------------------------------------------------------


def test_every_expected_delivery_is_there_once_and_on_time(clean: Zones) -> None:
    found = {(m["supplier"], m["period"]): path for path, m in manifests(clean)}
    assert len(found) == 168 == len(manifests(clean))
    for code in supplier_codes(clean):
        supplier = load_supplier(clean, code)
        assert supplier.name.endswith("(fictief)")
        for period, due in expected_periods(supplier, date(2026, 2, 1)):
            arrived = date.fromtimestamp(found[code, period.text].stat().st_mtime)
            assert period.end < arrived <= due


def test_manifests_tell_what_the_files_are(clean: Zones) -> None:
    for path, manifest in manifests(clean):
        raw = payload(path, manifest).read_bytes()
        told = manifest["payload"]
        assert (told["bytes"], told["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
        lines = raw.decode(told["encoding"]).splitlines()
        assert lines[0] == ";".join(told["columns"])
        assert told["rows"] == len(rows(clean, path, manifest)) == len(lines) - 1
        assert manifest["nil_return"] == (told["rows"] == 0)
        assert manifest["mark"] == MARK
        contract = load_contract(manifest["source"])
        assert re.fullmatch(contract.file_pattern, told["file"])
        assert {row["levering_id"] for row in rows(clean, path, manifest)} <= {manifest["delivery_label"]}
        assert path.stat().st_mtime > payload(path, manifest).stat().st_mtime


def test_headers_are_those_agreed_and_nothing_prohibited_is_made(clean: Zones) -> None:
    for path, manifest in manifests(clean):
        supplier = load_supplier(clean, manifest["supplier"])
        assert manifest["payload"]["columns"] == list(supplier.contract.headers(supplier).values()), path.name
    prohibited = re.compile(r"nationalit|etnic|geboorteland|religie|godsdienst|taal|toelichting|opmerking")
    names = {name for _, manifest in manifests(clean) for name in manifest["payload"]["columns"]}
    columns = {column for path in clean.truth.glob("*.parquet") for column in pq.read_schema(path).names}
    assert [name for name in names | columns if prohibited.search(name.lower())] == []


def test_dialects_differ() -> None:
    rules = packaged(SupplierRules, "suppliers")
    assert set(rules.sources) == set(contract_ids())
    suppliers = {f"{source.prefix}{code[2:]}" for source in rules.sources.values() for code in local_codes()}
    assert set(rules.dialects) <= suppliers


def local_codes() -> list[str]:
    return ["GM0106", "GM0114", "GM0203", "GM0228", "GM0321", "GM0356"]


def test_rows_fit_the_contract(clean: Zones) -> None:
    """Without planted defects nothing in a row is refused: required fields, codes, patterns, dates."""
    for path, manifest in manifests(clean):
        supplier = load_supplier(clean, manifest["supplier"])
        for row in rows(clean, path, manifest):
            no_child = manifest["source"] in {"politie", "veilig_thuis"} and not row["kind_achternaam"]
            for field in supplier.contract:
                text = row[field.name]
                if not text:
                    assert not field.required or (no_child and field.about in {"kind", "huishouden"}), (
                        field.name
                    )
                elif field.type == "code":
                    assert text in field.codes, (field.name, text)
                elif field.type == "codes":
                    assert set(supplier.dialect.split_list(text)) <= set(field.codes)
                elif field.type == "integer":
                    assert text.isdigit()
                elif field.type == "string":
                    assert field.matches(text), (field.name, text)
                else:
                    days = supplier.dialect.split_list(text) if field.type == "dates" else [text]
                    zeros = field.name.endswith("geboortedatum")
                    assert all(supplier.dialect.parse_date(day) or (zeros and "00" in day) for day in days), (
                        text
                    )


def test_each_row_has_its_record_in_the_truth(demo: Zones) -> None:
    told = Counter((row["delivery_id"], row["row_number"]) for row in truth(demo, "records"))
    ids = set()
    for row in truth(demo, "deliveries"):
        key = DeliveryId.parse(row["delivery_id"])
        assert (row["period"], row["sequence"]) == (key.period.text, key.sequence)
        ids |= {(row["delivery_id"], number) for number in range(1, row["rows"] + 1)}
    assert set(told) == ids
    persons = {row["person_id"]: row for row in truth(demo, "persons")}
    number = {
        (row["delivery_id"], row["row_number"], row["role"]): row["person_id"]
        for row in truth(demo, "records")
    }
    planted = {(row["delivery_id"], row["row_number"], row["field"]) for row in truth(demo, "defects")}
    whole = {
        row["delivery_id"]
        for row in truth(demo, "deliveries")
        if row["defect"] in {"truncated", "wrong_delimiter"}
    }
    seen = 0
    for path, manifest in manifests(demo):
        key = delivery_id(manifest)
        if key in whole:
            continue
        for place, row in enumerate(rows(demo, path, manifest), 1):
            for role in ("kind", "patient", "ouder1", "ouder2"):
                if (key, place, role) not in number:
                    assert not row.get(f"{role}_achternaam")
                elif (key, place, f"{role}_bsn") not in planted:
                    assert row[f"{role}_bsn"] == persons[number[key, place, role]]["bsn"]
                    seen += 1
    assert seen > 500


def delivery_id(manifest: dict) -> str:
    parts = (manifest[key] for key in ("source", "supplier", "municipality", "period"))
    return f"{'.'.join(parts)}.{manifest['sequence']:04}"


def newest(zones: Zones) -> list[tuple[dict, str, int, dict[str, str]]]:
    """The newest version of each record that was not taken back: manifest, delivery, row number, row."""
    found: dict[tuple[str, str], tuple] = {}
    for path, manifest in manifests(zones):
        order = (Period.parse(manifest["period"]).end, manifest["sequence"])
        for place, row in enumerate(rows(zones, path, manifest), 1):
            key = (manifest["supplier"], row["record_id"])
            if key not in found or found[key][0] < order:
                found[key] = (order, manifest, place, row)
    return [
        (manifest, delivery_id(manifest), place, row)
        for _, manifest, place, row in found.values()
        if row["status_aanlevering"] != "3" and row.get("reden_wijziging") != "13"
    ]


def test_every_delivered_date_is_an_event_and_every_event_is_delivered(clean: Zones) -> None:
    """What an oracle needs: per gezin and source the dates in the newest rows are those of the true events."""
    gezin = {(row["delivery_id"], row["row_number"]): row["gezin_id"] for row in truth(clean, "records")}
    delivered = set()
    for manifest, key, place, row in newest(clean):
        supplier = load_supplier(clean, manifest["supplier"])
        for field in supplier.contract:
            if (
                field.role == "attribute"
                and field.type in {"date", "dates"}
                and field.name != "vertrek_datum"
            ):
                texts = (
                    supplier.dialect.split_list(row[field.name])
                    if field.type == "dates"
                    else [row[field.name]]
                )
                days = {supplier.dialect.parse_date(text) for text in texts if text}
                delivered |= {(gezin[key, place], manifest["source"], day) for day in days}
    true = {(row["gezin_id"], row["source"], row["date"]) for row in truth(clean, "events") if row["source"]}
    assert true == delivered


def test_statuses_and_mistakes_taken_back(region: Zones) -> None:
    statuses: Counter[tuple[bool, str]] = Counter()
    never_sent = 0
    for path, manifest in manifests(region):
        for row in rows(region, path, manifest):
            statuses[manifest["period"].startswith("stand"), row["status_aanlevering"]] += 1
            never_sent += row.get("reden_wijziging") == "13"
    assert {status for stock, status in statuses if stock} == {"1"}
    assert {status for stock, status in statuses if not stock} == {"1", "2", "3", "9"}
    assert statuses[False, "2"] > statuses[False, "1"] > statuses[False, "9"] > statuses[False, "3"]
    assert never_sent


def test_families_who_left_say_so_and_do_nothing_after(clean: Zones) -> None:
    left = {row["gezin_id"]: row["vertrek_datum"] for row in truth(clean, "persons") if row["vertrek_datum"]}
    assert left
    for row in truth(clean, "events"):
        assert row["gezin_id"] not in left or row["date"] <= left[row["gezin_id"]]


# -- defects ---------------------------------------------------------------------------------------------------------


def test_nothing_is_planted_without_defects(clean: Zones) -> None:
    assert truth(clean, "defects") == []
    assert {row["defect"] for row in truth(clean, "deliveries")} == {None}


def test_planted_deliveries_are_what_the_truth_says(demo: Zones) -> None:
    planted = {row["defect"]: row for row in truth(demo, "deliveries") if row["defect"]}
    assert set(planted) == {"truncated", "other_municipality", "sent_twice", "wrong_delimiter", "late"}
    files = {(row["supplier"], row["file"]): row["defect"] for row in truth(demo, "deliveries")}
    by_defect = {files[m["supplier"], m["payload"]["file"]]: (path, m) for path, m in manifests(demo)}
    path, manifest = by_defect["truncated"]
    assert len(payload(path, manifest).read_bytes()) < manifest["payload"]["bytes"]
    path, manifest = by_defect["other_municipality"]
    assert {row["gemeente_code"] for row in rows(demo, path, manifest)} == {"GM0321"}
    path, manifest = by_defect["wrong_delimiter"]
    assert payload(path, manifest).read_bytes().count(b",") > manifest["payload"]["rows"] * 20
    twice = [row for row in truth(demo, "deliveries") if row["defect"] == "sent_twice"]
    assert len(twice) == 2
    raw = [(demo.inbox / row["supplier"] / row["file"]).read_bytes() for row in twice]
    assert raw[0] == raw[1]
    late = planted["late"]
    manifest_file = demo.inbox / late["supplier"] / f"{late['file']}.manifest.json"
    assert date.fromtimestamp(manifest_file.stat().st_mtime) == late["due_date"] + timedelta(days=2)


def test_every_planted_row_defect_shows(demo: Zones) -> None:
    placed = {(delivery_id(m), place): row for path, m in manifests(demo) if readable(demo, m)
              for place, row in enumerate(rows(demo, path, m), 1)}  # fmt: skip
    persons = {row["person_id"]: row for row in truth(demo, "persons")}
    who = {
        (row["delivery_id"], row["row_number"], row["role"]): row["person_id"]
        for row in truth(demo, "records")
    }
    kinds = Counter()
    for defect in truth(demo, "defects"):
        key = (defect["delivery_id"], defect["row_number"])
        if key not in placed:
            continue
        kinds[defect["defect"]] += 1
        text = placed[key][defect["field"]]
        if defect["field"].endswith("_bsn"):
            role = defect["field"].removesuffix("_bsn")
            assert text != persons[who[(*key, role)]]["bsn"]
            assert not text or not passes_eleven_test(text)
        if defect["defect"] in {"bsn_missing", "required_empty", "addition_missing"}:
            assert text == ""
    assert kinds["bsn_missing"]
    assert kinds["first_name_variant"]


def readable(zones: Zones, manifest: dict) -> bool:
    whole = {row["delivery_id"]: row["defect"] for row in truth(zones, "deliveries")}
    return whole[delivery_id(manifest)] not in {"truncated", "wrong_delimiter"}


def test_a_record_keeps_its_mistake() -> None:
    person = Person(1, "Luuk", "van den", "Berg", date(2015, 2, 3), "1", True, bsn="010082426")
    for name, mistake in MISTAKES.items():
        made = []
        for _ in range(2):
            row = {"kind_bsn": person.bsn, "kind_voornaam": "Luuk", "kind_tussenvoegsel": "van den",
                   "kind_achternaam": "Heuvel", "huisnummer": 3, "huisnummer_toevoeging": "A"}  # fmt: skip
            made.append((mistake(Spot(stream(name), row, "kind", person)), row))
        assert made[0] == made[1], name
        if made[0][0]:
            assert made[0][1][made[0][0]] != {"kind_achternaam": "Heuvel"}.get(made[0][0], person.bsn), name


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
    known = set(packaged(Defects, "defects").rows)
    assert known == {*MISTAKES, "code_unknown", "required_empty"}


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
