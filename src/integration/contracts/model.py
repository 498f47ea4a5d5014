"""The typed, frozen form of a data contract that every stage reads.

Plain dataclasses without third-party imports: they pickle, and importing them is cheap.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from integration.contracts.supplier import Supplier

FieldType = Literal["string", "date", "integer", "code", "codes", "dates"]
Role = Literal["identifier", "quasi_identifier", "attribute", "key", "envelope"]
About = Literal["kind", "ouder1", "ouder2", "patient", "huishouden", "zaak", "levering"]
Frequency = Literal["weekly", "monthly", "half-yearly"]
Unit = Literal["d", "m", "y"]
Access = Literal["basis_required", "synthetic_only"]

TYPES: tuple[str, ...] = get_args(FieldType)
ROLES: tuple[str, ...] = get_args(Role)
ABOUTS: tuple[str, ...] = get_args(About)
FREQUENCIES: tuple[str, ...] = get_args(Frequency)
UNITS: tuple[str, ...] = get_args(Unit)
ACCESSES: tuple[str, ...] = get_args(Access)
ZONES = ("raw", "staging", "linked", "logs")
"""The zones that every contract states a retention for."""

PERSONS = ("kind", "patient", "ouder1", "ouder2")
"""The persons a row can be about, in the order in which mentions are made."""

ENVELOPE = ("levering_id", "bron_org_code", "peildatum", "record_id", "status_aanlevering", "gemeente_code")
"""The columns that every delivery of every source starts with."""

PERSON_PARTS = ("bsn", "voornaam", "tussenvoegsel", "achternaam", "geboortedatum")
ADDRESS_PARTS = ("postcode", "huisnummer", "huisnummer_toevoeging")
BARE_PARTS = (*ADDRESS_PARTS, "soort_adres", "indicatie_geheim", "vertrek_datum")
"""The parts that carry no prefix where the child or patient is meant."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a contract.

    ``type`` is string, date, integer, code (one of ``codes``), codes (a list of ``codes``) or dates (a list).
    ``role`` says what may become of it: an identifier is gone after encoding, a quasi-identifier is
    coarsened, a key becomes a token, an attribute is kept, the envelope describes the delivery. ``codes`` are
    texts also where the type is integer; there they name what each number means, and ``minimum`` and
    ``maximum`` bound it. ``source`` is where the column or code list comes from.
    """

    name: str
    type: FieldType
    role: Role
    about: About
    required: bool
    unique: bool
    label_nl: str
    label_en: str
    description: str
    source: str
    codes: tuple[str, ...] | None = None
    code_labels: tuple[str, ...] | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None

    @property
    def severity(self) -> Literal["critical", "warning"]:
        """What a bad value costs: ``critical`` the row (required fields), ``warning`` the field only."""
        return "critical" if self.required else "warning"

    def matches(self, text: str) -> bool:
        """Tell whether ``text`` as a whole has the agreed pattern, if any; digits are 0 to 9."""
        return self.pattern is None or re.fullmatch(self.pattern, text, re.ASCII) is not None

    def code_label(self, code: str) -> str:
        """Return the Dutch meaning of ``code``; raise :class:`KeyError` when the code list lacks it."""
        return dict(zip(self.codes or (), self.code_labels or (), strict=True))[code]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a zone keeps data: ``value`` days (d), calendar months (m) or years (y)."""

    value: int
    unit: Unit

    def ends(self, start: date) -> date:
        """Return the first day on which data that arrived on ``start`` must be gone."""
        if self.unit == "d":
            return start + timedelta(days=self.value)
        months = self.value * (12 if self.unit == "y" else 1)
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a delivery is agreed, and how many days after its period ends it is due."""

    frequency: Frequency
    due_days: int


@dataclass(frozen=True)
class Contract:
    """One version of one source's data contract.

    ``legal_basis`` names the article; ``legal_status`` says how sure it is (``voorstel`` until a municipality
    has recorded it); ``access`` is ``synthetic_only`` for sources that stay closed outside the synthetic
    sample. ``four_eyes``: two people must agree before a delivery that failed a critical check is let in.
    ``retention`` has the zones raw, staging, linked and logs. ``file_name`` holds ``YYYYMMDD``.
    """

    id: str
    version: str
    title_nl: str
    title_en: str
    purpose: str
    legal_basis: str
    legal_status: str
    access: Access
    retention: dict[str, Retention] = dataclass_field(hash=False)
    schedule: Schedule
    file_name: str
    owner: str
    fields: tuple[Field, ...]
    four_eyes: bool = False

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in file order."""
        return tuple(field.name for field in self.fields)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The persons a row can be about: ``kind`` or ``patient``, then ``ouder1`` and ``ouder2``."""
        present = {field.about for field in self.fields if field.role == "identifier"}
        return tuple(person for person in PERSONS if person in present)

    @property
    def identifiers(self) -> tuple[Field, ...]:
        """The direct identifiers: they never pass encoding."""
        return self.with_role("identifier")

    @property
    def file_pattern(self) -> str:
        """``file_name`` as a regular expression for the whole name of a payload file."""
        return re.escape(self.file_name).replace("YYYYMMDD", r"\d{8}")

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def field(self, name: str) -> Field:
        """Return the column ``name``; raise :class:`KeyError` when the contract has none."""
        return self._by_name[name]

    def with_role(self, *roles: Role) -> tuple[Field, ...]:
        """Return the columns with one of ``roles``, in file order."""
        return tuple(field for field in self.fields if field.role in roles)

    def column(self, person: str, part: str) -> str | None:
        """Return the column with ``part`` (``bsn``, ``postcode``, ``geslacht``, ...) of ``person``, or None.

        The child's or patient's address columns (:data:`BARE_PARTS`) carry no prefix; those of a parent do.
        """
        bare = person in ("kind", "patient") and part in BARE_PARTS
        name = part if bare else f"{person}_{part}"
        return name if name in self and person in self.blocks else None

    def headers(self, supplier: Supplier) -> dict[str, str]:
        """Return what ``supplier`` calls each column, in file order; undeclared ones keep their own name."""
        return {name: supplier.columns.get(name, name) for name in self.names}
