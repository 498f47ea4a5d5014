"""The ledger: a delivery's place is taken once, and its state is that of its newest event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpers.stores import store_url
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.reasons import Reason

NOW = datetime(2026, 2, 16, tzinfo=UTC)
FIRST = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W04.0004")
SAME_PLACE = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W05.0004")
NEXT = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W05.0005")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(store_url(tmp_path, "ledger"))


def take(ledger: Ledger, delivery: DeliveryId) -> bool:
    return ledger.register(delivery, sha256="a" * 64, rows=3, arrived_at=NOW, at=NOW)


def test_a_place_is_taken_once(ledger: Ledger) -> None:
    assert [take(ledger, d) for d in (FIRST, FIRST, SAME_PLACE, NEXT)] == [True, False, False, True]
    assert ledger.last_sequence("WT0321", "GM0321") == 5
    assert ledger.last_sequence("WT0321", "GM0114") == 0


def test_the_newest_event_is_the_state_and_facts_add_up(ledger: Ledger) -> None:
    take(ledger, FIRST)
    ledger.append(FIRST, "encoded", at=NOW, facts={"rows_ok": 2})
    ledger.append(FIRST, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    entry = ledger.entry(FIRST)
    assert entry is not None
    assert (entry.state, entry.reason, entry.facts) == (
        "quarantined",
        Reason.CHECK_CRITICAL,
        {"rows": 3, "rows_ok": 2},
    )
    assert [event["state"] for event in ledger.events(FIRST)] == ["received", "encoded", "quarantined"]
    assert ledger.quarantined() == []


def test_what_was_never_accepted_is_listed_apart(ledger: Ledger) -> None:
    ledger.append("q-1", "quarantined", at=NOW, reason=Reason.EMPTY_FILE, facts={"supplier": "WT0321"})
    assert [(q["subject"], q["reason"], q["supplier"]) for q in ledger.quarantined()] == [
        ("q-1", "EMPTY_FILE", "WT0321")
    ]
    assert ledger.entries() == []
    assert ledger.entry("q-1") is None


def test_two_at_once_cannot_both_take_a_place(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    Ledger(url)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(Ledger(url), FIRST), range(16)))
    assert sum(taken) == 1


def test_a_delivery_sent_again_has_the_facts_of_what_came_last(ledger: Ledger) -> None:
    take(ledger, FIRST)
    ledger.append(FIRST, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    ledger.append(FIRST, "received", at=NOW, facts={"sha256": "b" * 64, "rows": 5})
    entry = ledger.entry(FIRST)
    assert entry is not None
    assert (entry.state, entry.reason, entry.sha256, entry.rows) == ("received", None, "b" * 64, 5)


def test_an_event_after_another_is_added_only_while_that_is_the_newest(ledger: Ledger) -> None:
    take(ledger, FIRST)
    take(ledger, NEXT)
    entry = ledger.entry(FIRST)
    assert entry is not None

    def attempt(state: str) -> bool:
        return ledger.append(FIRST, state, at=NOW, after=entry.event)

    with ThreadPoolExecutor(6) as side_by_side:
        assert sorted(side_by_side.map(attempt, ["encoded", "held"] * 3)) == [False] * 5 + [True]
    assert len(ledger.events(FIRST)) == 2
