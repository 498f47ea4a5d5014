"""Encoding at the source: raw data never leaves the machine of the school or practice that has it.

What the receiver would refuse is refused here, before anything is written. The payload is written whole, its manifest
last. Both may then be sealed as any payload is; the receiver does the second pass.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from integration.deliveries.examine import examine_payload
from integration.deliveries.manifest import SUFFIX as MANIFEST_SUFFIX
from integration.deliveries.manifest import Manifest, make_manifest, write_manifest
from integration.deliveries.payload import describe_encoded
from integration.deliveries.read import Limits, open_rows
from integration.encoded import SUFFIX, Header, MadeWith
from integration.errors import DeliveryRefused, UsageError
from integration.pseudonyms.encode import FirstResult, encode_delivery
from integration.pseudonyms.encoded_file import EncodedWriter
from integration.pseudonyms.first_pass import FirstPass
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.contracts import Supplier


@dataclass(frozen=True)
class EncodedAtSource:
    """What was written, and what encoding came to."""

    payload: Path
    manifest_path: Path
    manifest: Manifest
    result: FirstResult


def encode_at_source(
    file: Path,
    supplier: Supplier,
    key: FirstPass,
    out: Path,
    *,
    municipality: str,
    period: str,
    sequence: int,
    created_at: datetime,
    nil_return: bool = False,
    limits: Limits | None = None,
) -> EncodedAtSource:
    """Encode ``file`` into ``out``: ``<name>.encoded.parquet`` and its manifest.

    Call :func:`integration.hardening.harden` first, in a process that ends after.

    Raises :class:`DeliveryRefused` with what the receiver would say of the raw file, DOMAIN_MISMATCH when the key is
    another municipality's, :class:`UsageError` INPUT_INVALID or FOLDER_NOT_EMPTY when there is such a payload already.
    """
    bounds, target = limits or Limits(), out / (file.stem + SUFFIX)
    if any(os.path.lexists(path) for path in (target, target.with_name(target.name + MANIFEST_SUFFIX))):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, file=target.name)
    raw = make_manifest(
        file,
        supplier,
        municipality=municipality,
        period=period,
        sequence=sequence,
        created_at=created_at,
        nil_return=nil_return,
    )
    if str(key.known.domain) != str(raw.municipality):
        raise DeliveryRefused(Reason.DOMAIN_MISMATCH)
    examine_payload(file, raw, supplier.contract, supplier, bounds)
    out.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        result = _write(file, partial, raw, supplier, key, bounds)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    payload, _ = describe_encoded(target, supplier)
    manifest = replace(raw, payload=payload)
    return EncodedAtSource(target, write_manifest(manifest, target), manifest, result)


def _write(
    file: Path, target: Path, raw: Manifest, supplier: Supplier, key: FirstPass, limits: Limits
) -> FirstResult:
    writer, contract, header = EncodedWriter(target, supplier.contract), supplier.contract, None
    try:
        with open_rows(file, contract, supplier, raw, limits=limits) as rows:
            result = encode_delivery(
                rows,
                contract,
                supplier.dialect,
                key,
                supplier.code,
                writer.batch,
                created_on=raw.created_at.date(),
            )
        header = _header(raw, supplier, result, key)
    finally:
        writer.close(header)
    target.chmod(0o600)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())
    return result


def _header(raw: Manifest, supplier: Supplier, result: FirstResult, key: FirstPass) -> Header:
    return Header(
        source=supplier.source,
        supplier=supplier.code,
        contract_version=supplier.contract_version,
        delivery_label=raw.delivery_label,
        made_with=MadeWith(
            key.known.domain,
            result.first_pass_version,
            result.first_pass_fingerprint,
            result.normalisation_version,
            result.link_version,
            result.link_fingerprint,
        ),
        rows_in=result.rows_in,
        rows_ok=result.rows_ok,
        rows_refused=result.rows_refused,
        fields_nulled=result.fields_nulled,
    )
