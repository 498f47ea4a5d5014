"""Every delivery as its steward sees it: how it stands, checks it did not pass, what its rows were refused for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from integration.errors import UsageError
from integration.ledger import Entry, Ledger
from integration.names import DeliveryId, InvalidName
from integration.reasons import Reason
from integration.settings import Settings
from integration.stewardship.calendar import MISSING, Owed, calendar
from integration.stewardship.decisions import Decision
from integration.stewardship.seats import open_decisions, waits_for_second
from integration.storage import Zones, read_json

EARLIER = 6
"""How many earlier deliveries are shown beside a check."""


@dataclass(frozen=True)
class Line:
    """One delivery. Checks are named by id; ``row_reasons`` counts the findings in its rows by reason code.

    ``rows`` are the rows that were kept. A delivery refused at receipt has its quarantine id as ``delivery_id``;
    one that never came has none. ``waits_for`` is ``decision``, ``second`` (of four eyes) or None.
    """

    delivery_id: str | None
    source: str | None
    supplier: str | None
    municipality: str | None
    period: str | None
    state: str
    reason: str | None = None
    rows: int | None = None
    critical: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    could_not_run: tuple[str, ...] = ()
    row_reasons: Mapping[str, int] = field(default_factory=dict)
    days_late: int | None = None
    waits_for: str | None = None

    @property
    def asks(self) -> bool:
        """Whether it asks for attention: stopped, refused, warned about, late or missing."""
        told = (self.reason, self.critical, self.warned, self.waived, self.could_not_run, self.waits_for)
        return any(told) or self.state == MISSING or (self.days_late or 0) > 0

    @property
    def noticed(self) -> bool:
        """Whether anything at all was found, also in single rows."""
        return self.asks or bool(self.row_reasons)

    def as_dict(self) -> dict[str, Any]:
        """The line as plain data."""
        return asdict(self)


def overview(settings: Settings, ledger: Ledger) -> list[Line]:
    """All deliveries: taken in, refused at receipt, and those that were due and did not come; by source and period."""
    owed = calendar(settings)
    late = {line.delivery: line.days_late for line in owed if line.delivery}
    lines = [_line(settings, entry) for entry in ledger.entries()]
    lines += [_refused(told) for told in ledger.quarantined()]
    lines = [replace(line, days_late=late.get(line.delivery_id or "")) for line in lines]
    lines += [_missing(line) for line in owed if line.state == MISSING]
    return sorted(
        lines,
        key=lambda line: tuple(str(part or "") for part in (line.source, line.municipality, line.period)),
    )


def _line(settings: Settings, entry: Entry) -> Line:
    facts = entry.facts
    return Line(
        delivery_id=entry.subject,
        source=entry.source,
        supplier=entry.supplier,
        municipality=entry.municipality,
        period=entry.period,
        state=entry.state,
        reason=entry.reason.value if entry.reason else None,
        rows=int(facts.get("rows_ok", entry.rows)),
        critical=tuple(facts.get("critical_failed", ())),
        warned=tuple(facts.get("warned", ())),
        waived=tuple(facts.get("waived", ())),
        could_not_run=tuple(facts.get("could_not_run", ())),
        row_reasons=row_reasons(settings.zones, entry.delivery),
        waits_for=_waits_for(settings, entry),
    )


def _missing(owed: Owed) -> Line:
    return Line(
        delivery_id=None,
        source=owed.source,
        supplier=owed.supplier,
        municipality=owed.municipality,
        period=owed.period,
        state=MISSING,
        days_late=owed.days_late,
    )


def _waits_for(settings: Settings, entry: Entry) -> str | None:
    if entry.state != "held":
        return None
    taken = open_decisions(settings).answering(entry.subject, entry.event)
    return "second" if waits_for_second(entry, taken) else "decision"


def _refused(told: Mapping[str, Any]) -> Line:
    """A delivery refused at receipt; nobody vouches for what its manifest says, so only its id is read."""
    try:
        named = DeliveryId.parse(str(told.get("delivery_id")))
    except InvalidName:
        named = None
    return Line(
        delivery_id=str(told["subject"]),
        source=str(named.source) if named else None,
        supplier=told.get("supplier"),
        municipality=str(named.municipality) if named else told.get("municipality"),
        period=named.period.text if named else None,
        state="quarantined",
        reason=told["reason"],
    )


def row_reasons(zones: Zones, delivery: DeliveryId) -> dict[str, int]:
    """How many findings the rows of a delivery have, by reason code; empty when staging is gone."""
    from integration import parquet

    path = zones.staging_dir(delivery) / "findings.parquet"
    if not path.exists():
        return {}
    found = Counter(str(code) for code in parquet.read(path, ["reason"]).column("reason").to_pylist())
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Shown:
    """One delivery in full: its line, what each check found, and what was decided about it.

    ``earlier`` has, for each check that did not hold or could not run, what it said of the supplier's last six
    deliveries before this one, oldest first.
    """

    line: Line
    checks: tuple[Mapping[str, Any], ...]
    decisions: tuple[Decision, ...]
    earlier: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return self.line.as_dict() | {
            "checks": list(self.checks),
            "decisions": [decision.as_dict() for decision in self.decisions],
            "earlier": {check: list(told) for check, told in self.earlier.items()},
        }

    def failed(self) -> Iterator[Mapping[str, Any]]:
        """The checks that did not hold or could not run."""
        return (check for check in self.checks if check["result"] != "success")


def show(settings: Settings, ledger: Ledger, delivery_id: str) -> Shown:
    """Everything about one delivery. Raises :class:`UsageError` (DELIVERY_UNKNOWN)."""
    try:
        entry = ledger.entry(DeliveryId.parse(delivery_id))
    except InvalidName:
        entry = None
    if entry is None:
        raise UsageError(Reason.DELIVERY_UNKNOWN)
    path = settings.zones.staging_dir(entry.delivery) / "check.json"
    checks = read_json(path)["checks"] if path.exists() else []
    return Shown(
        _line(settings, entry),
        tuple(checks),
        tuple(open_decisions(settings).about(entry.subject)),
        {str(c["id"]): _earlier(settings, entry, str(c["id"])) for c in checks if c["result"] != "success"},
    )


def _earlier(settings: Settings, entry: Entry, check: str) -> tuple[Mapping[str, Any], ...]:
    """What a check said of the supplier's deliveries before this one, oldest first."""
    from integration.quality.history import History

    told = History(settings.stewardship()).of_check(
        check, entry.source, municipality=entry.municipality, supplier=entry.supplier
    )
    before = [result for result in told if result.sequence < entry.sequence][-EARLIER:]
    keys = ("delivery_id", "period", "result", "n", "unexpected", "share", "measured")
    return tuple({key: getattr(result, key) for key in keys} for result in before)
