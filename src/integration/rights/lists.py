"""The three lists of a domain: who objected, who was erased, whose data may only be kept.

Each is one small file ``rights/<list>/<domain>.json`` of marks (see :mod:`integration.rights.marks`), the
moment and the case number; nothing else. ``numbers`` are marks of BSN tokens, ``likenesses`` of tokens made from
name and birth date that belonged to this person alone: by them a source that delivers no BSN is recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.rights.marks import Marker, marker
from integration.storage import Zones, read_json, write_json

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring

FORMAT = "integration-rights/1"
OBJECTIONS, ERASURES, RESTRICTIONS = "objections", "erasures", "restrictions"
LISTS = (OBJECTIONS, ERASURES, RESTRICTIONS)


@dataclass(frozen=True)
class Entry:
    """One person on a list: marks, since when, and the case."""

    at: str
    case: str
    numbers: tuple[str, ...] = ()
    likenesses: tuple[str, ...] = ()

    @property
    def marks(self) -> frozenset[str]:
        """All marks of this person."""
        return frozenset((*self.numbers, *self.likenesses))


@dataclass(frozen=True)
class Wanted:
    """The tokens by which listed persons are recognised.

    A mention is theirs by its BSN token; without a BSN by a likeness; and by a likeness whose person is known without
    a BSN (``alone``) whatever BSN it has.
    """

    numbers: frozenset[str] = field(default=frozenset(), repr=False)
    likenesses: frozenset[str] = field(default=frozenset(), repr=False)
    alone: frozenset[str] = field(default=frozenset(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.likenesses)

    def has(self, number: str | None, likenesses: Iterable[str | None]) -> bool:
        """Tell whether a mention with this BSN token and these other tokens is a listed person's."""
        if number is not None and number in self.numbers:
            return True
        usable = self.likenesses if number is None else self.alone
        return bool(usable) and any(token in usable for token in likenesses)


def list_path(zones: Zones, name: str, domain: DomainCode) -> Path:
    """The file of one list."""
    return zones.rights / name / f"{domain}.json"


def read_list(zones: Zones, name: str, domain: DomainCode) -> list[Entry]:
    """Return who stands on a list, in order of entry.

    Raises :class:`IntegrationError` (RIGHTS_UNREADABLE) for a damaged list: what cannot be honoured stops the work.
    """
    path = list_path(zones, name, domain)
    if not path.exists():
        return []
    try:
        content = read_json(path)
        if content["format"] != FORMAT or content["domain"] != domain:
            raise ValueError
        return [entry_from(item) for item in content["entries"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrationError(Reason.RIGHTS_UNREADABLE, file=f"{name}/{path.name}") from None


def entry_from(item: dict[str, Any]) -> Entry:
    """Read an entry as it was written. Raises KeyError, TypeError or ValueError for anything else."""
    datetime.fromisoformat(item["at"])
    return Entry(item["at"], item["case"], tuple(item["numbers"]), tuple(item["likenesses"]))


def write_list(zones: Zones, name: str, domain: DomainCode, entries: Sequence[Entry]) -> None:
    """Replace a list; an empty one leaves no file."""
    path = list_path(zones, name, domain)
    if not entries:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {"format": FORMAT, "domain": domain, "entries": [asdict(entry) for entry in entries]}
    write_json(path, content, mode=0o600)


def enter(zones: Zones, name: str, domain: DomainCode, entry: Entry) -> bool:
    """Put a person on a list; False when they stand there with all these marks already.

    Erasures count up to their newest date, so there a later entry takes the place of an earlier one.
    """
    entries = read_list(zones, name, domain)
    same = [known for known in entries if known.marks & entry.marks]
    if entry in entries or (name != ERASURES and any(entry.marks <= known.marks for known in same)):
        return False
    merged = Entry(
        entry.at,
        entry.case,
        tuple(sorted({*entry.numbers, *(m for known in same for m in known.numbers)})),
        tuple(sorted({*entry.likenesses, *(m for known in same for m in known.likenesses)})),
    )
    write_list(zones, name, domain, [known for known in entries if known not in same] + [merged])
    return True


def strike(zones: Zones, name: str, domain: DomainCode, marks: frozenset[str]) -> bool:
    """Take a person off a list; False when they did not stand there."""
    entries = read_list(zones, name, domain)
    left = [entry for entry in entries if not entry.marks & marks]
    if len(left) == len(entries):
        return False
    write_list(zones, name, domain, left)
    return True


def wanted(marks: Marker, entries: Iterable[Entry]) -> Wanted:
    """Return the tokens behind the marks of some entries.

    Raises :class:`IntegrationError` (RIGHTS_UNREADABLE) when a mark was made under another key version than the
    ``marks``: a list that was not carried along at rotation must not be passed over.
    """
    found: dict[str, set[str]] = {"numbers": set(), "likenesses": set(), "alone": set()}
    try:
        for entry in entries:
            found["numbers"] |= marks.tokens(entry.numbers)
            likenesses = marks.tokens(entry.likenesses)
            found["likenesses"] |= likenesses
            if not entry.numbers:
                found["alone"] |= likenesses
    except ValueError:
        raise IntegrationError(Reason.RIGHTS_UNREADABLE, "made under another key version") from None
    return Wanted(**{name: frozenset(tokens) for name, tokens in found.items()})


def rekey(zones: Zones, domain: DomainCode, old: Keyring, new: Keyring, into: Zones | None = None) -> int:
    """Carry a domain's lists over to the next key version; return how many marks were made anew.

    ``old`` and ``new`` are the keyring without and with that version; ``into`` is where the lists are written, by
    default where they are. Raises what :func:`carry` raises, and :class:`IntegrationError` (RIGHTS_UNFINISHED): what is
    unfinished is finished first, for it holds marks too.
    """
    if (zones.rights / f"{domain}.unfinished.json").exists():
        raise IntegrationError(Reason.RIGHTS_UNFINISHED)
    step = new.next_step(domain, "person")

    def chained(token: str) -> str:
        return step.token(bytes.fromhex(token.rsplit(".", 1)[1]))

    return carry(zones, domain, marker(old, domain), marker(new, domain), chained, into or zones)


def carry(
    zones: Zones, domain: DomainCode, old: Marker, new: Marker, chained: Callable[[str], str], into: Zones
) -> int:
    """Make every mark anew: ``chained`` gives the person token of the new version for one of the old.

    A mark that is of the new version already stays, so a run that was killed can be done again.
    Raises :class:`IntegrationError` (RIGHTS_UNREADABLE) for marks of a third version; nothing is written then.
    """
    made = 0

    def carried(mark: str) -> str:
        nonlocal made
        try:
            token = old.token(mark)
        except ValueError:
            new.token(mark)
            return mark
        made += 1
        return new.mark(chained(token))

    try:
        fresh = {
            name: [
                Entry(e.at, e.case, tuple(map(carried, e.numbers)), tuple(map(carried, e.likenesses)))
                for e in read_list(zones, name, domain)
            ]
            for name in LISTS
        }
    except ValueError:
        raise IntegrationError(Reason.RIGHTS_UNREADABLE, "made under another key version") from None
    for name, entries in fresh.items():
        if entries:
            write_list(into, name, domain, entries)
    return made


def wanted_at_encoding(keys: Keyring, zones: Zones, domain: DomainCode, arrived_at: str | None) -> Wanted:
    """Whom to leave out of a delivery that arrived at a moment (None: not known, taken as long ago).

    Who objected, whenever it came; who was erased, when it came before that.
    """
    erased = [entry for entry in read_list(zones, ERASURES, domain) if before(arrived_at, entry)]
    entries = read_list(zones, OBJECTIONS, domain) + erased
    return wanted(marker(keys, domain), entries) if entries else Wanted()


def before(arrived_at: str | None, entry: Entry) -> bool:
    """Tell whether a delivery arrived before a person was entered on a list."""
    return arrived_at is None or datetime.fromisoformat(arrived_at) <= datetime.fromisoformat(entry.at)
