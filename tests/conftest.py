"""What all tests share: an empty installation, and one small sample run through the whole line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.settings import Settings, forget_settings, get_settings
from integration.storage import Zones

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = Path(os.environ.get("INTEGRATION_SHARED_DATA", ROOT.parent / "shared" / "data"))


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


@dataclass(frozen=True)
class Installation:
    """A sample that went through the whole line."""

    home: Path
    exit_code: int

    @property
    def zones(self) -> Zones:
        return Zones(self.home)

    @property
    def settings(self) -> Settings:
        return get_settings(self.home)


def run_sample(home: Path, **options: object) -> Installation:
    """Make a sample in ``home`` and run the whole line on it in this process."""
    from integration import pipeline, sample
    from integration.pseudonyms.keyring import make_demo_keyring

    before = os.environ.get("INTEGRATION_HOME")
    os.environ["INTEGRATION_HOME"] = str(home)
    forget_settings()
    try:
        sample.generate(Zones(home), **options)
        forget_settings()
        make_demo_keyring(Zones(home))
        return Installation(home, pipeline.run().exit_code)
    finally:
        if before is None:
            del os.environ["INTEGRATION_HOME"]
        else:
            os.environ["INTEGRATION_HOME"] = before
        forget_settings()


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A sample of 600 children without planted defects, through the whole line."""
    return run_sample(tmp_path_factory.mktemp("clean"), children=600, defects="none")


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A sample of 600 children with the planted defects of the demo, through the whole line."""
    return run_sample(tmp_path_factory.mktemp("demo"), children=600, defects="demo")
