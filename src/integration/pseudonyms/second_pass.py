"""The second pass: the receiver's own keys over the 16 bytes of the first. No identifier comes here.

The same for a delivery that was encoded here and for one that was encoded at its source.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.encode import FirstResult
from integration.pseudonyms.first_pass import FIRST_PURPOSES, LINK, Known
from integration.pseudonyms.keyring import Keyring
from integration.pseudonyms.link_mentions import LinkChain
from integration.pseudonyms.tables import Tables, final_schemas, identity, token_columns
from integration.pseudonyms.tokens import TOKEN_BYTES, TokenMaker
from integration.storage import write_json

if TYPE_CHECKING:
    import pyarrow as pa

USED = (*FIRST_PURPOSES, LINK)
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
    link_version: int
    link_fingerprint: str
    nil_return: bool
    objected: int = 0
    """Rows from which a person who objected, or was erased, was left out; those gone whole are not in ``rows_ok``."""


def fingerprints(keys: Keyring, known: Known) -> dict[str, str]:
    """Return the fingerprints of every key that a domain's deliveries are encoded with."""
    return keys.fingerprints(known.domain, USED) | known.fingerprints


class SecondPass:
    """Writes a delivery's final tables into a folder, batch by batch as the first pass gives them."""

    def __init__(self, contract: Contract, delivery: DeliveryId, keys: Keyring, folder: Path) -> None:
        domain = DomainCode(delivery.municipality)
        self._contract, self._delivery, self._keys, self._folder = contract, delivery, keys, folder
        self._schemas, self._columns = final_schemas(contract), token_columns(contract)
        self._makers: dict[str, TokenMaker] = {purpose: keys.maker(domain, purpose) for purpose in FIRST_PURPOSES}
        self._link = LinkChain(keys.chain(domain, LINK))
        self._identity = identity(delivery)
        self._record_keys: tuple[pa.Array[Any], pa.Array[Any]] | None = None
        """Of the last batch of records: the keys' digests, and their tokens."""

    def run(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        """Re-key every batch and write it."""
        with Tables(self._folder, self._contract) as tables:
            for name, batch in batches:
                self.write(tables, name, batch)

    def write(self, tables: Tables, name: str, batch: pa.RecordBatch) -> None:
        """Re-key one batch and write it."""
        tables.write(name, self._rekeyed(name, batch))

    def finish(self, first: FirstResult, *, nil_return: bool) -> EncodeResult:
        """Write ``encode.json`` and return what it says."""
        known = Known(
            DomainCode(self._delivery.municipality),
            first.first_pass_version,
            first.first_pass_fingerprint,
            first.link_version,
            first.link_fingerprint,
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
        linked = self._link.rekeyed(batch) if name == "mentions" else {}
        columns: list[pa.Array[Any]] = []
        for field in schema:
            if field.name in self._identity:
                columns.append(pa.repeat(pa.scalar(self._identity[field.name]), batch.num_rows))
            elif field.name in purposes:
                columns.append(self._tokens(name, field.name, purposes[field.name], batch))
            elif field.name in linked:
                columns.append(linked[field.name])
            else:
                columns.append(batch.column(field.name))
        return pa.record_batch(columns, schema=schema)

    def _tokens(self, table: str, column: str, purpose: str, batch: pa.RecordBatch) -> pa.Array[Any]:
        """Make one column's tokens; a mention's record key is looked up at the records just before it."""
        import pyarrow.compute as pc

        digests, maker = batch.column(column), self._makers[purpose]
        if table == "mentions" and column == "record_key" and self._record_keys is not None:
            known, made = self._record_keys
            places = pc.index_in(digests, value_set=known)
            if not places.null_count:
                return made.take(places)
        tokens = token_array(maker, digests)
        if (table, column) == ("records", "record_key"):
            self._record_keys = digests, tokens
        return tokens


def token_array(maker: TokenMaker, digests: pa.Array[Any]) -> pa.Array[Any]:
    """Return the tokens of a column of 16 bytes, null for null.

    All are of one length, so that the column is put together from one text and not from a million.
    """
    import pyarrow as pa

    if digests.offset:
        digests = pa.concat_arrays([digests])
    present = digests.drop_null() if digests.null_count else digests
    count = len(present)
    if not count:
        return pa.nulls(len(digests), pa.string())
    packed = present.buffers()[1]
    text, width = maker.text(packed.to_pybytes()[: count * TOKEN_BYTES] if packed else b"")
    if digests.null_count:
        steps = (width if there else 0 for there in digests.is_valid().to_pylist())
        offsets = array("i", accumulate(steps, initial=0))
    else:
        offsets = array("i", range(0, count * width + 1, width))
    places, content = pa.py_buffer(offsets), pa.py_buffer(text.encode("ascii"))
    return pa.StringArray.from_buffers(
        len(digests), places, content, digests.buffers()[0], digests.null_count
    )
