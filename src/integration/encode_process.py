"""``python -m integration.encode_process DELIVERY_ID``: encode one delivery, and die.

Identifiers stay readable in a process's memory after they are deleted there, so every delivery is encoded in a
process of its own that leaves no core dump, that no debugger can attach to, and that writes its folder whole or
not at all. Standard output gets the counts as one line of JSON, standard error a reason code; neither gets a
value. Exit codes: 0 fine, 1 rows were refused or fields made null, 2 failure.
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import pickle
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from integration.encode_job import JOB_FLAG, EncodeJob
from integration.errors import EXIT_FAILURE, EXIT_FINDINGS, EXIT_FINE, IntegrationError, KeyUnavailable
from integration.hardening import harden
from integration.names import DeliveryId, DomainCode, InvalidName
from integration.reasons import Reason
from integration.storage import Zones, atomic_directory, read_json

if TYPE_CHECKING:
    from integration.pseudonyms.encode import EncodeResult
    from integration.pseudonyms.keyring import Keyring


def encode(job: EncodeJob) -> EncodeResult:
    """Encode one delivery from the raw zone into its staging folder.

    Nothing is written without the right key. The same delivery and key give the same bytes, so doing it again
    is harmless. Raises :class:`KeyUnavailable`, :class:`DeliveryRefused` (the raw files are no longer what was
    received) and :class:`IntegrationError`.
    """
    from integration.deliveries.manifest import read_manifest
    from integration.deliveries.read import Limits, open_rows
    from integration.pseudonyms.encode import encode_delivery
    from integration.pseudonyms.keyring import open_keyring
    from integration.rights.leaving_out import keep_out

    zones, delivery = Zones(job.home), DeliveryId.parse(job.delivery_id)
    keys = open_keyring(zones.keys / "keyring.json", job.passphrase)
    check_fingerprints(zones, zones.domain_of(delivery), keys)
    raw, limits = zones.raw_dir(delivery), Limits(job.max_payload_bytes, job.max_line_bytes)
    manifest = read_manifest(raw / "manifest.json")
    if str(manifest.delivery_id) != job.delivery_id:
        raise IntegrationError(Reason.MANIFEST_INVALID, file=job.delivery_id)
    payload = raw / f"payload{Path(manifest.payload.file).suffix.lower()}"
    target = zones.staging_dir(delivery)
    with (
        _alone(raw, target),
        atomic_directory(target) as folder,
        open_rows(payload, job.contract, job.supplier, manifest, limits=limits) as rows,
    ):
        result = encode_delivery(
            rows,
            job.contract,
            job.supplier.dialect,
            keys,
            delivery,
            folder,
            created_on=manifest.created_at.date(),
            nil_return=manifest.nil_return,
        )
        told = keep_out(zones, keys, delivery, job.contract, folder, job.arrived_at, asdict(result))
        return replace(result, rows_ok=told["rows_ok"], objected=told["objected"])


def check_fingerprints(zones: Zones, domain: DomainCode, keys: Keyring) -> None:
    """Hold the keyring against what this domain was encoded with before.

    A passphrase that opens a keyring does not prove that it is the same keyring: another root would make
    pseudonyms that match nothing. Raises :class:`KeyUnavailable` (KEY_WRONG).
    """
    encoded = next((zones.staging / domain).glob("*/*/encode.json"), None)
    mine = keys.fingerprints()
    for path in (encoded, zones.warehouse / f"{domain}.json"):
        known = read_json(path).get("key_fingerprints", {}) if path is not None and path.exists() else {}
        if any(known[name] != mine[name] for name in known.keys() & mine.keys()):
            raise KeyUnavailable(Reason.KEY_WRONG)


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


def main(arguments: Sequence[str]) -> int:
    """Run one job and return the exit code."""
    try:
        harden()
        if len(arguments) == 2 and arguments[1] == JOB_FLAG:
            job: EncodeJob = pickle.load(sys.stdin.buffer)  # noqa: S301  our own parent's, through a pipe
            result = encode(job)
        elif len(arguments) == 1:
            result = _encode_by_id(arguments[0])
        else:
            raise IntegrationError(Reason.INPUT_INVALID, "usage: encode_process DELIVERY_ID")
    except IntegrationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return EXIT_FAILURE
    except Exception as error:
        print(_describe(error), file=sys.stderr)  # noqa: T201
        return EXIT_FAILURE
    print(json.dumps(asdict(result), sort_keys=True))  # noqa: T201
    return EXIT_FINDINGS if result.rows_refused or result.fields_nulled else EXIT_FINE


def _encode_by_id(delivery_id: str) -> EncodeResult:
    """Encode a delivery that the ledger knows and enter that in the ledger; slower to start than a job."""
    from integration.audit import End, processing
    from integration.encode_job import make_job
    from integration.ledger import Ledger
    from integration.settings import get_settings

    settings = get_settings()
    try:
        delivery = DeliveryId.parse(delivery_id)
    except InvalidName:
        raise IntegrationError(Reason.DELIVERY_UNKNOWN) from None
    ledger = Ledger(settings.ledger())
    if ledger.entry(delivery) is None:
        raise IntegrationError(Reason.DELIVERY_UNKNOWN)
    with processing(settings, "encode", [f"delivery:{delivery}"]) as recorder:
        result = encode(make_job(settings, delivery))
        recorder.ends = [End(f"delivery:{delivery}", "encoded")]
    facts = {name: value for name, value in asdict(result).items() if name != "delivery_id"}
    ledger.append(delivery, "encoded", at=settings.now(), facts=facts)
    return result


def _describe(error: Exception) -> str:
    """Tell an unexpected error by its type and our own line, without its message: that may hold a value."""
    frames = [
        f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}integration{os.sep}" in f.filename
    ]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{Reason.INTERNAL.value}: {type(error).__name__}{place}"


def stay_light() -> None:
    """Keep numpy and pandas out of this process: pyarrow works without, but loads them where they are (0.3 s)."""
    for name in ("numpy", "pandas"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None makes its import fail


if __name__ == "__main__":
    gc.disable()  # nothing here refers to itself, and the process is short
    stay_light()
    raise SystemExit(main(sys.argv[1:]))
