"""Installations to test on: a sample that went through the whole line."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.errors import IntegrationError
from integration.quality import CheckResult, model_check
from integration.quality.model_check import ModelChecked
from integration.reasons import Reason
from integration.settings import Settings, forget_settings, get_settings
from integration.storage import Zones

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = Path(os.environ.get("INTEGRATION_SHARED_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Installation:
    """A sample that went through the whole line."""

    home: Path
    exit_code: int

    @property
    def zones(self) -> Zones:
        return Zones(self.home)

    @property
    def settings(self) -> Settings:
        return get_settings(self.home)


def run_sample(home: Path, *, figures_only: bool = False, **options: object) -> Installation:
    """Make a sample in ``home`` and run the whole line on it in this process.

    ``figures_only`` leaves out the checks of deliveries and core tables (all pass) and the release: most of the time.
    """
    from integration import pipeline, sample
    from integration.pseudonyms.demo_keys import make_demo_keys

    before = os.environ.get("INTEGRATION_HOME")
    os.environ["INTEGRATION_HOME"] = str(home)
    forget_settings()
    try:
        sample.generate(Zones(home), **options)
        forget_settings()
        make_demo_keys(Zones(home))
        with without_release(without_checks=True) if figures_only else nullcontext():
            return Installation(home, pipeline.run().exit_code)
    finally:
        if before is None:
            del os.environ["INTEGRATION_HOME"]
        else:
            os.environ["INTEGRATION_HOME"] = before
        forget_settings()


def _all_pass(_zones: Zones, delivery_ids: Sequence[str], **_: object) -> list[CheckResult]:
    return [CheckResult(delivery_id, "passed") for delivery_id in delivery_ids]


def take_tables_as_checked(patch: pytest.MonkeyPatch) -> None:
    """Let nights go on without loading Great Expectations, for tests that are about something else."""
    patch.setattr(model_check, "check_tables", _no_table)


def _no_table(*_: object) -> ModelChecked:
    return ModelChecked(())


def _nothing_closed() -> None:
    raise IntegrationError(Reason.NOTHING_PUBLISHED)


@contextmanager
def without_release(*, without_checks: bool = False) -> Iterator[None]:
    """Let runs of the line end before the release, for tests that read none; and take what is checked as good."""
    from integration import pipeline, quality

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "release", _nothing_closed)
        if without_checks:
            patch.setattr(quality, "check_deliveries", _all_pass)
            take_tables_as_checked(patch)
        yield


def shared_run(factory: pytest.TempPathFactory, name: str, **options: object) -> Installation:
    """A sample that went through the line once, whichever of the test processes asks first."""
    base = factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / f"{name}.exit_code"
        if not done.exists():
            done.write_text(str(run_sample(folder / name, **options).exit_code))
        return Installation(folder / name, int(done.read_text()))
