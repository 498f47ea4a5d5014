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
OTHER = "other"
"""In a filter's salt: the other of the two names."""
_COARSE = NAMES | {"sex", "birth_decade"}
"""Parts that alone or together do not make a name's group of bearers small."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FILE = "link_encoding.yml"


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
    """One salt: its name and the parts that records must share for their filters to be comparable."""

    name: str
    salt: tuple[str, ...]

    def salt_of(self, field: str) -> tuple[str, ...]:
        """The parts of the salt of one name: ``other`` is the other name (surname for given, given for surname)."""
        other = "surname" if field == "given" else "given"
        return tuple(other if part == OTHER else part for part in self.salt)


@dataclass(frozen=True)
class FilterParameters:
    """How a name becomes bits: grams of ``q`` signs, ``lanes`` bits a gram in ``bits`` bits, one filter a channel."""

    q: int
    padding: int
    bits: int
    lanes: int
    fields: tuple[str, ...]
    channels: tuple[Channel, ...]

    @property
    def words(self) -> int:
        """Words of 64 bits a filter is stored in."""
        return self.bits // 64


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
        """The filters' columns, in order: a field, a channel, a word."""
        made = self.filters
        return tuple(
            f"link_{field}_{channel.name}_{word}"
            for field in made.fields
            for channel in made.channels
            for word in range(made.words)
        )

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
    except (KeyError, TypeError, AttributeError, yaml.YAMLError):
        raise DeclarationError(Reason.LINK_ENCODING_INVALID, file=_FILE) from None
    _hold(parameters)
    return parameters


@lru_cache(maxsize=1)
def load_parameters() -> LinkParameters:
    """The version that is in force."""
    return read_parameters(files(__package__).joinpath(_FILE).read_text(encoding="utf-8"))


def _filters(content: Mapping[str, Any]) -> FilterParameters:
    channels = tuple(Channel(name, tuple(salt)) for name, salt in content["channels"].items())
    numbers = {name: int(content[name]) for name in ("q", "padding", "bits", "lanes")}
    return FilterParameters(**numbers, fields=tuple(content["fields"]), channels=channels)


def _token(name: str, declared: Any) -> TokenParameters:
    if isinstance(declared, list):
        return TokenParameters(name, name, tuple(declared))
    return TokenParameters(name, declared["label"], tuple(declared["parts"]))


def _hold(parameters: LinkParameters) -> None:
    made = parameters.filters
    if not (isinstance(parameters.version, int) and 0 < parameters.version <= 9999):
        raise _refused("version")
    if made.q not in (2, 3) or made.padding not in range(made.q) or made.lanes != 8 or made.bits % 128:
        raise _refused("filters")
    if made.bits not in (128, 256, 512) or not made.fields or not set(made.fields) <= NAMES:
        raise _refused("filters")
    for channel in made.channels:
        if not _NAME.fullmatch(channel.name) or not _splits(channel.salt_of("given")):
            raise _refused(channel.name)
    for token in parameters.tokens:
        known = (
            _NAME.fullmatch(token.name) and _NAME.fullmatch(token.label) and set(token.parts) <= PARTS.keys()
        )
        named = bool(NAMES.intersection(token.parts))
        if not known or not token.parts or len(set(token.parts)) != len(token.parts):
            raise _refused(token.name)
        if named and not _splits(token.parts):
            raise _refused(token.name)
    columns = parameters.token_columns + parameters.filter_columns
    if len(set(columns)) != len(columns):
        raise _refused("tokens")


def _splits(parts: tuple[str, ...]) -> bool:
    return set(parts) <= PARTS.keys() and not set(parts) <= _COARSE


def _refused(field: str) -> DeclarationError:
    return DeclarationError(Reason.LINK_ENCODING_INVALID, file=_FILE, field=str(field)[:40])
