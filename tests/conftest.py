"""What all tests share: an empty installation, and one small sample run through the whole line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.installation import SHARED_DATA, Installation, shared_run
from integration.pseudonyms import keyring
from integration.settings import forget_settings
from integration.wrapping import Cost

LONGEST = (
    "test_rotation_killed.py",
    "test_audit_run.py",
    "test_line_through_airflow.py",
    "test_rotation.py",
    "test_decision_gate.py",
    "test_attack_kill.py",
    "test_attack_canaries.py",
    "test_attack_filters.py",
    "test_compromised_key_runbook.py",
    "test_indicator_oracle.py",
    "test_rights.py",
    "test_sample_themes.py",
    "test_sample_rates.py",
    "test_rights_and_rotation.py",
    "test_sealed_sample.py",
    "test_linkage_nights.py",
    "test_quality_reports.py",
    "test_quality_report_commands.py",
    "test_sealed_deliveries.py",
    "test_receive_bad_input.py",
)
"""The files that take longest, roughly in that order; the first two make what others share."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest go first, so that no process is still at one when the others are done."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session", autouse=True)
def _cheap_keyrings() -> Iterator[None]:
    """Keyrings that are made in this process ask little of whoever opens them: each says its own cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyring, "COST", Cost(memory_kib=64, passes=1, lanes=1))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with data to measure with; tests that need it are skipped, by name, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no data to measure with ({SHARED_DATA.name} folder absent)")
    return SHARED_DATA


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty installation of its own, which every stage finds through the environment."""
    monkeypatch.setenv("INTEGRATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("INTEGRATION_PASSPHRASE", raising=False)
    forget_settings()
    yield tmp_path / "home"
    forget_settings()


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A busy sample of 1,200 children without planted defects, through the line up to the domains' files.

    Its deliveries are not checked and nothing is released: only figures are read, and those of the demo are both.
    """
    return shared_run(tmp_path_factory, "clean", figures_only=True, scale=0.01, busy=2, defects="none")


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A busy sample of 1,200 children with the planted defects of the demo, through the whole line."""
    return shared_run(tmp_path_factory, "demo", scale=0.01, busy=2, defects="demo")
