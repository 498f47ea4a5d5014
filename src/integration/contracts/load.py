"""From an Open Data Contract Standard document to a typed, frozen contract, or a refusal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.contracts import ODCS
from integration.contracts.fields import build_field
from integration.contracts.history import read_version, versions_in
from integration.contracts.model import (
    ACCESSES,
    ENVELOPE,
    FREQUENCIES,
    UNITS,
    ZONES,
    Contract,
    Retention,
    Schedule,
)
from integration.contracts.reading import invalid
from integration.names import InvalidName
from integration.names import source as source_id
from integration.reasons import Reason

if TYPE_CHECKING:
    from open_data_contract_standard.model import OpenDataContractStandard, ServiceLevelAgreementProperty

API_VERSION = "v3.2.0"
"""The version of the standard that the contracts follow: the first with code lists (``enum``)."""


def versions(source: str, *, folder: Path = ODCS) -> list[str]:
    """Return the versions of ``source``'s contract, oldest first; empty when there is none."""
    try:
        return versions_in(folder / source_id(source))
    except InvalidName:
        return []


@lru_cache(maxsize=64)
def load_contract(source: str, version: str | None = None, *, folder: Path = ODCS) -> Contract:
    """Return the contract of ``source``, the newest version unless one is named; cached.

    Raises :class:`~integration.errors.DeclarationError`: CONTRACT_UNKNOWN when there is no such source or
    version, CONTRACT_INVALID when the document lacks something, CONTRACT_PROHIBITED when it declares what may
    not be held.
    """
    known = versions(source, folder=folder)
    if not known:
        raise invalid("data contract", "there is no contract for this source", reason=Reason.CONTRACT_UNKNOWN)
    wanted = known[-1] if version is None else version
    if wanted not in known:
        raise invalid(source, "there is no such version", reason=Reason.CONTRACT_UNKNOWN)
    return build_contract(source, wanted, read_version(folder / source, wanted))


def build_contract(source: str, version: str, document: dict[str, Any]) -> Contract:
    """Return the typed contract of one full document; raises as :func:`load_contract` does."""
    where = f"{source} {version}"
    odcs = _parse(where, document)
    if (odcs.id, odcs.version, odcs.apiVersion, odcs.kind) != (source, version, API_VERSION, "DataContract"):
        raise invalid(
            where, f"id, version, apiVersion ({API_VERSION}) and kind must fit folder and file name"
        )
    custom = {item.property: item.value for item in odcs.customProperties or []}
    if not odcs.schema_ or len(odcs.schema_) != 1:
        raise invalid(where, "exactly one schema object is expected")
    table = odcs.schema_[0]
    access = _text(where, "custom property access", custom.get("access"))
    if access not in ACCESSES:
        raise invalid(where, f"access must be one of {', '.join(ACCESSES)}")
    fields = tuple(build_field(where, item) for item in table.properties or [])
    _check_columns(where, [field.name for field in fields])
    return Contract(
        id=source,
        version=version,
        title_nl=_text(where, "name", odcs.name),
        title_en=_text(where, "custom property title_en", custom.get("title_en")),
        purpose=_text(where, "description.purpose", odcs.description and odcs.description.purpose),
        legal_basis=_text(where, "custom property legalBasis (the legal basis)", custom.get("legalBasis")),
        legal_status=_text(where, "custom property legalBasisStatus", custom.get("legalBasisStatus")),
        access=access,  # type: ignore[arg-type]  # one of ACCESSES
        retention=_retention(where, odcs),
        schedule=_schedule(where, odcs),
        file_name=_file_name(where, table.physicalName),
        owner=_text(where, "team.name (the owner)", getattr(odcs.team, "name", None)),
        fields=fields,
        four_eyes=_flag(where, "fourEyes", custom.get("fourEyes", False)),
    )


def _flag(where: str, what: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise invalid(where, f"custom property {what} is true or false")
    return value


def _parse(where: str, document: dict[str, Any]) -> OpenDataContractStandard:
    """Return the document as the standard's own model reads it; keys that it does not know are refused."""
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    try:
        odcs = OpenDataContractStandard(**document)
    except (ValidationError, TypeError) as error:
        places = (
            [".".join(map(str, e["loc"])) for e in error.errors()]
            if isinstance(error, ValidationError)
            else []
        )
        raise invalid(where, f"not an Open Data Contract: {', '.join(places[:5]) or 'top level'}") from None
    if unknown := list(_unknown(document, odcs.model_dump(by_alias=True, exclude_unset=True), "")):
        raise invalid(where, f"keys that the standard does not have: {', '.join(unknown[:5])}")
    return odcs


def _unknown(written: Any, understood: Any, path: str) -> Iterator[str]:
    """Yield the places of keys that the standard's model passes over in silence, such as ``requird``."""
    if isinstance(written, dict) and isinstance(understood, dict):
        for key, value in written.items():
            place = f"{path}.{key}" if path else str(key)
            if key not in understood:
                yield place
            else:
                yield from _unknown(value, understood[key], place)
    elif isinstance(written, list) and isinstance(understood, list):
        for number, (first, second) in enumerate(zip(written, understood, strict=True)):
            yield from _unknown(first, second, f"{path}[{number}]")


def _text(where: str, what: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid(where, f"{what} is missing")
    return " ".join(value.split())


def _file_name(where: str, value: str | None) -> str:
    name = _text(where, "physicalName (the file name)", value)
    if name.count("YYYYMMDD") != 1 or not name.endswith(".csv"):
        raise invalid(where, "physicalName must hold YYYYMMDD once and end in .csv")
    return name


def _check_columns(where: str, names: list[str]) -> None:
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise invalid(where, f"declared twice: {', '.join(twice)}")
    if tuple(names[: len(ENVELOPE)]) != ENVELOPE:
        raise invalid(where, f"the first columns must be {', '.join(ENVELOPE)}")


def _terms(odcs: OpenDataContractStandard) -> dict[str | None, ServiceLevelAgreementProperty]:
    return {term.id: term for term in odcs.slaProperties or []}


def _whole(where: str, what: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise invalid(where, f"{what} must be a whole number above 0")
    return value


def _retention(where: str, odcs: OpenDataContractStandard) -> dict[str, Retention]:
    """Return the retention of every zone, from the delivery terms ``retention_<zone>``."""
    result = {}
    for zone in ZONES:
        term = _terms(odcs).get(f"retention_{zone}")
        if term is None or term.property != "retention" or term.unit not in UNITS:
            raise invalid(
                where, f"retention of zone {zone} is missing (slaProperties retention_{zone}, unit d, m or y)"
            )
        result[zone] = Retention(_whole(where, f"retention_{zone}", term.value), term.unit)  # type: ignore[arg-type]
    return result


def _schedule(where: str, odcs: OpenDataContractStandard) -> Schedule:
    """Return frequency and due days, from the delivery terms ``delivery_frequency`` and ``delivery_due``."""
    frequency = _terms(odcs).get("delivery_frequency")
    if frequency is None or frequency.value not in FREQUENCIES:
        raise invalid(
            where, f"schedule is missing: slaProperties delivery_frequency, one of {', '.join(FREQUENCIES)}"
        )
    due = _terms(odcs).get("delivery_due")
    if due is None or due.unit != "d":
        raise invalid(where, "schedule is missing: slaProperties delivery_due, unit d")
    return Schedule(frequency.value, _whole(where, "delivery_due", due.value))  # type: ignore[arg-type]
