"""The seven contracts: what they say, and the typed form that every stage reads."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from integration.contracts import ODCS, contract_ids, load_contract
from integration.contracts.model import ENVELOPE, Retention
from integration.contracts.reference import render
from integration.errors import DeclarationError
from integration.reasons import Reason

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ["huisarts", "jeugdhulp", "kinderopvang", "onderwijs", "politie", "veilig_thuis", "wijkteam"]


def test_seven_sources() -> None:
    assert contract_ids() == SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_contract_says_everything(source: str) -> None:
    contract = load_contract(source)
    assert contract is load_contract(source), "read once"
    assert contract.names[:6] == ENVELOPE
    assert {zone: str(term) for zone, term in contract.retention.items()} == {
        "raw": "7 d",
        "staging": "30 d",
        "linked": "36 m",
        "logs": "5 y",
    }
    assert re.search(r"art\.|:", contract.legal_basis)
    assert "voorstel" in contract.legal_basis
    assert contract.legal_status == "voorstel"
    assert re.fullmatch(contract.file_pattern, contract.file_name.replace("YYYYMMDD", "20260202"))
    assert contract.schedule.frequency in ("weekly", "monthly")


def test_gp_and_police_are_closed_outside_the_sample() -> None:
    closed = {source for source in SOURCES if load_contract(source).access == "synthetic_only"}
    assert closed == {"huisarts", "politie"}


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        ("huisarts", ("patient",)),
        ("onderwijs", ("kind", "ouder1")),
        ("veilig_thuis", ("kind", "ouder1", "ouder2")),
    ],
)
def test_persons_of_a_row(source: str, blocks: tuple[str, ...]) -> None:
    assert load_contract(source).blocks == blocks


@pytest.mark.parametrize("source", ["veilig_thuis", "politie"])
def test_child_may_be_absent(source: str) -> None:
    assert not any(field.required for field in load_contract(source).with_role("identifier"))


@pytest.mark.parametrize(
    ("source", "person", "part", "expected"),
    [
        ("wijkteam", "kind", "bsn", "kind_bsn"),
        ("wijkteam", "kind", "postcode", "postcode"),
        ("wijkteam", "ouder2", "postcode", "ouder2_postcode"),
        ("wijkteam", "ouder2", "soort_adres", None),
        ("wijkteam", "patient", "postcode", None),
        ("huisarts", "patient", "huisnummer", "huisnummer"),
        ("huisarts", "patient", "geboortedatum_gebruik", "patient_geboortedatum_gebruik"),
        ("onderwijs", "ouder2", "bsn", None),
    ],
)
def test_column_of_a_person(source: str, person: str, part: str, expected: str | None) -> None:
    assert load_contract(source).column(person, part) == expected


def test_field_types() -> None:
    wijkteam = load_contract("wijkteam")
    types = {
        name: wijkteam.field(name).type
        for name in ("casus_ref", "leefgebieden", "contactmomenten", "huisnummer")
    }
    assert types == {
        "casus_ref": "string",
        "leefgebieden": "codes",
        "contactmomenten": "dates",
        "huisnummer": "integer",
    }
    step = load_contract("kinderopvang").field("meldcode_stap")
    assert (step.type, step.minimum, step.maximum, step.codes) == ("integer", 0, 5, tuple("012345"))
    assert load_contract("jeugdhulp").field("productcategorie").code_label("35") == "Met verblijf: pleegzorg"
    assert load_contract("onderwijs").field("gemeente_code").matches("GM0321")
    assert not load_contract("onderwijs").field("gemeente_code").matches("GM0321\n")
    assert not load_contract("onderwijs").field("gemeente_code").matches("GM٠٣٢١")


@pytest.mark.parametrize("source", SOURCES)
def test_contracts_follow_the_standards_own_schema(source: str) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text(encoding="utf-8"))
    document = yaml.safe_load((ODCS / source / "1.0.0.yml").read_text(encoding="utf-8"))
    jsonschema.validators.validator_for(schema)(schema).validate(document)


def test_reference_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "reference" / "contracts.md").read_text(encoding="utf-8") == render()


@pytest.mark.parametrize(
    ("term", "start", "gone"),
    [
        (Retention(7, "d"), date(2026, 1, 28), date(2026, 2, 4)),
        (Retention(36, "m"), date(2024, 2, 29), date(2027, 2, 28)),
        (Retention(5, "y"), date(2026, 12, 31), date(2031, 12, 31)),
    ],
)
def test_retention_ends(term: Retention, start: date, gone: date) -> None:
    assert term.ends(start) == gone


@pytest.mark.parametrize(
    ("source", "version"), [("onbekend", None), ("../wijkteam", None), ("wijkteam", "9.9.9")]
)
def test_unknown_contract(source: str, version: str | None) -> None:
    with pytest.raises(DeclarationError) as caught:
        load_contract(source, version)
    assert caught.value.reason is Reason.CONTRACT_UNKNOWN
