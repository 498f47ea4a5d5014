"""Drift: every column, code, pattern and bound of the design's list of columns is in a contract."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.contracts import contract_ids, load_contract
from integration.contracts.model import Contract, Field

ROOT = Path(__file__).resolve().parents[2]
DESIGN = ROOT.parent / "shared" / "design" / "contracts.yml"
ROLES = {"id": "identifier", "qid": "quasi_identifier", "attr": "attribute", "key": "key", "env": "envelope"}
TYPES = {"list": "codes", "list of dates": "dates"}
OPTIONAL_CHILD = {"politie", "veilig_thuis"}


@pytest.fixture(scope="module")
def design() -> dict[str, Any]:
    if not DESIGN.is_file():
        pytest.skip("no design notes (shared folder absent)")
    found: dict[str, Any] = yaml.safe_load(DESIGN.read_text(encoding="utf-8"))
    return found


def codes(values: list[Any] | str) -> tuple[str, ...]:
    """The codes of a list, with ranges such as 31..38 and afgewezen_1..9 written out."""
    found: list[str] = []
    for text in values.split(",") if isinstance(values, str) else map(str, values):
        if span := re.fullmatch(r"(\D*)(\d+)\.\.(\d+)", text):
            found += [f"{span[1]}{number}" for number in range(int(span[2]), int(span[3]) + 1)]
        else:
            found.append(text)
    return tuple(found)


def columns(design: dict[str, Any], source: str) -> list[tuple[str, dict[str, Any]]]:
    """The columns of one source under their names in the file."""
    blocks = " ".join(design["sources"][source]["blocks"])
    child = "patient" if "patient" in blocks else "kind"
    parents = [f"ouder{n}" for n in (1, 2) if f"ouder{n}" in blocks or "parent_block" in blocks]
    return [
        *((item["name"], item) for item in design["envelope"]),
        *((item["name"].replace("kind_", f"{child}_"), item) for item in design["child_block"]),
        *(
            (item["name"].replace("ouder_", f"{p}_"), item)
            for p in parents
            for item in design["parent_block"]
        ),
        *((item["name"], item) for item in design["sources"][source]["columns"]),
    ]


def assert_same(field: Field, item: dict[str, Any], required: bool) -> None:
    assert field.role == ROLES[item["kind"]]
    assert field.type == TYPES.get(item["type"], item["type"])
    assert field.required == required
    assert field.unique == item.get("unique", False)
    if "values" in item:
        assert set(field.codes or ()) == set(codes(item["values"]))
    if "regex" in item:
        assert field.pattern == item["regex"]
    for bound, agreed in (("min", field.minimum), ("max", field.maximum)):
        assert agreed == item.get(bound, agreed)


@pytest.mark.parametrize("source", contract_ids())
def test_contract_holds_every_column_and_code(source: str, design: dict[str, Any]) -> None:
    contract = load_contract(source)
    child = {item["name"] for item in design["child_block"]} if source in OPTIONAL_CHILD else set()
    for name, item in columns(design, source):
        assert_same(contract.field(name), item, item["required"] and name not in child)
    assert contract.file_name == design["sources"][source]["file"]


@pytest.mark.parametrize("source", contract_ids())
def test_contract_holds_nothing_else(source: str, design: dict[str, Any]) -> None:
    """Beside the list, only what it says in words: a parent's first name, sex and own address."""
    contract: Contract = load_contract(source)
    extra = set(contract.names) - {name for name, _ in columns(design, source)}
    parts = ("voornaam", "geslacht", "postcode", "huisnummer", "huisnummer_toevoeging")
    parents = [person for person in contract.blocks if person.startswith("ouder")]
    assert extra == {f"{parent}_{part}" for parent in parents for part in parts}


def test_every_source_has_a_contract(design: dict[str, Any]) -> None:
    assert contract_ids() == sorted(design["sources"])
