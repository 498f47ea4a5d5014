"""Sealing at the source: keys, the manifest's one form, what is written, and what can be checked there."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import NOW, PASSPHRASE, add_register, add_supplier, csv_bytes, full_row, settings
from helpers.sealing import CHEAP, KEY, OTHER_KEY, SealedPlace
from integration.contracts import Supplier
from integration.deliveries.manifest import parse_manifest
from integration.deliveries.open_check import RIGHT, UNKNOWN, WRONG, Keys, findings, open_check
from integration.deliveries.read import Limits
from integration.deliveries.seal import previous_of
from integration.deliveries.seal_keys import (
    Receiver,
    make_receiver_key,
    make_signing_key,
    open_signing_key,
    public_of,
    receiver_public,
    signing_public,
)
from integration.deliveries.signing import canonical, prove
from integration.errors import DeliveryRefused, KeyUnavailable, UsageError
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def place(tmp_path: Path) -> SealedPlace:
    return SealedPlace(tmp_path)


# -- keys -------------------------------------------------------------------------------------------------------------


def test_keys_lie_wrapped_and_open_with_the_passphrase_only(tmp_path: Path) -> None:
    public = make_signing_key(tmp_path, PASSPHRASE, NOW, cost=CHEAP)
    recipient = make_receiver_key(tmp_path, PASSPHRASE, NOW, cost=CHEAP)
    signing, receiver = tmp_path / "signing.json", tmp_path / "receiver.json"
    key = open_signing_key(signing, PASSPHRASE)
    assert public_of(key) == public == signing_public(signing)
    identity = Receiver(tmp_path, lambda: PASSPHRASE).identity(recipient)
    assert str(identity.to_public()) == recipient == receiver_public(receiver)
    for path in (signing, receiver):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert str(identity) not in path.read_text()
        assert key.private_bytes_raw().hex() not in path.read_text()
    with pytest.raises(KeyUnavailable) as caught:
        open_signing_key(signing, b"another")
    assert caught.value.reason == Reason.KEY_WRONG


def test_threads_may_open_keys_at_once(tmp_path: Path) -> None:
    """With Argon2id's own threads, two of them at once would wait for each other for ever."""
    program = (
        "import sys; from pathlib import Path; from concurrent.futures import ThreadPoolExecutor\n"
        "from integration.wrapping import Cost, new_kdf, wrapping_key\n"
        "kdf = new_kdf(Cost(1024, 2, 4))\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    print(len(set(pool.map(lambda _: wrapping_key(b'x', kdf), range(200)))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "1\n"


def test_a_key_is_never_overwritten_nor_made_without_a_passphrase(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable) as missing:
        make_signing_key(tmp_path, b"", NOW)
    assert missing.value.reason == Reason.KEY_MISSING
    make_signing_key(tmp_path, PASSPHRASE, NOW, cost=CHEAP)
    with pytest.raises(UsageError) as there:
        make_signing_key(tmp_path, PASSPHRASE, NOW, cost=CHEAP)
    assert there.value.reason == Reason.KEY_EXISTS


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(public="0" * 64),
        lambda told: told.update(created_at="2020-01-01T00:00:00+01:00"),
        lambda told: told["wrap"].update(secret="00" * 48),
        lambda told: told.update(kind="age-identity"),
        lambda told: told["kdf"].update(memory_kib=2**40),
        lambda told: told.pop("wrap"),
        lambda told: told.pop("kdf"),
    ],
)
def test_a_changed_key_file_does_not_open(tmp_path: Path, change: Any) -> None:
    make_signing_key(tmp_path, PASSPHRASE, NOW, cost=CHEAP)
    path = tmp_path / "signing.json"
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    with pytest.raises(KeyUnavailable):
        open_signing_key(path, PASSPHRASE)


# -- the manifest -----------------------------------------------------------------------------------------------------


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
        ),
        max_leaves=8,
    )
)
def test_json_has_one_form(content: Any) -> None:
    text = canonical(content)
    assert json.loads(text) == content
    assert canonical(json.loads(text)) == text


def test_the_form_is_that_of_rfc_8785() -> None:
    assert (
        canonical({"b": ["é", 1], "a": {"y": None, "x": True}})
        == '{"a":{"x":true,"y":null},"b":["é",1]}'.encode()
    )


@given(st.binary(max_size=300))
def test_proving_bytes_that_are_no_manifest_ends_in_a_reason(text: bytes) -> None:
    with pytest.raises(DeliveryRefused):
        prove(text, public_of(KEY))


def test_a_sealed_manifest_says_all_and_reads_back(place: SealedPlace) -> None:
    first = place.seal(1)
    made = place.seal(2)
    text = made.manifest_path.read_bytes()
    told = json.loads(text)
    assert parse_manifest(text) == made.manifest
    assert told["format"] == "integration-manifest/2"
    assert told["previous"] == first.sha256
    assert told["audience"] == place.audience
    assert told["envelope"]["bytes"] == made.envelope.stat().st_size > told["payload"]["bytes"]
    signature = bytes.fromhex(told.pop("signature")["value"])
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_of(KEY))).verify(signature, canonical(told))
    assert "previous" not in json.loads(first.manifest_path.read_bytes())


def test_any_age_opens_the_envelope(place: SealedPlace) -> None:
    """The envelope is a plain age file: whoever has the identity needs nothing of ours."""
    made = place.seal(1)
    identity = Receiver(place.zones.keys, lambda: PASSPHRASE).identity(place.audience)
    assert pyrage.decrypt(made.envelope.read_bytes(), [identity]) == place.right()


def test_sealing_overwrites_nothing_and_leaves_nothing_half(place: SealedPlace) -> None:
    made = place.seal(1)
    (place.source / "x.csv").write_bytes(b"x")
    from integration.deliveries.seal import seal_payload

    plain = parse_manifest(
        canonical({**_plain(made), "payload": {**_plain(made)["payload"], "file": "week1.csv"}})
    )
    told = {"key": KEY, "audience": place.audience, "previous": None}
    for options, reason in (
        (told, Reason.FOLDER_NOT_EMPTY),
        ({**told, "audience": "age1nobody", "folder": place.home}, Reason.INPUT_INVALID),
        ({**told, "previous": "week0.csv", "folder": place.home}, Reason.INPUT_INVALID),
    ):
        with pytest.raises(UsageError) as caught:
            seal_payload(place.source / "week1.csv", plain, **options)
        assert caught.value.reason == reason
    with pytest.raises(UsageError):
        seal_payload(place.source / "x.csv", plain, **told)
    assert not list(place.home.glob("*.age*"))
    assert not list(place.source.glob(".*"))


def _plain(made: Any) -> dict[str, Any]:
    told = made.manifest.as_dict()
    for name in ("audience", "signer", "previous", "envelope"):
        told.pop(name, None)
    return {**told, "format": "integration-manifest/1"}


def test_the_manifest_before_must_be_the_one_before(place: SealedPlace) -> None:
    first, second = place.seal(1), place.seal(2)
    keys = [public_of(KEY)]
    assert previous_of(first.manifest_path, second.manifest, keys) == first.sha256
    assert previous_of(first.sha256, second.manifest, keys) == first.sha256
    for path in (second.manifest_path, place.source / "absent.json"):
        with pytest.raises(UsageError) as caught:
            previous_of(path, second.manifest, keys)
        assert caught.value.reason == Reason.INPUT_INVALID
    changed = place.source / "changed.json"
    changed.write_bytes(first.manifest_path.read_bytes().replace(b"2026-01-27", b"2026-01-28"))
    with pytest.raises(DeliveryRefused) as refused:
        previous_of(changed, second.manifest, keys)
    assert refused.value.reason == Reason.MANIFEST_EDITED


# -- open-check -------------------------------------------------------------------------------------------------------


def checked(place: SealedPlace, number: int = 1, **changes: Any) -> dict[str, tuple[str, Reason | None]]:
    made = place.sent.get(number) or place.seal(number)
    at_hand: dict[str, Any] = {
        "receiver": Receiver(place.zones.keys, lambda: PASSPHRASE), "supplier": place.supplier,
    } | changes  # fmt: skip
    lines = open_check(
        made.envelope, made.manifest_path, Keys(**at_hand), NOW.date(), Limits(), place.home / "tmp"
    )
    assert not list((place.home / "tmp").iterdir()) if (place.home / "tmp").exists() else True
    assert findings(lines) == any(line.verdict == WRONG for line in lines)
    return {line.what.split()[0]: (line.verdict, line.reason) for line in lines}


def test_the_receiver_can_check_all(place: SealedPlace) -> None:
    first = place.seal(1)
    place.seal(2)
    found = checked(place, 2, previous=first.manifest_path)
    assert {verdict for verdict, _ in found.values()} == {RIGHT}
    assert set(found) == {"Manifest", "Handtekening", "Sluit", "Envelop", "Te"}


def test_the_source_can_check_what_it_has_keys_for(place: SealedPlace, tmp_path: Path) -> None:
    nobody = Receiver(tmp_path / "no keys", lambda: b"")
    found = checked(place, receiver=nobody, supplier=None, own=public_of(KEY))
    assert found["Handtekening"] == found["Envelop"] == (RIGHT, None)
    assert found["Te"] == (UNKNOWN, Reason.AUDIENCE_WRONG)
    assert found["Sluit"] == (UNKNOWN, None)
    stranger = checked(place, receiver=nobody, supplier=None, own=public_of(OTHER_KEY))
    assert stranger["Handtekening"] == (UNKNOWN, Reason.SIGNER_UNKNOWN)


def test_what_is_wrong_is_said(place: SealedPlace) -> None:
    made = place.seal(1)
    right = made.envelope.read_bytes()
    made.envelope.write_bytes(right[:-1])
    assert checked(place)["Envelop"] == (WRONG, Reason.ENVELOPE_TRUNCATED)
    made.envelope.write_bytes(right)
    told = made.manifest_path.read_bytes()
    made.manifest_path.write_bytes(told.replace(b'"rows":2', b'"rows":3'))
    assert checked(place)["Handtekening"] == (WRONG, Reason.MANIFEST_EDITED)
    assert checked(place)["Te"] == (WRONG, Reason.ROWS_MISMATCH)
    made.manifest_path.write_bytes(told[:-9])
    assert checked(place)["Manifest"] == (WRONG, Reason.MANIFEST_INVALID)
    place.seal(1, key=OTHER_KEY)
    assert checked(place)["Handtekening"] == (WRONG, Reason.SIGNER_UNKNOWN)
    place.seal(2)
    assert checked(place, 2, previous=place.source / "week2.csv")["Sluit"] == (WRONG, Reason.CHAIN_BROKEN)
    wrong = Receiver(place.zones.keys, lambda: b"another")
    assert checked(place, 2, receiver=wrong)["Te"] == (UNKNOWN, Reason.KEY_WRONG)


# -- at the command line ----------------------------------------------------------------------------------------------


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "INTEGRATION_HOME": str(home), "INTEGRATION_PASSPHRASE": "a passphrase"}
    command = [sys.executable, "-m", "integration.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_a_source_and_a_receiver_from_key_to_raw_zone(tmp_path: Path) -> None:
    """The how-to, step by step: two installations, each with its own key, and files that go between."""
    source, receiver = tmp_path / "source", tmp_path / "receiver"
    recipient = re.search(r"age1[a-z0-9]{58}", run(receiver, "keys", "receiver").stdout)
    assert recipient
    made = run(source, "keys", "signer")
    assert made.returncode == 0, made.stderr
    entry = made.stdout[made.stdout.index("signers:") :]
    again = run(source, "keys", "signer")
    assert (again.returncode, again.stderr.startswith("KEY_EXISTS")) == (2, True)
    assert entry == (shown := run(source, "keys", "signer", "--show").stdout)[shown.index("signers:") :]

    supplier = _suppliers(source, receiver, entry)
    add_register(receiver, "wijkteam")
    for number in (1, 2):
        (tmp_path / f"week{number}.csv").write_bytes(csv_bytes([full_row(supplier.contract)], supplier))
    words = ["--supplier", "WT0321", "--municipality", "GM0321", "--recipient", recipient[0], "--folder"]
    inbox = Zones(receiver).inbox / "WT0321"
    inbox.mkdir(parents=True)
    about = (("2025-W04", "1"), ("2025-W05", "2"))
    for number, (period, sequence) in enumerate(about, 1):
        before = ["--previous", str(inbox / "week1.csv.age.manifest.json")] if number == 2 else []
        file = str(tmp_path / f"week{number}.csv")
        told = ["--period", period, "--sequence", sequence]
        done = run(source, "seal", file, *words, str(inbox), *told, *before)
        assert done.returncode == 0, done.stderr
    second = [str(inbox / f"week2.csv.age{suffix}") for suffix in ("", ".manifest.json")]
    at_source = run(source, "open-check", *second, *before)
    assert (at_source.returncode, "niet te controleren" in at_source.stdout) == (0, True), at_source.stderr
    at_receiver = run(receiver, "open-check", *second, *before, "--json")
    assert {line["verdict"] for line in json.loads(at_receiver.stdout)} == {RIGHT}
    taken = run(receiver, "receive", "--json")
    assert [one["state"] for one in json.loads(taken.stdout)] == ["received", "received"], taken.stdout
    assert (tmp_path / "week1.csv").exists()


def _suppliers(source: Path, receiver: Path, entry: str) -> Supplier:
    """The supplier file at both ends; the receiver's names the key as ``keys signer`` printed it."""
    import yaml

    supplier = add_supplier(source)
    path = Zones(source).suppliers / "WT0321.yml"
    content = yaml.safe_load(path.read_text())
    content |= {"calendar": {"frequency": "weekly", "due_days": 10, "since": content["calendar"]["since"]}}
    Zones(receiver).suppliers.mkdir(parents=True)
    text = yaml.safe_dump(content, sort_keys=False) + entry
    (Zones(receiver).suppliers / "WT0321.yml").write_text(text)
    return supplier


def test_settings_say_whether_plain_deliveries_are_let_in(tmp_path: Path) -> None:
    for options, sealed_only in (
        ({}, False), ({"synthetic": False}, True), ({"synthetic": False, "require_sealed": False}, False),
        ({"require_sealed": True}, True),
    ):  # fmt: skip
        assert settings(tmp_path, **options).sealed_only is sealed_only
