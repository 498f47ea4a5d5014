"""Indicator declarations and figures: what is refused, and by which reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.models import World
from integration.errors import DeclarationError, UsageError
from integration.indicators import load_definitions, results
from integration.indicators.definitions import read_definition
from integration.storage import resource

SECRET = "Jansen"


def declared(name: str = "i05") -> dict[str, Any]:
    content = yaml.safe_load(
        (resource("warehouse") / "indicators" / f"{name}.yml").read_text(encoding="utf-8")
    )
    assert isinstance(content, dict)
    return content


def write(folder: Path, content: object, name: str = "i05.yml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_the_declared_indicators() -> None:
    definitions = load_definitions()
    assert list(definitions) == ["I01", "I03", "I04", "I05", "I06", "I14", "I23", "Q01"]
    assert {name: d.unit for name, d in definitions.items() if d.unit != "share"} == {
        "I06": "median_days",
        "I23": "mean",
    }
    assert [m.measure for m in definitions["I23"].measures] == ["share_3plus"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("I01", "100% (wet; oordeel bij 90%)"),
        ("I04", "ten minste 95% (voorstel)"),
        ("I05", "0% (voorstel; oordeel bij 5%)"),
        ("I06", "ten hoogste 5 werkdagen (voorstel)"),
        ("I14", "geen norm"),
        ("I23", "ten hoogste 2 (voorstel)"),
    ],
)
def test_norm_as_people_read_it(name: str, text: str) -> None:
    assert load_definitions()[name].norm_text == text
    assert load_definitions()[name].as_dict()["norm_text"] == text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"unit": "percentage"}, "unit"),
        ({"unit": "mean"}, None),
        ({"norm": {**declared()["norm"], "unit": "median_days", "value": 3.0, "ambition_limit": None}}, None),
        ({"norm": {**declared()["norm"], "ambition_limit": None}}, "norm"),
        ({"norm": {**declared()["norm"], "value": None}}, "norm"),
        ({"norm": {**declared()["norm"], "value": 95.0, "ambition_limit": None}}, "norm"),
        ({"norm": {**declared()["norm"], "status": SECRET}}, "norm.status"),
        ({"minimum_coverage": 90.0}, "minimum_coverage"),
        ({"minimum_coverage": "0.9"}, "minimum_coverage"),
        ({"sources": ["wijkteam", "veilig_thuis"]}, None),
        ({"seed": []}, "seed"),
        ({"remark": SECRET}, "remark"),
        ({"explanation_nl": None}, "explanation_nl"),
        ({"id": "I99"}, "id"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused_by_file_and_field(
    tmp_path: Path, change: dict[str, Any], field: str | None
) -> None:
    with pytest.raises(DeclarationError) as caught:
        read_definition(write(tmp_path, declared() | change))
    error = caught.value
    assert (error.reason, error.file, error.field) == ("INDICATOR_INVALID", "i05.yml", field)
    assert SECRET not in str(error)


@pytest.mark.parametrize("content", ["[unclosed", "\x00", "plain text", ""])
def test_a_file_that_is_no_declaration(tmp_path: Path, content: str) -> None:
    path = tmp_path / "i05.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        load_definitions(tmp_path)
    assert caught.value.reason == "INDICATOR_INVALID"


@pytest.fixture(scope="module")
def world() -> World:
    return World(
        veilig_thuis="""
            case  kind  melding_datum  beoordeling_datum
            c1    anna  2025-01-06     2025-01-10
        """,
    )


def test_figures_are_typed_rows_in_order(world: World) -> None:
    rows = results(world.con)
    assert {row.indicator for row in rows} == set(load_definitions())
    assert [row.measure for row in results(world.con, "I23", period="2025")] == ["value", "share_3plus"]
    (row,) = results(world.con, "I01", "GM0321", "2025")
    assert (row.numerator, row.denominator, row.value, row.missing_share, row.reliable) == (
        1,
        1,
        1.0,
        0.0,
        True,
    )
    assert row.closed
    assert results(world.con, "I06", period="2025")[0].numerator is None


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"indicator": "I99"}, "INDICATOR_UNKNOWN"),
        ({"indicator": "i01"}, "INDICATOR_UNKNOWN"),
        ({"municipality": "Houten"}, "MUNICIPALITY_UNKNOWN"),
        ({"municipality": "GM9999"}, "MUNICIPALITY_UNKNOWN"),
        ({"period": "2025-13"}, "PERIOD_UNKNOWN"),
        ({"period": "2019"}, "PERIOD_UNKNOWN"),
        ({"period": "2025'; drop table indicators.result; --"}, "PERIOD_UNKNOWN"),
    ],
)
def test_asking_for_what_does_not_exist(world: World, asked: dict[str, str], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        results(world.con, **asked)
    assert caught.value.reason == reason
    assert next(iter(asked.values())) not in str(caught.value)
