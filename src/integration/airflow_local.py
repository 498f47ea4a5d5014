"""An Airflow of this installation's own, on loopback, with everything it keeps under ``<home>/airflow``.

Nothing here imports Airflow: its components run as processes of their own and are always stopped, with all
that they started. In production an operator runs these components as services; the settings are the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from integration import orchestration
from integration.airflow_api import AirflowApi
from integration.airflow_environment import USER, airflow_environment, airflow_home, cores, workers
from integration.errors import IntegrationError, UsageError
from integration.reasons import Reason
from integration.sessions import is_same_session, machine_start, started_at, stop_sessions
from integration.storage import Zones, read_json, write_bytes, write_json

COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
"""No triggerer: nothing here is deferred. Task logs are read from disk, so the scheduler need not serve them."""

_START_SECONDS = 180


def set_up_airflow(home: Path, port: int = 8080) -> Path:
    """Bring Airflow's database up to date, make the pools that the DAGs use, and write down the environment.

    Harmless to do again, and needed again when a domain was added. Returns the file with the environment, for a
    shell or a service manager to read; it holds a secret and is for its owner only. Raises
    :class:`IntegrationError` (AIRFLOW_FAILED) with the log's path.
    """
    home = home.absolute()
    variables = airflow_environment(home, port)
    environment = _environment(home, port)
    migrate(home, environment)
    make_pools(home, environment)
    path = airflow_home(home) / "environment"
    lines = [f"{name}={shlex.quote(value)}" for name, value in sorted(variables.items())]
    write_bytes(path, ("\n".join(lines) + "\n").encode(), mode=0o600)
    return path


def migrate(home: Path, environment: dict[str, str]) -> None:
    """Make Airflow's database, or bring it to this version of Airflow."""
    done = airflow_home(home) / "migrated"
    if done.exists() and done.read_text() == version("apache-airflow"):
        return
    _run_airflow(home, environment, ("db", "migrate"))
    write_bytes(done, version("apache-airflow").encode())


def make_pools(home: Path, environment: dict[str, str]) -> None:
    """Make or adjust the pools: one writer a domain, a bound on what is encoded and checked at once."""
    wanted = orchestration.pools(orchestration.supplied(Zones(home).suppliers), workers(), cores())
    content = {
        name: {"slots": slots, "description": description, "include_deferred": False}
        for name, (slots, description) in wanted.items()
    }
    path = airflow_home(home) / "pools.json"
    if path.exists() and read_json(path) == content:
        return
    fresh = path.with_name("pools.new.json")
    write_json(fresh, content)
    _run_airflow(home, environment, ("pools", "import", str(fresh)))
    os.replace(fresh, path)


def _environment(home: Path, port: int) -> dict[str, str]:
    """Our own settings over the caller's environment, less what would reach for another Airflow."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    kept.pop(
        "PYTHONDONTWRITEBYTECODE", None
    )  # every task is a new process: without bytecode each compiles anew
    return kept | airflow_environment(home, port)


def _run_airflow(home: Path, environment: dict[str, str], command: Sequence[str]) -> None:
    path = _log(home, command[0])
    with path.open("ab") as log:
        done = subprocess.run(_command(command), env=environment, stdout=log, stderr=log, check=False)
    if done.returncode:
        raise IntegrationError(Reason.AIRFLOW_FAILED, f"airflow {' '.join(command[:2])}", file=str(path))


def _command(command: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "airflow", *command]


def _log(home: Path, name: str) -> Path:
    folder = airflow_home(home) / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / f"{name}.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LocalAirflow:
    """A running Airflow: its processes and its API."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.api = AirflowApi(port)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, environment: dict[str, str], names: Sequence[str]) -> None:
        """Start components, each in a session of its own and with its own log."""
        for name in names:
            with _log(self.home, name).open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    _command(COMPONENTS[name]),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        sessions = {process.pid: started_at(process.pid) for process in self._processes.values()}
        write_json(
            running_file(self.home), {"port": self.port, "sessions": sessions, "boot": machine_start()}
        )

    def wait_ready(self, expected: Sequence[str]) -> None:
        """Return when every component is healthy and the expected DAGs are known and may run."""
        self._wait("start", lambda: all(self.api.health().get(name) == "healthy" for name in _HEALTH))
        log_in(self.api, self.home)
        self._wait("read its DAGs", lambda: self._dags_known(expected))
        for dag_id, paused in self.api.dags().items():
            if paused and dag_id in expected:
                self.api.resume(dag_id)

    def _dags_known(self, expected: Sequence[str]) -> bool:
        if broken := self.api.import_errors():
            raise IntegrationError(Reason.AIRFLOW_FAILED, "a DAG cannot be imported", file=broken[0])
        return set(expected) <= self.api.dags().keys()

    def _wait(self, what: str, ready: Any) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not ready():
            self.check_alive()
            if time.monotonic() > deadline:
                raise IntegrationError(Reason.AIRFLOW_FAILED, f"Airflow did not {what} in {_START_SECONDS} s")
            time.sleep(0.3)

    def check_alive(self) -> None:
        """Raise :class:`IntegrationError` (AIRFLOW_FAILED) with the log's path when a component has ended."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise IntegrationError(
                    Reason.AIRFLOW_FAILED, f"Airflow's {name} stopped", file=str(_log(self.home, name))
                )

    def stop(self) -> None:
        """Stop every component and everything they started; waits until all are gone."""
        stop_sessions([process.pid for process in self._processes.values()])
        for process in self._processes.values():
            process.wait()
        running_file(self.home).unlink(missing_ok=True)


def log_in(api: AirflowApi, home: Path) -> None:
    """Log in as the installation's user, with the password that is kept beside Airflow's database."""
    api.log_in(USER, str(read_json(airflow_home(home) / "passwords.json")[USER]))


_HEALTH = ("metadatabase", "scheduler", "dag_processor")


@contextlib.contextmanager
def running(home: Path, expected: Sequence[str]) -> Iterator[LocalAirflow]:
    """Airflow, started and ready, with the pools made; stopped however the block ends.

    Raises :class:`UsageError` (AIRFLOW_RUNNING) when another command runs Airflow for the same installation.
    """
    home = home.absolute()
    place = airflow_home(home)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(Reason.AIRFLOW_RUNNING) from None
        _stop_left_over(home)
        airflow = LocalAirflow(home, _free_port())
        environment = _environment(home, airflow.port)
        migrate(home, environment)
        try:
            airflow.start(environment, list(COMPONENTS))
            make_pools(home, environment)
            airflow.wait_ready(expected)
            yield airflow
        finally:
            airflow.stop()


def running_file(home: Path) -> Path:
    """Where is written down what Airflow was started here: port, sessions and the machine's start."""
    return airflow_home(home) / "running.json"


def _stop_left_over(home: Path) -> None:
    """Stop what a killed command left running for this installation."""
    path = running_file(home)
    if not path.exists():
        return
    told = read_json(path)
    if told["boot"] == machine_start():
        ours = str(airflow_home(home))
        sessions = [(int(leader), started) for leader, started in told["sessions"].items()]
        stop_sessions(
            [leader for leader, at in sessions if is_same_session(leader, at, "AIRFLOW_HOME", ours)]
        )
    path.unlink()
