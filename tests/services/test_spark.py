"""The model on Spark: the same pairs, weights, vetoes and clusters as DuckDB. Needs pyspark and Java."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from helpers.encoded_town import encoded_town
from integration.linkage.clusters import grow_strongest_first
from integration.linkage.model import Model, block, load_model, score

pytest.importorskip("pyspark", reason="pyspark is not installed (the extra `spark`)")
if shutil.which("java") is None:
    pytest.skip("there is no Java", allow_module_level=True)

from integration.linkage.on_spark import SparkLinked, link_on_spark, local_session


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    with local_session() as started:
        yield started


def records(*, slots: bool = False) -> pa.Table:
    rows = encoded_town(40, records=4, unknown=3)
    names = [name for name in rows[0] if name.startswith("link_")]
    columns: dict[str, Any] = {name: pa.array([row[name] for row in rows], pa.int64()) for name in names}
    columns["sex"] = pa.array([row["sex"] if row["sex"] in ("1", "2") else None for row in rows], pa.string())
    columns["record"] = pa.array(range(len(rows)), pa.int64())
    columns["slot"] = pa.array([row["source"] if slots else None for row in rows], pa.string())
    return pa.table(columns)


def on_duckdb(model: Model, table: pa.Table) -> SparkLinked:
    con = duckdb.connect()
    con.register("given", table)
    con.execute("create table record as from given")
    block(con, model)
    score(con, model)
    pairs = con.execute('from pair order by "left", "right"').to_arrow_table()
    linked = pairs.filter(
        pa.compute.and_(
            pa.compute.is_null(pairs["veto"]),
            pa.compute.greater_equal(pairs["match_weight"], model.threshold),
        )
    )
    slot = np.array(table["slot"].combine_chunks().dictionary_encode().indices.fill_null(-1))
    number = np.array(table["link_number"].fill_null(0))
    edges = (np.array(linked[name]) for name in ("left", "right", "match_weight"))
    return SparkLinked(pairs, grow_strongest_first(len(table), *edges, number, slot))


def compare(found: SparkLinked, expected: SparkLinked) -> None:
    ours, theirs = expected.pairs, found.pairs.sort_by([("left", "ascending"), ("right", "ascending")])
    assert set(ours.column_names) == set(theirs.column_names)
    assert len(ours) > 20
    for name in ours.column_names:
        if name == "match_weight":
            assert theirs[name].to_pylist() == pytest.approx(ours[name].to_pylist(), abs=1e-6)
        else:
            assert theirs[name].to_pylist() == ours[name].to_pylist(), name
    assert found.cluster.tolist() == expected.cluster.tolist()


def strong(model: Model) -> Model:
    return replace(model, rules=tuple(rule for rule in model.declaration.rules if not rule.weak))


@pytest.mark.parametrize("slots", [False, True], ids=["one source", "deduplicated sources"])
def test_pairs_and_clusters_are_those_of_duckdb(session: Any, slots: bool) -> None:
    model, table = strong(load_model()), records(slots=slots)
    compare(link_on_spark(session, model, table), on_duckdb(model, table))


def test_a_value_that_too_many_carry_is_no_block(session: Any) -> None:
    model, table = strong(load_model()), records()
    model = replace(model, declaration=replace(model.declaration, cap=2))
    compare(link_on_spark(session, model, table), on_duckdb(model, table))


def test_a_number_that_weighs_too_much_is_bounded(session: Any) -> None:
    model, table = strong(load_model()), records()
    model = replace(model, parameters={**model.parameters, ("number", "same"): (0.9, 1e-12)})
    compare(link_on_spark(session, model, table), on_duckdb(model, table))
