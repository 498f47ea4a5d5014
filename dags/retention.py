"""Retention: every night, what was kept for as long as it may be is removed, by the installation's one clock.

It works on all zones at once, after the nights; what still waits is only counted. A purge that was cut off is finished
by the next one.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Variable, dag, task

from integration import orchestration as names
from integration.orchestration import pipeline

names.passphrase_from(Variable.get)


@dag(
    dag_id=names.RETENTION_DAG,
    description="Remove what was kept for as long as it may be",
    schedule=CronTriggerTimetable("0 5 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0)),
    max_active_runs=1,
    catchup=False,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=2),
    },
    tags=["retention"],
    doc_md=__doc__,
)
def retention() -> None:
    @task
    def purge() -> int:
        """Purge; returns how many deliveries, records and days of logs went."""
        return pipeline.purge().removed

    purge()


retention()
