"""The suite of planted identities in its short form: none is found, and the search would find them."""

from __future__ import annotations

from pathlib import Path

from helpers.attacks import survived
from integration.attacks.canaries import SHORT
from integration.attacks.planting import BREAKS


def test_no_planted_identity_is_found(tmp_path: Path) -> None:
    told = survived("canaries", tmp_path)
    assert told["figures"]["control_found"] == told["tried"] == SHORT
    assert set(told["figures"]["broken_deliveries"]) == set(BREAKS)
