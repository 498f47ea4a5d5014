"""Sessions of started commands: known again by when their leader started, whatever it wrote over its environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from integration.sessions import is_same_session, started_at, stop_sessions

_LEADER = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
)
_MARK = ("MARK", "ours")


def _start(program: str, *, marked: bool) -> subprocess.Popen[bytes]:
    environment = dict(os.environ) | ({_MARK[0]: _MARK[1]} if marked else {})
    return subprocess.Popen([sys.executable, "-c", program], env=environment, start_new_session=True)


@pytest.fixture
def unmarked() -> Iterator[subprocess.Popen[bytes]]:
    process = _start("import time; time.sleep(60)", marked=False)
    yield process
    process.kill()
    process.wait()


def test_a_leader_that_lives_is_known_by_its_start(unmarked: subprocess.Popen[bytes]) -> None:
    started = started_at(unmarked.pid)
    assert is_same_session(unmarked.pid, started, *_MARK)
    assert not is_same_session(unmarked.pid, started - 60, *_MARK)


@pytest.mark.parametrize("marked", [True, False])
def test_without_its_leader_a_session_is_known_by_what_its_members_were_given(marked: bool) -> None:
    leader = _start(_LEADER, marked=marked)
    started = started_at(leader.pid)
    leader.wait()
    time.sleep(0.05)
    try:
        assert is_same_session(leader.pid, started, *_MARK) is marked
    finally:
        stop_sessions([leader.pid])
    assert not is_same_session(leader.pid, started, *_MARK)


def test_a_process_that_is_gone_started_never() -> None:
    process = _start("", marked=False)
    process.wait()
    assert started_at(process.pid) == 0.0
