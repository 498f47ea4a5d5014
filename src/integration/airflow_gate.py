"""Answering Airflow's gates: a delivery about which was decided no longer waits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from integration.airflow_api import AirflowApi
from integration.airflow_environment import airflow_home
from integration.airflow_local import log_in, running_file
from integration.errors import IntegrationError
from integration.ledger import Ledger
from integration.orchestration import DECISIONS_DAG, GATE_TASK, OPTION_OF, gated
from integration.settings import Settings, get_settings
from integration.stewardship.seats import open_decisions, waits_for_second
from integration.storage import read_json

_log = logging.getLogger(__name__)


def connect(home: Path) -> AirflowApi | None:
    """The API of the Airflow that works for an installation, started here or as services; None when none answers."""
    for port in _ports(home.absolute()):
        api = AirflowApi(port)
        if api.health():
            log_in(api, home.absolute())
            return api
    return None


def _ports(home: Path) -> Iterator[int]:
    if running_file(home).exists():
        yield int(read_json(running_file(home))["port"])
    environment = airflow_home(home) / "environment"
    if environment.exists():
        for line in environment.read_text().splitlines():
            if line.startswith("AIRFLOW__API__PORT="):
                yield int(line.partition("=")[2].strip("'"))


def answer_gates(settings: Settings) -> list[str] | None:
    """Answer every gate that is open though its decision stands; returns those deliveries' ids.

    None when no Airflow answers for this installation: then the next run carries the decisions out. Raises
    :class:`IntegrationError` (AIRFLOW_FAILED) when Airflow refuses; the decisions stand all the same.
    """
    api = connect(settings.home)
    if api is None:
        return None
    ledger, decisions, answered = Ledger(settings.ledger()), open_decisions(settings), []
    for run_id in api.open_gates(DECISIONS_DAG):
        about = gated(run_id)
        entry = ledger.entry(about[0]) if about else None
        if about is None or entry is None:
            continue
        taken = decisions.answering(*about)
        if taken and not waits_for_second(entry, taken) and _answer(api, run_id, taken[-1].kind):
            answered.append(entry.subject)
    return answered


def _answer(api: AirflowApi, run_id: str, kind: str) -> bool:
    """Answer one gate; False when Airflow refuses: the others are answered all the same."""
    try:
        api.answer(DECISIONS_DAG, run_id, GATE_TASK, OPTION_OF[kind])
    except IntegrationError:
        return False
    return True


def close_decided_gates() -> None:
    """Answer what could not be answered when it was decided; for Airflow's own tasks, which nothing here may end."""
    try:
        answer_gates(get_settings())
    except (IntegrationError, OSError, ValueError, KeyError) as error:
        _log.warning("gates could not be answered: %s", type(error).__name__)
