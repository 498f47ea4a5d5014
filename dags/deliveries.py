"""One DAG per data contract: what a source delivered is taken in, pseudonymised, checked and kept.

    receive -> encode (one task a delivery) -> check -> load -> complete
                                                 check -> held -> gate (one task a delivery that waits for a steward)

A delivery that a critical check stops waits in a run of ``decisions``; nothing here waits for it. A delivery that fails
is one red square: the others go on, and the run as a whole turns red through ``complete``.
Loading tells the domains that got something new, and only those. XComs hold delivery ids, nothing else.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import (
    DAG,
    Asset,
    AssetAlias,
    CronTriggerTimetable,
    Variable,
    dag,
    get_parsing_context,
    task,
)

from integration import orchestration as names
from integration.contracts import contract_ids
from integration.names import DeliveryId
from integration.orchestration import pipeline

names.passphrase_from(Variable.get)

RETRIES = {
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "execution_timeout": timedelta(hours=1),
    "weight_rule": "upstream",  # finish one source before the next is begun
}


def deliveries(source: str) -> DAG:
    loaded = AssetAlias(names.loaded_alias(source))

    @dag(
        dag_id=names.deliveries_dag(source),
        description=f"Take in what {source} delivered",
        schedule=CronTriggerTimetable(
            "15 * * * *", timezone="Europe/Amsterdam", run_immediately=timedelta(0)
        ),
        max_active_runs=1,
        catchup=False,
        default_args=RETRIES,
        tags=["deliveries", source],
        doc_md=__doc__,
    )
    def line() -> None:
        @task
        def receive() -> list[str]:
            """Take the inbox in; also name what an earlier run took in, or a steward let in, and was not finished."""
            pipeline.settle_all(source)
            pipeline.receive(source)
            return pipeline.pending(source)

        @task(pool=names.ENCODE_POOL, map_index_template="{{ task.op_kwargs['delivery_id'] }}")
        def encode(delivery_id: str) -> str:
            return pipeline.encode(delivery_id).delivery_id

        @task(pool=names.CHECK_POOL, trigger_rule="all_done_min_one_success")
        def check(delivery_ids: list[str]) -> list[str]:
            """All of the run's deliveries together, for they share one import of Great Expectations."""
            outcomes = pipeline.check(delivery_ids[:])
            return [outcome.delivery_id for outcome in outcomes if outcome.state in {"checked", "loaded"}]

        @task(outlets=[loaded])
        def load(delivery_ids: list[str], *, outlet_events) -> list[str]:  # type: ignore[no-untyped-def]
            kept = [
                outcome.delivery_id for outcome in pipeline.load(delivery_ids) if outcome.state == "loaded"
            ]
            for domain in sorted({DeliveryId.parse(delivery_id).municipality for delivery_id in kept}):
                outlet_events[loaded].add(Asset(*names.loaded_asset(source, domain)))
            return kept

        @task(trigger_rule="all_done")
        def held() -> list[dict]:
            """What waits for a steward's decision, with the run of its gate; what was decided no longer waits."""
            from integration.airflow_gate import close_decided_gates

            close_decided_gates()
            return [names.gate(waiting.delivery_id, waiting.event) for waiting in pipeline.held(source)]

        encoded = encode.expand(delivery_id=receive())
        checked = check(encoded)
        kept = load(checked)
        waiting = held()
        checked >> waiting
        TriggerDagRunOperator.partial(
            task_id="gate",
            trigger_dag_id=names.DECISIONS_DAG,
            logical_date=None,
            skip_when_already_exists=True,
            openlineage_inject_parent_info=False,
        ).expand_kwargs(waiting)
        [encoded, kept] >> EmptyOperator(task_id="complete", trigger_rule="none_failed")

    return line()


for source in contract_ids():
    # A task's process needs one DAG only; the DAG processor asks for all.
    if get_parsing_context().dag_id in {None, names.deliveries_dag(source)}:
        globals()[names.deliveries_dag(source)] = deliveries(source)
