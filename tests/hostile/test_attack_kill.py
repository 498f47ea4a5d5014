"""The suite of kills in its short form: whenever a run is killed, nothing is left and the next ends the same."""

from __future__ import annotations

from helpers.attacks import survived


def test_a_killed_run_leaves_nothing_and_ends_the_same() -> None:
    assert survived("kill").figures["killed_before_its_end"] > 0
