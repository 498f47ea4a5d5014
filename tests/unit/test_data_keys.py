"""A delivery's own data key: kept apart from the envelope, and gone for good when it is shredded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import NOW, PASSPHRASE, add_supplier, ledger, put, settings
from helpers.encoding import encode_now, make_keys
from helpers.sealing import SealedPlace
from integration.deliveries.data_keys import BODY, Joined, header_end, header_path
from integration.deliveries.quarantine import quarantined, replay
from integration.deliveries.receive import receive_inbox
from integration.deliveries.seal_keys import Receiver
from integration.deliveries.shredding import shred_delivery
from integration.encode_job import make_job
from integration.errors import IntegrationError, UsageError
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SealedPlace:
    place = SealedPlace(tmp_path)
    make_keys(place.home)
    return place


def accepted(place: SealedPlace) -> DeliveryId:
    place.send()
    (receipt,) = place.receive()
    assert receipt.delivery_id
    return receipt.delivery_id


def opens(place: SealedPlace, envelope: bytes) -> bool:
    """Whether the receiver's own identity opens these bytes."""
    identity = Receiver(place.zones.keys, lambda: PASSPHRASE).identity(place.audience)
    try:
        return bool(pyrage.decrypt(envelope, [identity]))
    except pyrage.DecryptError:
        return False


@given(st.binary(max_size=300), st.binary(max_size=300), st.lists(st.integers(-1, 70), max_size=20))
def test_joined_reads_as_one_file(header: bytes, body: bytes, sizes: list[int]) -> None:
    import io

    joined, whole = Joined(header, io.BytesIO(body)), io.BytesIO(header + body)
    left, found = b"", b""
    for size in sizes:
        found += joined.read(size)
    left = joined.read() + joined.read()
    assert found + left == whole.read()


@given(st.binary(max_size=200))
def test_only_a_whole_header_has_an_end(noise: bytes) -> None:
    assert header_end(noise) is None
    sealed = pyrage.encrypt(b"x", [pyrage.x25519.Identity.generate().to_public()])
    end = header_end(sealed[:4096])
    assert end is not None
    assert sealed[:end].endswith(b"\n")
    assert header_end(sealed[: end - 1]) is None
    assert header_end(sealed[:end] + noise) == end


def test_without_its_header_the_receivers_own_key_opens_nothing(place: SealedPlace) -> None:
    delivery = accepted(place)
    backup = place.home.parent / "backup"
    shutil.copytree(place.zones.raw, backup)
    (body,) = backup.rglob(f"*{BODY}")
    header = header_path(place.zones, str(delivery)).read_bytes()
    assert opens(place, header + body.read_bytes()), "the control: with the header it opens"
    assert shred_delivery(place.zones, ledger(place.home), NOW, str(delivery))
    assert list(place.zones.data_keys.iterdir()) == []
    assert not opens(place, body.read_bytes())
    other = place.seal(2).envelope.read_bytes()
    end = header_end(other)
    assert not opens(place, other[:end] + body.read_bytes()), (
        "another delivery's key opens it no more than none"
    )
    found = [path for path in place.home.rglob("*") if path.is_file() and header in path.read_bytes()]
    assert found == []


def test_what_was_shredded_before_it_was_encoded_is_refused_and_may_come_again(place: SealedPlace) -> None:
    delivery = accepted(place)
    book = ledger(place.home)
    shown = repr(make_job(settings(place.home), delivery))
    assert "AGE-SECRET-KEY" not in shown
    assert "age-encryption" not in shown
    assert shred_delivery(place.zones, book, NOW, str(delivery))
    with pytest.raises(IntegrationError) as caught:
        make_job(settings(place.home), delivery)
    assert caught.value.reason == Reason.DATA_KEY_SHREDDED
    assert not [path for path in place.zones.staging.rglob("*") if path.is_file()]
    entry = book.entry(delivery)
    assert entry
    assert (entry.state, entry.reason) == ("quarantined", Reason.DATA_KEY_SHREDDED)
    assert not shred_delivery(place.zones, book, NOW, str(delivery)), "a second time is fine"
    place.sent.pop(1)
    place.send(1, place.right(4))
    assert place.receive()[0].accepted
    assert encode_now(settings(place.home), delivery)["rows_ok"] == 4


def test_what_was_encoded_stays_as_it_is(place: SealedPlace) -> None:
    delivery = accepted(place)
    encode_now(settings(place.home), delivery)
    ledger(place.home).append(delivery, "encoded", at=NOW)
    assert shred_delivery(place.zones, ledger(place.home), NOW, str(delivery))
    entry = ledger(place.home).entry(delivery)
    assert entry
    assert entry.state == "encoded"
    assert (place.zones.staging_dir(delivery) / "records.parquet").exists()


def test_a_quarantined_delivery_is_split_replayed_whole_and_shredded(place: SealedPlace) -> None:
    first, second = place.seal(1), place.seal(2)
    place.deliver(second)
    assert place.receive()[0].reason == Reason.SEQUENCE_GAP
    (item,) = quarantined(place.zones)
    folder = place.zones.quarantine / item.quarantine_id
    assert {path.name for path in folder.iterdir()} == {
        "week2.csv.age.body", "week2.csv.age.manifest.json", "reason.json",
    }  # fmt: skip
    assert not opens(place, (folder / "week2.csv.age.body").read_bytes())
    replay(place.zones, item.quarantine_id)
    inbox = place.zones.inbox / "WT0321"
    assert (inbox / "week2.csv.age").read_bytes() == second.envelope.read_bytes()
    assert list(place.zones.data_keys.iterdir()) == []
    assert place.receive()[0].reason == Reason.SEQUENCE_GAP
    (item,) = quarantined(place.zones)
    assert shred_delivery(place.zones, ledger(place.home), NOW, item.quarantine_id)
    with pytest.raises(IntegrationError) as caught:
        replay(place.zones, item.quarantine_id)
    assert caught.value.reason == Reason.DATA_KEY_SHREDDED
    assert list(inbox.iterdir()) == []
    place.deliver(first)
    assert place.receive()[0].accepted


def test_a_replay_that_was_stopped_halfway_goes_on(
    place: SealedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = (place.seal(1), place.seal(2))[1]
    place.deliver(second)
    place.receive()
    (item,) = quarantined(place.zones)
    start, step, finished = place.home, 0, False
    real = os.replace
    while not finished:
        step += 1
        home = place.home.parent / f"copy{step}"
        shutil.copytree(start, home)
        calls = [0]

        def stop(*arguments: object, calls: list[int] = calls, step: int = step) -> None:
            calls[0] += 1
            if calls[0] >= step:
                raise KeyboardInterrupt
            real(*arguments)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", stop)
            try:
                replay(Zones(home), item.quarantine_id)
                finished = True
            except KeyboardInterrupt:
                pass
        if not finished:
            replay(Zones(home), item.quarantine_id)
        inbox = {path.name: path.read_bytes() for path in (home / "inbox" / "WT0321").iterdir()}
        assert inbox == {
            "week2.csv.age": second.envelope.read_bytes(),
            "week2.csv.age.manifest.json": second.manifest_path.read_bytes(),
        }
        assert quarantined(Zones(home)) == []
    assert step > 3


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("wijkteam.WT0321.GM0321.2026-W09.0009", Reason.DELIVERY_UNKNOWN),
        ("../keys", Reason.DELIVERY_UNKNOWN),
        ("Q-WT0321-0123456789", Reason.DELIVERY_UNKNOWN),
        ("Q-../../keys", Reason.DELIVERY_UNKNOWN),
        ("wijkteam.WT0321.GM0321.2026-W04.0001", Reason.NOT_SEALED),
    ],
)
def test_only_what_is_there_and_sealed_can_be_shredded(tmp_path: Path, name: str, reason: Reason) -> None:
    supplier = add_supplier(tmp_path)
    put(tmp_path, supplier)
    receive_inbox(Zones(tmp_path), ledger(tmp_path), settings(tmp_path))
    with pytest.raises(UsageError) as caught:
        shred_delivery(Zones(tmp_path), ledger(tmp_path), NOW, name)
    assert caught.value.reason == reason


def test_the_command_asks_a_case_number_and_writes_it_down_first(place: SealedPlace) -> None:
    delivery = accepted(place)
    (place.home / "integration.toml").write_text(f'fixed_clock = "{NOW.isoformat()}"\nsynthetic = true\n')
    command = [
        sys.executable,
        "-m",
        "integration.cli",
        "--home",
        str(place.home),
        "delivery",
        "shred",
        str(delivery),
    ]
    environment = {**os.environ, "INTEGRATION_PASSPHRASE": PASSPHRASE.decode()}

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *more], capture_output=True, text=True, env=environment, check=False)

    assert run("--case", "because").stderr.startswith("INPUT_INVALID")
    assert header_path(place.zones, str(delivery)).exists()
    assert (run("--case", "AVG-2026-17").stdout, run("--case", "AVG-2026-17").stdout) == (
        "Sleutel vernietigd\n",
        "De sleutel was al vernietigd\n",
    )
    (log,) = (place.zones.audit / "access").glob("*.jsonl")
    told = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert [(line["action"], line["object"], line["case"], line["outcome"]) for line in told] == [
        ("delivery.shred", f"delivery:{delivery}", "AVG-2026-17", "changed")
    ] * 2
