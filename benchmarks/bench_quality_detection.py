"""What comparison with earlier deliveries finds in the sample, and how often it warns of a clean delivery.

The sample of every seed is made without its files: rows are counted as they are written, and every delivery that comes
to the checks is compared, in order, with those before it, by the checks of measures in the suites (a count needs no
encoding; what refuses a row is not counted). ``defects``: of the planted defects of deliveries that come to the checks
the share that is named by its check. ``clean``: of deliveries without one the shares that are warned, by any such check
and by kind, and the number stopped, which must be 0. ``dispersion`` is that of row counts (variance / mean) within a
supplier and a seed, the mean by source. Prints JSON.

    python benchmarks/bench_quality_detection.py [--seeds 50] [--scale 0.05] [--workers 2]
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from integration.contracts import Supplier, load_contract
from integration.names import DeliveryId
from integration.pseudonyms.normalise import elfproef
from integration.quality import Check, Suite, encoded_layout, load_suite
from integration.quality.compared import Agreed, Profile, measures
from integration.quality.findings import within
from integration.quality.frame import Measure
from integration.quality.layout import STATUS, distributed, is_measure
from integration.quality.memory import agreed_with
from integration.sample.declare import PopulationRates, packaged
from integration.sample.delivery import Delivery, Line, Tables
from integration.sample.population import settle
from integration.sample.region import Place, Recipe, all_places
from integration.sample.writing import Writer

PLACES = ("GM0228", "GM0321", "GM0356")
"""Where the planted defects are that come to the checks."""
NAMED_BY = {
    "late": {"op_tijd"},
    "partial": {"rijen_verwacht", "rijen_afgesproken", "rijen_mogelijk"},
    "constant_from": {"constant_kindcheck_uitkomst", "verdeling_kindcheck_uitkomst"},
}
REFUSED = {"truncated", "other_municipality", "wrong_delimiter", "missing", "layout_change"}
"""Defects that are refused at the door: such a delivery never comes to the checks."""


@dataclass
class Made:
    """A delivery of the sample of a seed: what is planted in it, its counts and what was agreed."""

    seed: int
    delivery: DeliveryId
    defect: str | None
    profile: Profile
    agreed: Agreed


def main() -> None:
    """Make and judge so many samples, and print the shares."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--scale", type=float, default=0.05)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    start, seeds = time.perf_counter(), range(1, chosen.seeds + 1)
    with ProcessPoolExecutor(chosen.workers) as pool:
        judged = list(pool.map(partial(judge_seed, scale=chosen.scale), seeds))
    report = {
        "benchmark": "quality detection",
        "python": platform.python_version(),
        "seeds": chosen.seeds,
        "scale": chosen.scale,
        "municipalities": PLACES,
        **summed([one for some in judged for one in some]),
        "seconds": round(time.perf_counter() - start),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def summed(judged: list[tuple[Made, dict[str, str]]]) -> dict[str, Any]:
    """The shares over all deliveries; a delivery comes with the severities of its failed checks by id."""
    clean = [(made, failed) for made, failed in judged if made.defect in (None, "sent_twice")]
    kinds = Counter(kind for _, failed in clean for kind in {_kind(name) for name in failed})
    return {
        "defects": {defect: _found(judged, defect) for defect in NAMED_BY},
        "clean": {
            "deliveries": len(clean),
            "warned": round(sum(bool(failed) for _, failed in clean) / len(clean), 4),
            "warned_by": {kind: round(number / len(clean), 4) for kind, number in sorted(kinds.items())},
            "stopped": sum("critical" in failed.values() for _, failed in clean),
        },
        "dispersion": dispersion([made for made, _ in clean]),
    }


def _found(judged: list[tuple[Made, dict[str, str]]], defect: str) -> dict[str, Any]:
    found = [(made, bool(NAMED_BY[defect] & set(failed))) for made, failed in judged if made.defect == defect]
    by_place: dict[int, list[bool]] = defaultdict(list)
    for made, named in found:
        by_place[made.delivery.sequence].append(named)
    return {
        "deliveries": len(found),
        "named": round(sum(named for _, named in found) / len(found), 3) if found else None,
        "named_by_sequence": {
            place: round(sum(some) / len(some), 3) for place, some in sorted(by_place.items())
        },
        "rows": round(statistics.median(made.profile.rows_in for made, _ in found)) if found else None,
    }


def _kind(check_id: str) -> str:
    return check_id.split("_")[0] if check_id.startswith(("verdeling_", "constant_")) else check_id


def dispersion(clean: list[Made]) -> dict[str, Any]:
    """Variance / mean of the row counts of each supplier's later deliveries in a seed: means by source."""
    by_supplier: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for made in clean:
        if made.delivery.period.start is not None:
            supplier = (made.delivery.source, made.delivery.supplier, made.seed)
            by_supplier[supplier].append(made.profile.rows_in)
    found: dict[str, list[float]] = defaultdict(list)
    for (source, *_), counts in by_supplier.items():
        if len(counts) > 1 and sum(counts):
            found[source].append(statistics.variance(counts) / statistics.mean(counts))
    return {source: round(statistics.mean(values), 2) for source, values in sorted(found.items())}


def judge_seed(seed: int, scale: float) -> list[tuple[Made, dict[str, str]]]:
    """Every delivery of a seed that comes to the checks, with what its checks of measures say."""
    judged: list[tuple[Made, dict[str, str]]] = []
    before: dict[str, list[Profile]] = defaultdict(list)
    for made in deliveries(seed, scale):
        if made.defect in REFUSED:
            continue
        earlier = before[made.delivery.supplier]
        columns = distributed(load_contract(made.delivery.source))
        taken = measures(made.profile, earlier, made.agreed, columns)
        failed = _failed(_suite(made.delivery.source), taken)
        counted = {check.id: check.severity for check in failed}
        doubted = frozenset(check.columns[0] for check in failed)
        if "critical" not in counted.values():
            earlier.append(replace(made.profile, doubted=doubted))
        judged.append((made, counted))
    return judged


def _suite(source: str) -> Suite:
    return load_suite(source, encoded_layout(load_contract(source)))


def _failed(suite: Suite, taken: dict[str, Measure]) -> list[Check]:
    """The checks of measures that do not hold, over enough rows to count."""
    found = []
    for check in suite.checks:
        measure = taken.get(check.columns[0]) if check.columns and is_measure(check.columns[0]) else None
        if measure is None or measure.rows < check.minimum_rows:
            continue
        if not within(measure.value, check):
            found.append(check)
    return found


# -- the sample, counted ----------------------------------------------------------------------------------------------


def deliveries(seed: int, scale: float) -> Iterator[Made]:
    """Make the sample of a seed, counting; its deliveries by supplier and sequence."""
    places = all_places(PLACES)
    recipe = Recipe(
        seed, scale, places, {place.code: place.name for place in places}, 1.0, None, "demo", None
    )
    counted: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    write = Delivery._write

    def count(self: Delivery, line: Line, tables: Tables) -> None:
        for name, code in _codes(str(self.id.source), line.values):
            counted[str(self.id)][name][code] += 1
        write(self, line, tables)

    with (
        tempfile.TemporaryDirectory() as work,
        patch.object(Delivery, "_write", count),
        patch.object(Writer, "cells", lambda _self, _values: [""] * 200),
    ):
        for plot in recipe.plots():
            place = Place(recipe, plot, Path(work))
            for people in settle(plot, packaged(PopulationRates, "population"), place.lives, seed):
                place.add(people)
            senders = {str(sender.code): sender for sender in place._senders}
            told = {row[0]: row for row in place.post.close()["deliveries"][::-1]}
            for name in sorted(told, key=lambda name: (told[name][1], told[name][5])):
                row, delivery = told[name], DeliveryId.parse(name)
                supplier = Supplier.model_validate(senders[row[1]].file(plot.inhabitants))
                kind, codes = delivery.period.kind, counted[name]
                yield Made(
                    seed,
                    delivery,
                    row[7],
                    Profile(name, kind, row[6], row[6], 0, {column: dict(codes[column]) for column in codes}),
                    agreed_with(supplier, delivery, row[9]),
                )
            place.truth.close()


def _codes(source: str, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The codes of a row as encoding leaves them: one that the contract lacks is made empty."""
    contract = load_contract(source)
    for name in distributed(contract):
        if name.endswith("_bsn" + STATUS):
            yield name, _bsn_status(values.get(name.removesuffix(STATUS)))
        else:
            code = values.get(name)
            yield (
                name,
                str(code) if code is not None and str(code) in (contract.field(name).codes or ()) else "",
            )


def _bsn_status(number: str | None) -> str:
    if not number:
        return "missing"
    special = {"999999999": "unknown", "000000000": "unborn"}
    return special.get(number) or ("ok" if elfproef(number.zfill(9)) else "invalid")


if __name__ == "__main__":
    main()
