"""A source without a valid entry in the register of processing is refused, and no row of it is read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import (
    NOW,
    PASSPHRASE,
    add_register,
    add_supplier,
    csv_bytes,
    full_row,
    ledger,
    put,
    settings,
)
from integration import pipeline
from integration.contracts import contract_ids, load_contract
from integration.contracts.register import FILE_NAME, PACKAGED, read_register
from integration.deliveries import receive
from integration.deliveries.receive import receive_inbox
from integration.errors import DeliveryRefused
from integration.pseudonyms.keyring import init_keyring
from integration.reasons import Reason
from integration.settings import forget_settings
from integration.storage import Zones

SOURCES = contract_ids()
CLOSED = {"huisarts", "politie"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of deliveries whose payload was opened."""
    opened: list[str] = []
    before = receive.open_payload

    def watched(claim: Any, manifest: Any, *rest: Any) -> Any:
        opened.append(manifest.source)
        return before(claim, manifest, *rest)

    monkeypatch.setattr(receive, "open_payload", watched)
    return opened


def taken_in(home: Path, *sources: str, **options: Any) -> dict[str, Reason | None]:
    """Deliver one row of each source; what each was refused for."""
    codes = {}
    for number, source in enumerate(sources, 1):
        calendar = {
            "frequency": load_contract(source).schedule.frequency, "due_days": 10, "since": date(2026, 1, 12),
        }  # fmt: skip
        supplier = add_supplier(home, f"S{number}", source, calendar=calendar)
        period = "2026-W04" if calendar["frequency"] == "weekly" else "2026-01"
        row = full_row(supplier.contract, 1, bron_org_code=supplier.code)
        put(home, supplier, csv_bytes([row], supplier), period=period)
        codes[supplier.code] = source
    options = {"require_sealed": False} | options
    receipts = receive_inbox(Zones(home), ledger(home), settings(home, **options))
    return {codes[receipt.supplier]: receipt.reason for receipt in receipts}


def expected(source: str, synthetic: bool, registered: bool) -> Reason | None:
    if source in CLOSED and not synthetic:
        return Reason.SOURCE_CLOSED
    return None if synthetic or registered else Reason.REGISTER_MISSING


@pytest.mark.parametrize("registered", [True, False], ids=["own register", "no register"])
@pytest.mark.parametrize("synthetic", [True, False], ids=["synthetic", "real"])
def test_who_is_let_in_where(tmp_path: Path, read: list[str], synthetic: bool, registered: bool) -> None:
    if registered:
        add_register(tmp_path, *SOURCES, synthetic=synthetic)
    found = taken_in(tmp_path, *SOURCES, synthetic=synthetic)
    assert found == {source: expected(source, synthetic, registered) for source in SOURCES}
    assert sorted(read) == sorted(source for source, reason in found.items() if reason is None)


@pytest.mark.parametrize("missing", SOURCES)
def test_an_entry_that_is_taken_out_refuses_that_source_only(
    tmp_path: Path, read: list[str], missing: str
) -> None:
    other = next(source for source in SOURCES if source != missing)
    add_register(tmp_path, *(source for source in SOURCES if source != missing), synthetic=True)
    assert taken_in(tmp_path, missing, other) == {missing: Reason.REGISTER_MISSING, other: None}
    assert read == [other]


BAD_ENTRIES: dict[str, tuple[dict[str, Any], Reason, str]] = {
    "no purpose": ({"purposes": []}, Reason.REGISTER_INCOMPLETE, "register.purposes"),
    "purposes absent": ({"purposes": None}, Reason.REGISTER_INCOMPLETE, "register.purposes"),
    "a purpose of nobody": ({"purposes": ["curiosity"]}, Reason.REGISTER_INCOMPLETE, "register.purposes"),
    "no legal basis": ({"legal_basis": None}, Reason.REGISTER_INCOMPLETE, "register.legal_basis"),
    "an empty legal basis": ({"legal_basis": " "}, Reason.REGISTER_INCOMPLETE, "register.legal_basis"),
    "no exception": ({"exception": None}, Reason.REGISTER_INCOMPLETE, "register.exception"),
    "no decision": ({"decision": None}, Reason.REGISTER_INCOMPLETE, "register.decision"),
    "no DPIA": ({"dpia": None}, Reason.REGISTER_INCOMPLETE, "register.dpia"),
    "no retention": ({"retention": None}, Reason.REGISTER_INCOMPLETE, "register.retention"),
    "another retention": ({"retention": "forever"}, Reason.REGISTER_INCOMPLETE, "register.retention"),
    "no last day": ({"valid_until": None}, Reason.REGISTER_INCOMPLETE, "register.valid_until"),
    "no day at all": ({"valid_until": "later"}, Reason.REGISTER_INCOMPLETE, "register.valid_until"),
    "another contract": ({"contracts": ["9.0.0"]}, Reason.REGISTER_INCOMPLETE, "register.contracts"),
    "an unknown key": ({"Zjoske": "Kanariewal"}, Reason.REGISTER_INCOMPLETE, "register"),
    "expired": ({"valid_until": date(2026, 2, 15)}, Reason.REGISTER_EXPIRED, "register.valid_until"),
    "not begun": ({"valid_from": date(2026, 2, 17)}, Reason.REGISTER_EXPIRED, "register.valid_until"),
}


@pytest.mark.parametrize("name", BAD_ENTRIES)
def test_an_entry_that_does_not_hold_is_refused(tmp_path: Path, read: list[str], name: str) -> None:
    changes, reason, where = BAD_ENTRIES[name]
    add_register(tmp_path, "wijkteam", **changes)
    assert taken_in(tmp_path, "wijkteam", synthetic=False) == {"wijkteam": reason}
    (event,) = ledger(tmp_path).quarantined()
    assert event["field"] == where
    assert read == []


def test_the_last_day_counts_and_the_next_does_not(tmp_path: Path) -> None:
    today = NOW.date()
    add_register(tmp_path, "wijkteam", valid_from=today, valid_until=today)
    assert taken_in(tmp_path, "wijkteam", synthetic=False) == {"wijkteam": None}


@pytest.mark.parametrize("text", ["", "no: register", "[1, 2]", "sources: {", "format: x\n" * 2])
def test_a_register_that_cannot_be_read_opens_nothing(tmp_path: Path, read: list[str], text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert taken_in(tmp_path, "wijkteam") == {"wijkteam": Reason.REGISTER_INCOMPLETE}
    assert read == []


def test_the_samples_register_opens_nothing_in_a_real_installation(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(PACKAGED.read_bytes())
    assert taken_in(tmp_path, "wijkteam", synthetic=False) == {"wijkteam": Reason.REGISTER_MISSING}


def test_what_was_received_is_not_encoded_once_the_entry_is_gone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"FIXED_CLOCK": NOW.isoformat(), "REQUIRE_SEALED": "false", "PASSPHRASE": PASSPHRASE.decode()}
    for name, value in options.items():
        monkeypatch.setenv(f"INTEGRATION_{name}", value)
    forget_settings()
    init_keyring(home / "keys" / "keyring.json", PASSPHRASE, NOW)
    path = add_register(home, "wijkteam")
    put(home, add_supplier(home))
    (received,) = pipeline.receive()
    assert received.state == "received"
    path.unlink()
    with pytest.raises(DeliveryRefused) as caught:
        pipeline.encode(received.delivery_id)
    assert caught.value.reason is Reason.REGISTER_MISSING
    assert not Zones(home).staging.exists()
    assert pipeline.pending() == [received.delivery_id], "it waits for an entry"


def test_the_samples_register_has_a_complete_entry_for_every_source() -> None:
    register = read_register()
    assert sorted(register.sources) == SOURCES
    for source in SOURCES:
        entry, contract = register.entry(source), load_contract(source)
        assert contract.version in entry.contracts
        assert {name for names in entry.special.values() for name in names} <= set(contract.names)
