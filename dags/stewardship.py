"""For data stewards: a run of ``decisions`` for each delivery that a critical check stopped, and ``reminders``.

    decisions:   ask -> go_on | stop          reminders:   remind

``ask`` waits until a decision, written with ``integration quality decide`` or on a steward page, answers
it; what was decided stands in the decision store, the answer only lets the run go on. Others go on meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLBranchOperator
from airflow.sdk import (
    Asset,
    AssetAlias,
    BaseNotifier,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    SyncCallback,
    Variable,
    dag,
    task,
)

from integration import orchestration as names
from integration.names import DeliveryId
from integration.orchestration import pipeline

names.passphrase_from(Variable.get)

DELIVERY = "{{ dag_run.conf['delivery_id'] }}"
UNTIL_WRITTEN = {
    "retries": 1000,
    "retry_delay": timedelta(minutes=5),
    "execution_timeout": timedelta(hours=1),
}
"""Somebody who answers in Airflow itself is waited for until the decision is written."""


def mail(notices: list[Any]) -> None:
    """Send messages through Airflow's mail notifier; none where no mail server is set."""
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    for notice in notices:
        SmtpNotifier(to=list(notice.to), subject=notice.subject, html_content=notice.html).notify({})


class StewardNotifier(BaseNotifier):
    """Tells the steward of a delivery that it waits for a decision; Airflow calls it when the gate opens."""

    def notify(self, context: Any) -> None:
        """Send it."""
        mail(pipeline.notices_of_waiting(context["dag_run"].conf["delivery_id"]))


def decision_is_late(context: Any) -> None:
    """Remind the steward and the deputy: called by the deadline of a run of ``decisions``."""
    mail(pipeline.notices_of_waiting(context["dag_run"]["conf"]["delivery_id"], late=True))


@dag(
    dag_id=names.DECISIONS_DAG,
    description="Wait for a steward's decision about a delivery that a critical check stopped",
    schedule=None,
    max_active_runs=1000,
    max_active_tasks=1000,
    catchup=False,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=names.decision_hours()),
        callback=SyncCallback(decision_is_late),
    ),
    tags=["stewardship"],
    doc_md=__doc__,
)
def decisions() -> None:
    loaded = AssetAlias(names.loaded_alias("decided"))
    ask = HITLBranchOperator(
        task_id=names.GATE_TASK,
        subject=f"Levering {DELIVERY} wacht op een besluit",
        body=f"Besluiten: `integration quality show {DELIVERY}`, daarna `integration quality decide {DELIVERY}`.",
        options=list(names.GATE_OPTIONS),
        options_mapping=names.GATE_OPTIONS,
        notifiers=[StewardNotifier()],
        retries=1,
    )

    @task(outlets=[loaded], **UNTIL_WRITTEN)
    def go_on(*, dag_run, outlet_events) -> list[str]:  # type: ignore[no-untyped-def]
        """Carry the decision out and bring the delivery to the linked zone."""
        delivery_id = dag_run.conf["delivery_id"]
        kept = [o.delivery_id for o in pipeline.go_on(delivery_id) if o.state == "loaded"]
        for name in kept:
            domain = DeliveryId.parse(name).municipality
            source = DeliveryId.parse(name).source
            outlet_events[loaded].add(Asset(*names.loaded_asset(source, domain)))
        return kept

    @task(**UNTIL_WRITTEN)
    def stop(*, dag_run) -> str:  # type: ignore[no-untyped-def]
        """Carry the decision out: the delivery stays out."""
        return pipeline.go_on(dag_run.conf["delivery_id"])[0].delivery_id

    ask >> [go_on(), stop()]


@dag(
    dag_id=names.REMINDERS_DAG,
    description="Remind stewards of what is late, waits, or ends soon",
    schedule=CronTriggerTimetable("0 8 * * 1-5", timezone="Europe/Amsterdam", run_immediately=timedelta(0)),
    max_active_runs=1,
    catchup=False,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(minutes=10),
    },
    tags=["stewardship"],
    doc_md=__doc__,
)
def reminders() -> None:
    @task
    def remind() -> int:
        """Send one message to each steward about whom there is something to tell; returns how many."""
        notices = pipeline.reminders()
        mail(notices)
        return len(notices)

    remind()


decisions()
reminders()
