"""Carry out what a person asked for: whole, or taken up again where it stopped.

What is to be done is written first (``rights/<domain>.unfinished.json``: delivery ids, row numbers, roles and marks, no
pseudonym) and removed last, when a warehouse built from what is left has been published. Every step in between can be
done again. A night that finds unfinished work does it before it links.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import audit, inputs, parquet, warehouse
from integration.contracts import load_contract
from integration.deliveries.data_keys import shred
from integration.errors import IntegrationError
from integration.ledger import Ledger
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.rights import lists
from integration.rights.leaving_out import Cut, cut_delivery, make_cut
from integration.rights.locate import encoded, link_twice, listed_mentions
from integration.rights.marks import marker
from integration.storage import read_json, sync_directory, write_json

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings
    from integration.storage import Zones

ERASE, OBJECT, RESTRICT, UNRESTRICT = "erase", "object", "restrict", "unrestrict"
_LIST = {ERASE: lists.ERASURES, OBJECT: lists.OBJECTIONS, RESTRICT: lists.RESTRICTIONS}
_AT_WORK: set[str] = set()
"""Domains whose unfinished work this very process is doing."""
Opened = Callable[[], "Keyring"]


@dataclass(frozen=True)
class Intent:
    """What is to be done: the action, its case and reason, the list's entry, what goes from each delivery."""

    action: str
    reason: str
    entry: lists.Entry
    subjects: tuple[str, ...] = ()
    cuts: Mapping[str, Cut] = field(default_factory=dict)


def intent_path(zones: Zones, domain: DomainCode) -> Path:
    """The file that is there as long as work is unfinished."""
    return zones.rights / f"{domain}.unfinished.json"


def unfinished(zones: Zones, domain: DomainCode) -> Intent | None:
    """The domain's unfinished work, if any. Raises :class:`IntegrationError` (RIGHTS_UNREADABLE)."""
    path = intent_path(zones, domain)
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = read_json(path)
        entry = content.pop("entry")
        cuts = {
            name: Cut(
                frozenset(cut["rows"]), frozenset((int(row), str(role)) for row, role in cut["mentions"])
            )
            for name, cut in content.pop("cuts").items()
        }
        subjects = tuple(content.pop("subjects"))
        return Intent(entry=lists.entry_from(entry), cuts=cuts, subjects=subjects, **content)
    except (OSError, ValueError, KeyError, TypeError):
        raise IntegrationError(Reason.RIGHTS_UNREADABLE, file=path.name) from None


def begin(zones: Zones, domain: DomainCode, intent: Intent) -> None:
    """Write down what is to be done, before any of it is."""
    zones.rights.mkdir(parents=True, exist_ok=True, mode=0o700)
    cuts = {
        name: {"rows": sorted(cut.rows), "mentions": sorted(cut.mentions)}
        for name, cut in intent.cuts.items()
    }
    write_json(intent_path(zones, domain), asdict(intent) | {"cuts": cuts}, mode=0o600)


def carry_out(settings: Settings, domain: DomainCode, intent: Intent) -> None:
    """Enter the person on the list and take out what goes; the warehouse is built anew after this."""
    zones = settings.zones
    with _alone(zones, domain):
        if intent.action in _LIST:
            lists.enter(zones, _LIST[intent.action], domain, intent.entry)
        if intent.action != RESTRICT:
            lists.strike(zones, lists.RESTRICTIONS, domain, intent.entry.marks)
        cut_all(settings, domain, intent.cuts)


def cut_all(settings: Settings, domain: DomainCode, cuts: Mapping[str, Cut]) -> None:
    """Take rows and mentions out of every copy of these deliveries, with the payloads they came from.

    A payload that is still to be encoded stays: it came after the copy here, and encoding holds it against the lists.
    """
    zones, folders = settings.zones, encoded(settings.zones, domain)
    entries = Ledger(settings.ledger()).entries(municipality=domain)
    waiting = {entry.subject for entry in entries if entry.state == "received"}
    for name, cut in sorted(cuts.items()):
        if not cut:
            continue
        delivery = DeliveryId.parse(name)
        for folder in folders.get(name, ()):
            cut_delivery(folder, load_contract(delivery.source), cut)
        if name not in waiting:
            shred(zones, name)
            _drop_payload(zones.raw_dir(delivery))


def _drop_payload(raw: Path) -> None:
    """Remove what a delivery came as; its manifest stays. It cannot be encoded again: its source can resend."""
    if not raw.is_dir():
        return
    for path in raw.iterdir():
        if path.is_file() and path.name != "manifest.json":
            path.unlink()
    sync_directory(raw)


def plan(zones: Zones, domain: DomainCode, theirs: Sequence[tuple[str, int, str]]) -> dict[str, Cut]:
    """What goes from each delivery when these mentions go."""
    folders, places = encoded(zones, domain), dict[str, list[tuple[int, str]]]()
    for name, row, role in theirs:
        places.setdefault(name, []).append((row, role))
    cuts = {}
    for name, gone in places.items():
        table = parquet.read(folders[name][0] / "mentions.parquet", ["row_number", "role"])
        named = zip(*(table.column(column).to_pylist() for column in table.column_names), strict=True)
        cuts[name] = make_cut(named, gone)
    return cuts


def listed_cuts(settings: Settings, keys: Keyring, domain: DomainCode) -> dict[str, Cut]:
    """What listed persons' mentions there are after all: in a restored zone, or delivered while a list was made.

    Of who objected all mentions; of who was erased those in deliveries that arrived before that.
    """
    zones = settings.zones
    objected = lists.read_list(zones, lists.OBJECTIONS, domain)
    erased = lists.read_list(zones, lists.ERASURES, domain)
    folders = encoded(zones, domain)
    if not (objected or erased) or not folders:
        return {}
    marks = marker(keys, domain)
    arrived = {e.subject: e.arrived_at for e in Ledger(settings.ledger()).entries(municipality=domain)}
    with warehouse.connect(None, settings) as con, warehouse.sealed_errors("subject"):
        con.execute("create schema staging")
        inputs.view_mentions(con, [paths[0] / "mentions.parquet" for paths in folders.values()])
        everyone = lists.wanted(marks, objected + erased)
        if not listed_mentions(con, "staging.mentions", everyone):
            return {}
        link_twice(con, settings, keys, domain)
        theirs = _in_linkage(con, lists.wanted(marks, objected))
        for entry in erased:
            found = _in_linkage(con, lists.wanted(marks, [entry]))
            theirs |= {place for place in found if lists.before(arrived.get(place[0]), entry)}
    return plan(zones, domain, sorted(theirs))


def _in_linkage(con: duckdb.DuckDBPyConnection, wanted: lists.Wanted) -> set[tuple[str, int, str]]:
    return set(listed_mentions(con, "asked.everywhere", wanted, "asked.everywhere")) if wanted else set()


def before_linking(settings: Settings, domain: DomainCode, keys: Opened) -> int:
    """Do what is left of unfinished work, and take out listed persons who are there again; return the rows cut.

    Runs at the beginning of every night, so that a restored backup is put right before it is read.
    """
    zones = settings.zones
    intent = unfinished(zones, domain)
    if intent is not None and domain not in _AT_WORK:
        with recorded(settings, domain, intent):
            carry_out(settings, domain, intent)
    if not any(lists.list_path(zones, name, domain).exists() for name in (lists.OBJECTIONS, lists.ERASURES)):
        return 0
    cuts = listed_cuts(settings, keys(), domain)
    if not any(cuts.values()):
        return 0
    with audit.processing(settings, "subject.apply", [f"domain:{domain}"]), _alone(zones, domain):
        inputs.mark_changed(zones, domain)
        cut_all(settings, domain, cuts)
    return sum(cut.spoken_of for cut in cuts.values())


@contextmanager
def recorded(settings: Settings, domain: DomainCode, intent: Intent) -> Iterator[None]:
    """Write in the processing log that this is done, for whom and in which case; a night within it is part of it."""
    with audit.processing(
        settings,
        f"subject.{intent.action}",
        [f"domain:{domain}"],
        case=intent.entry.case,
        subjects=intent.subjects,
        reason=Reason[intent.reason],
    ):
        _AT_WORK.add(domain)
        try:
            yield
        finally:
            _AT_WORK.discard(domain)


def finished(settings: Settings, domain: DomainCode, fingerprint: str) -> None:
    """Forget unfinished work once a file was published that was built after it; of an older one it is left."""
    zones = settings.zones
    if not intent_path(zones, domain).exists():
        return
    if inputs.gather(domain, settings, Ledger(settings.ledger())).fingerprint == fingerprint:
        intent_path(zones, domain).unlink()
        sync_directory(zones.rights)


@contextmanager
def _alone(zones: Zones, domain: DomainCode) -> Iterator[None]:
    zones.rights.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(zones.rights / f"{domain}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
