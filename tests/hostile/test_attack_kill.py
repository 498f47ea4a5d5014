"""The suite of kills in its short form: whenever a run is killed, nothing is left and the next ends the same."""

from __future__ import annotations

from pathlib import Path

from helpers.attacks import survived
from integration.attacks.killing import being_received


def test_a_killed_run_leaves_nothing_and_ends_the_same(tmp_path: Path) -> None:
    assert survived("kill", tmp_path)["figures"]["killed_before_its_end"] > 0


def test_what_is_being_received_is_told_from_what_was_left(tmp_path: Path) -> None:
    came, home = tmp_path / "came", tmp_path / "home"
    (came / "inbox" / "WT").mkdir(parents=True)
    (came / "inbox" / "WT" / "delivered.csv").write_text("a row")
    desk = home / "tmp" / "receive" / "WT" / "claim" / "content"
    desk.mkdir(parents=True)
    for path, text in (
        (desk / "delivered.csv", "a row"),
        (desk / "copied.csv", "a row"),
        (home / "delivered.csv", "a row"),
        (desk.parent / "delivered.csv", "a row, decoded"),
    ):
        path.write_text(text)
    asked = {str(path.relative_to(home)) for path in home.rglob("*.csv")}
    assert {name for name in asked if being_received(home, name, came)} == {
        "tmp/receive/WT/claim/content/delivered.csv"
    }
