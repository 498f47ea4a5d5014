"""The keyring: made once, opened with its passphrase only, and nothing without the right key."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import NOW
from integration.errors import IntegrationError, KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms import keyring
from integration.pseudonyms.keyring import (
    Keyring,
    KeyVersion,
    init_keyring,
    list_keys,
    make_demo_keyring,
    open_keyring,
)
from integration.pseudonyms.keyring_changes import add_pending, destroy, pending_version, rewrap, settle
from integration.pseudonyms.tokens import PURPOSES
from integration.reasons import Reason
from integration.storage import Zones

HOUTEN, EDE = DomainCode("GM0321"), DomainCode("GM0228")
PASSPHRASE = b"correct horse battery staple"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A keyring."""
    init_keyring(tmp_path / "keyring.json", PASSPHRASE, NOW)
    return tmp_path / "keyring.json"


def change(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text())
    content["keys"][0] |= changes
    path.write_text(json.dumps(content))


def reason(path: Path, passphrase: bytes = PASSPHRASE) -> Reason:
    with pytest.raises(KeyUnavailable) as caught:
        open_keyring(path, passphrase)
    assert str(path) not in str(caught.value)
    assert passphrase.decode() not in str(caught.value)
    return caught.value.reason


def test_the_same_keyring_gives_the_same_keys(path: Path) -> None:
    first, again = open_keyring(path, PASSPHRASE), open_keyring(path, PASSPHRASE)
    assert first.subkey(HOUTEN, "person") == again.subkey(HOUTEN, "person")
    assert len({first.subkey(d, p) for d in (HOUTEN, EDE) for p in ("person", "address", "key")}) == 6
    assert first.maker(HOUTEN, "person").token(b"x") == again.maker(HOUTEN, "person").token(b"x")


def test_the_seed_that_signs_the_audit_is_no_other_key(path: Path) -> None:
    opened = open_keyring(path, PASSPHRASE)
    (seed,) = opened.signing_seeds()
    root = opened._vault._roots[1]  # type: ignore[attr-defined]
    assert seed == keyring.hkdf(root, b"integration/v1/audit-heads")
    assert seed not in {opened.subkey(d, p) for d in (HOUTEN, EDE) for p in PURPOSES}


def test_the_file_holds_no_root_and_is_for_its_owner(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    root = open_keyring(path, PASSPHRASE)._vault._roots[1]  # type: ignore[attr-defined]
    assert root.hex() not in path.read_text()
    assert repr(open_keyring(path, PASSPHRASE)) == "Keyring(versions=1)"


def test_the_cost_is_stored_with_the_salt(tmp_path: Path) -> None:
    """Made in a process of its own: keyrings of this one cost next to nothing (conftest.py)."""
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path; "
        "from integration.pseudonyms.keyring import init_keyring; "
        "init_keyring(Path(sys.argv[1]), sys.argv[2].encode(), datetime.now(UTC))"
    )
    path = tmp_path / "keyring.json"
    subprocess.run([sys.executable, "-c", program, str(path), PASSPHRASE.decode()], check=True)
    kdf = json.loads(path.read_text())["kdf"]
    assert (kdf["name"], kdf["memory_kib"], kdf["passes"], kdf["lanes"]) == ("argon2id", 65536, 3, 4)
    assert open_keyring(path, PASSPHRASE).version_of(HOUTEN) == 1


def test_listing_needs_no_passphrase(path: Path) -> None:
    (version,) = list_keys(path)
    assert (version.version, version.state) == (1, "active")
    assert open_keyring(path, PASSPHRASE).fingerprints() == {"1": version.fingerprint}
    told = open_keyring(path, PASSPHRASE).fingerprints(HOUTEN, ["person"])
    assert set(told) == {"1", "1.GM0321.person"}


def test_no_key(tmp_path: Path) -> None:
    assert reason(tmp_path / "keyring.json") == Reason.KEY_MISSING
    with pytest.raises(KeyUnavailable):
        init_keyring(tmp_path / "keyring.json", b"", NOW)


def test_a_wrong_passphrase(path: Path) -> None:
    assert reason(path, b"wrong") == Reason.KEY_WRONG


def test_a_destroyed_key(path: Path) -> None:
    change(path, state="destroyed", wrap=None)
    assert reason(path) == Reason.KEY_DESTROYED
    assert list_keys(path)[0].state == "destroyed"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "lost"}, {"version": "1"}, {"wrap": {}}, {"wrap": {"nonce": "zz", "root": "00"}}, {"created_at": 3},
    ],
)  # fmt: skip
def test_a_damaged_keyring_is_as_good_as_none(path: Path, changes: dict[str, Any]) -> None:
    change(path, **changes)
    assert reason(path) == Reason.KEY_MISSING


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"format": "integration-keyring/1", "kdf": {}, "keys": []}']
)
def test_something_else_is_as_good_as_none(path: Path, text: str) -> None:
    path.write_text(text)
    assert reason(path) == Reason.KEY_MISSING


@pytest.mark.parametrize(
    "changes", [{"memory_kib": 2**30}, {"passes": 10_000}, {"lanes": 0}, {"name": "none"}, {"salt": "00"}]
)
def test_the_cost_has_bounds(path: Path, changes: dict[str, Any]) -> None:
    content = json.loads(path.read_text())
    content["kdf"] |= changes
    path.write_text(json.dumps(content))
    assert reason(path) == Reason.KEY_MISSING


def test_what_is_told_of_a_key_cannot_be_changed(path: Path) -> None:
    """Version, moment and fingerprint are bound to the wrapped root; only the state may change."""
    change(path, fingerprint="0" * 16)
    assert reason(path) == Reason.KEY_WRONG


def test_a_keyring_is_never_overwritten(path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        init_keyring(path, PASSPHRASE, NOW)
    assert caught.value.reason == Reason.KEY_EXISTS


def test_the_demo_keyring_opens_with_what_lies_beside_it(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    make_demo_keyring(zones)
    before = (zones.keys / "keyring.json").read_bytes()
    make_demo_keyring(zones)
    assert (zones.keys / "keyring.json").read_bytes() == before
    opened = open_keyring(zones.keys / "keyring.json", (zones.keys / "passphrase").read_bytes().strip())
    assert opened.version_of(HOUTEN) == 1


class Device:
    """A vault that keeps its roots to itself, as a hardware token would."""

    def __init__(self, *states: str) -> None:
        self._versions = tuple(KeyVersion(n, state, "", f"{n:016}") for n, state in enumerate(states, 1))

    def versions(self) -> tuple[KeyVersion, ...]:
        return self._versions

    def derive(self, version: int, info: bytes) -> bytes:
        return keyring.hkdf(bytes([version]) * 32, info)


def test_another_vault_fits_and_a_chained_key_stays_in_the_chain() -> None:
    first, both = Keyring(Device("active")), Keyring(Device("chained", "active"))
    old = first.maker(HOUTEN, "person").token(b"x")
    assert old.startswith("1.GM0321.person.")
    rekeyed = both.maker(HOUTEN, "person").token(b"x")
    assert rekeyed.startswith("2.GM0321.person.")
    assert both.fingerprints() == {"1": f"{1:016}", "2": f"{2:016}"}
    with pytest.raises(KeyUnavailable):
        Keyring(Device("destroyed"))


def rotated(path: Path, scope: DomainCode | None = None) -> KeyVersion:
    entry = add_pending(path, PASSPHRASE, NOW, scope=scope)
    settle(path)
    return entry


def states(path: Path) -> list[tuple[int, str, str]]:
    return [(entry.version, entry.scope, entry.state) for entry in list_keys(path)]


def test_a_version_of_one_domain_is_in_that_chain_only(path: Path) -> None:
    old = open_keyring(path, PASSPHRASE)
    rotated(path, HOUTEN)
    opened = open_keyring(path, PASSPHRASE)
    assert (opened.version_of(HOUTEN), opened.version_of(EDE)) == (2, 1)
    assert opened.maker(EDE, "person").token(b"x") == old.maker(EDE, "person").token(b"x")
    assert states(path) == [(1, "", "active"), (2, "GM0321", "active")]
    assert set(opened.fingerprints(HOUTEN)) == {"1", "2"}
    assert set(opened.fingerprints(EDE)) == {"1"}
    rotated(path)
    assert states(path) == [(1, "", "chained"), (2, "GM0321", "chained"), (3, "", "active")]
    opened = open_keyring(path, PASSPHRASE)
    assert (set(opened.fingerprints(HOUTEN)), set(opened.fingerprints(EDE))) == ({"1", "2", "3"}, {"1", "3"})
    assert len(opened.signing_seeds()) == 3


def test_re_keying_a_token_is_what_the_chain_makes(path: Path) -> None:
    old = open_keyring(path, PASSPHRASE).maker(HOUTEN, "person").token(b"x")
    rotated(path, HOUTEN)
    opened = open_keyring(path, PASSPHRASE)
    step = opened.next_step(HOUTEN, "person")
    assert step.token(bytes.fromhex(old.rsplit(".", 1)[1])) == opened.maker(HOUTEN, "person").token(b"x")
    other = opened.next_step(HOUTEN, "address")
    assert other.token(bytes.fromhex(old.rsplit(".", 1)[1])) != step.token(
        bytes.fromhex(old.rsplit(".", 1)[1])
    )


def test_a_pending_version_is_nobodys_but_the_rotations(path: Path) -> None:
    entry = add_pending(path, PASSPHRASE, NOW)
    assert pending_version(path) == entry
    assert open_keyring(path, PASSPHRASE).version_of(HOUTEN) == 1
    assert open_keyring(path, PASSPHRASE, pending=True).version_of(HOUTEN) == 2
    with pytest.raises(IntegrationError) as caught:
        add_pending(path, PASSPHRASE, NOW)
    assert caught.value.reason == Reason.ROTATION_UNFINISHED
    settle(path)
    settle(path)
    assert pending_version(path) is None
    assert states(path) == [(1, "", "chained"), (2, "", "active")]


def test_nothing_is_added_without_the_passphrase(path: Path) -> None:
    before = path.read_bytes()
    for call in (lambda: add_pending(path, b"wrong", NOW), lambda: rewrap(path, b"wrong", b"new")):
        with pytest.raises(KeyUnavailable) as caught:
            call()
        assert caught.value.reason == Reason.KEY_WRONG
    assert path.read_bytes() == before


def test_a_scope_is_bound_to_its_root(path: Path) -> None:
    rotated(path, HOUTEN)
    content = json.loads(path.read_text())
    content["keys"][1]["scope"] = "GM0228"
    path.write_text(json.dumps(content))
    assert reason(path) == Reason.KEY_WRONG


def test_a_destroyed_version_ends_every_chain_it_is_in(path: Path) -> None:
    second = rotated(path, HOUTEN)
    root = json.loads(path.read_text())["keys"][1]["wrap"]["root"]
    for wrong in ("", "0" * 16, second.fingerprint[:15]):
        with pytest.raises(UsageError) as caught:
            destroy(path, 2, wrong)
        assert caught.value.reason == Reason.CONFIRMATION_WRONG
    with pytest.raises(UsageError) as unknown:
        destroy(path, 2, second.fingerprint, scope=EDE)
    assert unknown.value.reason == Reason.KEY_UNKNOWN
    old = path.open("rb")
    assert destroy(path, 2, second.fingerprint).state == "destroyed"
    assert root not in path.read_text()
    assert set(old.read()) == {0}
    old.close()
    opened = open_keyring(path, PASSPHRASE)
    assert opened.version_of(EDE) == 1
    for call in (lambda: opened.version_of(HOUTEN), lambda: opened.maker(HOUTEN, "person"),
                 lambda: opened.subkey(HOUTEN, "output"), lambda: opened.fingerprints(HOUTEN)):  # fmt: skip
        with pytest.raises(KeyUnavailable) as gone:
            call()
        assert gone.value.reason == Reason.KEY_DESTROYED
    with pytest.raises(KeyUnavailable):
        destroy(path, 2, second.fingerprint)


def test_after_a_destroyed_version_a_chain_begins_anew(path: Path) -> None:
    destroy(path, 1, list_keys(path)[0].fingerprint)
    assert reason(path) == Reason.KEY_DESTROYED
    add_pending(path, PASSPHRASE, NOW, begins=True)
    settle(path)
    opened = open_keyring(path, PASSPHRASE)
    assert opened.version_of(HOUTEN) == 2
    assert set(opened.fingerprints(HOUTEN)) == {"2"}


def test_another_passphrase_changes_no_key(path: Path) -> None:
    rotated(path, HOUTEN)
    before = open_keyring(path, PASSPHRASE)
    rewrap(path, PASSPHRASE, b"another")
    assert reason(path) == Reason.KEY_WRONG
    after = open_keyring(path, b"another")
    assert after.maker(HOUTEN, "person").token(b"x") == before.maker(HOUTEN, "person").token(b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_keyring_of_before_scopes_is_for_all(path: Path) -> None:
    (item,) = json.loads(path.read_text())["keys"]
    assert set(item) == {"version", "state", "created_at", "fingerprint", "wrap"}
    assert list_keys(path)[0].scope == ""


def test_threads_may_open_keyrings_at_once(path: Path) -> None:
    """Without a lock OpenSSL's Argon2id fails or hangs here: its lanes share one pool of threads."""
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(lambda _: open_keyring(path, PASSPHRASE), range(100)))
    assert {ring.subkey(HOUTEN, "person") for ring in opened} == {opened[0].subkey(HOUTEN, "person")}
