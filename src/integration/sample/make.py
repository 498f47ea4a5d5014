"""Makes a sample: people, lives, records, deliveries, truth; whole in its folder, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration import __version__
from integration.errors import UsageError
from integration.reasons import Reason
from integration.sample import testset
from integration.sample.bsn import LEADING_ZERO
from integration.sample.declare import Defects, Lives, PopulationRates, SupplierRules, packaged
from integration.sample.deliveries import Post, Tables
from integration.sample.lives import live
from integration.sample.model import MARK, Event, Population
from integration.sample.population import settle_region
from integration.sample.records import Forms, keep, mistakes, place_children
from integration.sample.truth import Truth
from integration.storage import Zones, read_json, write_json

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, what is done and what there is to do."""

CLOCK = "2026-02-16T06:00:00+01:00"
"""The moment at which an installation with the sample stands still."""
_OWN = ("inbox", "suppliers", "truth", "integration.toml", "sample.json")
"""What a sample puts in the home folder; the last is its proof that the others are whole."""
_TOML = f"""# {MARK}: made by `integration sample`; nobody in this installation exists.
synthetic = true
fixed_clock = "{CLOCK}"
"""
MOST_CHILDREN = 1_000_000


@dataclass(frozen=True)
class SampleResult:
    """What a sample holds; ``existing`` when it was there already and nothing was done."""

    counts: dict[str, int] = field(default_factory=dict)
    existing: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"counts": self.counts, "existing": self.existing, "mark": MARK}


@dataclass(frozen=True)
class _Recipe:
    """Everything that decides what the sample is."""

    seed: int
    children: int
    defects: str
    population: Path | None

    def mark(self) -> dict[str, Any]:
        """What ``sample.json`` says of it; two samples are the same when this is."""
        digest = hashlib.sha256(self.population.read_bytes()).hexdigest() if self.population else None
        return {
            "format": "integration-sample/1", "mark": MARK, "version": __version__, "seed": self.seed,
            "children": None if self.population else self.children, "defects": self.defects, "population": digest,
        }  # fmt: skip


def generate(
    home: Path | Zones,
    *,
    seed: int = 2026,
    children: int = 3000,
    defects: str = "demo",
    population: Path | None = None,
    progress: Progress | None = None,
) -> SampleResult:
    """Make the sample in ``home``: inbox, suppliers, truth, ``integration.toml`` and ``sample.json``.

    ``children`` is about how many; ``population`` takes the persons of a file instead (see ``testset.py``), as they
    are: nothing is planted then.
    Raises :class:`~integration.errors.UsageError`: FOLDER_NOT_EMPTY when the folder has another sample or something
    else in those places, INPUT_INVALID when an option or the population file cannot be used.
    """
    zones = home if isinstance(home, Zones) else Zones(Path(home).absolute())
    recipe = _checked(seed, children, defects, population)
    wanted = recipe.mark()
    found = zones.home / "sample.json"
    if found.is_file():
        present = read_json(found)
        if any(present.get(key) != value for key, value in wanted.items()):
            raise UsageError(Reason.FOLDER_NOT_EMPTY, "another sample", file=found.name)
        return SampleResult(present["counts"], existing=True)
    for name in _OWN:
        _refuse_if_used(zones.home / name)
    counts = _build(zones, recipe, wanted, progress or _silent)
    return SampleResult(counts)


def _silent(*_: object) -> None:
    """Report to nobody."""


def _checked(seed: int, children: int, defects: str, population: Path | None) -> _Recipe:
    if not 1 <= children <= MOST_CHILDREN:
        raise UsageError(Reason.INPUT_INVALID, f"children must be between 1 and {MOST_CHILDREN}")
    if defects not in {"demo", "none"}:
        raise UsageError(Reason.INPUT_INVALID, "defects must be demo or none")
    if population is not None and not population.is_file():
        raise UsageError(Reason.INPUT_INVALID, "no such population file", file=population.name)
    return _Recipe(seed, children, "none" if population else defects, population)


def _refuse_if_used(path: Path) -> None:
    if path.is_file() or (path.is_dir() and any(child.is_file() for child in path.rglob("*"))):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, "move it away first", file=path.name)


def _build(zones: Zones, recipe: _Recipe, mark: dict[str, Any], progress: Progress) -> dict[str, int]:
    """Fill a temporary sibling of the home folder, then move its content in, ``sample.json`` last."""
    zones.home.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{zones.home.name}.", suffix=".partial", dir=zones.home.parent))
    moved: list[Path] = []
    try:
        counts = _fill(Zones(work), recipe, progress)
        (work / "integration.toml").write_text(_TOML, encoding="utf-8")
        write_json(work / "sample.json", {**mark, "counts": counts})
        zones.home.mkdir(exist_ok=True)
        for name in _OWN:
            target = zones.home / name
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(work / name, target)
            moved.append(target)
    except BaseException:
        for target in moved:
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return counts


def _fill(zones: Zones, recipe: _Recipe, progress: Progress) -> dict[str, int]:
    """Write inbox, suppliers and truth; return the counts."""
    lives, region = _populations(recipe)
    rules, forms = packaged(SupplierRules, "suppliers"), packaged(Forms, "records")
    planned = packaged(Defects, "defects") if recipe.defects == "demo" else None
    truth, rows = Truth(), Counter[str]()
    lived = [live(people, lives, recipe.seed) for people in region]
    if planned:
        _give_leading_zeros(lived)
    for done, (people, events) in enumerate(zip(region, lived, strict=True)):
        progress("sample", done, len(region))
        place_children(people, events, recipe.seed)
        tables, written = _deliver(zones, people, events, lives, rules, forms, planned, recipe)
        rows += written
        for name, told in tables.items():
            truth.tables[name] += told
        truth.people(people)
        truth.events(
            events, {source: f"{r.prefix}{people.municipality[2:]}" for source, r in rules.sources.items()}
        )
    truth.write(zones.truth)
    progress("sample", len(region), len(region))
    return {
        "children": sum(row[8] for row in truth.tables["persons"]),
        "persons": len(truth.tables["persons"]),
        "gezinnen": sum(len(people.gezinnen) for people in region),
        "gezinnen with events": len({event.gezin.id for events in lived for event in events}),
        "events": len(truth.tables["events"]),
        "deliveries": len({row[0] for row in truth.tables["deliveries"]}),
        "rows": rows.total(),
        "planted defects": len(truth.tables["defects"])
        + sum(row[7] is not None for row in truth.tables["deliveries"]),
    }


def _populations(recipe: _Recipe) -> tuple[Lives, list[Population]]:
    lives = packaged(Lives, "lives")
    if recipe.population is None:
        return lives, settle_region(
            recipe.children, packaged(PopulationRates, "population"), lives, recipe.seed
        )
    busy = lives.model_copy(update={"need": testset.NEED})
    return busy, testset.settle(recipe.population, recipe.seed)


def _deliver(zones: Zones, people: Population, events: list[Event], lives: Lives, rules: SupplierRules, forms: Forms,
             planned: Defects | None, recipe: _Recipe) -> tuple[Tables, Counter[str]]:  # fmt: skip
    """Write one municipality's suppliers and deliveries."""
    records = keep(events, forms, recipe.seed)
    base = {source: rule.base for source, rule in rules.sources.items()}
    records += mistakes(records, lives, base, recipe.seed)
    reported = {event.gezin.id for event in events if event.source == "veilig_thuis"}
    encoding = "utf-8-sig" if recipe.population else None
    post = Post(zones, people.municipality, rules, planned, recipe.seed, encoding=encoding)
    tables = post.add(records, people, reported)
    for name, more in post.close().items():
        tables.setdefault(name, []).extend(more)
    return tables, post.rows


def _give_leading_zeros(lived: list[list[Event]]) -> None:
    """Give three children who are known to Veilig Thuis a number that a spreadsheet would shorten."""
    numbers = iter(LEADING_ZERO)
    for events in lived:
        report = next((event for event in events if event.kind == "report"), None)
        number = next(numbers, None) if report else None
        if report and number:
            report.persons[0].bsn = number
