"""An attacker edits the audit logs in every way; verifying with exported heads finds every edit.

``python -m integration.audit.attack 10000`` is the long run.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.audit import attack
from integration.audit.edits import EDITS
from integration.audit.verify import Report


def test_every_edit_is_found() -> None:
    result = attack.mutation_attack(tries=400, seed=20260216)
    assert result["figures"]["missed"] == {}
    assert (result["tried"], result["survived"]) == (400, 400)
    assert result["figures"]["edits"].keys() == {edit.__name__ for edit in EDITS}


def test_the_attack_sees_a_verifier_that_looks_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: what nobody finds is counted as missed."""
    monkeypatch.setattr(attack, "verify", lambda audit, export: Report(held_elsewhere=True))
    result = attack.mutation_attack(tries=20)
    assert (result["tried"], result["survived"]) == (20, 0)


def test_without_exported_heads_some_edits_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why heads must be held elsewhere: against the machine's own heads, cut and rewritten logs can pass."""
    real = attack.verify
    monkeypatch.setattr(attack, "verify", lambda audit, export: real(audit))
    missed = attack.mutation_attack(tries=150, seed=7)["figures"]["missed"]
    assert missed.keys() <= {"rewrite_and_sign", "delete_head", "delete_days", "replace_head", "truncate"}
    assert "rewrite_and_sign" in missed


def test_the_untouched_example_is_fine(tmp_path: Path) -> None:
    export = attack.make_example(tmp_path)
    assert not attack.found(tmp_path / "audit", export)
