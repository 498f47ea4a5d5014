"""Encoded linkage beside plain-text Splink on the sample's own mentions: ``bench_linkage_sample.py [--scale 0.1]``.

The sample's deliveries are read and normalised as in the first pass, but what would be encoded is written down (made-up
people only) with who it truly is, one file a municipality; ``integration linkage evaluate`` does the rest, as on
anyone's data. ``--without-number`` leaves the BSN out. One JSON line a municipality, and one for all together.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from helpers.samples import delivery_id, readable, rows
from integration import sample
from integration.contracts import load_contract, load_supplier
from integration.deliveries.read import RawRow
from integration.errors import DeliveryRefused
from integration.linkage.evaluation.dataset import read_dataset
from integration.linkage.evaluation.run import evaluate
from integration.names import DomainCode
from integration.pseudonyms import link_mentions
from integration.pseudonyms.encode import encode_delivery
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.reasons import Reason
from integration.settings import forget_settings
from integration.storage import Zones

_TOML = """
name = "sample {place}"
task = "dedupe"
number = "any"

[[files]]
path = "{place}.parquet"
format = "parquet"
source = "sample"
truth = "person"
fields = {{ given_names = "given", surname = "surname", birth_date = "birth", sex = "sex", postcode = "postcode", \
house = "house"{number} }}
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--without-number", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-sample-") as name:
        folder = Path(name)
        sample.generate(Zones(folder / "home"), scale=chosen.scale)
        forget_settings()
        for place in written(Zones(folder / "home"), folder):
            number = "" if chosen.without_number else ', number = "number"'
            (folder / f"{place}.toml").write_text(_TOML.format(place=place, number=number))
            found = evaluate(read_dataset(str(folder / f"{place}.toml"), folder), plain=True)
            print(json.dumps(told(place, found)), flush=True)


def told(place: str, found: dict[str, Any]) -> dict[str, Any]:
    """What is compared: best F1 of both, and how much the encoding costs."""
    encoded, plain = found["encoded"], found["plain"]
    return {
        "benchmark": "linkage sample",
        "municipality": place,
        "records": found["records"],
        "true_pairs": found["true_pairs"],
        "blocking_recall": encoded["blocking_recall"],
        "best_f1": {"encoded": encoded["best_f1"], "plain": plain["best_f1"]},
        "difference": round(encoded["best_f1"] - plain["best_f1"], 6),
        "f1": {"encoded": encoded["f1"], "plain": plain["f1"]},
        "clusters_best_f1": {
            "encoded": encoded["clusters"]["best_f1"],
            "plain": plain["clusters"]["best_f1"],
        },
    }


def written(zones: Zones, folder: Path) -> list[str]:
    """Write ``<municipality>.parquet`` of every mention's values and true person; return the municipalities."""
    con = duckdb.connect()
    con.execute("create table truth as select * from read_parquet(?)", [str(zones.truth / "records.parquet")])
    places: dict[str, list[pa.Table]] = {}
    for path, manifest in readable(zones):
        with suppress(DeliveryRefused):
            places.setdefault(manifest["municipality"], []).append(heard(zones, path, manifest))
    for place, tables in places.items():
        con.register("heard", pa.concat_tables(tables))
        table = con.sql(
            "select h.*, t.person_id as person from heard as h join truth as t using (delivery_id, row_number, role)"
        ).to_arrow_table()
        pq.write_table(table, folder / f"{place}.parquet")
    return sorted(places)


def heard(zones: Zones, path: Path, manifest: dict[str, Any]) -> pa.Table:
    """What the first pass over a delivery would encode for linkage: delivery, row number, role and values."""
    keys: list[pa.Table] = []
    found: list[pa.Table] = []
    made = link_mentions._values

    def keep(name: str, batch: pa.RecordBatch) -> None:
        if name == "mentions":
            keys.append(pa.Table.from_batches([batch]).select(["row_number", "role"]))

    def hear(*arguments: Any) -> Any:
        values = made(*arguments)
        found.append(pa.table({name: pa.array(list(texts), pa.string()) for name, texts in values.items()}))
        return values

    with patch.object(link_mentions, "_values", hear):
        encode_delivery(
            [RawRow(place, values) for place, values in enumerate(rows(zones, path, manifest), 1)],
            load_contract(manifest["source"]),
            load_supplier(zones, manifest["supplier"]).dialect,
            FirstPass(Known(DomainCode(manifest["municipality"]), 1, "0" * 16), b"benchmark" * 4),
            manifest["supplier"],
            keep,
            created_on=date.fromisoformat(manifest["created_at"][:10]),
        )
    if not keys:
        raise DeliveryRefused(Reason.EMPTY_FILE)
    table = pa.concat_tables(keys)
    table = table.append_column("delivery_id", pa.array([delivery_id(manifest)] * len(table)))
    for name, column in pa.concat_tables(found).to_pydict().items():
        table = table.append_column(name, pa.array(column, pa.string()))
    return table


if __name__ == "__main__":
    main()
