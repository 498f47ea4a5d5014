"""Lets families live: walks the steps that ``lives.yml`` declares, day by day, and tells what truly happened.

One family at a time, from its own random stream. The walk knows nothing of any particular step: what may follow
what, how often and how much later, and what is written down, all stands in the declaration.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from integration.sample.declare import Change, Days, Edge, Lives, Step
from integration.sample.model import Event, Gezin, Person, Population, stream
from integration.sample.rules import RULES, View

NUMBERS = frozenset({"hours", "changes", "step", "sources", "number"})
"""Values that are numbers in the truth."""
_NAMES_THE_FAMILY = frozenset({"veilig_thuis", "wijkteam", "jeugdhulp", "onderwijs", "kinderopvang"})
_PREFIX = {
    "onderwijs": "V", "jeugdhulp": "T", "huisarts": "C", "politie": "I", "veilig_thuis": "M", "wijkteam": "W",
    "kinderopvang": "S",
}  # fmt: skip


@dataclass
class Case:
    """One case at one source: who it is about, what has been done in it, and when."""

    id: str
    source: str
    persons: tuple[Person, ...]
    done: dict[str, date] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    held: list[Event] = field(default_factory=list)
    closed: bool = False


@dataclass(frozen=True)
class Thread:
    """Where a line of steps stands: the child it is about, and the newest case at each source."""

    child: Person
    cases: dict[str, Case]


def local_steps(lives: Lives, municipality: str) -> dict[str, Step]:
    """The steps as they are in one municipality."""
    steps = dict(lives.steps)
    local = lives.municipalities.get(municipality)
    for change in local.change if local else ():
        steps[change.step] = _changed(steps[change.step], change)
    return steps


def _changed(step: Step, change: Change) -> Step:
    if change.to is None:
        return step.model_copy(update={"values": step.values | change.values})
    named = {
        key: getattr(change, key) for key in ("chance", "days", "late") if getattr(change, key) is not None
    }

    def edges(found: tuple[Edge, ...]) -> tuple[Edge, ...]:
        return tuple(edge.model_copy(update=named) if edge.to == change.to else edge for edge in found)

    return step.model_copy(update={"then": edges(step.then), "choose": edges(step.choose)})


class Walk:
    """The life of one gezin. ``shared`` tells how many gezinnen each adult belongs to."""

    def __init__(
        self, lives: Lives, steps: dict[str, Step], gezin: Gezin, shared: Counter[int], seed: int
    ) -> None:
        self.lives, self.steps, self.gezin, self.shared = lives, steps, gezin, shared
        self.rng = stream(seed, "life", gezin.id)
        self.events: list[Event] = []
        self.view = View(lives, gezin, self.rng)
        self._queue: list[tuple[date, int, str, Thread, Edge | None]] = []
        self._order, self._case_numbers = count(), count(1)
        self._last = min(lives.end, gezin.departure - timedelta(days=1)) if gezin.departure else lives.end

    def events_of_life(self) -> list[Event]:
        """Everything that happens, by day; nothing for a family that needs no help."""
        if self.rng.random() >= self.lives.need and not self.gezin.always_in_need:
            return []
        for _ in range(1 + (self.rng.random() < self.lives.second_need)):
            self._start()
        while self._queue:
            day, _, name, thread, edge = heapq.heappop(self._queue)
            self._happen(day, name, thread, edge)
        if not any(self._names_family(event) for event in self.events):
            return []
        if self.gezin.departure:
            self.events.append(
                Event("departure", self.gezin.departure, self.gezin, persons=tuple(self.gezin.children))
            )
        return sorted(self.events, key=lambda event: event.day)

    @staticmethod
    def _names_family(event: Event) -> bool:
        """Whether the event's record shows which child and parents belong together."""
        return event.source in _NAMES_THE_FAMILY or event.attributes.get("child_present") == "1"

    def _start(self) -> None:
        span = (self.lives.end - self.lives.start).days
        day = self.lives.start + timedelta(days=self.rng.randint(0, span - 14))
        names, weights = zip(*self.lives.starts.items(), strict=True)
        name = self.rng.choices(names, weights)[0]
        born = [child for child in self.gezin.children if child.age(day) >= 0]
        fit = [child for child in born if self._fits(self.steps[name], child, day)]
        if not fit:
            name, fit = "intake", born
        if fit:
            self._plan(day, name, Thread(self.rng.choice(fit), {}), None)

    @staticmethod
    def _fits(step: Step, child: Person, day: date) -> bool:
        return step.ages is None or step.ages[0] <= child.age(day) <= step.ages[1]

    def _plan(self, day: date, name: str, thread: Thread, edge: Edge | None) -> None:
        step = self.steps[name]
        if step.event and not step.weekend and day.weekday() > 4:
            day += timedelta(days=7 - day.weekday())
        if day <= self._last:
            heapq.heappush(self._queue, (day, next(self._order), name, thread, edge))

    def _happen(self, day: date, name: str, thread: Thread, edge: Edge | None) -> None:
        """Let a step happen, unless its case is closed or it was done before; plan what follows."""
        step = self.steps[name]
        if not self._fits(step, thread.child, day):
            return
        values = self._draw({**step.values, **(edge.values if edge else {})}, day, thread)
        hidden = {key: str(values.pop(key)) for key in list(values) if key.startswith("_")}
        if step.event:
            if step.opens:
                thread = self._open(step, thread, day, values)
            case = thread.cases.get(step.source)
            if case is None or case.closed or (step.once and name in case.done):
                return
            case.hidden |= hidden
            case.done[name] = day
            self._write(step, day, case, values)
            hidden = case.hidden
        self._follow(step, day, thread, {**values, **hidden, **self.view.facts()})

    def _open(self, step: Step, thread: Thread, day: date, values: dict[str, Any]) -> Thread:
        """Start a case; the thread from here on knows it."""
        persons = tuple(self._persons(step, thread, day, values))
        case = Case(
            f"{_PREFIX[step.source]}{self.gezin.id:06}-{next(self._case_numbers):02}", step.source, persons
        )
        self.view.opened(case)
        child = persons[0] if step.about == "any_child" else thread.child
        return Thread(child, {**thread.cases, step.source: case})

    def _persons(self, step: Step, thread: Thread, day: date, values: dict[str, Any]) -> Iterator[Person]:
        """Whom a case is about; ``values`` are made to agree where a parent cannot be the one."""
        child, adults = thread.child, [person for person, _ in self.gezin.guardians[thread.child.id]]
        if step.about == "children":
            yield from (one for one in self.gezin.children if 0 <= one.age(day) < 18)
        elif step.about == "any_child":
            born = [one for one in self.gezin.children if 0 <= one.age(day) < 18]
            other = self.view.whole_family_known and self.rng.random() < 0.3
            yield self.rng.choice(born) if other else child
        elif step.about == "patient":
            unfit = self.shared[adults[0].id] > 1 or not adults[0].known_fully
            if values["patient_rol"] == "OUDER" and unfit:
                values.update(patient_rol="KIND", code="KIND_GEDRAG", kindcheck="NIET_VAN_TOEPASSING")
            yield adults[0] if values["patient_rol"] == "OUDER" else child
        elif step.about == "incident":
            if any(self.shared[adult.id] > 1 for adult in adults):
                values["child_present"] = "1"
            if values["child_present"] == "1":
                yield child
            else:
                values["role"] = "BETROKKENE" if values["role"] == "GETUIGE_KIND" else values["role"]
                yield from adults
        else:
            yield child

    def _draw(self, wanted: dict[str, Any], day: date, thread: Thread) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self.view.day, self.view.child, self.view.drawn = day, thread.child, found
        for key, draw in wanted.items():
            value = draw
            if isinstance(draw, dict):
                value = self.rng.choices(list(draw), list(draw.values()))[0]
            elif isinstance(draw, str) and draw.startswith("?"):
                value = RULES[draw[1:]](self.view)
            if value is not None:
                found[key] = int(value) if key in NUMBERS else value
        return found

    def _write(self, step: Step, day: date, case: Case, values: dict[str, Any]) -> None:
        first = not case.held and len(case.done) == 1
        event = Event(
            str(step.event), day, self.gezin, step.source, case.id, case.persons, values, opens=first
        )
        if step.held:
            case.held.append(event)
            return
        for earlier in case.held:
            earlier.known = day
        self.events += [*case.held, event]
        case.held = []
        case.closed = step.ends
        self.view.happened(event)

    def _follow(self, step: Step, day: date, thread: Thread, known: dict[str, Any]) -> None:
        for edge in step.then:
            if self._matches(edge, known) and self.rng.random() < edge.chance:
                self._plan(day + self._delay(edge), edge.to, thread, edge)
        luck = self.rng.random() if step.choose else 1.0
        for edge in step.choose:
            if self._matches(edge, known):
                if luck < edge.chance:
                    self._plan(day + self._delay(edge), edge.to, thread, edge)
                    break
                luck -= edge.chance

    @staticmethod
    def _matches(edge: Edge, known: dict[str, Any]) -> bool:
        return all(str(known.get(key)) in allowed for key, allowed in edge.when.items())

    def _delay(self, edge: Edge) -> timedelta:
        late = edge.late is not None and self.rng.random() < edge.late.chance
        days: Days = edge.late.days if late and edge.late else edge.days
        low, usual, high = days
        return timedelta(days=round(self.rng.triangular(low, high, usual)) if high > low else low)


def live(people: Population, lives: Lives, seed: int) -> list[Event]:
    """Everything that happens to the families of one municipality, by gezin and day."""
    steps = local_steps(lives, people.municipality)
    shared = Counter(adult.id for gezin in people.gezinnen for adult in gezin.adults())
    found: list[Event] = []
    for gezin in people.gezinnen:
        found += Walk(lives, steps, gezin, shared, seed).events_of_life()
    return found
