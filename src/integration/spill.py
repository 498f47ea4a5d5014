"""Folders that a database spills to: each held by a lock of its process, so that those of killed ones can be told."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

_PREFIX = "spill-"


@contextmanager
def spill_folder(tmp: Path) -> Iterator[Path]:
    """Give a private folder under ``tmp`` that is gone afterwards; first clear those that killed processes left."""
    tmp.mkdir(parents=True, exist_ok=True)
    _clear(tmp)
    folder, handle = _held(tmp)
    with ExitStack() as after:
        after.callback(os.close, handle)
        after.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _held(tmp: Path) -> tuple[Path, int]:
    """A fresh folder and the handle that holds its lock; one that was cleared before it was locked is made again."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=tmp))
        with suppress(FileNotFoundError):
            handle = _open(folder)
            if _locked(handle) and folder.is_dir():
                return folder, handle
            os.close(handle)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _locked(handle: int) -> bool:
    """Take the lock; False when another process has it. On a disk without locks nobody has, and nothing is cleared."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _clear(tmp: Path) -> None:
    """Take away what killed processes left: folders whose lock nobody holds."""
    for left in tmp.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            handle = _open(left)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(handle)
