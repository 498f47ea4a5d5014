"""What no contract may declare, and what none may leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from integration.contracts import ODCS, load_contract
from integration.contracts.free_text import why_free_text
from integration.contracts.load import build_contract
from integration.contracts.prohibited import prohibited_topic, topics
from integration.errors import DeclarationError
from integration.reasons import Reason


def document(source: str = "kinderopvang") -> dict[str, Any]:
    return yaml.safe_load((ODCS / source / "1.0.0.yml").read_text(encoding="utf-8"))


def column(
    name: str = "extra", *, role: str = "attribute", about: str = "zaak", **keys: Any
) -> dict[str, Any]:
    """One small property, a code list unless told otherwise."""
    custom = {"role": role, "about": about, "label_en": "Extra", "provenance": "test"}
    base = {"name": name, "businessName": "Extra", "description": "Extra.", "logicalType": "string"}
    base |= {"customProperties": [{"property": key, "value": value} for key, value in custom.items()]}
    return base | ({} if keys else {"enum": [{"value": "JA", "label": "Ja"}]}) | keys


def build(change: Any) -> DeclarationError | None:
    """The refusal of the kinderopvang contract after ``change``, or None when it still loads."""
    changed = document()
    change(changed)
    try:
        build_contract("kinderopvang", "1.0.0", changed)
    except DeclarationError as error:
        return error
    return None


def with_column(item: dict[str, Any]) -> DeclarationError | None:
    return build(lambda doc: doc["schema"][0]["properties"].append(item))


PROHIBITED = [
    # topic            name                     label
    ("nationality", "kind_nationaliteit", "Nationaliteit"),
    ("nationality", "verblijfs_status", "Status"),
    ("ethnicity", "herkomst", "Herkomst"),
    ("ethnicity", "achtergrond", "Etnische achtergrond"),
    ("birth country", "geboorte_land", "Land"),
    ("birth country", "ouder_bp", "Country of birth"),
    ("religion", "denominatie", "Denominatie"),
    ("religion", "gezindte", "Godsdienst"),
    ("language", "moeder_taal", "Taal"),
    ("language", "tolk_nodig", "Tolk nodig"),
    ("benefit fraud", "uitkeringsfraude", "Signaal"),
    ("benefit fraud", "bijstand", "Benefit fraud flag"),
    ("free text", "toelichting", "Extra"),
    ("free text", "extra", "Vrije tekst"),
]


@pytest.mark.parametrize(("topic", "name", "label"), PROHIBITED)
def test_prohibited_column_is_refused(topic: str, name: str, label: str) -> None:
    error = with_column(column(name) | {"businessName": label})
    assert error is not None
    assert error.reason is Reason.CONTRACT_PROHIBITED
    assert f"kinderopvang 1.0.0: column {name}: {topic} may not be declared" in str(error)


def test_every_prohibited_topic_is_tried() -> None:
    assert {topic for topic, _, _ in PROHIBITED} == set(topics())


@pytest.mark.parametrize(
    "item",
    [
        column() | {"description": "Code voor de nationaliteit van het kind."},
        column() | {"tags": ["ethnicity"]},
        column(enum=[{"value": "A", "label": "Spreekt thuis een andere taal"}]),
        column(
            logicalType="array", items={"logicalType": "string", "enum": [{"value": "GELOOF", "label": "x"}]}
        ),
    ],
)
def test_prohibited_in_description_tags_and_codes(item: dict[str, Any]) -> None:
    error = with_column(item)
    assert error is not None
    assert error.reason is Reason.CONTRACT_PROHIBITED


@pytest.mark.parametrize(
    "text",
    [
        "totaal kwartaal betaald digitaal",
        "geloofwaardig verslaving nationaal",
        "Nederland landelijk overig",
        "trace racefiets",
        "vertaald kerkhof",
        "rassehond",
    ],
)
def test_words_that_only_look_prohibited(text: str) -> None:
    assert prohibited_topic([text], [text]) is None


def test_words_that_a_description_may_use() -> None:
    assert prohibited_topic([], ["Omschrijving van de herkomst van de melding in het land"]) is None
    assert prohibited_topic(["datum_verslag"], [], holds_text=False) is None
    assert prohibited_topic(["datum_verslag"], []) == "free text"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "no pattern and no code list"),
        ({"logicalTypeOptions": {"maxLength": 5}}, "maxLength"),
        ({"logicalTypeOptions": {"pattern": "^[A-Z]{1,33}$"}}, "more than 32"),
        ({"logicalTypeOptions": {"pattern": "^[A-Z]+$"}}, "more than 32"),
        ({"logicalTypeOptions": {"pattern": "[A-Z]{3}"}}, "anchored"),
        ({"logicalTypeOptions": {"pattern": "^.{3}$"}}, "white space"),
        ({"logicalTypeOptions": {"pattern": "^([A-Z]|[^0-9]){3}$"}}, "white space"),
        ({"logicalTypeOptions": {"pattern": "^[A-Z$"}}, "regular expression"),
    ],
)
def test_free_text_attribute_is_refused(options: dict[str, Any], why: str) -> None:
    error = with_column(column(required=False, **options))
    assert error is not None
    assert why in str(error)
    assert "column extra" in str(error)


@given(st.integers(1, 60), st.integers(0, 60), st.sampled_from(["[A-Z]", r"\d", "[a-z0-9.-]", "(?:AB|C)"]))
def test_width_of_a_pattern(least: int, more: int, piece: str) -> None:
    width = (least + more) * (2 if "AB" in piece else 1)
    assert (why_free_text(f"^{piece}{{{least},{least + more}}}$") is None) == (width <= 32)


def _set(path: str, value: Any) -> Any:
    """A change that sets, or with value None removes, one key of the document."""

    def change(doc: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        place: Any = doc
        for step in parents:
            place = place[int(step)] if step.isdigit() else place[step]
        if value is None:
            place.pop(int(last) if last.isdigit() else last)
        else:
            place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_set("apiVersion", "v2.2.0"), "apiVersion"),
        (_set("id", "anders"), "folder and file name"),
        (_set("nonsense", 1), "nonsense"),
        (_set("customProperties.1", None), "legal basis"),
        (_set("description.purpose", None), "purpose"),
        (_set("team", None), "owner"),
        (_set("slaProperties.0", None), "delivery_frequency"),
        (_set("slaProperties.1", None), "delivery_due"),
        (_set("slaProperties.2", None), "retention of zone raw"),
        (_set("slaProperties.5", None), "retention of zone logs"),
        (_set("schema.0.physicalName", "file.csv"), "YYYYMMDD"),
        (_set("schema.0.properties.0", None), "first columns"),
        (_set("schema.0.properties.3.requird", True), "properties[3].requird"),
    ],
)
def test_incomplete_contract_is_refused(change: Any, why: str) -> None:
    error = build(change)
    assert error is not None
    assert error.reason is Reason.CONTRACT_INVALID
    assert why in str(error)


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (column("opvangsoort"), "declared twice: opvangsoort"),
        (column("Extra"), "lower case"),
        (column(role="score"), "role must be one of"),
        (column(about="buurman"), "about must be one of"),
        (column(logicalType="timestamp"), "logicalType"),
        (column(logicalType="array"), "needs items"),
        (column(logicalType="array", items={"logicalType": "integer"}), "of codes or of dates"),
        (column(enum=[{"value": "A", "label": "a"}, {"value": "A", "label": "b"}]), "a code occurs twice"),
        (column(enum=[{"value": "A"}]), "label"),
        (column(logicalType="integer", logicalTypeOptions={"minimum": 3, "maximum": 2}), "minimum is above"),
        (column("telefoon", role="identifier", logicalType="string"), "role identifier is for exactly"),
        (column("verzender", role="envelope", logicalType="string"), "role envelope is for exactly"),
        (column("ouder1_postcode2", role="quasi_identifier", logicalType="string"), "free text"),
    ],
)
def test_impossible_column_is_refused(item: dict[str, Any], why: str) -> None:
    error = with_column(item)
    assert error is not None
    assert why in str(error)


def test_identifier_cannot_be_declared_as_an_attribute() -> None:
    def change(doc: dict[str, Any]) -> None:
        surname = next(item for item in doc["schema"][0]["properties"] if item["name"] == "kind_achternaam")
        surname["customProperties"][0]["value"] = "key"

    error = build(change)
    assert error is not None
    assert "kind_achternaam: role identifier" in str(error)


@pytest.mark.parametrize("text", ["a: [", "- a", "a: 1\na: 2", "a: \x00", "!!python/object:os.system {}"])
def test_unreadable_contract(text: str, tmp_path: Path) -> None:
    (tmp_path / "wijkteam").mkdir()
    (tmp_path / "wijkteam" / "1.0.0.yml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_contract("wijkteam", folder=tmp_path)
    assert caught.value.reason is Reason.CONTRACT_INVALID
