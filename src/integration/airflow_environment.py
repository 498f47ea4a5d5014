"""The environment in which an installation's Airflow works: where it keeps what it makes, its secrets, its settings."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import integration
from integration.settings import get_settings
from integration.storage import resource, write_bytes, write_json

USER = "operator"
_TASKS_A_CORE = 4
"""Most of a small task's time is waiting for the scheduler, so more tasks than cores keep the cores busy."""


def airflow_home(home: Path) -> Path:
    """Where this installation's Airflow keeps its database, logs and secrets; for its owner only."""
    return home / "airflow"


def workers() -> int:
    """How many tasks may run at once."""
    return min(32, _TASKS_A_CORE * cores())


def cores() -> int:
    """The processor cores that this process may use."""
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
