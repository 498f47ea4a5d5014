"""The check after linking, as a stage of the night: what passes is told, what is critical keeps the old file."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from helpers.rights import ANNE, DOMAIN, deliver, row
from integration import pipeline
from integration.cli import line  # noqa: F401  it registers its commands
from integration.cli.app import app
from integration.errors import IntegrationError
from integration.quality import model_check
from integration.reasons import Reason
from integration.settings import Settings
from integration.storage import read_json

REALLY_CHECK = model_check.check_tables


@pytest.fixture
def town(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The tiny municipality, with something new to link tonight, and its tables really checked."""
    monkeypatch.setattr(model_check, "check_tables", REALLY_CHECK)
    deliver("2026-W05", 2, [row(ANNE, 4)])
    return settings


def published(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.zones.published(DOMAIN)), read_only=True) as con:
        return con.execute(query).fetchall()


def broken(folder: Path, severity: str) -> model_check.Place:
    """Suites of which one cannot hold: there shall be no person."""
    folder.mkdir()
    suite = {
        "name": "person",
        "meta": {"version": "1.0.0", "nl": "Proef", "en": "Trial"},
        "expectations": [
            {
                "type": "expect_table_row_count_to_be_between",
                "severity": severity,
                "kwargs": {"max_value": 0},
                "meta": {"id": "niemand", "nl": "Er is niemand", "en": "There is nobody"},
            }
        ],
    }
    (folder / "person.json").write_text(json.dumps(suite))
    core = model_check.core_tables()
    return model_check.Place(core.schema, folder, core.checks)


def test_what_a_night_found_is_published_with_it(town: Settings) -> None:
    results = pipeline.nightly(DOMAIN)
    assert [result.stage for result in results] == ["link", "model", "check_model", "overview", "indicators"]
    told = read_json(town.zones.model_check(DOMAIN))
    assert told["outcome"] in {"passed", "warned"}
    assert results[2].counts == told["counts"]
    assert told["counts"]["checks"] == sum(len(table["checks"]) for table in told["tables"]) > 100
    assert published(town, "select count(*), count(distinct table_name) from meta.check") == [
        (told["counts"]["checks"], 15)
    ]
    assert not town.zones.model_check(DOMAIN, building=True).exists()
    manifest = read_json(town.zones.warehouse / f"{DOMAIN}.json")
    assert [told["loaded"] for told in manifest["rests_on"] if told["source"] == "wijkteam"] == [2]


def test_a_critical_check_keeps_the_file_of_the_night_before(
    town: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = town.zones.published(DOMAIN).read_bytes()
    manifest = (town.zones.warehouse / f"{DOMAIN}.json").read_bytes()
    place = broken(tmp_path / "suites", "critical")
    monkeypatch.setattr(model_check, "core_tables", lambda: place)
    with pytest.raises(IntegrationError) as stopped:
        pipeline.nightly(DOMAIN)
    assert stopped.value.reason is Reason.MODEL_CHECK_CRITICAL
    assert stopped.value.detail == "person.niemand"
    for stage in (pipeline.overview, pipeline.indicators):
        with pytest.raises(IntegrationError) as out_of_order:
            stage(DOMAIN)
        assert out_of_order.value.reason is Reason.STAGE_ORDER
    assert town.zones.published(DOMAIN).read_bytes() == before
    assert (town.zones.warehouse / f"{DOMAIN}.json").read_bytes() == manifest
    assert read_json(town.zones.model_check(DOMAIN, building=True))["outcome"] == "failed"


def test_one_domain_that_is_stopped_lets_the_run_go_on_and_is_told(
    town: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = broken(tmp_path / "suites", "critical")
    monkeypatch.setattr(model_check, "core_tables", lambda: place)
    result = pipeline.run()
    assert result.exit_code == 2
    assert [(night.stage, night.reason) for night in result.domains] == [
        ("check_model", "MODEL_CHECK_CRITICAL")
    ]
    shown = CliRunner().invoke(app, ["status"])
    assert "GESTOPT" in shown.stdout
    (domain,) = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["domains"]
    assert domain["stopped"]["not_held"] == ["person.niemand"]
    monkeypatch.setattr(model_check, "core_tables", CORE)
    assert pipeline.run().domains[-1].stage == "indicators"
    (domain,) = json.loads(CliRunner().invoke(app, ["status", "--json"]).stdout)["domains"]
    assert domain["stopped"] is None
    assert domain["checked"]["outcome"] in {"passed", "warned"}


CORE = model_check.core_tables


def test_a_warning_passes_and_is_shown(
    town: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = broken(tmp_path / "suites", "warning")
    monkeypatch.setattr(model_check, "core_tables", lambda: place)
    assert pipeline.nightly(DOMAIN)[2].counts == {"checks": 1, "failed": 0, "warned": 1, "could_not_run": 0}
    assert published(town, "select table_name, check_id, result, rows, unexpected from meta.check") == [
        ("person", "niemand", "failed", published(town, "select count(*) from core.person")[0][0], None)
    ]


def test_new_tables_are_not_published_on_an_old_check(town: Settings) -> None:
    pipeline.link(DOMAIN)
    pipeline.model(DOMAIN)
    pipeline.check_model(DOMAIN)
    pipeline.model(DOMAIN)
    with pytest.raises(IntegrationError) as out_of_order:
        pipeline.indicators(DOMAIN)
    assert out_of_order.value.reason is Reason.STAGE_ORDER


def test_on_what_the_night_rests_is_shown_in_dutch(town: Settings) -> None:
    pipeline.nightly(DOMAIN)
    shown = CliRunner().invoke(app, ["status"], env={"COLUMNS": "250"})
    assert "Waarop de nacht rust" in shown.stdout
    assert "Controles na het koppelen" in shown.stdout
