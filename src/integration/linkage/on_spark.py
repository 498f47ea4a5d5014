"""The same model through Splink's Spark back end, for more records than one computer holds; an optional extra.

Needs pyspark (``pip install integration[spark]``) and Java 17. The encoded columns are compared by equality and
counted bits only, which Spark does itself: none of Splink's own functions (its jar) is needed, so nothing is loaded.
Pairs and clusters are those of DuckDB (tests/services/test_spark.py).
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from integration.errors import IntegrationError
from integration.linkage.clusters import grow_strongest_first
from integration.linkage.model.declaration import Rule
from integration.linkage.model.levels import veto_columns, veto_condition
from integration.linkage.model.parameters import WEIGHT_LIMIT, Model
from integration.reasons import Reason

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Array = np.ndarray[Any, Any]


class SparkLinked(NamedTuple):
    """``pairs`` (left, right, match_weight, gamma_*, veto) and ``cluster``, the smallest record of each record's."""

    pairs: pa.Table
    cluster: Array


@contextmanager
def local_session(cores: int = 2, memory: str = "2g") -> Iterator[Any]:
    """A Spark session on this computer: no network but the loopback, no page, scratch files gone afterwards.

    Raises :class:`IntegrationError` (INPUT_INVALID) when pyspark is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise IntegrationError(Reason.INPUT_INVALID, "pyspark is not installed: the extra `spark`") from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with TemporaryDirectory(prefix="spark-") as scratch:
        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": memory,
            "spark.local.dir": scratch,
            "spark.sql.warehouse.dir": str(Path(scratch) / "warehouse"),
            "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.system.home={scratch}",
            "spark.sql.shuffle.partitions": str(2 * cores),
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.codegen.wholeStage": "false",
            "spark.log.level": "ERROR",
        }
        builder = SparkSession.builder.master(f"local[{cores}]").appName("linkage")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        try:
            yield session
        finally:
            session.stop()


def link_on_spark(
    session: Any,
    model: Model,
    records: pa.Table,
    *,
    vetoes: Collection[str] | None = None,
    numbers: bool = True,
) -> SparkLinked:
    """Block, score and cluster a table of records (columns record from 0 up, slot, sex and encoded ones).

    ``vetoes`` as in :func:`~integration.linkage.model.score`; without ``numbers`` two numbers may be one person.
    """
    pairs = score_on_spark(session, model, records, vetoes=vetoes)
    return SparkLinked(pairs, _clusters(pairs, records, model.threshold, numbers=numbers))


def score_table(
    con: duckdb.DuckDBPyConnection, model: Model, *, vetoes: Collection[str] | None = None
) -> int:
    """Make DuckDB's table ``pair`` of its table ``record``, on a Spark session of its own; return its rows."""
    records = con.sql("from record").to_arrow_table()
    with local_session() as session:
        pairs = score_on_spark(session, model, records, vetoes=vetoes)
    con.register("spark_pairs", pairs)
    con.execute("create or replace table pair as from spark_pairs")
    con.unregister("spark_pairs")
    return len(pairs)


def score_on_spark(
    session: Any, model: Model, records: pa.Table, *, vetoes: Collection[str] | None = None
) -> pa.Table:
    """Block and score a table of records; return the pairs (left, right, match_weight, gamma_*, veto).

    The rules are the model's (of an untrained model the declared ones that are not weak), with its cap on blocks.
    Raises :class:`IntegrationError` (MODEL_FAILED) naming the kind of error, never a value.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return _scored(session, model, records, vetoes)
    except (PySparkException, Py4JError) as error:
        raise IntegrationError(Reason.MODEL_FAILED, f"Spark: {type(error).__name__}") from None


def _scored(session: Any, model: Model, records: pa.Table, vetoes: Collection[str] | None) -> pa.Table:
    columns = [name for name in records.column_names if records.column(name).null_count < len(records)]
    rules = [rule for rule in _rules(model) if set(rule.columns) <= set(columns)]
    session.createDataFrame(records.select(columns)).createOrReplaceTempView("linkage_record")
    keyed = session.sql(
        _keyed_sql(rules, model.declaration.cap)
    ).localCheckpoint()  # else made anew for every rule
    keyed.createOrReplaceTempView("linkage_keyed")
    scored = _predicted(session, model, columns, rules)
    scored.createOrReplaceTempView("linkage_scored")
    pairs: pa.Table = session.sql(_pairs_sql(model, columns, vetoes)).toArrow()
    return pairs


def _rules(model: Model) -> Sequence[Rule]:
    if model.rules is not None:
        return model.rules
    return [rule for rule in model.declaration.rules if not rule.weak]


def _keyed_sql(rules: Sequence[Rule], cap: int) -> str:
    """The records with a key for each rule: null where the value is not known or too many carry it."""
    keys, told = [], []
    for number, rule in enumerate(rules):
        columns = ", ".join(rule.columns)
        known = " and ".join(f"{name} is not null" for name in rule.columns)
        keys.append(f"case when {known} then concat_ws(':', {columns}) end as raw_{number}")
        told.append(
            f"case when count(*) over (partition by raw_{number}) <= {int(cap)} then raw_{number} end as key_{number}"
        )
    raw = f"select *{''.join(f', {key}' for key in keys)} from linkage_record"
    return f"select *{''.join(f', {key}' for key in told)} from ({raw})"


def settings_for_spark(model: Model, columns: Collection[str], rules: int) -> dict[str, Any]:
    """The model's Splink settings in Spark's dialect: rules on the keys, no level above the bound on weights."""
    import sqlglot

    settings = model.splink_settings(columns)
    apart = " and coalesce(l.slot <> r.slot, true)" if "slot" in columns else ""
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": f"l.key_{number} = r.key_{number}{apart}"} for number in range(rules)
    ]
    settings |= {
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
        "additional_columns_to_retain": sorted(
            {name for veto in model.declaration.vetoes for name in veto_columns(veto, columns)}
        ),
    }
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"] != "ELSE":
                level["sql_condition"] = sqlglot.transpile(
                    level["sql_condition"], read="duckdb", write="spark"
                )[0]
            if not level.get("is_null_level"):
                bound = 2.0**WEIGHT_LIMIT
                m, u = level["m_probability"], level["u_probability"]
                level["u_probability"] = max(u, m / bound)
                level["m_probability"] = max(m, u / bound)
    return settings


def _predicted(session: Any, model: Model, columns: Collection[str], rules: Sequence[Rule]) -> Any:
    """Splink's pairs as a Spark table."""
    from splink import Linker
    from splink.backends import spark

    backend: Any = spark
    api = backend.SparkAPI(
        spark_session=session, register_udfs_automatically=False, break_lineage_method="persist"
    )
    linker = Linker(api.register("linkage_keyed"), settings_for_spark(model, columns, len(rules)))
    logging.getLogger("splink").setLevel(logging.ERROR)
    found = linker.inference.predict(warning_mode="never")
    return session.table(found.physical_name)


def _pairs_sql(model: Model, columns: Collection[str], vetoes: Collection[str] | None) -> str:
    """Splink's pairs as ours: left before right, with the vetoes."""
    import sqlglot

    fitted = model.fit(columns)
    chosen = [veto for veto in model.declaration.vetoes if vetoes is None or veto.name in vetoes]
    forbidden = [(veto, sql) for veto in chosen if (sql := veto_condition(veto, fitted, columns)) is not None]
    gammas = "".join(f", cast(gamma_{c.name} as tinyint) as gamma_{c.name}" for c in fitted)
    cases = " ".join(f"when {sql} then '{veto.name}'" for veto, sql in forbidden)
    veto = f"case {cases} end" if forbidden else "cast(null as varchar)"
    sql = (
        'select least(record_l, record_r) as "left", greatest(record_l, record_r) as "right", '
        f"cast(match_weight as double) as match_weight{gammas}, {veto} as veto from linkage_scored"
    )
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]


def _clusters(pairs: pa.Table, records: pa.Table, threshold: float, *, numbers: bool) -> Array:
    """Strongest first, as ever: the pairs above the threshold come to the driver, which are few beside the records."""
    found = {name: np.asarray(pairs.column(name).to_numpy()) for name in ("left", "right", "match_weight")}
    allowed = np.asarray(pairs.column("veto").is_null().to_numpy()) & (found["match_weight"] >= threshold)
    order = np.asarray(records.column("record").to_numpy())
    number, slot = np.zeros(len(order), dtype=np.int64), np.full(len(order), -1)
    if numbers and "link_number" in records.column_names:
        held = records.column("link_number").combine_chunks()
        known = np.asarray(held.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
        number[order[known]] = held.drop_null().to_numpy()
    if "slot" in records.column_names:
        codes = records.column("slot").combine_chunks().dictionary_encode().indices
        slot[order] = codes.fill_null(-1).to_numpy(zero_copy_only=False)
    left, right, weight = (found[name][allowed] for name in ("left", "right", "match_weight"))
    return grow_strongest_first(len(order), left, right, weight, number, slot)
