"""What sources keep: from events to records that grow, and from a record to the row of one day.

Which column an event fills stands in ``records.yml``. The persons and addresses in a row are as the source's
register knows them on the day of delivery, not on the day of the event: sources follow the population register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from integration.sample.declare import Lives, Strict
from integration.sample.model import (
    Address,
    Event,
    Fact,
    Gezin,
    Person,
    Population,
    Record,
    scrambled,
    stream,
)

FOSTER = "35"
"""JZ020: a child lives with a foster parent."""
PLACEMENTS = ("35", "36", "37", "38", "43", "44")
"""JZ020: categories in which a child lives elsewhere."""
_ADDRESS_KIND = {"main": "01", "second": "03", "placement": "03", "shelter": "04", "incident": "04"}
_NEVER_SENT = "13"
"""iJw JZ002: the assignment was removed; it is treated as never sent."""


class SourceForm(Strict):
    """One source in ``records.yml``."""

    roles: Literal["children", "patient", "incident"]
    parents: Annotated[int, Field(ge=0, le=2)]
    key: str | None = None
    start: dict[str, str]
    events: dict[str, dict[str, str]]


class Forms(Strict):
    """``records.yml``."""

    format: Literal["integration-records/1"]
    sources: dict[str, SourceForm]


def place_children(people: Population, events: Iterable[Event], seed: int) -> None:
    """Give children in foster or residential care the address where they live meanwhile."""
    category: dict[str, str] = {}
    running: dict[str, tuple[Person, Address, date, Gezin]] = {}

    def end(case_id: str, day: date | None) -> None:
        child, address, start, gezin = running.pop(case_id)
        until = min(filter(None, (day, gezin.departure)), default=None)
        people.settle(child, address, "placement", start=start, end=until)

    for event in events:
        if event.kind == "care_assignment":
            category[event.case_id] = event.attributes["category"]
        elif event.kind == "care_start" and category.get(event.case_id) in PLACEMENTS and people.institutions:
            for other in [case for case, (child, *_) in running.items() if child is event.persons[0]]:
                end(other, event.day)
            rng = stream(seed, "foster", event.case_id)
            address = rng.choice(people.institutions)
            if category[event.case_id] == FOSTER:
                people.carers[event.case_id], address = rng.choice(people.foster_homes)
            running[event.case_id] = (event.persons[0], address, event.day, event.gezin)
        elif event.kind == "care_stop" and event.case_id in running:
            end(event.case_id, event.day)
    for case_id in list(running):
        end(case_id, None)


def keep(events: Iterable[Event], forms: Forms, seed: int) -> list[Record]:
    """The records that the sources of one municipality keep of ``events``, in order of opening."""
    found: dict[tuple[str, int], Record] = {}
    for event in events:
        form = forms.sources.get(event.source)
        if form is None:
            continue
        whom: tuple[Person | None, ...] = event.persons if form.roles == "children" else (None,)
        for number, person in enumerate(whom):
            place = (event.case_id, number)
            if event.opens:
                found[place] = _opened(event, form, number, person, seed)
            record = found[place]
            record.facts += _facts(event, form)
    for record in found.values():
        record.facts.sort(key=lambda fact: fact.day)
    return list(found.values())


def _opened(event: Event, form: SourceForm, number: int, person: Person | None, seed: int) -> Record:
    suffix = f"-{number + 1}" if form.roles == "children" and form.key == "casus_ref" else ""
    record = Record(event.source, f"{event.case_id}{suffix}", event.gezin, _roles(event, form, person))
    record.facts = [Fact(event.shown, column, value) for column, value in form.start.items()]
    if form.key:
        record.facts.append(Fact(event.shown, form.key, event.case_id))
    rng = stream(seed, "address", record.record_id)
    if (
        event.gezin.household == "co_parents"
        and event.source in {"onderwijs", "kinderopvang"}
        and rng.random() < 0.2
    ):
        record.address_kind = "second"
    elif event.source == "politie" and rng.random() < 0.15:
        record.address_kind = "incident"
    return record


def _roles(event: Event, form: SourceForm, person: Person | None) -> list[tuple[str, Person, str]]:
    """Whom the record names, as (role, person, relation to the child)."""
    if form.roles == "patient":
        return [("patient", event.persons[0], "")]
    child = person or next((one for one in event.persons if one.is_child), None)
    known = event.gezin.guardians[child.id] if child else event.gezin.guardians[event.gezin.children[0].id]
    parents = [(f"ouder{place}", *parent) for place, parent in enumerate(known[: form.parents], 1)]
    return [("kind", child, ""), *parents] if child else parents


def _facts(event: Event, form: SourceForm) -> list[Fact]:
    found = []
    for column, what in form.events[event.kind].items():
        name = column.format(**event.attributes) if "{" in column else column
        if what in {"day", "+day"}:
            found.append(Fact(event.shown, name, event.day, add=what == "+day"))
        elif what.startswith("="):
            found.append(Fact(event.shown, name, what[1:]))
        elif what in event.attributes:
            found.append(Fact(event.shown, name, event.attributes[what]))
    return found


def mistakes(
    records: list[Record], lives: Lives, told: Mapping[str, tuple[date, date]], seed: int
) -> list[Record]:
    """Records made by mistake shortly before the base delivery and taken back in one of the periods after it.

    ``told`` gives by source the last days of the base delivery and of the last period. They copy the opening of a real
    record, so they name nobody new, and the truth knows no event of them. Youth care takes an assignment back by
    reason 13 (never sent), the others by deleting the record.
    """
    found = []
    for record in records:
        rate = lives.mistakes.get(record.source, 0.0)
        rng, (base, last) = stream(seed, "mistake", record.record_id), told[record.source]
        if rng.random() >= rate or record.opened > base:
            continue
        day = base - timedelta(days=rng.randint(1, 40))
        back = base + timedelta(days=rng.randint(1, (last - base).days))
        wrong = Record(record.source, f"{record.record_id}X", record.gezin, record.roles)
        wrong.facts = [Fact(day, fact.column, _again(fact, day)) for fact in record.facts
                       if fact.day == record.opened and not fact.add]  # fmt: skip
        if record.source == "jeugdhulp":
            wrong.facts += [Fact(back, "reden_wijziging", _NEVER_SENT)]
        else:
            wrong.deleted = back
        found.append(wrong)
    return found


def _again(fact: Fact, day: date) -> Any:
    if isinstance(fact.value, date):
        return day
    return f"{fact.value}X" if fact.column in {"casus_ref", "toewijzingnummer"} else fact.value


# -- rows ------------------------------------------------------------------------------------------------------------


def row(record: Record, people: Population, day: date) -> dict[str, Any]:
    """The person, address and case columns of a record as known at the end of ``day`` (contract names)."""
    columns: dict[str, Any] = {}
    child_home = None
    for role, person, relation in roles_on(record, people, day):
        if role in {"kind", "patient"}:
            child_home, kind = _home(record, people, person, day)
            columns |= _person(role, person) | _address("", child_home)
            columns["soort_adres"] = _ADDRESS_KIND[kind]
            columns["indicatie_geheim"] = "1" if record.gezin.secret else "0"
            columns[f"{role}_geboortedatum_gebruik"] = person.born_use or None
            columns["vertrek_datum"] = _departure(record.gezin, person, day)
        else:
            columns |= _person(role, person) | {f"{role}_relatie": relation}
            home = people.home(person, day)
            if home and home != child_home:
                columns |= _address(f"{role}_", home)
    if record.source == "wijkteam":
        columns["gezin_ref"] = f"G{scrambled(record.gezin.municipality, record.gezin.id)}"
    return columns | record.known(day)


def _departure(gezin: Gezin, person: Person, day: date) -> date | None:
    return gezin.departure if gezin.departure and gezin.departure <= day and person.is_child else None


def roles_on(record: Record, people: Population, day: date) -> list[tuple[str, Person, str]]:
    """The roles without parents who have died, the foster parent in the second one's place while the child is there."""
    roles = [role for role in record.roles
             if role[1].died is None or role[1].died > day or not role[0].startswith("ouder")]  # fmt: skip
    if record.source != "jeugdhulp" or not record.facts:
        return roles
    carer = people.carers.get(str(record.known(day).get("toewijzingnummer")))
    child = roles[0][1]
    if carer is None or people.home(child, day, "placement") != people.home(carer, day):
        return roles
    return [role for role in roles if role[0] != "ouder2"] + [("ouder2", carer, "13")]


def _home(record: Record, people: Population, person: Person, day: date) -> tuple[Address | None, str]:
    """The address in the row and its kind: the last known main address of those who left the municipality."""
    wanted = {"jeugdhulp": "placement", "wijkteam": "shelter"}.get(record.source, record.address_kind)
    if wanted == "placement" and record.known(day).get("productcategorie") not in PLACEMENTS:
        wanted = "main"
    if wanted == "incident":
        home = people.home(person, day) or _last(people, person)
        number = sum(ord(sign) for sign in record.record_id) % 300 + 1
        return (home._replace(huisnummer=number, toevoeging="") if home else None), wanted
    if wanted != "main" and (there := people.home(person, day, wanted)):
        return there, wanted
    return people.home(person, day) or _last(people, person), "main"


def _last(people: Population, person: Person) -> Address | None:
    mains = [stay for stay in people.stays.get(person.id, ()) if stay.kind == "main"]
    return mains[-1].address if mains else None


def _person(role: str, person: Person) -> dict[str, Any]:
    return {
        f"{role}_bsn": person.bsn,
        f"{role}_voornaam": person.voornaam,
        f"{role}_tussenvoegsel": person.tussenvoegsel,
        f"{role}_achternaam": person.achternaam,
        f"{role}_geboortedatum": birth_date(person),
        f"{role}_geslacht": person.sex,
    }


def birth_date(person: Person) -> date | tuple[int, int, int] | None:
    """The birth date; with zeros where a part is unknown, as the population register writes it; None if not given."""
    if person.born is None:
        return (0, 0, 0) if person.born_use else None
    if person.born_use == "1":
        return person.born.year, person.born.month, 0
    return (person.born.year, 0, 0) if person.born_use == "2" else person.born


def _address(prefix: str, address: Address | None) -> dict[str, Any]:
    if address is None:
        return {}
    return {
        f"{prefix}postcode": address.postcode,
        f"{prefix}huisnummer": address.huisnummer,
        f"{prefix}huisnummer_toevoeging": address.toevoeging or None,
    }
