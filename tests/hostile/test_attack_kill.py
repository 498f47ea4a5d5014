"""The suite of kills in its short form: whenever a run is killed, nothing is left and the next ends the same."""

from __future__ import annotations

from pathlib import Path

from helpers.attacks import survived


def test_a_killed_run_leaves_nothing_and_ends_the_same(tmp_path: Path) -> None:
    assert survived("kill", tmp_path)["figures"]["killed_before_its_end"] > 0
