"""The rows of a release and the files that hold them: Parquet, semicolon CSV, data dictionary."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.releases.model import DeliveryLine, Place, Protected, Row, RunSummary
from integration.releases.words import TOTAL, Words
from integration.spreadsheet import to_csv

PARTS = ("numerator", "denominator", "missing")


@lru_cache(maxsize=1)
def columns() -> dict[str, dict[str, dict[str, str]]]:
    """The columns of each table, in order: type, Dutch and English meaning."""
    content: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
        files(__package__).joinpath("columns.yml").read_text(encoding="utf-8")
    )
    return content


def figure_rows(
    protected: Protected, definitions: Mapping[str, Any], places: Sequence[Place], number: int
) -> list[Row]:
    """The published rows: each protected cell with its names and the same in words.

    Raises :class:`IntegrationError` (INPUT_INVALID) when a cell holds a count that may not be seen: publishing
    checks once more what protection should have done.
    """
    names = {place.code: place.name for place in places}
    words = Words("nl")
    rows = []
    for cell in protected.cells:
        fields = asdict(cell)
        _refuse_small(fields)
        definition = definitions[fields["indicator"]]
        said = {
            "release": number,
            "indicator_name": measure_name(definition, fields["measure"], "nl"),
            "municipality_name": names.get(fields["municipality"], words("place.all")),
            "value_text": words.value(fields),
            "missing_share_text": words.missing_share(fields),
            "norm_text": words.norm(fields, definition.direction),
            "verdict_text": words.verdict(fields),
            **{f"{part}_text": words.count(fields, part) for part in PARTS},
        }
        rows.append({name: (said | fields)[name] for name in columns()["indicators"]})
    return rows


def _refuse_small(cell: Mapping[str, Any]) -> None:
    for part in PARTS:
        number, state = cell[part], cell[f"{part}_state"]
        if state == "exact":
            continue
        if (number is None) != (state != "shown") or (number is not None and not may_be_seen(number)):
            raise IntegrationError(Reason.INPUT_INVALID, "a count that may not be published", field=part)


def may_be_seen(count: int | None) -> bool:
    """Whether a count of people has the form of a published one: hidden, or a multiple of five from ten."""
    return count is None or (count >= 10 and count % 5 == 0)


def measure_name(definition: Any, measure: str, language: str) -> str:
    """The name of an indicator, or of another measure that its definition lists."""
    for other in definition.measures:
        if other.measure == measure:
            return str(getattr(other, f"name_{language}"))
    return str(getattr(definition, f"name_{language}"))


def delivery_rows(summary: RunSummary, places: Sequence[Place]) -> list[Row]:
    """Deliveries by source and municipality, in the order of the municipalities."""
    order = {place.code: (number, place.name) for number, place in enumerate(places)}

    def row(line: DeliveryLine) -> Row:
        return {
            "source": line.source,
            "source_name": source_name(summary, line.source, "nl"),
            "municipality": line.municipality,
            "municipality_name": order[line.municipality][1],
            "accepted": line.accepted,
            "waiting": line.waiting,
            "quarantined": sum(line.quarantined.values()),
            "reasons": ", ".join(f"{code}: {n}" for code, n in sorted(line.quarantined.items())),
        }

    known = [line for line in summary.deliveries if line.municipality in order]
    return [row(line) for line in sorted(known, key=lambda line: (line.source, order[line.municipality]))]


def source_name(summary: RunSummary, source: str, language: str) -> str:
    """What people call a source; its id when the summary does not say."""
    return summary.sources.get(source, (source, source))[0 if language == "nl" else 1]


def to_parquet(table: str, rows: Sequence[Row]) -> bytes:
    """Rows as a Parquet file with the declared columns and types."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[str, pa.DataType] = {
        "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    }  # fmt: skip
    schema = pa.schema([(name, types[column["type"]]) for name, column in columns()[table].items()])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), sink, compression="zstd")
    return sink.getvalue()


def dictionary() -> bytes:
    """The data dictionary: every column of every table, its type and what it means."""
    rows = [
        {
            "bestand": table,
            "kolom": name,
            "type": column["type"],
            "betekenis": column["nl"],
            "meaning": column["en"],
        }
        for table, listed in columns().items()
        for name, column in listed.items()
    ]
    return to_csv(("bestand", "kolom", "type", "betekenis", "meaning"), rows)


__all__ = ["TOTAL", "columns", "delivery_rows", "dictionary", "figure_rows", "to_csv", "to_parquet"]
