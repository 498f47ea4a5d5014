"""What a suite of attacks tells, and an installation of its own to attack."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.deliveries.manifest import SUFFIX
from integration.storage import Zones, read_json

AS_THEY_CAME = ("inbox", "raw", "quarantine", "truth")
"""The zones that hold deliveries as they came (and, of a sample, its truth)."""


@dataclass(frozen=True)
class Result:
    """How many attacks were tried and survived, in how many seconds; shares and counts under ``figures``."""

    suite: str
    tried: int
    survived: int
    seconds: float
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether every attack was survived."""
        return self.tried == self.survived > 0

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {**vars(self), "seconds": round(self.seconds, 1)}


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """A folder for one suite, gone after; what is written under temporary names lies in its ``temp``."""
    with tempfile.TemporaryDirectory(prefix=f"attack-{name}-") as folder:
        yield Path(folder)


@contextmanager
def installation(home: Path) -> Iterator[None]:
    """Work on the installation at ``home`` in this process, with temporary files inside it, then as before."""
    from integration.settings import forget_settings

    temp = home / "temp"
    temp.mkdir(parents=True, exist_ok=True)
    changed = {"INTEGRATION_HOME": str(home), "TMPDIR": str(temp)}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    tempfile.tempdir = None
    forget_settings()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        tempfile.tempdir = None
        forget_settings()


def own_environment(home: Path) -> dict[str, str]:
    """The environment of a command on the installation at ``home``; no secret or setting of another's."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("INTEGRATION_", "AIRFLOW"))
    }
    temp = home / "temp"
    temp.mkdir(parents=True, exist_ok=True)
    source = str(Path(__file__).resolve().parents[2])
    return {**kept, "INTEGRATION_HOME": str(home), "TMPDIR": str(temp), "PYTHONPATH": source}


def command(*words: str) -> list[str]:
    """A command of this system, by the same Python."""
    return [sys.executable, "-m", "integration.cli", *words]


def small_sample(home: Path, **options: Any) -> None:
    """A sample of a few thousand inhabitants in ``home``, with the keys that the line needs."""
    from integration import sample
    from integration.pseudonyms.demo_keys import make_demo_keys
    from integration.settings import forget_settings

    sample.generate(home, **({"scale": 0.01, "busy": 8.0} | options))
    make_demo_keys(Zones(home))
    forget_settings()


def keep_suppliers(home: Path, sources: tuple[str, ...], deliveries: int | None = None) -> None:
    """Leave only the suppliers of some sources, and of each its first deliveries, so that a run is short."""
    from integration.contracts import load_supplier, supplier_codes

    zones = Zones(home)
    for code in supplier_codes(zones):
        if load_supplier(zones, code).source not in sources:
            (zones.suppliers / f"{code}.yml").unlink()
            shutil.rmtree(zones.inbox / code, ignore_errors=True)
            continue
        manifests = sorted(
            (zones.inbox / code).glob(f"*{SUFFIX}"), key=lambda path: read_json(path)["sequence"]
        )
        for path in manifests[deliveries:] if deliveries else []:
            path.with_name(path.name.removesuffix(SUFFIX)).unlink()
            path.unlink()


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long ago."""
        return time.monotonic() - self._begun
