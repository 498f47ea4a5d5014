"""Makes the region: municipality by municipality, chunk by chunk, each municipality in a process of its own if it pays.

What a municipality writes depends on nothing but the recipe, so the order in which processes finish does not matter.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from typing import Any

from integration.sample import testset
from integration.sample.bsn import LEADING_ZERO
from integration.sample.declare import Lives, PopulationRates, Step, Themes, packaged, read
from integration.sample.declare_deliveries import Defects, SupplierRules
from integration.sample.deliveries import Post
from integration.sample.lives import Onsets, live, local_steps
from integration.sample.model import Event, Population
from integration.sample.naming import Municipality, municipalities
from integration.sample.population import Plot, plots, settle
from integration.sample.records import Forms, keep, mistakes, place_children
from integration.sample.suppliers import senders
from integration.sample.truth import Truth, join
from integration.storage import Zones

Report = Callable[[int], None]
"""Called with the number of inhabitants made so far."""
_WORTH_PROCESSES = 100_000
"""Inhabitants from which starting processes costs less than it saves."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what the sample is."""

    seed: int
    scale: float
    places: tuple[Municipality, ...]
    names: dict[str, str]
    busy: float
    lives: Path | None
    defects: str
    population: Path | None

    def read_lives(self) -> Lives:
        """The lives of the file given, or else those of this package."""
        return read(Lives, self.lives) if self.lives else packaged(Lives, "lives")

    def plots(self) -> list[Plot]:
        """What to make of each municipality."""
        return plots(self.places, self.scale)


class Place:
    """Makes one municipality: its people, their lives, what sources deliver and the truth of it all."""

    def __init__(self, recipe: Recipe, plot: Plot, work: Path) -> None:
        self.recipe, self.plot, self.code = recipe, plot, plot.place.code
        self.lives = recipe.read_lives()
        themes = packaged(Themes, "themes")
        self.steps: dict[str, Step] = local_steps(self.lives, themes, self.code)
        self.onsets = Onsets(self.lives, self.code, recipe.busy)
        self.forms, self.rules = packaged(Forms, "records"), packaged(SupplierRules, "suppliers")
        planned = packaged(Defects, "defects") if recipe.defects == "demo" else None
        encoding = "utf-8-sig" if recipe.population else None
        self._senders = list(senders(self.rules, self.code))
        self._told = {str(one.source): (one.calendar.base, one.periods()[-1].end) for one in self._senders}
        self.post = Post(Zones(work), self.code, self.rules, planned, recipe.seed, name=recipe.names[self.code],
                         encoding=encoding,
                         inhabitants=None if recipe.population else plot.inhabitants * recipe.busy)  # fmt: skip
        self.truth = Truth(part_of(work, self.code))
        self.truth.add("themes", ((one.municipality, one.theme, one.strength, list(one.shows_in))
                                  for one in themes.themes if one.municipality == self.code))  # fmt: skip
        self.counts: Counter[str] = Counter()
        self._zero = LEADING_ZERO[recipe.places.index(plot.place) :][:1] if planned else ()

    def add(self, people: Population) -> None:
        """Let the families of a chunk live, and write what is known of them."""
        events = live(people, self.onsets, self.steps, self.recipe.seed)
        self._give_leading_zero(events)
        place_children(people, events, self.recipe.seed)
        records = keep(events, self.forms, self.recipe.seed)
        records += mistakes(records, self.lives, self._told, self.recipe.seed)
        reported = {event.gezin.id for event in events if event.source == "veilig_thuis"}
        for table, rows in self.post.add(records, people, reported).items():
            self.truth.add(table, rows)
        self.truth.people(people)
        self.truth.events(events, {sender.source: sender.code for sender in self._senders})
        self.counts["children"] += sum(person.is_child for person in people.persons)
        self.counts["gezinnen"] += len(people.gezinnen)
        self.counts["gezinnen with events"] += len({event.gezin.id for event in events})

    def close(self) -> Counter[str]:
        """Finish the deliveries and the truth; what was made, counted."""
        ends = self.post.close()
        for table, rows in ends.items():
            self.truth.add(table, rows)
        self.truth.close()
        deliveries = ends.get("deliveries", [])
        self.counts.update({
            "persons": self.truth.rows["persons"],
            "events": self.truth.rows["events"],
            "deliveries": len({row[0] for row in deliveries}),
            "rows": self.post.rows.total(),
            "planted defects": self.truth.rows["defects"] + len({row[0] for row in deliveries if row[7]}),
        })  # fmt: skip
        return self.counts

    def _give_leading_zero(self, events: list[Event]) -> None:
        """Give the first child known to Veilig Thuis a number that a spreadsheet would shorten."""
        report = next((event for event in events if event.kind == "report"), None) if self._zero else None
        if report:
            report.persons[0].bsn, self._zero = self._zero[0], ()


def part_of(work: Path, code: str) -> Path:
    """Where a municipality writes its part of the truth."""
    return work / "parts" / code


def make(recipe: Recipe, work: Path, report: Report) -> Counter[str]:
    """Make the whole region in ``work``; ``report`` is told how far it is. Raises what a municipality raises."""
    if recipe.population:
        counts = _register(recipe, recipe.population, work)
    elif sum(plot.inhabitants for plot in recipe.plots()) < _WORTH_PROCESSES or len(recipe.places) == 1:
        counts = _one_by_one(recipe, work, report)
    else:
        counts = _in_processes(recipe, work, report)
    join([part_of(work, place.code) for place in recipe.places], Zones(work).truth)
    return counts


def _one_by_one(recipe: Recipe, work: Path, report: Report) -> Counter[str]:
    counts, before = Counter[str](), 0

    def so_far(made: int) -> None:
        report(before + made)

    for plot in recipe.plots():
        counts.update(_municipality(recipe, plot, work, so_far))
        before += plot.inhabitants
    return counts


def _municipality(recipe: Recipe, plot: Plot, work: Path, report: Report) -> Counter[str]:
    made, place = 0, Place(recipe, plot, work)
    for people in settle(plot, packaged(PopulationRates, "population"), place.lives, recipe.seed):
        place.add(people)
        made += len(people.persons)
        report(min(made, plot.inhabitants))
    return place.close()


def _register(recipe: Recipe, file: Path, work: Path) -> Counter[str]:
    counts = Counter[str]()
    found = {people.municipality: people for people in testset.settle(file, recipe.seed)}
    for plot in recipe.plots():
        place = Place(recipe, plot, work)
        place.add(found[plot.place.code])
        counts.update(place.close())
    return counts


# -- processes ---------------------------------------------------------------------------------------------------------


def _start(made: Any) -> None:
    """In a new worker: it ends when its parent ends it, or is gone; signals to the whole group are the parent's."""
    global _made
    _made = made
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)


_made: Any = None
"""In a worker: the number of inhabitants that all workers made together."""


def _worker(recipe: Recipe, plot: Plot, work: Path) -> Counter[str]:
    told = 0

    def report(made: int) -> None:
        nonlocal told
        with _made.get_lock():
            _made.value += made - told
        told = made

    return _municipality(recipe, plot, work, report)


def _in_processes(recipe: Recipe, work: Path, report: Report) -> Counter[str]:
    """One municipality a process, the largest first, as many at a time as there are cores."""
    context = multiprocessing.get_context("spawn")
    made = context.Value("q", 0)
    plots_ = sorted(recipe.plots(), key=lambda plot: -plot.inhabitants)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    before, counts = multiprocessing.active_children(), Counter[str]()
    with ProcessPoolExecutor(min(cores, len(plots_)), context, _start, (made,)) as pool:
        try:
            waiting = {pool.submit(_worker, recipe, plot, work) for plot in plots_}
            for finished in _as_they_finish(waiting, lambda: report(made.value)):
                counts.update(finished.result())
        except BaseException:
            for worker in multiprocessing.active_children():
                if worker not in before:
                    worker.kill()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return counts


def _as_they_finish(
    waiting: set[Future[Counter[str]]], meanwhile: Callable[[], None]
) -> Iterator[Future[Counter[str]]]:
    while waiting:
        finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
        meanwhile()
        yield from finished


def all_places(codes: tuple[str, ...] | None) -> tuple[Municipality, ...]:
    """The municipalities with these codes, by code; all six without codes. Raises KeyError for an unknown one."""
    known = {place.code: place for place in municipalities()}
    return tuple(known[code] for code in sorted(set(codes))) if codes else tuple(known.values())
