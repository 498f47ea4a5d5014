"""Drift: every model has its header and spec, all that is declared exists, every contract column is accounted for."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from integration.contracts import contract_ids, load_contract
from integration.indicators import load_definitions
from integration.indicators.reference import indicators_page, seed_csv
from integration.storage import resource
from integration.warehouse import models

ROOT = Path(__file__).resolve().parents[2]
WAREHOUSE = resource("warehouse")
FOLDERS = ("seeds", "staging", "meta", "core", "checks", "families", "indicators", "release_checks")
FILES = sorted(path for folder in FOLDERS for path in (WAREHOUSE / folder).glob("*.sql"))
GIVEN = {
    "meta.delivery", "meta.expected_delivery", "meta.run", "staging.mentions",
    "link.person", "link.mention_person", "link.gezin", "link.gezin_member",
    "release.indicators", "release.deliveries",
}  # fmt: skip
"""Tables that the loader, linkage and the release make."""

UNUSED = {
    "gezin_ref": "linkage reads it: which children a local team sees as one gezin",
    "icpc_code": "a diagnosis code stays in the source's own record; models read the signal group",
    "indicatie_geheim": "travels as mention.secret",
    "kind_aanwezig": "whether a child is named in the record decides, not whether one was present",
    "kind_geboortedatum_gebruik": "travels as mention.birth_known",
    "mk_code": "a police class stays in the source's own record; models read the coarse incident type",
    "onderwijssoort": "no figure asks yet by kind of school",
    "opvangsoort": "no figure asks yet by kind of childcare",
    "ouder1_relatie": "travels as mention.relation",
    "ouder2_relatie": "travels as mention.relation",
    "patient_geboortedatum_gebruik": "travels as mention.birth_known",
    "soort_adres": "travels as mention.address_kind; linkage reads it",
    "vertrek_datum": "travels as mention.departure_date",
    "verzuim_uren": "the kind of absence already says whether the legal limit was passed",
}
"""Contract columns that no model reads, and why."""

DERIVED = {"ABSOLUUT_ZONDER_VRIJSTELLING", "LRV_LANGER_DAN_4_WEKEN", "2_OF_MEER"}
"""Signal values that the model works out from a column."""


@cache
def sql(path: Path) -> str:
    """A model without its comments."""
    return re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))


def header(path: Path) -> dict[str, str]:
    """The header's parts: grain, purpose, inputs."""
    lines = path.read_text(encoding="utf-8").splitlines()
    parts: dict[str, str] = {}
    name = ""
    for line in lines[: next(n for n, text in enumerate(lines) if not text.startswith("--"))]:
        found = re.match(r"-- (grain|purpose|inputs): +(.+)", line)
        name = found[1] if found else name
        parts[name] = parts.get(name, "") + " " + (found[2] if found else line.removeprefix("--").strip())
    return {name: text.strip() for name, text in parts.items()}


def read(path: Path) -> set[str]:
    """The tables that a model reads."""
    return {
        f"{schema}.{table}"
        for schema, table in re.findall(r"\b(?:from|join)\s+([a-z]+)\.([a-z0-9_]+)", sql(path))
    }


def made() -> set[str]:
    """Every table that exists once all models have run."""
    schema = {"seeds": "seed"}
    tables = {f"{schema.get(path.parent.name, path.parent.name)}.{path.stem}" for path in FILES}
    tables |= {f"seed.{path.stem}" for path in (WAREHOUSE / "seeds").glob("*.csv")}
    return tables | GIVEN | {f"staging.records_{source}" for source in contract_ids()}


def seed(name: str) -> list[dict[str, str]]:
    with (WAREHOUSE / "seeds" / f"{name}.csv").open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def spec_text() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "spec").glob("test_*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
class TestEveryModel:
    def test_header_says_grain_purpose_and_true_inputs(self, path: Path) -> None:
        parts = header(path)
        assert list(parts) == ["grain", "purpose", "inputs"]
        assert set(re.findall(r"[a-z]+\.[a-z0-9_]+", parts["inputs"])) == read(path)

    def test_reads_only_tables_that_exist(self, path: Path) -> None:
        assert read(path) <= made()

    def test_reads_down_the_page_to_its_last_select(self, path: Path) -> None:
        names = re.findall(r"^(?:with )?([a-z_0-9]+) as (?:materialized )?\($", sql(path), re.MULTILINE)
        assert sql(path).strip().endswith(f"select * from {names[-1]}")

    def test_named_parameters_only(self, path: Path) -> None:
        assert set(re.findall(r"\$\w+", sql(path))) <= {"$run_date"}
        assert not re.search(r"\{\{|\{%|\?", sql(path))


def test_layers_read_downward_only() -> None:
    allowed = {
        "seeds": set(),
        "staging": {"meta", "staging"},
        "meta": {"meta"},
        "core": {"staging", "link", "seed", "core"},
        "checks": {"core", "seed", "meta", "staging"},
        "families": {"core", "seed", "meta", "families"},
        "indicators": {"core", "seed", "meta", "indicators"},
        "release_checks": {"release"},
    }
    for path in FILES:
        assert {table.split(".")[0] for table in read(path)} <= allowed[path.parent.name], path.name


def test_models_can_be_put_in_order() -> None:
    for folder in FOLDERS:
        assert {path.name for path in models(folder)} == {
            path.name for path in FILES if path.parent.name == folder
        }


def test_every_model_has_a_spec() -> None:
    text = spec_text()
    untested = [
        f"{path.parent.name}.{path.stem}"
        for path in FILES
        if path.parent.name in {"core", "families", "meta"} and f"{path.parent.name}.{path.stem}" not in text
    ]
    assert untested == []


def test_every_indicator_has_sql_declaration_spec_and_labels() -> None:
    folder = WAREHOUSE / "indicators"
    declared = set(load_definitions())
    assert {path.stem.upper() for path in folder.glob("[a-z]*.sql")} - {"RESULT"} == declared
    assert {path.stem.upper() for path in folder.glob("*.yml")} == declared
    assert {
        path.stem.removeprefix("test_").upper() for path in (ROOT / "tests/spec").glob("test_[iq][0-9]*.py")
    } == declared
    united = re.findall(r"select '(\w+)' as indicator, \* from indicators\.(\w+)", sql(folder / "_unit.sql"))
    assert dict(united) == {name: name.lower() for name in declared}
    for definition in load_definitions().values():
        assert set(definition.sources) <= set(contract_ids())
        assert definition.name_nl != definition.name_en


def test_indicators_read_what_their_declared_sources_deliver() -> None:
    for name, definition in load_definitions().items():
        found = {
            source
            for source in contract_ids()
            if f"'{source}'" in sql(WAREHOUSE / "indicators" / f"{name.lower()}.sql")
        }
        assert found <= set(definition.sources), name


def test_what_is_made_from_the_declarations_is_up_to_date() -> None:
    definitions = load_definitions().values()
    how = "run python -m integration.indicators.reference"
    assert (WAREHOUSE / "seeds" / "indicator.csv").read_text(encoding="utf-8") == seed_csv(definitions), how
    assert (ROOT / "docs/reference/indicators.md").read_text(encoding="utf-8") == indicators_page(
        definitions
    ), how


def test_every_contract_column_is_read_or_knowingly_not() -> None:
    text = "\n".join(sql(path) for path in FILES if path.parent.name in {"core", "families", "indicators"})
    fields = {
        field.name: f"{source}.{field.name}"
        for source in contract_ids()
        for field in load_contract(source).fields
        if field.role in {"attribute", "key"} and field.name != "record_id"
    }
    unread = {name for name in fields if not re.search(rf"\b{name}\b", text)}
    assert unread - UNUSED.keys() == set(), "use it in a model, or say in UNUSED why not"
    assert UNUSED.keys() - unread == set(), "it is used after all, or the contracts dropped it"


def test_staging_models_name_every_column_that_models_may_read() -> None:
    for source in contract_ids():
        text = sql(WAREHOUSE / "staging" / f"stg_{source}.sql")
        wanted = {
            f.name for f in load_contract(source).fields if f.role in {"attribute", "key"}
        } - UNUSED.keys()
        assert {name for name in wanted - {"record_id"} if not re.search(rf"\b{name}\b", text)} == set()


def test_every_date_of_every_source_is_an_activity() -> None:
    dates = {
        (source, field.name)
        for source in contract_ids()
        for field in load_contract(source).fields
        if field.role == "attribute" and field.type in {"date", "dates"} and field.name != "vertrek_datum"
    }
    assert {(row["source"], row["contract_field"]) for row in seed("activity")} == dates
    text = sql(WAREHOUSE / "core" / "contact.sql")
    assert [name for _, name in dates if not re.search(rf"\b{name}\b", text)] == []


def test_signal_rules_name_fields_and_codes_of_the_contracts() -> None:
    for rule in seed("signal_rule"):
        field = load_contract(rule["source"]).field(rule["contract_field"])
        assert rule["value"] in DERIVED or rule["value"] in (field.codes or ()), rule
        assert rule["subject"] in {"kind", "ouder", "huishouden"}
    ruled = {rule["code"] for rule in seed("signal_rule")}
    assert {signal["code"] for signal in seed("signal")} == ruled | {"H6"}, (
        "H6 follows from a sibling's measure"
    )


def test_the_family_overview_neither_counts_signals_nor_puts_families_in_order() -> None:
    for path in FILES:
        if path.parent.name == "families":
            text = sql(path).lower()
            assert not re.search(
                r"\b(rank|dense_rank|percent_rank|ntile|cume_dist|sum|avg|count)\s*\(", text
            ), path.name
            assert not re.search(
                r"order by [^)]*\b(count|len|sum|children|parents|freshness_days)\b", text
            ), path.name


def test_no_model_reads_what_may_never_decide() -> None:
    traits = r"nationalit|etnic|ethnic|geboorteland|religi|geloof|\btaal\b"
    identifiers = r"icpc|mk_code|postcode|achternaam|pc4|token"
    for path in FILES:
        assert not re.search(f"{traits}|{identifiers}", sql(path), re.IGNORECASE), path.name
