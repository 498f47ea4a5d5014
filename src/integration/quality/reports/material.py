"""What the reports on one delivery are made of: its encoded tables, and what the check said of it.

At the receiver that lies in the staging zone; at a source it is made in memory (:mod:`integration.self_check`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import parquet
from integration.contracts import Contract, load_contract
from integration.errors import IntegrationError, UsageError
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.storage import Zones, read_json

if TYPE_CHECKING:
    import pyarrow as pa

    from integration.ledger import Ledger

UNCHECKED = "unchecked"
"""The outcome of a delivery that has not been checked yet."""
SEXES = ("role", "sex")
"""The columns of mentions that the mirror report counts."""


@dataclass(frozen=True)
class Counts:
    """Rows that were delivered, used and refused, and fields that were made empty in the used ones."""

    rows_in: int
    rows_ok: int
    rows_refused: int
    fields_nulled: int


@dataclass(frozen=True)
class Material:
    """One delivery as its reports see it.

    ``delivery`` is its id, empty at a source, which has none yet. ``records`` and ``findings`` (``row_number``,
    ``field``, ``reason``, ``effect``) are tables as encoding writes them; of ``mentions`` only :data:`SEXES`.
    ``outcome``, ``reason`` and ``checks`` are those of ``check.json`` (:mod:`integration.quality.check`), with
    :data:`UNCHECKED` as long as there is none.
    """

    contract: Contract
    delivery: str
    supplier: str
    municipality: str
    period: str
    counts: Counts
    nil_return: bool
    records: pa.Table
    mentions: pa.Table
    findings: pa.Table
    outcome: str
    reason: str | None
    checks: tuple[Mapping[str, Any], ...]


def read_material(zones: Zones, ledger: Ledger, delivery_id: str) -> Material:
    """Read what encoding and the check left of a delivery.

    Raises :class:`UsageError` DELIVERY_UNKNOWN for one that was never taken in and STAGE_ORDER for one that is not
    encoded yet, and :class:`IntegrationError` DELIVERY_PURGED when its time in the staging zone is over.
    """
    delivery = known(ledger, delivery_id)
    staging = zones.staging_dir(delivery)
    if not (staging / "encode.json").is_file():
        entry = ledger.entry(str(delivery))
        if entry is not None and "rows_ok" in entry.facts:
            raise IntegrationError(Reason.DELIVERY_PURGED, "only a redelivery helps", file=str(delivery))
        raise UsageError(Reason.STAGE_ORDER, file=str(delivery))
    told = read_json(staging / "encode.json")
    version = str(told["contract"]).removeprefix(delivery.source).strip()
    check = _check(staging / "check.json")
    return Material(
        contract=load_contract(delivery.source, version),
        delivery=str(delivery),
        supplier=delivery.supplier,
        municipality=delivery.municipality,
        period=delivery.period.text,
        counts=Counts(*(int(told[name]) for name in Counts.__dataclass_fields__)),
        nil_return=bool(told.get("nil_return", False)),
        records=parquet.read(staging / "records.parquet"),
        mentions=parquet.read(staging / "mentions.parquet", SEXES),
        findings=parquet.read(staging / "findings.parquet"),
        outcome=check["outcome"],
        reason=check["reason"],
        checks=tuple(check["checks"]),
    )


def known(ledger: Ledger, delivery_id: str) -> DeliveryId:
    """The id of a delivery that was taken in; raise :class:`UsageError` (DELIVERY_UNKNOWN) for any other text."""
    try:
        delivery = DeliveryId.parse(delivery_id)
    except InvalidName:
        raise UsageError(Reason.DELIVERY_UNKNOWN) from None
    if ledger.entry(str(delivery)) is None:
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    return delivery


def _check(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        return {"outcome": UNCHECKED, "reason": None, "checks": []}
    found: Mapping[str, Any] = read_json(path)
    return found
