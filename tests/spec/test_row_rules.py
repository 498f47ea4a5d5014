"""What becomes of one row: a row goes in, records, mentions and findings come out.

Each test is one rule in a table of a few lines. The rows are right in everything that is not shown.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from helpers.deliveries import add_supplier, full_row
from helpers.encoding import encode_both
from integration.deliveries.read import RawRow
from integration.errors import DeliveryRefused, IntegrationError
from integration.names import DeliveryId
from integration.pseudonyms.second_pass import EncodeResult
from integration.pseudonyms.tokens import parse_token
from integration.reasons import Reason

CREATED = date(2026, 1, 27)
TOKENS = [
    "bsn_token", "token_demographic", "token_demographic_first", "token_name", "token_birth_first",
    "address_token", "address_token_base",
]  # fmt: skip


class Encoded:
    """Rows after encoding, as plain Python."""

    def __init__(self, folder: Path, result: EncodeResult) -> None:
        tables = {
            name: pq.read_table(folder / f"{name}.parquet").to_pylist()
            for name in ("records", "mentions", "findings")
        }
        self.records: list[dict[str, Any]] = tables["records"]
        self.mentions: list[dict[str, Any]] = tables["mentions"]
        self.findings = [tuple(finding.values()) for finding in tables["findings"]]
        self.result = result

    def mention(self, role: str, row: int = 1) -> dict[str, Any]:
        (found,) = [m for m in self.mentions if m["role"] == role and m["row_number"] == row]
        return found

    def has(self, role: str) -> set[str]:
        """The tokens that a person got."""
        return {name for name in TOKENS if self.mention(role)[name] is not None}


@pytest.fixture
def encode(tmp_path: Path) -> Any:
    """Encode rows, each given as what differs from a right row of wijkteam (or ``source``)."""
    counter = iter(range(1000))

    def run(*changes: dict[str, str], source: str = "wijkteam") -> Encoded:
        supplier = add_supplier(tmp_path, source=source)
        rows = [
            RawRow(n, full_row(supplier.contract, n, **change))
            for n, change in enumerate(changes or ({},), 1)
        ]
        folder = tmp_path / f"out{next(counter)}"
        folder.mkdir()
        delivery = DeliveryId.parse(f"{source}.WT0321.GM0321.2026-W04.0001")
        result = encode_both(rows, supplier.contract, supplier.dialect, delivery, folder, created_on=CREATED)
        return Encoded(folder, result)

    return run


def test_a_right_row_becomes_a_record_and_a_mention_of_each_person(encode: Any) -> None:
    found = encode()
    (record,) = found.records
    assert (record["row_number"], record["status_aanlevering"], record["peildatum"]) == (
        1,
        "1",
        date(2026, 1, 25),
    )
    assert (record["source"], record["supplier"], record["municipality"], record["period"]) == (
        "wijkteam", "WT0321", "GM0321", "2026-W04",
    )  # fmt: skip
    assert [m["role"] for m in found.mentions] == ["kind", "ouder1"]
    assert found.findings == []
    assert (found.result.rows_in, found.result.rows_ok, found.result.rows_refused) == (1, 1, 0)


def test_identifiers_end_here_and_keys_become_tokens(encode: Any) -> None:
    (record,) = encode().records
    assert not {
        "kind_bsn",
        "kind_achternaam",
        "postcode",
        "kind_geslacht",
        "record_id",
        "gemeente_code",
    } & set(record)
    assert parse_token(record["casus_ref"]).purpose == "key"
    assert parse_token(record["record_key"]).domain == "GM0321"


def test_a_key_means_something_at_its_supplier_and_in_its_column_only(encode: Any) -> None:
    record, other = encode({"casus_ref": "7", "gezin_ref": "7"}, {"casus_ref": "7"}).records
    assert record["casus_ref"] == other["casus_ref"] != record["gezin_ref"]


# -- required and optional ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"casus_ref": ""}, Reason.REQUIRED_MISSING),
        ({"casus_ref": "   "}, Reason.REQUIRED_MISSING),
        ({"aanmelder": "BUURMAN"}, Reason.CODE_UNKNOWN),
        ({"aanmeld_datum": "2026-01-20"}, Reason.DATE_INVALID),
        ({"aanmeld_datum": "30-02-2026"}, Reason.DATE_INVALID),
        ({"aanmeld_datum": "00-01-2026"}, Reason.DATE_PARTIAL),
        ({"aanmeld_datum": "01-01-1900"}, Reason.DATE_IMPLAUSIBLE),
        ({"kind_achternaam": ""}, Reason.REQUIRED_MISSING),
        ({"kind_achternaam": "??"}, Reason.PATTERN_MISMATCH),
        ({"kind_geslacht": "M"}, Reason.CODE_UNKNOWN),
        ({"kind_geboortedatum": ""}, Reason.REQUIRED_MISSING),
        ({"kind_geboortedatum": "01-01-1900"}, Reason.DATE_IMPLAUSIBLE),
        ({"kind_geboortedatum": "28-01-2026"}, Reason.DATE_IMPLAUSIBLE),
        ({"postcode": "39 91"}, Reason.PATTERN_MISMATCH),
        ({"huisnummer": "b"}, Reason.NUMBER_INVALID),
    ],
)
def test_a_required_field_that_cannot_be_used_refuses_its_row(
    encode: Any, change: dict[str, str], reason: Reason
) -> None:
    found = encode(change, {})
    (field,) = change
    assert found.findings == [(1, field, reason.value, "row_refused")]
    assert [record["row_number"] for record in found.records] == [2]
    assert {mention["row_number"] for mention in found.mentions} == {2}
    assert (found.result.rows_ok, found.result.rows_refused) == (1, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"herstel_doel": "MISSCHIEN"}, Reason.CODE_UNKNOWN),
        ({"mdo_datum": "morgen"}, Reason.DATE_INVALID),
        ({"mdo_datum": "01-01-1900"}, Reason.DATE_IMPLAUSIBLE),
        ({"contactmomenten": "20-01-2026,morgen"}, Reason.DATE_INVALID),
        ({"leefgebieden": "WONEN,GELD"}, Reason.CODE_UNKNOWN),
        ({"bronnen_bij_besluit": "9"}, Reason.OUT_OF_RANGE),
        ({"bronnen_bij_besluit": "twee"}, Reason.NUMBER_INVALID),
        ({"voorwaarden_versie": "versie van vorige week"}, Reason.PATTERN_MISMATCH),
        ({"voorwaarden_versie": "999900006"}, Reason.BSN_MISPLACED),
    ],
)
def test_an_optional_field_that_cannot_be_used_becomes_null(
    encode: Any, change: dict[str, str], reason: Reason
) -> None:
    found = encode(change)
    (field,) = change
    assert found.findings == [(1, field, reason.value, "field_nulled")]
    assert found.records[0][field] is None
    assert (found.result.rows_ok, found.result.fields_nulled) == (1, 1)


def test_lists_become_lists_and_a_repeated_item_counts_once(encode: Any) -> None:
    (record,) = encode(
        {"leefgebieden": "WONEN, WERK,WONEN", "contactmomenten": "20-01-2026,21-01-2026"}
    ).records
    assert record["leefgebieden"] == ["WONEN", "WERK"]
    assert record["contactmomenten"] == [date(2026, 1, 20), date(2026, 1, 21)]
    assert record["steunfactoren"] is None


def test_a_refused_row_tells_all_that_refused_it_and_nothing_else(encode: Any) -> None:
    found = encode({"casus_ref": "", "aanmelder": "X", "herstel_doel": "X"})
    assert {finding[1] for finding in found.findings} == {"casus_ref", "aanmelder"}
    assert found.result.fields_nulled == 0


def test_the_second_row_with_a_record_id_is_refused(encode: Any) -> None:
    found = encode({"record_id": "7"}, {"record_id": "8"}, {"record_id": "7"}, {"record_id": "7"})
    assert found.findings == [(n, "record_id", "RECORD_DUPLICATE", "row_refused") for n in (3, 4)]
    refused_first = encode({"record_id": "7", "casus_ref": ""}, {"record_id": "7"})
    assert [record["row_number"] for record in refused_first.records] == [2]


def test_a_row_about_another_municipality_refuses_the_delivery(encode: Any) -> None:
    with pytest.raises(DeliveryRefused) as caught:
        encode({}, {"gemeente_code": "GM0228"})
    assert (caught.value.reason, caught.value.row, caught.value.field) == (
        Reason.WRONG_MUNICIPALITY,
        2,
        "gemeente_code",
    )


def test_no_rows_are_three_empty_tables(encode: Any, tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    (tmp_path / "nil").mkdir()
    delivery = DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W04.0001")
    result = encode_both(
        [],
        supplier.contract,
        supplier.dialect,
        delivery,
        tmp_path / "nil",
        created_on=CREATED,
        nil_return=True,
    )
    assert (result.rows_in, result.nil_return) == (0, True)
    for name in ("records", "mentions", "findings"):
        assert pq.read_table(tmp_path / "nil" / f"{name}.parquet").num_rows == 0


# -- BSN ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "status", "finding"),
    [
        ("999900006", "ok", None),
        ("", "missing", None),
        ("12345672", "ok", ("BSN_PADDED", "kept")),
        ("999999999", "unknown", ("BSN_UNKNOWN", "field_nulled")),
        ("000000000", "unborn", ("BSN_UNBORN", "field_nulled")),
        ("123456789", "invalid", ("BSN_INVALID", "field_nulled")),
    ],
)
def test_a_bsn_that_cannot_be_used_leaves_the_row(
    encode: Any, text: str, status: str, finding: tuple[str, str] | None
) -> None:
    found = encode({"kind_bsn": text})
    assert found.findings == ([(1, "kind_bsn", *finding)] if finding else [])
    assert found.records[0]["kind_bsn_status"] == status
    mention = found.mention("kind")
    assert mention["bsn_status"] == status
    assert (mention["bsn_token"] is not None) == (status == "ok")


def test_unknown_numbers_link_nobody(encode: Any) -> None:
    found = encode({"kind_bsn": "999999999"}, {"kind_bsn": "999999999"}, {"kind_bsn": "000000000"})
    assert {mention["bsn_token"] for mention in found.mentions if mention["role"] == "kind"} == {None}


def test_a_number_is_the_same_person_in_every_role(encode: Any) -> None:
    found = encode({"kind_bsn": "999900018", "ouder1_bsn": "999900018"})
    assert found.mention("kind")["bsn_token"] == found.mention("ouder1")["bsn_token"]


# -- birth dates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "status", "year", "known"),
    [
        ({}, "ok", 2015, "full"),
        ({"kind_geboortedatum": "00-03-2015"}, "partial", 2015, "month"),
        ({"kind_geboortedatum": "00-00-2015"}, "partial", 2015, "year"),
        ({"kind_geboortedatum": "00-00-0000"}, "unknown", None, "none"),
        ({"kind_geboortedatum": "01-03-2015", "kind_geboortedatum_gebruik": "1"}, "partial", 2015, "month"),
        ({"kind_geboortedatum": "01-07-2015", "kind_geboortedatum_gebruik": "2"}, "partial", 2015, "year"),
        ({"kind_geboortedatum": "", "kind_geboortedatum_gebruik": "3"}, "unknown", None, "none"),
    ],
)
def test_a_birth_date_counts_as_far_as_it_is_known(
    encode: Any, change: dict[str, str], status: str, year: int | None, known: str
) -> None:
    found = encode(change)
    mention = found.mention("kind")
    assert (found.records[0]["kind_geboortedatum_status"], mention["birth_year"], mention["birth_known"]) == (
        status, year, known,
    )  # fmt: skip
    with_birth_date = {"token_demographic", "token_demographic_first", "token_name", "token_birth_first"}
    assert (
        with_birth_date <= found.has("kind") if known == "full" else not with_birth_date & found.has("kind")
    )


def test_an_impossible_birth_date_of_a_parent_becomes_null(encode: Any) -> None:
    found = encode({"ouder1_geboortedatum": "01-01-1900"}, {"ouder1_geboortedatum": "28-01-2026"})
    assert found.findings == [(n, "ouder1_geboortedatum", "DATE_IMPLAUSIBLE", "field_nulled") for n in (1, 2)]
    assert found.mention("ouder1")["birth_year"] is None


# -- which parts make which token -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, set()),
        ({"kind_bsn": ""}, {"bsn_token"}),
        ({"kind_voornaam": ""}, {"token_demographic_first", "token_name", "token_birth_first"}),
        ({"kind_voornaam": "Z."}, {"token_demographic_first", "token_birth_first"}),
        ({"kind_geslacht": "0"}, {"token_demographic", "token_demographic_first"}),
        (
            {"kind_achternaam": "Onbekend"},
            {"token_demographic", "token_demographic_first", "token_name", "token_birth_first"},
        ),
        ({"huisnummer_toevoeging": ""}, set()),
        (
            {"indicatie_geheim": "1"},
            {"token_demographic", "token_demographic_first", "address_token", "address_token_base"},
        ),
        (
            {"indicatie_geheim": "ja"},
            {"token_demographic", "token_demographic_first", "address_token", "address_token_base"},
        ),
    ],
)
def test_a_token_whose_parts_are_not_all_there_is_not_made(
    encode: Any, change: dict[str, str], lost: set[str]
) -> None:
    assert set(TOKENS) - encode(change).has("kind") == lost


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"kind_bsn": "999900031"}, {"bsn_token"}),
        ({"kind_voornaam": "Zoe"}, {"token_demographic_first", "token_birth_first"}),
        ({"kind_voornaam": "Anna"}, {"token_demographic_first", "token_name", "token_birth_first"}),
        ({"kind_geslacht": "1"}, {"token_demographic", "token_demographic_first"}),
        ({"huisnummer_toevoeging": "c"}, {"address_token"}),
        (
            {"huisnummer": "88"},
            {"token_demographic", "token_demographic_first", "address_token", "address_token_base"},
        ),
        ({"kind_geboortedatum": "05-03-2015"}, set(TOKENS[1:5])),
        ({"kind_achternaam": "Kanarie"}, set(TOKENS[1:5])),
        # the same in another spelling
        ({"kind_tussenvoegsel": "", "kind_achternaam": "VAN DEN KANARIEWAL"}, set()),
        ({"kind_voornaam": "zjoske maria", "kind_achternaam": "Kanariewal-Jansen"}, set()),
        ({"postcode": "3991xz", "huisnummer": "087", "huisnummer_toevoeging": "B"}, set()),
    ],
)
def test_each_part_changes_the_tokens_it_is_in_and_no_other(
    encode: Any, change: dict[str, str], changed: set[str]
) -> None:
    first, second = encode({}, change).mention, encode({}, change).mention
    assert {name for name in TOKENS if first("kind", 1)[name] != second("kind", 2)[name]} == changed


def test_an_addition_in_the_house_number_is_the_same_address(encode: Any) -> None:
    found = encode({}, {"huisnummer": "87b", "huisnummer_toevoeging": ""})
    assert found.mention("kind", 1)["address_token"] == found.mention("kind", 2)["address_token"]
    assert found.findings == [(2, "huisnummer", "HOUSE_NUMBER_SPLIT", "kept")]


# -- who is mentioned, and where they live ----------------------------------------------------------------------------


def test_a_parent_without_an_address_gets_the_childs_for_the_demographic_token_alone(encode: Any) -> None:
    found = encode()
    parent = found.mention("ouder1")
    assert found.has("ouder1") == {"bsn_token", "token_demographic", "token_name", "token_birth_first"}
    assert (parent["address_inherited"], parent["pc4"], found.mention("kind")["pc4"]) == (True, None, "3991")


def test_a_parent_with_an_address_has_their_own(encode: Any) -> None:
    found = encode({"ouder1_postcode": "3992AB", "ouder1_huisnummer": "4"})
    parent = found.mention("ouder1")
    assert found.has("ouder1") == set(TOKENS)
    assert (parent["address_inherited"], parent["pc4"], parent["address_kind"]) == (False, "3992", None)


@pytest.mark.parametrize(
    ("change", "secret"),
    [
        ({}, True),
        ({"ouder1_postcode": "3991XZ", "ouder1_huisnummer": "87"}, True),
        ({"ouder1_postcode": "3992AB", "ouder1_huisnummer": "4"}, False),
    ],
)
def test_a_secret_address_covers_a_parent_unless_they_live_elsewhere(
    encode: Any, change: dict[str, str], secret: bool
) -> None:
    found = encode({"indicatie_geheim": "1", **change})
    assert found.mention("kind")["secret"] is True
    assert found.mention("kind")["pc4"] is None
    parent = found.mention("ouder1")
    assert parent["secret"] is secret
    assert (parent["address_token"] is None) is secret
    assert (parent["token_demographic"] is None) is secret


def test_nobody_is_mentioned_who_cannot_be_recognised(encode: Any) -> None:
    nothing = {f"ouder1_{part}": "" for part in ("bsn", "voornaam", "achternaam", "geboortedatum")}
    assert [m["role"] for m in encode(nothing).mentions] == ["kind"]
    assert [m["role"] for m in encode({**nothing, "ouder1_bsn": "999999999"}).mentions] == ["kind"]
    assert [m["role"] for m in encode({**nothing, "ouder1_achternaam": "Kanariewal"}).mentions] == [
        "kind",
        "ouder1",
    ]


def test_a_case_without_a_child_keeps_its_row(encode: Any) -> None:
    child = dict.fromkeys(
        [
            f"kind_{p}"
            for p in ("bsn", "voornaam", "tussenvoegsel", "achternaam", "geboortedatum", "geslacht")
        ],
        "",
    )
    address = dict.fromkeys(("postcode", "huisnummer", "huisnummer_toevoeging"), "")
    found = encode({**child, **address}, source="veilig_thuis")
    assert found.findings == []
    assert [m["role"] for m in found.mentions] == ["ouder1"]
    assert found.records[0]["kind_bsn_status"] == "missing"


def test_a_patient_is_a_child_or_a_parent_as_the_practice_says(encode: Any) -> None:
    found = encode({"patient_rol": "OUDER"}, source="huisarts")
    patient = found.mention("patient")
    assert patient["patient_rol"] == "OUDER"
    assert found.has("patient") == set(TOKENS)
    assert patient["bsn_token"] == encode().mention("kind")["bsn_token"]


def test_departure_and_kind_of_address_stay_with_the_child(encode: Any) -> None:
    found = encode({"vertrek_datum": "12-01-2026", "soort_adres": "03"})
    assert found.mention("kind")["departure_date"] == date(2026, 1, 12)
    assert found.mention("kind")["address_kind"] == "03"
    assert found.mention("ouder1")["departure_date"] is None
    assert found.mention("ouder1")["relation"] == "10"


# -- the whole ----------------------------------------------------------------------------------------------------


def test_the_same_rows_give_the_same_bytes_and_batches_do_not_show(
    encode: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"kind_bsn": "", "herstel_doel": "?"}, {"casus_ref": ""}, {}] * 3
    once, again = encode(*rows), encode(*rows)
    for name in ("records", "mentions", "findings", "encode"):
        suffix = "json" if name == "encode" else "parquet"
        assert (tmp_path / f"out0/{name}.{suffix}").read_bytes() == (
            tmp_path / f"out1/{name}.{suffix}"
        ).read_bytes()
    monkeypatch.setattr("integration.pseudonyms.encode.BATCH_ROWS", 2)
    small = encode(*rows)
    assert (
        sorted(map(str, small.records)) == sorted(map(str, once.records)) == sorted(map(str, again.records))
    )
    assert sorted(map(str, small.mentions)) == sorted(map(str, once.mentions))
    assert small.findings == once.findings
    assert small.result == once.result


def test_what_breaks_inside_tells_no_value(encode: Any, tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    row = full_row(supplier.contract)
    del row["casus_ref"]

    class Broken(dict[str, str]):
        def __getitem__(self, name: str) -> str:
            raise RuntimeError(f"Kanariewal {self}")

    (tmp_path / "broken").mkdir()
    with pytest.raises(IntegrationError) as caught:
        encode_both(
            [RawRow(1, Broken(row))], supplier.contract, supplier.dialect,
            DeliveryId.parse("wijkteam.WT0321.GM0321.2026-W04.0001"), tmp_path / "broken", created_on=CREATED,
        )  # fmt: skip
    assert caught.value.reason == Reason.INTERNAL
    assert "Kanariewal" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
