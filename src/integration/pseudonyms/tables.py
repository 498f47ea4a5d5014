"""The three tables an encoded delivery consists of, after the first pass and after the second, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract
from integration.names import DeliveryId
from integration.pseudonyms.link_names import is_link, link_columns
from integration.pseudonyms.mentions import ADDRESS_MESSAGES, PERSON_MESSAGES
from integration.pseudonyms.tokens import TOKEN_BYTES

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
    columns |= dict.fromkeys(link_columns(), pa.int64())
    return pa.schema(list(columns.items()))


def finding_schema() -> pa.Schema:
    """Return the columns of findings: where, what and with which effect; never a value."""
    import pyarrow as pa

    columns: dict[str, pa.DataType] = {"row_number": pa.int32()}
    columns |= dict.fromkeys(("field", "reason", "effect"), pa.string())
    return pa.schema(list(columns.items()))


def recurring(names: Iterable[str]) -> Any:
    """Return the columns worth a dictionary and statistics: all but pseudonyms of any kind, which seldom recur."""
    return [name for name in names if "token" not in name and name != "record_key" and not is_link(name)]


def final_schemas(contract: Contract) -> dict[str, pa.Schema]:
    """Return the three tables' columns as they are after the second pass."""
    return dict(zip(NAMES, (record_schema(contract), mention_schema(), finding_schema()), strict=True))


def token_columns(contract: Contract) -> dict[str, dict[str, str]]:
    """Return, per table, the columns that hold tokens with the purpose of each."""
    keys = {field.name: "key" for field in contract.with_role("key") if field.name != "record_id"}
    people = dict.fromkeys(PERSON_MESSAGES, "person") | dict.fromkeys(ADDRESS_MESSAGES, "address")
    return {
        "records": {"record_key": "key", **keys},
        "mentions": {"record_key": "key", **people},
        "findings": {},
    }


def first_schemas(contract: Contract) -> dict[str, pa.Schema]:
    """Return the three tables' columns after the first pass: tokens are 16 bytes, and no delivery is named."""
    import pyarrow as pa

    binary, tokens = pa.binary(TOKEN_BYTES), token_columns(contract)
    return {
        name: pa.schema(
            [
                pa.field(field.name, binary if field.name in tokens[name] else field.type)
                for field in schema
                if field.name not in IDENTITY
            ]
        )
        for name, schema in final_schemas(contract).items()
    }


Sink = Callable[[str, "pa.RecordBatch"], None]
"""Where batches of first-pass tables go: the table's name and the batch."""


class Batches:
    """Makes record batches of the first-pass tables and hands them to a sink, in the order they are made."""

    def __init__(self, contract: Contract, sink: Sink) -> None:
        self._schemas = first_schemas(contract)
        self._sink = sink

    def write(self, name: str, columns: Mapping[str, Sequence[Any]]) -> None:
        """Hand on one batch of a table; an empty one is left out."""
        import pyarrow as pa

        if not len(next(iter(columns.values()))):
            return
        schema = self._schemas[name]
        arrays = [_array(columns[field.name], field.type) for field in schema]
        self._sink(name, pa.record_batch(arrays, schema=schema))


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array[Any]:
    """Return a column; one value all through, as many columns have, is repeated and not converted a thousand times."""
    import pyarrow as pa

    if isinstance(values, pa.Array):
        return values
    first, repeated = values[0], values[-1] is values[0]
    if repeated and values.count(first) == len(values):
        one: Any = pa.scalar(first, kind)
        return pa.repeat(one, len(values))  # type: ignore[no-any-return]  # an array of the scalar's type
    return pa.array(values, kind)


class Tables:
    """Writers of the three final tables in one folder. The same batches give the same bytes."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        import pyarrow.parquet as pq

        self._writers = {
            name: pq.ParquetWriter(
                folder / f"{name}.parquet",
                schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=recurring(schema.names),
                write_statistics=recurring(schema.names),
            )
            for name, schema in final_schemas(contract).items()
        }

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def write(self, name: str, batch: pa.RecordBatch) -> None:
        """Write one batch of a table."""
        self._writers[name].write_batch(batch)
