"""``suppliers/<ORG>.yml``: one organisation's dialect of a contract, its calendar and whom to mail.

A supplier file is configuration, written by hand and reviewed. It is read strictly: unknown keys, columns or
codes that the contract lacks, and two columns under one header are refused.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, StringConstraints, ValidationError, model_validator
from pydantic import Field as Setting

from integration.contracts.dialect import STRICT, Dialect
from integration.contracts.load import load_contract
from integration.contracts.model import Contract
from integration.contracts.reading import read_yaml
from integration.errors import DeclarationError
from integration.names import Period
from integration.reasons import Reason

_CODE = re.compile(r"[A-Z0-9]{2,12}")

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,12}$")]
Municipality = Annotated[str, StringConstraints(pattern=r"^GM[0-9]{4}$")]
Header = Annotated[str, StringConstraints(pattern=r"^[\p{L}_][\p{L}\p{N}_ .()/\-]{0,59}$")]
Mail = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._+\-]{0,62}@([a-z0-9\-]+\.)+[a-z]{2,}$")]
PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Calendar(BaseModel):
    """When deliveries are agreed.

    A period of ``frequency`` is expected from ``since`` on, ``due_days`` days after it ends. ``base`` is the
    day of the agreed first stock delivery (``stand-<base>``), if there is one.
    """

    model_config = STRICT

    frequency: Literal["weekly", "monthly", "half-yearly"]
    due_days: Annotated[int, Setting(ge=1, le=366)]
    since: date
    base: date | None = None

    @model_validator(mode="after")
    def _base_first(self) -> Calendar:
        if self.base is not None and self.base >= self.since:
            raise ValueError("base must lie before since")
        return self


Range = tuple[Annotated[int, Setting(ge=0)], Annotated[int, Setting(ge=1)]]


class Volume(BaseModel):
    """The least and most rows agreed for a stock delivery (``stand``) and for each later one (``period``)."""

    model_config = STRICT

    stand: Annotated[Range, Setting(strict=False)] | None = None
    period: Annotated[Range, Setting(strict=False)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Volume:
        if any(agreed and agreed[0] > agreed[1] for agreed in (self.stand, self.period)):
            raise ValueError("the least lies above the most")
        return self


class Contact(BaseModel):
    """A function's mail address, never a person's: ``role`` says what to mail it about."""

    model_config = STRICT

    role: Literal["delivery", "quality", "privacy"]
    email: Mail


class Signer(BaseModel):
    """A key that this supplier signs its sealed deliveries with, trusted from ``since`` to ``until``, both included.

    ``key`` is the public Ed25519 key in hexadecimal, as ``integration keys signer`` shows it.
    """

    model_config = STRICT

    key: PublicKey
    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Signer:
        if self.until < self.since:
            raise ValueError("until lies before since")
        return self


class Supplier(BaseModel):
    """One organisation of one source.

    ``columns`` gives the supplier's header for a contract column, ``codes`` the contract's code for each of
    the supplier's own, per column; what is absent is delivered under the contract's own names. ``signers`` are
    the keys its deliveries may be sealed with; from the first one's first day on, nothing else is taken in.
    ``volume`` says how many rows its deliveries are agreed to have, where that was agreed.
    """

    model_config = STRICT

    code: Code
    name: Words
    source: str
    contract_version: str
    municipalities: Annotated[tuple[Municipality, ...], Setting(min_length=1, strict=False)]
    dialect: Dialect
    columns: dict[str, Header] = {}
    codes: dict[str, dict[str, str]] = {}
    calendar: Calendar
    contacts: Annotated[tuple[Contact, ...], Setting(min_length=1, strict=False)]
    signers: Annotated[tuple[Signer, ...], Setting(strict=False)] = ()
    volume: Volume = Volume()

    def agreed_rows(self, period: Period) -> tuple[int, int] | None:
        """The least and most rows agreed for the delivery of a period; None where nothing was agreed."""
        return self.volume.stand if period.start is None else self.volume.period

    @property
    def contract(self) -> Contract:
        """The contract version this supplier delivers."""
        return load_contract(self.source, self.contract_version)

    @model_validator(mode="after")
    def _fits_contract(self) -> Supplier:
        try:
            contract = self.contract
        except DeclarationError as error:
            raise ValueError(f"contract: {error.reason.value}") from None
        if len(set(self.municipalities)) != len(self.municipalities):
            raise ValueError("a municipality is named twice")
        self._check_columns(contract)
        self._check_codes(contract)
        return self

    def _check_columns(self, contract: Contract) -> None:
        if unknown := [name for name in self.columns if name not in contract]:
            raise ValueError(f"columns the contract lacks: {', '.join(unknown)}")
        headers = list(contract.headers(self).values())
        if twice := sorted({header for header in headers if headers.count(header) > 1}):
            raise ValueError(f"one header for two columns: {', '.join(twice)}")
        if any(self.dialect.delimiter in header for header in headers):
            raise ValueError("a header holds the delimiter")

    def _check_codes(self, contract: Contract) -> None:
        for name, mapping in self.codes.items():
            codes = contract.field(name).codes if name in contract else None
            if codes is None:
                raise ValueError(f"codes for {name}, which is no column with a code list")
            if lacking := sorted(set(mapping.values()) - set(codes)):
                raise ValueError(f"codes of {name} that the contract lacks: {', '.join(lacking)}")


class HasSuppliers(Protocol):
    """Anything with a folder of supplier files, such as the zones of an installation."""

    @property
    def suppliers(self) -> Path:
        """The folder of ``<ORG>.yml`` files."""


def _invalid(path: Path, why: str) -> DeclarationError:
    return DeclarationError(Reason.SUPPLIER_INVALID, why, file=path.name)


def read_supplier(path: Path) -> Supplier:
    """Return the supplier that ``path`` declares.

    Raises :class:`~integration.errors.DeclarationError` SUPPLIER_INVALID, naming the first thing wrong.
    """
    document = read_yaml(path, reason=Reason.SUPPLIER_INVALID)
    try:
        return Supplier.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise _invalid(path, f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


def load_supplier(zones: HasSuppliers, code: str) -> Supplier:
    """Return the supplier ``code`` of an installation.

    Raises :class:`~integration.errors.DeclarationError`: SUPPLIER_UNKNOWN when there is no such file,
    SUPPLIER_INVALID when it cannot be used or declares another code than its file name.
    """
    path = zones.suppliers / f"{code}.yml"
    if not _CODE.fullmatch(code) or not path.is_file():
        raise DeclarationError(Reason.SUPPLIER_UNKNOWN)
    supplier = read_supplier(path)
    if supplier.code != code:
        raise _invalid(path, "the code differs from the file name")
    return supplier


def supplier_codes(zones: HasSuppliers) -> list[str]:
    """Return the codes of the suppliers that have a file, sorted; from file names only."""
    if not zones.suppliers.is_dir():
        return []
    return sorted(path.stem for path in zones.suppliers.glob("*.yml") if _CODE.fullmatch(path.stem))
