"""What the line answers to each delivery in which something was planted as a whole."""

from __future__ import annotations

from datetime import date

import pytest

from helpers.samples import SMALL, truth
from integration.deliveries.receive import Receipt, receive_inbox
from integration.ledger import Ledger
from integration.reasons import Reason
from integration.sample import generate
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects
from integration.settings import get_settings
from integration.storage import Zones

ACCEPTED = None
ANSWERS: dict[str, list[Reason | None]] = {
    # what was planted        what the line says of each delivery or copy
    "truncated":              [Reason.TRUNCATED],
    "other_municipality":     [Reason.WRONG_MUNICIPALITY],
    "sent_twice":             [ACCEPTED, Reason.DELIVERY_DUPLICATE],
    "wrong_delimiter":        [Reason.WRONG_DELIMITER],
    "late":                   [ACCEPTED],
    "missing":                [],
    "partial":                [ACCEPTED],
    "layout_change":          [Reason.COLUMN_RENAMED, Reason.COLUMN_RENAMED],
    "constant_from":          [ACCEPTED, ACCEPTED],
}  # fmt: skip


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> tuple[Zones, list[Receipt]]:
    """A sample of which everything was taken in, or refused."""
    zones = Zones(tmp_path_factory.mktemp("answers") / "home")
    generate(zones, **SMALL)
    settings = get_settings(zones.home)
    return zones, receive_inbox(zones, Ledger(settings.ledger()), settings)


def answers(zones: Zones, receipts: list[Receipt], defect: str) -> list[Reason | None]:
    """In the order of supplier and sequence, what became of the deliveries with a defect."""
    planted = {row["delivery_id"] for row in truth(zones, "deliveries") if row["defect"] == defect}
    return [one.reason for one in receipts if str(one.delivery_id) in planted]


def test_the_table_is_of_everything_planted() -> None:
    assert set(ANSWERS) == {plan.defect for plan in packaged(Defects, "defects").deliveries}


@pytest.mark.parametrize("defect", ANSWERS)
def test_the_answer_to_a_planted_delivery(received: tuple[Zones, list[Receipt]], defect: str) -> None:
    assert answers(*received, defect) == ANSWERS[defect]


def test_all_else_is_accepted(received: tuple[Zones, list[Receipt]]) -> None:
    zones, receipts = received
    files = [row for row in truth(zones, "deliveries") if row["file"]]
    assert len(receipts) == len(files)
    refused = [one for one in receipts if not one.accepted]
    assert len(refused) == sum(reason is not None for several in ANSWERS.values() for reason in several)


def test_half_yearly_deliveries_are_accepted(received: tuple[Zones, list[Receipt]]) -> None:
    _, receipts = received
    periods = [str(one.delivery_id.period) for one in receipts if one.supplier in {"JH0106", "JH0114"}
               and one.accepted and one.delivery_id]  # fmt: skip
    assert periods == ["stand-2025-06-30", "2025-H2"] * 2


def test_late_is_after_the_due_day(received: tuple[Zones, list[Receipt]]) -> None:
    zones, _ = received
    for row in truth(zones, "deliveries"):
        if row["file"]:
            late = date.fromisoformat(row["arrived_at"][:10]) > row["due_date"]
            assert late == (row["defect"] == "late")
