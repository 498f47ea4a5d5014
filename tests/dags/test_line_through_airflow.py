"""The line through Airflow: a failure stays where it is, and the outcome is that of the line without Airflow."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers.dags import TEST_DAG, environment, python
from helpers.installation import ROOT
from integration import pipeline, warehouse
from integration.airflow_environment import airflow_home
from integration.airflow_local import migrate
from integration.demo import run_demo
from integration.names import DeliveryId
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.sample import generate
from integration.settings import forget_settings, get_settings
from integration.storage import Zones

DOMAIN = "GM0321"
SAMPLE = {"scale": 0.01, "busy": 1.0}


def small(home: Path, suppliers: tuple[str, ...]) -> Zones:
    """A sample of which only these suppliers are left; about one municipality."""
    zones = Zones(home)
    generate(zones, **SAMPLE)
    for path in (*zones.suppliers.glob("*.yml"), *zones.inbox.iterdir()):
        if path.stem not in suppliers:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    make_demo_keys(zones)
    return zones


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Choose the installation that the stages work on."""

    def choose(home: Path) -> None:
        monkeypatch.setenv("INTEGRATION_HOME", str(home))
        forget_settings()

    monkeypatch.delenv("INTEGRATION_PASSPHRASE", raising=False)
    yield choose
    forget_settings()


def test_one_failed_delivery_stops_no_other(tmp_path: Path, use) -> None:
    zones = small(tmp_path / "home", ("WT0321",))
    use(zones.home)
    pipeline.receive()
    first, broken, *others = pipeline.pending()
    (zones.raw_dir(DeliveryId.parse(broken)) / "payload.csv").unlink()
    variables = environment(zones.home, tmp_path / "airflow")
    migrate(tmp_path, variables)

    told = python(TEST_DAG, str(ROOT / "dags"), "deliveries_wijkteam", environment=variables)

    encoded = {index: state for task, index, state in told["tasks"] if task == "encode"}
    assert encoded == {broken: "failed"} | dict.fromkeys([first, *others], "success")
    states = {task: state for task, _, state in told["tasks"] if task != "encode"}
    assert states == {
        "receive": "success",
        "check": "success",
        "load": "success",
        "complete": "upstream_failed",
        "held": "success",
        "gate": "skipped",
    }
    assert told["state"] == "failed"
    assert told["assets"] == [f"loaded_wijkteam_{DOMAIN}"]
    assert pipeline.pending() == [broken]
    assert [value for task, _, value in told["xcoms"] if task == "load"] == [[first, *others]]


@dataclass(frozen=True)
class Both:
    """The same sample, once through Airflow and once without."""

    with_airflow: Zones
    without: Zones

    def airflow(self, query: str) -> list[tuple]:
        """Ask Airflow's own database."""
        with sqlite3.connect(airflow_home(self.with_airflow.home) / "airflow.db") as con:
            return con.execute(query).fetchall()


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("line")
    zones = small(folder / "with", ("WT0321", "VT0321"))
    shutil.copytree(zones.home, folder / "without")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INTEGRATION_PASSPHRASE", raising=False)
        patch.setenv("INTEGRATION_HOME", str(folder / "without"))
        forget_settings()
        pipeline.run()
        run_demo(zones.home, **SAMPLE)
        yield Both(zones, Zones(folder / "without"))
    forget_settings()


def rows(zones: Zones) -> dict[str, list[tuple]]:
    """Every table of the domain's published file, with its column names, in an order that says nothing."""
    with warehouse.connect(zones.published(DOMAIN), get_settings(), read_only=True) as con:
        return {
            name: [
                tuple(column[:2] for column in con.execute(f"describe {name}").fetchall()),
                *con.execute(f"select * from {name} order by all").fetchall(),
            ]
            for name in warehouse.tables(con)
        }


def test_the_warehouse_is_the_same(both: Both) -> None:
    mine, other = rows(both.with_airflow), rows(both.without)
    assert mine.keys() == other.keys()
    assert [name for name in mine if mine[name] != other[name]] == []
    assert len(mine["core.person"]) > 1
    assert len(mine["indicators.result"]) > 1


def test_the_release_is_the_same(both: Both) -> None:
    def figures(zones: Zones) -> dict[str, bytes]:
        folder = zones.releases / "0001"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.csv")}

    assert figures(both.with_airflow) == figures(both.without) != {}


def test_new_data_starts_the_night_once(both: Both) -> None:
    runs = both.airflow("select dag_id, run_type, state, count(*) from dag_run group by 1, 2, 3")
    assert {run[2] for run in runs} == {"success"}
    assert [run for run in runs if run[0] == f"nightly_{DOMAIN}"] == [
        (f"nightly_{DOMAIN}", "asset_triggered", "success", 1)
    ]


def test_a_source_without_deliveries_tells_nobody(both: Both) -> None:
    tasks = both.airflow("select task_id, state from task_instance where dag_id = 'deliveries_politie'")
    assert dict(tasks) == {
        "receive": "success",
        "encode": "skipped",
        "check": "skipped",
        "load": "skipped",
        "complete": "success",
        "held": "success",
        "gate": "skipped",
    }
    told = both.airflow("select distinct name from asset_event join asset on asset.id = asset_event.asset_id")
    assert {name for (name,) in told if name.startswith("loaded_")} == {
        f"loaded_{source}_{DOMAIN}" for source in ("wijkteam", "veilig_thuis")
    }


def test_xcoms_hold_ids_only(both: Both) -> None:
    for task, text in both.airflow("select task_id, value from xcom"):
        value = json.loads(str(text))  # SQLite gives a bare number back as one
        if task == "release":
            assert value == 1
            continue
        for delivery_id in value if isinstance(value, list) else [value]:
            assert str(DeliveryId.parse(delivery_id)) == delivery_id


def test_nothing_is_done_twice(both: Both, capsys: pytest.CaptureFixture[str]) -> None:
    before = both.airflow("select count(*) from dag_run")
    run_demo(both.with_airflow.home, **SAMPLE)
    assert "Airflow is not needed" in capsys.readouterr().err
    assert both.airflow("select count(*) from dag_run") == before
    assert [path.name for path in both.with_airflow.releases.iterdir() if path.name.isdigit()] == ["0001"]


def test_nothing_is_left_running(both: Both) -> None:
    assert not (airflow_home(both.with_airflow.home) / "running.json").exists()


def test_secrets_are_for_their_owner(both: Both) -> None:
    place = airflow_home(both.with_airflow.home)
    assert place.stat().st_mode & 0o777 == 0o700
    for name in ("jwt-secret", "passwords.json", "airflow.cfg"):
        assert (place / name).stat().st_mode & 0o077 == 0, name
