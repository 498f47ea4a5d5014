"""The DAG files: they load, they are light, and each DAG is what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.dags import INSPECT, environment, python
from helpers.installation import ROOT
from integration import orchestration
from integration.contracts import contract_ids

HEAVY = [
    "pandas", "numpy", "duckdb", "great_expectations", "pyarrow", "scipy", "altair", "pydantic_settings",
    "integration.pipeline", "integration.settings",
]  # fmt: skip
READ = """
import json, runpy, sys
names = [name for file in sys.argv[1:] for name in runpy.run_path(file)]
dags = sorted(name for name in names if name.startswith(("deliveries_", "nightly_")))
print(json.dumps({"loaded": sorted(sys.modules), "dags": dags}))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two municipalities; the second has no police and a supplier file that cannot be read."""
    home = tmp_path_factory.mktemp("home")
    (home / "suppliers").mkdir()
    for code, source, places in (
        ("WT0321", "wijkteam", "[GM0321]"),
        ("VT0001", "veilig_thuis", "[GM0321, GM0228]"),
        ("PO0001", "politie", "[GM0321]"),
    ):
        text = f"code: {code}\nsource: {source}\nmunicipalities: {places}\n"
        (home / "suppliers" / f"{code}.yml").write_text(text)
    (home / "suppliers" / "WT0228.yml").write_text("source: [wijkteam\n")
    return home


@pytest.fixture(scope="module")
def dags(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = python(
        INSPECT, str(ROOT / "dags"), environment=environment(home, tmp_path_factory.mktemp("airflow"))
    )
    assert found["errors"] == {}
    return found["dags"]


def test_one_dag_for_each_contract_and_domain(dags: dict[str, Any]) -> None:
    wanted = {f"deliveries_{source}" for source in contract_ids()}
    others = {"nightly_GM0228", "nightly_GM0321", "release", "retention", "decisions", "reminders"}
    assert set(dags) == wanted | others


def test_one_run_at_a_time_and_none_for_the_past(dags: dict[str, Any]) -> None:
    others = [dag for name, dag in dags.items() if name != "decisions"]
    assert {(dag["max_active_runs"], dag["catchup"]) for dag in others} == {(1, False)}


def test_every_task_is_tried_again_and_ends_some_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        for name, task in dag["tasks"].items():
            assert int(task["retries"]) >= 1, name
            assert task["timeout"] or name == "ask", name  # a person's time has a deadline, not an end


def test_what_waits_for_a_person_has_a_deadline_and_holds_nobody_up(dags: dict[str, Any]) -> None:
    gate = dags["decisions"]
    assert (gate["deadlines"], gate["max_active_runs"]) == (1, 1000)
    assert {name: task["after"] for name, task in gate["tasks"].items()} == {
        "ask": [], "go_on": ["ask"], "stop": ["ask"],
    }  # fmt: skip
    assert set(orchestration.GATE_OPTIONS.values()) == {"go_on", "stop"}
    assert gate["tasks"]["go_on"]["outlets"] == ["loaded_decided"]
    assert gate["schedule"]["cron"] is None
    assert dags["reminders"]["schedule"]["cron"] == "0 8 * * 1-5"


def test_a_source(dags: dict[str, Any]) -> None:
    tasks = dags["deliveries_wijkteam"]["tasks"]
    assert {name: task["after"] for name, task in tasks.items()} == {
        "receive": [],
        "encode": ["receive"],
        "check": ["encode"],
        "load": ["check"],
        "complete": ["encode", "load"],
        "held": ["check"],
        "gate": ["held"],
    }
    assert tasks["held"]["trigger_rule"] == "all_done"
    assert tasks["encode"]["is_mapped"] == "True"
    assert (tasks["encode"]["pool"], tasks["check"]["pool"]) == ("encode", "check")
    assert tasks["check"]["trigger_rule"] == "all_done_min_one_success"
    assert tasks["complete"]["trigger_rule"] == "none_failed"
    assert tasks["load"]["outlets"] == ["loaded_wijkteam"]


def test_a_night(dags: dict[str, Any]) -> None:
    tasks = dags["nightly_GM0321"]["tasks"]
    assert {name: task["after"] for name, task in tasks.items()} == {
        "link": [],
        "model": ["link"],
        "check": ["model"],
        "overview": ["check"],
        "indicators": ["overview"],
    }
    assert {task["pool"] for task in tasks.values()} == {"warehouse_GM0321"}
    assert tasks["indicators"]["outlets"] == ["published_GM0321"]


def test_a_night_comes_at_two_or_when_every_source_brought_something(dags: dict[str, Any]) -> None:
    schedule = {"cron": "0 2 * * *", "zone": "Europe/Amsterdam"}
    all_three = ["loaded_politie_GM0321", "loaded_veilig_thuis_GM0321", "loaded_wijkteam_GM0321"]
    assert dags["nightly_GM0321"]["schedule"] == schedule | {"assets": all_three}
    assert dags["nightly_GM0228"]["schedule"] == schedule | {"assets": ["loaded_veilig_thuis_GM0228"]}


def test_the_release_is_not_made_whenever_data_arrives(dags: dict[str, Any]) -> None:
    assert dags["release"]["schedule"] == {"cron": "0 6 16 * *", "zone": "Europe/Amsterdam", "assets": []}
    assert dags["retention"]["schedule"] == {"cron": "0 5 * * *", "zone": "Europe/Amsterdam", "assets": []}


def test_every_pool_in_use_is_made(dags: dict[str, Any], home: Path) -> None:
    made = orchestration.pools(orchestration.supplied(home / "suppliers"), workers=8, cores=2)
    used = {task["pool"] for dag in dags.values() for task in dag["tasks"].values()}
    assert used <= made.keys() | {"default_pool"}
    assert {slots for name, (slots, _) in made.items() if name.startswith("warehouse_")} == {1}


def read(home: Path, airflow: Path, *files: str, **variables: str) -> dict[str, Any]:
    paths = [str(ROOT / "dags" / f"{file}.py") for file in files]
    return python(READ, *paths, environment=environment(home, airflow) | variables)


def test_parsing_is_light(home: Path, tmp_path: Path) -> None:
    loaded = read(home, tmp_path, "deliveries", "nightly", "releases", "retention", "stewardship")["loaded"]
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize(
    ("dag_id", "file"), [("deliveries_politie", "deliveries"), ("nightly_GM0999", "nightly")]
)
def test_a_task_reads_its_own_dag_only(dag_id: str, file: str, home: Path, tmp_path: Path) -> None:
    """Airflow tells a task's process which DAG it is about; then no supplier file is read either."""
    assert read(home, tmp_path, file, _AIRFLOW_PARSING_CONTEXT_DAG_ID=dag_id)["dags"] == [dag_id]
