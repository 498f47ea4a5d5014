"""What a sealed delivery holds never lies on disk: not after receipt, and not after a kill at any point."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import CHILD, NOW, ledger, put, settings
from helpers.encoding import encode_now, make_keys
from helpers.sealing import SealedPlace
from integration import encode_process, storage
from integration.attacks.search import hits
from integration.deliveries import envelope, quarantine, receive
from integration.deliveries.receive import receive_inbox
from integration.encode_job import make_job
from integration.ledger import Ledger
from integration.pseudonyms import encode as encoding
from integration.reasons import Reason
from integration.storage import Zones

CANARIES = {CHILD[name] for name in ("bsn", "voornaam", "achternaam")} | {"3991 XZ"}
STEPS = (
    (os, "replace"),
    (os, "fsync"),
    (shutil, "rmtree"),
    (Path, "mkdir"),
    (Path, "rmdir"),
    (Path, "unlink"),
)
LEDGER_STEPS = ((Ledger, "register"), (Ledger, "append"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SealedPlace:
    """A good sealed delivery that replaces one that failed its check, a new one, and one of another municipality."""
    place = SealedPlace(tmp_path)
    make_keys(place.home)
    place.send(1)
    (receipt,) = place.receive()
    assert receipt.delivery_id
    ledger(place.home).append(receipt.delivery_id, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    place.send(1, place.right(3))
    place.send(2)
    place.send(3, place.right().replace(b"GM0321", b"GM0228", 1))
    return place


def killed(work: Callable[[], object], patch: Callable[[pytest.MonkeyPatch], None]) -> bool:
    """Do some work in a forked process in which something kills it; whether it was killed."""
    child = os.fork()
    if not child:
        try:
            patch(pytest.MonkeyPatch())
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kill(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_at(step: int) -> Callable[[pytest.MonkeyPatch], None]:
    """Kill before the change number ``step`` to the disk or the ledger."""
    seen = [0]

    def wrap(real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            seen[0] += 1
            if seen[0] >= step:
                kill()
            return real(*arguments, **options)

        return run

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for holder, name in (*STEPS, *LEDGER_STEPS):
            monkeypatch.setattr(holder, name, wrap(getattr(holder, name)))

    return patch


def take_in(home: Path) -> None:
    receive_inbox(Zones(home), ledger(home), settings(home))


def test_the_search_finds_a_plain_delivery(place: SealedPlace, tmp_path: Path) -> None:
    """A search that finds nothing proves nothing."""
    place.trust()
    put(place.home, place.supplier, place.right(), name="plain.csv", sequence=9, period="2026-W06")
    take_in(place.home)
    (raw,) = (name for name in hits(place.home, CANARIES) if name.endswith("payload.csv"))
    assert hits(place.home, CANARIES)[raw] == CANARIES


def test_after_receipt_and_encoding_nothing_can_be_read(place: SealedPlace) -> None:
    take_in(place.home)
    entries = ledger(place.home).entries()
    assert [entry.state for entry in entries] == ["received", "received"]
    assert {item.reason for item in quarantine.quarantined(place.zones)} == {
        "CHECK_CRITICAL",
        "WRONG_MUNICIPALITY",
    }
    for entry in entries:
        assert encode_now(settings(place.home), entry.delivery)["rows_ok"] > 0
    assert hits(place.home, CANARIES) == {}


def test_a_kill_at_any_step_of_receipt_leaves_nothing_that_can_be_read(
    place: SealedPlace, tmp_path: Path
) -> None:
    step, was_killed = 0, True
    while was_killed:
        step += 3 if step < 12 else 7
        home = tmp_path / "copy"
        shutil.copytree(place.home, home)
        was_killed = killed(lambda home=home: take_in(home), kill_at(step))  # type: ignore[misc]
        assert hits(home, CANARIES) == {}, step
        take_in(home)
        assert [entry.state for entry in ledger(home).entries()] == ["received"] * 2
        assert hits(home, CANARIES) == {}
        shutil.rmtree(home)
    assert step > 60


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("seam", ["while opening", "once opened"])
def test_a_kill_while_a_delivery_is_open_leaves_nothing(
    place: SealedPlace, seam: str, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool
) -> None:
    """Also when what is opened is too large to lie in memory, so that it lies on the disk without a name."""
    if not in_memory:
        monkeypatch.setattr(storage, "MEMORY_BYTES", -1)
    real = envelope._Counted.write

    def write(self: Any, content: bytes) -> int:
        written = real(self, content)
        if self._stream is not None and content:
            self._stream.flush()
            os.fsync(self._stream.fileno()) if not in_memory else None
            kill()
        return written

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        if seam == "while opening":
            monkeypatch.setattr(envelope._Counted, "write", write)
        else:
            monkeypatch.setattr(receive, "examine_payload", kill)

    assert killed(lambda: take_in(place.home), patch)
    assert hits(place.home, CANARIES) == {}
    take_in(place.home)
    assert len(ledger(place.home).entries(state="received")) == 2


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_kill_while_a_delivery_is_encoded_leaves_nothing(
    place: SealedPlace, monkeypatch: pytest.MonkeyPatch, *, in_memory: bool
) -> None:
    if not in_memory:
        monkeypatch.setattr(storage, "MEMORY_BYTES", -1)
    take_in(place.home)
    job = make_job(settings(place.home), ledger(place.home).entries()[0].delivery)
    assert killed(
        lambda: encode_process.encode(job, kill), lambda m: m.setattr(encoding, "encode_delivery", kill)
    )
    assert hits(place.home, CANARIES) == {}
    delivery = job.manifest.delivery_id
    assert encode_now(settings(place.home), delivery)["rows_ok"] == 3
    assert hits(place.home, CANARIES) == {}


def test_an_opened_file_has_no_name_while_it_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (storage.MEMORY_BYTES, -1):
        monkeypatch.setattr(storage, "MEMORY_BYTES", most)
        with storage.unnamed(tmp_path, 5) as stream:
            stream.write(b"Zjoske")
            stream.flush()
            assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
            stream.seek(0)
            assert stream.read() == b"Zjoske"
