"""Runs of an Airflow on this machine, started and followed until they are finished, with a bar for each DAG."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from integration import console
from integration.airflow_api import FINISHED_TASK, FailedTask, Run
from integration.airflow_local import LocalAirflow
from integration.errors import IntegrationError
from integration.reasons import Reason

Show = Callable[[str, int, int], None]
"""Called with a DAG's id, how many of its tasks are finished, and how many there are so far."""

_POLL_SECONDS = 3
_STALL_SECONDS = 900
_LINE_SECONDS = 10


class Watch:
    """What happens in Airflow from now on. Methods raise :class:`IntegrationError` (AIRFLOW_FAILED)."""

    def __init__(self, airflow: LocalAirflow) -> None:
        self._airflow = airflow
        self._since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._seen: dict[str, Run] = {}
        self._counts: dict[str, tuple[int, int]] = {}
        self._moved = time.monotonic()

    def runs(self, dag_ids: Sequence[str]) -> list[Run]:
        """The runs of these DAGs since this began, with those that were at work then."""
        for run in self._airflow.api.runs():
            key = f"{run.dag_id} {run.run_id}"
            if key in self._seen or run.queued_at >= self._since or not run.finished:
                self._seen[key] = run
        return [run for run in self._seen.values() if run.dag_id in dag_ids]

    def start(self, dag_ids: Sequence[str]) -> None:
        """Start a run of each DAG, unless one is waiting or at work already."""
        busy = {run.dag_id for run in self.runs(dag_ids) if not run.finished}
        for dag_id in dag_ids:
            if dag_id not in busy:
                self._airflow.api.trigger(dag_id)

    def until_finished(self, dag_ids: Sequence[str]) -> list[FailedTask]:
        """Show progress until no run of these DAGs is left at work; returns the tasks that failed."""
        self._moved = time.monotonic()
        with _board(dag_ids) as show:
            while True:
                self._airflow.check_alive()
                runs = self.runs(dag_ids)
                for dag_id in dag_ids:
                    counts = [self._count(run) for run in runs if run.dag_id == dag_id]
                    show(dag_id, sum(done for done, _ in counts), sum(total for _, total in counts))
                if all(run.finished for run in runs):
                    return [
                        t
                        for run in runs
                        if run.state == "failed"
                        for t in self._airflow.api.failed_tasks(run)
                    ]
                if time.monotonic() - self._moved > _STALL_SECONDS:
                    raise IntegrationError(
                        Reason.AIRFLOW_FAILED, f"no task was finished in {_STALL_SECONDS} s"
                    )
                time.sleep(_POLL_SECONDS)

    def _count(self, run: Run) -> tuple[int, int]:
        """How many of a run's tasks are finished, and how many there are; asks only what can have changed."""
        key = f"{run.dag_id} {run.run_id}"
        known = self._counts.get(key, (-1, 0))
        if known[0] == known[1]:
            return known
        done = self._airflow.api.tasks(run, FINISHED_TASK)
        if done == known[0]:
            return known
        self._moved = time.monotonic()
        self._counts[key] = done, self._airflow.api.tasks(run)
        return self._counts[key]


@contextmanager
def _board(dag_ids: Sequence[str]) -> Iterator[Show]:
    """A bar for each DAG on a terminal; elsewhere a line now and then."""
    if not console.stderr().is_terminal:
        yield _Lines()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    width = max((len(dag_id) for dag_id in dag_ids), default=0)
    columns = (
        TextColumn(f"    {{task.description:<{width}}}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console.stderr()) as bars:
        tasks = {dag_id: bars.add_task(dag_id, total=None) for dag_id in dag_ids}

        def show(dag_id: str, done: int, total: int) -> None:
            bars.update(tasks[dag_id], completed=done, total=total or None)

        yield show


class _Lines:
    """All DAGs together on one line, when something changed and the last line is a while ago."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int]] = {}
        self._said = (0, 0)
        self._at = 0.0

    def __call__(self, dag_id: str, done: int, total: int) -> None:
        self._counts[dag_id] = done, total
        now = sum(d for d, _ in self._counts.values()), sum(t for _, t in self._counts.values())
        due = time.monotonic() - self._at > _LINE_SECONDS or now[0] == now[1]
        if now != self._said and due:
            self._said, self._at = now, time.monotonic()
            console.stderr().print(f"    {now[0]} of {now[1]} tasks done")
