"""The passphrase from Airflow: asked for as a task begins, only when a variable is named, never over another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from helpers.dags import environment, python
from helpers.installation import ROOT
from integration import orchestration
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.settings import forget_settings, get_settings

BACKEND = """
import json, os, runpy, sys
from integration import orchestration
runpy.run_path(sys.argv[1])
orchestration.take_passphrase()
print(json.dumps(os.environ["INTEGRATION_PASSPHRASE"]))
"""


@pytest.fixture
def asked(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Airflow is asked for; it knows one variable."""
    names: list[str] = []

    def get(name: str, default: str | None = None) -> str | None:
        names.append(name)
        return "from airflow\n" if name == "kept" else default

    monkeypatch.setenv("INTEGRATION_PASSPHRASE", "")
    monkeypatch.setattr(orchestration, "_secrets", [get])
    return names


def test_nothing_is_asked_unless_a_variable_is_named(asked: list[str]) -> None:
    orchestration.take_passphrase()
    assert asked == []


def test_the_settings_find_what_airflow_has(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(orchestration.PASSPHRASE_VARIABLE, "kept")
    orchestration.take_passphrase()
    forget_settings()
    assert get_settings().passphrase_bytes() == b"from airflow"
    orchestration.take_passphrase()
    assert asked == ["kept"]


def test_a_variable_that_is_not_there_is_no_key(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(orchestration.PASSPHRASE_VARIABLE, "lost")
    with pytest.raises(IntegrationError) as caught:
        orchestration.take_passphrase()
    assert caught.value.reason is Reason.KEY_MISSING
    assert not os.environ["INTEGRATION_PASSPHRASE"]


@pytest.mark.parametrize("file", ["deliveries.py", "nightly.py", "releases.py"])
def test_a_dag_file_asks_airflows_secrets_backend(file: str, tmp_path: Path) -> None:
    """Without a scheduler: Airflow's own backend for environment variables stands for any other."""
    around = environment(tmp_path / "home", tmp_path / "airflow") | {
        orchestration.PASSPHRASE_VARIABLE: "integration_passphrase",
        "AIRFLOW_VAR_INTEGRATION_PASSPHRASE": "kept elsewhere",
    }
    assert python(BACKEND, str(ROOT / "dags" / file), environment=around) == "kept elsewhere"
