"""What the tests of keys share: two small municipalities through the whole line, with deliveries still to come."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from helpers.rotation import make_two_towns


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
