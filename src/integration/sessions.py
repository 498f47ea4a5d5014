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


def session_has(leader: int, name: str, value: str) -> bool:
    """Whether a process of this session has the environment variable: process numbers are used again."""
    import psutil

    for process in in_sessions([leader]):
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
