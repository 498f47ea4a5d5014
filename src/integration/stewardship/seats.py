"""Who must still decide: the second seat of four eyes."""

from __future__ import annotations

from collections.abc import Sequence

from integration.contracts import load_contract
from integration.ledger import Entry
from integration.settings import Settings
from integration.stewardship.decisions import ADMITTING, Decision, Decisions


def open_decisions(settings: Settings) -> Decisions:
    """Open the installation's decisions."""
    return Decisions(settings.stewardship())


def waits_for_second(entry: Entry, taken: Sequence[Decision]) -> bool:
    """Whether a first decision is there that somebody else must confirm."""
    return len(taken) == 1 and taken[0].kind in ADMITTING and load_contract(entry.source).four_eyes
