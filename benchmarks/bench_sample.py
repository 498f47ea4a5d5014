"""Making the sample: seconds and memory as it grows, down to the peer of making the persons only.

Memory should stay flat: ``memory_ratio`` is the largest peak of any process at the largest scale, divided by that at
the smallest. Time should grow no faster than the people: ``growth`` is the time ratio divided by the ratio of
people (1.0 is linear). ``per_million`` is the time in which a million persons are made at the largest scale;
``bare`` is the time in which as many bare rows (a number, two names, a birth date) come from one random stream and
go to a Parquet file, so that the cost of all the rest is a ratio measured in the same run. Prints JSON.

    python benchmarks/bench_sample.py [--scales 0.2 1 2.1]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_MAKE = """
import json, resource, sys, time
from pathlib import Path
from integration.sample import generate
if __name__ == "__main__":
    start = time.perf_counter()
    made = generate(Path(sys.argv[1]), scale=float(sys.argv[2]))
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"seconds": round(time.perf_counter() - start, 2), "peak_mb": round(max(peaks) / 1024),
                      "persons": made.counts["persons"], "rows": made.counts["rows"]}))
"""


def main() -> None:
    """Make a sample at every scale, each in a fresh process, and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scales", type=float, nargs="+", default=[0.2, 1, 2.1])
    scales = sorted(parser.parse_args().scales)
    sizes = [measure(scale) for scale in scales]
    first, last = sizes[0], sizes[-1]
    people = last["persons"] / first["persons"]
    report = {
        "benchmark": "sample",
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "sizes": sizes,
        "growth": round(last["seconds"] / first["seconds"] / people, 3),
        "memory_ratio": round(last["peak_mb"] / first["peak_mb"], 3),
        "per_million": round(last["seconds"] / last["persons"] * 1e6, 1),
        "bare": bare(last["persons"]),
    }
    report["ratio_to_bare"] = round(last["seconds"] / report["bare"], 2)
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def measure(scale: float) -> dict[str, Any]:
    """What making a sample at ``scale`` costs, and how much disk it takes."""
    with tempfile.TemporaryDirectory(prefix="bench-sample-") as folder:
        script, home = Path(folder) / "make_sample.py", Path(folder) / "home"
        script.write_text(_MAKE)
        done = subprocess.run(
            [sys.executable, script, home, str(scale)], check=True, capture_output=True, text=True
        )
        found: dict[str, Any] = {"scale": scale} | json.loads(done.stdout)
        size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        return found | {"mb_on_disk": round(size / 1e6, 1)}


def bare(persons: int) -> float:
    """Seconds for as many bare rows from one stream."""
    start, rng, first = time.perf_counter(), random.Random(1), date(1930, 1, 1)
    names = [f"name{number}" for number in range(200)]
    schema = pa.schema({"number": pa.int64(), "first": pa.string(), "last": pa.string(), "born": pa.date32()})
    with (
        tempfile.TemporaryDirectory() as folder,
        pq.ParquetWriter(Path(folder) / "bare.parquet", schema) as writer,
    ):
        for begin in range(0, persons, 50_000):
            rows = [
                (number, rng.choice(names), rng.choice(names), first + timedelta(days=rng.randint(0, 35_000)))
                for number in range(begin, min(begin + 50_000, persons))
            ]
            columns = [list(column) for column in zip(*rows, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
    return round(time.perf_counter() - start, 2)


if __name__ == "__main__":
    main()
