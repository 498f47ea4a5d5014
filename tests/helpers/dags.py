"""The DAG files as Airflow reads them, in a process of their own, so that no other test gets Airflow's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from helpers.installation import ROOT

INSPECT = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag

bag = DagBag(dag_folder=sys.argv[1])
def told(task):
    names = ("pool", "retries", "trigger_rule", "weight_rule", "is_mapped", "operator_name")
    values = {n: getattr(task, n, None) for n in names}
    return {n: str(getattr(value, "value", value)) for n, value in values.items()} | {
        "after": sorted(task.upstream_task_ids), "outlets": [o.name for o in task.outlets or []],
        "timeout": task.execution_timeout is not None,
    }
def schedule(table):
    inner = getattr(table, "timetable", table)
    assets = getattr(table, "asset_condition", None)
    names = sorted(asset.name for asset in assets.objects) if assets else []
    return {"cron": getattr(inner, "expression", None), "zone": str(getattr(inner, "timezone", None)), "assets": names}
print(json.dumps({
    "errors": {Path(file).name: error for file, error in bag.import_errors.items()},
    "dags": {dag.dag_id: {
        "deadlines": len(dag.deadline or ()), "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup, "schedule": schedule(dag.timetable),
        "tasks": {task.task_id: told(task) for task in dag.tasks},
    } for dag in bag.dags.values()},
}))
"""

TEST_DAG = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
from airflow.models.xcom import XComModel
from airflow.models.asset import AssetEvent
from airflow.utils.session import create_session

dag = DagBag(dag_folder=sys.argv[1]).dags[sys.argv[2]]
for task in dag.tasks:
    task.retries = 0
run = dag.test()
with create_session() as session:
    values = [[x.task_id, x.map_index, x.value] for x in session.query(XComModel)]
    assets = [event.asset.name for event in session.query(AssetEvent)]
print(json.dumps({
    "state": run.state, "xcoms": values, "assets": sorted(assets),
    "tasks": sorted([t.task_id, t.rendered_map_index, t.state] for t in run.get_task_instances()),
}, default=str))
"""
"""Runs one DAG, each task once and in this process, and tells what became of it."""


def environment(home: Path, airflow_home: Path) -> dict[str, str]:
    """What Airflow needs to read the DAG files for the installation at ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    return kept | {
        "INTEGRATION_HOME": str(home),
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    }


def python(code: str, *arguments: str, environment: dict[str, str]) -> Any:
    """Run code in a new process; returns what it prints last, as JSON."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
