"""A suite over a large delivery through our check, beside the bare Great Expectations run of the same expectations.

Both read the same columns of the same made-up ``records.parquet`` and run the same expectations in a process of their
own. Ours counts beside the verdicts, profiles and compares with six earlier deliveries, and writes nothing; bare is one
BOOLEAN_ONLY validation of the frame. Importing and building expectations is not counted on either side. ``ratio`` is
ours / bare in CPU seconds (``ratio_clock`` by the clock): at most 1.5 is allowed, and 2 GB of memory. The median of so
many rounds, in turns. Prints JSON.

    python benchmarks/bench_quality.py [--rows 1000000] [--source jeugdhulp] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from integration.contracts import load_contract
from integration.names import DeliveryId
from integration.quality import check, encoded_layout, engine, load_suite
from integration.quality.compared import Agreed, Profile, measures
from integration.quality.frame import _base_of, read_facts, read_frame
from integration.quality.layout import Column, distributed
from integration.storage import write_json

DELIVERY = "{source}.XX0001.GM0321.2026-01.0008"
FIRST, LAST = date(2025, 1, 1), date(2026, 1, 31)


def main() -> None:
    """Make the delivery, run both in turns, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--source", default="jeugdhulp")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=["ours", "bare"])
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.part:
        sys.stdout.write(json.dumps(part(chosen.part, chosen.source, chosen.folder)))
        return
    with tempfile.TemporaryDirectory() as folder:
        columns = make(chosen.source, chosen.rows, Path(folder))
        found: dict[str, list[dict[str, float]]] = {"ours": [], "bare": []}
        for _ in range(chosen.rounds):
            for name, rounds in found.items():
                rounds.append(in_process(name, chosen.source, Path(folder)))
    report = {
        "benchmark": "quality",
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "source": chosen.source,
        "rows": chosen.rows,
        "columns": columns,
        **{name: _middle(rounds) for name, rounds in found.items()},
    }
    for name, unit in (("ratio", "cpu_s"), ("ratio_clock", "clock_s")):
        report[name] = round(report["ours"][unit] / report["bare"][unit], 2)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in rounds), 2) for name in rounds[0]}


def in_process(name: str, source: str, folder: Path) -> dict[str, float]:
    """Run one side in a fresh process."""
    command = [sys.executable, __file__, "--part", name, "--source", source, "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def part(name: str, source: str, folder: Path) -> dict[str, float]:
    """Seconds and the peak of one side's run, and how many expectations it judged."""
    delivery = DeliveryId.parse(DELIVERY.format(source=source))
    ready = check._ready(source, load_contract, None)
    import scipy.stats  # noqa: F401 not counted, as the import of Great Expectations is not

    run: Callable[[], int] = {
        "ours": lambda: ours(folder, delivery, ready),
        "bare": lambda: bare(folder, delivery, ready),
    }[name]
    started, cpu = time.perf_counter(), time.process_time()
    judged = run()
    return {
        "clock_s": time.perf_counter() - started,
        "cpu_s": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "expectations": judged,
    }


def ours(folder: Path, delivery: DeliveryId, ready: check._Ready) -> int:
    """The check as the stage runs it."""
    columns = distributed(load_contract(delivery.source))

    def compare(now: Profile) -> Any:
        earlier = [
            Profile(f"earlier-{n}", now.kind, now.rows_in, now.rows_ok, 0, now.codes) for n in range(6)
        ]
        return measures(now, earlier, Agreed(LAST, LAST, (1, 10**9)), columns)

    _, _, found = check._examined(folder, delivery, ready, compare)
    return sum(finding.result != "error" for finding in found)


def bare(folder: Path, delivery: DeliveryId, ready: check._Ready) -> int:
    """One validation of the whole frame, with all that the suite says of it."""
    from great_expectations.core.expectation_suite import ExpectationSuite

    facts = read_facts(folder, delivery.period.end, 1)
    frame = read_frame(folder, facts, ready.needed)
    own = [one for one in ready.suite.checks if set(one.columns) <= set(frame.columns)]
    suite = ExpectationSuite(name="bare", expectations=[ready.prepared._expectations[one.id] for one in own])
    with engine._quiet():
        batch = engine._batch_definition().get_batch({"dataframe": frame})
        return len(batch.validate(suite, result_format="BOOLEAN_ONLY").results)


# -- the delivery -----------------------------------------------------------------------------------------------------


def make(source: str, rows: int, folder: Path) -> int:
    """Write an encoded delivery with random content; the number of columns that the suite reads."""
    contract, random = load_contract(source), np.random.default_rng(2026)
    layout = encoded_layout(contract)
    suite = load_suite(source, layout)
    types = {"string", "code", "codes", "integer", "date", "dates"}
    wanted = [one for one in layout.values() if one.kind in types and _stored(one.name, layout)]
    named = {_base_of(name) for name in {*suite.columns, *distributed(contract), "record_key"}}
    read = sorted({one.name for one in wanted} & named)
    content = {name: _column(layout[name], rows, random) for name in read}
    pq.write_table(pa.table(content), folder / "records.parquet")
    facts = {"rows_in": rows, "rows_ok": rows, "rows_refused": 0, "fields_nulled": 0}
    write_json(folder / "encode.json", facts)
    return len(read)


def _stored(name: str, layout: dict[str, Column]) -> bool:
    """Whether encoding writes a column, and the runner does not derive it."""
    derived = name in ("periode_eind", "vroegste_datum") or name.endswith("_rijen")
    ends = any(name.endswith(end) and name.removesuffix(end) in layout for end in ("_eerste", "_laatste"))
    return not derived and not ends


def _column(column: Column, rows: int, random: np.random.Generator) -> pa.Array[Any]:
    if column.name == "record_key":
        return pa.array([f"{number:064x}" for number in range(rows)])
    empty = random.random(rows) < 0.1
    if column.kind == "code":
        codes = np.array(column.codes or ("a",))
        return pa.array(codes[random.integers(0, len(codes), rows)], pa.string(), mask=empty)
    if column.kind == "integer":
        return pa.array(random.integers(0, 6, rows), pa.int32(), mask=empty)
    if column.kind == "date":
        days = random.integers(FIRST.toordinal(), LAST.toordinal(), rows) - date(1970, 1, 1).toordinal()
        return pa.array(days.astype("int32"), pa.int32(), mask=empty).cast(pa.date32())
    if column.kind == "dates":
        days = random.integers(FIRST.toordinal(), LAST.toordinal(), 2 * rows) - date(1970, 1, 1).toordinal()
        offsets = pa.array(np.arange(0, 2 * rows + 1, 2, dtype="int32"))
        return pa.ListArray.from_arrays(offsets, pa.array(days.astype("int32")).cast(pa.date32()))
    if column.kind == "codes":
        offsets = pa.array(np.arange(0, rows + 1, dtype="int32"))
        codes = np.array(column.codes or ("a",))
        return pa.ListArray.from_arrays(
            offsets, pa.array(codes[random.integers(0, len(codes), rows)], pa.string())
        )
    return pa.array([f"{number:064x}" for number in random.integers(0, rows // 2 + 1, rows)])


if __name__ == "__main__":
    main()
