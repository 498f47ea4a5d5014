"""A supplier file: its dialect, its mapping to the contract, its calendar, and the header row it promises."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from integration.contracts import (
    ODCS,
    Supplier,
    check_header,
    expected_periods,
    load_contract,
    load_supplier,
    read_supplier,
    supplier_codes,
)
from integration.contracts.dialect import Dialect
from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.storage import Zones

EXAMPLE = ODCS.parent / "examples" / "WT0321.yml"
MINIMAL: dict[str, Any] = {
    "code": "KO0228",
    "name": "Kinderopvang Ede",
    "source": "kinderopvang",
    "contract_version": "1.0.0",
    "municipalities": ["GM0228"],
    "dialect": {"delimiter": ";", "encoding": "utf-8", "date_format": "dd-mm-yyyy"},
    "calendar": {"frequency": "monthly", "due_days": 15, "since": date(2025, 11, 1)},
    "contacts": [{"role": "delivery", "email": "levering@opvang.example"}],
}
CONTRACT = load_contract("kinderopvang")


def supplier(**changes: Any) -> Supplier:
    return Supplier.model_validate(deepcopy(MINIMAL) | changes)


def test_the_documented_example_is_one() -> None:
    found = read_supplier(EXAMPLE)
    assert (found.code, found.source, found.dialect.delimiter, found.dialect.strptime) == (
        "WT0321",
        "wijkteam",
        ";",
        "%d-%m-%Y",
    )
    headers = found.contract.headers(found)
    assert (headers["casus_ref"], headers["kind_bsn"]) == ("Casusnummer", "kind_bsn")
    assert found.codes["kind_geslacht"]["V"] == "2"
    assert found.contract is load_contract("wijkteam", "1.0.0")


def test_suppliers_of_an_installation(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    assert supplier_codes(zones) == []
    zones.suppliers.mkdir()
    (zones.suppliers / "WT0321.yml").write_bytes(EXAMPLE.read_bytes())
    (zones.suppliers / "WT0356.yml").write_bytes(EXAMPLE.read_bytes())
    (zones.suppliers / "notes.yml").write_text("not: a supplier")
    assert supplier_codes(zones) == ["WT0321", "WT0356"]
    assert load_supplier(zones, "WT0321").name == "Wijkteam Houten"
    for code, reason in (
        ("WT0356", Reason.SUPPLIER_INVALID),
        ("WT9999", Reason.SUPPLIER_UNKNOWN),
        ("../x", Reason.SUPPLIER_UNKNOWN),
    ):
        with pytest.raises(DeclarationError) as caught:
            load_supplier(zones, code)
        assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"colums": {}}, "colums"),
        ({"code": "ko"}, "code"),
        ({"contract_version": "7.0.0"}, "CONTRACT_UNKNOWN"),
        ({"source": "bank"}, "CONTRACT_UNKNOWN"),
        ({"municipalities": []}, "municipalities"),
        ({"municipalities": ["GM0228", "GM0228"]}, "named twice"),
        ({"municipalities": ["Ede"]}, "municipalities"),
        ({"columns": {"inkomen": "Inkomen"}}, "columns the contract lacks: inkomen"),
        ({"columns": {"opvangsoort": "postcode"}}, "one header for two columns: postcode"),
        ({"columns": {"opvangsoort": "soort;opvang"}}, "columns.opvangsoort"),
        ({"codes": {"inkomen": {"x": "y"}}}, "codes for inkomen"),
        ({"codes": {"postcode": {"x": "y"}}}, "codes for postcode"),
        (
            {"codes": {"opvangsoort": {"dag": "CRECHE"}}},
            "codes of opvangsoort that the contract lacks: CRECHE",
        ),
        ({"codes": {"opvangsoort": {1: "KDV"}}}, "codes.opvangsoort"),
        ({"dialect": {"encoding": "utf-16"}}, "encoding must be one of"),
        ({"dialect": {"delimiter": ":"}}, "delimiter must be one of"),
        ({"dialect": {"delimiter": "|"}}, "list_separator must differ"),
        ({"dialect": {"date_format": "dd-mm-yy"}}, "date_format must be"),
        ({"dialect": {"date_format": "mm/dd/yyyy"}}, "date_format must be"),
        ({"dialect": {"date_format": "dd-mm/yyyy"}}, "date_format must be"),
        ({"dialect": {"date_format": "dmyyyy"}}, "date_format must be"),
        ({"dialect": {"quote": "'"}}, "dialect.quote"),
        (
            {"calendar": {"frequency": "daily", "due_days": 1, "since": date(2025, 1, 1)}},
            "calendar.frequency",
        ),
        (
            {
                "calendar": {
                    "frequency": "weekly",
                    "due_days": 1,
                    "since": date(2025, 1, 1),
                    "base": date(2025, 1, 1),
                }
            },
            "base must lie before since",
        ),
        ({"contacts": []}, "contacts"),
        ({"contacts": [{"role": "delivery", "email": "geen adres"}]}, "contacts.0.email"),
        ({"contacts": [{"role": "delivery", "email": "a@b.nl", "name": "Jan"}]}, "contacts.0.name"),
    ],
)
def test_supplier_file_that_cannot_be_used(changes: dict[str, Any], why: str, tmp_path: Path) -> None:
    path = tmp_path / "KO0228.yml"
    path.write_text(yaml.safe_dump(deepcopy(MINIMAL) | changes), encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        read_supplier(path)
    assert caught.value.reason is Reason.SUPPLIER_INVALID
    assert why in str(caught.value)
    assert caught.value.file == "KO0228.yml"
    assert caught.value.__cause__ is None


# -- dates ----------------------------------------------------------------------------------------------------

FORMATS = [
    "dd-mm-yyyy",
    "d-m-yyyy",
    "dd/mm/yyyy",
    "d.m.yyyy",
    "yyyy-mm-dd",
    "yyyy/mm/dd",
    "yyyymmdd",
    "ddmmyyyy",
]


@given(st.sampled_from(FORMATS), st.dates(min_value=date(1000, 1, 1)))
def test_a_date_comes_back(date_format: str, day: date) -> None:
    dialect = Dialect(date_format=date_format)
    text = dialect.format_date(day)
    assert dialect.parse_date(text) == day
    assert datetime.strptime(text, dialect.strptime).date() == day


@given(st.sampled_from(FORMATS), st.text(alphabet="0123456789-/. ٣", max_size=12))
def test_what_is_read_as_a_date_is_what_the_dialect_writes(date_format: str, text: str) -> None:
    dialect = Dialect(date_format=date_format)
    found = dialect.parse_date(text)
    if found is not None and "dd" in date_format:
        assert dialect.format_date(found) == text


@pytest.mark.parametrize(
    "text", ["", "31-02-2025", "1-2-2025", "2025-02-01", "01-02-25", "01-02-2025 ", "00-00-2025"]
)
def test_no_date_in_this_dialect(text: str) -> None:
    assert Dialect(date_format="dd-mm-yyyy").parse_date(text) is None


def test_tab_and_lists() -> None:
    dialect = Dialect(delimiter="tab", list_separator="+")
    assert (dialect.delimiter, dialect.split_list(" A + B+"), dialect.split_list("")) == (
        "\t",
        ["A", "B"],
        [],
    )


@given(st.text(max_size=3), st.text(max_size=3), st.text(max_size=3))
def test_only_listed_separators_and_encodings(delimiter: str, separator: str, encoding: str) -> None:
    try:
        dialect = Dialect(delimiter=delimiter, list_separator=separator, encoding=encoding)
    except ValidationError:
        return
    assert dialect.delimiter != dialect.list_separator


# -- the calendar ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "since", "until", "expected"),
    [
        ("weekly", date(2026, 1, 12), date(2026, 2, 1), ["2026-W03", "2026-W04", "2026-W05"]),
        ("weekly", date(2026, 1, 13), date(2026, 1, 31), ["2026-W04"]),
        ("weekly", date(2025, 12, 22), date(2026, 1, 11), ["2025-W52", "2026-W01", "2026-W02"]),
        ("monthly", date(2025, 11, 1), date(2026, 1, 31), ["2025-11", "2025-12", "2026-01"]),
        ("monthly", date(2025, 11, 2), date(2026, 1, 30), ["2025-12"]),
        ("half-yearly", date(2025, 1, 1), date(2026, 6, 29), ["2025-H1", "2025-H2"]),
        ("half-yearly", date(2025, 1, 2), date(2025, 12, 31), ["2025-H2"]),
        ("monthly", date(2026, 2, 1), date(2026, 1, 31), []),
    ],
)
def test_expected_periods(frequency: str, since: date, until: date, expected: list[str]) -> None:
    calendar = {"frequency": frequency, "due_days": 10, "since": since}
    assert [str(period) for period, _ in expected_periods(supplier(calendar=calendar), until)] == expected


def test_the_agreed_stock_comes_first() -> None:
    calendar = {
        "frequency": "monthly",
        "due_days": 15,
        "since": date(2025, 11, 1),
        "base": date(2025, 10, 31),
    }
    found = expected_periods(supplier(calendar=calendar), date(2025, 12, 5))
    assert [(str(period), due) for period, due in found] == [
        ("stand-2025-10-31", date(2025, 11, 15)),
        ("2025-11", date(2025, 12, 15)),
    ]


@given(
    st.sampled_from(["weekly", "monthly", "half-yearly"]),
    st.dates(date(2000, 1, 1), date(2050, 1, 1)),
    st.integers(0, 900),
    st.integers(1, 60),
)
def test_expected_periods_follow_each_other(frequency: str, since: date, days: int, due: int) -> None:
    until = since + timedelta(days=days)
    calendar = {"frequency": frequency, "due_days": due, "since": since}
    found = expected_periods(supplier(calendar=calendar), until)
    starts = [period.start for period, _ in found]
    longest = {"weekly": 7, "monthly": 31, "half-yearly": 184}[frequency]
    assert all(start is not None and start >= since for start in starts)
    assert all(
        period.end <= until and due_day == period.end + timedelta(days=due) for period, due_day in found
    )
    assert starts[1:] == [period.end + timedelta(days=1) for period, _ in found[:-1]], "no gap, no overlap"
    assert len(found) >= (days + 1) // longest - 1, "none left out"


# -- the header row -------------------------------------------------------------------------------------------

MAPPED = supplier(columns={"opvangsoort": "Soort opvang", "kind_bsn": "BSN"})
AGREED = list(CONTRACT.headers(MAPPED).values())


def swapped(old: str, *new: str) -> list[str]:
    place = AGREED.index(old)
    return [*AGREED[:place], *new, *AGREED[place + 1 :]]


@pytest.mark.parametrize(
    ("header", "findings"),
    [
        (AGREED, []),
        (AGREED[::-1], []),
        (swapped("signaal_soort"), [("COLUMN_MISSING", ("signaal_soort",))]),
        ([*AGREED, "inkomen"], [("COLUMN_UNDECLARED", ("inkomen",))]),
        (swapped("signaal_soort", "SignaalSoort"), [("COLUMN_RENAMED", ("signaal_soort -> SignaalSoort",))]),
        (swapped("BSN", "kind_bsn"), [("COLUMN_MISSING", ("BSN",)), ("COLUMN_UNDECLARED", ("kind_bsn",))]),
        (swapped("BSN", "BSN", "BSN"), [("COLUMN_DUPLICATE", ("BSN",))]),
        (swapped("BSN", "BSN", ""), [("COLUMN_UNDECLARED", ("#8",))]),
        (swapped("BSN", "BSN", "999999990"), [("COLUMN_UNDECLARED", ("#8",))]),
        (
            [*AGREED, "x" * 42, "a\nb"],
            [("COLUMN_UNDECLARED", (f"#{len(AGREED) + 1}", f"#{len(AGREED) + 2}"))],
        ),
        (["Jansen", "999999990", "1234AB"], [("HEADER_MISSING", ())]),
        (AGREED[: len(AGREED) // 2 - 1], [("HEADER_MISSING", ())]),
        ([], [("HEADER_MISSING", ())]),
    ],
)
def test_header(header: list[str], findings: list[tuple[str, tuple[str, ...]]]) -> None:
    found = check_header(CONTRACT, MAPPED, header)
    assert [(finding.reason.value, finding.columns) for finding in found] == findings


@given(st.sets(st.sampled_from(AGREED), max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_header_is_fine_only_when_it_is_as_agreed(gone: set[str], extra: list[str]) -> None:
    header = [name for name in AGREED if name not in gone] + extra
    findings = check_header(CONTRACT, MAPPED, header)
    assert (not findings) == (sorted(header) == sorted(AGREED))
    told = [name for finding in findings for name in finding.columns]
    assert all(name.startswith("#") or name.split(" -> ")[0].isascii() for name in told)
