"""Planted persons go in, in good and bad deliveries; then everything written is searched for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.deliveries import NOW, add_supplier, full_row, ledger, put, settings
from helpers.encoding import encode_now, make_keys
from integration.attacks.search import hits
from integration.deliveries.quarantine import quarantined
from integration.deliveries.receive import receive_inbox
from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import Zones

PLANTED = {
    "kind_bsn": "999911120", "kind_voornaam": "Wobbeltje", "kind_tussenvoegsel": "uijt den",
    "kind_achternaam": "Zwammerdamshoek",
    "kind_geboortedatum": "09-11-2013", "postcode": "3995ZQ", "huisnummer": "48213", "huisnummer_toevoeging": "xqrst",
    "ouder1_bsn": "999922231", "ouder1_voornaam": "Quirijntje", "ouder1_achternaam": "Ypeburgstein",
    "ouder1_geboortedatum": "13-07-1979", "ouder2_bsn": "123456789", "ouder2_achternaam": "Onmogelijkheid",
    "casus_ref": "ZAAK-ZWAMMERDAM", "gezin_ref": "GEZIN-ZWAMMERDAM", "record_id": "REC-ZWAMMERDAM",
}  # fmt: skip
FORMS = {*PLANTED.values(), "2013-11-09", "20131109", "1979-07-13", "zwammerdamshoek", "Zwammerdam"}
LEFT_OUT = ("raw", "quarantine", "inbox", "keys", "suppliers")
"""Where deliveries lie as they came (quarantine is looked at apart), and what never holds data."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_keys(tmp_path)
    return tmp_path


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "iso-8859-1"])
def test_no_byte_and_no_decoded_table_holds_a_planted_person(
    home: Path, encoding: str, capfd: pytest.CaptureFixture[str]
) -> None:
    supplier = add_supplier(home, dialect={"encoding": encoding})
    contract = supplier.contract
    wrong_places = {
        "voorwaarden_versie": PLANTED["kind_bsn"],
        "herstel_doel": "Zwammerdamshoek",
        "aanmelder": "Quirijntje",
    }
    rows = [
        full_row(contract, 1, **PLANTED),
        full_row(contract, 2, **(PLANTED | wrong_places | {"record_id": "R2"})),
    ]
    rows += [
        full_row(
            contract, 3, **(PLANTED | {"record_id": "R3", "kind_achternaam": "??", "mdo_datum": "Wobbeltje"})
        )
    ]
    put(home, supplier, rows)
    bad = [
        full_row(contract, 1, **PLANTED),
        full_row(contract, 2, **(PLANTED | {"gemeente_code": "Zwammerdamshoek"})),
    ]
    put(home, supplier, bad, name="bad.csv", sequence=2, period="2026-W05")
    put(
        home,
        supplier,
        b"Zwammerdamshoek;999911120\r\n" * 3,
        name="headless.csv",
        sequence=3,
        period="2026-W05",
    )

    zones = Zones(home)
    receipts = receive_inbox(zones, ledger(home), settings(home))
    assert [receipt.accepted for receipt in receipts] == [True, False, False]
    (entry,) = ledger(home).entries()
    result = encode_now(settings(home), entry.delivery)
    ledger(home).append(entry.delivery, "encoded", at=NOW, facts=result)
    assert (result["rows_in"], result["rows_refused"]) == (3, 2)

    told = capfd.readouterr()
    assert not [form for form in FORMS if form in told.out + told.err + repr(receipts) + json.dumps(result)]
    assert hits(home, FORMS, leave_out=LEFT_OUT) == {}
    for item in quarantined(zones):
        reason = (zones.quarantine / item.quarantine_id / "reason.json").read_text()
        assert not [form for form in FORMS if form in reason]
    found = {form for forms in hits(home, FORMS).values() for form in forms}
    assert {"999911120", "Zwammerdamshoek", "Quirijntje"} <= found, (
        "the search itself must find what lies in raw"
    )


def test_a_process_that_fails_tells_no_planted_person(home: Path) -> None:
    supplier = add_supplier(home)
    put(home, supplier, [full_row(supplier.contract, 1, **PLANTED)])
    receive_inbox(Zones(home), ledger(home), settings(home))
    (entry,) = ledger(home).entries()
    payload = Zones(home).raw_dir(entry.delivery) / "payload.csv"
    payload.write_bytes(payload.read_bytes().replace(b"Quirijntje", b"Quirijntja"))
    with pytest.raises(IntegrationError) as caught:
        encode_now(settings(home), entry.delivery)
    assert caught.value.reason == Reason.HASH_MISMATCH
    assert not [form for form in FORMS if form in str(caught.value)]
    assert hits(home, FORMS, leave_out=LEFT_OUT) == {}
