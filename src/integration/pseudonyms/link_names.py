"""The columns of mentions that only linkage reads: what they are called, and which are made of what.

``link_<token>`` are pseudonyms of 64 bits that can be compared for equality, after both passes.
``link_<field>_<channel>_<word>`` are the words of a filter, compared for likeness, after the first pass alone.
All are BIGINT and may be null. Which there are is declared in ``link_encoding.yml``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from integration.pseudonyms.link_parameters import PARTS, load_parameters

PREFIX = "link_"
SQL_TYPE = "BIGINT"
_WORD = re.compile(r"link_[a-z0-9_]+_[0-9]")
_ADDRESS = frozenset({"postcode", "house", "place"})
"""Fields that are parts of an address."""


def is_link(column: str) -> bool:
    """Whether a column of mentions, of any version of the encoding, is one that only linkage reads."""
    return column.startswith(PREFIX)


def is_filter(column: str) -> bool:
    """Whether such a column is a word of a filter."""
    return column in filter_columns() or (column not in token_columns() and _WORD.fullmatch(column) is not None)


def token_columns() -> tuple[str, ...]:
    """The tokens' columns, in order."""
    return load_parameters().token_columns


def filter_columns() -> tuple[str, ...]:
    """The filters' columns, in order: a field, a channel, a word."""
    return load_parameters().filter_columns


def link_columns() -> tuple[str, ...]:
    """All of them, in order."""
    return token_columns() + filter_columns()


@lru_cache(maxsize=1)
def of_address() -> frozenset[str]:
    """The columns that an address is a part of: of a secret address there are none."""
    parameters = load_parameters()
    made = {token.column: token.parts for token in parameters.tokens}
    for channel in parameters.filters.channels:
        for field in parameters.filters.fields:
            for word in range(parameters.filters.words):
                made[f"{PREFIX}{field}_{channel.name}_{word}"] = channel.salt
    return frozenset(column for column, parts in made.items() if _ADDRESS.intersection(PARTS[p] for p in parts if p in PARTS))


@lru_cache(maxsize=1)
def filters() -> tuple[tuple[str, ...], ...]:
    """The words of each filter: all of them are there, or none."""
    names, words = filter_columns(), load_parameters().filters.words
    return tuple(names[start : start + words] for start in range(0, len(names), words))
