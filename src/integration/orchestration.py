"""What things are called in Airflow, shared by the DAG files and whoever sets Airflow up or starts it.

Light on purpose: DAG files import this each time they are parsed. Nothing here imports Airflow.
"""

from __future__ import annotations

import os
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from integration.contracts import contract_ids
from integration.contracts.reading import read_yaml
from integration.errors import DeclarationError, IntegrationError
from integration.names import DomainCode, InvalidName, SourceId, municipality
from integration.reasons import Reason
from integration.storage import Zones

ENCODE_POOL = "encode"
"""How many deliveries are encoded at once: each is a short-lived process of its own."""

CHECK_POOL = "check"
"""How many sources are checked at once: each holds Great Expectations and a delivery in memory."""

RELEASE_DAG = "release"
RETENTION_DAG = "retention"
DECISIONS_DAG = "decisions"
REMINDERS_DAG = "reminders"
GATE_TASK = "ask"
"""The task of ``decisions`` that waits for a person."""
GATE_OPTIONS = {
    "Toelaten": "go_on",
    "Toelaten met ontheffing": "go_on",
    "Opnieuw controleren": "go_on",
    "Opnieuw inlezen": "go_on",
    "Afwijzen": "stop",
    "Nieuwe levering vragen": "stop",
}
"""What a person sees at the gate, and the task that follows."""
OPTION_OF = dict(
    zip(("accept", "waive", "recheck", "replay", "reject", "redeliver"), GATE_OPTIONS, strict=True)
)
"""The option that answers the gate for each kind of decision."""


def decision_hours() -> float:
    """How many hours a decision may take before its steward is reminded; ``INTEGRATION_DECISION_HOURS``, else 48."""
    return float(os.environ.get("INTEGRATION_DECISION_HOURS") or 48)


def gate(delivery_id: str, event: int) -> dict[str, Any]:
    """The run of ``decisions`` about a delivery, for whoever starts it: one for each time that it was held."""
    return {"trigger_run_id": f"{delivery_id}__{event}", "conf": {"delivery_id": delivery_id}}


def gated(run_id: str) -> tuple[str, int] | None:
    """The delivery and the ledger's event that a run of ``decisions`` is about; the inverse of :func:`gate`."""
    delivery_id, _, event = run_id.rpartition("__")
    return (delivery_id, int(event)) if delivery_id and event.isdigit() else None


PASSPHRASE_VARIABLE = "INTEGRATION_PASSPHRASE_VARIABLE"  # noqa: S105  a name, no secret
"""Names the Airflow variable that holds the keyring's passphrase, when Airflow's secrets backend keeps it."""

_secrets: list[Callable[..., str | None]] = []


def passphrase_from(get: Callable[..., str | None]) -> None:
    """Let tasks ask Airflow for the passphrase; ``get`` is ``airflow.sdk.Variable.get``, called as a task begins."""
    _secrets[:] = [get]


def take_passphrase() -> None:
    """Put the passphrase where the settings of this task's process find it; nothing to do unless one is named.

    One that stands in the environment already goes first. Processes that a task starts do not get it. Raises
    :class:`IntegrationError` (KEY_MISSING) when Airflow does not have it.
    """
    name = os.environ.get(PASSPHRASE_VARIABLE)
    if not name or not _secrets or os.environ.get("INTEGRATION_PASSPHRASE"):
        return
    found = _secrets[0](name, default=None)
    if not found:
        raise IntegrationError(Reason.KEY_MISSING, "Airflow has no such variable")
    os.environ["INTEGRATION_PASSPHRASE"] = str(found).strip()


class _Stages:
    """The functions of :mod:`integration.pipeline`, imported when first called, for tasks.

    What a task raises ends up in Airflow's log. Our own errors hold no value from the data and pass; of any other
    only its type and the place in our code are told, as an :class:`IntegrationError` (INTERNAL).
    """

    def __getattr__(self, stage: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            from integration import pipeline as line

            try:
                take_passphrase()
                return getattr(line, stage)(*arguments, **named)
            except IntegrationError:
                raise
            except Exception as error:
                detail = f"{type(error).__name__} in {stage}{_place(error)}"
            raise IntegrationError(Reason.INTERNAL, detail)

        return call


pipeline = _Stages()
"""What DAG files call in place of the module."""


def _place(error: Exception) -> str:
    """File and line of the innermost frame in our own code."""
    own = str(Path(__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(own)]
    return f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def zones() -> Zones:
    """The zones of the installation that Airflow works for: ``INTEGRATION_HOME``, else ``./var``."""
    return Zones(Path(os.environ.get("INTEGRATION_HOME") or "var").absolute())


def deliveries_dag(source: str) -> str:
    """The DAG that takes a source's deliveries in."""
    return f"deliveries_{source}"


def nightly_dag(domain: str) -> str:
    """The DAG of one domain's night."""
    return f"nightly_{domain}"


def domain_of_nightly(dag_id: str) -> DomainCode | None:
    """The domain of a nightly DAG's id, None for another DAG's; the inverse of :func:`nightly_dag`."""
    domain = dag_id.removeprefix("nightly_")
    return DomainCode(domain) if domain != dag_id else None


def warehouse_pool(domain: str) -> str:
    """The pool with one slot that makes a domain's nightly run the only writer of its file."""
    return f"warehouse_{domain}"


def loaded_alias(source: str) -> str:
    """The asset alias under which a source's load says which domains got something new."""
    return f"loaded_{source}"


def loaded_asset(source: str, domain: str) -> tuple[str, str]:
    """Name and URI of the asset "records of this source for this domain"."""
    return f"loaded_{source}_{domain}", f"x-integration://linked/{domain}/{source}"


def published_asset(domain: str) -> tuple[str, str]:
    """Name and URI of the asset "this domain's published warehouse file"."""
    return f"published_{domain}", f"x-integration://warehouse/{domain}"


def supplied(suppliers: Path) -> dict[DomainCode, tuple[SourceId, ...]]:
    """For every domain the sources that deliver for it, from the supplier files' keys source and municipalities.

    A file that cannot be read is passed over: the other domains' nights go on, and the stages themselves refuse
    that file by name.
    """
    known = set(contract_ids())
    found: dict[DomainCode, set[SourceId]] = defaultdict(set)
    for path in sorted(suppliers.glob("*.yml")):
        for domain, source in _deliveries_of(path):
            if source in known:
                found[domain].add(source)
    return {domain: tuple(sorted(found[domain])) for domain in sorted(found)}


def _deliveries_of(path: Path) -> list[tuple[DomainCode, SourceId]]:
    try:
        document = read_yaml(path)
        named = document.get("municipalities")
        places = [municipality(str(place)) for place in named] if isinstance(named, list) else []
    except (DeclarationError, InvalidName):
        return []
    return [(DomainCode(place), SourceId(str(document.get("source")))) for place in places]


def pools(domains: Iterable[DomainCode], workers: int, cores: int) -> dict[str, tuple[int, str]]:
    """The pools that the DAGs use: slots and description by name. ``workers`` is how many tasks may run at once."""
    shared = {
        ENCODE_POOL: (workers, "deliveries encoded at once"),
        CHECK_POOL: (cores, "sources checked at once"),
    }
    writers = {
        warehouse_pool(domain): (1, f"the one writer of {domain}'s warehouse file") for domain in domains
    }
    return shared | writers
