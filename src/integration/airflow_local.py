"""An Airflow of this installation's own, on loopback, with everything it keeps under ``<home>/airflow``.

Nothing here imports Airflow: its components run as processes of their own and are always stopped, with all
that they started. In production an operator runs these components as services; the settings are the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import integration
from integration import orchestration
from integration.airflow_api import AirflowApi
from integration.errors import IntegrationError, UsageError
from integration.reasons import Reason
from integration.sessions import is_same_session, machine_start, started_at, stop_sessions
from integration.settings import get_settings
from integration.storage import Zones, read_json, resource, write_bytes, write_json

USER = "operator"
COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
"""No triggerer: nothing here is deferred. Task logs are read from disk, so the scheduler need not serve them."""

_START_SECONDS = 180
_TASKS_A_CORE = 4
"""Most of a small task's time is waiting for the scheduler, so more tasks than cores keep the cores busy."""


def airflow_home(home: Path) -> Path:
    """Where this installation's Airflow keeps its database, logs and secrets; for its owner only."""
    return home / "airflow"


def workers() -> int:
    """How many tasks may run at once."""
    return min(32, _TASKS_A_CORE * _cores())


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def airflow_environment(home: Path, port: int = 8080) -> dict[str, str]:
    """The environment variables with which Airflow's components work for the installation at ``home``.

    Makes the two secrets they need (token key, password of the user ``operator``) the first time, readable by
    their owner only.
    """
    home = home.absolute()
    place = airflow_home(home)
    source = str(Path(integration.__file__).resolve().parents[1])
    no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    direct = _append(no_proxy, "127.0.0.1,localhost", ",")
    return {
        "INTEGRATION_HOME": str(home),
        "AIRFLOW_HOME": str(place),
        "AIRFLOW__CORE__DAGS_FOLDER": str(resource("dags").resolve()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(workers()),
        "AIRFLOW__CORE__MAX_ACTIVE_TASKS_PER_DAG": str(workers()),
        "AIRFLOW__CORE__MAX_MAP_LENGTH": "10000",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_passwords(place)),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret(place / "jwt-secret"),
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        # Tasks of an Airflow that was killed are taken up again after so long; its own 300 seconds are for clusters.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONPATH": _append(source, os.environ.get("PYTHONPATH", ""), os.pathsep),
    } | _mail(home)


def _mail(home: Path) -> dict[str, str]:
    """Airflow's connection to the mail server, when the installation has one."""
    url = get_settings(home).smtp_url
    return {"AIRFLOW_CONN_SMTP_DEFAULT": url.get_secret_value()} if url else {}


def _append(first: str, second: str, mark: str) -> str:
    return mark.join(part for part in (first, second) if part)


def _secret(path: Path) -> str:
    """A random text that is made once; 64 bytes, as Airflow asks of a key for SHA-512."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_bytes(path, secrets.token_hex(64).encode(), mode=0o600)
    return path.read_text()


def _passwords(place: Path) -> Path:
    path = place / "passwords.json"
    if not path.exists():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(path, {USER: secrets.token_urlsafe(32)}, mode=0o600)
    return path


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
    wanted = orchestration.pools(orchestration.supplied(Zones(home).suppliers), workers(), _cores())
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
