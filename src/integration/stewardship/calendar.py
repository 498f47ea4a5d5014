"""The calendar: what every supplier owes, when, what came of it, and whom to turn to.

One line for each supplier, municipality and period of the supplier file's calendar, up to and including the first
period that has not ended yet. States and lateness go by the one clock; a delivery that came is late by the day on
which it arrived, one that did not (or was refused) by today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integration.contracts import expected_periods, load_supplier, supplier_codes
from integration.ledger import Ledger
from integration.names import DeliveryId, InvalidName
from integration.stewardship import people

if TYPE_CHECKING:
    from integration.contracts import Supplier
    from integration.ledger import Entry
    from integration.names import Period
    from integration.settings import Settings

NOT_DUE, MISSING, RECEIVED, HELD, REFUSED, ACCEPTED = (
    "not_due", "missing", "received", "held", "refused", "accepted",
)  # fmt: skip
STATES = {
    NOT_DUE: "verwacht",
    MISSING: "niet gekomen",
    RECEIVED: "in behandeling",
    HELD: "wacht op een besluit",
    REFUSED: "geweigerd",
    ACCEPTED: "aanvaard",
}
"""What can be said of what is owed, with its Dutch words."""
OPEN = (MISSING, REFUSED, HELD)
"""States that ask something of a person."""

_AHEAD = timedelta(days=400)
"""Far enough to hold the end of the next half year after any day."""
_MAIL = {NOT_DUE: "delivery", MISSING: "delivery", RECEIVED: "quality", HELD: "quality", REFUSED: "quality"}


@dataclass(frozen=True)
class Owed:
    """What a supplier owes about a municipality for a period.

    ``due`` is the last day on which it is on time; ``days_late`` the days after it, 0 when on time. ``delivery`` is
    the id of the newest delivery, or the quarantine id of one refused at receipt, with its ``reason`` code.
    ``contact`` is the supplier's address for this state; ``steward`` and ``deputy`` are user names, absent
    stewards replaced by who stands in.
    """

    source: str
    supplier: str
    municipality: str
    period: str
    ends: date
    due: date
    state: str
    days_late: int
    arrived: date | None
    delivery: str | None
    reason: str | None
    contact: str
    steward: str | None
    steward_email: str | None
    deputy: str | None

    @property
    def overdue(self) -> bool:
        """Whether it was due and there is nothing that counts."""
        return self.days_late > 0 and self.state in (MISSING, REFUSED)

    def as_dict(self) -> dict[str, Any]:
        """The line as plain data, its days as text."""
        days = {name: getattr(self, name) for name in ("ends", "due", "arrived")}
        return asdict(self) | {name: day.isoformat() if day else None for name, day in days.items()}


@dataclass(frozen=True)
class _Came:
    """What came of one period: the newest delivery that counts, else the newest that was refused."""

    state: str
    arrived: date | None
    delivery: str
    reason: str | None


_Key = tuple[str, str, str]
"""Supplier, municipality, period."""


def calendar(settings: Settings, *, source: str | None = None, municipality: str | None = None) -> list[Owed]:
    """Everything that is owed, of one source or municipality or of all; by source, supplier, municipality and day.

    Raises :class:`DeclarationError` for a supplier file or people.yml that cannot be used.
    """
    came, who, today = _came(Ledger(settings.ledger())), people.load(settings.zones), settings.today()
    suppliers = [load_supplier(settings.zones, code) for code in supplier_codes(settings.zones)]
    return [
        _owed(supplier, place, period, due, came.get((supplier.code, place, period.text)), who, today)
        for supplier in sorted(suppliers, key=lambda s: (s.source, s.code))
        if source in (None, supplier.source)
        for place in sorted(supplier.municipalities)
        if municipality in (None, place)
        for period, due in _periods(supplier, today)
    ]


def brief(lines: Iterable[Owed]) -> list[Owed]:
    """What matters now: what is open or came late, and of each supplier and municipality the newest and the next."""
    groups: dict[tuple[str, str], list[Owed]] = defaultdict(list)
    for line in lines:
        groups[line.supplier, line.municipality].append(line)
    return [
        line
        for group in groups.values()
        for place, line in enumerate(group)
        if line.state in OPEN or line.days_late or place >= len(group) - 2
    ]


def _periods(supplier: Supplier, today: date) -> Iterator[tuple[Period, date]]:
    """The periods that ended, and the first one that did not."""
    for period, due in expected_periods(supplier, today + _AHEAD):
        yield period, due
        if period.end >= today:
            return


def _owed(
    supplier: Supplier,
    place: str,
    period: Period,
    due: date,
    came: _Came | None,
    who: people.People,
    today: date,
) -> Owed:
    state = came.state if came else (MISSING if today > due else NOT_DUE)
    arrived = came.arrived if came else None
    steward = who.steward_for(supplier.source, place, today)
    deputy = who.deputy_for(supplier.source, place, today)
    return Owed(
        source=supplier.source,
        supplier=supplier.code,
        municipality=place,
        period=period.text,
        ends=period.end,
        due=due,
        state=state,
        days_late=max(0, ((arrived or today) - due).days),
        arrived=arrived,
        delivery=came.delivery if came else None,
        reason=came.reason if came else None,
        contact=_contact(supplier, _MAIL.get(state, "delivery")),
        steward=steward.user if steward else None,
        steward_email=steward.email if steward else None,
        deputy=deputy.user if deputy else None,
    )


def _contact(supplier: Supplier, role: str) -> str:
    """The supplier's address for a role; its address for deliveries, else its first, where it has none for it."""
    found: dict[str, str] = {contact.role: contact.email for contact in reversed(supplier.contacts)}
    return found.get(role) or found.get("delivery") or supplier.contacts[0].email


def _came(ledger: Ledger) -> dict[_Key, _Came]:
    """What came, by supplier, municipality and period. A refused copy takes nothing from what was taken in."""
    found: dict[_Key, _Came] = {}
    for refused in ledger.quarantined():
        if key := _key(refused):
            found[key] = _Came(REFUSED, None, refused["subject"], refused["reason"])
    entries: dict[_Key, list[Entry]] = defaultdict(list)
    for entry in sorted(ledger.entries(), key=lambda e: e.sequence):
        entries[entry.supplier, entry.municipality, entry.period].append(entry)
    return found | {key: _of_entries(several) for key, several in entries.items()}


def _key(refused: Mapping[str, Any]) -> _Key | None:
    """Which period a delivery refused at receipt was for, by the name that its manifest gave it; None when unknown."""
    try:
        named = DeliveryId.parse(str(refused.get("delivery_id")))
    except InvalidName:
        return None
    return named.supplier, named.municipality, named.period.text


def _of_entries(entries: list[Entry]) -> _Came:
    """The state of the newest delivery that was not refused, and the day on which the first of these arrived."""
    live = [entry for entry in entries if entry.state != "quarantined"]
    newest = (live or entries)[-1]
    reason = newest.reason.value if newest.reason else None
    if not live:
        return _Came(REFUSED, None, newest.subject, reason)
    state = {"loaded": ACCEPTED, "held": HELD}.get(newest.state, RECEIVED)
    return _Came(state, datetime.fromisoformat(live[0].came_at).date(), newest.subject, reason)
