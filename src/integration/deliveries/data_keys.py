"""A sealed delivery's own data key, kept apart from what it opens, so that it can be shredded.

An age file is a header, which holds the file's key wrapped for the receiver, and a body. What is kept of a delivery
is the body, ``<name>.body``; its header lies in ``keys/deliveries/<id>.header``, for its owner only. Once the header
is gone nobody can open the body or any copy of it, not even with the receiver's own key. ``id`` is the delivery's, or
the quarantine's where it was refused.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import Zones, sync_directory, wipe, write_bytes

BODY = ".body"
"""What is put after the name of an envelope whose header lies apart."""
HEADER_BYTES = 4096
"""More than the header of a file for one recipient is; with a longer one it is not opened."""
_MAGIC, _MAC, _MAC_BYTES = b"age-encryption.org/v1\n", b"\n--- ", 43


class Joined:
    """A header and the rest of an envelope, read as one file."""

    def __init__(self, header: bytes, body: BinaryIO) -> None:
        self._header, self._body = header, body

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: at most ``size``, or all."""
        if not self._header:
            return self._body.read(size)
        if size < 0:
            found, self._header = self._header, b""
            return found + self._body.read()
        found, self._header = self._header[:size], self._header[size:]
        return found


def header_end(head: bytes) -> int | None:
    """Return how long the header at the start of these bytes is; None when there is no whole one."""
    mark = head.find(_MAC)
    end = mark + len(_MAC) + _MAC_BYTES + 1
    whole = head.startswith(_MAGIC) and mark >= 0 and head[end - 1 : end] == b"\n"
    return end if whole else None


def header_path(zones: Zones, name: str) -> Path:
    """Return where the header of a delivery, by its id or quarantine id, is."""
    return zones.data_keys / f"{name}.header"


def split(zones: Zones, name: str, envelope: Path, body: Path) -> bool:
    """Part an envelope into its header, under ``name``, and ``body``; False, and nothing done, when it is no age file.

    Header and body are on disk before the envelope goes, and doing it again goes on where a crash stopped it.
    """
    if not envelope.is_file() or envelope.is_symlink():
        return body.is_file()
    with envelope.open("rb") as stream:
        end = header_end(head := stream.read(HEADER_BYTES))
        if end is None and not body.is_file():
            return False
        if end is not None:
            zones.data_keys.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_bytes(header_path(zones, name), head[:end], mode=0o600)
            stream.seek(end)
            _copy(stream, body)
    wipe(envelope, end or 0)
    return True


def _copy(source: BinaryIO, target: Path) -> None:
    """Write the rest of a stream into a fresh file for its owner only, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        shutil.copyfileobj(source, stream, 1024**2)
        stream.flush()
        os.fsync(handle)
    os.replace(partial, target)
    sync_directory(target.parent)


def header_of(zones: Zones, name: str) -> bytes:
    """Return the header of a delivery; raises :class:`IntegrationError` (DATA_KEY_SHREDDED) when it is gone."""
    try:
        return header_path(zones, name).read_bytes()
    except FileNotFoundError:
        raise IntegrationError(Reason.DATA_KEY_SHREDDED, file=name) from None


def rename(zones: Zones, old: str, new: str) -> None:
    """Keep a delivery's header under another id; absent is fine."""
    if header_path(zones, old).exists():
        os.replace(header_path(zones, old), header_path(zones, new))
        sync_directory(zones.data_keys)


def join(zones: Zones, name: str, envelope: Path) -> None:
    """Put header and body together again as ``envelope``; the body goes, the header stays until the caller is done.

    Raises :class:`IntegrationError` (DATA_KEY_SHREDDED).
    """
    body = envelope.with_name(envelope.name + BODY)
    if not body.is_file():
        return
    if not envelope.exists():
        with body.open("rb") as stream:
            _copy(Joined(header_of(zones, name), stream), envelope)  # type: ignore[arg-type]  # read is all it takes
    body.unlink()


def shred(zones: Zones, name: str) -> bool:
    """Destroy the data key of a delivery; False when there is none (any more)."""
    there = header_path(zones, name).exists()
    wipe(header_path(zones, name))
    return there
