"""Rows a second of each stage and of the whole line, at 1 and at 10 times the sample.

Time should grow no faster than the rows: ``growth`` is the time ratio divided by the row ratio, measured in the
same run on the same machine (1.0 is linear; below 1 is better). ``peak_mb`` is the largest memory this process had in
each stage (Linux lets it be counted anew), for encoding that of its largest process. Each size runs in a process of
its own. Prints JSON.

    python benchmarks/bench_line.py [--scale 0.1] [--times 10]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from integration import pipeline, sample
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.settings import forget_settings
from integration.storage import Zones


def main() -> None:
    """Run the line at both sizes in fresh folders and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--times", type=float, default=10)
    parser.add_argument("--one", action="store_true", help="this scale only, in this process")
    chosen = parser.parse_args()
    if chosen.one:
        sys.stdout.write(json.dumps(measure(chosen.scale)))
        return
    small, large = (in_a_process(chosen.scale * times) for times in (1, chosen.times))
    rows = large["rows"] / small["rows"]
    growth = {
        stage: round(large["seconds"][stage] / max(small["seconds"][stage], 1e-3) / rows, 3)
        for stage in small["seconds"]
    }
    report = {
        "benchmark": "line",
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "sizes": [small, large],
        "row_ratio": round(rows, 2),
        "growth": growth,
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def in_a_process(scale: float) -> dict[str, Any]:
    """Measure one size in a fresh process."""
    command = [sys.executable, __file__, "--one", "--scale", str(scale)]
    found: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return found


def measure(scale: float) -> dict[str, Any]:
    """Seconds and rows a second per stage for a sample of this scale."""
    home = Path(tempfile.mkdtemp(prefix="bench-line-"))
    os.environ["INTEGRATION_HOME"] = str(home)
    try:
        sample.generate(Zones(home), scale=scale, defects="none")
        forget_settings()
        make_demo_keys(Zones(home))
        return {"scale": scale} | stages()
    finally:
        shutil.rmtree(home)
        forget_settings()


def forget_peak() -> None:
    """Let the kernel count the largest memory of this process anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mb() -> int:
    """The largest memory that this process has had since then, in MB."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return round(int(line.split()[1]) / 1024)


def stages() -> dict[str, Any]:
    """Time every stage of the line; encoding includes its processes, checking includes its import."""
    seconds: dict[str, float] = {}
    memory: dict[str, int] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        forget_peak()
        start = time.perf_counter()
        result = work()
        seconds[stage] = round(seconds.get(stage, 0.0) + time.perf_counter() - start, 3)
        memory[stage] = max(memory.get(stage, 0), peak_mb())
        return result

    rows = sum(outcome.rows for outcome in timed("receive", pipeline.receive))
    ids = pipeline.pending()
    for delivery_id in ids:
        timed("encode", lambda delivery_id=delivery_id: pipeline.encode(delivery_id))
    memory["encode"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    timed("check", lambda: pipeline.check(ids))
    timed("load", lambda: pipeline.load(ids))
    for domain in pipeline.domains():
        for stage in (pipeline.link, pipeline.model, pipeline.overview, pipeline.indicators):
            timed(stage.__name__, lambda stage=stage, domain=domain: stage(domain))
    timed("release", pipeline.release)
    seconds["whole line"] = round(sum(seconds.values()), 3)
    return {
        "deliveries": len(ids),
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": {stage: round(rows / max(spent, 1e-3)) for stage, spent in seconds.items()},
        "peak_mb": memory,
    }


if __name__ == "__main__":
    main()
