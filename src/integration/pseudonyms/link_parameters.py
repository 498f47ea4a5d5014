"""What the link encoding is made of, read from ``link_encoding.yml`` and held against its rules.

A declaration that would give names away is refused: a token or a filter's salt in which nothing splits the
bearers of a name into small groups (docs/reference/link-encoding.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from integration.errors import DeclarationError
from integration.pseudonyms.link_digests import BLOCK
from integration.reasons import Reason

PARTS: dict[str, str] = {
    "number": "number",
    "given": "given",
    "surname": "surname",
    "sex": "sex",
    "birth": "birth",
    "birth_swapped": "birth",
    "birth_my": "birth",
    "birth_dy": "birth",
    "birth_dm": "birth",
    "birth_year": "birth",
    "birth_decade": "birth",
    "postcode": "postcode",
    "pc4": "postcode",
    "house": "house",
    "place": "place",
    "phone": "phone",
    "email": "email",
    "extra": "extra",
}
"""What a token can be made of, and the normalised field that each part comes from."""

FIELDS = tuple(dict.fromkeys(PARTS.values()))
"""The normalised fields of a person record."""

NAMES = frozenset({"given", "surname"})
_COARSE = NAMES | {"sex", "birth_decade"}
"""Parts that alone or together do not make a name's group of bearers small."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FILTER_COLUMN = re.compile(r"link_(?:given|surname)_[a-z][a-z0-9_]*_[0-9]")
MOST_VERSIONS = 9999
_FILE = "link_encoding.yml"


def is_filter_column(name: str) -> bool:
    """Tell whether a column holds a word of a filter (not a token)."""
    return _FILTER_COLUMN.fullmatch(name) is not None


@dataclass(frozen=True)
class TokenParameters:
    """One token: its name, the label under which it is made, and its parts."""

    name: str
    label: str
    parts: tuple[str, ...]

    @property
    def column(self) -> str:
        """The token's column."""
        return f"link_{self.name}"


@dataclass(frozen=True)
class Channel:
    """One way of salting: for each field that has it, the parts that records must share to be comparable."""

    name: str
    salts: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def by_field(self) -> dict[str, tuple[str, ...]]:
        """The salt of each field."""
        return dict(self.salts)


@dataclass(frozen=True)
class FilterParameters:
    """How a name becomes bits: grams of ``q`` signs that set ``set_bits`` of ``bits`` bits, one filter a channel."""

    q: int
    padding: int
    bits: int
    lanes: int
    set_bits: int
    fields: tuple[str, ...]
    channels: tuple[Channel, ...]

    @property
    def words(self) -> int:
        """Words of 64 bits a filter is stored in."""
        return self.bits // 64

    @property
    def columns(self) -> tuple[str, ...]:
        """The filters' columns, in order: a field, a channel, a word."""
        return tuple(
            f"link_{field}_{channel.name}_{word}"
            for field in self.fields
            for channel in self.channels
            if field in channel.by_field
            for word in range(self.words)
        )


@dataclass(frozen=True)
class LinkParameters:
    """A version of the link encoding."""

    version: int
    filters: FilterParameters
    tokens: tuple[TokenParameters, ...]

    @property
    def token_columns(self) -> tuple[str, ...]:
        """The tokens' columns, in order."""
        return tuple(token.column for token in self.tokens)

    @property
    def filter_columns(self) -> tuple[str, ...]:
        """The filters' columns, in order."""
        return self.filters.columns

    def canonical(self) -> bytes:
        """Return one text for one meaning: what the fingerprint is made over."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":")).encode()


def read_parameters(text: str) -> LinkParameters:
    """Read a declaration; :class:`DeclarationError` when it has another form or would give names away."""
    try:
        content = yaml.safe_load(text)
        parameters = LinkParameters(
            version=content["version"],
            filters=_filters(content["filters"]),
            tokens=tuple(_token(name, declared) for name, declared in content["tokens"].items()),
        )
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError):
        raise DeclarationError(Reason.LINK_ENCODING_INVALID, file=_FILE) from None
    _hold(parameters)
    return parameters


@lru_cache(maxsize=1)
def load_parameters() -> LinkParameters:
    """The version that is in force."""
    return read_parameters(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))


def _filters(content: Mapping[str, Any]) -> FilterParameters:
    fields = tuple(content["fields"])
    channels = tuple(_channel(name, declared, fields) for name, declared in content["channels"].items())
    numbers = {name: int(content[name]) for name in ("q", "padding", "bits", "lanes", "set_bits")}
    return FilterParameters(**numbers, fields=fields, channels=channels)


def _channel(name: str, declared: Any, fields: tuple[str, ...]) -> Channel:
    """One salt for all fields, or a field's own."""
    salts = declared if isinstance(declared, dict) else dict.fromkeys(fields, declared)
    return Channel(name, tuple((field, tuple(salt)) for field, salt in salts.items()))


def _token(name: str, declared: Any) -> TokenParameters:
    if isinstance(declared, list):
        return TokenParameters(name, name, tuple(declared))
    return TokenParameters(name, declared["label"], tuple(declared["parts"]))


def _hold(parameters: LinkParameters) -> None:
    if not (type(parameters.version) is int and 0 < parameters.version <= MOST_VERSIONS):
        raise _refused("version")
    _hold_filters(parameters.filters)
    for token in parameters.tokens:
        named = _NAME.fullmatch(token.name) and _NAME.fullmatch(token.label)
        if not named or _FILTER_COLUMN.fullmatch(token.column):
            raise _refused("tokens")
        if (
            not token.parts
            or not set(token.parts) <= PARTS.keys()
            or len(set(token.parts)) < len(token.parts)
        ):
            raise _refused(token.name)
        if NAMES.intersection(token.parts) and not _splits(token.parts):
            raise _refused(token.name)
    columns = parameters.token_columns + parameters.filter_columns
    if len(set(columns)) < len(columns):
        raise _refused("tokens")


def _hold_filters(made: FilterParameters) -> None:
    if made.q not in (2, 3) or made.padding not in range(1, made.q):
        raise _refused("q")
    if made.bits != 8 * BLOCK or made.lanes not in (2, 4, 8):
        raise _refused("bits")
    if not made.lanes <= made.set_bits <= made.bits:
        raise _refused("set_bits")
    if not made.fields or not set(made.fields) <= NAMES or len(set(made.fields)) < len(made.fields):
        raise _refused("fields")
    for channel in made.channels:
        if not _NAME.fullmatch(channel.name):
            raise _refused("channels")
        if not channel.salts or not channel.by_field.keys() <= set(made.fields):
            raise _refused(channel.name)
        for field, salt in channel.salts:
            if field in salt or len(set(salt)) < len(salt) or not _splits(salt):
                raise _refused(channel.name)


def _splits(parts: tuple[str, ...]) -> bool:
    """Tell whether these parts make the groups in which a name's bearers can be counted small."""
    return set(parts) <= PARTS.keys() and not set(parts) <= _COARSE


def _refused(field: str) -> DeclarationError:
    return DeclarationError(Reason.LINK_ENCODING_INVALID, file=_FILE, field=field)
