"""Suite (a): identities planted in deliveries, good and broken, must be found in nothing that a run writes.

The run is the real one, in processes of its own (in full through Airflow's scheduler), with their output and
temporary files caught. Searched is everything but the zones that hold deliveries as they came; the same search must
find every identity in those, and in eight encodings in every kind of file that is written here.
"""

from __future__ import annotations

import gzip
import random
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from integration.attacks.planting import BREAKS, Identity, break_some, plant
from integration.attacks.search import ENCODINGS, hits
from integration.attacks.suite import (
    AS_THEY_CAME,
    Clock,
    Result,
    command,
    own_environment,
    private_folder,
    small_sample,
)
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import Zones

SHORT, FULL = 20, 200
_SAMPLE = {"scale": 0.01, "busy": 8.0}
_PLACES = ("GM0321", "GM0203")
"""Two domains in full: enough to lie in each other's way, few enough to search every byte in minutes."""


def canaries(count: int = SHORT, *, airflow: bool = False, seed: int = 1) -> Result:
    """Plant ``count`` identities, run the line (``airflow``: through its scheduler) and search what was written."""
    clock, chance = Clock(), random.Random(seed)  # noqa: S311  an attack, not a key
    with private_folder("canaries") as folder:
        home = folder / "home"
        small_sample(home, **_SAMPLE, municipalities=list(_PLACES if airflow else _PLACES[:1]))
        identities = plant(Zones(home), count, chance)
        broken = break_some(Zones(home), identities, chance)
        codes = _run(home, airflow=airflow)
        quarantined = _ran(home, codes, len(broken))
        values = [value for identity in identities for value in identity.values]
        found = hits(home, values, leave_out=AS_THEY_CAME)
        leaked = {value for seen in found.values() for value in seen}
        zones = (Zones(home).raw, Zones(home).quarantine)
        came = {value for zone in zones for seen in hits(zone, values).values() for value in seen}
        control = _control(folder / "control", identities)
    sure = [one for one in identities if one.bsn in came and one in control and not leaked & set(one.values)]
    figures = {
        "identities": count,
        "encodings": list(ENCODINGS),
        "broken_deliveries": list(broken),
        "quarantined": quarantined,
        "files_with_hits": sorted(found),
        "control_found": len(control),
        "through_airflow": airflow,
    }
    return Result("canaries", count, len(sure), clock.seconds, figures)


def _run(home: Path, *, airflow: bool) -> list[int]:
    """Run the line as an operator would; everything it says is caught in ``home/output``."""
    output = home / "output"
    output.mkdir()
    runs: list[list[str]] = [command("run"), command("status"), command("quarantine", "list")]
    if airflow:
        program = (
            "import sys; from pathlib import Path; from integration.demo import run_demo; "
            f"run_demo(Path(sys.argv[1]), municipalities={list(_PLACES)}, **{_SAMPLE})"
        )
        runs[0] = [runs[0][0], "-c", program, str(home)]
    return [_say(home, str(number), words) for number, words in enumerate(runs)] + _tell_stewards(home)


def _say(home: Path, name: str, words: Sequence[str]) -> int:
    """Run one command with everything it says in a file; returns its exit code."""
    with (home / "output" / f"{name}.log").open("wb") as log:
        done = subprocess.run(
            words, env=own_environment(home), stdout=log, stderr=subprocess.STDOUT, check=False
        )
    return done.returncode


def _tell_stewards(home: Path) -> list[int]:
    """Everything a steward can be told of a delivery, one that a check stopped if there is any."""
    from integration.ledger import Ledger

    entries = Ledger(f"sqlite:///{home / 'ledger.sqlite'}").entries()
    chosen = min(entries, key=lambda entry: (entry.state != "held", entry.state != "loaded")).subject
    words = (("quality", "list"), ("quality", "report", chosen), ("quality", "redelivery", chosen))
    return [_say(home, f"steward-{number}", command(*told)) for number, told in enumerate(words)]


def _ran(home: Path, codes: Sequence[int], broken: int) -> int:
    """How many deliveries were refused; an error when the run did not get to its end: then nothing was tried."""
    from integration.ledger import Ledger

    entries = Ledger(f"sqlite:///{home / 'ledger.sqlite'}").entries()
    refused = len(list(Zones(home).quarantine.glob("*/reason.json")))
    refused += sum(entry.state in ("quarantined", "held") for entry in entries)
    published = list(Zones(home).warehouse.glob("*.duckdb"))
    if (
        any(code not in (0, 1, 2, 3) for code in codes)
        or not published
        or refused < min(broken, len(BREAKS)) - 1
    ):
        raise IntegrationError(Reason.INTERNAL, "the run that was to be searched did not get to its end")
    return refused


def _control(folder: Path, identities: Sequence[Identity]) -> set[Identity]:
    """The identities that the search finds in all encodings in every kind of file written here."""
    folder.mkdir()
    values = [value for one in identities for value in one.values]
    sure = set(identities)
    for number, encode in enumerate(ENCODINGS.values()):
        forms = [next(iter(sorted(encode(value)))) for value in values]
        _write_all(folder / str(number), forms)
        for seen in _found_by_file(folder / str(number), values):
            sure = {one for one in sure if seen.issuperset(one.values)}
    return sure


def _found_by_file(folder: Path, values: Sequence[str]) -> list[set[str]]:
    found = hits(folder, values)
    return [found.get(path.name, set()) for path in sorted(folder.iterdir())]


def _write_all(folder: Path, forms: Sequence[bytes]) -> None:
    """The forms in a text, a compressed text, a SQLite database, a Parquet file and a DuckDB file."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    (folder / "text.log").write_bytes(b"\n".join(forms))
    (folder / "text.gz").write_bytes(gzip.compress(b"\n".join(forms)))
    with closing(sqlite3.connect(folder / "base.sqlite")) as con:
        con.execute("create table said (what blob)")
        con.executemany("insert into said values (?)", [(form,) for form in forms])
        con.commit()
    table = pa.table({"said": pa.array(forms, pa.binary())})
    pq.write_table(table, folder / "said.parquet", compression="zstd")
    with duckdb.connect(str(folder / "base.duckdb")) as base:
        base.execute("create table said (what blob)")
        base.executemany("insert into said values (?)", [(form,) for form in forms])
