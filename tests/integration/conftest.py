"""What the tests of keys and rights share: two small municipalities, and a tiny one of which all is known."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers import rights
from helpers.installation import take_tables_as_checked
from helpers.rotation import TOWN, Picture, at, make_two_towns, picture
from integration.settings import Settings, forget_settings, get_settings


@pytest.fixture(scope="session")
def two_towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to copy, made once, whichever of the test processes asks first; ``../later`` is yet to come."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "two-towns"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make_two_towns(folder / "home", folder / "later")
            (folder / "done").touch()
    return folder / "home"


@pytest.fixture(scope="session")
def as_it_was(two_towns: Path) -> Picture:
    """What is the same in the first of the two towns whatever its keys are."""
    return picture(two_towns, TOWN)


@pytest.fixture(scope="session")
def tiny_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation to copy: the municipality of ``helpers.rights``, made once."""
    home = tmp_path_factory.mktemp("town") / "home"
    with pytest.MonkeyPatch.context() as patch, at(home):
        patch.delenv("INTEGRATION_PASSPHRASE", raising=False)
        take_tables_as_checked(patch)
        rights.make(home)
    return home


@pytest.fixture
def settings(tiny_town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A copy of the tiny municipality for one test, which every stage finds through the environment."""
    shutil.copytree(tiny_town, tmp_path / "home")
    monkeypatch.setenv("INTEGRATION_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("INTEGRATION_PASSPHRASE", raising=False)
    take_tables_as_checked(monkeypatch)
    forget_settings()
    yield get_settings()
    forget_settings()
