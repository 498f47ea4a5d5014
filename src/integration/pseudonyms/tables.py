"""The three tables an encoded delivery consists of, written to Parquet batch by batch: memory stays flat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.names import DeliveryId

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("records", "mentions", "findings")
IDENTITY = ("delivery_id", "source", "supplier", "municipality", "period")
"""The first columns of records and mentions: the same in every row of a delivery."""


def identity(delivery: DeliveryId) -> dict[str, str]:
    """Return the values of :data:`IDENTITY`."""
    parts = (delivery.source, delivery.supplier, delivery.municipality, delivery.period.text)
    return dict(zip(IDENTITY, (str(delivery), *parts), strict=True))


def _types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "string": pa.string(),
        "code": pa.string(),
        "date": pa.date32(),
        "integer": pa.int32(),
        "codes": pa.list_(pa.string()),
        "dates": pa.list_(pa.date32()),
    }


def record_schema(contract: Contract) -> pa.Schema:
    """Return the columns of encoded records: identity, attributes and keys, identifier statuses."""
    import pyarrow as pa

    types = _types()
    head: list[tuple[str, pa.DataType]] = [(name, pa.string()) for name in IDENTITY]
    head += [("row_number", pa.int32()), ("record_key", pa.string())]
    head += [("status_aanlevering", pa.string()), ("peildatum", pa.date32())]
    taken = {name for name, _ in head} | {"record_id"}
    body = [
        (field.name, pa.string() if field.role == "key" else types[field.type])
        for field in contract.with_role("attribute", "key")
        if field.name not in taken
    ]
    statuses = [(f"{field.name}_status", pa.string()) for field in contract.identifiers]
    return pa.schema([pa.field(name, kind) for name, kind in head + body + statuses])


def mention_schema() -> pa.Schema:
    """Return the columns of mentions: one row for each person that a row speaks of."""
    import pyarrow as pa

    text, day, flag = pa.string(), pa.date32(), pa.bool_()
    columns: dict[str, pa.DataType] = dict.fromkeys(IDENTITY, text)
    columns |= {"record_key": text, "row_number": pa.int32(), "peildatum": day, "role": text}
    columns |= {"patient_rol": text, "relation": text, "sex": text, "birth_year": pa.int16()}
    columns |= {"birth_known": text, "pc4": text, "address_kind": text, "secret": flag}
    columns |= {"departure_date": day, "bsn_token": text, "bsn_status": text}
    columns |= {"token_demographic": text, "token_demographic_first": text, "token_name": text}
    columns |= {"token_birth_first": text, "address_token": text, "address_token_base": text}
    columns |= {"address_inherited": flag}
    return pa.schema(list(columns.items()))


def finding_schema() -> pa.Schema:
    """Return the columns of findings: where, what and with which effect; never a value."""
    import pyarrow as pa

    columns: dict[str, pa.DataType] = {"row_number": pa.int32()}
    columns |= dict.fromkeys(("field", "reason", "effect"), pa.string())
    return pa.schema(list(columns.items()))


def _recurring(schema: pa.Schema) -> list[str]:
    """Return the columns worth a dictionary and statistics: all but tokens, which seldom recur."""
    return [name for name in schema.names if "token" not in name and name != "record_key"]


class Tables:
    """Writers of the three tables in one folder. The same rows give the same bytes."""

    def __init__(self, folder: Path, contract: Contract, delivery: DeliveryId) -> None:
        import pyarrow.parquet as pq

        schemas = (record_schema(contract), mention_schema(), finding_schema())
        self._identity = identity(delivery)
        self._schemas = dict(zip(NAMES, schemas, strict=True))
        self._writers = {
            name: pq.ParquetWriter(
                folder / f"{name}.parquet",
                schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=_recurring(schema),  # type: ignore[arg-type]  # lists are fine, their stubs not
                write_statistics=_recurring(schema),
            )
            for name, schema in self._schemas.items()
        }

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Write one batch of a table; the identity columns are added here."""
        import pyarrow as pa

        length = len(next(iter(columns.values())))
        if length == 0:
            return
        arrays = []
        for field in self._schemas[name]:
            if field.name in self._identity:
                arrays.append(pa.repeat(pa.scalar(self._identity[field.name]), length))
            else:
                arrays.append(pa.array(columns[field.name], field.type))
        self._writers[name].write_batch(pa.record_batch(arrays, schema=self._schemas[name]))
