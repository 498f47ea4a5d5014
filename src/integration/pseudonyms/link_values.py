"""From the texts of a person record to one normalised value a field.

Names, postcodes, house numbers, citizen numbers and birth dates follow :mod:`integration.pseudonyms.normalise`,
so that spellings agree here as they do everywhere else. What other countries write, and what has no rule
there (place, phone, email), becomes letters and digits in one case. What cannot be used becomes None.
"""

from __future__ import annotations

import re
from datetime import date

from integration.pseudonyms import normalise

RAW_FIELDS = (
    "given_names",
    "surname",
    "birth_date",
    "birth_year",
    "birth_month",
    "birth_day",
    "sex",
    "postcode",
    "house",
    "place",
    "number",
    "phone",
    "email",
    "extra",
)
"""What a person record can hold as it was written. A birth date is one text or three."""

_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-?(?P<month>[0-9]{2})(?:-?(?P<day>[0-9]{2}))?)?(?:[T ][0-9:.+Z]*)?"
    r"|(?P<d>[0-9]{1,2})[-/.](?P<m>[0-9]{1,2})[-/.](?P<y>[0-9]{4})"
)
_SEX = {"1": "1", "2": "2", "m": "1", "v": "2", "f": "2", "w": "2", "man": "1", "vrouw": "2", "male": "1"}
_SEX |= {"female": "2", "mannelijk": "1", "vrouwelijk": "2"}
_NO_VALUE = frozenset({"onbekend", "unknown", "nvt", "geen", "na", "none", "null", "nan", "leeg"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
LONGEST = 200
"""Signs of a value that count; what stands after them is not read."""


class Births:
    """Reads birth dates between ``earliest`` and ``latest``; the placeholder 1900-01-01 never counts."""

    def __init__(self, earliest: date, latest: date) -> None:
        self._earliest, self._latest = earliest, latest

    def __call__(self, text: str) -> str | None:
        """Return ``1980-05-03``, or ``1980-05`` or ``1980`` when no more is known, or None."""
        found = _DATE.fullmatch(text.strip())
        if not found:
            return None
        year, month, day = (
            int(found[name] or found[other] or 0)
            for name, other in (("year", "y"), ("month", "m"), ("day", "d"))
        )
        return self.of(year, month, day)

    def of(self, year: int, month: int, day: int) -> str | None:
        """Return the same of three numbers, 0 for unknown."""
        if (year, month, day) == (1900, 1, 1):
            return None
        known = normalise.birth((year, month, day), "0", self._latest, self._earliest)
        if known is None or known.known == "none":
            return None
        if known.known == "full":
            return f"{year:04d}-{month:02d}-{day:02d}"
        return f"{year:04d}-{month:02d}" if known.known == "month" else f"{year:04d}"


def given(text: str) -> str | None:
    """Return the first given name."""
    return normalise.first_name(text)


def surname(text: str) -> str | None:
    """Return the core of a surname."""
    return normalise.surname(text)


def sex(text: str) -> str | None:
    """Return ``1`` (man), ``2`` (woman) or None."""
    return _SEX.get(text.strip().lower())


def squeezed(text: str) -> str | None:
    """Return letters and digits in one case and without spaces; None when nothing is left or it says unknown."""
    plain = text if text.isascii() else normalise.fold(text)
    value = plain.lower() if plain.isalnum() else "".join(filter(str.isalnum, plain.lower()))
    return value[:LONGEST] if value and value not in _NO_VALUE else None


def place(text: str) -> str | None:
    """Return a place name's letters and digits, ``ij`` as ``y``."""
    return squeezed(normalise.fold(text))


def postcode(text: str) -> str | None:
    """Return ``1234AB``; of another country capitals and digits."""
    dutch = normalise.postcode(text)
    if dutch:
        return dutch
    value = squeezed(text)
    return value.upper() if value and any(map(str.isdigit, value)) and not _all_alike(value) else None


def house(text: str) -> str | None:
    """Return house number and addition (``12-A2``), or an address line's letters and digits."""
    number, addition = normalise.house_number(text)
    return house_of(number, addition) if number else squeezed(text)


def house_of(number: str | None, addition: str) -> str | None:
    """Return the same of a number and an addition that are normalised already."""
    return f"{number}-{addition}" if number and addition else number


def bsn(text: str) -> str | None:
    """Return a citizen service number that passes the 11-test."""
    return normalise.bsn(text).value


def other_number(text: str) -> str | None:
    """Return any other national number: at least four letters and digits that are not all alike."""
    value = squeezed(text)
    return value if value and len(value) > 3 and not _all_alike(value) else None


def phone(text: str) -> str | None:
    """Return a phone number's digits as dialled inside the country (+31 6 is 06)."""
    plain = text.strip()
    digits = "".join(filter(str.isdecimal, plain))
    if plain.startswith("+"):
        digits = "00" + digits
    if digits.startswith("0031"):
        digits = "0" + digits[4:].removeprefix("0")
    return digits if 6 <= len(digits) <= 20 and not _all_alike(digits.lstrip("0")) else None


def email(text: str) -> str | None:
    """Return an email address in one case."""
    value = text.strip().lower()
    return value if len(value) <= LONGEST and _EMAIL.fullmatch(value) else None


def _all_alike(text: str) -> bool:
    return len(set(text)) < 2
