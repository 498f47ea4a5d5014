"""What stewards are told by mail: ids, names of checks and days; never a value from a delivery.

A notice goes to the steward who looks after a source and municipality (or who stands in); a late one also to the
deputy; what is nobody's goes to the function mail of the settings.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

from integration.ledger import Entry, Ledger
from integration.municipalities import shown_name
from integration.settings import Settings
from integration.stewardship import people
from integration.stewardship.calendar import calendar
from integration.stewardship.waivers import waivers

SOON_DAYS = 14
"""Days before a waiver ends on which its steward is told."""


@dataclass(frozen=True)
class Notice:
    """One message: to whom, its subject, and its lines of text in Dutch."""

    to: tuple[str, ...]
    subject: str
    lines: tuple[str, ...]

    @property
    def html(self) -> str:
        """The message as a small page."""
        body = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        return f'<!doctype html><html lang="nl"><body>{body}</body></html>'


def receivers(settings: Settings, source: str, municipality: str, *, deputy: bool = False) -> tuple[str, ...]:
    """The mail addresses of who looks after a source and municipality today; none without a mail server."""
    if settings.smtp_url is None:
        return ()
    known, today = people.load(settings.zones), settings.today()
    found = [known.steward_for(source, municipality, today)]
    if deputy:
        found.append(known.deputy_for(source, municipality, today))
    return tuple(person.email for person in found if person) or settings.steward_mail


def of_waiting(settings: Settings, ledger: Ledger, delivery_id: str, *, late: bool = False) -> list[Notice]:
    """What is told when a delivery begins to wait for a decision, or (``late``) when it waits too long."""
    entry = ledger.entry(delivery_id)
    if entry is None or entry.state != "held":
        return []
    to = receivers(settings, entry.source, entry.municipality, deputy=late)
    subject = f"{'Nog geen besluit' if late else 'Besluit gevraagd'}: levering {entry.subject}"
    return [Notice(to, _marked(settings, subject), tuple(_waiting_lines(settings, entry)))] if to else []


def _waiting_lines(settings: Settings, entry: Entry) -> Iterable[str]:
    checks = ", ".join(entry.facts.get("critical_failed", ())) or "niet uitgevoerd"
    yield f"De levering van {entry.supplier} voor {shown_name(settings, entry.municipality)} wacht op uw besluit."
    yield f"Reden: {entry.reason.nl if entry.reason else ''}. Controles: {checks}."
    yield f"Bekijken: integration quality show {entry.subject}"
    yield f"Besluiten: integration quality decide {entry.subject}"


def reminders(settings: Settings, ledger: Ledger) -> list[Notice]:
    """One message for everybody about whom there is something to tell today: late, waiting, ending soon."""
    told: dict[tuple[str, ...], list[str]] = defaultdict(list)
    lines = [*_late(settings), *_waiting(settings, ledger), *_ending(settings, ledger)]
    for source, municipality, line in lines:
        if to := receivers(settings, source, municipality):
            told[to].append(line)
    subject = _marked(settings, "Leveringen die aandacht vragen")
    return [Notice(to, subject, tuple(lines)) for to, lines in sorted(told.items())]


def _waiting(settings: Settings, ledger: Ledger) -> Iterable[tuple[str, str, str]]:
    for entry in ledger.entries(state="held"):
        days = (settings.now() - _since(ledger, entry)) // timedelta(days=1)
        yield entry.source, entry.municipality, f"Wacht {days} dagen op een besluit: {entry.subject}"


def _since(ledger: Ledger, entry: Entry) -> datetime:
    return datetime.fromisoformat(ledger.events(entry.subject)[-1]["at"])


def _ending(settings: Settings, ledger: Ledger) -> Iterable[tuple[str, str, str]]:
    last: date = settings.today() + timedelta(days=SOON_DAYS)
    for waiver in waivers(settings, ledger):
        if waiver.ends_on <= last:
            line = f"Ontheffing loopt af op {waiver.ends_on:%d-%m-%Y}: {waiver.check} voor {waiver.supplier}"
            yield waiver.source, waiver.municipality, line


def _late(settings: Settings) -> Iterable[tuple[str, str, str]]:
    for owed in calendar(settings):
        if owed.overdue:
            whom = f"{owed.supplier} ({owed.contact})"
            line = f"{owed.days_late} dagen te laat: {owed.source} {owed.period} van {whom}"
            yield owed.source, owed.municipality, line


def _marked(settings: Settings, subject: str) -> str:
    return f"SYNTHETISCH · {subject}" if settings.synthetic else subject
