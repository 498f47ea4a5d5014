"""The indicators once more, in plain Python over what truly happened: the judge of the SQL models.

Written from the definitions, not from the SQL, and slow on purpose: every rule is a loop that reads like its sentence.
The truth is a list of events (see the sample's ``events``): a kind, a day, the gezin, the case, who recorded it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from dateutil.easter import easter

LOCAL = {"wijkteam", "jeugdhulp", "onderwijs", "huisarts", "kinderopvang"}
"""Who keeps a gezin in view after a handover."""
WITHOUT_A_DATE = {("onderwijs", "signal"), ("", "departure")}
"""Events that no source writes down as a date: a school's signal stands in the record of an absence."""


@dataclass(frozen=True)
class Happening:
    """One event of the truth."""

    kind: str
    day: date
    gezin: int
    source: str = ""
    case: str = ""
    municipality: str = "GM0321"
    facts: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Unit:
    """Something counted once a period: in the denominator, or missing; perhaps in the numerator; perhaps a number."""

    key: object
    closes: date
    hit: bool = False
    value: float | None = None
    missing: bool = False


@dataclass
class Truth:
    """All events of one municipality and the day each gezin left it."""

    events: list[Happening]
    departures: dict[int, date] = field(default_factory=dict)
    _units: dict[str, list[Unit]] = field(default_factory=dict)
    _by: dict[str, dict[Any, list[Happening]]] = field(default_factory=dict)

    def by(self, what: str, value: object) -> list[Happening]:
        """The events with this kind, gezin or case, in their order; looked up, so that judging takes seconds."""
        if what not in self._by:
            found: dict[Any, list[Happening]] = {}
            for event in self.events:
                found.setdefault(getattr(event, what), []).append(event)
            self._by[what] = found
        return self._by[what].get(value, [])

    def units(self, indicator: str) -> list[Unit]:
        """An indicator's units, worked out once."""
        if indicator not in self._units:
            self._units[indicator] = list(UNITS[indicator](self))
        return self._units[indicator]

    def of(self, kind: str, *, source: str | None = None, gezin: int | None = None) -> Iterator[Happening]:
        """Events of a kind, perhaps of one source or gezin."""
        for event in self.by("kind", kind) if gezin is None else self.by("gezin", gezin):
            if event.kind == kind and (source is None or event.source == source):
                yield event

    def in_case(self, handover: Happening, kind: str) -> Happening | None:
        """The first event of a kind in the same Veilig Thuis case."""
        found = [e for e in self.by("case", handover.case) if e.kind == kind and e.source == "veilig_thuis"]
        return min(found, key=lambda e: e.day) if found else None


def read_truth(folder: Path, municipality: str) -> Truth:
    """The sample's truth about one municipality."""
    import pyarrow.parquet as pq

    events = [
        Happening(
            kind=row["kind"],
            day=row["date"],
            gezin=row["gezin_id"],
            source=row["source"] or "",
            case=row["case_id"] or "",
            municipality=row["municipality"],
            facts=json.loads(row["attributes"] or "{}"),
        )
        for row in pq.read_table(folder / "events.parquet").to_pylist()
        if row["municipality"] == municipality
    ]
    persons = pq.read_table(folder / "persons.parquet").to_pylist()
    departures = {p["gezin_id"]: p["vertrek_datum"] for p in persons if p["is_child"] and p["vertrek_datum"]}
    return Truth(events, departures)


# -- days --------------------------------------------------------------------------------------------------------


@cache
def is_working_day(day: date) -> bool:
    """Monday to Friday, except the holidays of the Algemene termijnenwet."""
    sunday = easter(day.year)
    kings_day = date(day.year, 4, 27)
    holidays = {
        date(day.year, 1, 1),
        sunday - timedelta(days=2),
        sunday + timedelta(days=1),
        kings_day - timedelta(days=1) if kings_day.isoweekday() == 7 else kings_day,
        date(day.year, 5, 5),
        sunday + timedelta(days=39),
        sunday + timedelta(days=50),
        date(day.year, 12, 25),
        date(day.year, 12, 26),
    }
    return day.isoweekday() <= 5 and day not in holidays


def working_days_later(day: date, number: int) -> date:
    """The ``number``-th working day after a day."""
    while number:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day


# -- indicators ------------------------------------------------------------------------------------------------------


def i01(truth: Truth) -> Iterator[Unit]:
    """Assessed by the fifth working day after the report; a case counts once."""
    for report in first_per_case(truth.of("report", source="veilig_thuis")):
        deadline = working_days_later(report.day, 5)
        assessed = truth.in_case(report, "assessment")
        yield Unit(report.case, deadline, hit=assessed is not None and assessed.day <= deadline)


def i03(truth: Truth) -> Iterator[Unit]:
    """Conditions by the day of the handover, after a service."""
    for handover in handovers(truth):
        if truth.in_case(handover, "service_start"):
            conditions = truth.in_case(handover, "conditions")
            yield Unit(
                (handover.case, handover.gezin),
                handover.day,
                hit=conditions is not None and conditions.day <= handover.day,
            )


def i04(truth: Truth) -> Iterator[Unit]:
    """Received, met or in care within 14 days; missing when the receiver delivers nothing."""
    for handover in handovers(truth):
        until = handover.day + timedelta(days=14)
        arrivals = [
            *truth.of("receipt", source="wijkteam", gezin=handover.gezin),
            *truth.of("first_contact", source="wijkteam", gezin=handover.gezin),
            *truth.of("care_start", source="jeugdhulp", gezin=handover.gezin),
        ]
        yield Unit(
            (handover.case, handover.gezin),
            until,
            hit=any(handover.day <= arrival.day <= until for arrival in arrivals),
            missing=handover.facts.get("to") == "OVERIG",
        )


def i05(truth: Truth) -> Iterator[Unit]:
    """More than 60 days on end without activity in 180 days, or until a stably safe closure."""
    for handover in handovers(truth):
        start, closes = handover.day, handover.day + timedelta(days=180)
        left = truth.departures.get(handover.gezin)
        if left and start <= left <= closes:
            continue
        closures = truth.of("closure", source="wijkteam", gezin=handover.gezin)
        safe = [c.day for c in closures if c.facts.get("safety") == "STABIEL_VEILIG" and c.day >= start]
        end = min([closes, *safe])
        active = {
            e.day
            for e in truth.by("gezin", handover.gezin)
            if e.source in LOCAL and (e.source, e.kind) not in WITHOUT_A_DATE
        }
        silence = longest = 0
        day = start + timedelta(days=1)
        while day < end:
            silence = 0 if day in active else silence + 1
            longest = max(longest, silence)
            day += timedelta(days=1)
        yield Unit(handover.gezin, closes, hit=longest > 60)


def i06(truth: Truth) -> Iterator[Unit]:
    """Days to the first contact of the local team within 90 days; missing without one."""
    for handover in handovers(truth):
        contacts = truth.of("first_contact", source="wijkteam", gezin=handover.gezin)
        days = [(c.day - handover.day).days for c in contacts if 0 <= (c.day - handover.day).days <= 90]
        key = (handover.case, handover.gezin)
        closes = handover.day + timedelta(days=90)
        yield Unit(key, closes, value=min(days)) if days else Unit(key, closes, missing=True)


def i14(truth: Truth) -> Iterator[Unit]:
    """Reported again (HERMELDING) after a handover or closure, within 365 days."""
    for anchor in [*handovers(truth), *truth.of("closure", source="wijkteam")]:
        until = anchor.day + timedelta(days=365)
        again = any(
            anchor.day < report.day <= until
            for report in truth.of("report", source="veilig_thuis", gezin=anchor.gezin)
            if str(report.facts.get("eerdere_betrokkenheid", "")).startswith("HERMELDING_")
        )
        yield Unit(anchor.gezin, until, hit=again)


def i23(truth: Truth, start: date, end: date) -> Iterator[Unit]:
    """Transfers of each gezin with any dated activity in the period."""
    active = {
        e.gezin
        for e in truth.events
        if start <= e.day <= end and (e.source, e.kind) not in WITHOUT_A_DATE and e.source
    }
    moves = {
        *((e.gezin, "handover", e.day, e.facts.get("to")) for e in handovers(truth)),
        *(
            (e.gezin, "referral", e.day, e.facts["to"])
            for e in truth.of("referral", source="wijkteam")
            if e.facts["to"] != "GEEN"
        ),
        *(
            (e.gezin, "provider_change", e.day, "JEUGDHULP")
            for e in truth.of("care_stop", source="jeugdhulp")
            if str(e.facts.get("reason")) == "38"
        ),
    }
    numbers = Counter(gezin for gezin, _, day, _ in moves if start <= day <= end)
    for gezin in active:
        yield Unit(gezin, end, hit=numbers[gezin] >= 3, value=numbers[gezin])


def handovers(truth: Truth) -> list[Happening]:
    """Once per Veilig Thuis case and gezin."""
    return first_per_case(truth.of("handover", source="veilig_thuis"))


def first_per_case(events: Iterable[Happening]) -> list[Happening]:
    """The first event of each case and gezin."""
    found: dict[tuple[str, int], Happening] = {}
    for event in events:
        key = (event.case, event.gezin)
        if key not in found or event.day < found[key].day:
            found[key] = event
    return list(found.values())


UNITS: dict[str, Callable[[Truth], Iterator[Unit]]] = {
    "I01": i01, "I03": i03, "I04": i04, "I05": i05, "I06": i06, "I14": i14,
}  # fmt: skip


def figure(
    truth: Truth, indicator: str, measure: str, start: date, end: date, covered: date
) -> tuple[Any, int, int]:
    """Numerator (the value itself for a median), denominator and missing of a period of twelve months.

    ``covered`` is the day up to which every needed source has delivered: what closes later has not been followed
    long enough.
    """
    units = list(i23(truth, start, end)) if indicator == "I23" else truth.units(indicator)
    counted = [unit for unit in units if start <= unit.closes <= end and unit.closes <= covered]
    present = {unit.key for unit in counted if not unit.missing}
    missing = {unit.key for unit in counted if unit.missing}
    values = [unit.value for unit in counted if unit.value is not None and not unit.missing]
    if indicator == "I06":
        return (median(values) if values else None), len(present), len(missing)
    if indicator == "I23" and measure == "value":
        return sum(values), len(present), len(missing)
    return len({unit.key for unit in counted if unit.hit and not unit.missing}), len(present), len(missing)
