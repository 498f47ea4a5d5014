"""Makes a sample: people, lives, records, deliveries, truth; whole in its folder, or not at all."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration import __version__
from integration.errors import UsageError
from integration.reasons import Reason
from integration.sample.model import MARK
from integration.sample.naming import aliases
from integration.sample.region import Recipe, all_places, make
from integration.storage import Zones, read_json, write_json

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, what is done and what there is to do."""

CLOCK = "2026-02-16T06:00:00+01:00"
"""The moment at which an installation with the sample stands still."""
SMALLEST, LARGEST = 0.01, 20.0
"""Scales that can be made; 1 is as many people as live there."""
_BYTES_AN_INHABITANT = 400
"""Disk that a sample needs while it is made, per inhabitant at ``busy`` 1 (measured: benchmarks/bench_sample.py)."""
_OWN = ("inbox", "suppliers", "truth", "integration.toml", "sample.json")
"""What a sample puts in the home folder; the last is its proof that the others are whole."""
_TOML = f"""# {MARK}: made by `integration sample`; nobody in this installation exists.
synthetic = true
fixed_clock = "{CLOCK}"
"""


@dataclass(frozen=True)
class SampleResult:
    """What a sample holds; ``existing`` when it was there already and nothing was done."""

    counts: dict[str, int] = field(default_factory=dict)
    existing: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"counts": self.counts, "existing": self.existing, "mark": MARK}


def generate(
    home: Path | Zones,
    *,
    seed: int = 2026,
    scale: float = 0.1,
    municipalities: Sequence[str] | None = None,
    busy: float = 1.0,
    lives: Path | None = None,
    defects: str = "demo",
    alias: bool = False,
    population: Path | None = None,
    progress: Progress | None = None,
) -> SampleResult:
    """Make the sample in ``home``: inbox, suppliers, truth, ``integration.toml`` and ``sample.json``.

    ``scale`` is the part of the six municipalities' inhabitants (0.01 to 20); ``municipalities`` takes some of
    them; ``busy`` lets trouble start so many times as often; ``lives`` is another file in the place of lives.yml;
    ``alias`` gives the municipalities made-up names; ``population`` takes the persons of a file instead (see
    ``testset.py``), as they are: nothing is planted then.
    Raises :class:`~integration.errors.UsageError`: FOLDER_NOT_EMPTY when the folder has another sample or something
    else in those places, INPUT_INVALID when an option or the population file cannot be used,
    MUNICIPALITY_UNKNOWN, NO_SPACE when the disk is too small; DeclarationError LIVES_INVALID for a lives file that
    cannot be. Nothing is left behind then.
    """
    zones = home if isinstance(home, Zones) else Zones(Path(home).absolute())
    recipe = _checked(seed, scale, municipalities, busy, lives, defects, alias, population)
    wanted = _mark(recipe, alias=alias)
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


def _checked(seed: int, scale: float, codes: Sequence[str] | None, busy: float, lives: Path | None, defects: str,
             alias: bool, population: Path | None) -> Recipe:  # fmt: skip
    if not SMALLEST <= scale <= LARGEST:
        raise UsageError(Reason.INPUT_INVALID, f"scale must be between {SMALLEST:g} and {LARGEST:g}")
    if not (math.isfinite(busy) and 0 < busy <= 20):
        raise UsageError(Reason.INPUT_INVALID, "busy must be above 0 and at most 20")
    if defects not in {"demo", "none"}:
        raise UsageError(Reason.INPUT_INVALID, "defects must be demo or none")
    for file, what in ((lives, "lives"), (population, "population")):
        if file is not None and not file.is_file():
            raise UsageError(Reason.INPUT_INVALID, f"no such {what} file", file=file.name)
    if population is not None and codes:
        raise UsageError(Reason.INPUT_INVALID, "a given population says itself where people live")
    try:
        places = all_places(tuple(codes or ()))
    except KeyError:
        raise UsageError(
            Reason.MUNICIPALITY_UNKNOWN, f"choose from {', '.join(place.code for place in all_places(()))}"
        ) from None
    shown = aliases() if alias else {place.code: place.name for place in places}
    names = {place.code: shown[place.code] for place in places}
    recipe = Recipe(seed, scale, places, names, busy, lives, "none" if population else defects, population)
    recipe.read_lives()
    return recipe


def _mark(recipe: Recipe, *, alias: bool) -> dict[str, Any]:
    """What ``sample.json`` says of it; two samples are the same when this is."""
    return {
        "format": "integration-sample/2", "mark": MARK, "version": __version__, "seed": recipe.seed,
        "scale": None if recipe.population else recipe.scale,
        "municipalities": [place.code for place in recipe.places], "busy": recipe.busy, "lives": _digest(recipe.lives),
        "defects": recipe.defects, "alias": alias, "population": _digest(recipe.population),
    }  # fmt: skip


def _digest(path: Path | None) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path else None


def _refuse_if_used(path: Path) -> None:
    if path.is_file() or (path.is_dir() and any(child.is_file() for child in path.rglob("*"))):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, "move it away first", file=path.name)


def _build(zones: Zones, recipe: Recipe, mark: dict[str, Any], progress: Progress) -> dict[str, int]:
    """Fill a temporary sibling of the home folder, then move its content in, ``sample.json`` last."""
    zones.home.parent.mkdir(parents=True, exist_ok=True)
    _refuse_if_too_large(zones.home.parent, recipe)
    work = Path(tempfile.mkdtemp(prefix=f".{zones.home.name}.", suffix=".partial", dir=zones.home.parent))
    moved: list[Path] = []
    try:
        counts = _fill(Zones(work), recipe, progress)
        (work / "integration.toml").write_text(_toml(recipe, alias=mark["alias"]), encoding="utf-8")
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


def _refuse_if_too_large(folder: Path, recipe: Recipe) -> None:
    inhabitants = sum(plot.inhabitants for plot in recipe.plots()) if recipe.population is None else 0
    needed, free = int(inhabitants * recipe.busy * _BYTES_AN_INHABITANT), shutil.disk_usage(folder).free
    if needed > free:
        text = f"about {needed / 1e9:.1f} GB is needed and {free / 1e9:.1f} GB is free: take a smaller scale"
        raise UsageError(Reason.NO_SPACE, text)


def _fill(zones: Zones, recipe: Recipe, progress: Progress) -> Counter[str]:
    """Write inbox, suppliers and truth; return the counts."""
    goal = sum(plot.inhabitants for plot in recipe.plots())
    progress("sample", 0, goal)
    counts = make(recipe, zones.home, lambda made: progress("sample", made, goal))
    progress("sample", goal, goal)
    return counts


def _toml(recipe: Recipe, *, alias: bool) -> str:
    names = [f'{code} = "{name}"\n' for code, name in recipe.names.items()] if alias else []
    return _TOML + "".join(["\n[municipality_names]\n", *names] if names else [])
