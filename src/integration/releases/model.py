"""What a release is made of and what making one gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]
"""One row of a release's table: column name to value, the columns of ``columns.yml`` in order."""


class Protected(Protocol):
    """Publishable cells (dataclasses with the fields of ``columns.yml``) and their suppression summary."""

    @property
    def cells(self) -> Sequence[Any]:
        """The cells, in the order in which they are published."""

    @property
    def suppression(self) -> Mapping[str, int]:
        """How many cells were shown, bounded and hidden, and how many rows did not qualify."""


@dataclass(frozen=True)
class Place:
    """A municipality: code and name; ``alias`` when the name is made up."""

    code: str
    name: str
    alias: bool = False


@dataclass(frozen=True)
class DeliveryLine:
    """What one source delivered about one municipality: numbers of deliveries, never of rows or people.

    ``quarantined`` maps reason codes to numbers of deliveries.
    """

    source: str
    municipality: str
    accepted: int
    waiting: int = 0
    quarantined: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSummary:
    """The run behind a release, as far as it may be told.

    ``persons`` and ``families`` hold protected counts by municipality (multiples of five from 10, else None);
    ``sources`` maps a source to its Dutch and English name; ``domains`` maps a domain to the fingerprint of the
    warehouse file that its figures come from, ``checks`` tells what the check of the tables found, as numbers and ids
    of checks (both kept in the manifest, no part of what makes a release new).
    """

    deliveries: Sequence[DeliveryLine] = ()
    persons: Mapping[str, int | None] = field(default_factory=dict)
    families: Mapping[str, int | None] = field(default_factory=dict)
    sources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """A published release: its number, its folder and its manifest."""

    number: int
    path: Path
    manifest: Mapping[str, Any]

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.path / "site" / "index.html"


@dataclass(frozen=True)
class ReleaseResult:
    """What publishing did; ``existing`` when the newest release already says the same."""

    number: int
    path: Path
    existing: bool

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.path / "site" / "index.html"


@dataclass(frozen=True)
class Verification:
    """Whether a release is what it was: files by name that lack, changed or were added; all empty when it is."""

    number: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing lacks, changed or was added."""
        return not (self.missing or self.changed or self.added)
