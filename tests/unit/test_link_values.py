"""How texts are read for linkage: tables of spellings, and the short way held against the long one."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.pseudonyms import link_values
from integration.pseudonyms.link_readers import readers

READERS = readers(date(1900, 1, 2), date(2026, 1, 1), "bsn")

TABLE = [
    ("phone", "06-12345678", "0612345678"),
    ("phone", "+31612345678", "0612345678"),
    ("phone", "0031 (0)6 12345678", "0612345678"),
    ("phone", "+32 475 123456", "0032475123456"),
    ("phone", "0000000000", None),
    ("phone", "0111111111", None),
    ("phone", "12345", None),
    ("phone", "geen", None),
    ("email", "A.B@Voorbeeld.NL", "a.b@voorbeeld.nl"),
    ("email", "a@b", None),
    ("email", "onbekend", None),
    ("email", "a@b.nl c@d.nl", None),
    ("postcode", "1234 ab", "1234AB"),
    ("postcode", "TQ13 8DF", "TQ138DF"),
    ("postcode", "4223", "4223"),
    ("postcode", "0000", None),
    ("postcode", "onbekend", None),
    ("house", "12 bis", "12-BIS"),
    ("house", "012", "12"),
    ("house", "Dorpsstraat", "dorpsstraat"),
    ("place", "IJmuiden", "ymuiden"),
    ("place", "'s-Gravenhage", "sgravenhage"),
    ("place", "Onbekend", None),
    ("place", "-", None),
    ("number", "111222333", "111222333"),
    ("number", "11122233", None),
    ("number", "111222334", None),
    ("number", "999999999", None),
    ("number", "000000000", None),
    ("sex", "V", "2"),
    ("sex", "x", None),
    ("given", "J.", None),
    ("given", "Anne-Marie Jo", "annemarie"),
    ("surname", "Jansen e/v De Vries", "jansen"),
    ("birth", "1980/05/03", None),
    ("birth", "2027-01-01", None),
]


@pytest.mark.parametrize(("field", "text", "value"), TABLE)
def test_a_text_is_read_as(field: str, text: str, value: str | None) -> None:
    assert READERS[field].read(pa.array([text, None, ""])).to_pylist() == [value, None, None]


def test_another_number_than_a_bsn() -> None:
    reader = readers(date(1900, 1, 2), date(2026, 1, 1), "any")["number"]
    texts = ["5304218", "AB-12 34", "000000000", "12", None]
    assert reader.read(pa.array(texts)).to_pylist() == ["5304218", "ab1234", None, None, None]


def test_a_house_that_was_normalised_already() -> None:
    assert link_values.house_of("12", "A2") == link_values.house("12 a-2")
    assert link_values.house_of("12", "") == link_values.house("0012")
    assert link_values.house_of(None, "A") is None


SPELLED = st.one_of(
    st.from_regex(r"[1-9][0-9]{3} ?[A-Za-z]{2}", fullmatch=True),
    st.from_regex(r"0[0-9]{8,10}", fullmatch=True),
    st.from_regex(r"[0-9]{8,10}", fullmatch=True),
    st.from_regex(r"[0-9]{3}\.?[0-9]{3} ?[0-9]{3}\n?", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9.@é ]{1,9}@[A-Za-z.\-@]{1,9}\.[a-zA-Z.@]{1,4}\n?", fullmatch=True),
    st.sampled_from(["111222333", "123456782", "0" * 9, "9" * 9, "0111111111", "x" * 198 + "@a.b"]),
    st.text(max_size=12),
)


@settings(deadline=None)
@given(st.lists(st.none() | SPELLED, max_size=20))
def test_the_short_way_reads_as_the_long_one(texts: list[str | None]) -> None:
    texts = [text and text.encode("utf-8", "ignore").decode() for text in texts]
    for field in ("postcode", "number", "phone", "email"):
        reader = READERS[field]
        assert reader.short is not None
        slow = [reader.one(text) if text else None for text in texts]
        assert reader.read(pa.array(texts, pa.string())).to_pylist() == slow
