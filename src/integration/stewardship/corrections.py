"""``<home>/corrections/<source>.yml``: what is known to be wrong at a supplier for a while.

An entry counts for deliveries that arrive from ``since`` to ``until``, both included. While it does, its findings are
known and are left out of the shares that a delivery is judged by; with ``codes`` a code known to be wrong is replaced
at reading, and CODE_CORRECTED tells the rows. A check's id instead of a reason is a note: it stops and passes
nothing. The file is read to the letter. Whether the source has repaired it is told by :mod:`.repaired`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, StringConstraints, ValidationError, model_validator
from pydantic import Field as Setting

from integration.actor import is_actor
from integration.contracts import contract_ids, load_contract, load_supplier
from integration.contracts.dialect import STRICT
from integration.contracts.explanation import explanation
from integration.contracts.reading import read_yaml
from integration.contracts.supplier import Code, Municipality
from integration.errors import DeclarationError, UsageError
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.stewardship import people

if TYPE_CHECKING:
    from integration.contracts import Supplier
    from integration.quality.known import Known
    from integration.quality.suites import Suite
    from integration.storage import Zones

FOLDER = "corrections"


def _user(text: str) -> str:
    if not is_actor(text):
        raise ValueError("not a user name")
    return text


class Correction(BaseModel):
    """One thing that is known: whose, where, why, who looks after it, and until when.

    ``reason`` is a row's reason code or the id of a check of the source's suite; ``field`` a contract column, or one
    that the check reads. ``codes`` gives the right code for each wrong one; its reason is CODE_CORRECTED.
    """

    model_config = STRICT

    supplier: Code
    municipality: Municipality | None = None
    field: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    explanation: Annotated[str, StringConstraints(min_length=10)]
    steward: Annotated[str, AfterValidator(_user)]
    since: date
    until: date
    codes: dict[str, str] = {}

    @model_validator(mode="after")
    def _in_order(self) -> Correction:
        if self.until < self.since:
            raise ValueError("until lies before since")
        if bool(self.codes) != (self.reason == Reason.CODE_CORRECTED):
            raise ValueError("codes go with the reason CODE_CORRECTED, and that with codes")
        return self

    @property
    def is_check(self) -> bool:
        """Whether it is a note on a check."""
        return self.reason not in Reason.__members__

    def about(self, delivery: DeliveryId) -> bool:
        """Whether it is about a delivery's supplier and municipality."""
        return self.supplier == delivery.supplier and self.municipality in (None, delivery.municipality)

    def counts(self, delivery: DeliveryId, arrived: date) -> bool:
        """Whether it counts for a delivery that arrived on a day."""
        return self.about(delivery) and self.since <= arrived <= self.until


class _File(BaseModel):
    model_config = STRICT

    corrections: Annotated[tuple[Correction, ...], Setting(strict=False)]

    @model_validator(mode="after")
    def _once(self) -> _File:
        for place, one in enumerate(self.corrections):
            for other in self.corrections[:place]:
                if _same(one, other):
                    raise ValueError(f"corrections.{place} says what another entry says of the same days")
        return self


def _same(one: Correction, other: Correction) -> bool:
    key = (one.supplier, one.field, one.reason) == (other.supplier, other.field, other.reason)
    places = one.municipality == other.municipality or None in (one.municipality, other.municipality)
    return key and places and one.since <= other.until and other.since <= one.until


def load_corrections(zones: Zones, source: str) -> tuple[Correction, ...]:
    """Return what is known of a source; nothing when it has no file.

    Raises :class:`DeclarationError` (CORRECTION_INVALID), naming the entry and what is wrong: a supplier, field,
    reason, code or steward that is not there, an end date that is missing.
    """
    path = zones.home / FOLDER / f"{source}.yml"
    if not path.is_symlink() and not path.exists():
        return ()
    document = read_yaml(path, reason=Reason.CORRECTION_INVALID)
    try:
        entries = _File.model_validate(document).corrections
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise _invalid(path, f"{place}: {first['msg'].removeprefix('Value error, ')}") from None
    for number, entry in enumerate(entries):
        if wrong := _problem(zones, source, entry):
            raise _invalid(path, f"corrections.{number}: {wrong}")
    return entries


def all_corrections(zones: Zones) -> dict[str, tuple[Correction, ...]]:
    """Return what is known of every source that has a file.

    Raises :class:`DeclarationError` (CORRECTION_INVALID), also for a file of a source that is not there.
    """
    folder = zones.home / FOLDER
    files = sorted(folder.glob("*.yml")) if folder.is_dir() else []
    if strange := [path for path in files if path.stem not in contract_ids()]:
        raise _invalid(strange[0], "no such source")
    return {path.stem: load_corrections(zones, path.stem) for path in files}


def known(zones: Zones, arrived: Mapping[DeliveryId, str]) -> dict[str, Known]:
    """The findings that are known of each delivery, by its id; ``arrived`` is the moment of arrival (the ledger's).

    Raises what :func:`load_corrections` does.
    """
    sources = {delivery.source for delivery in arrived}
    entries = {source: load_corrections(zones, source) for source in sources}
    return {
        str(delivery): frozenset(
            (entry.field, entry.reason)
            for entry in entries[delivery.source]
            if not entry.is_check and entry.counts(delivery, _day(moment))
        )
        for delivery, moment in arrived.items()
    }


def codes(zones: Zones, delivery: DeliveryId, arrived: str | None) -> dict[str, dict[str, str]]:
    """The codes known to be wrong in a delivery, by column, each with the right one; none without a moment of arrival.

    Raises what :func:`load_corrections` does.
    """
    found: dict[str, dict[str, str]] = {}
    for entry in load_corrections(zones, delivery.source) if arrived else ():
        if entry.codes and entry.counts(delivery, _day(str(arrived))):
            found.setdefault(entry.field, {}).update(entry.codes)
    return found


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def _invalid(path: Path, why: str) -> DeclarationError:
    return DeclarationError(Reason.CORRECTION_INVALID, why, file=f"{FOLDER}/{path.name}")


def _problem(zones: Zones, source: str, entry: Correction) -> str | None:
    """What is wrong with an entry that is well-formed; None when nothing is."""
    try:
        supplier = load_supplier(zones, entry.supplier)
    except DeclarationError as error:
        return f"supplier: {error.reason.value}"
    if supplier.source != source:
        return "supplier: of another source"
    if entry.municipality not in (None, *supplier.municipalities):
        return "municipality: not one that the supplier delivers for"
    try:
        explanation(entry.explanation)
    except UsageError as error:
        return f"explanation: {error.detail}"
    return (
        _wrong_place(supplier, entry) or _wrong_codes(supplier, entry) or _wrong_steward(zones, source, entry)
    )


def _wrong_place(supplier: Supplier, entry: Correction) -> str | None:
    if not entry.is_check:
        if Reason[entry.reason].level != "row":
            return "reason: not the reason code of a row"
        return None if entry.field in supplier.contract else "field: not a column of the contract"
    try:
        check = _suite(supplier.source).check(entry.reason)
    except KeyError:
        return "reason: no reason code of a row and no check of the source's suite"
    return None if entry.field in check.columns else "field: not a column of the check"


def _wrong_codes(supplier: Supplier, entry: Correction) -> str | None:
    if not entry.codes:
        return None
    column = supplier.contract.field(entry.field)
    if column.type not in ("code", "codes") or column.codes is None:
        return "codes: not for a column with a code list"
    return None if set(entry.codes.values()) <= set(column.codes) else "codes: one that the contract lacks"


def _wrong_steward(zones: Zones, source: str, entry: Correction) -> str | None:
    who = people.load(zones)
    if not who.declared:
        return None
    person = who.person(entry.steward)
    if person is None or not person.has((people.STEWARD, people.DEPUTY), source, entry.municipality):
        return "steward: not a steward of this source in people.yml"
    return None


def _suite(source: str) -> Suite:
    from integration.quality import encoded_layout, load_suite

    return load_suite(source, encoded_layout(load_contract(source)))
