"""The files of an audit log: many writers, a clock that goes back, and a kill between any two steps."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.audit import MONDAY, event, write_days
from integration.audit.log import AuditLog
from integration.audit.verify import Kind, verify
from integration.audit.words import LOGS, SET_ASIDE


def kinds(audit: Path) -> list[Kind]:
    return [finding.kind for finding in verify(audit).findings]


def lines(log: AuditLog) -> list[bytes]:
    return [line for day in log.days() for line in log.path(day).read_bytes().splitlines()]


def objects(log: AuditLog) -> list[str]:
    from integration.audit.lines import read_line

    found = [read_line(raw, log.log) for raw in lines(log)]
    return [str(line.fields["object"]) for line in found if line is not None]


def test_a_file_a_day_readable_by_its_owner_only(tmp_path: Path) -> None:
    log = write_days(tmp_path / "audit", days=2, lines=3)
    assert log.days() == ["2026-02-16", "2026-02-17"]
    assert kinds(tmp_path / "audit") == []
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "audit").rglob("*")}
    assert modes == {0}


def test_the_chain_runs_on_from_day_to_day(tmp_path: Path) -> None:
    log = write_days(tmp_path, days=2, lines=1)
    first, second = lines(log)
    assert b'"n":1,' in first
    assert b'"n":2,' in second


def test_a_day_is_a_day_of_utc(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, "access")
    log.append([event(MONDAY.replace(hour=23, minute=59)), event(MONDAY.replace(hour=23, minute=59))])
    log.append([event(MONDAY + timedelta(hours=15))])
    assert log.days() == ["2026-02-16", "2026-02-17"]


def test_a_clock_that_goes_back_writes_on_where_the_log_stands(tmp_path: Path) -> None:
    log = write_days(tmp_path, days=2, lines=1)
    log.append([event(MONDAY - timedelta(days=40))])
    assert log.days() == ["2026-02-16", "2026-02-17"]
    assert len(lines(log)) == 3
    assert kinds(tmp_path) == []


def test_nothing_to_write_makes_nothing(tmp_path: Path) -> None:
    AuditLog(tmp_path / "audit", "access").append([])
    assert list(tmp_path.iterdir()) == []


steps = st.lists(
    st.tuples(st.sampled_from(LOGS), st.integers(-3000, 3000), st.integers(1, 4), st.booleans()), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_sequence_of_events_verifies(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, int, int, bool]]
) -> None:
    """Whatever the clock does, however many at once, with the last line torn now and then."""
    audit = tmp_path_factory.mktemp("audit")
    wanted = dict.fromkeys(LOGS, 0)
    for log, minutes, number, torn in made:
        AuditLog(audit, log).append([event(MONDAY + timedelta(minutes=minutes))] * number)
        wanted[log] += number
        if torn:
            path = AuditLog(audit, log).path(AuditLog(audit, log).days()[-1])
            path.write_bytes(path.read_bytes() + b'{"half')
            assert kinds(audit) == [Kind.TORN]
            AuditLog(audit, log).append([event()])
            wanted[log] += 2
    assert {log: len(lines(AuditLog(audit, log))) for log in LOGS} == wanted
    if made:
        assert kinds(audit) == []


# -- a torn last line ----------------------------------------------------------------------------------


@pytest.mark.parametrize("torn", [b"{", b"\0" * 700, b'{"n":5', b"x" * 200_000])
def test_a_torn_last_line_is_set_aside_and_told(tmp_path: Path, torn: bytes) -> None:
    log = write_days(tmp_path, days=1)
    path = log.path(log.days()[0])
    path.write_bytes(path.read_bytes() + torn)
    assert kinds(tmp_path) == [Kind.TORN]
    log.append([event()])
    assert kinds(tmp_path) == []
    (kept,) = (tmp_path / "torn").iterdir()
    assert kept.read_bytes() == torn
    assert kept.suffix == ".torn"
    told = lines(log)[-2]
    assert f'"event":"{SET_ASIDE}"'.encode() in told
    assert kept.stem.rsplit("-", 1)[1].encode() in told
    assert verify(tmp_path).days[0].torn_set_aside == 1
    kept.unlink()
    assert kinds(tmp_path) == [Kind.TORN_LOST]


def test_a_torn_line_of_yesterday_is_told_today(tmp_path: Path) -> None:
    log = write_days(tmp_path, days=1)
    path = log.path(log.days()[0])
    path.write_bytes(path.read_bytes()[:-1])
    log.append([event(MONDAY + timedelta(days=1))])
    assert (log.days(), kinds(tmp_path)) == (["2026-02-16", "2026-02-17"], [])
    assert len(lines(log)) == 3 + 2, (
        "the whole line without its end counts as torn: nobody was told it was written"
    )


def test_a_damaged_last_line_stays_for_verifying_and_the_log_goes_on(tmp_path: Path) -> None:
    log = write_days(tmp_path, days=1)
    path = log.path(log.days()[0])
    path.write_bytes(path.read_bytes()[:-20] + b"x" * 19 + b"\n")
    log.append([event()])
    log.append([event()])
    assert kinds(tmp_path) == [Kind.EDITED]


# -- many at once --------------------------------------------------------------------------------------


def _write_many(audit: Path) -> None:
    for number in range(25):
        AuditLog(audit, LOGS[number % 2]).append([event(object=f"delivery:{os.getpid()}-{number}")] * 2)


def test_six_processes_and_threads_at_once_make_one_chain(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        list(pool.map(_write_many, [tmp_path] * 4))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(_write_many, [tmp_path] * 2))
    assert kinds(tmp_path) == []
    assert sum(len(lines(AuditLog(tmp_path, log))) for log in LOGS) == 6 * 25 * 2


# -- kills ---------------------------------------------------------------------------------------------


class Stopped(BaseException):
    """Stands for a kill: nothing may catch it."""


@contextmanager
def stopped_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stop before the change number ``step`` to the disk; a write is stopped half-way."""
    calls: list[str] = []

    def wrap(name: str) -> None:
        real = getattr(os, name)

        def run(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) == step:
                if name == "write":
                    real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                raise Stopped
            return real(*arguments, **options)

        patch.setattr(os, name, run)

    with monkeypatch.context() as patch:
        for name in ("write", "fsync", "ftruncate", "replace", "open", "mkdir"):
            wrap(name)
        yield calls


@pytest.mark.parametrize("torn", [False, True])
def test_a_kill_at_any_step_leaves_a_chain_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    """Nothing that was whole is lost, and what was half-written is set aside and told, once."""
    step, finished = 0, False
    while not finished:
        step += 1
        audit = tmp_path / str(step)
        log = write_days(audit, days=1, lines=2)
        if torn:
            path = log.path(log.days()[0])
            path.write_bytes(path.read_bytes() + b'{"torn')
        with stopped_at(step, monkeypatch) as calls:
            try:
                log.append([event(MONDAY + timedelta(days=1), object="delivery:killed")] * 3)
                finished = True
            except Stopped:
                pass
        untold = [*audit.glob("torn/*.pending")] and not any(b"torn:" in line for line in lines(log))
        assert not untold or Kind.TORN in kinds(audit)
        log.append([event(MONDAY + timedelta(days=1), object="delivery:after")])
        assert kinds(audit) == [], (step, calls)
        seen = objects(log)
        assert seen[:2] == ["domain:GM0321"] * 2
        assert seen[-1] == "delivery:after"
        assert seen.count("delivery:killed") in ((3,) if finished else (0, 1, 2, 3))
        tears = [name for name in seen if name.startswith("torn:")]
        assert len(tears) == len(set(tears)), "told once"
        kept = {path.stem.rsplit("-", 1)[1] for path in audit.glob("torn/*")}
        assert {f"torn:{name}" for name in kept} == set(tears)
        assert list(audit.glob("torn/*.pending")) == []
    assert step > (8 if torn else 3)


def test_killed_processes_leave_a_chain_that_goes_on(tmp_path: Path) -> None:
    """A real kill -9, at random moments, of a process that writes all the time."""
    rng = random.Random(4)
    for round_ in range(12):
        child = os.fork()
        if child == 0:
            while True:
                AuditLog(tmp_path, "processing").append([event(object=f"delivery:{round_}")] * 5)
        time.sleep(rng.uniform(0.005, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        AuditLog(tmp_path, "processing").append([event(object="delivery:alive")])
        assert kinds(tmp_path) == []
    assert objects(AuditLog(tmp_path, "processing")).count("delivery:alive") == 12


def test_a_full_disk_is_told_to_the_caller_and_mended_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write_days(tmp_path, days=1)
    real = os.write

    def full(handle: int, content: bytes) -> int:
        real(handle, bytes(content)[:30])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError):
            log.append([event()])
    log.append([event()])
    assert kinds(tmp_path) == []
