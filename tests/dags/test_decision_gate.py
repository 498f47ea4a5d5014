"""A delivery that a critical check stops waits in a real Airflow until a steward decides; others go on meanwhile."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from helpers.deliveries import add_supplier, full_row, put
from helpers.mail import Postbox, postbox, text_of
from integration import orchestration, pipeline
from integration.actor import this_user
from integration.airflow_environment import airflow_home
from integration.airflow_local import LocalAirflow, running
from integration.airflow_watch import Watch
from integration.names import DeliveryId
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.settings import forget_settings, get_settings
from integration.stage_means import open_ledger
from integration.storage import Zones

STOPPED = "wijkteam.WT0321.GM0321.2026-W04.0001"
FINE = "wijkteam.WT0356.GM0356.2026-W04.0001"
CANARY = "Kanariewal"


@dataclass(frozen=True)
class Scene:
    """One Airflow at work, from the delivery to what came of the decision."""

    home: Path
    box: Postbox
    meanwhile: dict[str, str]
    unanswered: subprocess.CompletedProcess[str]
    second_try: subprocess.CompletedProcess[str]
    decided: subprocess.CompletedProcess[str]

    def airflow(self, query: str) -> list[tuple]:
        """Ask Airflow's own database."""
        with sqlite3.connect(airflow_home(self.home) / "airflow.db") as con:
            return con.execute(query).fetchall()


def make_home(home: Path, box: Postbox) -> Zones:
    """Two wijkteams, one whose rows have no BSN at all; a steward with a mail address."""
    zones = Zones(home)
    calendar = {"frequency": "weekly", "due_days": 10, "since": date(2026, 1, 12)}
    for code, place, bsn in (("WT0321", "GM0321", ""), ("WT0356", "GM0356", None)):
        supplier = add_supplier(home, code, municipalities=[place], calendar=calendar)
        changes = {"bron_org_code": code, "gemeente_code": place} | ({} if bsn is None else {"kind_bsn": bsn})
        rows = [full_row(supplier.contract, number, **changes) for number in range(1, 31)]
        put(home, supplier, rows, municipality=place)
    (home / "integration.toml").write_text(
        f'synthetic = true\nfixed_clock = 2026-02-16T06:00:00+01:00\nsmtp_url = "{box.url}"\n'
    )
    people = [
        {"user": this_user(), "email": "steward@gemeente.example", "since": "2026-01-01",
         "roles": [{"role": role} for role in ("steward", "operator")]},
        {"user": "bram", "email": "plaatsvervanger@gemeente.example", "since": "2026-01-01",
         "roles": [{"role": "deputy-steward"}]},
    ]  # fmt: skip
    (home / "people.yml").write_text(json.dumps({"people": people}).replace('"2026-01-01"', "2026-01-01"))
    forget_settings()
    make_demo_keys(zones)
    return zones


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "integration.cli", "--home", str(home), "quality", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def wait(what: str, ready: object) -> None:
    deadline = time.monotonic() + 120
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(1)


def states() -> dict[str, str]:
    return {entry.subject: entry.state for entry in open_ledger(get_settings()).entries()}


def gate_open(airflow: LocalAirflow) -> bool:
    return bool(airflow.api.open_gates(orchestration.DECISIONS_DAG))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("gate") / "home"
    home.mkdir()
    with postbox() as box, pytest.MonkeyPatch.context() as patch:
        patch.delenv("INTEGRATION_PASSPHRASE", raising=False)
        patch.setenv("INTEGRATION_HOME", str(home))
        patch.setenv("INTEGRATION_DECISION_HOURS", "0.001")
        make_home(home, box)
        source = orchestration.deliveries_dag("wijkteam")
        dags = [source, orchestration.DECISIONS_DAG, orchestration.REMINDERS_DAG]
        with running(home, dags) as airflow:
            watch = Watch(airflow)
            watch.start([source])
            assert watch.until_finished([source]) == []
            wait("the gate opens", lambda: gate_open(airflow))
            meanwhile = states()
            box.wait_for("Nog geen besluit")
            why = ("--reason", "DECIDED_EXPLAINED", "--why", "Het team registreert nog geen nummers")
            unanswered = command(home, "decide", STOPPED, "waive", *why)
            decided = command(home, "decide", STOPPED, "accept", *why, "--json")
            second_try = command(home, "decide", STOPPED, "reject", *why)
            wait("the delivery is loaded", lambda: states()[STOPPED] == "loaded")
            wait("its run ends", lambda: not _open_runs(home))
        yield Scene(home, box, meanwhile, unanswered, second_try, decided)
    forget_settings()


def _open_runs(home: Path) -> int:
    with sqlite3.connect(airflow_home(home) / "airflow.db") as con:
        query = "select count(*) from dag_run where dag_id = 'decisions' and state in ('running', 'queued')"
        return int(con.execute(query).fetchone()[0])


def test_others_go_on_meanwhile(scene: Scene) -> None:
    assert scene.meanwhile == {STOPPED: "held", FINE: "loaded"}


def test_the_steward_is_told_and_reminded(scene: Scene) -> None:
    first, late = scene.box.wait_for("Besluit gevraagd", 1), scene.box.wait_for("Nog geen besluit", 1)
    assert "steward@gemeente.example" in str(first["To"])
    assert "plaatsvervanger" not in str(first["To"])
    assert "plaatsvervanger@gemeente.example" in str(late["To"])
    for message in scene.box.messages:
        assert CANARY not in text_of(message)
    assert "bsn_bruikbaar_50" in text_of(first)
    assert STOPPED in text_of(first)


def test_a_decision_that_cannot_be_is_refused_and_the_gate_stays(scene: Scene) -> None:
    assert scene.unanswered.returncode == 2
    assert "WAIVER_INVALID" in scene.unanswered.stderr


def test_a_decision_lets_the_run_go_on(scene: Scene) -> None:
    assert scene.decided.returncode == 0, scene.decided.stderr
    told = json.loads(scene.decided.stdout)
    assert (told["gate"], told["state"]) == ("answered", "checked")
    tasks = scene.airflow("select task_id, state from task_instance where dag_id = 'decisions'")
    assert dict(tasks) == {"ask": "success", "go_on": "success", "stop": "skipped"}
    runs = scene.airflow("select state from dag_run where dag_id = 'decisions'")
    assert runs == [("success",)]


def test_the_night_is_told_of_it(scene: Scene) -> None:
    told = scene.airflow("select name from asset_event join asset on asset.id = asset_event.asset_id")
    assert {name for (name,) in told} >= {"loaded_wijkteam_GM0321", "loaded_wijkteam_GM0356"}


def test_it_is_decided_once(scene: Scene) -> None:
    assert scene.second_try.returncode == 2
    assert "DECISION_TAKEN" in scene.second_try.stderr
    assert "Kanariewal" not in scene.second_try.stderr


def test_airflow_keeps_ids_only(scene: Scene) -> None:
    for (value,) in scene.airflow("select value from xcom where dag_id = 'decisions'"):
        assert CANARY not in str(value)
    confs = [
        json.loads(conf) for (conf,) in scene.airflow("select conf from dag_run where dag_id = 'decisions'")
    ]
    assert [str(DeliveryId.parse(conf["delivery_id"])) for conf in confs] == [STOPPED]


def test_nothing_is_left_to_decide(scene: Scene) -> None:
    assert pipeline.held() == []
    assert pipeline.decided() == []
