"""Everything that suppliers send and should not: each thing ends in quarantine, whole, with its own reason.

After each: the other delivery went on, no value of the bad one is told anywhere, and the resend succeeds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import (
    CHILD,
    NOW,
    add_supplier,
    csv_bytes,
    full_row,
    ledger,
    manifest_for,
    put,
    set_time,
    settings,
)
from integration.contracts import Supplier
from integration.deliveries.quarantine import quarantined, replay
from integration.deliveries.receive import Receipt, receive_inbox
from integration.errors import UsageError
from integration.reasons import Reason
from integration.storage import Zones

CANARIES = (CHILD["achternaam"], CHILD["voornaam"], CHILD["bsn"], "3991 XZ")


class Place:
    """An installation with the supplier that misbehaves (WT0321) and one that does not (PO0321)."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.zones = Zones(home)
        self.supplier = add_supplier(home)
        self.other = add_supplier(home, "PO0321", "politie")
        self.inbox = self.zones.inbox / "WT0321"
        self.inbox.mkdir(parents=True)

    def receive(self, source: str | None = None) -> list[Receipt]:
        return receive_inbox(self.zones, ledger(self.home), settings(self.home), source)

    def right(self, *rows: dict[str, str]) -> bytes:
        contract = self.supplier.contract
        return csv_bytes(
            [full_row(contract, n, **row) for n, row in enumerate(rows or ({}, {}), 1)], self.supplier
        )

    def put(self, payload: bytes | None = None, **changes: Any) -> Path:
        return put(self.home, self.supplier, self.right() if payload is None else payload, **changes)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def replaced(place: Place, old: bytes, new: bytes) -> bytes:
    content = place.right()
    assert old in content
    return content.replace(old, new)


def header(place: Place, change: Callable[[list[str]], list[str]]) -> bytes:
    """The right file with another header row."""
    first, rest = place.right().split(b"\r\n", 1)
    names = change(first.decode().split(";"))
    return ";".join(names).encode() + b"\r\n" + rest


def without_column(place: Place, name: str) -> bytes:
    lines = [line.split(";") for line in place.right().decode("cp1252").split("\r\n") if line]
    gone = lines[0].index(name)
    return "".join(";".join(cells[:gone] + cells[gone + 1 :]) + "\r\n" for cells in lines).encode("cp1252")


def with_column(place: Place, name: str) -> bytes:
    lines = place.right().decode("cp1252").split("\r\n")[:-1]
    return "".join(f"{line};{name if number == 0 else 'x'}\r\n" for number, line in enumerate(lines)).encode(
        "cp1252"
    )


def a_folder(place: Place) -> None:
    path = place.put()
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "inside.csv").write_bytes(content)


def a_link(place: Place) -> None:
    path = place.put()
    target = place.home / "elsewhere.csv"
    path.rename(target)
    path.symlink_to(target)


def a_manifest_link(place: Place) -> None:
    path = place.put()
    manifest = path.with_name("data.csv.manifest.json")
    manifest.rename(place.home / "elsewhere.json")
    manifest.symlink_to(place.home / "elsewhere.json")


def no_payload(place: Place) -> None:
    place.put().unlink()


def no_manifest(place: Place) -> None:
    path = place.put()
    path.with_name("data.csv.manifest.json").unlink()
    set_time([path], NOW - timedelta(hours=1))


def a_pipe(place: Place) -> None:
    path = place.put()
    path.unlink()
    os.mkfifo(path)


def disagrees(**changes: Any) -> Callable[[Place], object]:
    return lambda place: place.put(**changes)


def content(make: Callable[[Place], bytes], **changes: Any) -> Callable[[Place], object]:
    return lambda place: place.put(make(place), **changes)


def manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Place], object]:
    def run(place: Place) -> None:
        told = manifest_for(place.right(), place.supplier)
        change(told)
        place.put(manifest=told)

    return run


BAD: dict[str, tuple[Callable[[Place], object], Reason, int | None, str | None]] = {
    "empty file": (content(lambda p: b""), Reason.EMPTY_FILE, None, None),
    "wrong delimiter": (content(lambda p: p.right().replace(b";", b",")), Reason.WRONG_DELIMITER, None, None),
    "wrong delimiter declared": (disagrees(payload_delimiter=","), Reason.WRONG_DELIMITER, None, "payload.delimiter"),
    "wrong encoding": (
        content(lambda p: p.right({"kind_voornaam": "Zoë"}).decode("cp1252").encode()),
        Reason.WRONG_ENCODING, None, None,
    ),
    "wrong encoding declared": (disagrees(payload_encoding="utf-8"), Reason.WRONG_ENCODING, None, "payload.encoding"),
    "UTF-16": (content(lambda p: p.right().decode("cp1252").encode("utf-16")), Reason.WRONG_ENCODING, None, None),
    "truncated last line": (content(lambda p: p.right()[:-40]), Reason.TRUNCATED, 2, None),
    "truncated on the way": (
        lambda p: p.put(p.right()[:-40], manifest=manifest_for(p.right(), p.supplier)), Reason.TRUNCATED, 2, None,
    ),
    "short last row": (content(lambda p: p.right()[:-60] + b"\r\n"), Reason.ROW_SHAPE, 2, None),
    "extra column": (
        content(lambda p: with_column(p, "nationaliteit")), Reason.COLUMN_UNDECLARED, None, "nationaliteit",
    ),
    "missing column": (
        content(lambda p: without_column(p, "herstel_doel")), Reason.COLUMN_MISSING, None, "herstel_doel",
    ),
    "renamed column": (
        content(lambda p: header(p, lambda names: [n.replace("herstel_doel", "hersteldoel") for n in names])),
        Reason.COLUMN_RENAMED, None, "herstel_doel -> hersteldoel",
    ),
    "column twice": (content(lambda p: with_column(p, "kind_bsn")), Reason.COLUMN_DUPLICATE, None, "kind_bsn"),
    "no header": (content(lambda p: p.right().split(b"\r\n", 1)[1]), Reason.HEADER_MISSING, None, None),
    "header only": (content(lambda p: csv_bytes([], p.supplier)), Reason.HEADER_ONLY, None, None),
    "a 200 MB line": (
        content(lambda p: p.right() + CHILD["achternaam"].encode() * (200_000_000 // 10) + b"\r\n"),
        Reason.LINE_TOO_LONG, 3, None,
    ),
    "a quote that does not close": (
        content(lambda p: replaced(p, b"Fedor", b'"Fedor')), Reason.QUOTES_UNBALANCED, 1, None,
    ),
    "a folder": (a_folder, Reason.NOT_A_FILE, None, None),
    "a link": (a_link, Reason.NOT_A_FILE, None, None),
    "a link for a manifest": (a_manifest_link, Reason.NOT_A_FILE, None, None),
    "a pipe": (a_pipe, Reason.NOT_A_FILE, None, None),
    "an image": (content(lambda p: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + os.urandom(500)), Reason.NOT_TEXT, None, None),
    "an image by name": (lambda p: p.put(name="foto.png"), Reason.FORMAT_UNKNOWN, None, None),
    "a database": (lambda p: p.put(name="data.duckdb"), Reason.DATABASE_FILE, None, None),
    "no payload": (no_payload, Reason.PAYLOAD_MISSING, None, None),
    "no manifest": (no_manifest, Reason.MANIFEST_MISSING, None, None),
    "no JSON": (lambda p: p.put(manifest=b"{" + CHILD["achternaam"].encode()), Reason.MANIFEST_INVALID, None, None),
    "another file named": (disagrees(payload_file="other.csv"), Reason.MANIFEST_INVALID, None, "payload.file"),
    "a path that climbs": (disagrees(payload_file="../PO0321/data.csv"), Reason.PATH_UNSAFE, None, "payload.file"),
    "an absolute path": (disagrees(payload_file="/etc/passwd"), Reason.PATH_UNSAFE, None, "payload.file"),
    "other rows": (disagrees(payload_rows=3), Reason.ROWS_MISMATCH, None, None),
    "other size": (disagrees(payload_bytes=3), Reason.SIZE_MISMATCH, None, None),
    "other hash": (disagrees(payload_sha256="0" * 64), Reason.HASH_MISMATCH, None, None),
    "other columns": (manifest(lambda m: m["payload"]["columns"].reverse()), Reason.COLUMNS_MISMATCH, None, None),
    "nil return with rows": (
        manifest(lambda m: (m["payload"].update(rows=0), m.update(nil_return=True))), Reason.ROWS_MISMATCH, None, None,
    ),
    "rows of another municipality": (
        content(lambda p: p.right({}, {"gemeente_code": "GM0228"})), Reason.WRONG_MUNICIPALITY, 2, "gemeente_code",
    ),
    "manifest of another municipality": (
        disagrees(municipality="GM0228"), Reason.WRONG_MUNICIPALITY, None, "municipality",
    ),
    "rows of another supplier": (
        content(lambda p: p.right({"bron_org_code": "WT0228"})), Reason.SUPPLIER_MISMATCH, 1, "bron_org_code",
    ),
    "manifest of another supplier": (disagrees(supplier="PO0321"), Reason.SUPPLIER_MISMATCH, None, "supplier"),
    "rows of another delivery": (
        content(lambda p: p.right({}, {"levering_id": "L2"})), Reason.LABEL_MISMATCH, 2, "levering_id",
    ),
    "another source": (
        disagrees(source="politie", contract={"id": "politie", "version": "1.0.0"}),
        Reason.SOURCE_MISMATCH, None, "source",
    ),
    "an unknown source": (disagrees(source="belasting"), Reason.SOURCE_UNKNOWN, None, "source"),
    "an unknown contract": (
        disagrees(contract={"id": "wijkteam", "version": "99.0.0"}), Reason.CONTRACT_UNKNOWN, None, "contract.version",
    ),
    "a month from a weekly supplier": (disagrees(period="2026-01"), Reason.PERIOD_INVALID, None, "period"),
    "a week that has not ended": (disagrees(period="2026-W08"), Reason.PERIOD_INVALID, None, "period"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_quarantined_whole_and_the_rest_goes_on(place: Place, name: str) -> None:
    make, reason, row, field = BAD[name]
    make(place)
    sent = {path.name for path in place.inbox.iterdir()}
    put(place.home, place.other)

    by_supplier = {receipt.supplier: receipt for receipt in place.receive()}
    bad, good = by_supplier["WT0321"], by_supplier["PO0321"]
    assert (bad.accepted, bad.reason, bad.row, bad.field) == (False, reason, row, field)
    assert good.accepted

    (item,) = quarantined(place.zones)
    assert (item.quarantine_id, item.reason, item.row, item.field) == (
        bad.quarantine_id,
        reason.value,
        row,
        field,
    )
    folder = place.zones.quarantine / item.quarantine_id
    assert {path.name for path in folder.iterdir()} == sent | {"reason.json"}
    assert list(place.inbox.iterdir()) == []
    (event,) = ledger(place.home).quarantined()
    assert (event["subject"], event["reason"]) == (item.quarantine_id, reason.value)
    told = json.dumps(event) + (folder / "reason.json").read_text() + repr(bad)
    assert not [canary for canary in CANARIES if canary in told]
    assert place.receive() == []

    place.put()
    (resend,) = place.receive()
    assert resend.accepted
    assert resend.rows == 2


# -- what was sent before ---------------------------------------------------------------------------------------------


def test_the_same_delivery_twice(place: Place) -> None:
    place.put()
    assert place.receive()[0].accepted
    place.put()
    (again,) = place.receive()
    assert (again.accepted, again.reason, again.field) == (False, Reason.DELIVERY_DUPLICATE, "sequence")
    assert len(ledger(place.home).entries()) == 1


def test_a_number_that_another_delivery_has(place: Place) -> None:
    place.put()
    place.receive()
    place.put(place.right({}))
    assert place.receive()[0].reason == Reason.SEQUENCE_REUSED
    place.put(period="2026-W05")
    assert place.receive()[0].reason == Reason.SEQUENCE_REUSED


def test_an_older_number(place: Place) -> None:
    place.put(sequence=3)
    place.receive()
    for _ in range(2):
        place.put(sequence=2, period="2026-W03")
        assert place.receive()[0].reason == Reason.SEQUENCE_OLD
    place.put(sequence=4, period="2026-W03")
    assert place.receive()[0].accepted


def test_a_late_resend_of_what_was_refused_may_keep_its_number(place: Place) -> None:
    place.put(sequence=2, period="2026-W03", payload_rows=9)
    place.put(sequence=3, name="next.csv")
    assert [receipt.reason for receipt in place.receive()] == [Reason.ROWS_MISMATCH, None]
    place.put(sequence=2, period="2026-W03")
    assert place.receive()[0].accepted


def test_a_late_resend_does_not_pass_a_newer_delivery_of_its_period(place: Place) -> None:
    place.put(sequence=2, payload_rows=9)
    place.put(sequence=3, name="next.csv")
    place.receive()
    place.put(sequence=2)
    assert place.receive()[0].reason == Reason.SEQUENCE_OLD


def test_a_resend_replaces_what_failed_its_check(place: Place) -> None:
    place.put(place.right({"herstel_doel": "JA"}))
    (first,) = place.receive()
    assert first.delivery_id
    ledger(place.home).append(first.delivery_id, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    place.put()
    (again,) = place.receive()
    assert again.accepted
    entry = ledger(place.home).entry(first.delivery_id)
    assert entry
    assert entry.state == "received"
    raw = place.zones.raw_dir(first.delivery_id)
    assert (raw / "payload.csv").read_bytes() == place.right()
    (kept,) = quarantined(place.zones)
    assert kept.reason == "CHECK_CRITICAL"


def test_a_history_is_taken_in_by_number_whatever_the_files_are_called(place: Place) -> None:
    place.put(sequence=1, name="z.csv", period="2026-W02")
    place.put(sequence=2, name="m.csv", period="2026-W03")
    place.put(sequence=3, name="a.csv")
    assert [receipt.accepted for receipt in place.receive()] == [True, True, True]


# -- who is not known -------------------------------------------------------------------------------------------------


def test_a_supplier_that_nobody_knows(place: Place) -> None:
    stranger = Supplier.model_validate({**place.supplier.model_dump(), "code": "XX0001"})
    put(place.home, stranger, place.right())
    (receipt,) = place.receive("politie")
    assert (receipt.supplier, receipt.reason) == ("XX0001", Reason.SUPPLIER_UNKNOWN)


@pytest.mark.parametrize("folder", ["", "wijkteam houten", "..."])
def test_what_lies_in_no_suppliers_folder(place: Place, folder: str) -> None:
    target = place.zones.inbox / folder
    target.mkdir(exist_ok=True)
    for path in (place.put(), place.inbox / "data.csv.manifest.json"):
        path.rename(target / path.name)
    (receipt,) = place.receive()
    assert (receipt.supplier, receipt.reason) == ("ONBEKEND", Reason.SUPPLIER_UNKNOWN)


def test_a_link_in_place_of_a_suppliers_folder_is_not_followed(place: Place) -> None:
    outside = place.home / "outside"
    outside.mkdir()
    place.put().rename(outside / "data.csv")
    place.inbox.joinpath("data.csv.manifest.json").unlink()
    place.inbox.rmdir()
    place.inbox.symlink_to(outside)
    set_time([place.inbox], NOW - timedelta(hours=1))
    (receipt,) = place.receive()
    assert (receipt.supplier, receipt.reason) == ("ONBEKEND", Reason.SUPPLIER_UNKNOWN)
    assert (outside / "data.csv").exists()


def test_a_supplier_file_that_is_broken_is_our_mistake_and_can_be_replayed(place: Place) -> None:
    declared = place.zones.suppliers / "WT0321.yml"
    text = declared.read_text()
    declared.write_text("code: [")
    place.put()
    (receipt,) = place.receive()
    assert receipt.reason == Reason.SUPPLIER_INVALID
    declared.write_text(text)
    assert receipt.quarantine_id
    replay(place.zones, receipt.quarantine_id)
    assert place.receive()[0].accepted
    assert quarantined(place.zones) == []


# -- waiting, nil returns, names, replays -----------------------------------------------------------------------


def test_a_payload_waits_for_its_manifest_for_a_while(place: Place) -> None:
    path = place.put()
    told = path.with_name("data.csv.manifest.json")
    content = told.read_bytes()
    told.unlink()
    assert place.receive() == []
    assert path.exists()
    told.write_bytes(content)
    assert place.receive()[0].accepted


def test_a_nil_return_is_the_one_empty_delivery_that_is_fine(place: Place) -> None:
    put(place.home, place.supplier, [], nil_return=True)
    (receipt,) = place.receive()
    assert (receipt.accepted, receipt.rows) == (True, 0)


def test_arrival_is_when_the_manifest_was_put_down_and_never_after_now(place: Place) -> None:
    place.put(arrived=NOW - timedelta(days=3))
    place.put(name="later.csv", sequence=2, period="2026-W05", arrived=NOW + timedelta(days=300))
    place.receive()
    arrived = [entry.arrived_at for entry in ledger(place.home).entries()]
    assert arrived == [(NOW - timedelta(days=3)).isoformat(), NOW.isoformat()]


def test_a_payload_called_like_our_own_file_comes_back_under_its_name(place: Place) -> None:
    path = place.put()
    path.with_name("data.csv.manifest.json").unlink()
    content = path.read_bytes()
    path.rename(path.with_name("reason.json"))
    set_time([place.inbox / "reason.json"], NOW - timedelta(hours=1))
    (receipt,) = place.receive()
    assert receipt.quarantine_id
    replay(place.zones, receipt.quarantine_id)
    assert (place.inbox / "reason.json").read_bytes() == content


@pytest.mark.parametrize(
    "quarantine_id", ["", "..", "Q-WT0321-0000000000", "Q-WT0321-0000000000/../../raw", "/etc"]
)
def test_a_replay_of_nothing_is_a_mistake(place: Place, quarantine_id: str) -> None:
    with pytest.raises(UsageError) as caught:
        replay(place.zones, quarantine_id)
    assert caught.value.reason == Reason.DELIVERY_UNKNOWN


def test_a_replay_overwrites_nothing(place: Place) -> None:
    place.put(payload_rows=9)
    (receipt,) = place.receive()
    place.put()
    assert receipt.quarantine_id
    with pytest.raises(UsageError) as caught:
        replay(place.zones, receipt.quarantine_id)
    assert caught.value.reason == Reason.FOLDER_NOT_EMPTY
    assert place.receive()[0].accepted


def test_one_source_at_a_time(place: Place) -> None:
    place.put()
    put(place.home, place.other)
    assert [receipt.supplier for receipt in place.receive("politie")] == ["PO0321"]
    assert [receipt.supplier for receipt in place.receive("wijkteam")] == ["WT0321"]
