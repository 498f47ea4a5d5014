"""Where a sample is made before it is moved in: a folder beside the home, held by a lock, gone when the work ends.

A killed process leaves its folder behind; the next one that makes a sample in the same home takes it away. A folder
whose lock is held belongs to a process that is still at work.
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from integration.errors import UsageError
from integration.reasons import Reason

_LOCK = ".making"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_REFUSED = frozenset({
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG,
    errno.ELOOP, errno.EXDEV, errno.EIO, errno.EFBIG, errno.ENOTEMPTY,
})  # fmt: skip
"""What a folder or disk says no to; other errors of the system are mistakes of the software."""


@contextmanager
def told_plainly(home: Path, *also: int) -> Iterator[None]:
    """A disk that is full becomes NO_SPACE, a folder that cannot be written INPUT_INVALID (``also``: more such)."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise UsageError(Reason.NO_SPACE, "the disk is full; nothing is left behind") from error
        if error.errno in _REFUSED or error.errno in also:
            why = f"the folder cannot be written: {os.strerror(error.errno or 0)}"
            raise UsageError(Reason.INPUT_INVALID, why, file=home.name) from error
        raise


@contextmanager
def workplace(home: Path) -> Iterator[Path]:
    """An empty folder on the disk of ``home`` to make its content in; after an error, home is as it was before.

    Raises UsageError INPUT_INVALID at once when ``home`` is not a folder that can be written.
    """
    new = [folder for folder in (home, *home.parents) if not os.path.lexists(folder)]
    try:
        with told_plainly(home, errno.ENOENT, errno.EINVAL):
            work, held = _begin(home)
        try:
            with held, told_plainly(home):
                yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except BaseException:
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise


def _begin(home: Path) -> tuple[Path, IO[str]]:
    there = next(folder for folder in (home, *home.parents) if os.path.lexists(folder))
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.is_dir() and not os.access(home, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    inside = home.is_dir() and (home.is_mount() or not os.access(home.parent, os.W_OK | os.X_OK))
    folder = home if inside else home.parent
    _clear(folder, home.name)
    return _claim(folder, home.name)


def _claim(folder: Path, name: str) -> tuple[Path, IO[str]]:
    """A new folder with its lock; anew when another process cleared it away before the lock was held."""
    while True:
        work = Path(tempfile.mkdtemp(prefix=f".{name}.", suffix=".partial", dir=folder))
        try:
            held = (work / _LOCK).open("w", encoding="utf-8")
            if _locked(held) and os.fstat(held.fileno()).st_nlink:
                return work, held
            held.close()
        except FileNotFoundError:
            continue


def _locked(handle: IO[str]) -> bool:
    """Take the lock; False when another process has it. A disk without locks has none to wait for."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _clear(folder: Path, name: str) -> None:
    """Take away what killed processes left of this home: folders whose lock nobody holds."""
    try:
        found = list(folder.glob(f".{glob.escape(name)}.*.partial"))
    except PermissionError:
        return
    for left in found:
        middle = left.name.removeprefix(f".{name}.").removesuffix(".partial")
        if "." in middle or left.is_symlink():
            continue
        with suppress(OSError):
            if not (left / _LOCK).exists():
                left.rmdir()  # only when it is empty: else nobody knows whose it is
                continue
            with (left / _LOCK).open("a", encoding="utf-8") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
