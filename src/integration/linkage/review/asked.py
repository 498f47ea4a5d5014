"""Which places a pair's reference stands for: ``linking/<domain>.review.json``, the only file that knows.

A reference is random letters: it says nothing, and outlives nights and rotations because this file is pruned and
re-keyed with the link file. Once a place is gone from here its reference stands for nobody. The sample is
kept here too.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.linkage.decisions import Place, alone
from integration.reasons import Reason
from integration.storage import write_json

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.storage import Zones

LAYOUT = 1
LETTERS = "bcdfghjkmnpqrstvwxz"
"""No vowels and no digits: a reference is never by accident a word, a number or a postcode."""
LENGTH = 8
Pair = tuple[Place, Place]
"""Two places, the smaller first."""


@dataclass(frozen=True)
class Asked:
    """A pair that was named: its places, and how many reviewers judge it (1 or 2)."""

    left: Place
    right: Place
    reviewers: int


@dataclass(frozen=True)
class Stratum:
    """A part of the pairs that were compared: its name, whether they are linked, their number, those drawn.

    ``same`` and ``different`` count the pairs that were already decided when the sample was drawn; they are not asked.
    """

    name: str
    linked: bool
    size: int
    drawn: tuple[str, ...] = ()
    same: int = 0
    different: int = 0


@dataclass(frozen=True)
class Sample:
    """A sample of the pairs as linkage had them on ``day`` (ISO)."""

    day: str
    strata: tuple[Stratum, ...]


@dataclass(frozen=True)
class Review:
    """The content of the file; ``gone`` are references whose places went."""

    asked: Mapping[str, Asked] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    sample: Sample | None = None

    def references(self) -> dict[Pair, str]:
        """The reference of each pair that has one."""
        return {(one.left, one.right): name for name, one in self.asked.items()}

    def drawn(self) -> set[str]:
        """The references of the sample's pairs."""
        return {name for stratum in self.sample.strata for name in stratum.drawn} if self.sample else set()


def path(zones: Zones, domain: DomainCode) -> Path:
    """A domain's file."""
    return zones.linking / f"{domain}.review.json"


def read(file: Path) -> Review:
    """The file's content; nothing when there is none. Raises :class:`IntegrationError` (REVIEW_UNREADABLE)."""
    if not file.exists():
        return Review()
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["layout"] != LAYOUT:
            raise ValueError
        asked = {
            str(name): Asked(_place(one["left"]), _place(one["right"]), int(one["reviewers"]))
            for name, one in content["asked"].items()
        }
        return Review(asked, frozenset(content["gone"]), _sample(content["sample"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrationError(Reason.REVIEW_UNREADABLE, file=file.name) from None


def _place(content: Sequence[str]) -> Place:
    supplier, municipality, record_key, role = content
    return str(supplier), str(municipality), str(record_key), str(role)


def _sample(content: dict[str, Any] | None) -> Sample | None:
    if content is None:
        return None
    strata = (Stratum(**one | {"drawn": tuple(one["drawn"])}) for one in content["strata"])
    return Sample(str(content["day"]), tuple(strata))


def write(file: Path, review: Review) -> None:
    """Write the file anew, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"layout": LAYOUT, **asdict(review), "gone": sorted(review.gone)}
    write_json(file, content, mode=0o600)


def name_pairs(review: Review, pairs: Sequence[Pair], share: float, pick: random.Random) -> Review:
    """Give every pair that has none a reference of its own; ``share`` of them go to two reviewers."""
    known, asked = review.references(), dict(review.asked)
    for left, right in sorted(set(pairs) - known.keys()):
        name = ""
        while not name or name in asked or name in review.gone:
            name = "".join(pick.choices(LETTERS, k=LENGTH))
        asked[name] = Asked(left, right, 2 if pick.random() < share else 1)
    return replace(review, asked=asked)


def forget_others(file: Path, places: frozenset[Place]) -> None:
    """Leave out the pairs of which a place went; their references stay as gone, and stand for nobody."""
    if not file.exists():
        return
    with alone(file.parent):
        review = read(file)
        kept = only(review, places)
        if kept != review:
            write(file, kept)


def only(review: Review, places: frozenset[Place]) -> Review:
    """The review without the pairs of which a place is not in ``places``; a stratum keeps its size."""
    asked = {name: one for name, one in review.asked.items() if one.left in places and one.right in places}
    gone = review.gone | (review.asked.keys() - asked.keys())
    sample = review.sample and replace(
        review.sample,
        strata=tuple(
            replace(stratum, drawn=tuple(name for name in stratum.drawn if name in asked))
            for stratum in review.sample.strata
        ),
    )
    return Review(asked, frozenset(gone), sample)


def rekey(file: Path, into: Path, new_place: Callable[[Place], Place]) -> None:
    """Write the file to ``into`` with every place under its new key; references stay. No file: nothing."""
    if not file.exists():
        return
    review = read(file)
    asked: dict[str, Asked] = {}
    for name, one in review.asked.items():
        left, right = sorted((new_place(one.left), new_place(one.right)))
        asked[name] = Asked(left, right, one.reviewers)
    write(into, replace(review, asked=asked))
