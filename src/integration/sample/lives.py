"""Lets families live: walks the steps that ``lives.yml`` declares, day by day, and tells what truly happened.

One family at a time, from its own random stream. The walk knows nothing of any particular step: what may follow
what, how often and how much later, and what is written down, all stands in the declaration.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate, count
from math import exp
from typing import Any

from integration.errors import DeclarationError
from integration.reasons import Reason
from integration.sample.declare import Change, Days, Edge, Lives, Step, Themes
from integration.sample.model import MINOR, Event, Gezin, Person, Population, scrambled, stream
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


def local_steps(lives: Lives, themes: Themes, municipality: str) -> dict[str, Step]:
    """The steps as they are in one municipality, with its strengths and weaknesses.

    Raises DeclarationError LIVES_INVALID when a theme changes a step that these lives do not have.
    """
    steps = dict(lives.steps)
    for theme in themes.themes:
        for change in theme.change if theme.municipality == municipality else ():
            if change.step not in steps:
                raise DeclarationError(
                    Reason.LIVES_INVALID, f"a theme changes an unknown step: {change.step}"
                )
            steps[change.step] = _changed(steps[change.step], change)
    return steps


class Onsets:
    """How often, and with what, trouble starts in the families of one municipality; ``busy`` multiplies it."""

    def __init__(self, lives: Lives, municipality: str, busy: float) -> None:
        levels = lives.levels.get(municipality, {})
        rates = [rate * levels.get(name, 1.0) * busy for name, rate in lives.starts.items()]
        self.lives, self._names, self._cumulative = lives, list(lives.starts), list(accumulate(rates))
        self._days = (lives.end - lives.start).days
        share, times = lives.vulnerable.share, lives.vulnerable.times
        self._others = (1 - share * times) / (1 - share)
        self._expected = sum(rates) / 1000 * self._days / 365.25

    def draw(self, rng: random.Random, *, at_least_one: bool) -> list[tuple[date, str]]:
        """The starts in one family: when, and with which step. Their number is Poisson's."""
        vulnerable = rng.random() < self.lives.vulnerable.share
        number = poisson(rng, self._expected * (self.lives.vulnerable.times if vulnerable else self._others))
        if at_least_one and self._expected:
            number = max(1, number)
        if not number:
            return []
        names = rng.choices(self._names, cum_weights=self._cumulative, k=number)
        return [(self.lives.start + timedelta(days=rng.randint(0, self._days)), name) for name in names]


def poisson(rng: random.Random, mean: float) -> int:
    """A number of independent events of which ``mean`` are expected (Knuth's method: for small means)."""
    left, number = exp(-mean), 0
    product = rng.random()
    while product > left:
        number += 1
        product *= rng.random()
    return number


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
        self, onsets: Onsets, steps: dict[str, Step], gezin: Gezin, shared: Counter[int], seed: int
    ) -> None:
        self.lives = lives = onsets.lives
        self.onsets, self.steps, self.gezin, self.shared = onsets, steps, gezin, shared
        self._seed, self.rng = seed, stream(seed, "life", gezin.id)
        self.events: list[Event] = []
        self.view = View(lives, gezin, self.rng)
        self._queue: list[tuple[date, int, str, Thread, Edge | None]] = []
        self._order, self._case_numbers = count(), count(1)
        self._last = min(lives.end, gezin.departure - timedelta(days=1)) if gezin.departure else lives.end

    def events_of_life(self) -> list[Event]:
        """Everything that happens, by day; nothing for a family that needs no help."""
        for day, name in self.onsets.draw(self.rng, at_least_one=self.gezin.always_in_need):
            self._start(day, name)
        while self._queue:
            day, _, name, thread, edge = heapq.heappop(self._queue)
            self._happen(day, name, thread, edge)
        if not any(self._names_family(event) for event in self.events):
            return []
        if self.gezin.departure:
            there = tuple(one for one in self.gezin.children if one.age(self.gezin.departure) >= 0)
            self.events.append(Event("departure", self.gezin.departure, self.gezin, persons=there))
        return sorted(self.events, key=lambda event: event.day)

    @staticmethod
    def _names_family(event: Event) -> bool:
        """Whether the event's record shows which child and parents belong together."""
        return event.source in _NAMES_THE_FAMILY or event.attributes.get("child_present") == "1"

    def _start(self, day: date, name: str) -> None:
        """Begin with a step, when the family lives here and has a child of an age for it."""
        if self.gezin.arrival and day < self.gezin.arrival:
            return
        step = self.steps[name]
        fit = [child for child in self.gezin.children if _minor(child, day) and self._fits(step, child, day)]
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
        if not self._fits(step, thread.child, day) or (step.opens and not _minor(thread.child, day)):
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
        number = scrambled(self._seed, step.source, self.gezin.id, next(self._case_numbers))
        case = Case(f"{_PREFIX[step.source]}{number}", step.source, persons)
        self.view.opened(case)
        child = persons[0] if step.about == "any_child" else thread.child
        return Thread(child, {**thread.cases, step.source: case})

    def _persons(self, step: Step, thread: Thread, day: date, values: dict[str, Any]) -> Iterator[Person]:
        """Whom a case is about; ``values`` are made to agree where a parent cannot be the one."""
        child = thread.child
        adults = [one for one, _ in self.gezin.guardians[child.id] if one.died is None or one.died > day]
        if step.about == "children":
            yield from (one for one in self.gezin.children if _minor(one, day))
        elif step.about == "any_child":
            born = [one for one in self.gezin.children if _minor(one, day)]
            other = self.view.whole_family_known and self.rng.random() < 0.3
            yield self.rng.choice(born) if other else child
        elif step.about == "patient":
            fit = [one for one in adults if self.shared[one.id] == 1 and one.known_fully]
            if values["patient_rol"] == "OUDER" and not fit:
                values.update(patient_rol="KIND", code="KIND_GEDRAG", kindcheck="NIET_VAN_TOEPASSING")
            yield self.rng.choice(fit) if values["patient_rol"] == "OUDER" else child
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


def _minor(child: Person, day: date) -> bool:
    return 0 <= child.age(day) < MINOR


def live(people: Population, onsets: Onsets, steps: dict[str, Step], seed: int) -> list[Event]:
    """Everything that happens to the families of ``people``, by gezin and day."""
    shared = Counter(adult.id for gezin in people.gezinnen for adult in gezin.adults())
    found: list[Event] = []
    for gezin in people.gezinnen:
        found += Walk(onsets, steps, gezin, shared, seed).events_of_life()
    return found
