"""The MACs under the link encoding: RFC 4493's vectors, and each vectorised step beside a plain one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.pseudonyms.link_digests import Cmac, as_blocks, derived_key
from integration.pseudonyms.link_tokens import Rekeyer

RFC_4493_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_ONE_BLOCK = (
    bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"),
    "070a16b46b4d4144f79bdd9dd04a287c",
)
RFC_4493_EMPTY = "bb1d6929e95937287fa37d129b756746"


def cmac(key: bytes, text: bytes) -> bytes:
    made = CMAC(AES(key))
    made.update(text)
    return made.finalize()


def test_a_block_has_the_mac_of_rfc_4493() -> None:
    message, mac = RFC_4493_ONE_BLOCK
    assert Cmac(RFC_4493_KEY).of_blocks(as_blocks([message] * 3)).tobytes().hex() == mac * 3


def test_an_empty_text_has_the_mac_of_rfc_4493() -> None:
    made, known = Cmac(RFC_4493_KEY).of_texts(pa.array(["", None]))
    assert made[0].tobytes().hex() == RFC_4493_EMPTY
    assert not made[1].any()
    assert known.tolist() == [True, False]


TEXTS = st.lists(st.none() | st.text(max_size=70), max_size=12)


@settings(deadline=None)
@given(TEXTS, st.binary(min_size=16, max_size=16))
def test_many_texts_at_once_are_macked_as_one_by_one(texts: list[str | None], key: bytes) -> None:
    texts = [text if text is None else text.encode("utf-8", "ignore").decode() for text in texts]
    made, known = Cmac(key).of_texts(pa.array(texts, pa.string()))
    assert known.tolist() == [text is not None for text in texts]
    for block, text in zip(made, texts, strict=True):
        assert block.tobytes() == (bytes(16) if text is None else cmac(key, text.encode()))


@pytest.mark.parametrize("size", [*range(15, 18), *range(31, 34), 64, 65])
def test_texts_that_end_at_a_block_s_edge(size: int) -> None:
    made, _ = Cmac(RFC_4493_KEY).of_texts(pa.array(["é" + "x" * (size - 2), "a"]))
    assert made[0].tobytes() == cmac(RFC_4493_KEY, ("é" + "x" * (size - 2)).encode())


def test_a_slice_of_a_column_is_macked_as_the_column() -> None:
    texts = pa.array(["een", None, "twee", "drie"])
    whole, _ = Cmac(RFC_4493_KEY).of_texts(texts)
    part, known = Cmac(RFC_4493_KEY).of_texts(texts.slice(1, 2))
    assert (part == whole[1:3]).all()
    assert known.tolist() == [False, True]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8), st.binary(min_size=16, max_size=48))
def test_the_second_pass_is_the_mac_of_eight_bytes_and_eight_zeros(tokens: list[int], key: bytes) -> None:
    made = Rekeyer(key).tokens(np.array(tokens, dtype=np.int64))
    aes = derived_key(key, "rekey", 16)
    plain = [cmac(aes, token.to_bytes(8, "little", signed=True) + bytes(8))[:8] for token in tokens]
    assert made.tolist() == [int.from_bytes(mac, "little", signed=True) for mac in plain]


def test_keys_are_derived_by_purpose_and_short_ones_refused() -> None:
    assert derived_key(bytes(32), "token") != derived_key(bytes(32), "label")
    assert len(derived_key(bytes(32), "token", 16)) == 16
    with pytest.raises(ValueError, match="at least 16 bytes"):
        derived_key(bytes(15), "token")
