"""Pseudonyms: the published vectors, the grammar, messages that cannot be confused, and golden values."""

from __future__ import annotations

import hmac
import json
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.names import DomainCode
from integration.pseudonyms.first_pass import FIRST_PURPOSES, FirstPass, Known
from integration.pseudonyms.keyring import hkdf
from integration.pseudonyms.second_pass import token_array
from integration.pseudonyms.tokens import TokenMaker, fingerprint, labelled, message, parse_token

HOUTEN, EDE = DomainCode("GM0321"), DomainCode("GM0228")
KEY = bytes(range(32))

# RFC 4231, section 4: key, data, HMAC-SHA-256 (its case 5 is truncated to 128 bits itself).
RFC_4231 = [
    ("0b" * 20, "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b"),
    (
        "4a656665",
        "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        "5bdcc146bf60754e6a042426089575c7",
    ),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a7"),
    (bytes(range(1, 26)).hex(), "cd" * 50, "82558a389a443c0ea4cc819899f2083a"),
    ("0c" * 20, "546573742057697468205472756e636174696f6e", "a3b6167473100ee06e0c796c2955552b"),
    (
        "aa" * 131,
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f",
    ),
]


@pytest.mark.parametrize(("key", "data", "digest"), RFC_4231)
def test_tokens_are_hmac_sha256_cut_to_128_bits(key: str, data: str, digest: str) -> None:
    maker = TokenMaker(1, HOUTEN, "person", [bytes.fromhex(key)])
    assert maker.token(bytes.fromhex(data)) == f"1.GM0321.person.{digest}"


# RFC 5869, appendix A: input key, salt, info, output.
RFC_5869 = [
    (
        "0b" * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "0b" * 22,
        None,
        b"",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("key", "salt", "info", "output"), RFC_5869)
def test_keys_are_derived_by_hkdf_sha256(key: str, salt: bytes | None, info: bytes, output: str) -> None:
    assert hkdf(bytes.fromhex(key), info, salt=salt, length=42).hex() == output


# C2SP Wycheproof, hmac_sha256_test: case, key, message, first 128 bits of the tag; one of each size.
WYCHEPROOF_HMAC = [
    (
        1,
        "1e225cafb90339bba1b24076d4206c3e79c355805d851682bc818baa4f5a7779",
        "",
        "b175b57d89ea6cb606fb3363f2538abd",
    ),
    (
        20,
        "186e248ad824e1eb93329a7fdcd565b6cb4eaf3f85b90b910777128d8c538d27",
        "92ef9ff52f46eccc7e38b9ee19fd2de3b37726c8e6ce9e1b96db5dda4c317902",
        "3fc1d73dd4a8858c1fc3d8c4a3f33ed5",
    ),
    (163, "a349ac0a9f9f74e48e099cc3dbf9a9c9", "", "3a8437b877b75cc08a4d8d7559a8fc68"),
    (
        165,
        "73ef9ef1a4225e51e3c1db3ace1fa24f",
        "ffad380d9aabb0acede5c1bf112925cdfc3d379fc2376a4fe2644490d0430ac3",
        "9c7cb9f7c207ec46d1e3c55764731c4a",
    ),
]
# hkdf_sha256_test: case, input key, salt, info, output.
WYCHEPROOF_HKDF = [
    (
        1,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        2,
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
    (4, "24aeff2645e3e0f5494a9a102778c43a", "", "", "d4cca5e416c3d9eb58bd562e922691daff76aa4d"),
    (
        7,
        "06eb26f8ccf28580c8f28d5b4dc47a49",
        "",
        "d5f081e81e8cf9ded199f3ae43c80a2dfe3d9cf2",
        "ae538577a14df1ab170ec01a9ceceabcebdd584f",
    ),
    (
        10,
        "c27718560fae2515acb17a874991d357",
        "4487f538b65c9058625057b4bbdd93e7",
        "",
        "19eb8ba1cc7e10498d8c3b3256f66d6ee6b2296f",
    ),
    (
        13,
        "c360e16084cfd13cb44b0dc02d8665de",
        "685ac7df93701d6c78babd847861bb3c",
        "e0ddfaaaa7afb53f59a007a205c7149b5b5a72be",
        "506669208fcfd6d27336099b6551c683f4f2eba2",
    ),
]


@pytest.mark.parametrize(("case", "key", "text", "digest"), WYCHEPROOF_HMAC)
def test_some_wycheproof_vectors_of_hmac(case: int, key: str, text: str, digest: str) -> None:
    token = TokenMaker(1, HOUTEN, "key", [bytes.fromhex(key)]).token(bytes.fromhex(text))
    assert token.rsplit(".", 1)[1] == digest, case


@pytest.mark.parametrize(("case", "key", "salt", "info", "output"), WYCHEPROOF_HKDF)
def test_some_wycheproof_vectors_of_hkdf(case: int, key: str, salt: str, info: str, output: str) -> None:
    made = hkdf(
        bytes.fromhex(key), bytes.fromhex(info), salt=bytes.fromhex(salt) or None, length=len(output) // 2
    )
    assert made.hex() == output, case


def test_all_wycheproof_vectors(shared_data: Path) -> None:
    folder = shared_data / "crypto-vectors"
    for group in json.loads((folder / "hmac_sha256_test.json").read_text())["testGroups"]:
        for case in (c for c in group["tests"] if c["result"] == "valid" and c["key"]):
            token = TokenMaker(1, HOUTEN, "key", [bytes.fromhex(case["key"])]).token(
                bytes.fromhex(case["msg"])
            )
            assert token.rsplit(".", 1)[1] == case["tag"][:32]
    for group in json.loads((folder / "hkdf_sha256_test.json").read_text())["testGroups"]:
        for case in (c for c in group["tests"] if c["result"] == "valid"):
            ikm, salt, info = (bytes.fromhex(case[part]) for part in ("ikm", "salt", "info"))
            assert hkdf(ikm, info, salt=salt or None, length=case["size"]).hex() == case["okm"]


def test_golden_values() -> None:
    """These never change: another value would make every pseudonym that was ever given out unrecognisable."""
    maker = TokenMaker(1, HOUTEN, "person", [KEY])
    assert message("bsn", labelled("bsn", "999900006")) == (
        b"\x05token\x00\x00\x00\x03bsn\x03bsn\x00\x00\x00\x09999900006"
    )
    assert (
        maker.token(message("bsn", labelled("bsn", "999900006")))
        == "1.GM0321.person.2124a02bdb66c87a7976db8eff7c309f"
    )
    assert (
        maker.token(message("name", labelled("surname", "müller")))
        == "1.GM0321.person.7cb01d38f2d66c98930284f5102c5489"
    )
    assert fingerprint(KEY) == "49f14ace726e5250"
    first = FirstPass(Known(HOUTEN, 1, "0" * 16), KEY).maker("person")
    digest = first.digest(message("bsn", labelled("bsn", "999900006")))
    assert digest.hex() == "786913287d9bf865f55ba6c2d92bb0ae"
    assert maker.token(digest) == "1.GM0321.person.3194b4b2cb71c219810c1bbc634859a6"
    assert hkdf(KEY, b"integration/v1/GM0321/person").hex()[:32] == "b8d4e661c7c39abfdeff39e8403ec232"


def test_a_list_of_messages_gives_what_each_gives() -> None:
    for chain in ([KEY], [KEY, b"second"]):
        maker = TokenMaker(2, HOUTEN, "key", chain)
        assert maker.tokens([b"a", None, b"b", b"a"]) == [
            maker.token(b"a"), None, maker.token(b"b"), maker.token(b"a"),
        ]  # fmt: skip


@settings(deadline=None)  # the first call imports what Arrow computes with
@given(st.lists(st.none() | st.binary(min_size=16, max_size=16), max_size=9), st.integers(1, 3))
def test_a_column_of_tokens_is_what_each_gives(digests: list[bytes | None], keys: int) -> None:
    maker = TokenMaker(12, EDE, "address", [bytes([n]) * 32 for n in range(keys)])
    column = pa.array([b"0" * 16, *digests], pa.binary(16))
    for part in (column, column.slice(1)):
        made = token_array(maker, part)
        made.validate(full=True)
        assert made.to_pylist() == maker.tokens(part.to_pylist())


def test_two_passes_are_two_hmacs() -> None:
    """What anybody can check with the standard library: HMAC under the one key, cut, then under the other."""
    known = Known(HOUTEN, 3, "0" * 16)
    one = hkdf(KEY, b"integration/first-pass/v3/GM0321/key")
    digest = hmac.digest(one, b"message", "sha256")[:16]
    assert FirstPass(known, KEY).maker("key").digests([b"message", None]) == [digest, None]
    token = TokenMaker(1, HOUTEN, "key", [b"second"]).token(digest)
    assert token == "1.GM0321.key." + hmac.digest(b"second", digest, "sha256")[:16].hex()


def test_first_pass_keys_of_domains_versions_and_purposes_share_nothing() -> None:
    made = {
        FirstPass(Known(domain, version, "0" * 16), KEY).maker(purpose).digest(b"message")
        for domain in (HOUTEN, EDE)
        for version in (1, 2)
        for purpose in FIRST_PURPOSES
    }
    assert len(made) == 12


def test_a_chain_rekeys_a_token_without_its_message() -> None:
    """new = HMAC(k2, HMAC(k1, message)): an old token's bytes are enough to make the new one."""
    old = TokenMaker(1, HOUTEN, "person", [b"first"]).token(b"message")
    rekeyed = TokenMaker(2, HOUTEN, "person", [b"second"]).token(bytes.fromhex(old.rsplit(".", 1)[1]))
    assert TokenMaker(2, HOUTEN, "person", [b"first", b"second"]).token(b"message") == rekeyed


def test_domains_and_purposes_share_no_token() -> None:
    bodies = {
        hkdf(KEY, f"integration/v1/{domain}/{purpose}".encode())
        for domain in (HOUTEN, EDE)
        for purpose in ("person", "address", "key")
    }
    assert len(bodies) == 6


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "ab", "b"]), st.text(max_size=4)), max_size=3), unique_by=str
    )
)
def test_no_two_lists_of_fields_give_the_same_message(lists: list[list[tuple[str, str]]]) -> None:
    made = [message("t", *(labelled(label, value) for label, value in fields)) for fields in lists]
    assert all(first != second for first, second in combinations(made, 2))


def test_the_grammar() -> None:
    token = parse_token("1.GM0321.person." + "0f" * 16)
    assert token is not None
    assert (token.version, token.domain, token.purpose) == (1, "GM0321", "person")
    for wrong in (
        "",
        "1.GM0321.person.0f",
        "0.GM0321.person." + "0f" * 16,
        "1.GM0321.person." + "0F" * 16,
        "999900006",
    ):
        assert parse_token(wrong) is None


def test_a_maker_shows_no_key() -> None:
    maker = TokenMaker(1, HOUTEN, "person", [KEY])
    assert KEY.hex() not in repr(FirstPass(Known(HOUTEN, 1, "0" * 16), KEY))
    assert repr(FirstPass(Known(HOUTEN, 1, "0" * 16), KEY)) == "FirstPass(GM0321, version=1)"
    assert repr(maker) == "TokenMaker(1.GM0321.person)"
    with pytest.raises(ValueError, match="known purpose"):
        TokenMaker(1, HOUTEN, "score", [KEY])
