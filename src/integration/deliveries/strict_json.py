"""Strict, typed access to a JSON object: what is wrong is told by the name of its key, never by what was there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from integration.errors import DeliveryRefused
from integration.names import InvalidName
from integration.reasons import Reason

Named = TypeVar("Named")
_LONGEST_TEXT = 200
_MOST_TEXTS = 1000


def refused(field: str | None = None) -> DeliveryRefused:
    """Return the refusal of a manifest for the key ``field``."""
    return DeliveryRefused(Reason.MANIFEST_INVALID, field=field)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object; a key that occurs twice could hide what was checked."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _no_constant(_name: str) -> None:
    raise ValueError("not JSON")


class Keys:
    """The keys of one JSON object. Every accessor raises :class:`DeliveryRefused` (MANIFEST_INVALID)."""

    def __init__(self, content: object, prefix: str) -> None:
        if not isinstance(content, Mapping):
            raise refused(prefix.rstrip(".") or None)
        self._content = content
        self._prefix = prefix
        self._used: set[str] = set()

    @classmethod
    def of(cls, text: bytes) -> Keys:
        """Return the keys of a JSON object in UTF-8; a key that occurs twice, NaN and deep nesting are refused."""
        try:
            content = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise refused() from None
        return cls(content, "")

    def has(self, name: str) -> bool:
        """Tell whether the key is there."""
        return name in self._content

    def _get(self, name: str, kind: type) -> Any:
        self._used.add(name)
        value = self._content.get(name)
        if type(value) is not kind:
            raise self._refused(name)
        return value

    def _refused(self, name: str) -> DeliveryRefused:
        return refused(self._prefix + name)

    def inner(self, name: str) -> Keys:
        """Return the keys of the object under a key."""
        return Keys(self._get(name, dict), f"{self._prefix}{name}.")

    def text(self, name: str, pattern: re.Pattern[str] | None = None) -> str:
        """Return a text that is not empty, has at most 200 characters, and fits the pattern."""
        value: str = self._get(name, str)
        if not value or len(value) > _LONGEST_TEXT or (pattern is not None and not pattern.fullmatch(value)):
            raise self._refused(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts that is not empty."""
        values = self._get(name, list)
        if not values or len(values) > _MOST_TEXTS or not all(isinstance(value, str) for value in values):
            raise self._refused(name)
        return tuple(values)

    def number(self, name: str, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value: int = self._get(name, int)
        if not least <= value <= most:
            raise self._refused(name)
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        return bool(self._get(name, bool))

    def moment(self, name: str) -> datetime:
        """Return an ISO 8601 moment with its offset."""
        try:
            value = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._refused(name) from None
        if value.tzinfo is None:
            raise self._refused(name)
        return value

    def named(self, name: str, parse: Callable[[str], Named]) -> Named:
        """Return a text that follows the grammar of names, as ``parse`` reads it."""
        try:
            return parse(self.text(name))
        except InvalidName:
            raise self._refused(name) from None

    def nothing_else(self) -> None:
        """Refuse keys that were not asked for."""
        if set(self._content) - self._used:
            raise refused(self._prefix.rstrip(".") or None)
