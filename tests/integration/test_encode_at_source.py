"""Encoded at the source: the same tables as raw, no identifier in what leaves, and nothing wrong is let in."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from helpers.deliveries import NOW, PASSPHRASE, add_supplier, full_row, ledger, put
from helpers.deliveries import settings as chosen
from helpers.encoding import encode_now, make_keys
from helpers.pre_encoded import (
    Batches,
    batches_of,
    changed,
    deliver,
    encode_rows,
    fit,
    handed_out,
    receive,
    rewrite,
)
from helpers.sealing import CHEAP, KEY, signer
from integration.contracts import Contract, Supplier, contract_ids, load_contract
from integration.deliveries.manifest import make_manifest, parse_manifest, read_manifest
from integration.deliveries.read import Limits
from integration.deliveries.seal import seal_payload
from integration.deliveries.seal_keys import make_receiver_key
from integration.encode_source import EncodedAtSource
from integration.encode_stage import examiner
from integration.encoded import NoHeader, parse_header
from integration.encoded_payload import read_payload
from integration.errors import DeliveryRefused, KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms import encode as encoding
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.pseudonyms.keeper import hand_out
from integration.pseudonyms.link_names import filters
from integration.reasons import Reason
from integration.storage import Zones


def rows_of(contract: Contract, **changes: str) -> list[dict[str, str]]:
    """Rows with something of everything: refused, emptied, secret, partial, twice."""
    code = {"bron_org_code": "WT0321"} | changes
    names = set(contract.names)
    odd: list[dict[str, str]] = [
        {},
        {"indicatie_geheim": "1"},
        {"kind_bsn": "123456789", "patient_bsn": "999999999"},
        {"kind_geboortedatum": "00-00-2015", "patient_geboortedatum": "00-03-2015"},
        {"peildatum": "gisteren"},
        {"record_id": "R1"},
        {"ouder1_postcode": "3991XZ", "ouder1_huisnummer": "12", "huisnummer": "87 bis"},
    ]
    return [
        full_row(contract, n, **code, **{k: v for k, v in change.items() if k in names})
        for n, change in enumerate(odd, 1)
    ]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_keys(tmp_path)
    return tmp_path


@pytest.fixture
def supplier(home: Path) -> Supplier:
    return add_supplier(home)


@pytest.fixture
def made(home: Path, supplier: Supplier, tmp_path: Path) -> EncodedAtSource:
    return encode_rows(home, supplier, rows_of(supplier.contract), folder=tmp_path / "source")


def staged(home: Path) -> dict[str, bytes]:
    """The final files of the one delivery, less what holds the keys' fingerprints of nothing else."""
    (entry,) = ledger(home).entries()
    encode_now(chosen(home), entry.delivery)
    return {p.name: p.read_bytes() for p in sorted(Zones(home).staging_dir(entry.delivery).iterdir())}


def copied_keys(home: Path, other: Path) -> None:
    import shutil

    shutil.copytree(Zones(home).keys, Zones(other).keys)


@pytest.mark.parametrize("source", contract_ids())
def test_raw_and_encoded_give_the_same_bytes(home: Path, tmp_path: Path, source: str) -> None:
    other = tmp_path / "other"
    copied_keys(home, other)
    supplier = add_supplier(home, source=source)
    add_supplier(other, source=source)
    rows = rows_of(supplier.contract)
    put(home, supplier, rows)
    made = encode_rows(home, supplier, rows, folder=tmp_path / "source")
    deliver(other, made.payload, made.manifest_path)
    assert [receipt.reason for receipt in receive(home)] == [None]
    assert [receipt.reason for receipt in receive(other)] == [None]
    Zones(other).first_pass_keys.joinpath("GM0321.json").unlink()  # the receiver needs none for this
    raw, encoded = staged(home), staged(other)
    assert raw == encoded
    assert pq.read_table(pa.BufferReader(raw["mentions.parquet"])).num_rows > 3
    assert json.loads(raw["encode.json"])["rows_refused"] == 2


def test_several_batches_are_as_right_as_one(
    home: Path, tmp_path: Path, supplier: Supplier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "BATCH_ROWS", 2)
    made = encode_rows(home, supplier, rows_of(supplier.contract), folder=tmp_path / "source")
    seen: list[str] = []
    read_payload(made.payload, made.manifest, supplier.contract, Limits(), lambda name, _: seen.append(name))
    assert seen.count("records") == 3  # of one pair both rows are refused


def test_sealed_it_gives_the_same_bytes(
    home: Path, tmp_path: Path, supplier: Supplier, made: EncodedAtSource
) -> None:
    put(home, supplier, rows_of(supplier.contract))
    receive(home)
    raw = staged(home)
    other = tmp_path / "other"
    copied_keys(home, other)
    audience = make_receiver_key(Zones(other).keys, PASSPHRASE, NOW, cost=CHEAP)
    add_supplier(other, signers=[])
    path = Zones(other).suppliers / "WT0321.yml"
    key = signer(KEY)
    content = json.loads(path.read_text().replace('"since": 2026-01-12', '"since": "2026-01-12"'))
    del content["signers"]
    path.write_text(
        json.dumps(content).replace('"since": "2026-01-12"', '"since": 2026-01-12')[:-1]
        + f', "signers": [{{"key": "{key["key"]}", "since": {key["since"]}, "until": {key["until"]}}}]}}'
    )
    manifest = make_manifest(
        made.payload,
        supplier,
        municipality="GM0321",
        period="2026-W04",
        sequence=1,
        created_at=made.manifest.created_at,
    )
    assert manifest == made.manifest
    sealed = seal_payload(made.payload, manifest, key=KEY, audience=audience, previous=None)
    deliver(other, sealed.envelope, sealed.manifest_path)
    assert [receipt.reason for receipt in receive(other, require_sealed=True)] == [None]
    assert staged(other) == raw


# -- at the source ---------------------------------------------------------------------------------------------


def test_the_manifest_says_what_it_was_made_with(home: Path, made: EncodedAtSource) -> None:
    told = read_manifest(made.manifest_path)
    assert told == made.manifest
    content = json.loads(made.manifest_path.read_text())["payload"]
    assert (content["form"], content["rows"]) == ("encoded", 7)
    assert "encoding" not in content
    assert "delimiter" not in content
    assert content["made_with"] == {
        "domain": "GM0321",
        "first_pass_version": 1,
        "first_pass_fingerprint": handed_out(home).known.fingerprint,
        "normalisation_version": 1,
        "link_version": 1,
        "link_fingerprint": handed_out(home).link_fingerprint(),
    }
    assert (made.payload.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"gemeente_code": "GM0228"}, Reason.WRONG_MUNICIPALITY),
        ({"bron_org_code": "XX0001"}, Reason.SUPPLIER_MISMATCH),
        ({"levering_id": "L2"}, Reason.LABEL_MISMATCH),
    ],
)
def test_what_the_receiver_would_refuse_is_refused_here(
    home: Path, tmp_path: Path, supplier: Supplier, change: dict[str, str], reason: Reason
) -> None:
    rows = [full_row(supplier.contract, 1), full_row(supplier.contract, 2, **change)]
    with pytest.raises(DeliveryRefused) as caught:
        encode_rows(home, supplier, rows, folder=tmp_path / "source")
    assert (caught.value.reason, caught.value.row) == (reason, 2)
    assert not (tmp_path / "source" / "out").exists()


def test_another_domains_key_and_an_existing_payload_are_refused(
    home: Path, tmp_path: Path, supplier: Supplier, made: EncodedAtSource
) -> None:
    rows = [full_row(supplier.contract, 1)]
    with pytest.raises(UsageError) as caught:
        encode_rows(home, supplier, rows, folder=tmp_path / "source")
    assert caught.value.reason == Reason.FOLDER_NOT_EMPTY
    key = FirstPass(Known(DomainCode("GM0228"), 1, "0" * 16), b"x" * 32)
    with pytest.raises(DeliveryRefused) as refused:
        encode_rows(home, supplier, rows, folder=tmp_path / "another", key=key)
    assert refused.value.reason == Reason.DOMAIN_MISMATCH


def test_a_nil_return_can_be_encoded(home: Path, tmp_path: Path, supplier: Supplier) -> None:
    made = encode_rows(home, supplier, [], folder=tmp_path / "source", nil_return=True)
    deliver(home, made.payload, made.manifest_path)
    assert [receipt.reason for receipt in receive(home)] == [None]
    result = json.loads(staged(home)["encode.json"])
    assert (result["rows_in"], result["nil_return"]) == (0, True)


# -- at the receiver: refused whole, no row taken in -----------------------------------------------------------


def reason_for(home: Path, made: EncodedAtSource) -> tuple[str, int | None, str | None]:
    deliver(home, made.payload, made.manifest_path)
    (receipt,) = receive(home)
    assert not receipt.accepted
    assert not list(Zones(home).raw.rglob("payload*"))
    assert len(list(Zones(home).quarantine.iterdir())) == 1
    return str(receipt.reason), receipt.row, receipt.field


def first(value: Any) -> Any:
    return lambda values: [value, *values[1:]]


WRONG: list[tuple[str, str, Any, tuple[str, int | None]]] = [
    ("records", "row_number", first(9), ("row_number", 9)),
    ("records", "row_number", first(0), ("row_number", 0)),
    ("records", "row_number", first(None), ("row_number", None)),
    ("records", "row_number", lambda values: [*values[:-1], 5], ("row_number", 5)),
    ("records", "record_key", lambda values: [values[1], *values[1:]], ("record_key", 2)),
    ("records", "record_key", first(None), ("record_key", 1)),
    ("records", "status_aanlevering", first("Z"), ("status_aanlevering", 1)),
    ("records", "peildatum", first(None), ("peildatum", 1)),
    ("records", "aanmelder", first("Zjoske"), ("aanmelder", 1)),
    ("records", "voorwaarden_versie", first("van den Berg"), ("voorwaarden_versie", 1)),
    ("records", "voorwaarden_versie", first("999900006"), ("voorwaarden_versie", 1)),
    ("records", "voorwaarden_versie", first("A" * 10_000), ("voorwaarden_versie", 1)),
    ("records", "aanmeld_datum", first(date(1900, 1, 1)), ("aanmeld_datum", 1)),
    ("records", "kind_bsn_status", first("fine"), ("kind_bsn_status", 1)),
    ("records", "kind_bsn_status", first(None), ("kind_bsn_status", 1)),
    ("mentions", "role", first("buurman"), ("role", 1)),
    ("mentions", "record_key", first(b"0" * 16), ("record_key", 1)),
    ("mentions", "sex", first("9"), ("sex", 1)),
    ("mentions", "birth_year", first(1899), ("birth_year", 1)),
    ("mentions", "birth_known", first("maybe"), ("birth_known", 1)),
    ("mentions", "pc4", first("3991XZ"), ("pc4", 1)),
    ("mentions", "bsn_token", first(None), ("bsn_token", 1)),
    ("mentions", "secret", first(True), ("address_token", 1)),
    ("mentions", "link_number", first(None), ("link_number", 1)),
    ("mentions", "link_number", lambda values: [values[0], values[1], 7, *values[3:]], ("link_number", 3)),
    ("mentions", filters()[0][1], first(None), (filters()[0][1], 1)),
    ("mentions", "link_postcode", lambda values: [values[0], 7, *values[2:]], ("link_postcode", 2)),
    ("mentions", "secret", first(None), ("secret", 1)),
    ("mentions", "row_number", lambda values: [values[1], values[0], *values[2:]], ("row_number", 1)),
    ("findings", "row_number", first(99), ("row_number", None)),
    ("findings", "field", first("Kanariewal"), ("field", 3)),
    ("findings", "reason", first("KEY_WRONG"), ("reason", 3)),
    ("findings", "effect", first("shrug"), ("effect", 3)),
]


@pytest.mark.parametrize(("table", "column", "change", "where"), WRONG)
def test_a_wrong_value_is_told_by_column_and_row(
    home: Path,
    supplier: Supplier,
    made: EncodedAtSource,
    table: str,
    column: str,
    change: Any,
    where: tuple[str, int | None],
) -> None:
    batches = batches_of(made.payload, supplier.contract)
    once = next(n for n, (name, _) in enumerate(batches) if name == table)
    wrong = changed(batches[once : once + 1], table, column, change)
    manifest = rewrite(made, supplier, [*batches[:once], *wrong, *batches[once + 1 :]])
    with pytest.raises(DeliveryRefused) as caught:
        read_payload(made.payload, manifest, supplier.contract, Limits(), lambda *_: None)
    assert (caught.value.reason, caught.value.field, caught.value.row) == (Reason.ENCODED_INVALID, *where)


def test_a_wrong_value_keeps_the_delivery_out(home: Path, supplier: Supplier, made: EncodedAtSource) -> None:
    batches = batches_of(made.payload, supplier.contract)
    rewrite(made, supplier, changed(batches, "records", "aanmelder", first("Zjoske")))
    assert reason_for(home, made) == ("ENCODED_INVALID", 1, "aanmelder")


def test_written_again_as_it_was_it_is_right(home: Path, supplier: Supplier, made: EncodedAtSource) -> None:
    """The positive control of all the above."""
    before = made.payload.read_bytes()
    rewrite(made, supplier, batches_of(made.payload, supplier.contract))
    assert made.payload.read_bytes() == before
    deliver(home, made.payload, made.manifest_path)
    assert [receipt.reason for receipt in receive(home)] == [None]


def without(batches: Batches, table: str) -> Batches:
    return [(name, batch) for name, batch in batches if name != table]


def test_counts_are_held_against_what_is_said(home: Path, supplier: Supplier, made: EncodedAtSource) -> None:
    batches = batches_of(made.payload, supplier.contract)
    for change in (
        lambda: rewrite(made, supplier, without(batches, "findings")),
        lambda: rewrite(made, supplier, batches, rows_ok=6, rows_refused=1),
        lambda: rewrite(made, supplier, batches, fields_nulled=0),
        lambda: rewrite(made, supplier, batches, rows_in=8, rows_ok=6),
        lambda: fit(made, rows=6),
    ):
        manifest = change()
        with pytest.raises(DeliveryRefused) as caught:
            read_payload(made.payload, manifest, supplier.contract, Limits(), lambda *_: None)
        assert caught.value.reason in (Reason.ROWS_MISMATCH, Reason.ENCODED_INVALID)
        rewrite(made, supplier, batches)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": "onderwijs"}, Reason.SOURCE_MISMATCH),
        ({"supplier": "XX0001"}, Reason.SUPPLIER_MISMATCH),
        ({"contract_version": "0.1.0"}, Reason.CONTRACT_MISMATCH),
        ({"delivery_label": "L2"}, Reason.LABEL_MISMATCH),
    ],
)
def test_the_file_says_the_same_as_its_manifest(
    home: Path, supplier: Supplier, made: EncodedAtSource, changes: dict[str, Any], reason: Reason
) -> None:
    manifest = rewrite(made, supplier, batches_of(made.payload, supplier.contract), **changes)
    with pytest.raises(DeliveryRefused) as caught:
        read_payload(made.payload, manifest, supplier.contract, Limits(), lambda *_: None)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"domain": "GM0228"}, Reason.DOMAIN_MISMATCH),
        ({"first_pass_version": 2}, Reason.FIRST_PASS_UNKNOWN),
        ({"first_pass_fingerprint": "0" * 16}, Reason.FIRST_PASS_UNKNOWN),
        ({"normalisation_version": 2}, Reason.NORMALISATION_MISMATCH),
        ({"link_version": 2}, Reason.LINK_ENCODING_MISMATCH),
        ({"link_fingerprint": "0" * 16}, Reason.LINK_KEY_UNKNOWN),
    ],
)
def test_another_key_or_domain_is_refused_by_name(
    home: Path, made: EncodedAtSource, change: dict[str, Any], reason: Reason
) -> None:
    content = json.loads(made.manifest_path.read_text())
    content["payload"]["made_with"] |= change
    made.manifest_path.write_text(json.dumps(content))
    assert reason_for(home, made)[0] == reason


def test_an_open_file_without_a_name_is_examined_as_well(
    home: Path, supplier: Supplier, made: EncodedAtSource, tmp_path: Path
) -> None:
    """What was taken out of an envelope need not lie anywhere."""
    contract = supplier.contract
    examine = examiner(chosen(home))
    gone = tmp_path / "gone.encoded.parquet"
    with tempfile.TemporaryFile() as stream:
        stream.write(made.payload.read_bytes())
        examine(gone, made.manifest, contract, supplier, stream)
        stream.seek(0)
        stream.truncate(200)
        with pytest.raises(DeliveryRefused) as caught:
            examine(gone, made.manifest, contract, supplier, stream)
    assert caught.value.reason == Reason.SIZE_MISMATCH


def test_a_next_version_of_the_key_is_the_one_that_counts(
    home: Path, supplier: Supplier, made: EncodedAtSource
) -> None:
    zones = Zones(home)
    folder = zones.first_pass_keys
    (folder / "GM0321.json").unlink()
    passphrase, own = ((place / "passphrase").read_bytes().strip() for place in (folder, zones.keeper))
    hand_out(zones.keeper, own, DomainCode("GM0321"), 2, folder / "GM0321.json", passphrase, NOW, cost=CHEAP)
    assert reason_for(home, made)[0] == Reason.FIRST_PASS_UNKNOWN


def test_a_key_of_which_no_link_encoding_is_told_is_handed_out_again(
    home: Path, made: EncodedAtSource
) -> None:
    path = Zones(home).first_pass_keys / "GM0321.public.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({name: told[name] for name in told if not name.startswith("link_")}))
    deliver(home, made.payload, made.manifest_path)
    with pytest.raises(KeyUnavailable):
        receive(home)
    assert not Zones(home).quarantine.exists()
    path.write_text(json.dumps(told))
    assert [receipt.reason for receipt in receive(home)] == [None]


def test_without_a_known_key_the_delivery_waits(home: Path, made: EncodedAtSource) -> None:
    (Zones(home).first_pass_keys / "GM0321.public.json").unlink()
    deliver(home, made.payload, made.manifest_path)
    with pytest.raises(KeyUnavailable):
        receive(home)
    assert not Zones(home).quarantine.exists()


def test_other_columns_types_and_forms_are_refused(
    home: Path, supplier: Supplier, made: EncodedAtSource, tmp_path: Path
) -> None:
    whole = pq.read_table(made.payload)
    told = {b"integration": (pq.read_metadata(made.payload).metadata or {})[b"integration"]}

    def write(table: pa.Table, metadata: Any = None, **options: Any) -> None:
        with pq.ParquetWriter(made.payload, table.schema, store_schema=False, **options) as writer:
            writer.add_key_value_metadata(metadata or told)
            writer.write_table(table)

    flat = pa.table({"naam": ["Kanariewal"]})
    wide = pa.array([{**row, "naam": "x"} if row else None for row in whole.column("findings").to_pylist()])
    for change in (
        lambda: write(flat),
        lambda: write(whole.append_column("naam", pa.array(["x"] * whole.num_rows))),
        lambda: write(whole.drop_columns(["findings"])),
        lambda: write(whole.set_column(2, "findings", wide)),
        lambda: write(whole),  # all rows in one group: of three tables at once
        lambda: write(whole, {b"integration": b"{}"}),
        lambda: write(whole, told | {b"naam": b"Kanariewal"}),
        lambda: made.payload.write_bytes(b"PAR1" + b"\0" * 40 + b"PAR1"),
        lambda: made.payload.write_bytes(b"no Parquet at all"),
    ):
        change()
        manifest = fit(made)
        with pytest.raises(DeliveryRefused) as caught:
            read_payload(made.payload, manifest, supplier.contract, Limits(), lambda *_: None)
        assert caught.value.reason == Reason.ENCODED_INVALID


def test_archives_bombs_and_other_bytes_are_refused(
    home: Path, supplier: Supplier, made: EncodedAtSource
) -> None:
    size = sum(
        pq.read_metadata(made.payload).row_group(n).total_byte_size
        for n in range(pq.read_metadata(made.payload).num_row_groups)
    )
    small = Limits(payload_bytes=size - 1) if size - 1 > made.payload.stat().st_size else None
    if small is not None:
        with pytest.raises(DeliveryRefused) as caught:
            read_payload(made.payload, made.manifest, supplier.contract, small, lambda *_: None)
        assert caught.value.reason == Reason.PAYLOAD_TOO_LARGE
    whole = made.payload.read_bytes()
    for content, reason in (
        (b"PK\x03\x04" + whole, Reason.ARCHIVE_REFUSED),
        (whole[:-1], Reason.ENCODED_INVALID),
        (whole + b"\0", Reason.ENCODED_INVALID),
    ):
        made.payload.write_bytes(content)
        with pytest.raises(DeliveryRefused) as caught:
            read_payload(made.payload, fit(made), supplier.contract, Limits(), lambda *_: None)
        assert caught.value.reason == reason
    made.payload.write_bytes(whole[:-9] + b"X" + whole[-8:])
    with pytest.raises(DeliveryRefused) as caught:
        read_payload(made.payload, made.manifest, supplier.contract, Limits(), lambda *_: None)
    assert caught.value.reason == Reason.HASH_MISMATCH


# -- what parses untrusted input ---------------------------------------------------------------------------------


whole: dict[Path, bytes] = {}
"""A payload as it was made, for the many examples that change it."""


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_change_of_bytes_ends_in_a_refusal_or_in_what_the_contract_allows(
    home: Path, supplier: Supplier, made: EncodedAtSource, data: st.DataObject
) -> None:
    """Whatever the bytes, the reader ends in a refusal, or in batches that the contract allows."""
    original = whole.setdefault(made.payload, made.payload.read_bytes())
    content = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    made.payload.write_bytes(bytes(content[: data.draw(st.integers(len(content) - 3, len(content)))]))
    try:
        read_payload(made.payload, fit(made), supplier.contract, Limits(), lambda *_: None)
    except DeliveryRefused as refusal:
        assert refusal.reason.level == "delivery"
    finally:
        made.payload.write_bytes(original)


@hypothesis_settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_no_bytes_but_a_header_are_a_header(text: bytes) -> None:
    with pytest.raises(NoHeader):
        parse_header(text)


@hypothesis_settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "domain",
                "first_pass_version",
                "first_pass_fingerprint",
                "normalisation_version",
                "link_version",
                "x",
            ]
        ),
        st.none() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2),
    ),
    st.sampled_from(["encoded", "raw", "", None, 1]),
)
def test_a_manifests_form_is_read_strictly(made_with: dict[str, Any], form: Any) -> None:
    contract = load_contract("wijkteam")
    content = {
        "format": "integration-manifest/1", "source": "wijkteam", "supplier": "WT0321", "municipality": "GM0321",
        "period": "2026-W04", "sequence": 1, "delivery_label": "L1",
        "contract": {"id": "wijkteam", "version": contract.version},
        "payload": {"file": "x.encoded.parquet", "bytes": 1, "sha256": "0" * 64, "rows": 1,
                    "columns": list(contract.names), "form": form, "made_with": made_with},
        "nil_return": False, "created_at": "2026-01-27T03:00:00+01:00",
    }  # fmt: skip
    with pytest.raises(DeliveryRefused):
        parse_manifest(json.dumps(content).encode())
