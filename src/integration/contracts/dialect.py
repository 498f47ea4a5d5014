"""How a supplier writes: delimiter, encoding, date format and the separator inside a list."""

from __future__ import annotations

import codecs
import re
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

ENCODINGS = ("utf-8", "utf-8-sig", "windows-1252", "iso-8859-1")
DELIMITERS = (";", ",", "\t", "|")
LIST_SEPARATORS = ("|", ",", ";", "+", "/")
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
"""Supplier files are read to the letter: an unknown key is a mistake, a number is no text."""

_DATE_FORMAT = re.compile(r"ddmmyyyy|yyyymmdd|dd?([-/.])mm?\1yyyy|yyyy([-/.])mm\2dd")
_TOKENS = {
    "dd": (r"(?P<day>\d{2})", "%d"),
    "d": (r"(?P<day>\d{1,2})", "%d"),
    "mm": (r"(?P<month>\d{2})", "%m"),
    "m": (r"(?P<month>\d{1,2})", "%m"),
    "yyyy": (r"(?P<year>\d{4})", "%Y"),
}


def _encoding(value: str) -> str:
    if value not in ENCODINGS:
        raise ValueError(f"encoding must be one of {', '.join(ENCODINGS)}")
    codecs.lookup(value)
    return value


def _delimiter(value: str) -> str:
    found = "\t" if value == "tab" else value
    if found not in DELIMITERS:
        raise ValueError("delimiter must be one of ; , | or tab")
    return found


def _list_separator(value: str) -> str:
    if value not in LIST_SEPARATORS:
        raise ValueError(f"list_separator must be one of {' '.join(LIST_SEPARATORS)}")
    return value


def _date_format(value: str) -> str:
    if not _DATE_FORMAT.fullmatch(value):
        raise ValueError("date_format must be like dd-mm-yyyy, d/m/yyyy, ddmmyyyy, yyyy-mm-dd or yyyymmdd")
    return value


class Dialect(BaseModel):
    """The form of a supplier's files.

    ``date_format`` is in tokens (``dd-mm-yyyy``); :attr:`strptime` is the same for Python. ``delimiter`` is
    the character itself, also where the file says ``tab``.
    """

    model_config = STRICT

    delimiter: Annotated[str, AfterValidator(_delimiter)] = ";"
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    date_format: Annotated[str, AfterValidator(_date_format)] = "yyyy-mm-dd"
    list_separator: Annotated[str, AfterValidator(_list_separator)] = "|"

    @model_validator(mode="after")
    def _separators_differ(self) -> Dialect:
        if self.delimiter == self.list_separator:
            raise ValueError("list_separator must differ from delimiter")
        return self

    @property
    def strptime(self) -> str:
        """``date_format`` in the notation of :func:`datetime.datetime.strptime`."""
        return re.sub("|".join(_TOKENS), lambda found: _TOKENS[found.group()][1], self.date_format)

    @cached_property
    def date_pattern(self) -> re.Pattern[str]:
        """``date_format`` as a pattern with the groups day, month and year."""
        parts = re.findall(r"dd?|mm?|yyyy|[-/.]", self.date_format)
        pattern = "".join(_TOKENS[part][0] if part in _TOKENS else re.escape(part) for part in parts)
        return re.compile(pattern, re.ASCII)

    def parse_date(self, text: str) -> date | None:
        """Return the date that ``text`` is in this dialect, or None; ``1-2-2025`` is none in dd-mm-yyyy."""
        found = self.date_pattern.fullmatch(text)
        if found is None:
            return None
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            return None

    def format_date(self, day: date) -> str:
        """Return ``day`` as this dialect writes it; :meth:`parse_date` gives it back."""
        values = {"dd": f"{day.day:02}", "d": str(day.day), "mm": f"{day.month:02}", "m": str(day.month)}
        values["yyyy"] = f"{day.year:04}"
        return re.sub("|".join(_TOKENS), lambda found: values[found.group()], self.date_format)

    def split_list(self, text: str) -> list[str]:
        """Return the items of a list column, stripped; an empty text is an empty list."""
        return [part.strip() for part in text.split(self.list_separator) if part.strip()]
