"""The register of processing (AVG art. 30) as a gate: a source without a valid entry is refused before a row is read.

A real installation keeps ``<home>/register.yml``: per source the purposes, the legal basis that was decided
upon, the decision, the DPIA, the contract versions it is about, and until when it holds. A synthetic
installation without a file of its own uses the package's, ``register.yml`` beside this module, which opens
nothing elsewhere. Police and GP are closed by their contracts, whatever a register says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints, ValidationError
from pydantic import Field as Setting

from integration.contracts.dialect import STRICT
from integration.contracts.reading import read_yaml
from integration.errors import DeclarationError, DeliveryRefused
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.contracts.model import Contract

FORMAT = "integration-register/1"
FILE_NAME = "register.yml"
PACKAGED = Path(__file__).resolve().parent / FILE_NAME
"""The register of the synthetic sample."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Special = Literal["health", "criminal"]


class Purpose(BaseModel):
    """What data are processed for, who receives what comes of it, and in which zones they are kept for it."""

    model_config = STRICT

    nl: Words
    en: Words
    recipients: Annotated[tuple[Words, ...], Setting(min_length=1, strict=False)]
    zones: Annotated[tuple[Literal["raw", "staging", "linked", "logs"], ...], Setting(strict=False)]


class Controller(BaseModel):
    """Who answers for the processing: name, contact, data protection officer. Functions, never persons."""

    model_config = STRICT

    name: Words
    contact: Words
    officer: Words


class RegisterEntry(BaseModel):
    """One source's entry.

    ``legal_basis`` (AVG art. 6) and ``exception`` (art. 9, 10; UAVG art. 46) are what was decided, ``decision``
    where that decision is found, ``dpia`` the assessment it rests on. It covers versions ``contracts``, from
    ``valid_from`` to ``valid_until``, both included. ``retention`` is the contract's. ``special`` names columns
    with data of art. 9 or 10.
    """

    model_config = STRICT

    contracts: Annotated[tuple[Version, ...], Setting(min_length=1, strict=False)]
    purposes: Annotated[tuple[str, ...], Setting(min_length=1, strict=False)]
    legal_basis: Words
    exception: Words
    decision: Words
    dpia: Words
    retention: Literal["contract"]
    valid_from: date
    valid_until: date
    special: dict[Special, Annotated[tuple[str, ...], Setting(strict=False)]] = {}


class _Head(BaseModel):
    """Everything but the sources, of which one that is wrong does not close the others."""

    model_config = STRICT

    format: Literal["integration-register/1"]
    synthetic: bool
    controller: Controller
    subjects: Words
    transfers: Words
    measures: Words
    purposes: dict[str, Purpose]
    sources: dict[str, Any]


@dataclass(frozen=True)
class Register:
    """A register that could be read: its head, and per source what was written."""

    head: _Head
    sources: dict[str, Any] = field(repr=False)

    def entry(self, source: str) -> RegisterEntry:
        """Return the entry of ``source``.

        Raises :class:`DeliveryRefused`: REGISTER_MISSING, REGISTER_INCOMPLETE naming the first thing wrong.
        """
        if source not in self.sources:
            raise DeliveryRefused(Reason.REGISTER_MISSING, field="source")
        try:
            entry = RegisterEntry.model_validate(self.sources[source])
        except ValidationError as error:
            raise DeliveryRefused(Reason.REGISTER_INCOMPLETE, field=_place(error)) from None
        if not set(entry.purposes) <= set(self.head.purposes):
            raise DeliveryRefused(Reason.REGISTER_INCOMPLETE, field="register.purposes")
        return entry


def read_register(path: Path = PACKAGED) -> Register:
    """Return the register in ``path``; raises :class:`~integration.errors.DeclarationError` (REGISTER_INCOMPLETE)."""
    document = read_yaml(path, reason=Reason.REGISTER_INCOMPLETE)
    try:
        head = _Head.model_validate(document)
    except ValidationError as error:
        raise DeclarationError(Reason.REGISTER_INCOMPLETE, field=_place(error), file=path.name) from None
    return Register(head, head.sources)


def refuse_unregistered(home: Path, contract: Contract, today: date, *, synthetic: bool) -> None:
    """Refuse a delivery under ``contract`` unless the installation at ``home`` may process its source ``today``.

    Raises :class:`DeliveryRefused`: SOURCE_CLOSED (its contract lets it in synthetic installations only),
    REGISTER_MISSING, REGISTER_INCOMPLETE, REGISTER_EXPIRED (past its last day, or before its first).
    """
    if contract.access == "synthetic_only" and not synthetic:
        raise DeliveryRefused(Reason.SOURCE_CLOSED, field="source")
    entry = _register_of(home, synthetic=synthetic).entry(contract.id)
    if contract.version not in entry.contracts:
        raise DeliveryRefused(Reason.REGISTER_INCOMPLETE, field="register.contracts")
    if not entry.valid_from <= today <= entry.valid_until:
        raise DeliveryRefused(Reason.REGISTER_EXPIRED, field="register.valid_until")


def _register_of(home: Path, *, synthetic: bool) -> Register:
    """The installation's own register, or the package's where all is made up."""
    own = home / FILE_NAME
    absent = not own.exists()
    if absent and not synthetic:
        raise DeliveryRefused(Reason.REGISTER_MISSING, field="register")
    try:
        register = _packaged() if absent else read_register(own)
    except DeclarationError as error:
        raise DeliveryRefused(error.reason, field=error.field or "register") from None
    if register.head.synthetic and not synthetic:
        raise DeliveryRefused(Reason.REGISTER_MISSING, field="register.synthetic")
    return register


@cache
def _packaged() -> Register:
    return read_register()


def _place(error: ValidationError) -> str:
    """Where the first thing wrong is: a declared name, never a value."""
    place = error.errors(include_input=False, include_url=False)[0]["loc"]
    first = str(place[0]) if place else ""
    declared = {*RegisterEntry.model_fields, *_Head.model_fields}
    return f"register.{first}" if first in declared else "register"
