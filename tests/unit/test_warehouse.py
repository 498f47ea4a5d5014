"""Models run in the order of their references; errors hold no values; publishing is a clean copy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from integration import warehouse
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.settings import Settings
from integration.spill import spill_folder

DOMAIN = DomainCode("GM0321")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(warehouse, "resource", lambda name: tmp_path / name)
    path = tmp_path / "warehouse" / "core"
    path.mkdir(parents=True)
    return path


def test_models_run_after_what_they_read(folder: Path, settings: Settings) -> None:
    (folder / "a.sql").write_text("-- reads core.nothing here\nselect x + 1 as x from core.b")
    (folder / "b.sql").write_text("select $run_date::date as d, 1 as x;")
    with warehouse.connect(None, settings) as con:
        assert warehouse.run_models(con, "core", {"run_date": "2026-02-16", "unused": 1}) == {"b": 1, "a": 1}
        assert con.execute("select x from core.a").fetchall() == [(2,)]


def test_models_in_a_circle_are_refused(folder: Path, settings: Settings) -> None:
    (folder / "a.sql").write_text("select * from core.b")
    (folder / "b.sql").write_text("select * from core.a")
    with (
        warehouse.connect(None, settings) as con,
        pytest.raises(IntegrationError, match="refer to each other"),
    ):
        warehouse.run_models(con, "core", {})


def test_a_failing_model_is_named_and_its_value_is_not(folder: Path, settings: Settings) -> None:
    (folder / "a.sql").write_text("select cast('canary-999' as integer) as x")
    with warehouse.connect(None, settings) as con, pytest.raises(IntegrationError) as caught:
        warehouse.run_models(con, "core", {})
    assert "warehouse/core/a.sql" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_publishing_leaves_tokens_and_dropped_rows_behind(settings: Settings) -> None:
    zones = settings.zones
    with warehouse.connect(warehouse.start_building(zones, DOMAIN), settings) as con:
        for statement in (
            "create schema core", "create schema link",
            "create table core.person as select 1 as x",
            "create table link.secret as select 'canary-' || range as x from range(1000)",
            "create table core.gone as select 'canary-' || range as x from range(1000)",
            "drop table core.gone",
        ):  # fmt: skip
            con.execute(statement)
    warehouse.publish(zones, DOMAIN, settings)
    with duckdb.connect(str(zones.published(DOMAIN)), read_only=True) as con:
        assert warehouse.tables(con, ("core", "link")) == ["core.person"]
    assert b"canary-" not in zones.published(DOMAIN).read_bytes()
    assert not zones.building(DOMAIN).exists()
    assert not list(zones.tmp.iterdir())


def test_a_broken_night_leaves_yesterdays_file(settings: Settings) -> None:
    zones = settings.zones
    with warehouse.connect(warehouse.start_building(zones, DOMAIN), settings) as con:
        con.execute("create schema core; create table core.person as select 1 as x")
    warehouse.publish(zones, DOMAIN, settings)
    with warehouse.connect(warehouse.start_building(zones, DOMAIN), settings) as con:
        con.execute("create schema core; create table core.person as select 2 as x")
    warehouse.start_building(zones, DOMAIN)
    with duckdb.connect(str(zones.published(DOMAIN)), read_only=True) as con:
        assert con.execute("select x from core.person").fetchall() == [(1,)]


HOLD = """
import sys
from pathlib import Path
from integration.spill import spill_folder
with spill_folder(Path(sys.argv[1])) as folder:
    (folder / "left.tmp").write_text("canary")
    print(folder, flush=True)
    sys.stdin.read()
"""


def holder(tmp: Path) -> tuple[subprocess.Popen[str], Path]:
    """A process at work in a spill folder of its own."""
    command = [sys.executable, "-c", HOLD, str(tmp)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_spilt_is_cleared_and_nothing_in_use(settings: Settings) -> None:
    tmp = settings.zones.tmp
    killed, left = holder(tmp)
    busy, used = holder(tmp)
    other = tmp / "receive"
    other.mkdir()
    (tmp / "spill-elsewhere").symlink_to(other)
    assert left.stat().st_mode & 0o777 == 0o700
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    with spill_folder(tmp) as outer:
        assert not left.exists()
        with warehouse.connect(None, settings):
            assert {used, outer} < set(tmp.iterdir())
            assert (used / "left.tmp").read_text() == "canary"
    assert other.is_dir()
    busy.communicate("")
    assert not used.exists()
    assert not outer.exists()
