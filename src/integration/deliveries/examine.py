"""Is this delivery what it says it is? Every reason to refuse a delivery whole, in one place, in order.

First the manifest against the agreement with its supplier and against what was taken in before, then the
payload against the manifest, to the last byte. The first thing that is wrong is the reason.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from integration.contracts import Contract, Supplier, contract_ids, load_contract, versions
from integration.deliveries.claims import Claim
from integration.deliveries.manifest import Manifest, parse_manifest, read_text
from integration.deliveries.read import Limits, RawRow, open_rows
from integration.errors import DeliveryRefused
from integration.ledger import Entry
from integration.names import Period
from integration.reasons import Reason

_PERIOD_KINDS = {"weekly": "week", "monthly": "month", "half-yearly": "half-year"}
_REPEATS = frozenset({Reason.DELIVERY_DUPLICATE, Reason.SEQUENCE_OLD, Reason.SEQUENCE_REUSED})
"""Refusals after which the same number does not become free."""


def examine_files(claim: Claim) -> tuple[Manifest, bytes]:
    """Check that a manifest and a payload are there and are plain files, and read the manifest: it and its bytes.

    Raises :class:`DeliveryRefused`: NOT_A_FILE, MANIFEST_MISSING, PAYLOAD_MISSING, PAYLOAD_TOO_LARGE is left to
    the reader; MANIFEST_INVALID and PATH_UNSAFE come from the manifest.
    """
    for name in (claim.manifest, claim.payload):
        if name is not None and not _is_plain_file(claim.content / name):
            raise DeliveryRefused(Reason.NOT_A_FILE)
    if claim.manifest is None:
        raise DeliveryRefused(Reason.MANIFEST_MISSING)
    text = read_text(claim.content / claim.manifest)
    manifest = parse_manifest(text)
    if claim.payload is None:
        raise DeliveryRefused(Reason.PAYLOAD_MISSING)
    if manifest.file != claim.payload:
        field = "envelope.file" if manifest.seal else "payload.file"
        raise DeliveryRefused(Reason.MANIFEST_INVALID, field=field)
    return manifest, text


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def examine_agreement(manifest: Manifest, desk: str, supplier: Supplier, now: datetime) -> Contract:
    """Hold a manifest against the agreement with its supplier; return the contract of the delivery.

    Raises :class:`DeliveryRefused`: SUPPLIER_MISMATCH, SOURCE_UNKNOWN, SOURCE_MISMATCH, CONTRACT_UNKNOWN,
    CONTRACT_MISMATCH, WRONG_MUNICIPALITY, WRONG_ENCODING, WRONG_DELIMITER, PERIOD_INVALID.
    """
    dialect, payload = supplier.dialect, manifest.payload
    raw = payload.made_with is None
    first_wrong = next(
        (
            (reason, field)
            for wrong, reason, field in (
                (manifest.supplier != desk, Reason.SUPPLIER_MISMATCH, "supplier"),
                (manifest.source not in contract_ids(), Reason.SOURCE_UNKNOWN, "source"),
                (manifest.source != supplier.source, Reason.SOURCE_MISMATCH, "source"),
                (manifest.contract_id != manifest.source, Reason.CONTRACT_UNKNOWN, "contract.id"),
                (
                    manifest.contract_version not in versions(manifest.source),
                    Reason.CONTRACT_UNKNOWN,
                    "contract.version",
                ),
                (
                    manifest.contract_version != supplier.contract_version,
                    Reason.CONTRACT_MISMATCH,
                    "contract.version",
                ),
                (
                    manifest.municipality not in supplier.municipalities,
                    Reason.WRONG_MUNICIPALITY,
                    "municipality",
                ),
                (
                    raw and not _same_encoding(payload.encoding, dialect.encoding),
                    Reason.WRONG_ENCODING,
                    "payload.encoding",
                ),
                (raw and payload.delimiter != dialect.delimiter, Reason.WRONG_DELIMITER, "payload.delimiter"),
                (not _fits(manifest.period, supplier, now), Reason.PERIOD_INVALID, "period"),
            )
            if wrong
        ),
        None,
    )
    if first_wrong:
        raise DeliveryRefused(first_wrong[0], field=first_wrong[1])
    return load_contract(manifest.source, manifest.contract_version)


def _same_encoding(declared: str, agreed: str) -> bool:
    try:
        names = {codecs.lookup(name.removesuffix("-sig")).name for name in (declared, agreed)}
    except LookupError:
        return False
    return len(names) == 1


def _fits(period: Period, supplier: Supplier, now: datetime) -> bool:
    """Tell whether a period is of the agreed kind (or a stock) and has ended."""
    agreed = (_PERIOD_KINDS[supplier.calendar.frequency], "stock")
    return period.kind in agreed and period.end <= now.date()


def examine_place(
    manifest: Manifest, known: Sequence[Entry], refusals: Sequence[tuple[str, Reason]]
) -> Entry | None:
    """Hold a delivery's sequence number against what was taken in from its supplier for its municipality.

    A number counts once. A lower one than the newest accepted is too late, unless exactly this delivery was
    refused before (``refusals``: delivery id and reason) and nothing newer for its period was accepted: then
    it is the resend that was asked for. Returns the entry that it replaces when that failed its check after
    receipt. Raises :class:`DeliveryRefused`: DELIVERY_DUPLICATE, SEQUENCE_REUSED, SEQUENCE_OLD.
    """
    delivery = manifest.delivery_id
    mine = [e for e in known if (e.supplier, e.municipality) == (delivery.supplier, delivery.municipality)]
    same = next((entry for entry in mine if entry.sequence == delivery.sequence), None)
    if same is not None:
        if same.subject == str(delivery) and same.state == "quarantined":
            return same
        twice = same.subject == str(delivery) and same.sha256 == manifest.payload.sha256
        raise DeliveryRefused(
            Reason.DELIVERY_DUPLICATE if twice else Reason.SEQUENCE_REUSED, field="sequence"
        )
    newer = [entry for entry in mine if entry.sequence > delivery.sequence]
    asked_for = any(d == str(delivery) and reason not in _REPEATS for d, reason in refusals)
    if newer and not (asked_for and all(entry.period != delivery.period.text for entry in newer)):
        raise DeliveryRefused(Reason.SEQUENCE_OLD, field="sequence")
    return None


ExamineEncoded = Callable[[Path, Manifest, Contract, Supplier, BinaryIO | None], None]
"""Examines what was encoded at its source; raises :class:`DeliveryRefused`. It belongs to who knows the keys in use."""


def examine_payload(
    path: Path,
    manifest: Manifest,
    contract: Contract,
    supplier: Supplier,
    limits: Limits,
    opened: BinaryIO | None = None,
    encoded: ExamineEncoded | None = None,
) -> None:
    """Read the payload (``opened``: out of its envelope) to its last byte against the manifest.

    One that was encoded at its source is for ``encoded``; FORMAT_UNKNOWN without it.

    Raises :class:`DeliveryRefused` as :func:`~integration.deliveries.read.open_rows` does, and
    WRONG_MUNICIPALITY, SUPPLIER_MISMATCH and LABEL_MISMATCH with the row that speaks of another delivery.
    """
    if manifest.payload.made_with is not None:
        if encoded is None:
            raise DeliveryRefused(Reason.FORMAT_UNKNOWN)
        encoded(path, manifest, contract, supplier, opened)
        return
    expected = (
        ("gemeente_code", manifest.municipality, Reason.WRONG_MUNICIPALITY),
        ("bron_org_code", manifest.supplier, Reason.SUPPLIER_MISMATCH),
        ("levering_id", manifest.delivery_label, Reason.LABEL_MISMATCH),
    )
    with open_rows(path, contract, supplier, manifest, limits=limits, opened=opened) as rows:
        for row in rows:
            _examine_row(row, expected)


def _examine_row(row: RawRow, expected: tuple[tuple[str, str, Reason], ...]) -> None:
    for name, value, reason in expected:
        if row.values[name] != value and row.values[name].strip() != value:
            raise DeliveryRefused(reason, row=row.number, field=name)
