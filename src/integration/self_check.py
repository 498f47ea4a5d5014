"""Checking a file where it was made, before it is sent: what the receiver would find in this delivery alone.

The file is examined as receipt examines it, encoded in memory with a key that is thrown away, and held against the
suite of its source. It takes no key, no network and no installation, and nothing is written. What only the receiver
can know is left out: earlier deliveries, when it arrives, and who objected.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.contracts import Supplier, load_contract
from integration.deliveries.examine import examine_payload
from integration.deliveries.manifest import Manifest
from integration.deliveries.read import Limits, open_rows
from integration.errors import DeliveryRefused
from integration.names import DomainCode
from integration.pseudonyms.encode import FirstResult, encode_delivery
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.pseudonyms.tables import first_schemas
from integration.quality import findings as found
from integration.quality.check import check_records
from integration.quality.frame import Facts
from integration.quality.layout import nullable_fields
from integration.quality.reports import Counts, Material
from integration.reasons import Reason
from integration.source_file import Asked, describe, supplier_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class SelfCheck:
    """What checking came to. ``refused`` says why the delivery would be refused whole; ``material`` is None then.

    ``basis`` tells where supplier, municipality and period came from: given, manifest, file or guessed.
    """

    source: str
    supplier: str
    municipality: str
    period: str
    basis: dict[str, str]
    material: Material | None = None
    refused: DeliveryRefused | None = None
    passed: bool = False

    @property
    def usable(self) -> bool:
        """Whether the receiver would take the delivery in."""
        return self.refused is None


def check_file(file: Path, asked: Asked, now: datetime, limits: Limits | None = None) -> SelfCheck:
    """Check one file. Call :func:`integration.hardening.harden` first, in a process that ends after.

    Raises :class:`~integration.errors.UsageError` (INPUT_INVALID) when what was asked does not fit, or the file
    fits no contract.
    """
    bounds = limits or Limits()
    basis: dict[str, str] = {}
    source = asked.source or (asked.supplier.source if asked.supplier else "")
    try:
        supplier = supplier_of(file, asked, basis, bounds)
        source = supplier.source
        manifest = describe(file, supplier, asked, now, basis, bounds)
        examine_payload(file, manifest, supplier.contract, supplier, bounds)
        material = _material(file, supplier, manifest, bounds)
    except DeliveryRefused as refusal:
        names = asked.supplier.code if asked.supplier else ""
        return SelfCheck(source, names, asked.municipality or "", asked.period or "", basis, refused=refusal)
    counts = material.counts
    passed = material.outcome == "passed" and not counts.rows_refused and not counts.fields_nulled
    return SelfCheck(
        supplier.source,
        supplier.code,
        manifest.municipality,
        manifest.period.text,
        basis,
        material,
        passed=passed,
    )


def _material(file: Path, supplier: Supplier, manifest: Manifest, limits: Limits) -> Material:
    contract = load_contract(supplier.source)  # the suite is of the newest version, as at the receiver
    tables, result = _encoded(file, supplier, manifest, limits)
    counts = Counts(result.rows_in, result.rows_ok, result.rows_refused, result.fields_nulled)
    facts = Facts(
        **vars(counts),
        nil_return=manifest.nil_return,
        period_end=manifest.period.end,
        nullable_fields=nullable_fields(contract),
    )
    checked = check_records(tables["records"], facts, contract)
    outcome = found.outcome(checked)
    reason = {"failed": Reason.CHECK_CRITICAL, "error": Reason.CHECK_ERROR}.get(outcome)
    return Material(
        contract=supplier.contract,
        delivery="",
        supplier=supplier.code,
        municipality=manifest.municipality,
        period=manifest.period.text,
        counts=counts,
        nil_return=manifest.nil_return,
        outcome=outcome,
        reason=reason.value if reason else None,
        checks=tuple(one.as_json() for one in checked),
        **tables,
    )


def _encoded(
    file: Path, supplier: Supplier, manifest: Manifest, limits: Limits
) -> tuple[dict[str, pa.Table], FirstResult]:
    """Encode in memory: the three tables, with texts where the receiver has tokens."""
    import pyarrow as pa

    contract, schemas = supplier.contract, first_schemas(supplier.contract)
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in schemas}
    key = FirstPass(Known(DomainCode(manifest.municipality), 1, "0" * 16), secrets.token_bytes(32))
    with open_rows(file, contract, supplier, manifest, limits=limits) as rows:
        result = encode_delivery(
            rows,
            contract,
            supplier.dialect,
            key,
            supplier.code,
            lambda name, batch: batches[name].append(_kept(name, batch)),
            created_on=manifest.created_at.date(),
        )
    kept = {name: _kept(name, schema.empty_table()).schema for name, schema in schemas.items()}
    return {name: pa.Table.from_batches(batches[name], kept[name]) for name in schemas}, result


def _kept(name: str, batch: Any) -> Any:
    """What is looked at of a batch or table: of mentions the sexes; tokens as texts, which can be compared."""
    import pyarrow as pa

    if name == "mentions":
        return batch.select(["role", "sex"])
    for place, one in enumerate(batch.schema):
        if pa.types.is_fixed_size_binary(one.type):
            texts = [value and value.hex() for value in batch.column(place).to_pylist()]
            batch = batch.set_column(place, one.name, pa.array(texts, pa.string()))
    return batch
