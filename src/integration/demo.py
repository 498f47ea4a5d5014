"""The main job on the sample, through Airflow itself: what ``integration demo`` and ``make demo`` do.

Keys, sample, Airflow, deliveries, nights, release; each step is said in plain words and shown while it goes on.
What was done before is not done again: with nothing new in the inbox and every domain up to date, Airflow is
not even started.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from integration import console, orchestration
from integration.airflow_api import FailedTask
from integration.airflow_environment import airflow_home
from integration.airflow_local import running
from integration.airflow_watch import Watch
from integration.contracts import contract_ids
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.pseudonyms.demo_keys import hand_out_demo_keys
from integration.reasons import Reason
from integration.settings import Settings, forget_settings, get_settings
from integration.signals import ended_by_signal
from integration.storage import read_json

_ASSET_SECONDS = 10
"""How long a night may take to start by itself after the last delivery; then it is started by hand."""

STEPS = 6


def run_demo(home: Path, *, seed: int = 2026, scale: float = 0.5, **sample: Any) -> None:
    """Bring the sample from inbox to release through Airflow, in the installation at ``home``.

    ``sample`` are other options of :func:`integration.sample.generate`.

    Raises :class:`IntegrationError`: AIRFLOW_FAILED when a task failed after the rest was done, with the first
    one's log; whatever key, sample or Airflow says before that. Airflow is stopped in every case.
    """
    home = home.absolute()
    os.environ["INTEGRATION_HOME"] = str(home)
    forget_settings()
    with ended_by_signal():
        _say(1, "Keys: a passphrase and a keyring, for this installation only; a key keeper's beside them")
        _make_keys(get_settings())
        _say(2, "Sample: synthetic deliveries of every source and municipality")
        _make_sample({"seed": seed, "scale": scale, **sample})
        settings = get_settings()
        if settings.first_pass_keys is None:
            hand_out_demo_keys(settings.zones)
        if not work_waits(settings):
            _note("Nothing new in the inbox, every municipality is up to date: Airflow is not needed")
            return
        failed = through_airflow(settings)
    if failed:
        raise _failure(home, failed)


def _make_keys(settings: Settings) -> None:
    """Make the keyring under the operator's passphrase or, when there is none, one made here."""
    from integration.pseudonyms.keyring import init_keyring, make_demo_keyring

    ring = settings.zones.keys / "keyring.json"
    if ring.exists():
        _note("They are there already")
    elif settings.passphrase or settings.passphrase_file:
        init_keyring(ring, settings.passphrase_bytes(), settings.now())
    else:
        make_demo_keyring(settings.zones)


def _make_sample(options: dict[str, Any]) -> None:
    from integration import sample

    with console.progress_bars() as say:
        made = sample.generate(get_settings().zones, **options, progress=say)
    forget_settings()  # the sample fixes the clock
    if made.existing:
        _note("It is there already")


def work_waits(settings: Settings) -> bool:
    """Whether there is anything to do: in the inbox, half-way, in a domain that is behind, or no release yet."""
    from integration import pipeline

    zones = settings.zones
    arrived = any(
        path.is_file() for folder in (zones.inbox, zones.tmp / "receive") for path in folder.rglob("*")
    )
    released = zones.releases.is_dir() and any(zones.releases.iterdir())
    return arrived or not released or bool(pipeline.pending()) or bool(behind(settings))


def behind(settings: Settings) -> list[DomainCode]:
    """The domains whose published file does not rest on today's inputs."""
    from integration import inputs
    from integration.ledger import Ledger

    ledger = Ledger(settings.ledger())
    found = []
    for domain in orchestration.supplied(settings.zones.suppliers):
        manifest = settings.zones.warehouse / f"{domain}.json"
        wanted = inputs.gather(domain, settings, ledger).fingerprint
        if not manifest.exists() or read_json(manifest)["fingerprint"] != wanted:
            found.append(domain)
    return found


# -- through Airflow --------------------------------------------------------------------------------------------


def through_airflow(settings: Settings, sources: Sequence[str] = ()) -> list[FailedTask]:
    """Start Airflow, bring what waits of some sources (none: of all) to a release, stop Airflow; the failed tasks."""
    domains = list(orchestration.supplied(settings.zones.suppliers))
    deliveries = [orchestration.deliveries_dag(source) for source in sources or contract_ids()]
    nights = [orchestration.nightly_dag(domain) for domain in domains]
    _say(
        3,
        f"Airflow: start it on this machine, with everything it keeps in {airflow_home(settings.zones.home)}",
    )
    others = [orchestration.DECISIONS_DAG, orchestration.RELEASE_DAG]
    with running(settings.zones.home, [*deliveries, *nights, *others]) as airflow:
        watch = Watch(airflow)
        _say(4, f"Deliveries: {len(deliveries)} sources are received, encoded, checked and loaded")
        watch.start(deliveries)
        failed = watch.until_finished(deliveries)
        _say(5, f"Nights: {len(nights)} municipalities are linked, modelled and calculated")
        failed_nights = _nights(settings, watch, nights)
        if not failed_nights:
            _say(6, "Release: the figures of closed periods are protected and published")
            watch.start([orchestration.RELEASE_DAG])
            failed += watch.until_finished([orchestration.RELEASE_DAG])
    _note("Airflow is stopped")
    return failed + failed_nights


def _nights(settings: Settings, watch: Watch, nights: Sequence[str]) -> list[FailedTask]:
    """Wait for the nights that new data started; start those of domains that stay behind."""
    wanted = [orchestration.nightly_dag(domain) for domain in behind(settings)]
    deadline = time.monotonic() + _ASSET_SECONDS
    while {run.dag_id for run in watch.runs(wanted)} < set(wanted) and time.monotonic() < deadline:
        time.sleep(1)
    failed = watch.until_finished(sorted({run.dag_id for run in watch.runs(nights)}))
    if failed:
        return failed
    late = [orchestration.nightly_dag(domain) for domain in behind(settings)]
    watch.start(late)
    return watch.until_finished(late)


def _failure(home: Path, failed: Sequence[FailedTask]) -> IntegrationError:
    """Say which tasks failed and where each log is; the error names the first."""
    for task in failed:
        console.stderr().print(f"  failed: {task.name}, log {task.log(home)}", soft_wrap=True, markup=False)
    return IntegrationError(
        Reason.AIRFLOW_FAILED,
        f"{len(failed)} tasks failed, first {failed[0].name}",
        file=str(failed[0].log(home)),
    )


# -- what is said --------------------------------------------------------------------------------


def _say(step: int, text: str) -> None:
    console.stderr().print(f"[bold]{step}/{STEPS}[/bold] {text}", soft_wrap=True)


def _note(text: str) -> None:
    console.stderr().print(f"    {text}", soft_wrap=True)
