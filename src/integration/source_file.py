"""A file at its source as a delivery: whose it is, how it is written, and which place and period it is about.

What is not told is found: in the manifest beside the file, else in the file, else guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from integration.contracts import Contract, Supplier, contract_ids, load_contract
from integration.deliveries.examine import examine_agreement
from integration.deliveries.manifest import Manifest, make_manifest, manifest_path, read_manifest
from integration.deliveries.read import Limits, open_rows
from integration.errors import DeliveryRefused, UsageError
from integration.names import InvalidName, Period
from integration.names import municipality as municipality_code
from integration.names import supplier as supplier_code
from integration.reasons import Reason
from integration.supplier_trial import draft, try_file

_FIRST_ROW = 1
_NOBODY = "ORG0000"
"""The supplier of a file in which none is named properly; it cannot be sent as it is."""


@dataclass(frozen=True)
class Asked:
    """What is told of a file: each may be left out, and is then found as the basis says."""

    source: str | None = None
    supplier: Supplier | None = None
    municipality: str | None = None
    period: str | None = None
    nil_return: bool = False


class _Look(NamedTuple):
    """What rows say of the delivery they are in; texts only as far as they follow the grammar of names."""

    municipality: str | None
    supplier: str | None
    days: Counter[date]


def supplier_of(file: Path, asked: Asked, basis: dict[str, str], limits: Limits) -> Supplier:
    """The supplier that was given; else one made up from the file: its dialect, headers and code are guessed.

    ``basis`` is told which. Raises :class:`UsageError` (INPUT_INVALID) when the two do not fit or guessing fails, and
    :class:`DeliveryRefused` for what nobody could read.
    """
    if asked.source not in (None, *contract_ids()):
        raise UsageError(Reason.INPUT_INVALID, f"source must be one of {', '.join(contract_ids())}")
    if asked.supplier is not None:
        if asked.source not in (None, asked.supplier.source):
            raise UsageError(Reason.INPUT_INVALID, "the supplier is of another source")
        basis["supplier"] = "given"
        return asked.supplier
    basis["supplier"] = "guessed"
    try:
        guessed = yaml.safe_load(draft(try_file(file, source=asked.source)))
        made = _made_up(guessed)
    except UsageError:
        if asked.source:
            _refuse_by_bytes(file, load_contract(asked.source), limits)
        raise
    seen = _look(file, made, asked.nil_return, limits)
    places = [asked.municipality or seen.municipality or guessed["municipalities"][0]]
    return _made_up(guessed | {"code": seen.supplier or _NOBODY, "municipalities": places})


def _made_up(content: dict[str, Any]) -> Supplier:
    """A supplier of guesses; ``codes`` of a draft are left to fill in, so that there are none."""
    told = {name: value for name, value in content.items() if name != "codes"}
    try:
        return Supplier.model_validate(told)
    except ValueError:  # its text may quote a header, which may be a value
        raise UsageError(
            Reason.INPUT_INVALID, "how the file is written cannot be guessed: name a supplier file"
        ) from None


def _refuse_by_bytes(file: Path, contract: Contract, limits: Limits) -> None:
    """Refuse a file that nobody could read: an archive, a database, no text."""
    with open_rows(file, contract, _made_up(_PLAIN | {"source": contract.id}), limits=limits):
        return


_PLAIN: dict[str, Any] = {
    "code": _NOBODY,
    "name": _NOBODY,
    "contract_version": "1.0.0",
    "municipalities": ["GM0000"],
    "dialect": {},
    "calendar": {"frequency": "monthly", "due_days": 10, "since": date(2026, 1, 1)},
    "contacts": [{"role": "delivery", "email": "levering@example.org"}],
}


def describe(
    file: Path, supplier: Supplier, asked: Asked, now: datetime, basis: dict[str, str], limits: Limits
) -> Manifest:
    """The manifest beside the file, held against the agreement; else, and when anything is asked, one made here.

    ``basis`` is told where place and period came from. Raises :class:`DeliveryRefused` as receipt does.
    """
    told = manifest_path(file)
    if told.is_file() and not (asked.municipality or asked.period or asked.nil_return):
        basis |= {"municipality": "manifest", "period": "manifest"}
        manifest = read_manifest(told)
        if asked.supplier is not None:
            examine_agreement(manifest, supplier.code, supplier, now)
        return manifest
    seen = _look(file, supplier, asked.nil_return, limits)
    place = asked.municipality or seen.municipality or supplier.municipalities[0]
    basis["municipality"] = "given" if asked.municipality else "file"
    basis["period"] = "given" if asked.period else "guessed"
    made = make_manifest(
        file,
        supplier,
        municipality=place,
        period=asked.period or _period(supplier, seen.days, now.date()),
        sequence=1,
        created_at=now,
        nil_return=asked.nil_return,
    )
    if made.municipality not in supplier.municipalities:
        raise DeliveryRefused(Reason.WRONG_MUNICIPALITY, row=_FIRST_ROW, field="gemeente_code")
    return made


def _look(file: Path, supplier: Supplier, nil_return: bool, limits: Limits) -> _Look:
    """Read the file once for what it says of itself."""
    place = code = None
    days: Counter[date] = Counter()
    with open_rows(file, supplier.contract, supplier, limits=limits, empty_allowed=nil_return) as rows:
        for row in rows:
            if row.number == _FIRST_ROW:
                place = _named(municipality_code, row.values["gemeente_code"].strip())
                code = _named(supplier_code, row.values["bron_org_code"].strip())
            day = supplier.dialect.parse_date(row.values["peildatum"].strip())
            days.update([day] if day else [])
    return _Look(place, code, days)


def _named(grammar: Callable[[str], str], text: str) -> str | None:
    try:
        return str(grammar(text))
    except InvalidName:
        return None


def _period(supplier: Supplier, days: Counter[date], today: date) -> str:
    """The agreed kind of period that most reference dates lie in, the later of two; today's when there is none."""
    frequency, counted = supplier.calendar.frequency, Counter[str]()
    for day, n in days.items():
        counted[_period_with(frequency, day)] += n
    best = max(counted, key=lambda text: (counted[text], Period.parse(text).end), default=None)
    return best or _period_with(frequency, today)


def _period_with(frequency: str, day: date) -> str:
    """The week, month or half year that a day lies in."""
    if frequency == "weekly":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return (
        f"{day.year:04}-{day.month:02}" if frequency == "monthly" else f"{day.year:04}-H{1 + day.month // 7}"
    )
