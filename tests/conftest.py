"""What all tests share: an empty installation, and one small sample run through the whole line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.installation import SHARED_DATA, Installation, shared_run
from integration.pseudonyms import keyring
from integration.settings import forget_settings


@pytest.fixture(scope="session", autouse=True)
def _cheap_keyrings() -> Iterator[None]:
    """Keyrings that are made in this process ask little of whoever opens them: each says its own cost."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"MEMORY_KIB": 64, "PASSES": 1, "LANES": 1}.items():
            patch.setattr(keyring, name, value)
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
    """A busy sample of 1,200 children without planted defects, through the whole line."""
    return shared_run(tmp_path_factory, "clean", scale=0.01, busy=2, defects="none")


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A busy sample of 1,200 children with the planted defects of the demo, through the whole line."""
    return shared_run(tmp_path_factory, "demo", scale=0.01, busy=2, defects="demo")
