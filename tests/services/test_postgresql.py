"""The ledger, the decisions and the history of checks in PostgreSQL: the tests that hold for SQLite hold for it too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.installation import ROOT
from helpers.stores import VARIABLE

pytest.importorskip("psycopg", reason="psycopg is not installed (the extra `postgresql`)")

STORES = ("test_ledger.py", "test_decisions.py", "test_history.py", "test_review.py")


def programs() -> Path:
    """The folder of PostgreSQL's own programs, of Debian's newest version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if not found:
        pytest.skip("there is no PostgreSQL server (Debian: apt-get install postgresql)")
    return found[-1].parent


def as_nobody_special(*command: str | Path) -> list[str]:
    """PostgreSQL does not run as root: there it runs as its own user."""
    words = [str(word) for word in command]
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database cluster of its own, reached through a socket in its own folder; gone afterwards."""
    bin_ = programs()
    folder = Path(tempfile.mkdtemp(prefix="postgresql-test-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
        subprocess.run(as_nobody_special(bin_ / "initdb", "-D", data, "-U", "steward", "-A", "trust"), **run)
        start = as_nobody_special(
            bin_ / "pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "log", "start"
        )
        subprocess.run(start, **run)
        yield f"postgresql+psycopg://steward@/postgres?host={folder}"
    finally:
        stop = as_nobody_special(bin_ / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        subprocess.run(stop, check=False, stdout=subprocess.DEVNULL, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("file", STORES)
def test_what_holds_for_sqlite_holds_for_postgresql(server: str, file: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", f"tests/unit/{file}"],
        cwd=ROOT,
        env=os.environ | {VARIABLE: server},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.startswith("."), "no test was run"
