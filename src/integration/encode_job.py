"""One delivery's encoding as a job for a short-lived process of its own.

The parent reads settings, contract and supplier, which takes longer than encoding a small delivery, and hands
the child what it needs through a pipe: no secret in the environment or on the command line, and nothing
heavy to import on the other side.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from re import Pattern
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.errors import EXIT_FINDINGS, EXIT_FINE, IntegrationError, KeyUnavailable
from integration.names import DeliveryId
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.settings import Settings

JOB_FLAG = "--job"
"""Tells the process to read its job, pickled, from standard input."""
_SECRETS = ("INTEGRATION_PASSPHRASE",)


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
    """Everything that encoding one delivery needs; the passphrase is never shown."""

    delivery_id: str
    home: Path
    contract: Contract
    supplier: PlainSupplier
    max_payload_bytes: int
    max_line_bytes: int
    passphrase: bytes = field(repr=False)
    arrived_at: str | None = None
    """By the ledger; who was erased after this is left out."""


def make_job(settings: Settings, delivery: DeliveryId) -> EncodeJob:
    """Collect a delivery's job.

    Raises :class:`KeyUnavailable` (KEY_MISSING) without a passphrase, :class:`IntegrationError`
    (DELIVERY_UNKNOWN) when the raw zone does not have it, and what a broken supplier file or contract raises.
    """
    from integration.contracts import load_contract, load_supplier
    from integration.deliveries.manifest import read_manifest
    from integration.ledger import Ledger

    manifest = settings.zones.raw_dir(delivery) / "manifest.json"
    if not manifest.is_file():
        raise IntegrationError(Reason.DELIVERY_UNKNOWN, file=str(delivery))
    supplier = load_supplier(settings.zones, delivery.supplier)
    entry = Ledger(settings.ledger()).entry(delivery)
    dialect = supplier.dialect
    plain = PlainDialect(dialect.delimiter, dialect.encoding, dialect.list_separator, dialect.date_pattern)
    codes = {name: dict(codes) for name, codes in supplier.codes.items()}
    return EncodeJob(
        delivery_id=str(delivery),
        home=settings.zones.home,
        contract=load_contract(delivery.source, read_manifest(manifest).contract_version),
        supplier=PlainSupplier(plain, dict(supplier.columns), codes),
        max_payload_bytes=settings.max_payload_bytes,
        max_line_bytes=settings.max_line_bytes,
        passphrase=settings.passphrase_bytes(),
        arrived_at=entry.arrived_at if entry else None,
    )


def run_job(job: EncodeJob) -> dict[str, Any]:
    """Encode a delivery in a process of its own and return what became of it (the content of encode.json).

    Raises :class:`KeyUnavailable` or :class:`IntegrationError` with the child's reason; nothing was written then.
    """
    command = [sys.executable, "-m", "integration.encode_process", job.delivery_id, JOB_FLAG]
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    done = subprocess.run(command, input=pickle.dumps(job), env=environment, capture_output=True, check=False)
    if done.returncode in (EXIT_FINE, EXIT_FINDINGS):
        return dict(json.loads(done.stdout))
    reason = _reason_in(done.stderr.decode(errors="replace"))
    kind = KeyUnavailable if reason.name.startswith("KEY_") else IntegrationError
    raise kind(reason, file=job.delivery_id)


def _reason_in(text: str) -> Reason:
    """Return the reason code with which the child's last line starts; INTERNAL when it died without a word."""
    lines = text.strip().splitlines()
    code = lines[-1].split(":", 1)[0] if lines else ""
    return Reason[code] if code in Reason.__members__ else Reason.INTERNAL
