"""What no contract may declare, and how it is recognised in what a contract says about a column.

Nationality, ethnicity, country of birth, religion, language and benefit fraud are no business of this system
(Charter art. 21, AVG art. 9; the SyRI judgment ECLI:NL:RBDHA:2020:865 and the childcare benefits affair show
why), and free text can hold all of them. The words stand in ``prohibited.yml``. They are looked for in all
that a contract says about a column, also where it denies them: a column is described by what it holds. This
is a lock against accidents and quiet additions, beside the review of every contract; a name can mislead.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from integration.contracts.reading import read_yaml

_WORDS = Path(__file__).resolve().parent / "prohibited.yml"
_NEVER = re.compile(r"(?!)")


class _Topic(NamedTuple):
    """One prohibited topic: patterns for everything, for names only, and for names without separators."""

    name: str
    anywhere: re.Pattern[str]
    names: re.Pattern[str]
    inside: re.Pattern[str]


@cache
def _topics() -> tuple[_Topic, ...]:
    return tuple(
        _Topic(
            name,
            _whole_words(lists["anywhere"]),
            _whole_words(lists.get("names", [])),
            re.compile("|".join(lists["inside"])),
        )
        for name, lists in read_yaml(_WORDS).items()
    )


def topics() -> tuple[str, ...]:
    """Return what may not be declared, as refusals name it."""
    return tuple(topic.name for topic in _topics())


def _whole_words(words: list[str]) -> re.Pattern[str]:
    """Return a pattern for any of ``words`` as a whole word, ``*`` standing for any letters."""
    if not words:
        return _NEVER
    patterns = "|".join(re.escape(word).replace(r"\*", "[a-z]*") for word in words)
    return re.compile(rf"(?<![a-z])(?:{patterns})(?![a-z])")


def _plain(text: str) -> str:
    """Return ``text`` in lower case without accents; whatever is no letter becomes one space."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", " ", text.casefold()).strip()


def prohibited_topic(names: Iterable[str], prose: Iterable[str], *, holds_text: bool = True) -> str | None:
    """Return the first prohibited topic that a column is about, or None.

    ``names`` are its name, labels and tags, ``prose`` its descriptions and codes. Names are read more
    strictly: a column called *opmerking* is free text, a description may use the word, and so may the name of
    a date or a number (``holds_text`` false).
    """
    plain_names = [_plain(text) for text in names]
    everything = plain_names + [_plain(text) for text in prose]
    for topic in _topics():
        if any(topic.anywhere.search(text) for text in everything):
            return topic.name
        if topic.name == "free text" and not holds_text:
            continue
        if any(
            topic.names.search(text) or topic.inside.search(text.replace(" ", "")) for text in plain_names
        ):
            return topic.name
    return None
