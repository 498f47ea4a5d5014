"""Makes a sample: people, lives, records, deliveries, truth; whole in its folder, or not at all."""

from __future__ import annotations

import hashlib
import math
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration import __version__
from integration.errors import UsageError
from integration.reasons import Reason
from integration.sample.check_lives import check_lives
from integration.sample.declare import LAST_DAY
from integration.sample.model import MARK
from integration.sample.naming import aliases
from integration.sample.region import Recipe, all_places, make
from integration.sample.truth import SCHEMAS
from integration.sample.workplace import told_plainly, workplace
from integration.storage import Zones, read_json, write_json

Progress = Callable[[str, int, int], None]
"""Called with a stage's name, what is done and what there is to do."""

CLOCK = f"{LAST_DAY}T06:00:00+01:00"
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
    scale: float = 0.5,
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
    cannot be. Nothing is left behind then. A sample of which a part is gone is FOLDER_NOT_EMPTY too, and a home
    that cannot be written is INPUT_INVALID.
    """
    zones = home if isinstance(home, Zones) else Zones(Path(home).absolute())
    recipe = _checked(seed, scale, municipalities, busy, lives, defects, alias, population)
    wanted = _mark(recipe, alias=alias)
    with told_plainly(zones.home):
        present = _present(zones)
        if present is None:
            for name in _OWN:
                _refuse_if_used(zones.home / name)
    if present is not None:
        if any(present.get(key) != value for key, value in wanted.items()):
            raise UsageError(Reason.FOLDER_NOT_EMPTY, "another sample", file="sample.json")
        _refuse_if_incomplete(zones)
        return SampleResult(present["counts"], existing=True)
    return SampleResult(_build(zones, recipe, wanted, progress or _silent))


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
    found = recipe.read_lives()
    if lives:
        check_lives(found, places, lives.name)
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
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path else None
    except OSError:
        raise UsageError(Reason.INPUT_INVALID, "cannot be read", file=path.name if path else None) from None


def _present(zones: Zones) -> dict[str, Any] | None:
    """What the sample that is in the folder says of itself; None when there is none."""
    path = zones.home / "sample.json"
    if not path.is_file():
        return None
    try:
        found = read_json(path)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("counts"), dict):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, "it cannot be read: move it away first", file=path.name)
    return found


def _refuse_if_incomplete(zones: Zones) -> None:
    """Refuse a sample of which something is gone; deliveries may have been received, so the inbox may be empty."""
    parts = {
        "inbox": zones.inbox.is_dir(),
        "suppliers": zones.suppliers.is_dir() and any(zones.suppliers.glob("*.yml")),
        "truth": all((zones.truth / f"{table}.parquet").is_file() for table in SCHEMAS),
        "integration.toml": (zones.home / "integration.toml").is_file(),
    }
    missing = [name for name, whole in parts.items() if not whole]
    if missing:
        text = f"a part of the sample is gone: {', '.join(missing)}; move the rest away to make it again"
        raise UsageError(Reason.FOLDER_NOT_EMPTY, text, file="sample.json")


def _refuse_if_used(path: Path) -> None:
    if path.is_file() or (path.is_dir() and any(child.is_file() for child in path.rglob("*"))):
        raise UsageError(Reason.FOLDER_NOT_EMPTY, "move it away first", file=path.name)


def _build(zones: Zones, recipe: Recipe, mark: dict[str, Any], progress: Progress) -> dict[str, int]:
    """Fill a temporary folder near the home folder, then move its content in, ``sample.json`` last."""
    with workplace(zones.home) as work:
        _refuse_if_too_large(work, recipe)
        counts = _fill(Zones(work), recipe, progress)
        (work / "integration.toml").write_text(_toml(recipe, alias=mark["alias"]), encoding="utf-8")
        write_json(work / "sample.json", {**mark, "counts": counts})
        _move(work, zones.home)
    return counts


def _move(work: Path, home: Path) -> None:
    """Move what was made into the home folder; after an error nothing of it is there."""
    home.mkdir(exist_ok=True)
    for name in _OWN:  # another process may have been first
        _refuse_if_used(home / name)
    begun: list[Path] = []
    try:
        for name in _OWN:
            target = home / name
            if target.is_dir():
                shutil.rmtree(target)
            begun.append(target)
            os.replace(work / name, target)
    except BaseException:
        for target in begun:
            shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
        raise


def _refuse_if_too_large(folder: Path, recipe: Recipe) -> None:
    inhabitants = sum(plot.inhabitants for plot in recipe.plots()) if recipe.population is None else 0
    needed, free = int(inhabitants * recipe.busy * _BYTES_AN_INHABITANT), shutil.disk_usage(folder).free
    if needed > free:
        text = f"about {_amount(needed)} is needed and {_amount(free)} is free: take a smaller scale"
        raise UsageError(Reason.NO_SPACE, text)


def _amount(size: int) -> str:
    """Bytes in words: 12.3 GB, 0.04 GB, 3 MB."""
    if size < 10**7:
        return f"{size / 1e6:.0f} MB"
    return f"{size / 1e9:.1f} GB" if size >= 10**8 else f"{size / 1e9:.2f} GB"


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
