"""How suppliers of the sample write: on time, in their own dialect, and the same whatever the chunks were."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from helpers.samples import SMALL, delivery_id, manifests, newest, payload, readable, rows, truth
from helpers.towns import record, town, written
from integration.contracts import contract_ids, expected_periods, load_contract, load_supplier, supplier_codes
from integration.names import DeliveryId, Period
from integration.sample import generate
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects, SupplierRules
from integration.sample.deliveries import Post
from integration.sample.model import MARK
from integration.sample.naming import municipalities
from integration.sample.suppliers import senders
from integration.storage import Zones

RULES = packaged(SupplierRules, "suppliers")
HALF_YEARLY = {"JH0106", "JH0114"}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "clean"
    generate(home, **SMALL, defects="none")
    return Zones(home)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "demo"
    generate(home, **SMALL)
    return Zones(home)


# -- a town made by hand -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planned", [None, packaged(Defects, "defects")], ids=["none", "demo"])
def test_the_same_bytes_whatever_the_chunks_were(tmp_path: Path, planned: Defects | None) -> None:
    whole = written(tmp_path / "whole", 60, 60, planned)
    for chunk in (1, 7):
        assert written(tmp_path / f"chunks of {chunk}", 60, chunk, planned) == whole
    assert len(whole[1]["records"]) > 500


def test_what_a_period_holds(tmp_path: Path) -> None:
    """One record each: opened long ago; opened, changed and taken back in the last month."""
    people, _ = town(4)
    old, new, changed, gone = (
        record(gezin, "kinderopvang", *days, deleted=deleted)
        for gezin, days, deleted in zip(
            people.gezinnen,
            (
                [date(2025, 3, 1)],
                [date(2026, 1, 9)],
                [date(2025, 3, 1), date(2026, 1, 9)],
                [date(2025, 3, 1)],
            ),
            (None, None, None, date(2026, 1, 9)),
            strict=True,
        )
    )
    post = Post(Zones(tmp_path), "GM0321", RULES, None, 7)
    told = post.add([old, new, changed, gone], people, set())["records"]
    post.close()
    assert sorted({(row[0].split(".")[3], row[2], row[6]) for row in told}) == [
        ("2026-01", "KI-00002", "1"),
        ("2026-01", "KI-00003", "2"),
        ("2026-01", "KI-00004", "3"),
        ("stand-2025-10-31", "KI-00001", "1"),
        ("stand-2025-10-31", "KI-00003", "1"),
        ("stand-2025-10-31", "KI-00004", "1"),
    ]


def test_a_supplier_without_rows_says_so(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    Post(zones, "GM0321", RULES, packaged(Defects, "defects"), 7).close()
    found = manifests(zones)
    assert len(found) == 28
    for path, manifest in found:
        assert (manifest["nil_return"], manifest["payload"]["rows"]) == (True, 0)
        assert payload(path, manifest).read_bytes().count(b"\n") == 1


# -- when ------------------------------------------------------------------------------------------------------------


def test_every_expected_delivery_is_there_once_and_on_time(clean: Zones) -> None:
    found = {(m["supplier"], m["period"]): path for path, m in manifests(clean)}
    expected = 0
    for code in supplier_codes(clean):
        supplier = load_supplier(clean, code)
        assert supplier.name.endswith("(fictief)")
        for period, due in expected_periods(supplier, date(2026, 2, 1)):
            arrived = date.fromtimestamp(found[code, period.text].stat().st_mtime)
            assert period.end < arrived <= due
            expected += 1
    assert len(found) == expected == len(manifests(clean)) == 164


@pytest.mark.parametrize(
    ("code", "frequency", "periods"),
    [
        ("WT0228", "weekly", ["stand-2026-01-11", "2026-W03", "2026-W04", "2026-W05"]),
        ("JH0228", "monthly", ["stand-2025-10-31", "2025-11", "2025-12", "2026-01"]),
        ("JH0106", "half-yearly", ["stand-2025-06-30", "2025-H2"]),
        ("JH0114", "half-yearly", ["stand-2025-06-30", "2025-H2"]),
    ],
)
def test_each_supplier_delivers_as_agreed(
    clean: Zones, code: str, frequency: str, periods: list[str]
) -> None:
    supplier = load_supplier(clean, code)
    assert supplier.calendar.frequency == frequency
    assert [period.text for period, _ in expected_periods(supplier, date(2026, 2, 1))] == periods
    assert {m["period"] for _, m in manifests(clean) if m["supplier"] == code} == set(periods)


def test_overrides_are_of_suppliers_that_exist() -> None:
    assert set(RULES.sources) == set(contract_ids())
    codes = {sender.code for place in municipalities() for sender in senders(RULES, place.code)}
    assert set(RULES.dialects) <= codes
    assert set(RULES.calendars) == HALF_YEARLY <= codes


# -- what ------------------------------------------------------------------------------------------------------------


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


def test_rows_fit_the_contract(clean: Zones) -> None:
    """Without planted defects nothing in a row is refused: required fields, codes, patterns, dates."""
    for path, manifest in manifests(clean):
        supplier = load_supplier(clean, manifest["supplier"])
        for row in rows(clean, path, manifest):
            no_child = manifest["source"] in {"politie", "veilig_thuis"} and not row["kind_achternaam"]
            for field in supplier.contract:
                text = row[field.name]
                if not text:
                    missing = field.required and not (no_child and field.about in {"kind", "huishouden"})
                    assert not missing, field.name
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
                    unknown = zeros and re.search(r"\b0\b|00", text)
                    assert unknown or all(map(supplier.dialect.parse_date, days)), text


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
    seen = 0
    for path, manifest in readable(demo):
        key = delivery_id(manifest)
        for place, row in enumerate(rows(demo, path, manifest), 1):
            for role in ("kind", "patient", "ouder1", "ouder2"):
                if (key, place, role) not in number:
                    assert not row.get(f"{role}_achternaam")
                elif (key, place, f"{role}_bsn") not in planted:
                    assert row[f"{role}_bsn"] == persons[number[key, place, role]]["bsn"]
                    seen += 1
    assert seen > 500


def delivered_until(zones: Zones) -> dict[str, date]:
    """Up to which day each supplier delivered."""
    found: dict[str, date] = {}
    for _, manifest in manifests(zones):
        end = Period.parse(manifest["period"]).end
        found[manifest["supplier"]] = max(end, found.get(manifest["supplier"], end))
    return found


def test_every_delivered_date_is_an_event_and_every_event_is_delivered(clean: Zones) -> None:
    """What an oracle needs: per gezin and source the dates in the newest rows are those of the true events.

    An event after the end of a supplier's last period is not delivered yet; a request is only told with its answer.
    """
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
                several = field.type == "dates"
                texts = supplier.dialect.split_list(row[field.name]) if several else [row[field.name]]
                days = {supplier.dialect.parse_date(text) for text in texts if text}
                delivered |= {(gezin[key, place], manifest["source"], day) for day in days}
    until = delivered_until(clean)
    events = [row for row in truth(clean, "events") if row["source"]]
    answered = {
        row["case_id"]: row["date"] for row in events if row["kind"] in {"care_assignment", "care_refusal"}
    }
    known = [row for row in events if row["date"] <= until[row["supplier"]]]
    shown = [
        row
        for row in known
        if row["kind"] != "care_request" or answered[row["case_id"]] <= until[row["supplier"]]
    ]
    assert delivered <= {(row["gezin_id"], row["source"], row["date"]) for row in known}
    assert {(row["gezin_id"], row["source"], row["date"]) for row in shown} <= delivered


def test_statuses_and_mistakes_taken_back(clean: Zones) -> None:
    statuses: Counter[tuple[bool, str]] = Counter()
    never_sent = 0
    for path, manifest in manifests(clean):
        for row in rows(clean, path, manifest):
            statuses[manifest["period"].startswith("stand"), row["status_aanlevering"]] += 1
            never_sent += row.get("reden_wijziging") == "13"
    assert {status for stock, status in statuses if stock} == {"1"}
    assert {status for stock, status in statuses if not stock} == {"1", "2", "3", "9"}
    assert statuses[False, "2"] > statuses[False, "1"] > statuses[False, "9"] > statuses[False, "3"]
    assert never_sent
