"""The commands people use, on a sample that went through the line: exit codes, pure JSON, no tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from helpers.installation import Installation
from helpers.samples import truth
from integration.names import DomainCode


def integration(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "INTEGRATION_HOME": str(home), **environment}
    return subprocess.run(
        [sys.executable, "-m", "integration.cli", *words],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )


def answer(home: Path, *words: str) -> Any:
    done = integration(home, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_status_counts_what_came_and_what_became_of_it(demo_run: Installation) -> None:
    state = answer(demo_run.home, "status")
    assert len(state["suppliers"]) == 42
    assert {row["source"] for row in state["sources"]} == {row["source"] for row in state["suppliers"]}
    assert all(row["persons"] > 0 and row["families"] > 0 for row in state["domains"])
    accepted = sum(row["accepted"] for row in state["suppliers"])
    refused = sum(sum(row["quarantined"].values()) for row in state["suppliers"]) + sum(
        state["unknown_suppliers"].values()
    )
    sent = [row for row in truth(demo_run.zones, "deliveries") if row["file"]]
    assert accepted + refused == len(sent)
    planted = Counter(row["defect"] for row in sent)
    whole = ("truncated", "other_municipality", "wrong_delimiter", "layout_change")
    assert refused == sum(planted[name] for name in whole) + 1, "and the second copy of the one sent twice"


def test_a_query_answers_with_value_counts_and_missing(demo_run: Installation) -> None:
    rows = answer(demo_run.home, "indicators", "query", "I05", "--period", "2025")
    assert {row["municipality"] for row in rows} >= {"GM0228", "GM0321"}
    assert {"value", "numerator", "denominator", "missing"} <= rows[0].keys()
    one = answer(demo_run.home, "indicators", "query", "I05", "--municipality", "GM0228", "--period", "2025")
    assert one == [row for row in rows if row["municipality"] == "GM0228"]


def test_published_counts_are_never_small_or_exact(demo_run: Installation) -> None:
    for row in answer(demo_run.home, "indicators", "query", "I04"):
        for count in (row["numerator"], row["denominator"]):
            assert count is None or (count >= 10 and count % 5 == 0)


MISTAKES = [
    # words                                                              reason code
    (("indicators", "query", "I99"), "INDICATOR_UNKNOWN"),
    (("indicators", "query", "I05", "--municipality", "GM9999"), "MUNICIPALITY_UNKNOWN"),
    (("indicators", "query", "I05", "--period", "1999"), "PERIOD_UNKNOWN"),
    (("quarantine", "replay", "nothing"), "DELIVERY_UNKNOWN"),
    (("linkage", "report", "../GM0228"), "MUNICIPALITY_UNKNOWN"),
    (("linkage", "report", "GM9999"), "NOTHING_PUBLISHED"),
    (("linkage", "train", "GM9999"), "LINK_NOTHING_HELD"),
    (("linkage", "events", "nowhere"), "MUNICIPALITY_UNKNOWN"),
    (("linkage", "review", "next", "GM9999"), "LINK_NOTHING_HELD"),
    (("linkage", "review", "progress", "nowhere"), "MUNICIPALITY_UNKNOWN"),
    (("linkage", "review", "answer", "GM0228", "nosuchpr", "yes"), "REVIEW_PAIR_UNKNOWN"),
    (("linkage", "review", "answer", "GM0228", "nosuchpr", "ja"), "REVIEW_ANSWER_UNKNOWN"),
    (("linkage", "review", "answer", "GM0228", "x", "yes", "--why", "bel 0612345678"), "EXPLANATION_REFUSED"),
    (("linkage", "undo", "GM0228", "99", "--why", "dossier ingezien"), "INPUT_INVALID"),
]


@pytest.mark.parametrize(("words", "reason"), MISTAKES)
def test_a_mistake_is_named_and_exits_with_2(
    demo_run: Installation, words: tuple[str, ...], reason: str
) -> None:
    done = integration(demo_run.home, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(reason)
    assert "Traceback" not in done.stderr


def test_no_key_no_run(home: Path) -> None:
    done = integration(home, "run")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("KEY_MISSING")
    assert not (home / "warehouse").exists()


def test_nothing_published_yet(home: Path) -> None:
    done = integration(home, "indicators", "query", "I05")
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "NOTHING_PUBLISHED")


def test_help_needs_no_heavy_imports() -> None:
    modules = ", ".join(
        f"integration.cli.{name}" for name in ("line", "around", "sample", "guard", "calendar")
    )
    code = f"import sys, {modules}; print([m for m in %r if m in sys.modules])"
    heavy = ["pandas", "duckdb", "great_expectations", "airflow", "pyarrow", "sqlalchemy", "altair", "scipy"]
    done = subprocess.run([sys.executable, "-c", code % heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_night_leaves_a_report_on_its_linkage(demo_run: Installation) -> None:
    for code in ("GM0228", "GM0321"):
        page = Path(answer(demo_run.home, "linkage", "report", code)["page"])
        assert page == demo_run.zones.linking / f"{code}.report.html"
        text = page.read_text(encoding="utf-8")
        assert f"Koppelverslag {code}" in text
        assert "SYNTHETISCH" in text
        kept = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["now"]
        assert kept["totals"]["persons"][""] > 100
        assert len(kept["comparisons"]) >= 5
        assert kept["patterns"]


def test_training_tells_what_moved_and_leaves_the_nights_as_they_are(demo_run: Installation) -> None:
    told = answer(demo_run.home, "linkage", "train", "GM0228")
    assert told["records"] > 100
    assert told["largest_bits"] == told["changes"][0]["bits"] > 0
    assert not told["used"]
    assert not demo_run.zones.link_model(DomainCode("GM0228")).exists()
    assert answer(demo_run.home, "linkage", "events", "GM0228") == []


def test_a_second_run_does_nothing_twice(demo_run: Installation) -> None:
    before = {p: p.stat().st_mtime_ns for p in demo_run.zones.warehouse.iterdir()}
    done = integration(demo_run.home, "run", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["deliveries"]) == (0, [])
    assert all(stage["unchanged"] for stage in result["domains"])
    assert {p: p.stat().st_mtime_ns for p in demo_run.zones.warehouse.iterdir()} == before
    assert [p.name for p in demo_run.zones.releases.glob("[0-9]*")] == ["0001"]
