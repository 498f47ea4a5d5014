"""Everything that can be done to a sealed delivery on its way: each thing is refused with its own reason.

After each: no row was taken in, quarantine holds it with its reason, nothing of it lies open anywhere,
and the delivery as its source sealed it is accepted.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpers.deliveries import CHILD, NOW, PASSPHRASE, add_register, ledger, manifest_for, put
from helpers.sealing import CHEAP, KEY, OTHER_KEY, SealedPlace, signer
from integration.deliveries.manifest import parse_manifest
from integration.deliveries.quarantine import quarantined, replay
from integration.deliveries.seal_keys import key_id, make_receiver_key, public_of
from integration.deliveries.signing import canonical
from integration.deliveries.tamper import ATTACKS, Arena, tamper
from integration.errors import KeyUnavailable
from integration.reasons import Reason

CANARIES = (*(CHILD[name].encode() for name in ("achternaam", "voornaam", "bsn")), b"3991 XZ")
Attack = Callable[[SealedPlace], object]


@pytest.fixture
def place(tmp_path: Path) -> SealedPlace:
    return SealedPlace(tmp_path)


# -- ways to attack ---------------------------------------------------------------------------------------------------


def on_the_way(change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> Attack:
    """Change the bytes of envelope and manifest between source and receiver."""

    def run(place: SealedPlace) -> None:
        made = place.seal()
        envelope, manifest = change(made.envelope.read_bytes(), made.manifest_path.read_bytes())
        place.deliver(made, envelope=envelope, manifest=manifest)

    return run


def edited(change: Callable[[dict[str, Any]], object]) -> Attack:
    """Change the manifest and keep its one form."""

    def edit(envelope: bytes, manifest: bytes) -> tuple[bytes, bytes]:
        told = json.loads(manifest)
        change(told)
        return envelope, canonical(told) + b"\n"

    return on_the_way(edit)


def sealed(payload: bytes | None = None, **options: Any) -> Attack:
    return lambda place: place.send(1, payload, **options)


def flipped(content: bytes, where: float) -> bytes:
    at = int(len(content) * where)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def flipped_signature(told: dict[str, Any]) -> None:
    first = told["signature"]["value"][0]
    told["signature"]["value"] = ("0" if first != "0" else "1") + told["signature"]["value"][1:]


def swapped(place: SealedPlace) -> None:
    """The envelope of one delivery with the manifest of another, both as their source sealed them."""
    other = place.seal(2, place.right(3)).envelope.read_bytes()
    del place.sent[2]
    place.deliver(place.seal(), envelope=other)


def swapped_by_an_outsider(place: SealedPlace) -> None:
    """Anybody can seal for the receiver; only the source can sign."""
    other = place.seal(2, place.right(4), key=OTHER_KEY).envelope.read_bytes()
    del place.sent[2]
    place.deliver(place.seal(), envelope=other)


def not_for_us(place: SealedPlace) -> None:
    place.send(audience=make_receiver_key(place.home / "elsewhere", PASSPHRASE, NOW, cost=CHEAP))


def an_expired_signer(place: SealedPlace) -> None:
    place.trust(signer(since=-60, until=-1))
    place.send()


def a_signer_too_early(place: SealedPlace) -> None:
    place.trust(signer(OTHER_KEY), signer(since=1))
    place.send()


def sealed_for_another(place: SealedPlace) -> None:
    """Signed as for us, although the envelope is for somebody else: the source's mistake."""
    theirs = make_receiver_key(place.home / "elsewhere", PASSPHRASE, NOW, cost=CHEAP)
    made = place.seal(audience=theirs)
    manifest = parse_manifest(made.manifest_path.read_bytes())
    place.deliver(made, manifest=resigned(manifest.as_dict() | {"audience": place.audience}))


def resigned(body: dict[str, Any], key: Any = KEY) -> bytes:
    """A manifest that says anything, signed properly."""
    import hashlib

    told = canonical(body)
    signature = {"sha256": hashlib.sha256(told).hexdigest(), "value": key.sign(told).hex()}
    return canonical({**body, "signature": signature}) + b"\n"


def signed_as(**changes: Any) -> Attack:
    """A manifest changed by its own signer; ``payload_`` and ``envelope_`` go into those."""

    def run(place: SealedPlace) -> None:
        made = place.seal()
        body = {k: v for k, v in json.loads(made.manifest_path.read_bytes()).items() if k != "signature"}
        for name, value in changes.items():
            outer, _, inner = name.partition("_")
            (body[outer] if inner else body)[inner or outer] = value
        place.deliver(made, manifest=resigned(body))

    return run


def unsealed(place: SealedPlace) -> None:
    put(place.home, place.supplier, place.right())


def stripped(place: SealedPlace) -> None:
    """The plain text, known to the attacker, with the sealed delivery's manifest as a plain one."""
    made = place.seal()
    told = manifest_for(place.right(), place.supplier, payload_file="week1.csv", period="2026-W01")
    path = put(place.home, place.supplier, place.right(), name="week1.csv", manifest=told)
    assert path.exists()
    assert made.envelope.exists()


def zipped(count: int = 5_000_000) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.csv", b"0" * count)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../outside.csv"))
    return stream.getvalue()


def a_database(place: SealedPlace, name: str) -> None:
    path = place.source / "made.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as select 1 as a")
    place.send(1, path.read_bytes(), name=name)


DTD = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<x>&b;</x>\n'
XML = b'<?xml version="1.0"?>\n<bericht><kind/></bericht>\n'

BAD: dict[str, tuple[Attack, Reason, str | None]] = {
    "flipped bit in the envelope's header": (
        on_the_way(lambda e, m: (flipped(e, 0.02), m)), Reason.ENVELOPE_DAMAGED, "envelope.sha256",
    ),
    "flipped bit in the envelope's body": (
        on_the_way(lambda e, m: (flipped(e, 0.9), m)), Reason.ENVELOPE_DAMAGED, "envelope.sha256",
    ),
    "bytes after the envelope": (
        on_the_way(lambda e, m: (e + b"x", m)), Reason.ENVELOPE_DAMAGED, "envelope.sha256",
    ),
    "no age file at all": (
        on_the_way(lambda e, m: (b"\0" * len(e), m)), Reason.ENVELOPE_DAMAGED, "envelope.sha256",
    ),
    "envelope cut off": (on_the_way(lambda e, m: (e[:-1], m)), Reason.ENVELOPE_TRUNCATED, "envelope.bytes"),
    "envelope half": (
        on_the_way(lambda e, m: (e[: len(e) // 2], m)), Reason.ENVELOPE_TRUNCATED, "envelope.bytes",
    ),
    "envelope empty": (on_the_way(lambda e, m: (b"", m)), Reason.EMPTY_FILE, None),
    "manifest cut off": (on_the_way(lambda e, m: (e, m[:-20])), Reason.MANIFEST_INVALID, None),
    "manifest without its last byte": (on_the_way(lambda e, m: (e, m[:-1])), Reason.MANIFEST_EDITED, None),
    "manifest with other white space": (
        on_the_way(lambda e, m: (e, json.dumps(json.loads(m), indent=1).encode())), Reason.MANIFEST_EDITED, None,
    ),
    "manifest about another period": (
        edited(lambda told: told.update(period="2026-W03")), Reason.MANIFEST_EDITED, None,
    ),
    "manifest with fewer rows": (edited(lambda told: told["payload"].update(rows=1)), Reason.MANIFEST_EDITED, None),
    "manifest without its signature": (
        edited(lambda told: told.pop("signature")), Reason.MANIFEST_INVALID, "signature",
    ),
    "manifest with a key added": (edited(lambda told: told.update(extra=1)), Reason.MANIFEST_INVALID, None),
    "manifest with a lone surrogate": (
        on_the_way(lambda e, m: (e, m.replace(b'"L1"', b'"\\ud800"'))), Reason.MANIFEST_INVALID, "delivery_label",
    ),
    "signature flipped": (edited(flipped_signature), Reason.SIGNATURE_WRONG, "signature"),
    "signed by somebody else": (sealed(key=OTHER_KEY), Reason.SIGNER_UNKNOWN, "signer"),
    "signed by somebody else in our name": (
        lambda place: place.deliver(
            made := place.seal(),
            manifest=resigned(parse_manifest(made.manifest_path.read_bytes()).as_dict(), OTHER_KEY),
        ),
        Reason.SIGNATURE_WRONG, "signature",
    ),
    "signer expired": (an_expired_signer, Reason.SIGNER_EXPIRED, "signer"),
    "signer not yet trusted": (a_signer_too_early, Reason.SIGNER_EXPIRED, "signer"),
    "for another receiver": (not_for_us, Reason.AUDIENCE_WRONG, "audience"),
    "sealed for another, signed for us": (sealed_for_another, Reason.ENVELOPE_DAMAGED, "envelope.file"),
    "about another municipality": (signed_as(municipality="GM0228"), Reason.WRONG_MUNICIPALITY, "municipality"),
    "from another supplier": (signed_as(supplier="WT0356"), Reason.SUPPLIER_MISMATCH, "supplier"),
    "envelope of another delivery": (swapped, Reason.ENVELOPE_SWAPPED, "envelope.sha256"),
    "envelope made by an outsider": (swapped_by_an_outsider, Reason.ENVELOPE_SWAPPED, "envelope.sha256"),
    "less inside than said": (signed_as(payload_bytes=700), Reason.SIZE_MISMATCH, "payload.bytes"),
    "more inside than the envelope": (signed_as(payload_bytes=10**6), Reason.SIZE_MISMATCH, "payload.bytes"),
    "a bomb by its own word": (signed_as(payload_bytes=2**52), Reason.PAYLOAD_TOO_LARGE, "payload.bytes"),
    "other content than said": (signed_as(payload_sha256="0" * 64), Reason.HASH_MISMATCH, "payload.sha256"),
    "another number of rows": (signed_as(payload_rows=9), Reason.ROWS_MISMATCH, None),
    "a path for a payload": (signed_as(payload_file="../week1.csv"), Reason.PATH_UNSAFE, "payload.file"),
    "a path for an envelope": (signed_as(envelope_file="../../x.csv.age"), Reason.PATH_UNSAFE, "envelope.file"),
    "an absolute path": (signed_as(envelope_file="/etc/week1.csv.age"), Reason.PATH_UNSAFE, "envelope.file"),
    "another payload name than the envelope's": (
        signed_as(payload_file="x.csv"), Reason.MANIFEST_INVALID, "envelope.file",
    ),
    "not sealed": (unsealed, Reason.NOT_SEALED, "format"),
    "seal taken off": (stripped, Reason.NOT_SEALED, "format"),
    "a zip bomb": (sealed(zipped(), name="data.zip"), Reason.ARCHIVE_REFUSED, None),
    "a zip bomb called csv": (sealed(zipped()), Reason.ARCHIVE_REFUSED, None),
    "a gz bomb": (sealed(gzip.compress(b"0" * 5_000_000), name="data.csv.gz"), Reason.ARCHIVE_REFUSED, None),
    "a gz bomb called csv": (sealed(gzip.compress(b"0" * 5_000_000)), Reason.ARCHIVE_REFUSED, None),
    "a tar with a path in it": (sealed(tarred()), Reason.ARCHIVE_REFUSED, None),
    "an envelope in an envelope": (
        sealed(b"age-encryption.org/v1\n-> X25519 x\n--- x\n", name="data.age"), Reason.FORMAT_UNKNOWN, None,
    ),
    "a database": (lambda place: a_database(place, "data.duckdb"), Reason.DATABASE_FILE, None),
    "a database called csv": (lambda place: a_database(place, "data.csv"), Reason.DATABASE_FILE, None),
    "xml with a dtd": (sealed(DTD, name="data.xml"), Reason.XML_DTD, None),
    "xml with a dtd called csv": (sealed(DTD), Reason.XML_DTD, None),
    "xml with a dtd in utf-16": (sealed(DTD.decode().encode("utf-16"), name="data.xml"), Reason.XML_DTD, None),
    "xml with a dtd behind a comment": (
        sealed(b"<!--" + b" " * 9000 + b"-->" + DTD.split(b"\n", 1)[1], name="data.xml"), Reason.XML_DTD, None,
    ),
    "xml": (sealed(XML, name="data.xml"), Reason.FORMAT_UNKNOWN, None),
    "xml called csv": (sealed(XML), Reason.FORMAT_UNKNOWN, None),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_done_to_a_sealed_delivery_is_refused(place: SealedPlace, name: str) -> None:
    attack, reason, field = BAD[name]
    attack(place)
    (receipt,) = place.receive()
    assert (receipt.accepted, receipt.reason, receipt.field) == (False, reason, field)
    assert ledger(place.home).entries() == []
    assert place.raw() == {}
    (item,) = quarantined(place.zones)
    assert (item.reason, item.quarantine_id) == (reason.value, receipt.quarantine_id)
    if reason is not Reason.NOT_SEALED:
        assert place.lies_open(*CANARIES, b"<x>", b"create table") == []
    assert not list((place.zones.tmp / "receive").rglob("*/*")), "nothing is left behind"

    place.trust(signer())
    place.sent.clear()
    place.send()
    (resend,) = place.receive()
    assert (resend.accepted, resend.rows) == (True, 2), resend.reason


def test_every_reason_of_sealing_is_shown() -> None:
    """Each code has an attack here or below, and Dutch and English words."""
    own = {"NOT_SEALED", "MANIFEST_EDITED", "XML_DTD", "DATABASE_FILE", "ARCHIVE_REFUSED", "AUDIENCE_WRONG"}
    own |= {name for name in Reason.__members__ if name.startswith(("ENVELOPE_", "SIGN"))}
    assert own <= {reason.value for _, reason, _ in BAD.values()}
    assert all(Reason[name].nl and Reason[name].en for name in own)


# -- what is right ----------------------------------------------------------------------------------------------------


def test_a_sealed_delivery_is_kept_sealed_and_without_its_header(place: SealedPlace) -> None:
    made = place.send()
    (receipt,) = place.receive()
    assert (receipt.accepted, receipt.rows) == (True, 2)
    kept = {name.split("/")[1]: content for name, content in place.raw().items()}
    (header,) = place.zones.data_keys.iterdir()
    assert header.name == f"{receipt.delivery_id}.header"
    assert header.stat().st_mode & 0o777 == 0o600
    assert header.read_bytes() + kept.pop("payload.csv.age.body") == made.envelope.read_bytes()
    assert kept == {"manifest.json": made.manifest_path.read_bytes()}
    assert list(place.opened().values()) == [place.right()]
    modes = {path.stat().st_mode & 0o777 for path in place.zones.raw.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert place.lies_open(*CANARIES) == []


def test_a_chain_of_deliveries_may_come_at_once_and_with_a_nil_return(place: SealedPlace) -> None:
    first, second = place.seal(1), place.seal(2, place.right(3))
    third = place.seal(3, place.right(0), nil_return=True)
    for made in (third, first, second):
        place.deliver(made)
    assert [(receipt.accepted, receipt.rows) for receipt in place.receive()] == [
        (True, 2),
        (True, 3),
        (True, 0),
    ]


def test_plain_deliveries_are_let_in_where_settings_say_so(tmp_path: Path) -> None:
    for name, options, accepted in (
        ("synthetic", {}, True),
        ("real", {"synthetic": False}, False),
        ("lenient", {"synthetic": False, "require_sealed": False}, True),
        ("strict", {"require_sealed": True}, False),
    ):
        (tmp_path / name).mkdir()
        place = SealedPlace(tmp_path / name, **options)
        add_register(place.home, "wijkteam")
        place.trust()
        unsealed(place)
        (receipt,) = place.receive()
        assert receipt.accepted == accepted, name
        assert receipt.reason == (None if accepted else Reason.NOT_SEALED)


def test_a_real_installation_takes_sealed_deliveries(tmp_path: Path) -> None:
    place = SealedPlace(tmp_path, synthetic=False)
    add_register(place.home, "wijkteam")
    place.send()
    assert place.receive()[0].accepted


def test_a_supplier_that_seals_is_not_let_in_unsealed_from_the_first_day_of_its_key(
    place: SealedPlace,
) -> None:
    place.trust(signer(since=1, until=30))
    unsealed(place)
    assert place.receive()[0].accepted
    place.trust(signer(since=0, until=30))
    put(place.home, place.supplier, place.right(), sequence=2, period="2026-W05")
    assert place.receive()[0].reason == Reason.NOT_SEALED


def test_a_key_that_takes_over_and_an_older_receiver_key(place: SealedPlace) -> None:
    old_audience, folder = place.audience, place.zones.keys
    (folder / "receiver.json").rename(folder / "receiver-2025.json")
    place.audience = make_receiver_key(folder, PASSPHRASE, NOW, cost=CHEAP)
    place.trust(signer(), signer(OTHER_KEY))
    place.send(1, audience=old_audience)
    place.send(2, key=OTHER_KEY)
    assert [receipt.accepted for receipt in place.receive()] == [True, True]


# -- the chain --------------------------------------------------------------------------------------------------------


def test_replays_are_refused(place: SealedPlace) -> None:
    first, second = place.send(1), place.send(2)
    assert all(receipt.accepted for receipt in place.receive())
    before = place.raw()
    for made in (first, second):
        place.deliver(made)
    assert [receipt.reason for receipt in place.receive()] == [Reason.DELIVERY_DUPLICATE] * 2
    place.send(2, place.right(5), previous=first.sha256)
    assert place.receive()[0].reason == Reason.SEQUENCE_REUSED
    assert place.raw() == before
    reasons = sorted(item.reason for item in quarantined(place.zones))
    assert reasons == ["DELIVERY_DUPLICATE"] * 2 + ["SEQUENCE_REUSED"]
    assert place.lies_open(*CANARIES) == []


def test_a_delivery_that_was_kept_back_is_a_gap_until_it_comes(place: SealedPlace) -> None:
    place.send(1)
    second = place.seal(2)
    place.send(3)
    place.send(4)
    receipts = place.receive()
    assert [r.reason for r in receipts] == [None, Reason.SEQUENCE_GAP, Reason.SEQUENCE_GAP]
    assert len(ledger(place.home).entries()) == 1
    assert place.receive() == []

    place.deliver(second)
    for item in quarantined(place.zones):
        replay(place.zones, item.quarantine_id)
    assert [receipt.accepted for receipt in place.receive()] == [True, True, True]
    assert quarantined(place.zones) == []


def test_a_first_delivery_with_something_before_it_is_a_gap(place: SealedPlace) -> None:
    place.send(1, previous="0" * 64)
    assert place.receive()[0].reason == Reason.SEQUENCE_GAP


def test_a_chain_may_begin_at_any_number_once(place: SealedPlace) -> None:
    place.send(4, previous=None)
    assert place.receive()[0].accepted
    place.send(5, previous=None)
    assert place.receive()[0].reason == Reason.CHAIN_BROKEN
    assert place.lies_open(*CANARIES) == []


def test_another_manifest_before_it_breaks_the_chain(place: SealedPlace) -> None:
    place.send(1)
    assert place.receive()[0].accepted
    place.send(2, previous="0" * 64)
    (receipt,) = place.receive()
    assert (receipt.reason, receipt.field) == (Reason.CHAIN_BROKEN, "previous")
    assert len(ledger(place.home).entries()) == 1
    place.send(2)
    assert place.receive()[0].accepted


def test_a_bad_file_does_not_stop_the_ones_after_it_and_its_resend_may_follow(place: SealedPlace) -> None:
    place.send(1)
    bad = place.send(2, place.right().replace(b"GM0321", b"GM0228"))
    place.send(3)
    reasons = [receipt.reason for receipt in place.receive()]
    assert reasons == [None, Reason.WRONG_MUNICIPALITY, None]
    again = place.seal(2, place.right(3), previous=place.sent[1].sha256)
    assert again.sha256 != bad.sha256
    place.deliver(again)
    place.sent[2] = bad
    place.send(4, previous=place.sent[3].sha256)
    assert [receipt.accepted for receipt in place.receive()] == [True, True]


def test_a_delivery_that_failed_its_check_is_set_aside_sealed(place: SealedPlace) -> None:
    first = place.send(1)
    (receipt,) = place.receive()
    assert receipt.delivery_id
    ledger(place.home).append(receipt.delivery_id, "quarantined", at=NOW, reason=Reason.CHECK_CRITICAL)
    place.send(1, place.right(3))
    assert place.receive()[0].accepted
    (item,) = quarantined(place.zones)
    assert item.payload == "payload.csv.age"
    headers = {path.stem for path in place.zones.data_keys.iterdir()}
    assert headers == {item.quarantine_id, str(receipt.delivery_id)}
    assert place.lies_open(*CANARIES) == []
    place.send(2, previous=first.sha256)
    assert place.receive()[0].accepted, "what was sent before the resend follows what it knew"


def test_a_chain_goes_on_from_plain_deliveries(place: SealedPlace) -> None:
    """A supplier that begins to seal names its last plain manifest."""
    import hashlib

    place.trust()
    told = manifest_for(place.right(), place.supplier, period="2026-W01")
    path = put(place.home, place.supplier, place.right(), manifest=told)
    text = path.with_name("data.csv.manifest.json").read_bytes()
    assert place.receive()[0].accepted
    place.trust(signer())
    place.send(2, previous=None)
    assert place.receive()[0].reason == Reason.CHAIN_BROKEN
    place.send(2, previous=hashlib.sha256(text).hexdigest())
    assert place.receive()[0].accepted


# -- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("passphrase", "reason"), [(None, Reason.KEY_MISSING), ("wrong", Reason.KEY_WRONG)])
def test_without_the_key_nothing_is_decided(
    place: SealedPlace, passphrase: str | None, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import SecretStr

    from helpers import sealing

    right = sealing.settings
    secret = SecretStr(passphrase) if passphrase else None
    with monkeypatch.context() as patch:
        patch.setattr(
            sealing, "settings", lambda *a, **o: right(*a, **o).model_copy(update={"passphrase": secret})
        )
        place.send()
        with pytest.raises(KeyUnavailable) as caught:
            place.receive()
    assert caught.value.reason == reason
    assert (place.raw(), quarantined(place.zones), ledger(place.home).entries()) == ({}, [], [])
    assert place.lies_open(*CANARIES) == []
    assert place.receive()[0].accepted, "it waits for the key"


def test_an_installation_without_a_receiver_key_is_nobodys_audience(place: SealedPlace) -> None:
    (place.zones.keys / "receiver.json").unlink()
    place.send()
    assert place.receive()[0].reason == Reason.AUDIENCE_WRONG


def test_a_killed_run_leaves_nothing_that_it_opened(
    place: SealedPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill just after opening: nothing is there, and the next run starts from the envelope again."""
    from integration.deliveries import receive

    class Killed(BaseException):
        pass

    seen: list[bytes] = []

    def kill(*arguments: Any) -> None:
        seen.append(arguments[5].read())
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(receive, "examine_payload", kill)
        place.send()
        with pytest.raises(Killed):
            place.receive()
    assert seen == [place.right()], "it must have been open"
    assert place.lies_open(*CANARIES) == []
    assert place.receive()[0].accepted
    assert place.lies_open(*CANARIES) == []


# -- the suite --------------------------------------------------------------------------------------------------------


def test_the_tampering_suite_survives_a_short_run() -> None:
    found = tamper(60)
    assert found.control
    assert (found.tried, found.survived) == (60 * len(ATTACKS), 60 * len(ATTACKS)), found.as_dict()
    assert set(found.kinds) == {"flips", "truncations", "replays", "gaps"}
    wanted = {"ENVELOPE_DAMAGED", "ENVELOPE_TRUNCATED", "ENVELOPE_SWAPPED", "DELIVERY_DUPLICATE"}
    assert wanted | {"SEQUENCE_GAP", "CHAIN_BROKEN", "MANIFEST_EDITED"} <= set(found.reasons)


def test_the_suite_sees_an_attack_that_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that proves no signature must not survive: the suite can fail."""
    from integration.deliveries import opening

    monkeypatch.setattr(opening, "verify", lambda *_: None)
    arena = Arena(tmp_path)
    pair = arena.sent[2]
    told = json.loads(pair.manifest)
    told["created_at"] = "2026-03-01T00:00:00+01:00"
    assert not arena.survives(type(pair)(pair.envelope, canonical(told) + b"\n", pair.name))


def test_the_suite_fails_when_the_untampered_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Arena, "accepts_what_is_right", lambda self: False)
    found = tamper(1)
    assert (found.control, found.survived) == (False, 0)


def test_key_ids_are_short_names_of_public_keys() -> None:
    assert key_id(public_of(KEY)) != key_id(public_of(OTHER_KEY))
    assert len(key_id(public_of(KEY))) == 16
