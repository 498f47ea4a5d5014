"""Runs a data set through encoded linkage, and through plain-text Splink beside it, and measures both."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import duckdb
import numpy as np
import psutil
import pyarrow as pa

from integration.errors import UsageError
from integration.linkage.clusters import components, grow_strongest_first
from integration.linkage.evaluation import metrics
from integration.linkage.evaluation.dataset import Dataset, Pairs
from integration.linkage.evaluation.links import grow_links
from integration.linkage.evaluation.loading import Loaded, columns_of, load, scan
from integration.linkage.evaluation.plain import THRESHOLD, PlainLinker, plain_columns
from integration.linkage.model import Blocked, Model, block, load_model, mark_rare, prune, score, train
from integration.linkage.on_spark import score_table
from integration.pseudonyms.link_encoder import LinkEncoder
from integration.reasons import Reason

Array = np.ndarray[Any, Any]
Engine = Literal["duckdb", "spark"]
_KEY = b"evaluation: nothing encoded here is kept"
"""No secret: it makes an evaluation give the same figures again; the encodings never leave memory."""


@dataclass
class Truth:
    """A number for each record's person (-1: not known), how many pairs are true, the deduplicated sources."""

    person: Array
    slot: Array | None
    pairs: int


@dataclass
class Meter:
    """Seconds of each step, by the clock and of the processor, and the most memory this process held."""

    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        start, used = time.perf_counter(), time.process_time()
        yield
        self.processor[name] = round(self.processor.get(name, 0.0) + time.process_time() - used, 3)
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - start, 3)

    @contextmanager
    def memory(self) -> Iterator[None]:
        """Watch this process's memory, fifty times a second."""
        done, process = threading.Event(), psutil.Process()

        def watch() -> None:
            while not done.is_set():
                self.peak_mb = max(self.peak_mb, round(process.memory_info().rss / 2**20, 1))
                done.wait(0.02)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def evaluate(
    dataset: Dataset,
    *,
    plain: bool = False,
    model: Model | None = None,
    engine: Engine = "duckdb",
    con: duckdb.DuckDBPyConnection | None = None,
) -> dict[str, Any]:
    """Link a data set on its encoding (and with ``plain`` on its text) and return the figures as JSON can hold them.

    ``model``: the model to start from (None: the shipped one); it is trained on the data set, without its truth.
    ``engine`` blocks and scores with the trained model; training is DuckDB's.
    Raises :class:`UsageError` (LINK_DATASET_INVALID) when the data set cannot be used.
    """
    con = con or duckdb.connect()
    meter = Meter()
    with meter.step("load"):
        loaded = load(con, dataset)
        truth = _truth(con, dataset, loaded)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "task": dataset.task,
        "records": loaded.records,
        "fields": sorted([*loaded.values, *(f"extra.{name}" for name in loaded.extra)]),
        "true_pairs": truth.pairs,
        "unknown_truth": int((truth.person < 0).sum()),
        "notes": [
            *loaded.notes,
            *([] if truth.pairs else ["no pair of records is true: recall and F1 are 0"]),
        ],
    }
    with meter.memory():
        with meter.step("encode"):
            encode_records(con, loaded, truth.slot)
        result["encoded"] = _encoded(
            con, dataset, loaded, truth, model or load_model(), meter, result, engine
        )
    if plain:
        result["plain"] = _plain(con, loaded, truth, result)
    return result


def encode_records(con: duckdb.DuckDBPyConnection, loaded: Loaded, slot: Array | None) -> None:
    """Make table ``record``: only encoded columns."""
    encoder = LinkEncoder(_KEY, earliest=date(1, 1, 1), number="any")
    table = encoder.encode_values(loaded.values or {"sex": pa.nulls(loaded.records, pa.string())})
    for name, values in loaded.extra.items():
        table = table.append_column(
            f"link_extra_{name}", encoder.encode_values({"extra": values}).column("link_extra")
        )
    table = table.append_column("record", pa.array(np.arange(loaded.records), pa.int64()))
    slots = pa.nulls(loaded.records, pa.string()) if slot is None else pa.array(slot).cast(pa.string())
    table = table.append_column("slot", slots)
    con.register("encoded_records", table)
    con.execute("create or replace table record as select * from encoded_records")
    con.unregister("encoded_records")
    mark_rare(con)


def _encoded(
    con: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    loaded: Loaded,
    truth: Truth,
    model: Model,
    meter: Meter,
    result: dict[str, Any],
    engine: Engine,
) -> dict[str, Any]:
    names = [veto.name for veto in model.declaration.vetoes]
    vetoes = dataset.vetoes if dataset.vetoes is not None else names if loaded.checked_numbers else []
    with meter.step("block"):
        blocked = block(con, model)
    with meter.step("train"):
        trained = train(con, replace(model, rules=blocked.rules), blocked="blocked")
        trained = prune(con, trained)
    with meter.step("score"):
        (score_table if engine == "spark" else score)(con, trained, vetoes=vetoes)
    found = con.execute(
        'select "left", "right", match_weight, veto is not null as veto from pair'
    ).fetchnumpy()
    number = _numbers(con) if loaded.checked_numbers else np.zeros(loaded.records, dtype=np.int64)
    result["notes"] += _told(blocked)
    result["vetoed_pairs"] = int(np.asarray(found["veto"]).sum())
    weight = np.where(
        np.asarray(found["veto"], dtype=bool), -np.inf, np.asarray(found["match_weight"], dtype=float)
    )
    return _figures(found, weight, trained.threshold, truth, number, meter)


def _plain(
    con: duckdb.DuckDBPyConnection, loaded: Loaded, truth: Truth, result: dict[str, Any]
) -> dict[str, Any]:
    meter = Meter()
    meter.seconds["block"] = result["encoded"]["seconds"]["block"]
    with meter.memory():
        with meter.step("load"):
            values = {**loaded.values, **{f"extra_{name}": array for name, array in loaded.extra.items()}}
            con.register("plain_values", pa.table({"record": pa.array(np.arange(loaded.records)), **values}))
            con.execute("create or replace table plain_fields as select * from plain_values")
            con.unregister("plain_values")
            plain_columns(con, "plain_fields", "plain_record")
        with meter.step("train"):
            linker = PlainLinker(con, "plain_record", list(values))
            linker.train()
        with meter.step("score"):
            linker.predict("blocked", "plain_pair")
    result["notes"] += linker.notes
    found = con.execute('select "left", "right", match_weight from plain_pair').fetchnumpy()
    number = np.zeros(loaded.records, dtype=np.int64)
    return _figures(found, np.asarray(found["match_weight"], dtype=float), THRESHOLD, truth, number, meter)


def _figures(
    found: Mapping[str, Any], weight: Array, threshold: float, truth: Truth, number: Array, meter: Meter
) -> dict[str, Any]:
    left, right = np.asarray(found["left"]), np.asarray(found["right"])
    known = truth.person >= 0
    counted = known[left] & known[right]
    correct = (truth.person[left] == truth.person[right]) & counted
    linked = weight >= threshold
    slot = np.full(len(truth.person), -1) if truth.slot is None else truth.slot
    with meter.step("cluster"):
        cluster = grow_strongest_first(
            len(truth.person), left[linked], right[linked], weight[linked], number, slot
        )
    links = grow_links(left, right, weight, truth.person, number, truth.slot)
    own = (cluster[known], truth.person[known])
    pairwise = metrics.cluster_pairs(*own, None if truth.slot is None else truth.slot[known])
    bcubed = metrics.bcubed(*own)
    best = metrics.best(weight[counted], correct[counted], truth.pairs)
    at = metrics.at_threshold(weight[counted], correct[counted], truth.pairs, threshold)
    grown_best, grown_threshold = _best(*links.best(truth.pairs))
    best_f1, best_threshold = _best(*best)
    return {
        **_rounded(at),
        "threshold": threshold,
        "best_f1": best_f1,
        "best_threshold": best_threshold,
        "blocking_recall": round(float(correct.sum()) / truth.pairs, 6) if truth.pairs else 0.0,
        "compared_pairs": len(left),
        "clusters": {
            "persons": len(np.unique(cluster)),
            "pairwise": _rounded(pairwise),
            "bcubed": _rounded(bcubed),
            "best_f1": grown_best,
            "best_threshold": grown_threshold,
        },
        "seconds": {**meter.seconds, "total": round(sum(meter.seconds.values()), 3)},
        "peak_mb": meter.peak_mb,
    }


def _rounded(found: metrics.Scores) -> dict[str, float]:
    return {name: round(value, 6) for name, value in found._asdict().items()}


def _best(best: float, threshold: float | None) -> tuple[float, float | None]:
    known = threshold is not None and bool(np.isfinite(threshold))
    return round(best, 6), round(float(threshold or 0.0), 3) if known else None


def _numbers(con: duckdb.DuckDBPyConnection) -> Array:
    found = con.execute("select coalesce(link_number, 0) as number from record order by record").fetchnumpy()
    return np.asarray(found["number"], dtype=np.int64)


def _told(blocked: Blocked) -> list[str]:
    told = [
        f"rule {name}: {n} records with a value of too many, not compared on it"
        for name, n in blocked.left_out.items()
    ]
    return told + [f"rule {name}: too many pairs, left out" for name in blocked.too_wide]


def _truth(con: duckdb.DuckDBPyConnection, dataset: Dataset, loaded: Loaded) -> Truth:
    slot = np.asarray(loaded.source.to_numpy(), dtype=np.int64) if dataset.task == "link" else None
    if dataset.pairs is not None:
        person = _persons_of_pairs(con, dataset.pairs, loaded)
    else:
        codes = loaded.truth.dictionary_encode().indices
        person = np.asarray(
            codes.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64
        )
    known = person >= 0
    pairs = metrics.pair_count(person[known])
    if slot is not None:
        pairs -= metrics.pair_count(person[known], slot[known])
    return Truth(person, slot, pairs)


def _persons_of_pairs(con: duckdb.DuckDBPyConnection, pairs: Pairs, loaded: Loaded) -> Array:
    """The persons that true pairs make: records connected by them. Ids in two files count for both."""
    source, parameters = scan(pairs.path, pairs.delimiter)
    held = columns_of(con, source, parameters, pairs.path)
    wanted = [pairs.left, pairs.right, *([pairs.score] if pairs.score else [])]
    for name in wanted:
        if name not in held:
            raise UsageError(
                Reason.LINK_DATASET_INVALID, "there is no such column", file=pairs.path.name, field=name
            )
    quoted = ['"' + held[name].replace('"', '""') + '"' for name in wanted]
    con.register(
        "identified",
        pa.table(
            {"record": pa.array(np.arange(loaded.records)), "id": loaded.identity, "source": loaded.source}
        ),
    )
    where = f" where try_cast({quoted[2]} as double) >= {pairs.minimum}" if pairs.score else ""
    found = con.execute(
        f"select l.record as a, r.record as b from (select trim(cast({quoted[0]} as varchar)) as x, "
        f"trim(cast({quoted[1]} as varchar)) as y from {source}{where}) join identified l on l.id = x "
        f"join identified r on r.id = y where l.record <> r.record",
        parameters,
    ).fetchnumpy()
    con.unregister("identified")
    return components(loaded.records, np.asarray(found["a"]), np.asarray(found["b"]))
