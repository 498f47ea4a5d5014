"""A delivery beside earlier ones: what each measure is, in tables small enough to check by head."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import NOW, add_supplier, ledger, settings
from helpers.quality import rows, write_delivery
from integration import pipeline
from integration.contracts import contract_ids, load_contract
from integration.names import DeliveryId
from integration.quality import check_deliveries, encoded_layout
from integration.quality.compared import Agreed, Profile, measures, outside_range
from integration.quality.engine import Prepared
from integration.quality.findings import within
from integration.quality.history import History
from integration.quality.layout import MEASURES, distributed, is_measure
from integration.quality.suites import Check, Suite
from integration.quality.tested import (
    constant_chance,
    corrected,
    row_count_chance,
    same_distribution_chance,
    shift,
)
from integration.settings import Settings, forget_settings
from integration.storage import Zones, read_json

# -- the tests themselves --------------------------------------------------------------------------------------------

ROW_COUNTS = {
    "half of hundreds is gone, one earlier delivery": (390, [745], True),
    "the same of a small one is chance": (3, [6], False),
    "twice as many in a small one is chance": (7, [2, 2], False),
    "a tenth of what six deliveries agree on": (40, [400, 390, 410, 405, 395, 402], True),
    "a busy month among restless ones": (400, [100, 350, 220, 60, 500, 140], False),
    "three quarters of a steady number": (300, [400, 390, 410, 405, 395, 402], True),
    "none where there were hundreds": (0, [420, 400], True),
    "none where there were few": (0, [3, 1, 2], False),
}


@pytest.mark.parametrize(("now", "earlier", "strange"), ROW_COUNTS.values(), ids=ROW_COUNTS)
def test_a_row_count_is_strange_when_earlier_ones_make_it_so(
    now: int, earlier: list[int], strange: bool
) -> None:
    chance = row_count_chance(now, earlier)
    assert chance is not None
    assert (chance < 0.01) is strange


def test_without_an_earlier_delivery_no_row_count_is_strange() -> None:
    assert row_count_chance(1, []) is None


SHIFTS = {
    "the same": ({"a": 50, "b": 50}, {"a": 100, "b": 100}, 0.0, False),
    "all moved": ({"a": 40}, {"b": 40}, 1.0, True),
    "a third moved, many rows": ({"a": 200, "b": 100}, {"a": 100, "b": 200}, 1 / 3, True),
    "a third moved, few rows": ({"a": 4, "b": 2}, {"a": 2, "b": 4}, 1 / 3, False),
    "a trifle in a large delivery": ({"a": 51_000, "b": 49_000}, {"a": 46_000, "b": 54_000}, 0.05, False),
    "a field became empty": ({"": 60}, {"a": 40, "b": 20, "": 5}, 60 / 65, True),
}


@pytest.mark.parametrize(("now", "before", "moved", "strange"), SHIFTS.values(), ids=SHIFTS)
def test_a_distribution_shifts(
    now: dict[str, int], before: dict[str, int], moved: float, strange: bool
) -> None:
    assert shift(now, before) == pytest.approx(moved)
    assert (same_distribution_chance(now, before, 1) < 0.01) is strange


@pytest.mark.parametrize(("now", "before"), [({}, {"a": 3}), ({"a": 3}, {})])
def test_nothing_is_not_compared(now: dict[str, int], before: dict[str, int]) -> None:
    assert same_distribution_chance(now, before, 1) == 1.0


def test_drawn_tables_are_the_same_each_time() -> None:
    tables = ({"a": 9, "b": 1, "c": 4}, {"a": 3, "b": 8, "c": 5})
    assert same_distribution_chance(*tables, 7) == same_distribution_chance(*tables, 7)


CONSTANTS = {
    "one of two rows before was so: half": ({"a": 1}, {"a": 1, "b": 1}, 2 / 3),
    "three rows, all alike, of six": ({"a": 3}, {"b": 3}, 1 / 20),
    "not all the same": ({"a": 2, "b": 1}, {"a": 3}, None),
    "nothing before": ({"a": 2}, {}, None),
    "nearly all were so before": ({"a": 100}, {"a": 95, "b": 5}, 1.0),
    "as planted: never asked any more": (
        {"n.v.t.": 15},
        {"n.v.t.": 229, "veilig": 59, "zorgen": 34},
        0.00697,
    ),
}


@pytest.mark.parametrize(("now", "before", "chance"), CONSTANTS.values(), ids=CONSTANTS)
def test_a_column_that_is_constant(now: dict[str, int], before: dict[str, int], chance: float | None) -> None:
    found = constant_chance(now, before)
    assert found is None if chance is None else found == pytest.approx(chance, rel=0.001)


@given(st.integers(1, 30), st.integers(0, 40), st.integers(1, 40))
def test_the_constant_chance_is_hypergeometric(rows: int, alike: int, other: int) -> None:
    from scipy.stats import hypergeom

    found = constant_chance({"a": rows}, {"a": alike, "b": other})
    if shift({"a": rows}, {"a": alike, "b": other}) >= 0.1:
        assert found == pytest.approx(hypergeom.pmf(rows, rows + alike + other, rows + alike, rows), rel=1e-6)


def test_chances_are_corrected_for_their_number() -> None:
    """Holm: the smallest times three, the next times two, and never smaller than the one before."""
    assert corrected({"x": 0.03, "y": 0.004, "z": 0.02}) == pytest.approx({"x": 0.04, "y": 0.012, "z": 0.04})
    assert corrected({"x": 0.7, "y": 0.6}) == {"x": 1.0, "y": 1.0}
    assert corrected({}) == {}


RANGES = [(100, 0.0), (400, 0.0), (50, 0.5), (800, 0.5), (0, 1.0), (99, 0.01)]


@pytest.mark.parametrize(("number", "outside"), RANGES)
def test_how_far_rows_are_outside_what_was_agreed(number: int, outside: float) -> None:
    assert outside_range(number, (100, 400)) == pytest.approx(outside)


# -- what is compared with what --------------------------------------------------------------------------------------


def one(
    sequence: int, rows: int, kind: str = "week", doubted: frozenset[str] = frozenset(), **codes: int
) -> Profile:
    return Profile(f"d{sequence}", kind, rows, rows, 0, {"soort": codes} if codes else {}, doubted)


def test_a_first_delivery_is_compared_with_nothing() -> None:
    assert measures(one(1, 20, "stock", a=20), [], Agreed(), ["soort"]) == {}


def test_rows_are_compared_within_a_kind_of_period() -> None:
    base = one(1, 2000, "stock", a=1000, b=1000)
    assert "rijen_kans" not in measures(one(2, 200, a=100, b=100), [base], Agreed(), ["soort"])
    found = measures(one(3, 200, a=100, b=100), [base, one(2, 200, a=100, b=100)], Agreed(), ["soort"])
    assert found["rijen_kans"] == (pytest.approx(1.0), 200)
    assert found["soort_verschoven_kans"] == (1.0, 200)


def test_a_constant_is_seen_beside_every_kind_of_delivery() -> None:
    base = one(1, 300, "stock", a=200, b=100)
    found = measures(one(2, 20, a=20), [base], Agreed(), ["soort"])
    assert set(found) == {"soort_constant_kans"}
    assert found["soort_constant_kans"].value < 0.01


def test_empty_fields_say_nothing_of_a_constant() -> None:
    base = Profile("d1", "stock", 300, 300, 0, {"soort": {"a": 100, "b": 100, "": 100}})
    now = Profile("d2", "week", 40, 40, 0, {"soort": {"a": 12, "": 28}})
    assert measures(now, [base], Agreed(), ["soort"])["soort_constant_kans"].rows == 12
    empty = Profile("d2", "week", 40, 40, 0, {"soort": {"": 40}})
    assert measures(empty, [base], Agreed(), ["soort"]) == {}


def test_what_was_doubted_before_is_not_what_is_usual_unless_nothing_else_is() -> None:
    good = one(1, 100, a=50, b=50)
    bad = one(2, 100, doubted=frozenset({"soort_constant_kans"}), a=100)
    beside_both = measures(one(3, 10, a=10), [good, bad], Agreed(), ["soort"])
    beside_good = measures(one(3, 10, a=10), [good], Agreed(), ["soort"])
    assert beside_both["soort_constant_kans"] == beside_good["soort_constant_kans"]
    beside_bad = measures(one(3, 10, a=10), [bad], Agreed(), ["soort"])
    assert beside_bad["soort_constant_kans"] == (1.0, 10)


def test_only_the_last_six_count() -> None:
    long_ago = [one(n, 5000) for n in range(4)]
    usual = [one(n, 100) for n in range(4, 10)]
    assert measures(one(10, 100), long_ago + usual, Agreed(), [])["rijen_kans"].value > 0.9


AGREED = {
    "on time": (Agreed(arrived=date(2026, 2, 11), due=date(2026, 2, 11)), {"dagen_te_laat": 0}),
    "two days late": (Agreed(arrived=date(2026, 2, 13), due=date(2026, 2, 11)), {"dagen_te_laat": 2}),
    "no day was agreed": (Agreed(arrived=date(2026, 2, 13)), {}),
    "too few rows, and nothing earlier": (Agreed(rows=(80, 90)), {"rijen_buiten_afspraak": 0.5}),
}


@pytest.mark.parametrize(("agreed", "expected"), AGREED.values(), ids=AGREED)
def test_what_was_agreed(agreed: Agreed, expected: dict[str, float]) -> None:
    found = measures(one(1, 40), [], agreed, [])
    assert {name: measure.value for name, measure in found.items()} == expected


UNEXPLAINED = {
    "far from agreed and from earlier ones": (20, [1000, 1010, 990], 0.8),
    "far from agreed, as always": (20, [20, 22, 19], 0.0),
    "as agreed, though not as earlier ones": (120, [1000, 1010, 990], 0.0),
}


@pytest.mark.parametrize(("now", "earlier", "value"), UNEXPLAINED.values(), ids=UNEXPLAINED)
def test_a_row_count_that_cannot_be_is_far_from_both(now: int, earlier: list[int], value: float) -> None:
    before = [one(number, count) for number, count in enumerate(earlier)]
    found = measures(one(9, now), before, Agreed(rows=(100, 4000)), [])
    assert found["rijen_onverklaarbaar"].value == pytest.approx(value)


@pytest.mark.parametrize("source", contract_ids())
def test_no_contract_has_a_column_with_a_measures_name(source: str) -> None:
    contract = load_contract(source)
    assert not [field.name for field in contract.fields if is_measure(field.name)]
    measured = [column.name for column in encoded_layout(contract).values() if column.kind == "measure"]
    assert len(measured) == len(MEASURES) + 2 * len(distributed(contract))
    assert all(is_measure(name) for name in measured)


BOUNDS = [(0.01, True), (0.0099, False), (1.0, True), (1.01, False)]


@pytest.mark.parametrize(("value", "holds"), BOUNDS)
def test_a_measure_is_judged_as_great_expectations_would(value: float, holds: bool) -> None:
    import pandas as pd

    bounds = {"column": "rijen_kans", "min_value": 0.01, "max_value": 1}
    check = Check("proef", "expect_column_values_to_be_between", bounds, "warning", "nl", "en")
    asked = Prepared(Suite("proef", "1", "nl", "en", (check,))).verdicts(
        pd.DataFrame({"rijen_kans": [value]}), ["proef"]
    )
    assert within(value, check) is holds is asked["proef"]


# -- through the stage -----------------------------------------------------------------------------------------------


class Place:
    """An installation with a wijkteam whose encoded deliveries lie ready."""

    def __init__(self, home: Path) -> None:
        self.home = home
        add_supplier(home, volume={"period": [10, 400]})

    def ready(self, sequence: int, number: int, arrived: str = "2026-01-20", **row: object) -> str:
        name = f"wijkteam.WT0321.GM0321.2026-W{sequence + 2:02}.{sequence:04}"
        varied = [{"aanmelder": "SCHOOL" if place % 3 else "VT", **row} for place in range(number)]
        write_delivery(Zones(self.home), name, rows("wijkteam", number, *varied))
        moment = NOW.fromisoformat(f"{arrived}T08:00:00+01:00")
        ledger(self.home).register(
            DeliveryId.parse(name), sha256="0" * 64, rows=number, arrived_at=moment, at=moment
        )
        ledger(self.home).append(name, "encoded", at=moment)
        return name

    def found(self, name: str) -> dict[str, dict[str, object]]:
        staging = Zones(self.home).staging_dir(DeliveryId.parse(name))
        return {one["id"]: one for one in read_json(staging / "check.json")["checks"]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    told = f'fixed_clock = "{NOW.isoformat()}"\nsynthetic = true\n'
    (tmp_path / "integration.toml").write_text(told)
    monkeypatch.setenv("INTEGRATION_HOME", str(tmp_path))
    forget_settings()
    yield Place(tmp_path)
    forget_settings()


def test_deliveries_checked_together_are_compared_one_after_the_other(place: Place) -> None:
    first, second = place.ready(1, 90), place.ready(2, 30, "2026-02-07", aanmelder="ZELF")
    outcomes = {outcome.delivery_id: outcome.state for outcome in pipeline.check([first, second])}
    assert outcomes == {first: "checked", second: "checked"}
    assert ledger(place.home).entry(first).facts["warned"] == []
    warned = ledger(place.home).entry(second).facts["warned"]
    assert set(warned) == {"op_tijd", "verdeling_aanmelder", "constant_aanmelder"}
    found = place.found(second)
    assert (found["op_tijd"]["measured"], found["op_tijd"]["n"]) == (3.0, 30)
    assert found["rijen_verwacht"]["measured"] > 0.01
    kept = History(Settings(home=place.home).stewardship()).results(second)
    assert {r.check_id for r in kept if (r.result, r.weight) == ("failed", "warning")} == set(warned)


def test_a_delivery_checked_again_is_not_compared_with_itself_or_later_ones(place: Place) -> None:
    names = [place.ready(1, 90), place.ready(2, 85), place.ready(3, 200, "2026-02-05")]
    pipeline.check(names)
    before = place.found(names[1])
    ledger(place.home).append(names[1], "encoded", at=NOW)
    pipeline.check([names[1]])
    assert place.found(names[1]) == before


def test_a_refused_delivery_is_nothing_to_compare_with(place: Place) -> None:
    first = place.ready(1, 90, kind_bsn_status="missing")
    pipeline.check([first])
    second = place.ready(2, 30)
    pipeline.check([second])
    assert ledger(place.home).entry(first).state != "checked"
    found = place.found(second)["rijen_verwacht"]
    assert (found["result"], found["n"], found["measured"]) == ("success", 0, None)


def test_the_history_holds_nothing_of_a_single_record(place: Place) -> None:
    pipeline.check([place.ready(1, 90)])
    kept = b"".join(path.read_bytes() for path in place.home.glob("stewardship.sqlite*"))
    assert b"constant_aanmelder" in kept
    assert b"sleutel-0" not in kept
    assert b"casus-1" not in kept


def test_where_nothing_is_compared_such_checks_are_left_out(place: Place) -> None:
    name = place.ready(1, 20)
    check_deliveries(settings(place.home).zones, [name])
    assert not {"rijen_verwacht", "op_tijd", "constant_aanmelder"} & set(place.found(name))
