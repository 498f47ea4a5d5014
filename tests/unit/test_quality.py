"""The runner and the reading of suites: what is refused, what is kept, and that one delivery harms no other."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.quality import rows, write_delivery
from integration.contracts import load_contract
from integration.errors import DeclarationError
from integration.names import DeliveryId
from integration.quality import check_deliveries, encoded_layout, load_suite, suite_ids
from integration.quality.frame import Facts, read_facts, read_frame
from integration.quality.layout import Column, nullable_fields
from integration.reasons import Reason
from integration.storage import Zones, read_json, resource

GOOD = "wijkteam.WT0321.GM0321.2026-W03.0001"
BAD = "wijkteam.WT0321.GM0321.2026-W04.0002"
ABSENT = "wijkteam.WT0321.GM0321.2026-W05.0003"
COLUMNS = encoded_layout(load_contract("onderwijs"))

SUITE: dict[str, Any] = {
    "name": "onderwijs",
    "meta": {
        "version": "1.0.0",
        "nl": "Proef",
        "en": "Trial",
        "unchecked": {"vrijstelling": "zelden ingevuld"},
    },
    "expectations": [
        {
            "type": "expect_column_values_to_be_in_set",
            "severity": "warning",
            "kwargs": {"column": "melding_status", "value_set": ["AFGESLOTEN"], "mostly": 0.5},
            "meta": {"id": "proef", "nl": "zin", "en": "sentence"},
        }
    ],
}


def first(document: dict[str, Any]) -> dict[str, Any]:
    return document["expectations"][0]


def set_kwargs(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: first(document)["kwargs"].update(changes)


def set_meta(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: first(document)["meta"].update(changes)


def set_type(kind: str, **kwargs: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda document: first(document).update(type=kind, kwargs=kwargs)


def when(**condition: Any) -> Callable[[dict[str, Any]], Any]:
    return set_kwargs(row_condition=condition)


PAIR = "expect_column_pair_values_a_to_be_greater_than_b"
STATUS = {"name": "melding_status"}

REFUSED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another name than its file": lambda d: d.update(name="politie"),
    "no version": lambda d: d["meta"].pop("version"),
    "no expectations": lambda d: d.update(expectations=[]),
    "expectations that are no list of objects": lambda d: d.update(expectations=["a"]),
    "an id twice": lambda d: d["expectations"].append(copy.deepcopy(first(d))),
    "an id with spaces": set_meta(id="een proef"),
    "no id": lambda d: first(d)["meta"].pop("id"),
    "no Dutch note": lambda d: first(d)["meta"].pop("nl"),
    "an empty English note": set_meta(en=" "),
    "an unknown entry in meta": set_meta(owner="x"),
    "minimum_rows that is no number": set_meta(minimum_rows="20"),
    "an unknown severity": lambda d: first(d).update(severity="hoog"),
    "a result format of its own": lambda d: first(d).update(result_format="COMPLETE"),
    "an unknown expectation": set_type("expect_column_values_to_be_lovely", column="melding_status"),
    "one that shows a maximum": set_type(
        "expect_column_max_to_be_between", column="verzuim_uren", max_value=9
    ),
    "one that runs a query": set_type(
        "unexpected_rows_expectation", unexpected_rows_query="select * from {batch}"
    ),
    "an unknown column": set_kwargs(column="nationaliteit"),
    "an identifier": set_kwargs(column="kind_bsn"),
    "a measure of a column that is not there": set_type(
        "expect_column_values_to_be_between", column="nationaliteit_constant_kans", min_value=0.01
    ),
    "a measure that is judged as a code": set_kwargs(column="rijen_kans", value_set=[0]),
    "a measure of some rows": set_type(
        "expect_column_values_to_be_between", column="rijen_kans", min_value=0.01, mostly=0.5
    ),
    "a measure that must be there": set_type("expect_column_values_to_not_be_null", column="rijen_kans"),
    "a condition on what is of the delivery": when(
        type="nullity", column={"name": "aandeel_geweigerd"}, is_null=False
    ),
    "a column of another kind": set_kwargs(column="verzuim_begin"),
    "an argument that is missing": lambda d: first(d)["kwargs"].pop("value_set"),
    "an argument it does not have": set_kwargs(parse_strings_as_datetimes=True),
    "a code the contract lacks": set_kwargs(value_set=["VERLOREN"]),
    "an empty set": set_kwargs(value_set=[]),
    "mostly above one": set_kwargs(mostly=1.1),
    "bounds that are texts": set_type(
        "expect_column_values_to_be_between", column="verzuim_uren", min_value="16"
    ),
    "no bounds at all": set_type("expect_column_values_to_be_between", column="verzuim_uren"),
    "a date beside a number": set_type(
        PAIR,
        column_A="verzuim_eind",
        column_B="verzuim_uren",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    ),
    "a pair that counts empty dates": set_type(
        PAIR, column_A="verzuim_eind", column_B="verzuim_begin", or_equal=True, ignore_row_if="never"
    ),
    "a condition that is code": set_kwargs(row_condition="__import__('os').system('true')"),
    "a condition passed through": when(type="pass_through", pass_through_filter="1 == 1"),
    "a condition on an unknown column": when(type="nullity", column={"name": "nationaliteit"}, is_null=True),
    "a condition with an unknown operator": when(
        type="comparison", column=STATUS, operator="LIKE", parameter="AFGESLOTEN"
    ),
    "a condition with an unknown code": when(
        type="comparison", column=STATUS, operator="==", parameter="VERLOREN"
    ),
    "a list where one value belongs": when(
        type="comparison", column=STATUS, operator="==", parameter=["AFGESLOTEN"]
    ),
    "a conjunction with a part of code": when(type="and", conditions=["verzuim_uren > 3"]),
    "unchecked without a reason": lambda d: d["meta"].update(unchecked={"vrijstelling": ""}),
    "unchecked that does not exist": lambda d: d["meta"].update(unchecked={"nationaliteit": "mag niet"}),
    "unchecked that is checked": lambda d: d["meta"].update(unchecked={"melding_status": "toch niet"}),
}


def written(folder: Path, document: Any) -> Path:
    (folder / "onderwijs.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_the_suite_that_is_broken_below_is_whole_itself(tmp_path: Path) -> None:
    assert load_suite("onderwijs", COLUMNS, written(tmp_path, SUITE)).check("proef").threshold == 0.5


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_suite_that_cannot_be_used_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    document = copy.deepcopy(SUITE)
    change(document)
    with pytest.raises(DeclarationError) as refused:
        load_suite("onderwijs", COLUMNS, written(tmp_path, document))
    assert (refused.value.reason, refused.value.file) == (Reason.SUITE_INVALID, "onderwijs.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_a_file_that_is_no_suite_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "onderwijs.json").write_bytes(content)
    with pytest.raises(DeclarationError):
        load_suite("onderwijs", COLUMNS, tmp_path)


def test_a_suite_that_is_absent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError):
        load_suite("onderwijs", COLUMNS, tmp_path)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("melding_status"),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "column", "name", "conditions", "operator", "x"]), parts, max_size=4
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from(["type", "kwargs", "severity", "meta", "row_condition", "value_set", "mostly"]), ANY)
def test_whatever_stands_in_a_suite_is_understood_or_refused(
    tmp_path_factory: pytest.TempPathFactory, place: str, value: Any
) -> None:
    document = copy.deepcopy(SUITE)
    (first(document) if place in first(document) else first(document)["kwargs"])[place] = value
    folder = written(tmp_path_factory.mktemp("suite"), document)
    try:
        assert load_suite("onderwijs", COLUMNS, folder).name == "onderwijs"
    except DeclarationError as refused:
        assert refused.reason is Reason.SUITE_INVALID


def test_a_suite_is_refused_before_anything_runs(tmp_path: Path) -> None:
    zones, folder = Zones(tmp_path / "home"), tmp_path / "expectations"
    folder.mkdir()
    good = "huisarts.HA0321.GM0321.2026-01.0001"
    (folder / "huisarts.json").write_bytes((resource("expectations") / "huisarts.json").read_bytes())
    (folder / "onderwijs.json").write_text("{}")
    staging = write_delivery(zones, good, rows("huisarts", 3))
    with pytest.raises(DeclarationError):
        check_deliveries(zones, [good, "onderwijs.S1.GM0321.2026-W03.0001"], expectations=folder)
    assert not (staging / "check.json").exists()


@pytest.mark.parametrize("name", suite_ids())
def test_great_expectations_itself_reads_every_suite(name: str) -> None:
    from great_expectations.core.expectation_suite import ExpectationSuite

    document = read_json(resource("expectations") / f"{name}.json")
    suite = ExpectationSuite(**document)
    assert [e.severity.value for e in suite.expectations] == [e["severity"] for e in document["expectations"]]


# -- the runner -------------------------------------------------------------------------------------------------------


def test_one_delivery_that_cannot_be_checked_keeps_no_other_from_it(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    write_delivery(zones, GOOD, rows("wijkteam", 3))
    broken = write_delivery(zones, BAD, rows("wijkteam", 3))
    (broken / "records.parquet").write_bytes(b"PAR1 no table PAR1")
    results = check_deliveries(zones, [ABSENT, BAD, DeliveryId.parse(GOOD)])
    assert [(r.delivery_id, r.outcome, r.reason) for r in results] == [
        (ABSENT, "error", Reason.STAGE_ORDER),
        (BAD, "error", Reason.CHECK_ERROR),
        (GOOD, "passed", None),
    ]
    assert read_json(broken / "check.json")["outcome"] == "error"
    assert not zones.staging_dir(DeliveryId.parse(ABSENT)).exists()


def test_records_that_are_not_those_encoding_counted_are_not_checked(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    staging = write_delivery(zones, GOOD, rows("wijkteam", 3))
    facts = read_json(staging / "encode.json")
    (staging / "encode.json").write_text(json.dumps(facts | {"rows_ok": 4}))
    assert check_deliveries(zones, [GOOD])[0].reason is Reason.CHECK_ERROR


def test_checking_again_writes_the_same_bytes(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    path = write_delivery(zones, GOOD, rows("wijkteam", 3, {"kind_bsn_status": "invalid"})) / "check.json"
    check_deliveries(zones, [GOOD])
    before = path.read_bytes()
    check_deliveries(zones, [GOOD])
    assert path.read_bytes() == before


def test_check_json_tells_what_was_checked_and_counted(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    staging = write_delivery(zones, GOOD, rows("wijkteam", 4, {"afsluit_datum": date(2026, 1, 5)}))
    check_deliveries(zones, [GOOD])
    report = read_json(staging / "check.json")
    assert (report["format"], report["delivery_id"], report["outcome"]) == (
        "integration-check/1",
        GOOD,
        "warned",
    )
    assert report["suite"]["name"] == "wijkteam"
    found = next(c for c in report["checks"] if c["id"] == "afsluit_datum_na_aanmeld_datum")
    assert found == {
        "id": "afsluit_datum_na_aanmeld_datum",
        "type": PAIR,
        "columns": ["afsluit_datum", "aanmeld_datum"],
        "severity": "warning",
        "weight": "warning",
        "result": "failed",
        "n": 1,
        "unexpected": 1,
        "share": 1.0,
        "measured": None,
        "threshold": 1.0,
        "minimum_rows": 0,
        "nl": "De afsluiting ligt niet vóór de aanmelding",
        "en": "The closure is not before the referral in",
    }


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, integration.quality; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "pyarrow", "great_expectations", "pydantic"} & set(done.stdout.split())


# -- the table that is looked at ------------------------------------------------------------------------------------


def test_lists_of_dates_get_their_first_and_last_day(tmp_path: Path) -> None:
    lists = [[date(2026, 1, 9), date(2026, 1, 7), date(2026, 1, 8)], None, [], [date(2026, 1, 6)]]
    staging = write_delivery(
        Zones(tmp_path), GOOD, rows("wijkteam", 4, *({"contactmomenten": d} for d in lists))
    )
    frame = read_frame(
        staging, read_facts(staging, date(2026, 1, 18), 40), [Column("contactmomenten_laatste", "date")]
    )
    assert frame["contactmomenten_eerste"].fillna(date.min).tolist() == [
        date(2026, 1, 7), date.min, date.min, date(2026, 1, 6),
    ]  # fmt: skip
    assert frame["contactmomenten_laatste"].fillna(date.min).tolist() == [
        date(2026, 1, 9), date.min, date.min, date(2026, 1, 6),
    ]  # fmt: skip
    assert set(frame["periode_eind"]) == {date(2026, 1, 18)}
    assert set(frame["vroegste_datum"]) == {date(2001, 1, 18)}


def test_only_the_columns_that_checks_need_are_read(tmp_path: Path) -> None:
    staging = write_delivery(Zones(tmp_path), GOOD, rows("wijkteam", 2))
    frame = read_frame(staging, read_facts(staging, date(2026, 1, 18), 40), [Column("aanmelder", "code")])
    assert sorted(frame.columns) == ["aanmelder", "periode_eind", "record_key", "vroegste_datum"]


def test_dates_stay_dates(tmp_path: Path) -> None:
    staging = write_delivery(Zones(tmp_path), GOOD, rows("wijkteam", 2))
    frame = read_frame(staging, read_facts(staging, date(2026, 1, 18), 40), [Column("aanmeld_datum", "date")])
    assert frame["aanmeld_datum"].dtype.pyarrow_dtype == pa.date32()


@pytest.mark.parametrize(
    ("period_end", "earliest"),
    [(date(2024, 2, 29), date(1999, 2, 28)), (date(2026, 1, 31), date(2001, 1, 28))],
)
def test_the_earliest_plausible_date_exists_in_every_year(
    tmp_path: Path, period_end: date, earliest: date
) -> None:
    staging = write_delivery(Zones(tmp_path), GOOD, rows("wijkteam", 1))
    frame = read_frame(staging, read_facts(staging, period_end, 40), [])
    assert set(frame["vroegste_datum"]) == {earliest}


def test_a_delivery_without_accepted_rows_has_no_emptied_share() -> None:
    facts = Facts(2, 0, 2, 0, False, date(2026, 1, 18), 40)
    assert facts.shares().to_dict("records") == [{"aandeel_geweigerd": 1.0, "aandeel_leeggemaakt": 0.0}]


def test_the_layout_has_statuses_and_no_identifiers() -> None:
    contract = load_contract("wijkteam")
    columns = encoded_layout(contract)
    assert not {field.name for field in contract.identifiers} & set(columns)
    assert columns["kind_bsn_status"].codes is not None
    assert "ok" in columns["kind_bsn_status"].codes
    assert columns["contactmomenten_laatste"] == Column("contactmomenten_laatste", "date")
    assert "record_id" not in columns
    assert 0 < nullable_fields(contract) < len(contract.fields)
