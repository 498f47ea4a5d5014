"""The declared indicators, typed and strict: what cannot be used is refused by file and field."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.storage import resource

Unit = Literal["share", "median_days", "mean"]
"""What a figure is: a share from 0 to 1, a median number of days, or a mean per unit counted."""

Text = Annotated[str, Field(min_length=3)]
Share = Annotated[float, Field(ge=0, le=1)]

NORM_UNITS: dict[str, frozenset[str]] = {
    "share": frozenset({"share"}),
    "median_days": frozenset({"median_days", "working_days"}),
    "mean": frozenset({"mean"}),
}
"""The units that a norm for a figure of each unit may be given in."""

STATUS_NL = {"law": "wet", "field": "afspraak in het veld", "proposal": "voorstel", "none": "geen norm"}
UNIT_NL = {"median_days": " dagen", "working_days": " werkdagen", "mean": ""}


class _Declaration(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Norm(_Declaration):
    """What good looks like, who says so, and the limit that verdicts use where the norm is an ambition.

    A norm of all or nothing (1.0 or 0.0 of a share) is an ambition: one family more or less would decide, so it
    declares an ``ambition_limit``. ``value`` is None only when ``status`` is ``none``.
    """

    value: float | None
    unit: Literal["share", "median_days", "working_days", "mean"]
    status: Literal["law", "field", "proposal", "none"]
    source: Text
    ambition_limit: float | None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.value is None) != (self.status == "none"):
            raise ValueError("a norm has a value unless its status is none")
        if self.unit == "share" and self.value is not None and not 0 <= self.value <= 1:
            raise ValueError("a share lies between 0 and 1")
        is_ambition = self.unit == "share" and self.value in {0.0, 1.0}
        if is_ambition != (self.ambition_limit is not None):
            raise ValueError("a norm of all or nothing, and no other, declares an ambition limit")
        return self


class Window(_Declaration):
    """How long a unit is followed, and from which date; a value belongs to the period in which that ends."""

    length: Annotated[int, Field(ge=0)]
    unit: Literal["days", "working_days"]
    starts: Text


class Measure(_Declaration):
    """A further figure from the same units, such as the share of families with three or more transfers."""

    measure: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name_nl: Text
    name_en: Text
    unit: Unit


class Definition(_Declaration):
    """One indicator: its names and explanation, what is counted out of what, its norm, and what it needs.

    ``sources`` are the sources whose complete delivery it needs; ``minimum_coverage`` is the share of their
    expected deliveries, and of units that could be linked, below which a value is not reliable.
    """

    id: Annotated[str, Field(pattern=r"^[A-Z]\d{2}$")]
    name_nl: Text
    name_en: Text
    explanation_nl: Text
    explanation_en: Text
    seed: Annotated[list[Annotated[str, Field(pattern=r"^[AB]\d{1,2}$")]], Field(min_length=1)]
    seed_sentence_nl: Text
    numerator_nl: Text
    numerator_en: Text
    denominator_nl: Text
    denominator_en: Text
    missing_nl: Text
    missing_en: Text
    unit: Unit
    direction: Literal["up", "down", "context"]
    norm: Norm
    window: Window
    minimum_coverage: Share
    sources: list[str]
    measures: list[Measure] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.norm.unit not in NORM_UNITS[self.unit]:
            raise ValueError("the norm is in another unit than the figure")
        if sorted(set(self.sources)) != self.sources:
            raise ValueError("sources are listed once, in alphabetical order")
        return self

    @property
    def norm_text(self) -> str:
        """The norm as people read it, in Dutch: ``ten minste 95% (voorstel)``."""
        if self.norm.value is None:
            return STATUS_NL["none"]
        side = {"up": "ten minste ", "down": "ten hoogste "}.get(self.direction, "")
        status = STATUS_NL[self.norm.status]
        if self.norm.ambition_limit is not None:
            status += f"; oordeel bij {_number(self.norm.ambition_limit, 'share')}"
        if self.norm.value in {0.0, 1.0} and self.norm.unit == "share":
            side = ""
        return f"{side}{_number(self.norm.value, self.norm.unit)} ({status})"

    def as_dict(self) -> dict[str, Any]:
        """The declaration as plain data, plus ``norm_text``."""
        return {**self.model_dump(mode="json"), "norm_text": self.norm_text}


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:g}%".replace(".", ",")
    return f"{value:g}{UNIT_NL[unit]}".replace(".", ",")


def read_definition(path: Path) -> Definition:
    """Read one declaration.

    Raises :class:`DeclarationError` (INDICATOR_INVALID) naming file and field, never what stands there.
    """
    try:
        definition = Definition.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise DeclarationError(Reason.INDICATOR_INVALID, "cannot be read as YAML", file=path.name) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        raise DeclarationError(Reason.INDICATOR_INVALID, first["msg"], file=path.name, field=field) from None
    if definition.id.lower() != path.stem:
        raise DeclarationError(
            Reason.INDICATOR_INVALID, "the file is named otherwise", file=path.name, field="id"
        )
    return definition


@lru_cache(maxsize=4)
def load_definitions(folder: Path | None = None) -> dict[str, Definition]:
    """All declared indicators by id, in order of id; cached.

    Raises :class:`DeclarationError` (INDICATOR_INVALID) for the first file that cannot be used.
    """
    files = sorted((folder or resource("warehouse") / "indicators").glob("*.yml"))
    return {definition.id: definition for definition in map(read_definition, files)}
