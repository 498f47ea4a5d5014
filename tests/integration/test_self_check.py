"""Checked at the source and here: the same findings, the same refusals, and nothing written but what was asked."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from helpers.deliveries import NOW, add_supplier, csv_bytes, full_row, ledger, put
from helpers.deliveries import settings as chosen
from helpers.encoding import encode_now, make_keys
from helpers.installation import Installation
from helpers.pre_encoded import receive
from integration.contracts import Contract, Supplier, contract_ids, load_supplier
from integration.deliveries.manifest import SUFFIX
from integration.deliveries.quarantine import quarantined
from integration.names import DeliveryId
from integration.quality import check_deliveries
from integration.self_check import SelfCheck, check_file
from integration.source_file import Asked
from integration.storage import Zones, read_json


def odd_rows(contract: Contract) -> list[dict[str, str]]:
    """Rows with something of everything: refused, emptied, kept with a remark, twice, and dates out of order."""
    first = next(field.name for field in contract if field.type == "date" and field.role == "attribute")
    code = next(f.name for f in contract if f.type == "code" and f.role == "attribute" and not f.required)
    odd: list[dict[str, str]] = [
        {},
        {"kind_bsn": "123456789", "patient_bsn": "999999999"},
        {"kind_geboortedatum": "00-00-2015", "patient_geboortedatum": "00-03-2015"},
        {"peildatum": "gisteren"},
        {"record_id": "R1"},
        {"huisnummer": "87 bis", code: "ONZIN"},
        {first: "01-01-1990"},
        {first: "31-12-2026"},
    ]
    names = set(contract.names)
    return [
        full_row(contract, n, **{k: v for k, v in change.items() if k in names})
        for n, change in enumerate(odd, 1)
    ]


def found_here(zones: Zones, delivery: DeliveryId) -> tuple[Any, Any]:
    """The row findings and checks of a delivery that was checked in an installation."""
    staging = zones.staging_dir(delivery)
    table = pq.read_table(staging / "findings.parquet").to_pylist()
    return table, read_json(staging / "check.json")


def found_there(done: SelfCheck) -> tuple[Any, Any]:
    """The same of a file that was checked at its source."""
    assert done.material is not None
    return done.material.findings.to_pylist(), list(done.material.checks)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    make_keys(tmp_path / "home")
    return tmp_path / "home"


def sent(home: Path, supplier: Supplier, file: Path) -> Path:
    """A copy of what lies in the inbox, as its source has it: payload and manifest."""
    target = home.parent / "source"
    target.mkdir(exist_ok=True)
    for path in (file, file.with_name(file.name + SUFFIX)):
        shutil.copy(path, target / path.name)
    return target / file.name


@pytest.mark.parametrize("source", contract_ids())
def test_the_findings_are_those_of_the_receiver(home: Path, source: str) -> None:
    supplier = add_supplier(home, source=source)
    file = put(home, supplier, odd_rows(supplier.contract))
    own = sent(home, supplier, file)
    assert [receipt.reason for receipt in receive(home)] == [None]
    (entry,) = ledger(home).entries()
    encode_now(chosen(home), entry.delivery)
    check_deliveries(Zones(home), [entry.subject])
    done = check_file(own, Asked(source=source, supplier=supplier), NOW)
    rows, checks = found_here(Zones(home), entry.delivery)
    assert found_there(done) == (rows, checks["checks"])
    assert done.material
    assert done.material.outcome == checks["outcome"]
    assert {row["effect"] for row in rows} == {"row_refused", "field_nulled", "kept"}
    assert "failed" in {check["result"] for check in checks["checks"]}
    told = read_json(Zones(home).staging_dir(entry.delivery) / "encode.json")
    assert vars(done.material.counts) == {name: told[name] for name in vars(done.material.counts)}
    assert not done.passed


def test_of_a_nil_return_nothing_is_asked(home: Path) -> None:
    supplier = add_supplier(home)
    file = put(home, supplier, csv_bytes([], supplier), nil_return=True, payload_rows=0)
    own = sent(home, supplier, file)
    receive(home)
    (entry,) = ledger(home).entries()
    encode_now(chosen(home), entry.delivery)
    check_deliveries(Zones(home), [entry.subject])
    rows, checks = found_here(Zones(home), entry.delivery)
    done = check_file(own, Asked(supplier=supplier), NOW)
    assert found_there(done) == (rows, checks["checks"]) == ([], [])
    assert done.passed
    own.with_name(own.name + SUFFIX).unlink()
    assert check_file(own, Asked(supplier=supplier, nil_return=True), NOW).passed
    refused = check_file(own, Asked(supplier=supplier), NOW).refused
    assert refused is not None
    assert refused.reason == "HEADER_ONLY"


def test_checking_calls_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("somebody was called")

    supplier = add_supplier(tmp_path)
    file = tmp_path / "week.csv"
    file.write_bytes(csv_bytes(odd_rows(supplier.contract), supplier))
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert check_file(file, Asked(supplier=supplier), NOW).usable


def spoiled(supplier: Supplier, rows: Sequence[dict[str, str]]) -> dict[str, bytes]:
    """Files that are refused whole, by what is wrong with them."""
    whole = csv_bytes(rows, supplier)
    first, rest = whole.split(b"\r\n", 1)
    return {
        "cut off": whole[:-5],
        "another delimiter": whole.replace(b";", b","),
        "a renamed column": first.replace(b"kind_achternaam", b"kind_achternam") + b"\r\n" + rest,
        "an extra column": whole.replace(b"\r\n", b";x\r\n").replace(b";x\r\n", b";opmerking\r\n", 1),
        "another municipality": csv_bytes([rows[0], rows[1] | {"gemeente_code": "GM0999"}], supplier),
        "another supplier": csv_bytes([rows[0], rows[1] | {"bron_org_code": "WT0999"}], supplier),
        "a row too short": whole + b"a;b\r\n",
        "an open quote": whole.replace(b"Kanariewal", b'"Kanariewal"x', 1),
        "no text": b"PK\x03\x04" + whole,
        "another encoding": whole.replace(b"Zjoske", "Zjösk\u00ebé".encode()),
        "a header only": csv_bytes([], supplier),
        "nothing": b"",
    }


@pytest.mark.parametrize("wrong", [
    "cut off", "another delimiter", "a renamed column", "an extra column", "another municipality",
    "another supplier", "a row too short", "an open quote", "no text", "another encoding", "a header only", "nothing",
])  # fmt: skip
def test_a_delivery_refused_whole_is_refused_there_too(home: Path, wrong: str) -> None:
    supplier = add_supplier(home)
    rows = [full_row(supplier.contract, 1), full_row(supplier.contract, 2)]
    file = put(home, supplier, spoiled(supplier, rows)[wrong])
    own = sent(home, supplier, file)
    (receipt,) = receive(home)
    done = check_file(own, Asked(supplier=supplier), NOW)
    assert done.refused is not None
    assert not done.usable
    theirs = (receipt.reason, receipt.row, receipt.field)
    assert (done.refused.reason, done.refused.row, done.refused.field) == theirs
    own.with_name(own.name + SUFFIX).unlink()
    alone = check_file(own, Asked(source="wijkteam", supplier=supplier), NOW)
    assert alone.refused is not None
    assert alone.refused.reason == receipt.reason


def most_telling(zones: Zones) -> dict[str, list[Path]]:
    """Of each source of a sample the delivery with most findings, the largest without and, if any, a nil return."""
    picked: dict[str, dict[str, tuple[int, Path]]] = {}
    for folder in zones.raw.glob("*/*/*"):
        staging = zones.staging / folder.relative_to(zones.raw)
        if not (staging / "check.json").is_file():
            continue
        told = read_json(staging / "encode.json")
        rows = pq.read_metadata(staging / "findings.parquet").num_rows
        kind = "nil" if told["nil_return"] else "odd" if rows else "clean"
        best = picked.setdefault(folder.parent.name, {})
        best[kind] = max(best.get(kind, (-1, folder)), (rows or told["rows_in"], folder))
    return {source: [folder for _, folder in best.values()] for source, best in picked.items()}


def test_deliveries_of_the_sample_are_found_the_same_at_their_source(
    demo_run: Installation, tmp_path: Path
) -> None:
    compare_sample(demo_run.zones, tmp_path)


def compare_sample(zones: Zones, folder: Path) -> None:
    """Hold what a source finds in its own files against what was found here, earlier deliveries left out."""
    picked = most_telling(zones)
    assert set(picked) == set(contract_ids())
    for raw in [one for kinds in picked.values() for one in kinds]:
        delivery = DeliveryId.parse(raw.name)
        own = folder / f"{raw.name}.csv"
        shutil.copy(raw / "payload.csv", own)
        shutil.copy(raw / "manifest.json", own.with_name(own.name + SUFFIX))
        done = check_file(own, Asked(supplier=load_supplier(zones, delivery.supplier)), NOW)
        rows, check = found_here(zones, delivery)
        mine, checks = found_there(done)
        asked = {one["id"] for one in checks}
        assert mine == rows, raw.name
        assert checks == [one for one in check["checks"] if one["id"] in asked], raw.name


def test_refused_deliveries_of_the_sample_are_refused_at_their_source(
    demo_run: Installation, tmp_path: Path
) -> None:
    compare_refused(demo_run.zones, tmp_path)


NOT_OF_THE_FILE = {"DELIVERY_DUPLICATE", "SEQUENCE_OLD", "SEQUENCE_REUSED", "SUPPLIER_UNKNOWN"}
"""What only the receiver can refuse for: it knows what came before."""


def compare_refused(zones: Zones, folder: Path) -> None:
    """Hold the reasons in quarantine against those that the source would have been told."""
    seen = set()
    for item in quarantined(zones):
        if item.reason in NOT_OF_THE_FILE or item.payload is None or item.manifest is None:
            continue
        own = folder / item.payload
        lies = zones.quarantine / item.quarantine_id
        shutil.copy(lies / item.payload, own)
        shutil.copy(lies / item.manifest, own.with_name(own.name + SUFFIX))
        refused = check_file(own, Asked(supplier=load_supplier(zones, item.supplier)), NOW).refused
        assert refused is not None, item.quarantine_id
        assert (refused.reason, refused.row, refused.field) == (item.reason, item.row, item.field)
        seen.add(item.reason)
    assert {"WRONG_DELIMITER", "TRUNCATED"} <= seen
