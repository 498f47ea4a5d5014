"""``python -m integration.encode_process DELIVERY_ID --job``: the first pass over one delivery, and the end.

Identifiers stay readable in a process's memory after they are deleted there, so every delivery is encoded in a
process of its own that leaves no core dump, that no debugger can attach to, and that writes nothing on disk: its
batches, without identifiers, go through standard output to the process that started it. It opens the first-pass key
itself and has no other but, through its pipe, what opens its delivery's envelope. Standard error stays silent, and no
failure tells a value. Exit codes: 0 fine, 2 failure.

A payload that was encoded at its source is examined here too, with a bound on memory: a file from elsewhere may be
made to break what reads it, and then breaks this process alone.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from integration.encode_job import JOB_FLAG, EncodeJob
from integration.errors import EXIT_FAILURE, EXIT_FINE, IntegrationError
from integration.hardening import bound_memory, harden
from integration.pseudonyms.frames import FAILURE, RESULT, FrameWriter
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.pseudonyms.encode import FirstResult
    from integration.pseudonyms.tables import Sink

MEMORY_BYTES = 4 * 1024**3
"""The address space that examining an encoded payload may take."""


def encode(job: EncodeJob, sink: Sink) -> FirstResult:
    """Make the first-pass batches of a job.

    Nothing comes out without the right key. Raises :class:`KeyUnavailable`, :class:`DeliveryRefused` (the file is not
    what was received) and :class:`IntegrationError`.
    """
    if job.key is None:
        stay_light("numpy")  # it is for encoding; here it would only take of the memory that is bound
    from integration.deliveries.read import Limits, open_rows
    from integration.deliveries.stored import open_stored

    manifest, limits = job.manifest, Limits(job.max_payload_bytes, job.max_line_bytes)
    opening = open_stored(job.payload, manifest, job.opener, limits, job.tmp)
    if job.key is None:
        from integration.encoded_payload import read_payload

        bound_memory(MEMORY_BYTES)
        goal = _nowhere if job.check_only else sink
        with opening if job.descriptor is None else _inherited(job) as (payload, opened):
            return read_payload(payload, manifest, job.contract, limits, goal, opened=opened)
    from integration.pseudonyms.encode import encode_delivery
    from integration.pseudonyms.first_pass import open_expected

    keys = open_expected(job.key)
    with (
        opening as (payload, opened),
        open_rows(payload, job.contract, job.supplier, manifest, limits=limits, opened=opened) as rows,
    ):
        return encode_delivery(
            rows,
            job.contract,
            job.supplier.dialect,
            keys,
            manifest.supplier,
            sink,
            created_on=manifest.created_at.date(),
            corrections=job.corrections,
        )


@contextmanager
def _inherited(job: EncodeJob) -> Iterator[tuple[Path, BinaryIO | None]]:
    """Give the file that the parent has open."""
    with os.fdopen(job.descriptor or 0, "rb") as opened:
        yield job.payload, opened


def _nowhere(name: str, batch: object) -> None:
    """Hand on nothing."""


def main(arguments: Sequence[str], source: BinaryIO, target: BinaryIO) -> int:
    """Run one job and return the exit code."""
    frames = FrameWriter(target)
    try:
        harden()
        if len(arguments) != 2 or arguments[1] != JOB_FLAG:
            raise IntegrationError(Reason.INPUT_INVALID, "usage: encode_process DELIVERY_ID --job")
        job: EncodeJob = pickle.load(source)  # noqa: S301  our own parent's, through a pipe
        result = encode(job, frames.batch)
        frames.last(RESULT, asdict(result))
    except BrokenPipeError:
        return EXIT_FAILURE  # whoever asked is gone
    except IntegrationError as error:
        told = {"reason": error.reason.value, "detail": error.detail, "row": error.row, "field": error.field}
        frames.last(FAILURE, told)
        return EXIT_FAILURE
    except Exception as error:
        frames.last(FAILURE, {"reason": Reason.INTERNAL.value, "detail": _describe(error)})
        return EXIT_FAILURE
    return EXIT_FINE


def _describe(error: Exception) -> str:
    """Tell an unexpected error by its type and our own line, without its message: that may hold a value."""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}integration{os.sep}" in f.filename
    ]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"


class _Absent(MetaPathFinder):
    """Finds no module of some names, wherever they are installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def find_spec(self, fullname: str, *_: object) -> None:
        """Raise ModuleNotFoundError for these; leave others to the finders that follow."""
        if fullname in self._names:
            raise ModuleNotFoundError(name=fullname)


def stay_light(*names: str) -> None:
    """Keep libraries out of this process: pyarrow works without, but loads them where they are (0.3 s)."""
    sys.meta_path.insert(0, _Absent(names))


if __name__ == "__main__":
    gc.disable()  # nothing here refers to itself, and the process is short
    stay_light("pandas")
    raise SystemExit(main(sys.argv[1:], sys.stdin.buffer, sys.stdout.buffer))
