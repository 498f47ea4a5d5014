"""One DAG per domain: its persons and families are linked, modelled and checked, its figures calculated and published.

    link -> model -> check -> overview -> indicators

A critical check that fails after linking ends the night there: the file of the night before stays.

It runs every night at 2, and by day as soon as every source of the domain has brought something new since the
last such run. Its pool has one slot, so that a domain's warehouse file has one writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from airflow.sdk import (
    DAG,
    Asset,
    AssetAll,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Variable,
    dag,
    get_parsing_context,
    task,
)

from integration import orchestration as names
from integration.orchestration import pipeline

names.passphrase_from(Variable.get)


def nightly(domain: str, sources: Sequence[str]) -> DAG:
    @dag(
        dag_id=names.nightly_dag(domain),
        description=f"Link, model, check and calculate {domain}",
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(
                "0 2 * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0)
            ),
            assets=AssetAll(*(Asset(*names.loaded_asset(source, domain)) for source in sources)),
        ),
        max_active_runs=1,
        catchup=False,
        default_args={
            "pool": names.warehouse_pool(domain),
            "retries": 1,
            "retry_delay": timedelta(minutes=1),
            "execution_timeout": timedelta(hours=4),
        },
        tags=["nightly", domain],
        doc_md=__doc__,
    )
    def night() -> None:
        @task
        def link() -> None:
            pipeline.link(domain)

        @task
        def model() -> None:
            pipeline.model(domain)

        @task
        def check() -> None:
            """Hold the core tables against their suites; results without values go into the domain's file."""
            pipeline.check_model(domain)

        @task
        def overview() -> None:
            pipeline.overview(domain)

        @task(outlets=[Asset(*names.published_asset(domain))])
        def indicators() -> None:
            """Calculate, then publish the domain's file by an atomic rename."""
            pipeline.indicators(domain)

        link() >> model() >> check() >> overview() >> indicators()

    return night()


# A task's process needs one DAG, whose schedule no longer matters; the DAG processor asks for all.
only = names.domain_of_nightly(get_parsing_context().dag_id or "")
domains = {only: ("any",)} if only else names.supplied(names.zones().suppliers)
for domain, sources in domains.items():
    globals()[names.nightly_dag(domain)] = nightly(domain, sources)
