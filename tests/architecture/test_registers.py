"""The registers that are published are what the code does."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from integration.audit.words import STAGES, Purpose
from integration.contracts import contract_ids, load_contract
from integration.contracts.register import FILE_NAME, read_register, refuse_unregistered
from integration.errors import DeliveryRefused
from integration.families import COUNTED
from integration.indicators.definitions import load_definitions
from integration.linkage import families
from integration.linkage.persons import RULES
from integration.reference import PAGES
from integration.registers import algorithm
from integration.registers.processing import EXAMPLE
from integration.storage import resource

SQL = resource("warehouse")
ALGORITHM, PROCESSING = PAGES["algorithm-register.md"](), PAGES["processing-register.md"]()


def cells(page: str, section: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    body = page.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| \n").split(" | ") for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_purposes_are_those_of_the_audit_log_and_cover_every_stage() -> None:
    declared = set(read_register().head.purposes)
    assert declared <= {purpose.value for purpose in Purpose}
    assert {rule.purpose.value for rule in STAGES.values()} <= declared


def test_every_purpose_and_source_has_its_row() -> None:
    rows = {(row[0].strip("`"), row[1]) for row in cells(PROCESSING, "Doel, bron, grondslag, bewaartermijn")}
    register = read_register()
    assert rows == {(p, source) for source in contract_ids() for p in register.entry(source).purposes}


@pytest.mark.parametrize("source", contract_ids())
def test_the_page_tells_every_column_the_basis_and_the_retention(source: str) -> None:
    contract = load_contract(source)
    section = PROCESSING.split(f"## {source}\n", 1)[1].split("\n## ", 1)[0]
    told = [field for field in contract if field.role != "envelope"]
    assert all(field.label_nl in section for field in told)
    assert contract.legal_basis in section
    assert "raw 7 dagen, staging 30 dagen, linked 36 maanden, logs 5 jaar" in section


def test_the_example_for_a_municipality_opens_what_it_says_and_no_more(tmp_path: Path) -> None:
    assert EXAMPLE in PROCESSING
    (tmp_path / FILE_NAME).write_text(EXAMPLE, encoding="utf-8")
    opened = []
    for source in contract_ids():
        try:
            refuse_unregistered(tmp_path, load_contract(source), date(2026, 2, 16), synthetic=False)
            opened.append(source)
        except DeliveryRefused:
            pass
    assert opened == list(yaml.safe_load(EXAMPLE)["sources"])


def test_the_entry_names_every_rule_and_limit_of_linkage() -> None:
    rules = [row[0].strip("`") for row in cells(ALGORITHM, "Koppelen van personen")]
    assert rules == [*RULES]
    limits = {row[0].strip("`"): row[1] for row in cells(ALGORITHM, "Grenzen bij gezinnen")}
    in_code = {name: value for name, value in vars(families).items() if name.startswith("MOST_")}
    assert set(limits) == set(in_code)
    assert all(re.search(rf"\b{value}\b", limits[name]) for name, value in in_code.items())


def test_the_entry_names_every_signal_and_every_code_it_comes_from() -> None:
    rows = {row[0].strip("`"): row[-1] for row in cells(ALGORITHM, "Signalen")}
    rules = algorithm._seed("signal_rule")
    assert set(rows) == {row["code"] for row in algorithm._seed("signal")}
    assert set(rows) - {row["code"] for row in rules} == {"H6"}, (
        "a brother or sister with a measure: core.signal"
    )
    for rule in rules:
        assert f"`{rule['source']}.{rule['contract_field']} = {rule['value']}`" in rows[rule["code"]]


def test_the_entry_names_every_phase_in_the_order_that_the_model_tries_them() -> None:
    model = (SQL / "families" / "family_overview.sql").read_text(encoding="utf-8")
    branches = re.search(r"case\n((?:(?!\bend\b)[\s\S])*)\bend as phase", model)
    assert branches
    phases = re.findall(r"(?:then|else) '(\w+)'", branches[1])
    assert [row[0].strip("`") for row in cells(ALGORITHM, "Fase in het gezinsoverzicht")] == phases


def test_the_entry_names_every_indicator() -> None:
    assert [row[0].strip("`") for row in cells(ALGORITHM, "Indicatoren")] == list(load_definitions())


def test_the_entry_says_that_nothing_is_scored_and_the_line_holds_that() -> None:
    from integration import pipeline

    assert "Geen score, geen rangorde, een mens beslist" in ALGORITHM
    assert all(f"`{name}`" in ALGORITHM for name in COUNTED)
    assert "refuse_scores(con)" in Path(pipeline.__file__).read_text(encoding="utf-8")


def test_codes_of_gp_and_police_are_in_no_model() -> None:
    models = [path.read_text(encoding="utf-8") for path in [*SQL.rglob("*.sql"), *SQL.rglob("*.csv")]]
    assert not [text for text in models if "icpc_code" in text or "mk_code" in text]
