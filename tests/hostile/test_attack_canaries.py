"""The suite of planted identities in its short form: none is found, and the search would find them."""

from __future__ import annotations

from helpers.attacks import survived
from integration.attacks.canaries import SHORT
from integration.attacks.planting import BREAKS


def test_no_planted_identity_is_found() -> None:
    result = survived("canaries")
    assert result.figures["control_found"] == result.tried == SHORT
    assert set(result.figures["broken_deliveries"]) == set(BREAKS)
