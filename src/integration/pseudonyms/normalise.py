"""Normalisation of identifiers, version 1: one spelling of what sources write in many ways.

Two spellings give the same pseudonym exactly when these functions give the same text, so every change here
is a new :data:`VERSION` and needs redelivery. The rules, with examples, are in
``docs/reference/pseudonyms.md``; the golden values in the tests hold them still. Nothing here knows a key,
and nothing here raises an error about a value: what cannot be used becomes None.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

VERSION = 1
"""Version of these rules; written into every encoded delivery."""

OK = "ok"
MISSING = "missing"
UNKNOWN = "unknown"
UNBORN = "unborn"
INVALID = "invalid"
PARTIAL = "partial"

STATUSES = (OK, MISSING, UNKNOWN, UNBORN, INVALID, PARTIAL)
"""What can be said of an identifier field without saying what was in it."""

BSN_UNKNOWN = "999999999"
"""CBS beleidsinformatie Jeugd: the number is not known."""
BSN_UNBORN = "000000000"
"""CBS beleidsinformatie Jeugd: an unborn child."""
EARLIEST_BIRTH = date(1900, 1, 2)
"""1900-01-01 is what systems write for an unknown date; nobody alive was born before it."""

_ASCII_ZEROS = ord("0") * (9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 - 1)
_BSN_SIGNS = dict.fromkeys(map(ord, " .-\t\r\n"))
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘‚‛`´ʼʹʻˈ′＇"))
_HYPHENS = {ord(sign): "-" for sign in "‐‑‒–—―−﹣－"}
_SINGLE = {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
_LETTERS = str.maketrans({**_SINGLE, "æ": "ae", "œ": "oe", "þ": "th"})
_NO_NAME = frozenset({"onbekend", "unknown", "nvt", "nnb", "nn", "geen", "naamloos", "xxx", "anoniem"})
_PARTICLES = frozenset(
    """a aan aen af al am auf aus bij by d da dal dalla dalle das de degli dei del della den der des di do dos
    du el het in l la las le les lo los of onder op over s t te ten ter tho thoe thor to toe tot uit uyt v van
    vanden vander vd vdr ver vom von voor vor zu zum zur""".split()  # noqa: SIM905
)
"""Loose name particles: the prefixes of table 36 of the Dutch population register, word by word."""
_MARRIED = re.compile(r"\s(?:e/v|ev|geb\.?|geboren|gehuwd|gesch\.?|wed\.?|w/v|echtgenote|echtgenoot)\s")
_HOUSE_NUMBER = re.compile(r"0*([1-9][0-9]{0,4})(?![0-9])(.{0,20})", re.DOTALL)
_POSTCODE = re.compile(r"[1-9][0-9]{3}[A-Z]{2}")


class Bsn(NamedTuple):
    """A citizen service number: nine digits or None, its status, and whether lost zeros were put back."""

    value: str | None
    status: str
    padded: bool = False


class Birth(NamedTuple):
    """A birth date as far as it is known: ``full``, ``month``, ``year`` or ``none``."""

    year: int | None
    known: str
    day: date | None


class HouseNumber(NamedTuple):
    """A house number without leading zeros, and the addition that stood glued to it (usually empty)."""

    number: str | None
    addition: str


def fold(text: str) -> str:
    """Return ``text`` in one spelling: NFKC, casefold, no diacritics, no apostrophes, one hyphen, ij as y.

    ``ÿ`` loses its diaeresis and so equals ``ij``. Applying it twice changes nothing. Letters outside the
    Latin script are kept.
    """
    folded = text.translate(_APOSTROPHES)
    folded = folded.lower() if text.isascii() else _without_marks(folded)
    return " ".join(folded.replace("ij", "y").split())


def _without_marks(text: str) -> str:
    """Decompose, fold case, drop combining marks, compose; repeated until it holds still."""
    while True:
        split = unicodedata.normalize("NFKD", text).casefold()
        bare = "".join(sign for sign in split if not unicodedata.combining(sign))
        bare = bare.translate(_LETTERS).translate(_HYPHENS).translate(_APOSTROPHES)
        result = unicodedata.normalize("NFKC", bare)
        if result == text:
            return result
        text = result


def _words(text: str) -> list[str]:
    """Split at everything that is neither a letter nor a digit."""
    return "".join(sign if sign.isalnum() else " " for sign in text).split()


def surname(text: str) -> str | None:
    """Return the core of a surname, or None when there is none.

    That is what stands before a comma (``Berg, van den``) and before a marker of marriage (``Jansen e/v De
    Vries``), without leading particles (``van den Berg`` equals ``Berg`` with its prefix in another column),
    of a double name the first part (``Jansen-de Vries``), without spaces. A name that is all particles keeps
    its last word (``Van``).
    """
    if text.isascii() and text.isalpha():
        plain = text.lower().replace("ij", "y")
        return plain if plain not in _NO_NAME else None
    folded = fold(text)
    head = folded.split(",", 1)[0].strip() or folded.replace(",", " ")
    head = _MARRIED.split(f" {head} ", maxsplit=1)[0] or head
    parts = [words for words in map(_words, head.split("-")) if words]
    core = next((found for found in map(_without_particles, parts) if found), parts[-1][-1:] if parts else [])
    name = "".join(core)
    return name if name and name not in _NO_NAME else None


def _without_particles(words: list[str]) -> list[str]:
    for position, word in enumerate(words):
        if word not in _PARTICLES:
            return words[position:]
    return []


def first_name(text: str) -> str | None:
    """Return the first given name, or None when there is none or only an initial.

    A hyphen binds (``Anne-Marie`` is ``annemarie``); a space or a full stop separates (``Jan Willem`` is
    ``jan``; ``J.P.`` is only initials).
    """
    words = _first_words(text)
    if not words or len(words[0]) == 1 or words[0] in _NO_NAME:
        return None
    return words[0]


def _first_words(text: str) -> list[str]:
    """Split first names into words, a hyphen binding; the usual single word goes the short way."""
    if text.isascii() and text.isalpha():
        return [text.lower().replace("ij", "y")]
    return _words(fold(text).replace("-", ""))


def initial(text: str) -> str | None:
    """Return the first letter of the first given name; ``IJsbrand`` and ``Ysbrand`` share ``y``."""
    words = _first_words(text)
    return words[0][0] if words and words[0] not in _NO_NAME else None


def name_status(text: str, usable: object) -> str:
    """Return what to say of a name field: ok when ``usable``, unknown when it holds a placeholder."""
    if usable:
        return OK
    if not text.strip():
        return MISSING
    return UNKNOWN if _words(text) else INVALID


def postcode(text: str) -> str | None:
    """Return a postcode as ``1234AB``, or None when it is none."""
    squeezed = "".join(unicodedata.normalize("NFKC", text).split()).upper()
    return squeezed if _POSTCODE.fullmatch(squeezed) else None


def house_number(text: str) -> HouseNumber:
    """Split ``12``, ``0012``, ``12a``, ``12-2`` or ``12 bis`` into number and addition."""
    found = _HOUSE_NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return HouseNumber(found[1], house_addition(found[2])) if found else HouseNumber(None, "")


def house_addition(text: str) -> str:
    """Return house letter and addition as capitals and digits (``a-2`` is ``A2``); may be empty."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).upper() if sign.isalnum())


def elfproef(digits: str) -> bool:
    """Tell whether nine digits pass the 11-test: weights 9 to 2 and -1 give a multiple of 11 (iJw, RvIG)."""
    a, b, c, d, e, f, g, h, i = digits.encode("ascii")
    return (9 * a + 8 * b + 7 * c + 6 * d + 5 * e + 4 * f + 3 * g + 2 * h - i - _ASCII_ZEROS) % 11 == 0


def bsn(text: str) -> Bsn:
    """Return a BSN with its status; eight digits that pass the 11-test with a zero in front get it back.

    Spaces, full stops and hyphens are dropped. 999999999 means unknown and 000000000 (also eight zeros)
    unborn: both would link strangers, so both become None.
    """
    digits = text
    if not (text.isascii() and text.isdigit()):
        digits = text.translate(_BSN_SIGNS)
        if not digits or digits.isspace():
            return Bsn(None, MISSING)
        if not (digits.isascii() and digits.isdigit()):
            return Bsn(None, INVALID)
    if len(digits) not in (8, 9):
        return Bsn(None, INVALID)
    padded = digits.zfill(9)
    if padded == BSN_UNKNOWN:
        return Bsn(None, UNKNOWN)
    if padded == BSN_UNBORN:
        return Bsn(None, UNBORN)
    if not elfproef(padded):
        return Bsn(None, INVALID)
    return Bsn(padded, OK, len(digits) == 8)


def birth(
    parts: tuple[int, int, int], usage: str, latest: date, earliest: date = EARLIEST_BIRTH
) -> Birth | None:
    """Return how much of a birth date (year, month, day; 0 for unknown) is known, or None when it cannot be.

    ``usage`` is iJw's COD170 (datumgebruik): 1 the day, 2 day and month, 3 nothing is known, whatever filler
    the date holds. Dates before ``earliest`` (2 January 1900 for people alive) or after ``latest`` cannot be.
    """
    year, month, day = parts
    if usage == "3" or year == 0:
        return Birth(None, "none", None)
    if not earliest.year <= year <= latest.year:
        return None
    if usage == "2" or month == 0:
        return Birth(year, "year", None)
    if not 1 <= month <= 12:
        return None
    if usage == "1" or day == 0:
        return Birth(year, "month", None) if (year, month) <= (latest.year, latest.month) else None
    try:
        whole = date(year, month, day)
    except ValueError:
        return None
    return Birth(year, "full", whole) if earliest <= whole <= latest else None
