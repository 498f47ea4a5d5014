"""What the values of a payload that was encoded at its source may be.

That is what the first pass could have made of the contract's columns, and nothing else. Sound tokens cannot be
told from made-up ones, by anybody without the first-pass key; everything beside them can. Values are judged once for
each distinct one of a batch. Every refusal is ENCODED_INVALID with column and row number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Contract, Field
from integration.encoded import Header
from integration.errors import DeliveryRefused
from integration.pseudonyms.encoded_file import invalid
from integration.pseudonyms.fields import EFFECTS, FIELD_NULLED, PLACEHOLDER_DATE, ROW_REFUSED, judge_for
from integration.pseudonyms.link_names import filters, of_address
from integration.pseudonyms.mentions import ADDRESS_MESSAGES
from integration.pseudonyms.normalise import (
    EARLIEST_BIRTH,
    INVALID,
    MISSING,
    OK,
    PARTIAL,
    UNBORN,
    UNKNOWN,
)
from integration.reasons import Reason

if TYPE_CHECKING:
    import pyarrow as pa

STATUSES = frozenset({OK, MISSING, UNKNOWN, UNBORN, INVALID, PARTIAL})
BIRTH_KNOWN = frozenset({"full", "month", "year", "none"})
_PC4 = re.compile(r"[1-9][0-9]{3}", re.ASCII)
_FROM_COLUMN = {"patient_rol": "rol", "relation": "relatie", "address_kind": "soort_adres", "sex": "geslacht"}
"""Columns of a mention that hold the code of a column of its row."""
_NOT_WHEN_SECRET = (
    *ADDRESS_MESSAGES, "pc4", "token_demographic", "token_demographic_first", *sorted(of_address()),
)  # fmt: skip
_REASONS = frozenset(reason.value for reason in Reason if reason.level == "row")
_LATEST_YEAR = 2200

Allowed = Callable[[Any], bool]


class Checker:
    """Checks a payload's batches in their order, then its counts."""

    def __init__(self, contract: Contract, rows: int) -> None:
        self._contract, self._rows = contract, rows
        self._judges = {field.name: _judge(field) for field in contract}
        self._last_row = 0
        self._last_finding = 0
        self._keys: set[bytes] = set()
        self._records: dict[int, tuple[Any, ...]] = {}
        self._roles: set[str] = set()
        self._refused: set[int] = set()
        self._kept = 0
        self._nulled = 0

    def check(self, name: str, batch: pa.RecordBatch) -> None:
        """Check one batch. Raises :class:`DeliveryRefused`."""
        checks = {
            "records": self._check_records,
            "mentions": self._check_mentions,
            "findings": self._check_findings,
        }
        checks[name](_Batch(batch))

    def finish(self, header: Header) -> None:
        """Hold what was seen against what the file says of itself."""
        seen = (self._kept, len(self._refused), self._nulled, self._kept + len(self._refused))
        told = (header.rows_ok, header.rows_refused, header.fields_nulled, header.rows_in)
        if seen != told:
            raise DeliveryRefused(Reason.ROWS_MISMATCH, field="metadata")

    # -- records ------------------------------------------------------------------------------------------------

    def _check_records(self, batch: _Batch) -> None:
        numbers = batch.numbers(self._rows)
        if numbers[0] <= self._last_row:
            raise invalid("row_number", numbers[0])
        self._last_row = numbers[-1]
        self._kept += len(numbers)
        if repeated := self._refused.intersection(numbers):
            raise invalid("row_number", min(repeated))
        for key, number in zip(batch.values("record_key"), numbers, strict=True):
            if key is None or key in self._keys:
                raise invalid("record_key", number)
            self._keys.add(key)
        for column in batch.names:
            if column in self._contract:
                field = self._contract.field(column)
                batch.each(column, self._judges[column], needed=field.required, tokens=field.role == "key")
            elif column.endswith("_status"):
                batch.each(column, STATUSES.__contains__, needed=True)
        days = batch.values("peildatum")
        self._records = dict(zip(numbers, zip(batch.values("record_key"), days, strict=True), strict=True))
        self._roles = set()

    # -- mentions -----------------------------------------------------------------------------------------------

    def _check_mentions(self, batch: _Batch) -> None:
        numbers = batch.numbers(self._rows)
        roles = set(batch.values("role"))
        if len(roles) != 1 or not roles <= set(self._contract.blocks) or roles & self._roles:
            raise invalid("role", numbers[0])
        self._roles |= roles
        role = str(next(iter(roles)))
        told = zip(numbers, batch.values("record_key"), batch.values("peildatum"), strict=True)
        for number, key, day in told:
            if self._records.get(number) != (key, day):
                raise invalid("record_key", number)
        for column, part in _FROM_COLUMN.items():
            name = self._contract.column(role, part)
            batch.each(column, self._judges[name] if name else _nothing, needed=False)
        departs = self._contract.column(role, "vertrek_datum") is not None
        batch.each("departure_date", _is_day if departs else _nothing, needed=False)
        batch.each("birth_year", _is_year, needed=False)
        batch.each("birth_known", BIRTH_KNOWN.__contains__, needed=True)
        batch.each("pc4", lambda text: _PC4.fullmatch(text) is not None, needed=False)
        batch.each("bsn_status", STATUSES.__contains__, needed=self._contract.column(role, "bsn") is not None)
        for column in ("secret", "address_inherited"):
            batch.each(column, lambda _: True, needed=True)
        self._check_together(batch, numbers)

    def _check_together(self, batch: _Batch, numbers: list[int]) -> None:
        """A number that is no number has no token, nothing is made of a secret address, and filters are whole."""
        known = [status == OK for status in batch.values("bsn_status")]
        for column in ("bsn_token", "link_number"):
            for number, right, there in zip(numbers, known, batch.there(column), strict=True):
                if right != there:
                    raise invalid(column, number)
        for first, *others in filters():
            for column in others:
                for number, one, other in zip(numbers, batch.there(first), batch.there(column), strict=True):
                    if one != other:
                        raise invalid(column, number)
        secret = [place for place, hidden in enumerate(batch.values("secret")) if hidden]
        for column in _NOT_WHEN_SECRET if secret else ():
            there = batch.there(column)
            for place in secret:
                if there[place]:
                    raise invalid(column, numbers[place])

    # -- findings -----------------------------------------------------------------------------------------------

    def _check_findings(self, batch: _Batch) -> None:
        numbers = batch.values("row_number")
        if any(number is None or not 1 <= number <= self._rows for number in numbers):
            raise invalid("row_number")
        if numbers != sorted(numbers) or numbers[0] <= max(self._last_finding, self._last_row):
            raise invalid("row_number", numbers[0])
        self._last_finding = numbers[-1]
        batch.each("field", self._contract.__contains__, needed=True)
        batch.each("reason", _REASONS.__contains__, needed=True)
        batch.each("effect", EFFECTS.__contains__, needed=True)
        effects = batch.values("effect")
        self._nulled += effects.count(FIELD_NULLED)
        for number, effect in zip(numbers, effects, strict=True):
            if effect == ROW_REFUSED:
                self._refused.add(number)


class _Batch:
    """A batch with its values as they are needed."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self._values: dict[str, list[Any]] = {}

    @property
    def names(self) -> list[str]:
        """The columns."""
        return list(self._batch.schema.names)

    def values(self, column: str) -> list[Any]:
        """A column's values."""
        if column not in self._values:
            self._values[column] = self._batch.column(column).to_pylist()
        return self._values[column]

    def there(self, column: str) -> list[bool]:
        """Where a column has a value."""
        found: list[bool] = self._batch.column(column).is_valid().to_pylist()
        return found

    def numbers(self, most: int) -> list[int]:
        """The row numbers: each higher than the one before, none above ``most``."""
        numbers = self.values("row_number")
        last = 0
        for number in numbers:
            if number is None or not last < number <= most:
                raise invalid("row_number", number)
            last = number
        return numbers

    def each(self, column: str, allowed: Allowed, *, needed: bool, tokens: bool = False) -> None:
        """Check that every value of a column is allowed; none may be missing when it is ``needed``."""
        import pyarrow as pa

        array = self._batch.column(column)
        if needed and array.null_count:
            self._refuse(column, lambda value: value is None)
        if tokens:
            return
        if pa.types.is_list(array.type):
            self._each_list(column, allowed)
            return
        wrong = {v for v in array.unique().to_pylist() if v is not None and not allowed(v)}
        if wrong:
            self._refuse(column, wrong.__contains__)

    def _each_list(self, column: str, allowed: Allowed) -> None:
        """A list has items, each once, all allowed."""
        known: dict[Any, bool] = {}

        def wrong(items: list[Any] | None) -> bool:
            if items is None:
                return False
            for item in items:
                if item not in known:
                    known[item] = item is not None and allowed(item)
            return not items or len(set(items)) != len(items) or not all(known[item] for item in items)

        if any(map(wrong, self.values(column))):
            self._refuse(column, wrong)

    def _refuse(self, column: str, wrong: Callable[[Any], bool]) -> None:
        place = next(place for place, value in enumerate(self.values(column)) if wrong(value))
        raise invalid(column, self.values("row_number")[place])


class _PlainDialect:
    """How the values themselves are written."""

    date_pattern = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
    list_separator = "\0"


def _judge(field: Field) -> Allowed:
    """Return whether a value of a contract's column is what encoding could have left of it."""
    if field.type in ("date", "dates"):
        return _is_day
    if field.type in ("code", "codes"):
        return frozenset(field.codes or ()).__contains__
    judge = judge_for(field, _PlainDialect())
    return lambda value: judge(str(value)).value == value


def _nothing(_value: Any) -> bool:
    return False


def _is_day(day: Any) -> bool:
    return bool(day != PLACEHOLDER_DATE)


def _is_year(year: int) -> bool:
    return EARLIEST_BIRTH.year <= year <= _LATEST_YEAR
