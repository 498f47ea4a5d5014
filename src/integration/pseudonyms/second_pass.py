"""The second pass: the receiver's own keys over the 16 bytes of the first. No identifier comes here.

The same for a delivery that was encoded here and for one that was encoded at its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import FirstResult
from integration.pseudonyms.first_pass import FIRST_PURPOSES, Known
from integration.pseudonyms.keyring import Keyring
from integration.pseudonyms.tables import Tables, final_schemas, identity, token_columns
from integration.pseudonyms.tokens import TokenMaker
from integration.storage import write_json

if TYPE_CHECKING:
    import pyarrow as pa

USED = FIRST_PURPOSES
"""The purposes whose keys encoding uses."""


@dataclass(frozen=True)
class EncodeResult:
    """What encoding a delivery came to: ids, counts and fingerprints. It is also ``encode.json``."""

    delivery_id: str
    rows_in: int
    rows_ok: int
    rows_refused: int
    fields_nulled: int
    contract: str
    key_fingerprints: Mapping[str, str]
    normalisation_version: int
    first_pass_version: int
    first_pass_fingerprint: str
    nil_return: bool


def fingerprints(keys: Keyring, known: Known) -> dict[str, str]:
    """Return the fingerprints of every key that a domain's deliveries are encoded with."""
    return keys.fingerprints(known.domain, USED) | known.fingerprints


class SecondPass:
    """Writes a delivery's final tables into a folder, batch by batch as the first pass gives them."""

    def __init__(self, contract: Contract, delivery: DeliveryId, keys: Keyring, folder: Path) -> None:
        domain = DomainCode(delivery.municipality)
        self._contract, self._delivery, self._keys, self._folder = contract, delivery, keys, folder
        self._schemas, self._columns = final_schemas(contract), token_columns(contract)
        self._makers: dict[str, TokenMaker] = {purpose: keys.maker(domain, purpose) for purpose in USED}
        self._identity = identity(delivery)
        self._record_keys: dict[bytes, str] = {}

    def run(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        """Re-key every batch and write it."""
        with Tables(self._folder, self._contract) as tables:
            for name, batch in batches:
                tables.write(name, self._rekeyed(name, batch))

    def finish(self, first: FirstResult, *, nil_return: bool) -> EncodeResult:
        """Write ``encode.json`` and return what it says."""
        known = Known(
            DomainCode(self._delivery.municipality), first.first_pass_version, first.first_pass_fingerprint
        )
        result = EncodeResult(
            delivery_id=str(self._delivery),
            key_fingerprints=fingerprints(self._keys, known),
            nil_return=nil_return,
            **asdict(first),
        )
        write_json(self._folder / "encode.json", asdict(result))
        return result

    def _rekeyed(self, name: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa

        schema, purposes = self._schemas[name], self._columns[name]
        columns: list[pa.Array[Any]] = []
        for field in schema:
            if field.name in self._identity:
                columns.append(pa.repeat(pa.scalar(self._identity[field.name]), batch.num_rows))
            elif field.name in purposes:
                digests = batch.column(field.name).to_pylist()
                tokens = self._tokens(name, field.name, purposes[field.name], digests)
                columns.append(pa.array(tokens, field.type))
            else:
                columns.append(batch.column(field.name))
        return pa.record_batch(columns, schema=schema)

    def _tokens(self, table: str, column: str, purpose: str, digests: list[Any]) -> list[str | None]:
        """Make one column's tokens; a mention's record key is that of a record just before it."""
        maker = self._makers[purpose]
        if column != "record_key":
            return maker.tokens(digests)
        if table == "records":
            tokens = maker.tokens(digests)
            self._record_keys = dict(zip(digests, tokens, strict=True))  # type: ignore[arg-type]  # never None here
            return tokens
        known = self._record_keys
        try:
            return [known[digest] for digest in digests]
        except KeyError:
            return maker.tokens(digests)
