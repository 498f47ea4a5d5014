"""One delivery's first pass as a job for a short-lived process of its own.

The parent reads settings, contract and supplier, which takes longer than encoding a small delivery, and hands the
child what it needs through a pipe, and nothing heavy to import on the other side. The child opens the first-pass key
itself; it gets neither the receiver's keyring nor its passphrase. Of a sealed delivery it gets what opens the envelope:
it is the one that sees raw rows.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern
from types import TracebackType
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.deliveries.manifest import Manifest
from integration.deliveries.stored import Opener
from integration.errors import DeliveryRefused, IntegrationError, KeyUnavailable
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import FirstResult
from integration.pseudonyms.first_pass import PASSPHRASE_VARIABLE, KeyPlace, known_first_pass
from integration.pseudonyms.frames import RESULT, FrameReader
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.contracts import Supplier
    from integration.settings import Settings

JOB_FLAG = "--job"
"""Tells the process to read its job, pickled, from standard input."""
_OURS = ("INTEGRATION_", "AIRFLOW")
"""Variables that begin so are not handed down: the job says all, and they may hold secrets."""


@dataclass(frozen=True)
class PlainDialect:
    """A supplier's way of writing, without the library that checked it."""

    delimiter: str
    encoding: str
    list_separator: str
    date_pattern: Pattern[str]


@dataclass(frozen=True)
class PlainSupplier:
    """What reading and encoding need to know of a supplier."""

    dialect: PlainDialect
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class EncodeJob:
    """Everything that the first pass over one delivery needs; no key, but for what opens its envelope, never shown.

    ``key`` is None for a payload that was encoded at its source: that is examined, and its batches are handed on as
    they are; with ``check_only`` nothing is handed on. ``payload`` is in its envelope when there is an ``opener``; one
    too large for memory is opened on the disk of ``tmp``, without a name.
    """

    payload: Path
    manifest: Manifest
    contract: Contract
    supplier: PlainSupplier
    max_payload_bytes: int
    max_line_bytes: int
    key: KeyPlace | None
    opener: Opener | None
    tmp: Path
    check_only: bool = False
    descriptor: int | None = None
    """An open file that is the payload, handed down; ``payload`` is then but its name."""
    corrections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Codes known to be wrong, by column, each with the right one."""


def plain(supplier: Supplier) -> PlainSupplier:
    """Return a supplier without what takes long to import."""
    dialect = supplier.dialect
    way = PlainDialect(dialect.delimiter, dialect.encoding, dialect.list_separator, dialect.date_pattern)
    return PlainSupplier(
        way, dict(supplier.columns), {name: dict(codes) for name, codes in supplier.codes.items()}
    )


def make_job(settings: Settings, delivery: DeliveryId) -> EncodeJob:
    """Collect the job of a delivery in the raw zone.

    Raises :class:`KeyUnavailable` (KEY_MISSING) when no first-pass key was handed out for its domain,
    :class:`IntegrationError` DELIVERY_UNKNOWN when the raw zone does not have it, DATA_KEY_SHREDDED when nobody can
    open it any more, MANIFEST_INVALID when what lies there is another, what a source without a valid entry in the
    register is refused for, and what a broken supplier file or contract raises.
    """
    from integration.contracts import load_contract, load_supplier
    from integration.contracts.register import refuse_unregistered
    from integration.deliveries.manifest import read_manifest
    from integration.deliveries.seal_keys import receiver_of
    from integration.deliveries.stored import opener_of, stored_path

    raw = settings.zones.raw_dir(delivery)
    if not (raw / "manifest.json").is_file():
        raise IntegrationError(Reason.DELIVERY_UNKNOWN, file=str(delivery))
    manifest = read_manifest(raw / "manifest.json")
    if manifest.delivery_id != delivery:
        raise IntegrationError(Reason.MANIFEST_INVALID, file=str(delivery))
    contract = load_contract(delivery.source, manifest.contract_version)
    refuse_unregistered(settings.zones.home, contract, settings.today(), synthetic=settings.synthetic)
    receiver = receiver_of(settings.zones.keys, settings.passphrase_bytes())
    return EncodeJob(
        payload=stored_path(settings.zones, delivery, manifest),
        manifest=manifest,
        contract=contract,
        supplier=plain(load_supplier(settings.zones, delivery.supplier)),
        max_payload_bytes=settings.max_payload_bytes,
        max_line_bytes=settings.max_line_bytes,
        key=None if manifest.payload.made_with else key_place(settings, DomainCode(delivery.municipality)),
        opener=opener_of(settings.zones, delivery, manifest, receiver),
        tmp=settings.zones.tmp,
    )


def key_place(settings: Settings, domain: DomainCode) -> KeyPlace:
    """Return where the encoding process finds the first-pass key of a domain, and which it must be."""
    folder = settings.first_pass_folder
    passphrase = settings.first_pass_passphrase_file or folder / "passphrase"
    return KeyPlace(folder / f"{domain}.json", passphrase.absolute(), known_first_pass(folder, domain))


class FirstPassProcess:
    """The child at work. ``batches`` gives what it hands on; ``result`` is there after the last."""

    def __init__(self, job: EncodeJob, command: Sequence[str] = ()) -> None:
        """Start it; ``command`` are words to put in front, for a job with a key, so that another user runs it."""
        self._job = job
        delivery = str(job.manifest.delivery_id)
        words = [*(command if job.key else ()), sys.executable, "-m", "integration.encode_process"]
        try:
            self._process = subprocess.Popen(
                [*words, delivery, JOB_FLAG],
                env=environment(with_passphrase=job.key is not None),
                pass_fds=() if job.descriptor is None else (job.descriptor,),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            raise IntegrationError(
                Reason.INTERNAL, "the encoding process cannot be started", file=delivery
            ) from None
        self.result: FirstResult | None = None

    def __enter__(self) -> FirstPassProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None and kind is not None:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                _close(pipe)
        self._process.wait()

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the first-pass batches.

        Raises with the child's reason :class:`KeyUnavailable`, or :class:`DeliveryRefused` when it is the
        delivery's fault, or :class:`IntegrationError`.
        """
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise IntegrationError(Reason.INTERNAL)
        with suppress(BrokenPipeError):  # it died; what it said, if anything, is read below
            process.stdin.write(pickle.dumps(self._job))
            process.stdin.close()
        reader = FrameReader(process.stdout, self._job.contract)  # type: ignore[arg-type]  # IO[bytes] suffices
        yield from reader
        code = process.wait()
        if reader.kind != RESULT or code != 0:
            raise self._failure(reader.content, code)
        self.result = FirstResult(**reader.content)

    def _failure(self, told: Mapping[str, Any], code: int) -> IntegrationError:
        """Return the error that the child told; INTERNAL when it died without a word."""
        name, delivery = str(told.get("reason")), str(self._job.manifest.delivery_id)
        if name not in Reason.__members__:
            return IntegrationError(
                Reason.INTERNAL, f"the encoding process ended with code {code}", file=delivery
            )
        reason, where = Reason[name], {name: told.get(name) for name in ("row", "field")}
        kind = KeyUnavailable if name.startswith("KEY_") else IntegrationError
        if reason.level == "delivery":
            kind = DeliveryRefused
        return kind(reason, str(told.get("detail") or ""), file=delivery, **where)


def _close(pipe: Any) -> None:
    with suppress(BrokenPipeError):
        pipe.close()


def environment(*, with_passphrase: bool) -> dict[str, str]:
    """Return what the child is given of this process's environment: of ours only the first-pass passphrase.

    That is passed on unread, and only to a child that opens the key.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    if with_passphrase and PASSPHRASE_VARIABLE in os.environ:
        kept[PASSPHRASE_VARIABLE] = os.environ[PASSPHRASE_VARIABLE]
    return kept
