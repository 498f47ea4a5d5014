"""How well persons and families of the sample are found, as delivered and with BSNs taken away; beside its truth.

Makes a sample (or takes the installation at --home, whose deliveries are loaded), links every municipality on its
encoded mentions and prints pooled pairwise precision, recall and F1 as JSON. The measure is that of the tests
(``tests/helpers/evaluation.py``).

    python benchmarks/bench_linkage_quality.py [--scale 0.1] [--home FOLDER] [--taken 0 20 50 100]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from helpers.evaluation import Quality, families_items, pairwise, persons_items
from integration import inputs, pipeline, sample, warehouse
from integration.ledger import Ledger
from integration.linkage import build_families, link_persons
from integration.linkage.pseudonym import PseudonymKey
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.settings import forget_settings, get_settings
from integration.storage import Zones

_TAKE_AWAY = """
create view staging.mentions as
select * replace (
    if(hash(delivery_id, row_number, role) % 100 < {taken}, null, bsn_token) as bsn_token,
    if(hash(delivery_id, row_number, role) % 100 < {taken}, null, link_number) as link_number
)
from staging.mentions_as_delivered
"""


def main() -> None:
    """Print the quality for each share of BSNs taken away."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--taken", type=int, nargs="+", default=[0, 20, 50, 100])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-quality-") as folder:
        home = chosen.home or Path(folder) / "home"
        os.environ["INTEGRATION_HOME"] = str(home)
        if not chosen.home:
            made(home, chosen.scale)
        report = {
            "benchmark": "linkage quality",
            "sample": json.loads((home / "sample.json").read_text())["counts"],
            "found": [measure(Zones(home), taken) for taken in chosen.taken],
        }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def made(home: Path, scale: float) -> None:
    """Make a sample and take it in, as far as linkage needs it."""
    sample.generate(Zones(home), scale=scale)
    forget_settings()
    make_demo_keys(Zones(home))
    pipeline.receive()
    ids = pipeline.pending()
    for delivery_id in ids:
        pipeline.encode(delivery_id)
    pipeline.check(ids)
    pipeline.load(ids)


def measure(zones: Zones, taken: int) -> dict[str, Any]:
    """Link every municipality with this percentage of the mentions' BSNs taken away."""
    settings = get_settings(zones.home)
    persons: list[Any] = []
    families: list[Any] = []
    for domain in pipeline.domains():
        gathered = inputs.gather(domain, settings, Ledger(settings.ledger()))
        with warehouse.connect(None, settings) as con:
            inputs.load_inputs(con, gathered, zones)
            con.execute("alter view staging.mentions rename to mentions_as_delivered")
            con.execute(_TAKE_AWAY.format(taken=taken))
            link_persons(con, domain, PseudonymKey(1, b"output" * 6))
            build_families(con, domain, PseudonymKey(1, b"family" * 6), gathered.run_date)
            persons += persons_items(con, zones.truth)
            families += families_items(con, zones.truth)
    return {
        "bsn_taken_percent": taken,
        "persons": told(pairwise(persons)),
        "children in gezinnen": told(pairwise(families)),
    }


def told(quality: Quality) -> dict[str, float]:
    """The figures to four decimals."""
    return {name: round(value, 4) for name, value in vars(quality).items()}


if __name__ == "__main__":
    main()
