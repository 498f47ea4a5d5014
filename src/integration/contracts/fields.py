"""One column of a contract: from the standard's property to a :class:`~integration.contracts.model.Field`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from integration.contracts.free_text import why_free_text
from integration.contracts.model import (
    ABOUTS,
    ADDRESS_PARTS,
    ENVELOPE,
    PERSON_PARTS,
    PERSONS,
    ROLES,
    About,
    Field,
    FieldType,
    Role,
)
from integration.contracts.prohibited import prohibited_topic
from integration.contracts.reading import invalid
from integration.errors import DeclarationError
from integration.reasons import Reason

if TYPE_CHECKING:
    from open_data_contract_standard.model import EnumValue, SchemaProperty

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_CUSTOM = {"role", "about", "label_en", "provenance"}
IDENTIFIERS = frozenset(
    f"{person}_{part}" for person in PERSONS for part in PERSON_PARTS + ADDRESS_PARTS
) | frozenset(ADDRESS_PARTS)
"""The direct identifiers that encoding knows how to drop and tokenise; no other can be declared."""
_TYPES_OF_PARTS: dict[str, FieldType] = {"geboortedatum": "date", "huisnummer": "integer"}


def build_field(where: str, item: SchemaProperty) -> Field:
    """Return the field of one property, or raise :class:`~integration.errors.DeclarationError`."""
    name = item.name or ""
    if not _NAME.fullmatch(name):
        raise invalid(where, "a column name must be 2 to 40 lower case letters, digits and underscores")
    custom = {entry.property or "": entry.value for entry in item.customProperties or []}
    if set(custom) != _CUSTOM or not all(isinstance(value, str) and value for value in custom.values()):
        raise _refuse(where, name, f"customProperties must be exactly {', '.join(sorted(_CUSTOM))}")
    if not item.businessName or not item.description:
        raise _refuse(where, name, "businessName or description is missing")
    kind = _type(where, item)
    _refuse_prohibited(where, item, kind, custom)
    if custom["role"] not in ROLES:
        raise _refuse(where, name, f"role must be one of {', '.join(ROLES)}")
    if custom["about"] not in ABOUTS:
        raise _refuse(where, name, f"about must be one of {', '.join(ABOUTS)}")
    holder = item.items if item.items is not None else item
    codes, labels = _codes(where, name, holder.enum)
    options = dict(holder.logicalTypeOptions or {})
    field = Field(
        name=name,
        type=kind,
        role=cast(Role, custom["role"]),
        about=cast(About, custom["about"]),
        required=bool(item.required),
        unique=bool(item.unique),
        label_nl=item.businessName,
        label_en=str(custom["label_en"]),
        description=" ".join(item.description.split()),
        source=str(custom["provenance"]),
        codes=codes,
        code_labels=labels,
        pattern=_option(where, name, options, "pattern", str),
        minimum=_option(where, name, options, "minimum", int),
        maximum=_option(where, name, options, "maximum", int),
    )
    if options:
        raise _refuse(
            where, name, f"logicalTypeOptions not understood: {', '.join(sorted(map(str, options)))}"
        )
    _check_field(where, field)
    return field


def _refuse(where: str, name: str, why: str, reason: Reason | None = None) -> DeclarationError:
    return invalid(where, f"column {name}: {why}", reason=reason)


def _type(where: str, item: SchemaProperty) -> FieldType:
    """Return the field type: the logical type, with a code list or a list of items taken into account."""
    name = item.name or ""
    if item.logicalType == "array":
        if item.items is None:
            raise _refuse(where, name, "an array needs items")
        inner = _type(where, item.items.model_copy(update={"name": name}))
        if inner not in ("code", "date"):
            raise _refuse(where, name, "a list must be of codes or of dates")
        return "codes" if inner == "code" else "dates"
    if item.logicalType == "string":
        return "code" if item.enum else "string"
    if item.logicalType in ("date", "integer"):
        return cast(FieldType, item.logicalType)
    raise _refuse(where, name, "logicalType must be string, date, integer or array")


def _codes(
    where: str, name: str, enum: list[EnumValue] | None
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    if not enum:
        return None, None
    if not all(isinstance(entry.value, (str, int)) and entry.label for entry in enum):
        raise _refuse(where, name, "every code needs a text or number as value, and a label")
    codes = tuple(str(entry.value) for entry in enum)
    if len(set(codes)) != len(codes):
        raise _refuse(where, name, "a code occurs twice")
    return codes, tuple(entry.label or "" for entry in enum)


def _option(where: str, name: str, options: dict[str, Any], key: str, kind: type) -> Any:
    value = options.pop(key, None)
    if value is not None and type(value) is not kind:
        raise _refuse(where, name, f"{key} is not of the expected type")
    return value


def _refuse_prohibited(where: str, item: SchemaProperty, kind: FieldType, custom: dict[str, Any]) -> None:
    """Refuse a column that is about something no contract may declare, by anything said of it."""
    tags = [*(item.tags or []), *(synonym.synonym or "" for synonym in item.synonyms or [])]
    names = [item.name, item.businessName, item.physicalName, item.encryptedName, custom["label_en"], *tags]
    holder = item.items if item.items is not None else item
    codes = [
        text for entry in holder.enum or [] for text in (str(entry.value), entry.label, entry.description)
    ]
    prose = [item.description, item.transformDescription, item.transformLogic, holder.description, *codes]
    topic = prohibited_topic(
        filter(None, names), filter(None, prose), holds_text=kind in ("string", "code", "codes")
    )
    if topic:
        why = f"{topic} may not be declared"
        raise _refuse(where, item.name or "", why, Reason.CONTRACT_PROHIBITED)


def _check_field(where: str, field: Field) -> None:
    """Refuse free text, and bounds that make no sense."""
    kept = field.role in ("attribute", "quasi_identifier")
    if kept and field.type == "string" and (why := why_free_text(field.pattern)):
        raise _refuse(where, field.name, f"free text may not be declared: {why}", Reason.CONTRACT_PROHIBITED)
    if field.pattern is not None:
        if field.type != "string":
            raise _refuse(where, field.name, "only a string has a pattern")
        try:
            re.compile(field.pattern)
        except re.error:
            raise _refuse(where, field.name, "the pattern is not a regular expression") from None
    bounds = [bound for bound in (field.minimum, field.maximum) if bound is not None]
    if bounds and field.type != "integer":
        raise _refuse(where, field.name, "only an integer has bounds")
    if bounds != sorted(bounds):
        raise _refuse(where, field.name, "minimum is above maximum")
    _check_role(where, field)


def _check_role(where: str, field: Field) -> None:
    """Refuse identifiers that encoding does not know how to drop, and roles that hide a column."""
    if (field.role == "identifier") != (field.name in IDENTIFIERS):
        raise _refuse(
            where, field.name, f"role identifier is for exactly these: {', '.join(sorted(IDENTIFIERS))}"
        )
    if field.role == "identifier":
        person, _, part = field.name.partition("_")
        bare = field.name in ADDRESS_PARTS
        if field.about != ("huishouden" if bare else person):
            raise _refuse(
                where, field.name, "an identifier is about the person in its name, an address huishouden"
            )
        if field.type != _TYPES_OF_PARTS.get(field.name if bare else part, "string"):
            raise _refuse(where, field.name, "an identifier of this kind has another type")
    if field.role == "envelope" and field.name not in ENVELOPE:
        raise _refuse(where, field.name, f"role envelope is for exactly these: {', '.join(ENVELOPE)}")
    if field.role == "key" and field.type != "string":
        raise _refuse(where, field.name, "a key is a string")
