"""The reports on a delivery, on tiny tables: what is counted, in which order, and who is asked for what by when."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from helpers.deliveries import NOW, add_supplier
from helpers.quality import rows, table
from integration.contracts import contract_ids, load_contract
from integration.contracts.model import Contract
from integration.deliveries.quarantine import Quarantined
from integration.errors import IntegrationError, UsageError
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.quality.check import check_records
from integration.quality.frame import Facts
from integration.quality.layout import encoded_layout, nullable_fields
from integration.quality.reports import (
    Counts,
    Material,
    ask_again,
    ask_again_refused,
    message,
    mirror,
    quality_report,
    read_material,
    row_findings,
    write_reports,
)
from integration.quality.reports.mirror import SAME_IN_EVERY_ROW
from integration.reasons import Reason
from integration.storage import Zones

DELIVERY = "wijkteam.WT0321.GM0321.2026-W03.0002"
Found = tuple[int, str, str, str]


def findings(*found: Found) -> pa.Table:
    names = ("row_number", "field", "reason", "effect")
    kinds = (pa.int32(), pa.string(), pa.string(), pa.string())
    columns = zip(*found, strict=True) if found else ((), (), (), ())
    return pa.table({n: pa.array(list(c), k) for n, c, k in zip(names, columns, kinds, strict=True)})


def material(
    source: str = "wijkteam",
    number: int = 30,
    *different: Any,
    found: Sequence[Found] = (),
    checks: Sequence[Any] = (),
) -> Material:
    """A delivery of plain rows, the first of which differ; every child a girl."""
    contract = load_contract(source)
    refused = len({row for row, _, _, effect in found if effect == "row_refused"})
    nulled = sum(effect == "field_nulled" for *_, effect in found)
    roles = [contract.blocks[0]] * number
    return Material(
        contract=contract,
        delivery=DELIVERY,
        supplier="WT0321",
        municipality="GM0321",
        period="2026-W03",
        counts=Counts(number + refused, number, refused, nulled),
        nil_return=False,
        records=table(contract, rows(source, number, *different)),
        mentions=pa.table({"role": roles, "sex": ["2"] * number}),
        findings=findings(*found),
        outcome="warned",
        reason=None,
        checks=tuple(checks),
    )


def field(report: Any, name: str) -> Any:
    return next(one for one in report.fields if one.name == name)


@pytest.mark.parametrize("source", contract_ids())
def test_every_field_of_every_contract_is_mirrored(source: str) -> None:
    contract = load_contract(source)
    shown = [one.name for one in mirror(material(source)).fields]
    assert shown == [name for name in contract.names if name not in SAME_IN_EVERY_ROW]


def test_how_a_field_was_filled() -> None:
    report = mirror(
        material(
            "wijkteam",
            4,
            {"aanmelder": None, "gezin_ref": "g"},
            {"aanmelder": "POLITIE", "aanmeld_datum": date(2024, 3, 1)},
            {"leefgebieden": ["OPVOEDING", "FINANCIEN"], "kind_bsn_status": "unknown"},
            found=[
                (1, "aanmelder", "CODE_UNKNOWN", "field_nulled"),
                (5, "aanmelder", "REQUIRED_MISSING", "row_refused"),
            ],
        )
    )
    referrer = field(report, "aanmelder")
    assert (referrer.rows, referrer.filled, referrer.empty, referrer.share) == (4, 3, 1, 0.75)
    assert (referrer.emptied, referrer.refused) == ({"CODE_UNKNOWN": 1}, {"REQUIRED_MISSING": 1})
    codes = {share.code: (share.n, share.share) for share in referrer.values}
    assert (codes["SCHOOL"], codes["POLITIE"]) == ((2, 0.666667), (1, 0.333333))
    assert set(codes) == set(load_contract("wijkteam").field("aanmelder").codes or ())
    day = field(report, "aanmeld_datum")
    assert (day.kind, day.first_year, day.last_year) == ("date", 2024, 2026)
    lists = {share.code: share.n for share in field(report, "leefgebieden").values}
    assert lists["OPVOEDING"] == 4
    bsn = field(report, "kind_bsn")
    assert (bsn.filled, {share.code: share.n for share in bsn.values}) == (3, {"ok": 3, "unknown": 1})
    assert (field(report, "gezin_ref").filled, field(report, "gezin_ref").values) == (1, ())
    assert {share.code: share.n for share in field(report, "kind_geslacht").values}["2"] == 4


def test_what_no_code_list_has_is_counted_and_never_named() -> None:
    report = mirror(material("wijkteam", 3, {"aanmelder": "KANARIE"}))
    shares = field(report, "aanmelder").values
    assert [(share.code, share.label, share.n) for share in shares if share.code == "other"] == [
        ("other", "", 1)
    ]
    assert "KANARIE" not in repr(report.fields)


def checked(contract: Contract, number: int, *different: Any) -> list[dict[str, Any]]:
    """What the suite of a source says of rows."""
    facts = Facts(number, number, 0, 0, False, date(2026, 1, 18), nullable_fields(contract))
    found = check_records(table(contract, rows(contract.id, number, *different)), facts, contract)
    return [one.as_json() for one in found]


def test_checks_are_told_worst_first_and_by_kind() -> None:
    contract = load_contract("wijkteam")
    late = {"aanmeld_datum": date(2026, 1, 20)}
    checks = checked(contract, 30, *[late] * 10)
    checks[-1] |= {"result": "error", "n": 0, "unexpected": None, "share": None}
    report = quality_report(material(checks=checks))
    results = [check.result for check in report.checks]
    assert results == sorted(results, key=["failed", "error", "success"].index)
    late_check = next(check for check in report.checks if check.id == "aanmeld_datum_na_periode_5")
    assert (late_check.kind, late_check.n, late_check.unexpected) == ("order", 30, 10)
    assert late_check in report.asks
    assert len(report.of("error")) == 1
    assert {check.kind for check in report.checks} == {"order", "condition", "whole"}
    assert len(report.checks) == len(checks)


def test_a_suite_without_rows_is_not_asked_of_a_nil_return() -> None:
    contract = load_contract("wijkteam")
    facts = Facts(0, 0, 0, 0, True, date(2026, 1, 18), nullable_fields(contract))
    assert check_records(table(contract, []), facts, contract) == []


def test_a_column_that_the_records_lack_could_not_be_checked() -> None:
    contract = load_contract("wijkteam")
    facts = Facts(3, 3, 0, 0, False, date(2026, 1, 18), nullable_fields(contract))
    records = table(contract, rows("wijkteam", 3)).drop_columns(["aanmelder"])
    found = {one.check.id: one for one in check_records(records, facts, contract)}
    about = {name for name, one in found.items() if "aanmelder" in one.check.columns}
    assert about
    assert {found[name].result for name in about} == {"error"}
    assert {one.result for name, one in found.items() if name not in about} <= {"success", "failed"}
    assert "aanmelder" in encoded_layout(contract)


FOUND: list[Found] = [
    (2, "aanmelder", "CODE_UNKNOWN", "field_nulled"),
    (31, "kind_achternaam", "REQUIRED_MISSING", "row_refused"),
    (32, "kind_achternaam", "REQUIRED_MISSING", "row_refused"),
    (34, "kind_achternaam", "REQUIRED_MISSING", "row_refused"),
    (35, "ouder1_geboortedatum", "DATE_PARTIAL", "kept"),
]


def test_rows_are_named_by_number_field_and_reason() -> None:
    contract = load_contract("wijkteam")
    listed = row_findings(contract, findings(*FOUND))
    assert [(one.row, one.field, one.reason, one.effect) for one in listed] == FOUND
    assert (listed[0].label, listed[0].text, listed[0].told) == (
        "Aanmelder",
        Reason.CODE_UNKNOWN.nl,
        "veld leeggemaakt",
    )


def test_a_supplier_is_asked_for_what_must_be_mended_by_a_day(tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    contract = load_contract("wijkteam")
    checks = checked(contract, 30, *[{"aanmeld_datum": date(2026, 1, 20)}] * 10)
    asked = ask_again(material(found=FOUND, checks=checks), supplier, date(2026, 2, 16), (3, True))
    assert (asked.to, asked.by, asked.number) == ("levering@voorbeeld.example", date(2026, 2, 26), (3, True))
    assert {check.id for check in asked.checks} >= {"aanmeld_datum_na_periode_5"}
    runs = {one.field: one.runs for one in asked.rows}
    assert runs == {"kind_achternaam": ((31, 32), (34, 34)), "aanmelder": ((2, 2),)}
    text = message(asked)
    assert text.startswith("Aan: levering@voorbeeld.example\nOnderwerp: Verzoek om herlevering " + DELIVERY)
    assert "uiterlijk 26 februari 2026 opnieuw aan te leveren, met volgnummer 3 of hoger." in text
    assert "  Regels: 31-32, 34\n" in text
    assert "aanmeld_datum_na_periode_5" in text
    assert "10 van 30 (33,3%)" in text


def test_long_lists_of_rows_are_cut_and_say_so(tmp_path: Path) -> None:
    many: list[Found] = [(2 * n, "aanmelder", "CODE_UNKNOWN", "field_nulled") for n in range(1, 101)]
    asked = ask_again(material(found=many), add_supplier(tmp_path), date(2026, 2, 16), (3, True))
    assert "78, 80 en nog 60; vraag ons om de hele lijst" in message(asked)


REFUSED = [
    # what was told                 reason              number
    ("wijkteam.WT0321.GM0321.2026-W04.0004", "TRUNCATED", (4, False)),
    ("wijkteam.WT0321.GM0321.2026-W04.0004", "SEQUENCE_REUSED", (5, True)),
    ("wijkteam.WT0999.GM0321.2026-W04.0004", "TRUNCATED", None),
    (None, "MANIFEST_INVALID", None),
]


@pytest.mark.parametrize(("told", "reason", "number"), REFUSED)
def test_of_a_delivery_refused_whole_reason_row_and_field_are_told(
    tmp_path: Path, told: str | None, reason: str, number: tuple[int, bool] | None
) -> None:
    name = "Q-WT0321-0123456789"
    item = Quarantined(
        name, "WT0321", told, reason, 12, "peildatum", "jansen.csv", "m.json", "2026-02-08", "2026-02-16"
    )
    supplier = add_supplier(tmp_path, contacts=[{"role": "privacy", "email": "privacy@voorbeeld.example"}])
    asked = ask_again_refused(item, supplier, date(2026, 2, 16), by=date(2026, 3, 1))
    text = message(asked)
    assert asked.number == number
    assert asked.to == "privacy@voorbeeld.example"
    assert f"Reden: {Reason[reason].nl} ({reason})." in text
    assert "Regel: 12 (" in text
    assert "Veld: peildatum." in text
    assert "uiterlijk 1 maart 2026" in text
    assert ("volgnummer" in text) == (number is not None)
    assert "jansen" not in text


def test_csv_is_for_a_dutch_spreadsheet(tmp_path: Path) -> None:
    checks = checked(load_contract("wijkteam"), 30, *[{"aanmeld_datum": date(2026, 1, 20)}] * 10)
    write_reports(material(found=FOUND, checks=checks), tmp_path / "uit", "2026-02-16")
    names = {"spiegelrapport.html", "spiegelrapport.csv", "kwaliteitsrapport.html", "kwaliteitsrapport.csv"}
    assert {path.name for path in (tmp_path / "uit").iterdir()} == names
    for name in ("spiegelrapport", "kwaliteitsrapport"):
        content = (tmp_path / "uit" / f"{name}.csv").read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
        assert lines
        assert all(None not in line and None not in line.values() for line in lines)
    late = next(line for line in lines if line["controle"] == "aanmeld_datum_na_periode_5")
    assert (late["uitkomst"], late["niet_goed"], late["aandeel"]) == ("niet gehaald", "10", "0,333333")
    assert {line["onderdeel"] for line in lines} >= {"regels", "volgorde van datums"}


def test_the_page_carries_the_mark_only_when_all_is_made_up(tmp_path: Path) -> None:
    for synthetic in (True, False):
        for path in write_reports(material(), tmp_path, "2026-02-16", synthetic=synthetic):
            if path.suffix == ".html":
                assert ("SYNTHETISCH" in path.read_text()) is synthetic


def test_what_cannot_be_reported_is_told_apart(tmp_path: Path) -> None:
    zones, ledger = Zones(tmp_path), Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for name in ("geen levering", DELIVERY):
        with pytest.raises(UsageError) as unknown:
            read_material(zones, ledger, name)
        assert unknown.value.reason is Reason.DELIVERY_UNKNOWN
    delivery = DeliveryId.parse(DELIVERY)
    ledger.register(delivery, sha256="0" * 64, rows=3, arrived_at=NOW, at=NOW)
    with pytest.raises(UsageError) as early:
        read_material(zones, ledger, DELIVERY)
    assert early.value.reason is Reason.STAGE_ORDER
    ledger.append(delivery, "encoded", at=NOW, facts={"rows_ok": 3})
    with pytest.raises(IntegrationError) as late:
        read_material(zones, ledger, DELIVERY)
    assert late.value.reason is Reason.DELIVERY_PURGED
    assert "only a redelivery helps" in str(late.value)


def test_a_report_of_a_delivery_with_nothing_in_it_is_whole(tmp_path: Path) -> None:
    empty = replace(material(number=0), nil_return=True, outcome="passed")
    paths = write_reports(empty, tmp_path, "2026-02-16")
    assert all("nihilopgave" in path.read_text() for path in paths if path.suffix == ".html")
