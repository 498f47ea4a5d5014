"""The mirror report (spiegelrapport): how each field of a delivery was filled, as data.

Counts, shares, codes of the contract and calendar years only. Whatever is in a code column and in no code list is
counted as ``other``, never named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integration.contracts.model import Field
from integration.quality.layout import IDENTIFIER_STATUSES, RECORD_ID, STATUS
from integration.quality.reports.material import SEXES, Material

if TYPE_CHECKING:
    import pyarrow as pa

OTHER = "other"
"""Stands for whatever no code list has."""
SAME_IN_EVERY_ROW = ("levering_id", "bron_org_code", "gemeente_code")
"""Columns that say of which delivery a row is: receipt has held them against the manifest."""
_FILLED_STATUSES = ("ok", "partial")
_NULLED, _REFUSED = "field_nulled", "row_refused"


@dataclass(frozen=True)
class Share:
    """How often something occurs: a code or status, its Dutch meaning (empty where the page has the words)."""

    code: str
    label: str
    n: int
    of: int

    @property
    def share(self) -> float:
        """``n`` / ``of``, to six decimals; 0 of nothing."""
        return round(self.n / self.of, 6) if self.of else 0.0


@dataclass(frozen=True)
class FieldMirror:
    """How one field was filled over the usable rows.

    ``kind`` is identifier, code, date, number, key or text. ``empty`` counts every usable row without a value,
    ``emptied`` how many of these encoding made so, by reason code; ``refused`` the rows that this field cost, which
    are not among ``rows``. ``values`` has the shares of codes (of an identifier: its statuses) among the filled rows;
    of a list of codes, of rows that hold the code. ``first_year`` and ``last_year`` bound the dates.
    """

    name: str
    label: str
    kind: str
    about: str
    required: bool
    rows: int
    filled: int
    emptied: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    values: tuple[Share, ...] = ()
    first_year: int | None = None
    last_year: int | None = None

    @property
    def empty(self) -> int:
        """Usable rows without a value."""
        return self.rows - self.filled

    @property
    def share(self) -> float:
        """Filled share of the usable rows, to six decimals; 0 of none."""
        return round(self.filled / self.rows, 6) if self.rows else 0.0


@dataclass(frozen=True)
class Mirror:
    """The mirror report: the delivery it is of, and its fields in the order of the contract."""

    material: Material
    fields: tuple[FieldMirror, ...]


def mirror(material: Material) -> Mirror:
    """Count how each field of the contract was filled."""
    reasons = _reasons(material.findings)
    shown = [one for one in material.contract if one.name not in SAME_IN_EVERY_ROW]
    return Mirror(material, tuple(_field(one, material, reasons) for one in shown))


def _reasons(findings: pa.Table) -> Mapping[tuple[str, str], dict[str, int]]:
    """How often each reason occurs, by field and effect."""
    columns = (findings.column(name).to_pylist() for name in ("field", "effect", "reason"))
    found: dict[tuple[str, str], dict[str, int]] = {}
    for (name, effect, reason), n in sorted(Counter(zip(*columns, strict=True)).items()):
        found.setdefault((name, effect), {})[reason] = n
    return found


def _field(one: Field, material: Material, reasons: Mapping[tuple[str, str], dict[str, int]]) -> FieldMirror:
    told: dict[str, Any] = {
        "name": one.name,
        "label": one.label_nl,
        "about": one.about,
        "required": one.required,
        "rows": material.records.num_rows,
        "emptied": reasons.get((one.name, _NULLED), {}),
        "refused": reasons.get((one.name, _REFUSED), {}),
    }
    if one.role == "identifier":
        return FieldMirror(kind="identifier", **told, **_statuses(material.records, one))
    if one.role == "quasi_identifier":
        return FieldMirror(kind="code", **told, **_sexes(material.mentions, one))
    name = "record_key" if one.name == RECORD_ID else one.name
    column = material.records.column(name)
    return FieldMirror(
        kind=_kind(one), **told, filled=len(column) - column.null_count, **_content(one, column)
    )


def _kind(one: Field) -> str:
    if one.role == "key":
        return "key"
    if one.codes is not None:
        return "code"
    return {"date": "date", "dates": "date", "integer": "number"}.get(one.type, "text")


def _statuses(records: pa.Table, one: Field) -> dict[str, Any]:
    """An identifier is gone after encoding: what became of it is left."""
    column = records.column(one.name + STATUS)
    counted = _counted(column)
    shares = [Share(s, "", counted[s], len(column)) for s in IDENTIFIER_STATUSES if counted[s]]
    return {"filled": sum(counted[s] for s in _FILLED_STATUSES), "values": tuple(shares)}


def _sexes(mentions: pa.Table, one: Field) -> dict[str, Any]:
    """Of a person's sex, which stands with the persons that a row mentions."""
    roles, sexes = (mentions.column(name).to_pylist() for name in SEXES)
    counted = Counter(s for role, s in zip(roles, sexes, strict=True) if role == one.about and s is not None)
    filled = counted.total()
    return {"filled": filled, "values": _shares(one, counted, filled)}


def _content(one: Field, column: pa.ChunkedArray[Any]) -> dict[str, Any]:
    """The codes of a code column, the years of a column of dates; nothing of any other."""
    if one.role != "key" and one.codes is not None:
        filled = len(column) - column.null_count
        return {"values": _shares(one, _counted(_flat(column)), filled)}
    if one.type in ("date", "dates"):
        return _years(_flat(column))
    return {}


def _flat(column: pa.ChunkedArray[Any]) -> Any:
    """A list's items; encoding keeps each item of a list once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.list_flatten(column) if pa.types.is_list(column.type) else column


def _counted(column: Any) -> Counter[str]:
    pairs: Iterable[Mapping[str, Any]] = column.value_counts().to_pylist()
    return Counter({str(p["values"]): int(p["counts"]) for p in pairs if p["values"] is not None})


def _shares(one: Field, counted: Counter[str], filled: int) -> tuple[Share, ...]:
    codes = one.codes or ()
    listed = [Share(code, one.code_label(code), counted[code], filled) for code in codes]
    others = sum(n for code, n in counted.items() if code not in codes)
    return (*listed, Share(OTHER, "", others, filled)) if others else tuple(listed)


def _years(days: Any) -> dict[str, Any]:
    import pyarrow.compute as pc

    ends: Any = pc.min_max(days).as_py()
    return {f"{end}_year": ends[key] and ends[key].year for end, key in (("first", "min"), ("last", "max"))}
