"""Encoding at the receiver: starts the process that sees raw rows, and does the second pass over what it gives.

The staging folder is written whole or not at all. Killed at any point it can be done again, with the same bytes:
between the two passes nothing is on disk, and a half-written folder is cleared away by the next run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from integration.encode_job import EncodeJob, FirstPassProcess, make_job, plain
from integration.encoded_payload import known_to
from integration.errors import DeliveryRefused, IntegrationError, KeyUnavailable
from integration.names import DeliveryId
from integration.pseudonyms.first_pass import Known
from integration.pseudonyms.held import check_fingerprints
from integration.pseudonyms.second_pass import SecondPass
from integration.reasons import Reason
from integration.rights.leaving_out import keep_out
from integration.stewardship.corrections import codes
from integration.storage import Zones, atomic_directory, read_json

if TYPE_CHECKING:
    from integration.contracts import Contract, Supplier
    from integration.deliveries.examine import ExamineEncoded
    from integration.deliveries.manifest import Manifest
    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings


def encode(
    settings: Settings, delivery: DeliveryId, keys: Keyring, arrived_at: str | None = None
) -> dict[str, Any]:
    """Encode one delivery from the raw zone into its staging folder; return the content of ``encode.json``.

    Who objected, or was erased after ``arrived_at`` (the ledger's), is left out before the folder gets its name.

    Nothing is written without the right keys, of both passes. The same delivery and keys give the same bytes, so
    doing it again is harmless. Raises :class:`KeyUnavailable`, :class:`DeliveryRefused` (the raw files are no
    longer what was received) and :class:`IntegrationError`.
    """
    zones = settings.zones
    job = replace(make_job(settings, delivery), corrections=codes(settings.zones, delivery, arrived_at))
    known = job.key.known if job.key else known_to(settings, job.manifest)
    check_fingerprints(zones, known.domain, keys)
    check_first_pass(zones, known)
    target = zones.staging_dir(delivery)
    with _alone(job.payload.parent, target), atomic_directory(target) as folder:
        second = SecondPass(job.contract, delivery, keys, folder)
        with FirstPassProcess(job, settings.encode_command) as first:
            second.run(first.batches())
        if first.result is None:
            raise IntegrationError(Reason.INTERNAL, file=str(delivery))
        told = asdict(second.finish(first.result, nil_return=job.manifest.nil_return))
        return keep_out(zones, keys, delivery, job.contract, folder, arrived_at, told)


def check_first_pass(zones: Zones, known: Known) -> None:
    """Hold a first-pass key against the one of this version that the domain was encoded with before: KEY_WRONG."""
    domain, mine = known.domain, known.fingerprints
    encoded = next((zones.staging / domain).glob("*/*/encode.json"), None)
    for path in (encoded, zones.warehouse / f"{domain}.json"):
        before = read_json(path).get("key_fingerprints", {}) if path is not None and path.exists() else {}
        if any(before[name] != mine[name] for name in before.keys() & mine.keys()):
            raise KeyUnavailable(Reason.KEY_WRONG)


def examiner(settings: Settings) -> ExamineEncoded:
    """Return what examines a payload that was encoded at its source, before it is taken in.

    It raises :class:`DeliveryRefused`: what :func:`known_to` does, SIZE_MISMATCH, HASH_MISMATCH, ROWS_MISMATCH and what
    reading the payload tells; :class:`KeyUnavailable` when no first-pass key is known for the domain, which is not the
    delivery's fault.
    """

    def examine(
        path: Path, manifest: Manifest, contract: Contract, supplier: Supplier, opened: BinaryIO | None
    ) -> None:
        known_to(settings, manifest)
        job = EncodeJob(
            payload=path,
            manifest=manifest,
            contract=contract,
            supplier=plain(supplier),
            max_payload_bytes=settings.max_payload_bytes,
            max_line_bytes=settings.max_line_bytes,
            key=None,
            opener=None,
            tmp=settings.zones.tmp,
            check_only=True,
            descriptor=None if opened is None else opened.fileno(),
        )
        with FirstPassProcess(job) as process:
            try:
                deque(process.batches(), maxlen=0)
            except DeliveryRefused:
                raise
            except KeyUnavailable:
                raise
            except IntegrationError:  # whatever broke there was made by this file
                raise DeliveryRefused(Reason.ENCODED_INVALID) from None

    return examine


@contextmanager
def _alone(raw: Path, target: Path) -> Iterator[None]:
    """Let one process at a time encode a delivery, and clear away what a killed one left."""
    handle = os.open(raw, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for stale in target.parent.glob(f".{target.name}.*.partial"):
            shutil.rmtree(stale, ignore_errors=True)
        yield
    finally:
        os.close(handle)
