"""Receiving is stopped at every step in turn; the next run finishes it: nothing lost, nothing twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import CHILD, NOW, add_supplier, csv_bytes, full_row, ledger, put, settings
from helpers.sealing import SealedPlace
from integration.deliveries.quarantine import quarantined
from integration.deliveries.receive import receive_inbox
from integration.ledger import Ledger
from integration.reasons import Reason
from integration.storage import Zones


class Stopped(BaseException):
    """Stands for a kill: nothing may catch it."""


STEPS = ((os, "replace"), (shutil, "rmtree"), (Path, "mkdir"), (Path, "rmdir"))
LEDGER_STEPS = ("register", "append")


@contextmanager
def stopped_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Stop before the change number ``step`` to the disk or the ledger; what was called is listed."""
    calls: list[str] = []

    def wrap(holder: Any, name: str) -> None:
        real = getattr(holder, name)

        def run(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) >= step:
                raise Stopped
            return real(*arguments, **options)

        monkeypatch.setattr(holder, name, run)

    with monkeypatch.context() as patch:
        monkeypatch = patch
        for holder, name in STEPS:
            wrap(holder, name)
        for name in LEDGER_STEPS:
            wrap(Ledger, name)
        yield calls


def prepare(home: Path) -> dict[str, bytes]:
    """Two good deliveries (one that replaces what failed its check) and a bad one; their bytes by name."""
    supplier, other = add_supplier(home), add_supplier(home, "PO0321", "politie")
    first = csv_bytes([full_row(supplier.contract, 1)], supplier)
    put(home, supplier, first)
    (receipt,) = receive_inbox(Zones(home), ledger(home), settings(home))
    assert receipt.delivery_id
    ledger(home).append(receipt.delivery_id, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    again = csv_bytes([full_row(supplier.contract, n) for n in (1, 2)], supplier)
    put(home, supplier, again)
    good = csv_bytes([full_row(other.contract, bron_org_code="PO0321")], other)
    put(home, other, good, arrived=NOW - timedelta(days=1))
    bad = csv_bytes([full_row(other.contract, bron_org_code="PO0321", gemeente_code="GM0228")], other)
    put(home, other, bad, name="bad.csv", sequence=2, period="2026-W05")
    return {"first": first, "again": again, "good": good, "bad": bad}


def check(home: Path, sent: dict[str, bytes]) -> None:
    """Everything is in its one place, and the ledger says so once."""
    zones = Zones(home)
    raw = {path.parent.name: path.read_bytes() for path in zones.raw.rglob("payload.csv")}
    assert raw == {
        "wijkteam.WT0321.GM0321.2026-W04.0001": sent["again"],
        "politie.PO0321.GM0321.2026-W04.0001": sent["good"],
    }
    kept = {
        item.reason: (zones.quarantine / item.quarantine_id / (item.payload or ""))
        for item in quarantined(zones)
    }
    assert {reason: path.read_bytes() for reason, path in kept.items()} == {
        "CHECK_CRITICAL": sent["first"],
        "WRONG_MUNICIPALITY": sent["bad"],
    }
    assert {entry.subject: entry.state for entry in ledger(home).entries()} == dict.fromkeys(raw, "received")
    for subject in raw:
        states = [event["state"] for event in ledger(home).events(subject)]
        assert states == (["received", "quarantined", "received"] if "wijkteam" in subject else ["received"])
    (refused,) = ledger(home).quarantined()
    assert refused["reason"] == "WRONG_MUNICIPALITY"
    assert [path for path in zones.inbox.rglob("*") if path.is_file()] == []
    assert list((zones.tmp / "receive").glob("*/*")) == []


def test_a_stop_at_any_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    sent = prepare(tmp_path / "start")
    steps = 0
    while True:
        steps += 1
        home = tmp_path / str(steps)
        shutil.copytree(tmp_path / "start", home)
        finished = False
        with stopped_at(steps, monkeypatch) as calls:
            try:
                receive_inbox(Zones(home), ledger(home), settings(home))
                finished = True
            except Stopped:
                pass
        receive_inbox(Zones(home), ledger(home), settings(home))
        check(home, sent)
        shutil.rmtree(home)
        if finished:
            break
    assert receive_inbox(Zones(tmp_path / "start"), ledger(tmp_path / "start"), settings(tmp_path / "start"))
    assert (
        receive_inbox(Zones(tmp_path / "start"), ledger(tmp_path / "start"), settings(tmp_path / "start"))
        == []
    )
    assert steps > 40, f"only {steps} steps: {calls}"


def test_a_stop_at_any_step_of_a_sealed_delivery_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that replaces what failed its check, a new one, and a damaged one."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    place = SealedPlace(tmp_path)
    place.send(1)
    (receipt,) = place.receive()
    assert receipt.delivery_id
    ledger(place.home).append(receipt.delivery_id, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    place.send(1, place.right(3))
    place.send(2)
    place.deliver(place.seal(3), envelope=place.sent[3].envelope.read_bytes()[:-1])
    start, name = place.home, CHILD["achternaam"].encode()
    steps, finished = 0, False
    while not finished:
        steps += 1
        place.home = tmp_path / str(steps)
        place.zones = Zones(place.home)
        shutil.copytree(start, place.home)
        with stopped_at(steps, monkeypatch):
            try:
                place.receive()
                finished = True
            except Stopped:
                pass
        place.receive()
        assert place.lies_open(name) == []
        assert {path.split("/")[0][-4:]: path for path in place.raw()}.keys() == {"0001", "0002"}
        rows = [content.count(b"\n") for content in place.opened().values()]
        kept = {path.name.removesuffix(".header") for path in place.zones.data_keys.iterdir()}
        assert kept == {*place.opened(), *(item.quarantine_id for item in quarantined(place.zones))}
        assert sorted(rows) == [3, 4]
        assert {item.reason for item in quarantined(place.zones)} == {"CHECK_CRITICAL", "ENVELOPE_TRUNCATED"}
        assert [entry.state for entry in ledger(place.home).entries()] == ["received"] * 2
        assert list((place.zones.tmp / "receive").glob("*/*")) == []
        shutil.rmtree(place.home)
    assert steps > 30


def _receive(home: Path) -> list[str]:
    found = receive_inbox(Zones(home), ledger(home), settings(home))
    return [str(receipt.delivery_id) for receipt in found if receipt.accepted]


def test_four_processes_at_once_take_each_delivery_once(tmp_path: Path) -> None:
    supplier = add_supplier(tmp_path)
    for number in range(1, 9):
        put(tmp_path, supplier, name=f"{number}.csv", sequence=number)
    ledger(tmp_path)
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        taken = [name for names in pool.map(_receive, [tmp_path] * 4) for name in names]
    assert len(taken) == len(set(taken)) == 8
    assert len(ledger(tmp_path).entries()) == 8
    assert quarantined(Zones(tmp_path)) == []


def test_two_processes_past_the_lock_still_take_a_delivery_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared disk without locks the rename decides."""
    from integration.deliveries import claims

    supplier = add_supplier(tmp_path)
    put(tmp_path, supplier)
    zones = Zones(tmp_path)
    (arrival,) = claims.arrivals(zones, "WT0321", NOW, 900)
    first, second = claims.take(zones, "WT0321", arrival), claims.take(zones, "WT0321", arrival)
    assert first is not None
    assert second is None
    receive_inbox(zones, ledger(tmp_path), settings(tmp_path))
    assert len(ledger(tmp_path).entries()) == 1
