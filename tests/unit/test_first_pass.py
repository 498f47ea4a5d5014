"""The key keeper, and the keys that it hands out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.deliveries import NOW, PASSPHRASE
from helpers.sealing import CHEAP
from integration.errors import IntegrationError, KeyUnavailable, UsageError
from integration.names import DomainCode
from integration.pseudonyms.first_pass import (
    FirstPass,
    KeyPlace,
    Known,
    known_first_pass,
    open_expected,
    open_first_pass,
    public_path,
)
from integration.pseudonyms.keeper import ROOT_FILE, hand_out, init_keeper
from integration.pseudonyms.tokens import fingerprint
from integration.reasons import Reason
from integration.wrapping import Cost

THEIRS = b"the recipient's own passphrase"
HOUTEN, EDE = DomainCode("GM0321"), DomainCode("GM0228")


@pytest.fixture
def keeper(tmp_path: Path) -> Path:
    init_keeper(tmp_path / "keeper", PASSPHRASE, NOW, cost=CHEAP)
    return tmp_path / "keeper"


def handed(keeper: Path, to: Path, domain: DomainCode = HOUTEN, version: int = 1) -> Known:
    return hand_out(keeper, PASSPHRASE, domain, version, to, THEIRS, NOW, cost=CHEAP)


def made_by(first: FirstPass) -> bytes:
    return first.maker("person").digest(b"message")


def test_the_same_domain_and_version_give_the_same_key_in_any_file(keeper: Path, tmp_path: Path) -> None:
    known = handed(keeper, tmp_path / "a.json")
    assert handed(keeper, tmp_path / "b.json") == known
    first, again = (open_first_pass(tmp_path / name, THEIRS) for name in ("a.json", "b.json"))
    assert made_by(first) == made_by(again)
    others = [handed(keeper, tmp_path / "c.json", EDE), handed(keeper, tmp_path / "d.json", HOUTEN, 2)]
    assert len({known.fingerprint, *(other.fingerprint for other in others)}) == 3
    assert fingerprint(first._secret) == known.fingerprint


def test_files_are_for_their_owner_and_hold_no_key(keeper: Path, tmp_path: Path) -> None:
    handed(keeper, tmp_path / "GM0321.json")
    secret = open_first_pass(tmp_path / "GM0321.json", THEIRS)._secret
    for path in (keeper / ROOT_FILE, tmp_path / "GM0321.json"):
        assert path.stat().st_mode & 0o077 == 0
    for path in (tmp_path / "GM0321.json", tmp_path / "GM0321.public.json"):
        assert secret.hex() not in path.read_text()
    assert known_first_pass(tmp_path, HOUTEN).version == 1


@pytest.mark.parametrize(
    ("domain", "version", "name", "reason"),
    [
        ("gm0321", 1, "x.json", Reason.INPUT_INVALID),
        ("../GM0321", 1, "x.json", Reason.INPUT_INVALID),
        ("GM0321", 0, "x.json", Reason.INPUT_INVALID),
        ("GM0321", 10_000, "x.json", Reason.INPUT_INVALID),
        ("GM0321", 1, "x.key", Reason.INPUT_INVALID),
        ("GM0321", 1, "there.json", Reason.KEY_EXISTS),
    ],
)
def test_what_cannot_be_handed_out(
    keeper: Path, tmp_path: Path, domain: str, version: int, name: str, reason: Reason
) -> None:
    (tmp_path / "there.json").write_text("{}")
    with pytest.raises(UsageError) as caught:
        handed(keeper, tmp_path / name, DomainCode(domain), version)
    assert caught.value.reason == reason


def test_a_wrong_passphrase_or_another_file_opens_nothing(keeper: Path, tmp_path: Path) -> None:
    to = tmp_path / "GM0321.json"
    with pytest.raises(KeyUnavailable) as caught:
        hand_out(keeper, b"wrong", HOUTEN, 1, to, THEIRS, NOW, cost=CHEAP)
    assert caught.value.reason == Reason.KEY_WRONG
    assert not to.exists()
    known = handed(keeper, to)
    for path, passphrase, reason in (
        (to, b"wrong", Reason.KEY_WRONG),
        (keeper / ROOT_FILE, PASSPHRASE, Reason.KEY_MISSING),
        (tmp_path / "none.json", THEIRS, Reason.KEY_MISSING),
    ):
        with pytest.raises(KeyUnavailable) as caught:
            open_first_pass(path, passphrase)
        assert caught.value.reason == reason
    (tmp_path / "passphrase").write_bytes(THEIRS)
    place = KeyPlace(to, tmp_path / "passphrase", known)
    assert open_expected(place).known == known
    with pytest.raises(KeyUnavailable) as caught:
        open_expected(KeyPlace(to, tmp_path / "passphrase", Known(HOUTEN, 2, known.fingerprint)))
    assert caught.value.reason == Reason.KEY_WRONG


def test_another_domain_written_over_a_key_does_not_open(keeper: Path, tmp_path: Path) -> None:
    """What the file tells of the key is bound to it."""
    to = tmp_path / "GM0321.json"
    known = handed(keeper, to)
    content = json.loads(to.read_text())
    to.write_text(json.dumps(content | {"public": Known(EDE, 1, known.fingerprint).text}))
    with pytest.raises(KeyUnavailable) as caught:
        open_first_pass(to, THEIRS)
    assert caught.value.reason == Reason.KEY_WRONG


@settings(deadline=None)
@given(st.binary(max_size=60) | st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(["GM0321", "integration-first-pass/1"]),
    lambda inner: st.dictionaries(
        st.sampled_from(["format", "domain", "version", "fingerprint", "x"]), inner, max_size=5),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_no_bytes_but_a_public_part_are_one(text: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        public_path(Path(name) / "GM0321.json").write_bytes(text)
        with pytest.raises(KeyUnavailable):
            known_first_pass(Path(name), HOUTEN)


def test_a_second_root_is_never_made(keeper: Path) -> None:
    with pytest.raises(IntegrationError) as caught:
        init_keeper(keeper, PASSPHRASE, NOW, cost=CHEAP)
    assert caught.value.reason == Reason.KEY_EXISTS


def test_threads_that_open_keys_at_once_do_not_wait_for_each_other(keeper: Path, tmp_path: Path) -> None:
    """With more lanes than one, OpenSSL's Argon2 in two threads would."""
    four = Cost(memory_kib=64, passes=1, lanes=4)
    hand_out(keeper, PASSPHRASE, HOUTEN, 1, tmp_path / "GM0321.json", THEIRS, NOW, cost=four)
    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(lambda _: made_by(open_first_pass(tmp_path / "GM0321.json", THEIRS)), range(40)))
    assert len(made) == 1
