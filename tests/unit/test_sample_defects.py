"""What is planted in the sample: in its files as declared, at its rate, and told in the truth."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers.samples import SMALL, delivery_id, manifests, near, payload, readable, rows, truth
from helpers.towns import written
from integration.contracts import load_contract, load_supplier
from integration.errors import DeclarationError
from integration.names import Period
from integration.sample import generate
from integration.sample.bsn import passes_eleven_test
from integration.sample.declare import packaged, read
from integration.sample.declare_deliveries import Defects, DeliveryDefect, SupplierRules
from integration.sample.defects import COLUMN_CONSTANT, DOUBLE, TWICE
from integration.sample.mistakes import KIND, MISTAKES
from integration.sample.suppliers import senders
from integration.storage import Zones

DECLARED = packaged(Defects, "defects")
ABOUT_ROWS = {TWICE, DOUBLE}
ABOUT_CASES = {"code_unknown", "required_empty"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    home = tmp_path_factory.mktemp("sample") / "demo"
    generate(home, **SMALL)
    return Zones(home)


def test_every_mistake_has_a_rate_and_every_rate_a_mistake() -> None:
    assert set(DECLARED.rows) == {*MISTAKES, *ABOUT_CASES, *ABOUT_ROWS}
    assert set(KIND.values()) == {"bsn", "name", "first", "birth", "postcode", "house", "addition"}


# -- at its rate -----------------------------------------------------------------------------------------------------


def test_rates_on_a_sample(demo: Zones) -> None:
    """Of what can happen to every person, record and row; a mistake before it in the same column takes a little."""
    planted: dict[tuple[str, str], set[Any]] = defaultdict(set)
    about = {(row["delivery_id"], row["row_number"], row["role"]): row for row in truth(demo, "records")}
    persons = {(key[0].split(".")[1], row["record_id"], row["role"]) for key, row in about.items()}
    cases = {(supplier, record) for supplier, record, _ in persons if not record.endswith("D")}
    record_of = {(key[0], key[1]): row["record_id"] for key, row in about.items()}
    source_of = {key[0].split(".")[1]: key[0].split(".")[0] for key in about}
    twice = Counter[str]()
    for row in truth(demo, "defects"):
        source, supplier = row["delivery_id"].split(".")[:2]
        role = row["field"].rsplit("_", 1)[0]
        planted[row["defect"], source].add((supplier, record_of[row["delivery_id"], row["row_number"]], role))
        twice[source] += row["defect"] == TWICE
    for source in set(source_of.values()):
        here = [person for person in persons if source_of[person[0]] == source]
        for name in ("bsn_missing", "bsn_invalid", "bsn_unknown", "birth_partial"):
            rate = DECLARED.rows[name].sources.get(source, DECLARED.rows[name].rate)
            assert near(len(planted[name, source]), len(here), rate), (name, source)
        number = sum(1 for supplier, _ in cases if source_of[supplier] == source)
        assert near(len(planted[DOUBLE, source]), number, DECLARED.rows[DOUBLE].sources.get(source, 0.0)), (
            source
        )
    written = len(record_of) - twice.total()
    assert near(twice.total(), written, DECLARED.rows[TWICE].rate)


# -- told in the truth -----------------------------------------------------------------------------------------------


def test_nothing_is_planted_without_defects(tmp_path: Path) -> None:
    generate(tmp_path / "home", **SMALL, municipalities=["GM0321"], defects="none")
    zones = Zones(tmp_path / "home")
    assert truth(zones, "defects") == []
    assert {row["defect"] for row in truth(zones, "deliveries")} == {None}


def birth(text: str, form: str) -> str:
    """What a birth date says of how it was written: default, partial or full."""
    order = re.findall(r"d+|m+|y+", form)
    figures = re.findall(r"\d+", text) if not text.isdigit() else [text[:4], text[4:6], text[6:]]
    year, month, day = (int(figures[[one[0] for one in order].index(sign)]) for sign in "ymd")
    if year == 1900:
        return "birth_default"
    return "birth_partial" if 0 in (month, day) else "birth_swapped"


def as_planted(
    name: str, text: str, person: dict[str, Any], manifest: dict, zones: Zones, field: str
) -> bool:
    """Whether a text in a delivery shows the mistake that the truth tells of it."""
    dialect = load_supplier(zones, manifest["supplier"]).dialect
    contract = load_contract(manifest["source"])
    shows: dict[str, Callable[[], bool]] = {
        "bsn": lambda: text != person["bsn"] and (not text or not passes_eleven_test(text)),
        "name": lambda: text != person["achternaam"],
        "first": lambda: text != person["voornaam"],
        "birth": lambda: birth(text, dialect.date_format) == name,
        "required_empty": lambda: text == "",
        "addition_missing": lambda: text == "",
        DOUBLE: lambda: text.endswith("D"),
        COLUMN_CONSTANT: lambda: text == "NIET_VAN_TOEPASSING",
        "code_unknown": lambda: text not in contract.field(field).codes,
        "postcode": lambda: re.fullmatch(r"[1-9]\d{3}[A-Z]{2}", text) is not None,
        "house": lambda: int(text) > 0,
        "addition": lambda: text in {"A", "B", "1", "2", "hs"},
        TWICE: lambda: True,
    }
    kind = "name" if name == "prefix_style" and field.endswith("achternaam") else KIND.get(name, name)
    if name == "prefix_style" and field.endswith("tussenvoegsel"):
        return all(len(word) == 1 for word in text.split())
    return shows[name if name in shows else kind]()


def test_every_planted_row_defect_stands_in_the_file_at_its_row(demo: Zones) -> None:
    placed = {(delivery_id(m), place): (m, row) for path, m in readable(demo)
              for place, row in enumerate(rows(demo, path, m), 1)}  # fmt: skip
    persons = {row["person_id"]: row for row in truth(demo, "persons")}
    role_of = {
        (row["delivery_id"], row["row_number"], row["role"]): row["person_id"]
        for row in truth(demo, "records")
    }
    kinds = Counter()
    for told in truth(demo, "defects"):
        key, name, field = (told["delivery_id"], told["row_number"]), told["defect"], told["field"]
        if key not in placed:
            continue
        kinds[name] += 1
        manifest, row = placed[key]
        person = persons.get(role_of.get((*key, field.split("_")[0])), {})
        assert as_planted(name, row[field], person, manifest, demo, field), (told, row[field])
        assert name != TWICE or row == placed[key[0], key[1] - 1][1]
    assert set(kinds) >= {
        "bsn_missing",
        "first_name_variant",
        "birth_partial",
        TWICE,
        DOUBLE,
        COLUMN_CONSTANT,
    }


def test_a_row_with_an_undeclared_mistake_does_not_exist(demo: Zones) -> None:
    """Numbers, names and birth dates that differ from the person's are all told."""
    persons = {row["person_id"]: row for row in truth(demo, "persons")}
    told = {(row["delivery_id"], row["row_number"], row["field"]) for row in truth(demo, "defects")}
    who = {
        (r["delivery_id"], r["row_number"], r["role"]): persons[r["person_id"]]
        for r in truth(demo, "records")
    }
    for path, manifest in readable(demo):
        key, dialect = delivery_id(manifest), load_supplier(demo, manifest["supplier"]).dialect
        for place, row in enumerate(rows(demo, path, manifest), 1):
            for role in ("kind", "patient", "ouder1", "ouder2"):
                person = who.get((key, place, role))
                for part, true in (person or {}).items():
                    column = f"{role}_{part}"
                    if part in {"bsn", "voornaam"} and (key, place, column) not in told:
                        assert row[column] == true
                    full = part == "geboortedatum" and not person["geboortedatum_gebruik"]
                    if full and (key, place, column) not in told:
                        assert dialect.parse_date(row[column]) == true


def test_a_double_registration_is_the_same_case_under_two_numbers(demo: Zones) -> None:
    doubles = {
        (row["delivery_id"], row["row_number"]) for row in truth(demo, "defects") if row["defect"] == DOUBLE
    }
    assert doubles
    cases = defaultdict(set)
    for row in truth(demo, "records"):
        name = row["record_id"].removesuffix("D")
        cases[row["delivery_id"].split(".")[1], name].add((row["record_id"], row["role"], row["person_id"]))
        if (row["delivery_id"], row["row_number"]) in doubles:
            assert row["record_id"].endswith("D")
            assert row["delivery_id"].split(".")[0] in {"onderwijs", "kinderopvang", "huisarts"}
    for several in cases.values():
        first = {(role, person) for name, role, person in several if not name.endswith("D")}
        second = {(role, person) for name, role, person in several if name.endswith("D")}
        assert second <= first


# -- whole deliveries ------------------------------------------------------------------------------------------------


def test_declared_deliveries_are_of_suppliers_that_deliver_them() -> None:
    rules = packaged(SupplierRules, "suppliers")
    for plan in DECLARED.deliveries:
        sender = next(one for one in senders(rules, plan.municipality) if one.source == plan.source)
        assert plan.period in {period.text for period in sender.periods()}
        contract = load_contract(plan.source)
        assert set(plan.columns) <= set(contract.names)
        assert not plan.column or plan.value in contract.field(plan.column).codes
    whom = [(plan.source, plan.municipality) for plan in DECLARED.deliveries]
    assert len(whom) == len(set(whom))


def planned(zones: Zones, defect: str) -> list[dict]:
    return [row for row in truth(zones, "deliveries") if row["defect"] == defect]


def found(zones: Zones, row: dict) -> tuple[Path, dict]:
    return next((path, m) for path, m in manifests(zones) if (m["supplier"], m["payload"]["file"])
                == (row["supplier"], row["file"]))  # fmt: skip


def test_planted_deliveries_are_what_the_truth_says(demo: Zones) -> None:
    assert {row["defect"] for row in truth(demo, "deliveries")} == {
        None,
        *(d.defect for d in DECLARED.deliveries),
    }
    path, manifest = found(demo, *planned(demo, "truncated"))
    assert len(payload(path, manifest).read_bytes()) < manifest["payload"]["bytes"]
    path, manifest = found(demo, *planned(demo, "other_municipality"))
    assert {row["gemeente_code"] for row in rows(demo, path, manifest)} == {"GM0321"}
    path, manifest = found(demo, *planned(demo, "wrong_delimiter"))
    with payload(path, manifest).open(encoding=manifest["payload"]["encoding"], newline="") as handle:
        assert all(
            len(line) == len(manifest["payload"]["columns"]) for line in csv.reader(handle, delimiter=",")
        )
    twice = planned(demo, "sent_twice")
    assert len({row["file"] for row in twice}) == 2
    raw = [(demo.inbox / row["supplier"] / row["file"]).read_bytes() for row in twice]
    assert raw[0] == raw[1]
    (late,) = planned(demo, "late")
    arrived = date.fromtimestamp(found(demo, late)[0].stat().st_mtime)
    assert arrived == late["due_date"] + timedelta(days=2)


def test_a_missing_delivery_never_comes(demo: Zones) -> None:
    (missing,) = planned(demo, "missing")
    assert (missing["rows"], missing["file"], missing["arrived_at"]) == (0, None, None)
    assert missing["delivery_id"] not in {delivery_id(manifest) for _, manifest in manifests(demo)}
    assert missing["delivery_id"] not in {row["delivery_id"] for row in truth(demo, "records")}
    sequences = [m["sequence"] for _, m in manifests(demo) if m["supplier"] == missing["supplier"]]
    assert sorted([*sequences, missing["sequence"]]) == [1, 2, 3, 4]


def test_a_partial_delivery_is_the_first_half_of_the_whole_one(tmp_path: Path) -> None:
    plan = {"source": "kinderopvang", "municipality": "GM0321", "period": "2026-01", "defect": "partial"}
    broken = Defects(format="integration-defects/1", rows={}, deliveries=(DeliveryDefect(**plan),))
    files = {}
    for name, defects in (("whole", None), ("half", broken)):
        _, told = written(tmp_path / name, 41, 3, defects)
        zones = Zones(tmp_path / name)
        path, manifest = next((p, m) for p, m in manifests(zones) if (m["source"], m["period"])
                              == ("kinderopvang", "2026-01"))  # fmt: skip
        files[name] = rows(zones, path, manifest)
        assert manifest["payload"]["rows"] == len(files[name])
        assert sum(delivery_id(manifest) in row and "'kind'" in row for row in told["records"]) == len(
            files[name]
        )
    assert files["half"] == files["whole"][: len(files["whole"]) // 2] != []


def test_a_new_layout_says_the_same_under_other_headers(demo: Zones) -> None:
    plan = next(plan for plan in DECLARED.deliveries if plan.defect == "layout_change")
    for row in planned(demo, "layout_change"):
        assert Period.parse(row["period"]).end >= Period.parse(plan.period).end
        path, manifest = found(demo, row)
        headers = manifest["payload"]["columns"]
        assert set(plan.columns.values()) <= set(headers)
        assert headers == sorted(headers, key=str.casefold)
        assert {line["bron_org_code"] for line in rows(demo, path, manifest)} == {row["supplier"]}
    assert {row["period"] for row in planned(demo, "layout_change")} == {"2026-W04", "2026-W05"}


def test_a_constant_column_is_constant_from_then_on(demo: Zones) -> None:
    plan = next(plan for plan in DECLARED.deliveries if plan.defect == "constant_from")
    code = next(row["supplier"] for row in planned(demo, "constant_from"))
    values = {m["period"]: {row[plan.column] for row in rows(demo, path, m)} for path, m in manifests(demo)
              if m["supplier"] == code}  # fmt: skip
    assert len(values["stand-2025-10-31"]) > 1
    assert values["2025-12"] == values["2026-01"] == {plan.value}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"period": "2025-13"}, "not a period"),
        ({"municipality": "GM9999"}, "unknown municipality: GM9999"),
        ({"defect": "layout_change"}, "columns belong to layout_change"),
        ({"columns": {"a": "b"}}, "columns belong to layout_change"),
        ({"defect": "constant_from", "column": "a"}, "column and value belong to constant_from"),
        ({"defect": "lost"}, "defect"),
    ],
)
def test_defects_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    plan = {"source": "politie", "municipality": "GM0321", "period": "2026-W04", "defect": "late"} | change
    path = tmp_path / "defects.yml"
    path.write_text(f"format: integration-defects/1\nrows: {{}}\ndeliveries: [{plan!r}]\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match=says):
        read(Defects, path)
