"""What each kind of check means, in tables small enough to read; and what all findings mean for a delivery."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from helpers.quality import PLAIN, Row, rows, table, write_delivery
from integration.contracts import load_contract
from integration.quality import CheckResult, check_deliveries, counts, encoded_layout, load_suite
from integration.quality.engine import Prepared, _batch_definition
from integration.quality.frame import Facts
from integration.quality.rules import RULES
from integration.quality.suites import Check, Suite
from integration.reasons import Reason
from integration.storage import Zones, read_json

# Frequencies differ, so do the periods of the sources' deliveries.
PERIOD = {"onderwijs": "2026-W03", "politie": "2026-W03", "wijkteam": "2026-W03"}


def name(source: str, supplier: str = "AA01") -> str:
    return f"{source}.{supplier}.GM0321.{PERIOD.get(source, '2026-01')}.0001"


# -- each kind of expectation ---------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """An expectation, the values of its columns row by row (None is empty), and what must come out."""

    type: str
    kwargs: dict[str, Any]
    values: dict[str, list[Any]]
    holds: bool
    n: int
    unexpected: int | None


D = date
BEFORE = {
    "column_A": "verzuim_eind",
    "column_B": "verzuim_begin",
    "or_equal": True,
    "ignore_row_if": "either_value_is_missing",
}
WHEN_CLOSED = {
    "type": "comparison",
    "column": {"name": "melding_status"},
    "operator": "==",
    "parameter": "AFGESLOTEN",
}
WHEN_STEP = {"type": "comparison", "column": {"name": "meldcode_stap"}, "operator": ">=", "parameter": 1}
WHEN_KNOWN = {"type": "nullity", "column": {"name": "vrijstelling"}, "is_null": False}
WHEN_EITHER = {
    "type": "comparison",
    "column": {"name": "vrijstelling"},
    "operator": "IN",
    "parameter": ["5A", "5B"],
}

KINDS = {
    "rows: three are enough": Kind(
        "expect_table_row_count_to_be_between", {"min_value": 1}, {"verzuimsoort": ["LRV"] * 3}, True, 3, None
    ),
    "rows: none is too few": Kind("expect_table_row_count_to_be_between", {"min_value": 1}, {}, False, 0, None),
    "spread: one code only": Kind(
        "expect_column_unique_value_count_to_be_between",
        {"column": "verzuimsoort", "min_value": 2}, {"verzuimsoort": ["LRV", "LRV", None]}, False, 2, None,
    ),
    "filled: one of four is empty": Kind(
        "expect_column_values_to_not_be_null",
        {"column": "vrijstelling"}, {"vrijstelling": ["5A", None, "5B", "5C"]}, False, 4, 1,
    ),
    "filled: three of four are enough": Kind(
        "expect_column_values_to_not_be_null",
        {"column": "vrijstelling", "mostly": 0.75}, {"vrijstelling": ["5A", None, "5B", "5C"]}, True, 4, 1,
    ),
    "filled when: only closed rows count": Kind(
        "expect_column_values_to_not_be_null",
        {"column": "verzuim_eind", "row_condition": WHEN_CLOSED},
        {"melding_status": ["AFGESLOTEN", "AFGESLOTEN", "INGETROKKEN"], "verzuim_eind": [D(2026, 1, 2), None, None]},
        False, 2, 1,
    ),
    "filled when: steps 1 and up": Kind(
        "expect_column_values_to_not_be_null",
        {"column": "meldcode_datum", "row_condition": WHEN_STEP},
        {"meldcode_stap": [0, 1, 3, None], "meldcode_datum": [None, D(2026, 1, 2), None, None]},
        False, 2, 1,
    ),
    "filled when: two conditions at once": Kind(
        "expect_column_values_to_not_be_null",
        {"column": "verzuim_eind", "row_condition": {"type": "and", "conditions": [WHEN_CLOSED, WHEN_EITHER]}},
        {"melding_status": ["AFGESLOTEN"] * 3, "vrijstelling": ["5A", "GEEN", None], "verzuim_eind": [None] * 3},
        False, 1, 1,
    ),
    "empty: one of three is filled": Kind(
        "expect_column_values_to_be_null",
        {"column": "vrijstelling"}, {"vrijstelling": [None, "5A", None]}, False, 3, 1,
    ),
    "unique: both of a pair count": Kind(
        "expect_column_values_to_be_unique",
        {"column": "record_key"}, {"record_key": ["a", "b", "a"]}, False, 3, 2,
    ),
    "in set: empty fields are no failure": Kind(
        "expect_column_values_to_be_in_set",
        {"column": "vrijstelling", "value_set": ["GEEN"], "row_condition": WHEN_KNOWN},
        {"vrijstelling": ["GEEN", "5A", None]}, False, 2, 1,
    ),
    "in set: numbers": Kind(
        "expect_column_values_to_be_in_set",
        {"column": "meldcode_stap", "value_set": [0, 1]}, {"meldcode_stap": [0, 1, 5]}, False, 3, 1,
    ),
    "not in set: at most half": Kind(
        "expect_column_values_to_not_be_in_set",
        {"column": "melding_status", "value_set": ["INGETROKKEN"], "mostly": 0.5},
        {"melding_status": ["INGETROKKEN", "AFGESLOTEN"]}, True, 2, 1,
    ),
    "between: below and above": Kind(
        "expect_column_values_to_be_between",
        {"column": "verzuim_uren", "min_value": 16, "max_value": 1000},
        {"verzuim_uren": [15, 16, 1001, None]}, False, 3, 2,
    ),
    "order: the same day is in order, an empty date is not judged": Kind(
        "expect_column_pair_values_a_to_be_greater_than_b", BEFORE,
        {
            "verzuim_begin": [D(2026, 1, 5), D(2026, 1, 5), D(2026, 1, 5), D(2026, 1, 5)],
            "verzuim_eind": [D(2026, 1, 6), D(2026, 1, 5), D(2026, 1, 4), None],
        },
        False, 3, 1,
    ),
    "order: strictly later": Kind(
        "expect_column_pair_values_a_to_be_greater_than_b", BEFORE | {"or_equal": False},
        {"verzuim_begin": [D(2026, 1, 5)], "verzuim_eind": [D(2026, 1, 5)]}, False, 1, 1,
    ),
}  # fmt: skip


def frame_of(values: dict[str, list[Any]]) -> Any:
    import pandas as pd

    number = max((len(column) for column in values.values()), default=0)
    content = [{column: cells[i] for column, cells in values.items()} for i in range(number)]
    return table(load_contract("onderwijs"), content).to_pandas(types_mapper=pd.ArrowDtype)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_kind_of_check(kind: Kind) -> None:
    check = Check("proef", kind.type, kind.kwargs, "warning", "nl", "en")
    frame = frame_of(kind.values)
    verdict = Prepared(Suite("proef", "1", "nl", "en", (check,))).verdicts(frame, ["proef"])["proef"]
    assert (verdict, *counts.count(frame, kind.type, kind.kwargs)) == (kind.holds, kind.n, kind.unexpected)


def test_every_allowed_kind_has_its_table() -> None:
    assert {kind.type for kind in KINDS.values()} == set(RULES)


@pytest.mark.parametrize(
    "kind", [k for k in KINDS.values() if k.unexpected is not None], ids=lambda k: k.type
)
def test_our_counts_are_great_expectations_counts(kind: Kind) -> None:
    """Its richer result format is fit for made-up tables only: it can hold values."""
    from great_expectations.core.expectation_suite import ExpectationSuite

    batch = _batch_definition().get_batch({"dataframe": frame_of(kind.values)})
    suite = ExpectationSuite(name="proef", expectations=[{"type": kind.type, "kwargs": kind.kwargs}])
    result = batch.validate(suite, result_format="SUMMARY").results[0].result
    judged = result["element_count"] - result.get("missing_count", 0)
    assert (judged, result["unexpected_count"]) == (kind.n, kind.unexpected)


# -- what findings mean for a delivery ------------------------------------------------------------------------------


def run(tmp_path: Path, source: str, content: Sequence[Row], **facts: Any) -> CheckResult:
    zones = Zones(tmp_path)
    write_delivery(zones, name(source), content, **facts)
    return check_deliveries(zones, [name(source)])[0]


@pytest.mark.parametrize("source", PLAIN)
@pytest.mark.parametrize("number", [1, 3, 25])
def test_a_clean_delivery_passes_however_small(tmp_path: Path, source: str, number: int) -> None:
    assert run(tmp_path, source, rows(source, number)) == CheckResult(name(source), "passed")


LATE = date(2026, 3, 1)  # after every period of these tests
OLD = date(1999, 1, 1)

WARNED = {
    "end before start": ("onderwijs", [{"verzuim_eind": D(2026, 1, 11)}], {"verzuim_eind_na_verzuim_begin"}),
    "after the period": ("huisarts", [{"contact_datum": LATE}], {"contact_datum_niet_na_periode"}),
    "older than any child": ("kinderopvang", [{"signaal_datum": OLD}], {"signaal_datum_niet_te_oud"}),
    "closed absence without an end": (
        "onderwijs",
        [{"melding_status": "AFGESLOTEN", "verzuimsoort": "LRV", "verzuim_eind": None}],
        {"verzuim_eind_ingevuld"},
    ),
    "16 hours that are none": ("onderwijs", [{"verzuimsoort": "16U4W", "verzuim_uren": 4}], {"uren_16u4w"}),
    "care starts before it is assigned": (
        "jeugdhulp",
        [{"start_datum": D(2026, 1, 11), "contactmomenten": [D(2026, 1, 12)]}],
        {"start_datum_na_toewijzing_datum"},
    ),
    "care stops without a reason": (
        "jeugdhulp",
        [{"start_datum": D(2026, 1, 13), "stop_datum": D(2026, 1, 14)}],
        {"reden_beeindiging_ingevuld"},
    ),
    "a contact after the period": (
        "jeugdhulp",
        [{"contactmomenten": [D(2026, 1, 12), LATE]}],
        {"contactmomenten_niet_na_periode"},
    ),
    "home ban without a start": ("politie", [{"huisverbod": "OPGELEGD_10D"}], {"huisverbod_start_ingevuld"}),
    "assessed before it was reported": (
        "veilig_thuis",
        [{"beoordeling_datum": D(2026, 1, 11)}],
        {"beoordeling_datum_na_melding_datum"},
    ),
    "handed over before it was assessed": (
        "veilig_thuis",
        [{"beoordeling_datum": D(2026, 1, 15)}],
        {"overdracht_datum_na_beoordeling_datum"},
    ),
    "handed over to nobody": ("veilig_thuis", [{"overdracht_aan": None}], {"overdracht_aan_ingevuld"}),
    "closed before it was opened": (
        "wijkteam",
        [{"afsluit_datum": D(2026, 1, 11), "afsluit_veiligheid": "STABIEL_VEILIG"}],
        {"afsluit_datum_na_aanmeld_datum", "afsluit_datum_na_eerste_contact_datum"},
    ),
    "passed on before it was seen": (
        "kinderopvang",
        [{"doorgegeven_aan": "JGZ", "doorgegeven_datum": D(2026, 1, 11)}],
        {"doorgegeven_datum_na_signaal_datum"},
    ),
    "a BSN that fails the 11-test": ("wijkteam", [{"kind_bsn_status": "invalid"}], {"bsn_elfproef_97"}),
    "half of the BSNs unknown": (
        "wijkteam",
        [{"kind_bsn_status": "unknown"}] * 6,
        {"bsn_onbekend_20", "bsn_bruikbaar_85"},
    ),
    "many deletions": ("wijkteam", [{"status_aanlevering": "3"}] * 6, {"verwijderd_20"}),
}


@pytest.mark.parametrize(("source", "different", "expected"), WARNED.values(), ids=WARNED)
def test_what_is_wrong_warns_by_name_and_passes(
    tmp_path: Path, source: str, different: list[Row], expected: set[str]
) -> None:
    result = run(tmp_path, source, rows(source, 12, *different))
    assert (result.outcome, set(result.warned), result.reason) == ("warned", expected, None)


FAILED = {
    "no row left": ([], {"refused": 8}, "rijen_aanwezig"),
    "a record twice": ([{"record_key": "a"}, {"record_key": "a"}], {}, "record_uniek"),
    "a fifth of 25 rows and more refused": ([], {"refused": 6}, "geweigerd_20"),
    "most fields made empty": ([], {"nulled": 400}, "leeggemaakt_20"),
    "two of 25 dates after the period": ([{"aanmeld_datum": LATE}] * 2, {}, "aanmeld_datum_na_periode_5"),
    "most BSNs unusable": ([{"kind_bsn_status": "missing"}] * 13, {}, "bsn_bruikbaar_50"),
    "a quarter of the BSNs wrong": ([{"kind_bsn_status": "invalid"}] * 7, {}, "bsn_elfproef_80"),
    "most rows delete": ([{"status_aanlevering": "3"}] * 16, {}, "verwijderd_60"),
}


@pytest.mark.parametrize(("different", "facts", "expected"), FAILED.values(), ids=FAILED)
def test_what_makes_a_delivery_unusable_stops_it(
    tmp_path: Path, different: list[Row], facts: dict[str, int], expected: str
) -> None:
    number = 0 if expected == "rijen_aanwezig" else 25 - facts.get("refused", 0)
    result = run(tmp_path, "wijkteam", rows("wijkteam", number, *different), **facts)
    assert (result.outcome, result.reason) == ("failed", Reason.CHECK_CRITICAL)
    assert expected in result.critical_failed


@pytest.mark.parametrize(
    ("different", "facts"),
    [([{"aanmeld_datum": LATE}] * 2, {}), ([{"kind_bsn_status": "missing"}] * 3, {}), ([], {"refused": 2})],
    ids=["dates after the period", "no BSN", "refused rows"],
)
def test_a_share_over_three_rows_stops_nothing(
    tmp_path: Path, different: list[Row], facts: dict[str, int]
) -> None:
    result = run(tmp_path, "wijkteam", rows("wijkteam", 3, *different), **facts)
    assert result.critical_failed == ()
    found = read_json(next(Zones(tmp_path).staging.rglob("check.json")))["checks"]
    too_few = [c for c in found if c["result"] == "failed" and c["severity"] == "critical"]
    assert too_few
    assert all(c["weight"] == "info" and c["n"] < c["minimum_rows"] for c in too_few)


def test_refused_rows_are_counted_from_what_was_delivered(tmp_path: Path) -> None:
    run(tmp_path, "wijkteam", rows("wijkteam", 18), refused=2)
    found = {c["id"]: c for c in read_json(next(Zones(tmp_path).staging.rglob("check.json")))["checks"]}
    assert [found["geweigerd_2"][key] for key in ("result", "n", "unexpected", "share")] == [
        "failed",
        20,
        2,
        0.1,
    ]


def test_emptied_fields_are_counted_over_the_optional_fields_of_accepted_rows() -> None:
    facts = Facts(
        rows_in=12,
        rows_ok=10,
        rows_refused=2,
        fields_nulled=7,
        nil_return=False,
        period_end=LATE,
        nullable_fields=35,
    )
    assert facts.counted("aandeel_leeggemaakt") == (350, 7, 10)
    assert facts.shares().to_dict("records") == [{"aandeel_geweigerd": 2 / 12, "aandeel_leeggemaakt": 0.02}]


def test_a_nil_return_passes_without_checks(tmp_path: Path) -> None:
    assert run(tmp_path, "politie", [], nil_return=True) == CheckResult(name("politie"), "passed")


def test_a_column_that_is_not_there_is_told_apart_from_a_failed_check(tmp_path: Path) -> None:
    result = run(tmp_path, "wijkteam", rows("wijkteam", 25), leave_out=["mdo_datum"])
    assert (result.outcome, result.critical_failed, result.warned) == ("warned", (), ())
    assert {"mdo_datum_niet_na_periode", "mdo_deelnemers_ingevuld"} <= set(result.could_not_run)


def test_a_critical_check_that_cannot_run_stops_the_delivery(tmp_path: Path) -> None:
    result = run(tmp_path, "wijkteam", rows("wijkteam", 25), leave_out=["aanmeld_datum"])
    assert (result.outcome, result.reason) == ("error", Reason.CHECK_ERROR)
    assert "aanmeld_datum_na_periode_5" in result.could_not_run


def test_a_suite_reads_as_it_is_written(tmp_path: Path) -> None:
    """The one-check suite of the documentation."""
    (tmp_path / "onderwijs.json").write_text(
        json.dumps(
            {
                "name": "onderwijs",
                "meta": {
                    "version": "1.0.0",
                    "nl": "Proef",
                    "en": "Trial",
                    "unchecked": {"vrijstelling": "zelden"},
                },
                "expectations": [
                    {
                        "type": "expect_column_values_to_not_be_null",
                        "severity": "warning",
                        "kwargs": {"column": "verzuim_eind", "mostly": 0.9, "row_condition": WHEN_CLOSED},
                        "meta": {
                            "id": "eind_ingevuld",
                            "minimum_rows": 5,
                            "nl": "Het einde is er",
                            "en": "There is an end",
                        },
                    }
                ],
            }
        )
    )
    suite = load_suite("onderwijs", encoded_layout(load_contract("onderwijs")), tmp_path)
    check = suite.checks[0]
    assert (check.id, check.severity, check.minimum_rows, check.threshold) == (
        "eind_ingevuld",
        "warning",
        5,
        0.9,
    )
    assert check.columns == ("verzuim_eind", "melding_status")
    assert suite.unchecked == {"vrijstelling": "zelden"}
