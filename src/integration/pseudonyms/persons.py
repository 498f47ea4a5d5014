"""The persons a row speaks of: from identifier texts to the messages that tokens are made of.

No key is known here: :mod:`integration.pseudonyms.encode` turns the messages into tokens. The parts of a
message are made once for each distinct text, so that a person costs a few concatenations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from integration.contracts.model import Contract, Field
from integration.pseudonyms import normalise
from integration.pseudonyms.fields import NOTHING, Column, Dialect, Finding, Verdict, date_parts, judge_for
from integration.pseudonyms.normalise import (
    BSN_UNBORN,
    INVALID,
    MISSING,
    OK,
    PARTIAL,
    UNBORN,
    UNKNOWN,
    elfproef,
)
from integration.pseudonyms.tokens import labelled, labeller, message
from integration.reasons import Reason

Batch = Mapping[str, Sequence[str]]
"""A batch of rows by column: contract column name to one raw text a row."""

_BSN_REASONS = {
    UNKNOWN: Reason.BSN_UNKNOWN,
    UNBORN: Reason.BSN_UNBORN,
    INVALID: Reason.BSN_INVALID,
}
_SURNAME, _POSTCODE = labeller("surname"), labeller("postcode")
_FIRST_NAME, _INITIAL = labeller("first_name"), labeller("initial")
_HOUSE_NUMBER, _BIRTH_DATE = labeller("house_number"), labeller("birth_date")
_BSN_HEAD = message("bsn", labelled("bsn", "0" * 9))[:-9]
"""Everything of a BSN's message but its nine digits."""


class PostcodeParts(NamedTuple):
    """What is kept of a postcode: the message part, and its four digits."""

    part: bytes
    pc4: str


class NameParts(NamedTuple):
    """What is kept of first names: message parts of the first one and of its initial."""

    first: bytes | None
    initial: bytes | None


class BirthParts(NamedTuple):
    """What is kept of a birth date: year, how much is known, the message part of a full date, else its month."""

    year: int | None
    known: str
    part: bytes | None
    month: int | None = None


class HouseParts(NamedTuple):
    """What is kept of a house number: the message part, and an addition that stood glued to it."""

    part: bytes
    addition: str


def _judge_bsn(text: str) -> Verdict:
    if len(text) == 9 and text.isascii() and text.isdigit() and elfproef(text) and text != BSN_UNBORN:
        return Verdict(_BSN_HEAD + text.encode("ascii"))  # nearly all of them, without a detour
    found = normalise.bsn(text)
    if found.value is None:
        return Verdict(None, found.status, _BSN_REASONS.get(found.status))
    value = _BSN_HEAD + found.value.encode("ascii")
    return Verdict(value, OK, Reason.BSN_PADDED, keep=True) if found.padded else Verdict(value)


def _judge_first_name(text: str) -> Verdict:
    first, initial = normalise.first_name(text), normalise.initial(text)
    status = PARTIAL if initial and not first else normalise.name_status(text, first)
    if not initial:
        return Verdict(None, status, Reason.PATTERN_MISMATCH if status == INVALID else None)
    return Verdict(NameParts(_FIRST_NAME(first) if first else None, _INITIAL(initial)), status)


def _judge_surname(text: str) -> Verdict:
    name = normalise.surname(text)
    status = normalise.name_status(text, name)
    if name is None:
        return Verdict(None, status, Reason.PATTERN_MISMATCH if status == INVALID else None)
    return Verdict(_SURNAME(name))


def _judge_particle(text: str) -> Verdict:
    """Tell only whether there is a prefix: it is no part of the normalised surname."""
    return Verdict(None, OK if text.strip() else MISSING)


def _judge_postcode(text: str) -> Verdict:
    if not text.strip():
        return NOTHING
    code = normalise.postcode(text)
    if code is None:
        return Verdict(None, INVALID, Reason.PATTERN_MISMATCH)
    return Verdict(PostcodeParts(_POSTCODE(code), code[:4]))


def _judge_house_number(text: str) -> Verdict:
    if not text.strip():
        return NOTHING
    found = normalise.house_number(text)
    if found.number is None:
        return Verdict(None, INVALID, Reason.NUMBER_INVALID)
    value = HouseParts(_HOUSE_NUMBER(found.number), found.addition)
    return Verdict(value, OK, Reason.HOUSE_NUMBER_SPLIT, keep=True) if found.addition else Verdict(value)


def _judge_addition(text: str) -> Verdict:
    addition = normalise.house_addition(text)
    return Verdict(addition, OK if addition else MISSING)


def _judge_birth(dialect: Dialect, latest: date, texts: str | tuple[str, str]) -> Verdict:
    """Judge a birth date, together with what says how much of it is known where there is such a field."""
    text, usage = (texts, "") if isinstance(texts, str) else (texts[0], texts[1].strip())
    text = text.strip()
    if not text:
        return Verdict(BirthParts(None, "none", None), UNKNOWN) if usage == "3" else NOTHING
    parts = date_parts(dialect, text)
    if parts is None:
        return Verdict(None, INVALID, Reason.DATE_INVALID)
    found = normalise.birth(parts, usage, latest)
    if found is None:
        implausible = _is_date(parts)
        return Verdict(None, MISSING if implausible else INVALID, _birth_reason(implausible))
    if found.day is not None:
        return Verdict(BirthParts(found.year, "full", _BIRTH_DATE(found.day.isoformat())))
    status = UNKNOWN if found.known == "none" else PARTIAL
    month = parts[1] if found.known == "month" else None
    return Verdict(BirthParts(found.year, found.known, None, month), status, Reason.DATE_PARTIAL, keep=True)


def _is_date(parts: tuple[int, int, int]) -> bool:
    try:
        date(parts[0], parts[1] or 1, parts[2] or 1)
    except ValueError:
        return False
    return True


def _birth_reason(implausible: bool) -> Reason:
    return Reason.DATE_IMPLAUSIBLE if implausible else Reason.DATE_INVALID


_JUDGES: dict[str, Callable[[str], Verdict]] = {
    "bsn": _judge_bsn,
    "voornaam": _judge_first_name,
    "tussenvoegsel": _judge_particle,
    "achternaam": _judge_surname,
    "postcode": _judge_postcode,
    "huisnummer": _judge_house_number,
    "huisnummer_toevoeging": _judge_addition,
}
PARTS = (*_JUDGES, "geboortedatum")


class PersonReader:
    """Reads the identifiers and sex of one person (``kind``, ``patient``, ``ouder1``, ``ouder2``)."""

    def __init__(self, contract: Contract, person: str, dialect: Dialect, latest: date) -> None:
        self.person = person
        self._usage = contract.column(person, "geboortedatum_gebruik")
        self._columns: dict[str, Column[Any]] = {}
        for part in PARTS:
            name = contract.column(person, part)
            if name is not None:
                self._columns[part] = _column(contract.field(name), part, dialect, latest)
        sex = contract.column(person, "geslacht")
        self._sex = Column(contract.field(sex), judge_for(contract.field(sex), dialect)) if sex else None

    @property
    def names(self) -> list[str]:
        """The contract columns read here: identifiers, and the person's sex."""
        columns = list(self._columns.values()) + ([self._sex] if self._sex else [])
        return [column.field.name for column in columns]

    def read(self, batch: Batch, numbers: Sequence[int]) -> PersonBatch:
        """Return what the batch says of this person, row by row."""
        values: dict[str, Sequence[Any]] = {}
        statuses: dict[str, Sequence[str]] = {}
        findings: list[Finding] = []
        for part, column in self._columns.items():
            reading = column.read(self._texts(batch, part, column.field.name), numbers)
            values[part] = reading.values
            statuses[column.field.name] = reading.statuses
            findings += reading.findings
        nothing = [None] * len(numbers)
        sexes: Sequence[Any] = nothing
        if self._sex is not None:
            reading = self._sex.read(batch[self._sex.field.name], numbers)
            sexes = reading.values
            findings += reading.findings
        return PersonBatch(values, statuses, sexes, findings, nothing)

    def _texts(self, batch: Batch, part: str, name: str) -> Sequence[Any]:
        if part != "geboortedatum" or self._usage is None:
            return batch[name]
        return list(zip(batch[name], batch[self._usage], strict=True))


def _column(field: Field, part: str, dialect: Dialect, latest: date) -> Column[Any]:
    if part == "geboortedatum":
        return Column(field, lambda texts: _judge_birth(dialect, latest, texts))
    return Column(field, _JUDGES[part], recurring=part != "bsn")


class PersonBatch:
    """What a batch says of one person: values by part, statuses by column, sexes, findings."""

    def __init__(
        self,
        values: dict[str, Sequence[Any]],
        statuses: dict[str, Sequence[str]],
        sexes: Sequence[Any],
        findings: list[Finding],
        nothing: Sequence[Any],
    ) -> None:
        self.values = values
        self.statuses = statuses
        self.sexes = sexes
        self.findings = findings
        self._nothing = nothing

    def part(self, name: str) -> Sequence[Any]:
        """Return the values of one part, all None when the contract does not have it."""
        return self.values.get(name, self._nothing)
