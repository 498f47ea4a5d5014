"""What is declared of suppliers (``suppliers.yml``) and of planted defects (``defects.yml``)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from integration.names import Period
from integration.sample.declare import Strict, unknown
from integration.sample.naming import municipalities
from integration.sample.values import Share


class RowDefect(Strict):
    """How often a defect is planted per record (``rate``), and where it differs per source."""

    rate: Share
    sources: dict[str, Share] = Field(default_factory=dict)


class DeliveryDefect(Strict):
    """Something wrong with one whole delivery, or with every one from ``period`` on (see :attr:`lasts`).

    ``columns`` gives new headers by column (layout_change); ``column`` and ``value`` are what is filled in
    everywhere (constant_from).
    """

    source: str
    municipality: str
    period: str
    defect: Literal["truncated", "other_municipality", "sent_twice", "wrong_delimiter", "late", "missing", "partial",
                    "layout_change", "constant_from"]  # fmt: skip
    columns: dict[str, str] = Field(default_factory=dict)
    column: str = ""
    value: str = ""

    @property
    def lasts(self) -> bool:
        """Whether later deliveries of the supplier have it too."""
        return self.defect in {"layout_change", "constant_from"}

    @model_validator(mode="after")
    def _says_enough(self) -> DeliveryDefect:
        unknown([("municipality", self.municipality, {place.code for place in municipalities()})])
        Period.parse(self.period)
        if bool(self.columns) != (self.defect == "layout_change"):
            raise ValueError("columns belong to layout_change, and only there")
        if (self.column != "" and self.value != "") != (self.defect == "constant_from"):
            raise ValueError("column and value belong to constant_from, and only there")
        return self


class Defects(Strict):
    """``defects.yml``: what is planted in the demo."""

    format: Literal["integration-defects/1"]
    rows: dict[str, RowDefect]
    deliveries: tuple[DeliveryDefect, ...]


class DialectRules(Strict):
    """Parts of a supplier file, as in ``suppliers/<ORG>.yml``; ``line_ending`` is how its program writes lines."""

    encoding: str = "utf-8-sig"
    date_format: str = "yyyy-mm-dd"
    list_separator: str = "|"
    line_ending: Literal["crlf", "lf"] = "crlf"
    columns: dict[str, str] = Field(default_factory=dict)
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    leaves_out: tuple[str, ...] = ()


class AgreedRules(Strict):
    """Rows usual per thousand inhabitants: of a base delivery (``stand``) and of a later one (``period``)."""

    stand: float = Field(gt=0)
    period: float = Field(gt=0)


class SourceRules(Strict):
    """What the suppliers of one source share."""

    prefix: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    name: str
    base: date
    periods: tuple[str, ...]
    agreed_per_1000: AgreedRules
    dialect: DialectRules = DialectRules()


class CalendarRules(Strict):
    """What one supplier delivers when, where that is not what its source does."""

    frequency: Literal["weekly", "monthly", "half-yearly"]
    base: date
    periods: tuple[str, ...]


class SupplierRules(Strict):
    """``suppliers.yml``: who delivers, how often and in what dialect."""

    format: Literal["integration-sample-suppliers/1"]
    sources: dict[str, SourceRules]
    dialects: dict[str, dict[str, Any]] = Field(default_factory=dict)
    calendars: dict[str, CalendarRules] = Field(default_factory=dict)
