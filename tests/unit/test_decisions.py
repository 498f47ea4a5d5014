"""Deciding about a delivery: what may be decided when, by whom, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpers.stores import store_url
from integration.errors import IntegrationError
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.settings import Settings
from integration.stewardship import deciding
from integration.stewardship.deciding import Request, decide, settle
from integration.stewardship.seats import open_decisions
from integration.stewardship.waivers import waived, waivers

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DELIVERY = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W08.0003")
SECRET = DeliveryId.parse("veilig_thuis.VT0321.GM0321.2026-01.0003")
"""Its contract asks for four eyes."""
FAILED = {"critical_failed": ["bsn_bruikbaar_50", "geweigerd_20"], "warned": [], "waived": []}
BOTH = ("bsn_bruikbaar_50", "geweigerd_20")


class Desk:
    """An installation with a delivery in a state, and somebody at the desk."""

    def __init__(self, home: Path) -> None:
        urls = {"ledger_url": store_url(home, "ledger"), "stewardship_url": store_url(home, "stewardship")}
        self.settings = Settings(home=home, fixed_clock=NOW, synthetic=True, **urls)
        self.ledger = Ledger(self.settings.ledger())

    def bring(
        self, delivery: DeliveryId = DELIVERY, state: str = "held", reason: Reason | None = None
    ) -> str:
        self.ledger.register(delivery, sha256="0" * 64, rows=40, arrived_at=NOW, at=NOW)
        self.ledger.append(delivery, "encoded", at=NOW)
        reason = reason or (Reason.CHECK_CRITICAL if state in ("held", "quarantined") else None)
        self.ledger.append(delivery, state, at=NOW, reason=reason, facts=FAILED)
        self.encoded(delivery).parent.mkdir(parents=True, exist_ok=True)
        self.encoded(delivery).touch()
        return str(delivery)

    def encoded(self, delivery: DeliveryId = DELIVERY) -> Path:
        return self.settings.zones.staging_dir(delivery) / "records.parquet"

    def decide(self, kind: str, delivery: str = str(DELIVERY), by: str = "anna", **rest: object) -> None:
        told = {"reason": "DECIDED_CONFIRMED", "explanation": "Telefonisch nagevraagd"} | rest
        decide(self.settings, self.ledger, Request(delivery, kind, **told), by=by, role="steward")  # type: ignore[arg-type]

    def settle(self, delivery: str = str(DELIVERY)) -> tuple[str, Reason | None]:
        entry = settle(self.settings, self.ledger, delivery)
        return entry.state, entry.reason


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


WAIVER = {"checks": BOTH, "ends_on": date(2026, 6, 30)}


@pytest.mark.parametrize(
    ("kind", "rest", "state", "reason"),
    [
        ("accept", {}, "checked", None),
        ("waive", WAIVER, "checked", None),
        ("reject", {}, "quarantined", Reason.STEWARD_REJECTED),
        ("redeliver", {}, "quarantined", Reason.REDELIVERY_ASKED),
        ("recheck", {}, "encoded", None),
    ],
)
def test_what_is_decided_is_carried_out_once(
    desk: Desk, kind: str, rest: dict[str, object], state: str, reason: Reason | None
) -> None:
    desk.bring()
    desk.decide(kind, **rest)
    assert deciding.decided(desk.settings, desk.ledger) == [str(DELIVERY)]
    assert desk.settle() == (state, reason)
    events = desk.ledger.events(DELIVERY)
    assert desk.settle() == (state, reason)
    assert desk.ledger.events(DELIVERY) == events
    assert deciding.decided(desk.settings, desk.ledger) == []


def test_a_rejected_delivery_can_be_taken_up_again(desk: Desk) -> None:
    desk.bring()
    desk.decide("reject")
    desk.settle()
    desk.decide("reopen")
    assert desk.settle() == ("held", Reason.CHECK_CRITICAL)
    desk.decide("accept")
    assert desk.settle() == ("checked", None)
    assert [d.kind for d in open_decisions(desk.settings).about(str(DELIVERY))] == [
        "reject",
        "reopen",
        "accept",
    ]


@pytest.mark.parametrize(
    ("state", "kind", "refused"),
    [
        ("checked", "accept", Reason.DECISION_NOT_ASKED),
        ("loaded", "reject", Reason.DECISION_NOT_ASKED),
        ("loaded", "replay", Reason.DELIVERY_PURGED),
        ("quarantined", "reopen", Reason.DECISION_NOT_ASKED),  # nobody rejected it: its data key was shredded
        ("held", "reopen", Reason.DECISION_NOT_ASKED),
        ("held", "replay", Reason.DELIVERY_PURGED),
    ],
)
def test_what_cannot_be_decided_is_refused(desk: Desk, state: str, kind: str, refused: Reason) -> None:
    desk.bring(state=state, reason=Reason.DATA_KEY_SHREDDED if state == "quarantined" else None)
    with pytest.raises(IntegrationError) as caught:
        desk.decide(kind)
    assert caught.value.reason is refused
    assert open_decisions(desk.settings).all() == []


@pytest.mark.parametrize("kind", ["accept", "waive", "recheck", "reopen"])
def test_what_needs_rows_that_are_gone_is_refused(desk: Desk, kind: str) -> None:
    desk.bring()
    if kind == "reopen":
        desk.decide("reject")
        desk.settle()
    desk.encoded().unlink()
    with pytest.raises(IntegrationError, match="only a redelivery helps") as caught:
        desk.decide(kind, **(WAIVER if kind == "waive" else {}))
    assert caught.value.reason is Reason.DELIVERY_PURGED


@pytest.mark.parametrize("rest", [{"checks": BOTH}, {"ends_on": date(2026, 6, 30)}])
def test_what_belongs_to_a_waiver_is_refused_elsewhere(desk: Desk, rest: dict[str, object]) -> None:
    desk.bring()
    with pytest.raises(IntegrationError, match="WAIVER_INVALID"):
        desk.decide("accept", **rest)


@pytest.mark.parametrize("other", [{"ends_on": date(2026, 12, 31)}, {"checks": (*BOTH[::-1], BOTH[0])}])
def test_the_second_of_four_eyes_waives_what_the_first_did(desk: Desk, other: dict[str, object]) -> None:
    name = desk.bring(SECRET)
    desk.decide("waive", name, **WAIVER)
    same = set(other.get("checks", BOTH)) == set(BOTH) and "ends_on" not in other  # type: ignore[call-overload]
    if same:
        desk.decide("waive", name, by="bram", **(WAIVER | other))
        assert desk.settle(name)[0] == "checked"
        return
    with pytest.raises(IntegrationError, match=r"FOUR_EYES.*until 2026-06-30"):
        desk.decide("waive", name, by="bram", **(WAIVER | other))


def test_a_waiver_that_ended_since_the_check_covers_nothing(desk: Desk) -> None:
    desk.bring()
    first, second = BOTH
    desk.ledger.append(
        DELIVERY, "held", at=NOW, reason=Reason.CHECK_CRITICAL, facts=FAILED | {"waived": [first]}
    )
    with pytest.raises(IntegrationError, match=f"also failed: {first}"):
        desk.decide("waive", checks=(second,), ends_on=date(2026, 6, 30))


@pytest.mark.parametrize("name", ["wijkteam.WT0321.GM0321.2026-W09.0004", "../../etc/passwd", ""])
def test_an_unknown_delivery_is_named_as_such_and_not_repeated(desk: Desk, name: str) -> None:
    with pytest.raises(IntegrationError) as caught:
        desk.decide("accept", name)
    assert caught.value.reason is Reason.DELIVERY_UNKNOWN
    assert "passwd" not in str(caught.value)


def test_a_decided_delivery_is_not_decided_again(desk: Desk) -> None:
    desk.bring()
    desk.decide("accept")
    for carried_out in (False, True):
        if carried_out:
            desk.settle()
        with pytest.raises(IntegrationError) as caught:
            desk.decide("reject", by="bram")
        assert caught.value.reason is Reason.DECISION_TAKEN
    assert len(open_decisions(desk.settings).all()) == 1


def test_of_two_decisions_at_once_one_counts(desk: Desk) -> None:
    desk.bring()

    def attempt(number: int) -> str:
        try:
            desk.decide("accept" if number % 2 else "reject", by=f"steward-{number}")
        except IntegrationError as error:
            return error.reason.value
        return "written"

    with ThreadPoolExecutor(8) as side_by_side:
        ends = sorted(side_by_side.map(attempt, range(8)))
    assert ends == ["DECISION_TAKEN"] * 7 + ["written"]


@pytest.mark.parametrize(
    ("second", "by", "state"),
    [
        ("accept", "bram", "checked"),
        ("accept", "anna", Reason.FOUR_EYES),
        ("waive", "bram", Reason.FOUR_EYES),
        ("reject", "bram", "quarantined"),
        ("reject", "anna", "quarantined"),
    ],
)
def test_four_eyes_where_the_contract_asks(desk: Desk, second: str, by: str, state: str | Reason) -> None:
    name = desk.bring(SECRET)
    desk.decide("accept", name)
    assert desk.settle(name) == ("held", Reason.CHECK_CRITICAL)
    rest = WAIVER if second == "waive" else {}
    if isinstance(state, Reason):
        with pytest.raises(IntegrationError) as caught:
            desk.decide(second, name, by=by, **rest)
        assert caught.value.reason is state
        assert desk.settle(name)[0] == "held"
    else:
        desk.decide(second, name, by=by, **rest)
        assert desk.settle(name)[0] == state
        with pytest.raises(IntegrationError, match="DECISION_TAKEN"):
            desk.decide("reject", name, by="carla")


@pytest.mark.parametrize(
    "rest",
    [
        WAIVER | {"ends_on": None},
        WAIVER | {"ends_on": date(2026, 3, 1)},
        WAIVER | {"ends_on": date(2028, 1, 1)},
        WAIVER | {"checks": ()},
        WAIVER | {"checks": (*BOTH, "record_uniek")},
        WAIVER | {"checks": BOTH[:1]},
    ],
)
def test_a_waiver_needs_its_checks_and_an_end(desk: Desk, rest: dict[str, object]) -> None:
    desk.bring()
    with pytest.raises(IntegrationError) as caught:
        desk.decide("waive", **rest)
    assert caught.value.reason is Reason.WAIVER_INVALID


def test_a_waiver_counts_for_its_supplier_until_its_end(desk: Desk) -> None:
    desk.bring()
    desk.decide("waive", **WAIVER)
    entry = desk.ledger.entry(DELIVERY)
    assert entry is not None
    other = replace(entry, supplier="WT0356", municipality="GM0356")
    for day, mine in ((date(2026, 6, 30), BOTH), (date(2026, 7, 1), ())):
        then = desk.settings.model_copy(update={"fixed_clock": datetime.combine(day, NOW.timetz())})
        counting = waivers(then, desk.ledger)
        assert waived(counting, entry, [*BOTH, "record_uniek"]) == mine
        assert waived(counting, other, BOTH) == ()
    assert {w.check for w in waivers(then, desk.ledger, ended=True)} == set(BOTH)


def test_half_of_four_eyes_gives_no_waiver(desk: Desk) -> None:
    name = desk.bring(SECRET)
    desk.decide("waive", name, **WAIVER)
    assert waivers(desk.settings, desk.ledger) == []
    desk.decide("waive", name, by="bram", **WAIVER)
    assert [w.by for w in waivers(desk.settings, desk.ledger)] == ["bram", "bram"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "x" * 501, "BSN 999990019", "9999 90.019 klopt", "woont op 3991 AB", "mail jan@voorbeeld.nl"],
)
def test_an_explanation_holds_no_personal_data(desk: Desk, text: str) -> None:
    desk.bring()
    with pytest.raises(IntegrationError) as caught:
        desk.decide("accept", explanation=text)
    assert caught.value.reason in (Reason.INPUT_INVALID, Reason.EXPLANATION_REFUSED)
    assert not text.strip() or text not in str(caught.value)


def test_a_reason_is_a_decision_reason(desk: Desk) -> None:
    desk.bring()
    for reason in ("CHECK_CRITICAL", "nonsense"):
        with pytest.raises(IntegrationError, match="DECIDED_CONFIRMED"):
            desk.decide("accept", reason=reason)


@pytest.mark.parametrize("statement", ["update decision set kind = 'accept'", "delete from decision"])
def test_nothing_is_changed_afterwards(desk: Desk, statement: str) -> None:
    desk.bring()
    desk.decide("reject")
    engine = sa.create_engine(desk.settings.stewardship())
    with engine.connect() as con, pytest.raises(sa.exc.DBAPIError, match="append-only"):
        con.exec_driver_sql(statement)
    engine.dispose()
    assert [d.kind for d in open_decisions(desk.settings).all()] == ["reject"]


def test_a_killed_process_between_deciding_and_the_ledger_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bring()
    desk.decide("accept")
    stopped: Callable[..., bool] = lambda *a, **k: (_ for _ in ()).throw(KeyboardInterrupt)  # noqa: E731
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Ledger, "append", stopped)
        desk.settle()
    assert desk.settle() == ("checked", None)
