"""Normalisation, version 1: golden values, and properties that hold for every text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.pseudonyms import normalise
from integration.pseudonyms.normalise import Birth

TODAY = date(2026, 2, 1)


def test_the_version() -> None:
    """A changed golden value below is a new version."""
    assert normalise.VERSION == 1


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("Jansen", "jansen"),
        ("JANSEN", "jansen"),
        (" jansen ", "jansen"),
        # particles: in a column of their own, in front, or after a comma
        ("Berg", "berg"),
        ("van den Berg", "berg"),
        ("Van Den Berg", "berg"),
        ("Berg, van den", "berg"),
        ("v.d. Berg", "berg"),
        ("Op den Camp", "camp"),
        ("Van", "van"),
        ("de la Cruz", "cruz"),
        ("El Amrani", "amrani"),
        ("El-Amrani", "amrani"),
        # ij, y and their signs
        ("Meijer", "meyer"),
        ("Meyer", "meyer"),
        ("MEĲER", "meyer"),
        ("Meÿer", "meyer"),
        # diacritics and letters that do not decompose
        ("Müller", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Çelik", "celik"),
        ("Søren", "soren"),
        ("Łukasz", "lukasz"),
        ("Æbelø", "aebelo"),
        ("Groß", "gross"),
        ("ŞİMŞEK", "simsek"),
        # apostrophes of every kind, also in particles
        ("van 't Hof", "hof"),
        ("van ’t Hof", "hof"),
        ("'t Hart", "hart"),
        ("O'Brien", "obrien"),
        ("O´Brien", "obrien"),
        ("'s-Gravesande", "gravesande"),
        ("in 't Veld", "veld"),
        # double and married names: the first part
        ("Jansen-de Vries", "jansen"),
        ("Jansen - de Vries", "jansen"),
        ("Jansen‐Bakker", "jansen"),
        ("de Vries-Jansen", "vries"),
        ("Jansen e/v De Vries", "jansen"),
        ("Jansen geb. De Vries", "jansen"),
        # several words, full width, other scripts
        ("Hoog Land", "hoogland"),
        ("Ｊａｎｓｅｎ", "jansen"),
        ("Ιωάννου", "ιωαννου"),
        # nothing to go by
        ("", None),
        (".", None),
        ("-", None),
        ("Onbekend", None),
        ("N.N.B.", None),
    ],
)
def test_surnames(text: str, core: str | None) -> None:
    assert normalise.surname(text) == core


@pytest.mark.parametrize(
    ("text", "first", "initial"),
    [
        ("Daan", "daan", "d"),
        ("DAAN", "daan", "d"),
        ("Jan Willem", "jan", "j"),
        ("Anne-Marie", "annemarie", "a"),
        ("IJsbrand", "ysbrand", "y"),
        ("Ysbrand", "ysbrand", "y"),
        ("Zoë", "zoe", "z"),
        ("D'Angelo", "dangelo", "d"),
        ("J.P.", None, "j"),
        ("J", None, "j"),
        ("", None, None),
        ("onbekend", None, None),
        ("?", None, None),
    ],
)
def test_first_names(text: str, first: str | None, initial: str | None) -> None:
    assert (normalise.first_name(text), normalise.initial(text)) == (first, initial)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3991XZ", "3991XZ"), ("3991 xz", "3991XZ"), (" 3991xz ", "3991XZ"), ("３９９１XZ", "3991XZ"),
        ("0991XZ", None), ("3991", None), ("3991XZ1", None), ("XZ3991", None), ("", None),
    ],
)  # fmt: skip
def test_postcodes(text: str, code: str | None) -> None:
    assert normalise.postcode(text) == code


@pytest.mark.parametrize(
    ("text", "number", "addition"),
    [
        ("87", "87", ""), ("0087", "87", ""), ("87b", "87", "B"), ("87 b", "87", "B"), ("87-2", "87", "2"),
        ("87 bis", "87", "BIS"), ("12345", "12345", ""), ("123456", None, ""), ("0", None, ""), ("b87", None, ""),
        ("", None, ""),
    ],
)  # fmt: skip
def test_house_numbers(text: str, number: str | None, addition: str) -> None:
    assert normalise.house_number(text) == (number, addition)


@pytest.mark.parametrize(
    ("text", "addition"), [("", ""), ("a", "A"), ("A-2", "A2"), (" a 2 ", "A2"), ("-", ""), ("III", "III")]
)
def test_house_additions(text: str, addition: str) -> None:
    assert normalise.house_addition(text) == addition


@pytest.mark.parametrize(
    ("text", "value", "status", "padded"),
    [
        ("999900006", "999900006", "ok", False),
        (" 9999.00.006 ", "999900006", "ok", False),
        ("12345672", "012345672", "ok", True),
        ("012345672", "012345672", "ok", False),
        ("12345678", None, "invalid", False),
        ("123456789", None, "invalid", False),
        ("999999999", None, "unknown", False),
        ("000000000", None, "unborn", False),
        ("00000000", None, "unborn", False),
        ("", None, "missing", False),
        ("   ", None, "missing", False),
        ("1234567", None, "invalid", False),
        ("9999000066", None, "invalid", False),
        ("99990000x", None, "invalid", False),
        ("９９９９００００６", None, "invalid", False),
        ("²²²²²²²²²", None, "invalid", False),
    ],
)
def test_bsn(text: str, value: str | None, status: str, padded: bool) -> None:
    assert normalise.bsn(text) == (value, status, padded)


@pytest.mark.parametrize(
    ("parts", "usage", "result"),
    [
        ((2015, 3, 4), "", Birth(2015, "full", date(2015, 3, 4))),
        ((2015, 3, 0), "", Birth(2015, "month", None)),
        ((2015, 0, 0), "", Birth(2015, "year", None)),
        ((0, 0, 0), "", Birth(None, "none", None)),
        ((2015, 3, 1), "1", Birth(2015, "month", None)),
        ((2015, 7, 1), "2", Birth(2015, "year", None)),
        ((1900, 1, 1), "3", Birth(None, "none", None)),
        ((1900, 1, 1), "", None),
        ((1900, 1, 2), "", Birth(1900, "full", date(1900, 1, 2))),
        ((2026, 2, 1), "", Birth(2026, "full", TODAY)),
        ((2026, 2, 2), "", None),
        ((2026, 3, 0), "", None),
        ((2027, 0, 0), "", None),
        ((1899, 0, 0), "", None),
        ((2015, 2, 30), "", None),
        ((2015, 13, 0), "", None),
    ],
)
def test_birth_dates(parts: tuple[int, int, int], usage: str, result: Birth | None) -> None:
    assert normalise.birth(parts, usage, TODAY) == result


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = normalise.fold(text)
    assert normalise.fold(once) == once


@given(st.text(max_size=40))
def test_no_text_breaks_anything(text: str) -> None:
    for function in (normalise.surname, normalise.first_name, normalise.initial, normalise.postcode):
        result = function(text)
        assert result is None or result
    assert normalise.bsn(text).status in normalise.STATUSES
    assert normalise.name_status(text, normalise.surname(text)) in normalise.STATUSES
    normalise.house_number(text)
    normalise.house_addition(text)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=["Lu", "Ll"]), max_size=20))
def test_case_does_not_matter(text: str) -> None:
    assert normalise.surname(text.upper()) == normalise.surname(text.upper().lower())


@given(
    st.from_regex(r"[A-Z][a-z]{2,10}", fullmatch=True),
    st.sampled_from(["van", "van der", "de", "ter", "v.d."]),
)
def test_a_prefix_may_stand_anywhere(name: str, prefix: str) -> None:
    forms = {normalise.surname(form) for form in (f"{prefix} {name}", f"{name}, {prefix}")}
    assert len(forms) == 1


@given(st.integers(0, 10**8 - 1))
def test_one_digit_in_eleven_fits(stem: int) -> None:
    """Of the ten numbers with the same first eight digits at most one is a BSN."""
    passing = [digit for digit in range(10) if normalise.elfproef(f"{stem:08}{digit}")]
    weights = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), f"{stem:08}", strict=True))
    assert passing == ([weights % 11] if weights % 11 < 10 else [])


@given(
    st.tuples(st.integers(0, 2100), st.integers(0, 13), st.integers(0, 32)),
    st.sampled_from(["", "1", "2", "3", "x"]),
)
def test_birth_dates_are_whole_only_when_every_part_is_known(parts: tuple[int, int, int], usage: str) -> None:
    found = normalise.birth(parts, usage, TODAY)
    if found is not None and found.day is not None:
        assert found.day == date(*parts)
        assert found.known == "full"
        assert usage not in ("1", "2", "3")
        assert found.day <= TODAY


@given(st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True))
def test_the_short_way_for_plain_names_gives_what_the_long_way_gives(text: str) -> None:
    assert normalise.surname(text) == normalise.surname(f" {text} ")
    assert normalise.first_name(text) == normalise.first_name(f" {text} ")
    assert normalise.initial(text) == normalise.initial(f" {text} ")
