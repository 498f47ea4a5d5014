"""A small client of Airflow's REST API on this machine; enough to trigger runs and to watch them.

Standard library only, and never through a proxy: the address is always loopback.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from integration.errors import IntegrationError
from integration.reasons import Reason

FINISHED_TASK = ("success", "failed", "skipped", "upstream_failed", "removed")
FINISHED_RUN = ("success", "failed")
_PAGE = 100
_WAIT_SECONDS = 30
_TRIES = 8
_PAUSE_SECONDS = 3


class _NotDone(IntegrationError):
    """Airflow answered with an error; ``code`` is that of HTTP, or 0 when there was no answer."""

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(Reason.AIRFLOW_FAILED, detail)
        self.code = code

    @property
    def may_pass(self) -> bool:
        """Whether the same call may go well a little later."""
        return not self.code or self.code >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass(frozen=True)
class Run:
    """One run of a DAG: what started it (``manual``, ``scheduled``, ``asset_triggered``) and its state."""

    dag_id: str
    run_id: str
    kind: str
    state: str
    queued_at: str

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.state in FINISHED_RUN


@dataclass(frozen=True)
class FailedTask:
    """A task that failed itself (not one that waited for it); ``index`` is what it was mapped over, if anything."""

    dag_id: str
    run_id: str
    task_id: str
    index: str
    map_index: int
    tries: int

    @property
    def name(self) -> str:
        """DAG, task and what it was about."""
        return f"{self.dag_id}.{self.task_id}" + (f"[{self.index}]" if self.index else "")

    def log(self, home: Path) -> Path:
        """Where the log of its last try is, in the installation at ``home``."""
        folder = (
            home
            / "airflow"
            / "logs"
            / f"dag_id={self.dag_id}"
            / f"run_id={self.run_id}"
            / f"task_id={self.task_id}"
        )
        return (
            folder / f"map_index={self.map_index}" if self.map_index >= 0 else folder
        ) / f"attempt={self.tries}.log"


class AirflowApi:
    """Airflow at ``http://127.0.0.1:<port>``, with the token of one user.

    Every method raises :class:`IntegrationError` (AIRFLOW_FAILED) when Airflow refuses or does not answer.
    """

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._token = ""

    def health(self) -> dict[str, str]:
        """The state of each component by name (``healthy``); empty while nothing answers."""
        try:
            told = self._call("GET", "/api/v2/monitor/health")
        except IntegrationError:
            return {}
        return {name: part.get("status") or "" for name, part in told.items()}

    def log_in(self, user: str, password: str) -> None:
        """Get the token that the other calls need."""
        told = self._call("POST", "/auth/token", {"username": user, "password": password})
        self._token = told["access_token"]

    def dags(self) -> dict[str, bool]:
        """The DAGs that Airflow knows; True for those that are paused."""
        return {dag["dag_id"]: dag["is_paused"] for dag in self._pages("/api/v2/dags", "dags")}

    def import_errors(self) -> list[str]:
        """The DAG files that cannot be imported, by name."""
        return [str(error["filename"]) for error in self._pages("/api/v2/importErrors", "import_errors")]

    def resume(self, dag_id: str) -> None:
        """Let a paused DAG run."""
        self._call("PATCH", f"/api/v2/dags/{quote(dag_id)}?update_mask=is_paused", {"is_paused": False})

    def trigger(self, dag_id: str) -> str:
        """Start a run now; returns its id.

        A server that is just starting, or whose database is busy, may break off: it is asked again, some times.
        The id is given here, so that no run is started twice: of one that was made all the same, Airflow says that
        it is there (409).
        """
        run_id = f"manual__{uuid.uuid4()}"
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns"
        body = {"logical_date": None, "dag_run_id": run_id}
        for left in reversed(range(_TRIES)):
            try:
                self._call("POST", path, body)
            except _NotDone as error:
                made_before = error.code == HTTPStatus.CONFLICT and left < _TRIES - 1
                if made_before:
                    break
                if not left or not error.may_pass:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                break
        return run_id

    def open_gates(self, dag_id: str) -> list[str]:
        """The runs of a DAG in which a task waits for a person's answer."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/~/hitlDetails?response_received=false"
        return [row["task_instance"]["dag_run_id"] for row in self._pages(path, "hitl_details")]

    def answer(self, dag_id: str, run_id: str, task_id: str, option: str) -> bool:
        """Answer a task that waits for a person; False when somebody answered it before."""
        place = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}/taskInstances/{quote(task_id)}/-1"
        try:
            self._call("PATCH", f"{place}/hitlDetails", {"chosen_options": [option], "params_input": {}})
        except _NotDone as error:
            if error.code != HTTPStatus.CONFLICT:
                raise
            return False
        return True

    def runs(self) -> list[Run]:
        """The newest runs of all DAGs, newest first."""
        path = f"/api/v2/dags/~/dagRuns?{urlencode({'limit': _PAGE, 'order_by': '-run_after'})}"
        return [_run(row) for row in self._call("GET", path)["dag_runs"]]

    def tasks(self, run: Run, states: Sequence[str] = ()) -> int:
        """How many tasks a run has so far, or how many of them are in one of ``states``."""
        path = f"/api/v2/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id)}/taskInstances"
        told = self._call("GET", f"{path}?{urlencode({'limit': 1, 'state': list(states)}, doseq=True)}")
        return int(told["total_entries"])

    def failed_tasks(self, run: Run) -> list[FailedTask]:
        """The tasks that failed in a run."""
        path = f"/api/v2/dags/{quote(run.dag_id)}/dagRuns/{quote(run.run_id)}/taskInstances?state=failed"
        return [
            FailedTask(
                dag_id=run.dag_id,
                run_id=run.run_id,
                task_id=row["task_id"],
                index=str(row.get("rendered_map_index") or "") if row["map_index"] >= 0 else "",
                map_index=int(row["map_index"]),
                tries=int(row["try_number"]),
            )
            for row in self._pages(path, "task_instances")
        ]

    def _pages(self, path: str, key: str) -> Iterator[dict[str, Any]]:
        offset, mark = 0, "&" if "?" in path else "?"
        while True:
            page = self._call("GET", f"{path}{mark}{urlencode({'limit': _PAGE, 'offset': offset})}")
            yield from page[key]
            offset += len(page[key])
            if not page[key] or offset >= page["total_entries"]:
                return

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, content, headers, method=method)  # noqa: S310 loopback
        try:
            with self._opener.open(request, timeout=_WAIT_SECONDS) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise _NotDone(error.code, f"{method} {path.split('?')[0]}: {error.code}") from None
        except (OSError, ValueError) as error:
            raise _NotDone(0, f"no answer: {type(error).__name__}") from None


def _run(row: dict[str, Any]) -> Run:
    return Run(
        dag_id=row["dag_id"],
        run_id=row["dag_run_id"],
        kind=row["run_type"],
        state=row["state"],
        queued_at=row.get("queued_at") or row["run_after"],
    )
