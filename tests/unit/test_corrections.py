"""Known bad data: read to the letter, left out of the shares while it counts, and failing once it is repaired."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from typer.testing import CliRunner

from helpers.deliveries import NOW, add_supplier, full_row, ledger, put, settings
from helpers.encoding import make_keys
from helpers.quality import rows, write_delivery
from integration import encode_stage
from integration.cli import register
from integration.cli.app import app
from integration.contracts import load_contract
from integration.deliveries.receive import receive_inbox
from integration.errors import DeclarationError
from integration.names import DeliveryId
from integration.pseudonyms.fields import FIELD_NULLED, KEPT, ROW_REFUSED
from integration.pseudonyms.keyring import open_keyring
from integration.quality import check_deliveries
from integration.quality.frame import Facts
from integration.quality.known import without_known
from integration.reasons import Reason
from integration.settings import AMSTERDAM
from integration.stewardship.corrections import all_corrections, codes, known, load_corrections
from integration.stewardship.repaired import standings
from integration.storage import Zones, read_json, write_json

D = date
ENTRY: dict[str, Any] = {
    "supplier": "WT0321",
    "field": "aanmelder",
    "reason": "CODE_UNKNOWN",
    "explanation": "Nieuwe pakketversie geeft een code die niet is afgesproken",
    "steward": "anna",
    "since": D(2026, 2, 1),
    "until": D(2026, 3, 31),
}
WRONG_CODE = {"reason": "CODE_CORRECTED", "codes": {"GEMEENTE": "ZELF"}}
NOTE = {"reason": "geweigerd_10", "field": "aandeel_geweigerd"}


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    add_supplier(tmp_path)
    add_supplier(tmp_path, "ON0321", source="onderwijs")
    return Zones(tmp_path)


def write(zones: Zones, *entries: dict[str, Any], source: str = "wijkteam") -> None:
    folder = zones.home / "corrections"
    folder.mkdir(exist_ok=True)
    (folder / f"{source}.yml").write_text(
        yaml.safe_dump({"corrections": [ENTRY | entry for entry in entries]})
    )


def no(name: str) -> dict[str, Any]:
    return {key: value for key, value in ENTRY.items() if key != name}


def delivery(period: str = "2026-W04", sequence: int = 1) -> DeliveryId:
    return DeliveryId.parse(f"wijkteam.WT0321.GM0321.{period}.{sequence:04d}")


# -- reading -----------------------------------------------------------------------------------------------------------


def test_no_file_is_nothing_known(zones: Zones) -> None:
    assert load_corrections(zones, "wijkteam") == ()
    assert all_corrections(zones) == {}


def test_three_kinds_of_entries(zones: Zones) -> None:
    write(zones, {}, WRONG_CODE, NOTE)
    reason, code, note = load_corrections(zones, "wijkteam")
    assert [entry.is_check for entry in (reason, code, note)] == [False, False, True]
    assert code.codes == {"GEMEENTE": "ZELF"}


MISTAKES = [
    # entry                                                           what is told
    ({"colour": "blue"}, "corrections.0.colour"),
    ({"supplier": "WT9999"}, "corrections.0: supplier: SUPPLIER_UNKNOWN"),
    ({"supplier": "ON0321"}, "supplier: of another source"),
    ({"municipality": "GM0228"}, "municipality: not one"),
    ({"field": "inkomen"}, "field: not a column of the contract"),
    ({"reason": "NO_SUCH"}, "reason: no reason code of a row and no check"),
    ({"reason": "TRUNCATED"}, "reason: not the reason code of a row"),
    ({"reason": "geweigerd_10"}, "field: not a column of the check"),
    ({"explanation": "stuk"}, "corrections.0.explanation"),
    ({"explanation": "Gaat over kind 999900006 van het wijkteam"}, "explanation: a number of eight digits"),
    ({"steward": "an na"}, "corrections.0.steward"),
    ({"until": D(2026, 1, 1)}, "until lies before since"),
    ({"codes": {"GEMEENTE": "ZELF"}}, "codes go with the reason CODE_CORRECTED"),
    ({"reason": "CODE_CORRECTED"}, "codes go with the reason CODE_CORRECTED"),
    (WRONG_CODE | {"codes": {"GEMEENTE": "BUURMAN"}}, "codes: one that the contract lacks"),
    (WRONG_CODE | {"field": "peildatum"}, "codes: not for a column with a code list"),
]


@pytest.mark.parametrize(("entry", "told"), MISTAKES)
def test_an_entry_that_cannot_be_used(zones: Zones, entry: dict[str, Any], told: str) -> None:
    write(zones, entry)
    with pytest.raises(DeclarationError, match="CORRECTION_INVALID") as caught:
        load_corrections(zones, "wijkteam")
    assert told in str(caught.value)
    assert "corrections/wijkteam.yml" in str(caught.value)


@pytest.mark.parametrize("name", ["supplier", "field", "reason", "explanation", "steward", "since", "until"])
def test_an_entry_is_whole(zones: Zones, name: str) -> None:
    (zones.home / "corrections").mkdir()
    (zones.home / "corrections" / "wijkteam.yml").write_text(yaml.safe_dump({"corrections": [no(name)]}))
    with pytest.raises(DeclarationError, match=rf"corrections\.0\.{name}"):
        load_corrections(zones, "wijkteam")


def test_the_same_is_not_said_twice(zones: Zones) -> None:
    write(zones, {}, {"municipality": "GM0321", "since": D(2026, 3, 31), "until": D(2026, 4, 1)})
    with pytest.raises(DeclarationError, match="another entry"):
        load_corrections(zones, "wijkteam")
    write(zones, {}, {"since": D(2026, 4, 1), "until": D(2026, 4, 2)})
    assert len(load_corrections(zones, "wijkteam")) == 2


def test_a_steward_is_one_of_people_yml(zones: Zones) -> None:
    person = {"user": "anna", "email": "anna@ede.example", "since": D(2026, 1, 1)}
    write(zones, {})
    for grant, fits in (
        ({"role": "steward"}, True),
        ({"role": "deputy-steward", "sources": ["wijkteam"]}, True),
        ({"role": "steward", "sources": ["onderwijs"]}, False),
        ({"role": "manager"}, False),
    ):
        (zones.home / "people.yml").write_text(yaml.safe_dump({"people": [person | {"roles": [grant]}]}))
        if fits:
            assert load_corrections(zones, "wijkteam")
        else:
            with pytest.raises(DeclarationError, match="steward: not a steward of this source"):
                load_corrections(zones, "wijkteam")


def test_a_file_of_no_source_is_refused(zones: Zones) -> None:
    write(zones, {}, source="wijkteams")
    with pytest.raises(DeclarationError, match="no such source"):
        all_corrections(zones)


# -- what counts -------------------------------------------------------------------------------------------------------

ARRIVED = [
    # arrived                       known
    ("2026-01-31T23:59:00+01:00", False),
    ("2026-02-01T00:00:00+01:00", True),
    ("2026-03-31T23:59:00+02:00", True),
    ("2026-04-01T00:00:00+02:00", False),
]


@pytest.mark.parametrize(("arrived", "counts"), ARRIVED)
def test_an_entry_counts_for_what_arrives_in_its_days(zones: Zones, arrived: str, counts: bool) -> None:
    write(zones, {}, WRONG_CODE, NOTE)
    own = {("aanmelder", "CODE_UNKNOWN"), ("aanmelder", "CODE_CORRECTED")}
    assert known(zones, {delivery(): arrived}) == {str(delivery()): frozenset(own if counts else ())}
    assert codes(zones, delivery(), arrived) == ({"aanmelder": {"GEMEENTE": "ZELF"}} if counts else {})
    assert codes(zones, delivery(), None) == {}


def found(staging: Path, *findings: tuple[int, str, str, str]) -> None:
    names = ("row_number", "field", "reason", "effect")
    columns = zip(*findings, strict=True) if findings else ([], [], [], [])
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), staging / "findings.parquet")


A, B = ("aanmelder", "CODE_UNKNOWN"), ("wonen", "CODE_UNKNOWN")
FINDINGS = [
    # findings, rows refused that still count (of 3), fields emptied that do (of 2)
    ([], 3, 2),
    ([(1, *A, ROW_REFUSED)], 2, 2),
    ([(1, *A, ROW_REFUSED), (1, *B, ROW_REFUSED)], 3, 2),
    ([(1, *A, ROW_REFUSED), (2, *A, ROW_REFUSED), (3, *B, ROW_REFUSED)], 1, 2),
    ([(1, *A, FIELD_NULLED), (2, *B, FIELD_NULLED)], 3, 1),
    ([(1, *A, KEPT)], 3, 2),
]


@pytest.mark.parametrize(("findings", "rows_refused", "nulled"), FINDINGS)
def test_what_is_known_does_not_count(
    tmp_path: Path, findings: list[tuple[int, str, str, str]], rows_refused: int, nulled: int
) -> None:
    found(tmp_path, *findings)
    facts = Facts(10, 7, 3, 2, False, D(2026, 1, 25), 4)
    less = without_known(facts, tmp_path, frozenset({A}))
    assert (less.rows_refused, less.fields_nulled, less.rows_in) == (rows_refused, nulled, 10)
    assert (less.known_rows, less.known_fields) == (3 - rows_refused, 2 - nulled)
    assert without_known(facts, tmp_path / "absent", frozenset()) is facts


def test_a_delivery_is_stopped_for_what_is_not_known_only(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    staging = write_delivery(zones, str(delivery()), rows("wijkteam", 30), refused=20)
    found(staging, *[(row, *A, ROW_REFUSED) for row in range(31, 51)])
    assert check_deliveries(zones, [delivery()])[0].reason is Reason.CHECK_CRITICAL
    assert check_deliveries(zones, [delivery()], known={str(delivery()): frozenset({B})})[0].reason
    (result,) = check_deliveries(zones, [delivery()], known={str(delivery()): frozenset({A})})
    assert result.outcome == "passed"
    assert read_json(staging / "check.json")["known"] == {"rows": 20, "fields": 0}


# -- a code known to be wrong ------------------------------------------------------------------------------------------


def test_a_code_known_to_be_wrong_is_replaced_and_told(tmp_path: Path) -> None:
    """Row 1 has the wrong code in a column and in a list, row 2 another wrong one, row 3 is right."""
    make_keys(tmp_path)
    supplier = add_supplier(tmp_path)
    entries = (
        WRONG_CODE,
        {"reason": "CODE_CORRECTED", "field": "leefgebieden", "codes": {"GELD": "FINANCIEN"}},
    )
    write(Zones(tmp_path), *entries)
    changes = (
        {"aanmelder": "GEMEENTE", "leefgebieden": "WERK, GELD"},
        {"aanmelder": "BUURMAN"},
        {"aanmelder": "VT"},
    )
    put(tmp_path, supplier, [full_row(supplier.contract, n, **change) for n, change in enumerate(changes, 1)])
    chosen = settings(tmp_path)
    (receipt,) = receive_inbox(Zones(tmp_path), ledger(tmp_path), chosen)
    assert receipt.delivery_id
    keys = open_keyring(chosen.zones.keys / "keyring.json", chosen.passphrase_bytes())
    told = encode_stage.encode(chosen, receipt.delivery_id, keys, NOW.isoformat())
    staging = chosen.zones.staging_dir(receipt.delivery_id)
    records = pq.read_table(staging / "records.parquet", columns=["aanmelder", "leefgebieden"]).to_pylist()
    assert [record["aanmelder"] for record in records] == ["ZELF", "VT"]
    assert records[0]["leefgebieden"] == ["WERK", "FINANCIEN"]
    findings = [tuple(row.values()) for row in pq.read_table(staging / "findings.parquet").to_pylist()]
    assert sorted(findings) == [
        (1, "aanmelder", "CODE_CORRECTED", "kept"),
        (1, "leefgebieden", "CODE_CORRECTED", "kept"),
        (2, "aanmelder", "CODE_UNKNOWN", "row_refused"),
    ]
    assert (told["rows_ok"], told["rows_refused"], told["fields_nulled"]) == (2, 1, 0)


# -- repaired, expired -------------------------------------------------------------------------------------------------


def came(
    zones: Zones, sequence: int, arrived: str, *findings: tuple[int, str, str, str], check: str = ""
) -> None:
    """A delivery that arrived on a day, with these findings, and a result of the check geweigerd_10."""
    name = delivery("2026-W04", sequence)
    at = datetime.fromisoformat(f"{arrived}T03:00:00").replace(tzinfo=AMSTERDAM)
    assert ledger(zones.home).register(name, sha256="a" * 64, rows=3, arrived_at=at, at=at)
    staging = write_delivery(zones, str(name), rows("wijkteam", 3))
    found(staging, *findings)
    if check:
        write_json(staging / "check.json", {"checks": [{"id": "geweigerd_10", "result": check}]})


BAD, FIXED = (1, *A, ROW_REFUSED), (1, "aanmelder", "CODE_CORRECTED", KEPT)
PAST, LONG_PAST = {"until": D(2026, 2, 15)}, {"until": D(2026, 2, 5)}
STANDINGS = [
    # entry, deliveries (arrived, findings), state, rows found
    ({}, [], "counts", 0),
    ({}, [("2026-02-10", [BAD])], "counts", 1),
    ({}, [("2026-02-10", [])], "CORRECTION_OBSOLETE", 0),
    ({}, [("2026-01-20", [])], "counts", 0),
    ({}, [("2026-02-10", []), ("2026-02-11", [BAD])], "counts", 1),
    ({}, [("2026-02-10", [BAD]), ("2026-02-11", [(1, *B, ROW_REFUSED)])], "CORRECTION_OBSOLETE", 0),
    ({"since": D(2026, 2, 17)}, [], "ahead", 0),
    (PAST, [], "ended", 0),
    (PAST, [("2026-02-10", [BAD])], "CORRECTION_EXPIRED", 1),
    (PAST, [("2026-02-16", [BAD])], "CORRECTION_EXPIRED", 1),
    (PAST, [("2026-02-16", [])], "CORRECTION_OBSOLETE", 0),
    (WRONG_CODE, [("2026-02-10", [FIXED])], "counts", 1),
    (WRONG_CODE, [("2026-02-10", [])], "CORRECTION_OBSOLETE", 0),
    (WRONG_CODE | LONG_PAST, [("2026-02-03", [FIXED]), ("2026-02-10", [])], "CORRECTION_EXPIRED", 1),
]


@pytest.mark.parametrize(("entry", "deliveries", "state", "number"), STANDINGS)
def test_how_an_entry_stands(
    zones: Zones, entry: dict[str, Any], deliveries: list[Any], state: str, number: int
) -> None:
    write(zones, entry)
    for sequence, (arrived, findings) in enumerate(deliveries, 1):
        came(zones, sequence, arrived, *findings)
    (standing,) = standings(settings(zones.home))
    assert (standing.state, standing.found) == (state, number)
    assert standing.failed is state.startswith("CORRECTION_")
    assert standing.as_dict()["until"]


@pytest.mark.parametrize(
    ("result", "state"), [("failed", "counts"), ("success", "CORRECTION_OBSOLETE"), ("error", "counts")]
)
def test_how_a_note_on_a_check_stands(zones: Zones, result: str, state: str) -> None:
    write(zones, NOTE)
    came(zones, 1, "2026-02-10", check=result)
    (standing,) = standings(settings(zones.home))
    assert standing.state == state


@pytest.mark.parametrize(("findings", "code"), [([BAD], 0), ([], 1)])
def test_the_command_fails_when_somebody_must_act(
    home: Path, monkeypatch: pytest.MonkeyPatch, findings: list[Any], code: int
) -> None:
    monkeypatch.setenv("INTEGRATION_FIXED_CLOCK", NOW.isoformat())
    add_supplier(home)
    write(Zones(home), {})
    came(Zones(home), 1, "2026-02-10", *findings)
    register()
    done = CliRunner().invoke(app, ["quality", "corrections", "--json"])
    assert done.exit_code == code
    (told,) = json.loads(done.stdout)
    assert (told["field"], told["found"], told["steward"]) == ("aanmelder", len(findings), "anna")
    shown = CliRunner().invoke(app, ["quality", "corrections"])
    assert ("hersteld" in shown.stdout) is (code == 1)


def test_the_contract_has_the_fields_of_these_tests() -> None:
    contract = load_contract("wijkteam")
    assert contract.field("aanmelder").required
    assert contract.field("leefgebieden").type == "codes"
