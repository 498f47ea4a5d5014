"""Reads columns of texts into normalised values: what is written the usual way in a few calls, the rest one by one.

The short way of a field gives what its function in :mod:`integration.pseudonyms.link_values` gives; the tests hold
them together. It matters for fields in which every person has another value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from integration.pseudonyms import link_values
from integration.pseudonyms.link_digests import Array, compute

_LONGEST = 1000
"""Signs of a text that are read; nobody's name is longer."""
ShortWay = Callable[[Array], tuple[Array, Array]]
"""From texts to values, and for which texts these are right."""


@dataclass(frozen=True)
class Reader:
    """How the texts of one field are read."""

    one: Callable[[str], str | None]
    short: ShortWay | None = None

    def read(self, texts: Array) -> Array:
        """Return a value or null for each text."""
        if self.short is None:
            return pa.array([*map(self._one, texts.to_pylist())], type=pa.string())
        values, right = self.short(texts)
        right = compute.fill_null(right, False)
        rest = compute.invert(right)
        others = [*map(self._one, texts.filter(rest).to_pylist())]
        return (
            compute.replace_with_mask(values, rest, pa.array(others, type=pa.string())) if others else values
        )

    def _one(self, text: str | None) -> str | None:
        return self.one(text[:_LONGEST]) if text else None


def readers(earliest: date, latest: date, number: str) -> dict[str, Reader]:
    """Return the reader of each field; ``number`` is ``bsn`` or ``any``, else ValueError."""
    if number not in ("bsn", "any"):
        raise ValueError("a national number is read as bsn or any")
    return {
        "given": Reader(link_values.given),
        "surname": Reader(link_values.surname),
        "birth": Reader(link_values.Births(earliest, latest)),
        "sex": Reader(link_values.sex),
        "postcode": Reader(link_values.postcode, _postcodes),
        "house": Reader(link_values.house),
        "place": Reader(link_values.place),
        "number": Reader(link_values.bsn, _bsns) if number == "bsn" else Reader(link_values.other_number),
        "phone": Reader(link_values.phone, _phones),
        "email": Reader(link_values.email, _emails),
        "extra": Reader(link_values.squeezed),
    }


def _postcodes(texts: Array) -> tuple[Array, Array]:
    right = compute.match_substring_regex(texts, r"\A[1-9][0-9]{3} ?[A-Z]{2}\z")
    return compute.replace_substring(texts, " ", ""), right


def _phones(texts: Array) -> tuple[Array, Array]:
    alike = "|".join(f"{digit}{{9}}" for digit in range(1, 10))
    usual = compute.match_substring_regex(texts, r"\A0[1-9][0-9]{8}\z")
    return texts, compute.and_not(usual, compute.match_substring_regex(texts, rf"\A0(?:{alike})\z"))


def _emails(texts: Array) -> tuple[Array, Array]:
    sign = "[!-?A-~]"
    right = compute.match_substring_regex(texts, rf"\A{sign}+@{sign}*{sign}\.[!-\-/-?A-~]+\z")
    short = compute.less_equal(compute.binary_length(texts), link_values.LONGEST)
    return compute.ascii_lower(texts), compute.and_(right, short)


def _bsns(texts: Array) -> tuple[Array, Array]:
    """Nine digits: a number when they pass the 11-test and are not the codes for unknown and unborn."""
    right = compute.fill_null(compute.match_substring_regex(texts, r"\A[0-9]{9}\z"), False)
    nine = right.to_numpy(zero_copy_only=False)
    found: list[str] = texts.filter(right).to_pylist()  # type: ignore[assignment]  # none of them is None
    read = "".join(found).encode("ascii")
    digits = np.frombuffer(read, dtype=np.uint8).reshape(-1, 9).astype(np.int64) - ord("0")
    passes = digits @ np.array([9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
    usable = nine.copy()
    usable[nine] = passes & digits.any(axis=1) & (digits != 9).any(axis=1)
    return compute.if_else(pa.array(usable), texts, pa.scalar(None, pa.string())), right
