"""How fast and how well encoded linkage links, beside plain-text Splink: ``bench_linkage_model.py [RECORDS ...]``.

One JSON line a size: seconds of each step, the most memory, F1 of pairs and clusters. As every night does, two records
that both have a number are not compared: the number says who they are. ``--plain`` measures Splink
on the same pairs in plain text (its own blocking, scoring and clustering), ``--encoded`` only ours. Each runs in a
process of its own, so that memory is told apart. LINKAGE_NAMES may name a CSV of surnames.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from bench_linkage_population import people

from integration.linkage.clusters import grow_strongest_first
from integration.linkage.evaluation import metrics
from integration.linkage.evaluation.plain import PlainLinker, plain_columns
from integration.linkage.evaluation.run import Meter
from integration.linkage.model import block, score, train
from integration.linkage.scoring import nightly_model
from integration.pseudonyms.link_encoder import LinkEncoder

SIZES = (100_000, 1_000_000)
_PLAIN = {
    "given_birth": "given,birth",
    "surname_birth": "surname,birth",
    "given_postcode": "given,postcode",
    "surname_postcode": "surname,postcode",
    "names_year": "given,surname,year",
    "names_dm": "given,surname,month,day",
    "names_pc4": "given,surname,pc4",
    "address": "postcode,house",
    "birth_my": "year,month",
    "birth_dy": "year,day",
    "birth_dm": "month,day",
    "birth_year": "year",
}
"""A rule on tokens in plain text."""


def _connect(memory: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 2, "memory_limit": memory, "temp_directory": tempfile.mkdtemp()})


def _data(records: int):
    names = os.environ.get("LINKAGE_NAMES")
    return people(records, names=Path(names) if names else None)


def encoded(records: int, memory: str) -> dict[str, object]:
    values, person, source = _data(records)
    meter = Meter()
    con = _connect(memory)
    with meter.step("encode"):
        table = LinkEncoder(b"benchmark" * 4, number="any").encode_values(values)
    table = table.append_column("record", pa.array(np.arange(len(person)))).append_column(
        "slot", pa.array(source).cast(pa.string())
    )
    con.register("e", table)
    con.execute("create table record as select * from e")
    con.unregister("e")
    del table, values
    model = nightly_model()
    with meter.memory():
        with meter.step("train"):
            model = train(con, model)
        with meter.step("block"):
            found = block(con, model, skip_numbered=True)
        with meter.step("score"):
            score(con, model, minimum=model.grey[0])
        with meter.step("cluster"):
            pairs = con.execute(
                'select "left", "right", match_weight from pair where veto is null and match_weight >= ?',
                [model.threshold],
            ).fetchnumpy()
            number = con.execute(
                "select coalesce(link_number, 0) as n from record order by record"
            ).fetchnumpy()["n"]
            one, other = same_number(np.asarray(number))
            cluster = grow_strongest_first(
                len(person),
                np.r_[pairs["left"], one],
                np.r_[pairs["right"], other],
                np.r_[pairs["match_weight"], np.full(len(one), np.inf)],
                np.asarray(number),
                source,
            )
    con.execute(
        'insert into pair by name select l.record as "left", r.record as "right", 100.0 as match_weight '
        "from record as l join record as r using (link_number) where l.record < r.record and l.slot <> r.slot"
    )  # for the figures of pairs
    seconds = meter.seconds
    result = _told(con, "pair", "veto is null", person, cluster, model.threshold)
    return {
        "seconds": seconds,
        "link_and_cluster": round(seconds["block"] + seconds["score"] + seconds["cluster"], 2),
        "processor": meter.processor,
        "link_and_cluster_processor": round(
            sum(meter.processor[step] for step in ("block", "score", "cluster")), 2
        ),
        "peak_mb": meter.peak_mb,
        "compared": found.pairs,
        "left_out": found.left_out,
        "too_wide": found.too_wide,
        "by_rule": found.by_rule,
        **result,
    }


def same_number(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Records that follow each other with one number: the number settles who they are, as it does every night."""
    order = np.argsort(number, kind="stable")
    same = (number[order][1:] == number[order][:-1]) & (number[order][1:] != 0)
    return order[1:][same], order[:-1][same]


def plain(records: int, memory: str) -> dict[str, object]:
    values, person, source = _data(records)
    meter = Meter()
    con = _connect(memory)
    con.register(
        "v", pa.table({"record": pa.array(np.arange(len(person))), "source": pa.array(source), **values})
    )
    con.execute("create table fields as select * from v")
    con.unregister("v")
    plain_columns(con, "fields", "plain_record")
    names = list(values)
    del values
    used = os.environ.get(
        "LINKAGE_RULES", "number;given_birth;surname_birth;given_postcode;surname_postcode"
    ).split(";")
    texts = [",".join(_PLAIN.get(part, part) for part in rule.split("+")) for rule in used]
    rules = [
        " and ".join(
            [
                *(f'l."{n}" = r."{n}"' for n in text.split(",")),
                "l.source <> r.source",
                *([] if text == "number" else ["(l.number is null or r.number is null)"]),
            ]
        )
        for text in texts
    ]
    with meter.memory():
        linker = PlainLinker(con, "plain_record", names, rules)
        with meter.step("train"):
            linker.train()
        with meter.step("score"):
            found = linker.linker.inference.predict(threshold_match_weight=-2.0, warning_mode="never")
        with meter.step("cluster"):
            clusters = linker.linker.clustering.cluster_pairwise_predictions_at_threshold(
                found, threshold_match_weight=0.0
            )
            label = con.execute(
                f"select cluster_id as c from {clusters.physical_name} order by record"
            ).fetchnumpy()["c"]
    con.execute(
        'create table pp as select least(record_l, record_r) as "left", greatest(record_l, record_r) as "right", '
        f"match_weight from {found.physical_name}"
    )
    result = _told(con, "pp", "true", person, np.asarray(label), 0.0)
    return {
        "seconds": meter.seconds,
        "link_and_cluster": round(meter.seconds["score"] + meter.seconds["cluster"], 2),
        "processor": meter.processor,
        "link_and_cluster_processor": round(meter.processor["score"] + meter.processor["cluster"], 2),
        "peak_mb": meter.peak_mb,
        **result,
    }


def _told(con, table, where, person, cluster, threshold) -> dict[str, object]:
    pairs = con.execute(f'select "left", "right", match_weight from {table} where {where}').fetchnumpy()
    true = metrics.pair_count(person)
    right = person[pairs["left"]] == person[pairs["right"]]
    weight = np.asarray(pairs["match_weight"])
    f1, at = metrics.best(weight, right, true)
    return {
        "true_pairs": true,
        "pairs": metrics.at_threshold(weight, right, true, threshold)._asdict(),
        "best_f1": f1,
        "best_threshold": at,
        "clusters": metrics.cluster_pairs(cluster, person)._asdict(),
    }


if __name__ == "__main__":
    arguments = [text for text in sys.argv[1:] if not text.startswith("--")]
    sizes = [int(text) for text in arguments] or SIZES
    if "--encoded" in sys.argv or "--plain" in sys.argv:
        run = encoded if "--encoded" in sys.argv else plain
        print(
            json.dumps(
                run(sizes[0], os.environ.get("LINKAGE_MEMORY", "1500MB" if sizes[0] <= 1_000_000 else "6GB"))
            ),
            flush=True,
        )
    else:
        for size in sizes:
            told: dict[str, object] = {"benchmark": "linkage_model", "records": size}
            for kind in ("encoded", "plain"):
                started = time.perf_counter()
                rules = (
                    told["encoded"].get("by_rule", ())
                    if kind == "plain" and isinstance(told["encoded"], dict)
                    else ()
                )
                done = subprocess.run(
                    [sys.executable, __file__, str(size), f"--{kind}"],
                    capture_output=True,
                    text=True,
                    check=False,
                    env={**os.environ, **({"LINKAGE_RULES": ";".join(rules)} if rules else {})},
                )
                told[kind] = json.loads(done.stdout) if done.returncode == 0 else done.stderr[-500:]
                told[f"{kind}_wall"] = round(time.perf_counter() - started, 1)
            print(json.dumps(told), flush=True)
