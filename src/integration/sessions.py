"""Process sessions: everything a started command started in turn, found and ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil


_CLOCK_SECONDS = 2
"""How far the start of one process may seem to differ when it is asked twice: the machine's clock is adjusted."""


def stop_sessions(leaders: Sequence[int]) -> None:
    """End sessions by their leaders' process numbers, and wait until nothing of them is left.

    First the leaders are asked, so that they can end in good order, then everyone, then nobody is asked any more.
    Ctrl-C waits until that is done.
    """
    import psutil

    def ask_leader(process: psutil.Process) -> None:
        if process.pid in leaders:
            process.terminate()

    with _uninterrupted():
        for send, seconds in ((ask_leader, 3), (psutil.Process.terminate, 3), (psutil.Process.kill, 10)):
            for process in in_sessions(leaders):
                with contextlib.suppress(psutil.Error):
                    send(process)
            if _gone(leaders, seconds):
                return


def in_sessions(leaders: Sequence[int]) -> list[psutil.Process]:
    """The processes that belong to the given sessions and still run."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if os.getsid(process.pid) in leaders and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def started_at(leader: int) -> float:
    """When a process started, in seconds since 1970; 0 when it is gone."""
    import psutil

    with contextlib.suppress(psutil.Error):
        return float(psutil.Process(leader).create_time())
    return 0.0


def is_same_session(leader: int, started: float, name: str, value: str) -> bool:
    """Whether a session is still the one that was begun at ``started``: process numbers are used again.

    While its leader lives, the leader's start tells; after that, whether a member has the environment variable. A
    process that wrote its title over its environment, as Airflow's API server does, can only be told by the first.
    """
    import psutil

    members = in_sessions([leader])
    for process in members:
        if process.pid == leader:
            return abs(started_at(leader) - started) < _CLOCK_SECONDS
    for process in members:
        with contextlib.suppress(psutil.Error):
            if process.environ().get(name) == value:
                return True
    return False


def machine_start() -> str:
    """Which start of the machine this is: process numbers of an earlier one mean nothing now."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def _gone(leaders: Sequence[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while in_sessions(leaders):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
