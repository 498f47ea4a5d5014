"""From the texts of one column to typed values: what a contract field, in a supplier's dialect, lets through.

A column remembers its verdict on every distinct text, so that a code list of six costs six checks, not a
million. Verdicts hold values in memory; findings hold none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from integration.contracts.model import Field
from integration.pseudonyms.normalise import MISSING, OK, bsn
from integration.reasons import Reason

ROW_REFUSED, FIELD_NULLED, KEPT = "row_refused", "field_nulled", "kept"
EFFECTS = (ROW_REFUSED, FIELD_NULLED, KEPT)
"""What a finding did: refuse the row, null the field, or nothing (the value was repaired, or is partial)."""

PLACEHOLDER_DATE = date(1900, 1, 1)
"""What many systems write where a date is unknown."""
_REMEMBERED = 65_536
"""Most distinct texts a column remembers before it forgets them all: keeps memory flat."""
_NINE_DIGITS = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])")
_SEPARATORS = dict.fromkeys(map(ord, " .-"))
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")

Key = TypeVar("Key", bound=Hashable)


class Dialect(Protocol):
    """How a supplier writes dates and lists."""

    @property
    def date_pattern(self) -> re.Pattern[str]:
        """The date format as a pattern with the groups day, month and year."""
        ...

    @property
    def list_separator(self) -> str:
        """What stands between the items of a list."""
        ...


class Verdict(NamedTuple):
    """What became of one text: its value (None when there is none), its status, and why if anything is odd.

    ``keep`` says that the value is used although there is a reason to mention it.
    """

    value: Any
    status: str = OK
    reason: Reason | None = None
    keep: bool = False


class Finding(NamedTuple):
    """Something odd at one place: row number, field name, reason and effect. Never a value."""

    row_number: int
    field: str
    reason: Reason
    effect: str


NOTHING = Verdict(None, MISSING)


class Reading(NamedTuple):
    """A batch of one column: values and (of identifiers) statuses row by row, and what was odd."""

    values: Sequence[Any]
    statuses: Sequence[str]
    findings: list[Finding]


class _Memory(dict[Key, Any]):
    """The values of distinct texts; a text not met before is judged on the spot, so that each is looked up once."""

    def __init__(self, judge: Callable[[Key], Any]) -> None:
        super().__init__()
        self._judge = judge

    def __missing__(self, text: Key) -> Any:
        value = self[text] = self._judge(text)
        return value


class Column(Generic[Key]):
    """One contract field with the verdicts on its distinct texts."""

    def __init__(self, field: Field, judge: Callable[[Key], Verdict], *, recurring: bool = True) -> None:
        """Make the column of ``field``; texts that hardly recur, such as numbers of persons, are not remembered."""
        self.field = field
        self._judge = judge
        self._recurring = recurring
        self._values: _Memory[Key] = _Memory(self._remember)
        self._statuses: dict[Key, str] = {}
        self._odd: dict[Key, tuple[Reason, str]] = {}

    def read(self, texts: Sequence[Key], numbers: Sequence[int]) -> Reading:
        """Judge a batch of texts; ``numbers`` are their row numbers."""
        if not self._recurring:
            return self._read_each(texts, numbers)
        if len(self._values) > _REMEMBERED:
            for memory in (self._values, self._statuses, self._odd):
                memory.clear()
        values = list(map(self._values.__getitem__, texts))
        findings = []
        if self._odd and not self._odd.keys().isdisjoint(texts):
            name, odd = self.field.name, self._odd
            places = zip(numbers, texts, strict=True)
            findings = [Finding(number, name, *odd[text]) for number, text in places if text in odd]
        told = self.field.role == "identifier"
        return Reading(values, list(map(self._statuses.__getitem__, texts)) if told else [], findings)

    def _read_each(self, texts: Sequence[Key], numbers: Sequence[int]) -> Reading:
        verdicts = list(map(self._judge, texts))
        values, statuses, reasons, _ = zip(*verdicts, strict=True) if verdicts else ((), (), (), ())
        findings: list[Finding] = []
        if any(reasons) or MISSING in statuses:
            odd = ((number, self._effect(verdict)) for number, verdict in zip(numbers, verdicts, strict=True))
            findings = [
                Finding(number, self.field.name, *effect) for number, effect in odd if effect is not None
            ]
        return Reading(values, statuses, findings)

    def _remember(self, text: Key) -> Any:
        verdict = self._judge(text)
        self._statuses[text] = verdict.status
        effect = self._effect(verdict)
        if effect is not None:
            self._odd[text] = effect
        return verdict.value

    def _effect(self, verdict: Verdict) -> tuple[Reason, str] | None:
        if verdict.reason is None and verdict.status != MISSING:
            return None
        if verdict.reason and verdict.keep:
            return verdict.reason, KEPT
        if self.field.required and verdict.status not in _TOLERATED:
            return verdict.reason or Reason.REQUIRED_MISSING, ROW_REFUSED
        return (verdict.reason, FIELD_NULLED) if verdict.reason else None


_TOLERATED = frozenset({"ok", "partial", "unknown", "unborn"})
"""Statuses with which a required field does not refuse its row: the source says that it does not know."""


def judge_for(field: Field, dialect: Dialect) -> Callable[[str], Verdict]:
    """Return the judge of an attribute, key, quasi-identifier or envelope field."""
    judges: dict[str, Callable[[str], Verdict]] = {
        "string": lambda text: _string(field, text),
        "code": lambda text: _code(field, text),
        "integer": lambda text: _integer(field, text),
        "date": lambda text: _date(dialect, text),
        "codes": lambda text: _list(dialect, text, lambda item: _code(field, item)),
        "dates": lambda text: _list(dialect, text, lambda item: _date(dialect, item)),
    }
    judge = judges[field.type]
    return lambda text: judge(bare) if (bare := text.strip()) else NOTHING


def corrected(
    field: Field, dialect: Dialect, judge: Callable[[str], Verdict], codes: Mapping[str, str]
) -> Callable[[str], Verdict]:
    """Return a judge that first puts the right code in the place of one known to be wrong, and tells where it did."""
    several = field.type == "codes"

    def judge_right(text: str) -> Verdict:
        items = text.split(dialect.list_separator) if several else [text]
        if codes.keys().isdisjoint(item.strip() for item in items):
            return judge(text)
        verdict = judge(dialect.list_separator.join(codes.get(item.strip(), item) for item in items))
        return Verdict(verdict.value, OK, Reason.CODE_CORRECTED, True) if verdict.status == OK else verdict

    return judge_right


def date_parts(dialect: Dialect, text: str) -> tuple[int, int, int] | None:
    """Return year, month and day as written (0 for unknown), or None when the form is not the agreed one."""
    found = dialect.date_pattern.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.group("year", "month", "day")
    return int(year), int(month), int(day)


def _bad(reason: Reason) -> Verdict:
    return Verdict(None, "invalid", reason)


def _string(field: Field, text: str) -> Verdict:
    if not field.matches(text):
        return _bad(Reason.PATTERN_MISMATCH)
    if field.role == "attribute" and _looks_like_bsn(text):
        return _bad(Reason.BSN_MISPLACED)
    return Verdict(text)


def _looks_like_bsn(text: str) -> bool:
    """Tell whether a text kept as it is holds a BSN: typed into the wrong field it would pass unencoded."""
    runs = [*_NINE_DIGITS.findall(text), text.translate(_SEPARATORS)]
    return any(len(run) == 9 and bsn(run).status == OK for run in runs)


def _code(field: Field, text: str) -> Verdict:
    return Verdict(text) if text in (field.codes or ()) else _bad(Reason.CODE_UNKNOWN)


def _integer(field: Field, text: str) -> Verdict:
    if not _NUMBER.fullmatch(text):
        return _bad(Reason.NUMBER_INVALID)
    number = int(text)
    if field.codes is not None and str(number) not in field.codes:
        return _bad(Reason.CODE_UNKNOWN)
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        return _bad(Reason.OUT_OF_RANGE)
    return Verdict(number)


def _date(dialect: Dialect, text: str) -> Verdict:
    parts = date_parts(dialect, text)
    if parts is None:
        return _bad(Reason.DATE_INVALID)
    if 0 in parts:
        return _bad(Reason.DATE_PARTIAL)
    try:
        day = date(*parts)
    except ValueError:
        return _bad(Reason.DATE_INVALID)
    if day == PLACEHOLDER_DATE:
        return Verdict(None, MISSING, Reason.DATE_IMPLAUSIBLE)
    return Verdict(day)


def _list(dialect: Dialect, text: str, judge: Callable[[str], Verdict]) -> Verdict:
    """Judge every item; one bad item costs the list. Items that occur twice are kept once."""
    verdicts = [judge(item.strip()) for item in text.split(dialect.list_separator) if item.strip()]
    for verdict in verdicts:
        if verdict.value is None:
            return verdict
    return Verdict(list(dict.fromkeys(verdict.value for verdict in verdicts))) if verdicts else NOTHING
