"""The release: the closed periods' figures of all domains are protected and published, once, under a number.

It runs on the 16th of each month (a period closes 45 days after its end, a quarter therefore by the 15th), not
whenever data arrives: figures published from day to day would tell single events apart. A release with the same
figures as the last one is not made.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Variable, dag, task

from integration import orchestration as names
from integration.orchestration import pipeline

names.passphrase_from(Variable.get)


@dag(
    dag_id=names.RELEASE_DAG,
    description="Protect and publish the figures of closed periods",
    schedule=CronTriggerTimetable("0 6 16 * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0)),
    max_active_runs=1,
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(minutes=1), "execution_timeout": timedelta(hours=2)},
    tags=["release"],
    doc_md=__doc__,
)
def releases() -> None:
    @task
    def release() -> int:
        """Protect, then publish; returns the release's number."""
        return pipeline.release().number

    release()


releases()
