"""Suite (b): kill -9 at random moments of a run. Nothing readable may be left, and running again ends the same.

A tiny installation is copied for every try. A process forked from this one, which has imported everything already,
runs the line on the copy and is killed with all that it started; what lies there is searched, then the line is run
again and its tables, its ledger and its release are held against those of a run that nobody disturbed. A few tries
do the same with Airflow's scheduler.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from integration.attacks.outcome import outcome
from integration.attacks.planting import plant
from integration.attacks.search import hits
from integration.attacks.suite import (
    AS_THEY_CAME,
    Clock,
    Result,
    installation,
    keep_suppliers,
    own_environment,
    private_folder,
    small_sample,
)
from integration.storage import Zones

SHORT, FULL = (3, 0), (190, 10)
"""Kills of the line itself and of Airflow, in a short and in a full run."""
_PLACE = "GM0321"
_SAMPLE: dict[str, Any] = {"scale": 0.01, "busy": 4.0, "municipalities": [_PLACE]}
_SOURCES = ("veilig_thuis", "wijkteam")
_DELIVERIES = 1
"""Of each source: few, so that a run is short."""
_LONGEST = 600
"""Seconds after which a run that should end by itself is given up."""


@dataclass(frozen=True)
class Try:
    """What became of one kill: when it came and whether in time, where something was left, what was not the same."""

    name: str
    moment: float
    in_time: bool
    left: tuple[str, ...]
    """Files with plain text in them."""
    other: tuple[str, ...]
    """What was not as after an undisturbed run."""
    said: str
    """The end of what the second run said, where something was not the same."""

    @property
    def survived(self) -> bool:
        """Whether nothing was left and all was the same."""
        return not self.left and not self.other

    def told(self) -> dict[str, Any]:
        """The try for the figures of the suite."""
        return {**vars(self), "moment": round(self.moment, 2), "other": self.other[:5], "left": self.left[:5]}


def killing(kills: int = SHORT[0], scheduled: int = SHORT[1], *, seed: int = 1, workers: int = 2) -> Result:
    """Kill so many runs of the line, and so many of Airflow; a try is survived when clean and the same after."""
    clock, chance = Clock(), random.Random(seed)  # noqa: S311  an attack, not a key
    with private_folder("kill") as folder:
        template = folder / "template"
        small_sample(template, **_SAMPLE)
        keep_suppliers(template, _SOURCES, _DELIVERIES)
        identities = plant(Zones(template), 20, chance)
        values = [value for one in identities for value in one.values]
        _warm()
        undisturbed = folder / "undisturbed"
        seconds, wanted = _undisturbed(template, undisturbed, _line)
        work = partial(_kill_and_run_again, _line, template, values, wanted)
        moments = [(folder / f"try-{n}", chance.uniform(0.02, 1.0) * seconds) for n in range(kills)]
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as side_by_side:
            tries = list(side_by_side.map(work, *zip(*moments, strict=True))) if moments else []
        through = _through_airflow(template, folder, values, scheduled, chance, workers) if scheduled else []
    every = (*tries, *through)
    failed = [one.told() for one in every if not one.survived]
    figures = {
        "undisturbed_seconds": round(seconds, 1),
        "killed_before_its_end": sum(one.in_time for one in tries),
        "plain_text_left": sum(bool(one.left) for one in every),
        "another_result": sum(bool(one.other) for one in every),
        "failed": failed,
        "with_a_scheduler": len(through),
        "scheduler_killed_before_its_end": sum(one.in_time for one in through),
    }
    return Result("kill", len(every), len(every) - len(failed), clock.seconds, figures)


def _warm() -> None:
    """Import what the line imports, so that a forked process is at work from its first moment."""
    import great_expectations  # noqa: F401
    import pandas  # noqa: F401

    from integration import pipeline, release_stage  # noqa: F401
    from integration.deliveries import receive  # noqa: F401
    from integration.indicators import figures  # noqa: F401
    from integration.linkage import families, persons  # noqa: F401
    from integration.quality import engine  # noqa: F401
    from integration.releases import publishing, site  # noqa: F401


def _line(home: Path) -> int:
    """Start the line on an installation in a forked process with a session of its own; its process number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        quiet = os.open(home / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number in (1, 2):
            os.dup2(quiet, number)
        with installation(home):
            from integration import pipeline

            code = pipeline.run().exit_code
    finally:
        os._exit(code)


def _airflow(home: Path) -> int:
    """Start the demo's way through Airflow; its process number."""
    program = (
        "import sys; from pathlib import Path; from integration.demo import through_airflow; "
        f"from integration.settings import get_settings; sys.exit(bool(through_airflow(get_settings(), {_SOURCES})))"
    )
    with (home / "output.log").open("ab") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", program],
            env=own_environment(home),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return started.pid


def _undisturbed(template: Path, home: Path, start: Callable[[Path], int]) -> tuple[float, dict[str, str]]:
    """How long a run takes that nobody disturbs, and what it comes to."""
    shutil.copytree(template, home)
    clock = Clock()
    if _wait(start(home)) not in (0, 1):
        raise RuntimeError(f"the undisturbed run failed: {_last_words(home)}")
    return clock.seconds, outcome(home)


def _last_words(home: Path) -> str:
    return (home / "output.log").read_text(errors="replace")[-500:]


def _kill_and_run_again(
    start: Callable[[Path], int],
    template: Path,
    values: Sequence[str],
    wanted: dict[str, str],
    home: Path,
    moment: float,
) -> Try:
    """One kill, and what became of it."""
    shutil.copytree(template, home)
    leader = start(home)
    time.sleep(moment)
    in_time = not _ended(leader)
    _kill_all(home, leader)
    found_left = hits(home, values, leave_out=AS_THEY_CAME, half_written=True)
    left = {name for name in found_left if not being_received(home, name, template)}
    code = _wait(start(home))
    found = outcome(home) | ({} if code in (0, 1) else {"exit code": str(code)})
    other = tuple(sorted(name for name in found | wanted if found.get(name) != wanted.get(name)))
    left |= set(hits(home, values, leave_out=AS_THEY_CAME))
    said = f"exit code {code}: {_last_words(home)}" if other else ""
    shutil.rmtree(home)
    return Try(home.name, moment, in_time, tuple(sorted(left)), other, said)


def being_received(home: Path, name: str, template: Path) -> bool:
    """Whether a file is a delivery as it came, moved from the inbox to the desk where it is received and no further.

    Plain deliveries are plain there too, as in the inbox; the run that comes next takes it up.
    """
    if Path(name).parts[:2] != ("tmp", "receive"):
        return False
    content = (home / name).read_bytes()
    return any(path.name == Path(name).name and path.read_bytes() == content for path in _came(template))


def _came(template: Path) -> Iterator[Path]:
    return (path for path in Zones(template).inbox.rglob("*") if path.is_file())


def _through_airflow(
    template: Path, folder: Path, values: Sequence[str], times: int, chance: random.Random, workers: int
) -> list[Try]:
    """The same with a scheduler. Such a run mostly waits, and is a process of its own: threads do."""
    seconds, wanted = _undisturbed(template, folder / "through-airflow", _airflow)
    moments = [(folder / f"airflow-{n}", chance.uniform(0.2, 1.0) * seconds) for n in range(times)]
    work = partial(_kill_and_run_again, _airflow, template, values, wanted)
    with ThreadPoolExecutor(workers) as side_by_side:
        return list(side_by_side.map(work, *zip(*moments, strict=True)))


# -- processes -------------------------------------------------------------------------------------------------------


def _ended(leader: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        return os.waitid(os.P_PID, leader, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    return True


def _kill_all(home: Path, leader: int) -> None:
    """SIGKILL to the leader's session and to whatever else works on this installation, as a power cut does."""
    import psutil

    with contextlib.suppress(psutil.Error):
        _kill(
            psutil.Process(leader).children(recursive=True)
        )  # some write their title over their environment
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    _wait(leader)
    while others := [process for process in psutil.process_iter() if _works_on(process, home)]:
        _kill(others)


def _kill(processes: Sequence[Any]) -> None:
    import psutil

    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=5)


def _works_on(process: Any, home: Path) -> bool:
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        mine = process.environ().get("INTEGRATION_HOME") == str(home)
        return bool(mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _wait(child: int) -> int:
    """The exit code of a child; minus the signal that ended it. A child that hangs is killed."""
    deadline = time.monotonic() + _LONGEST
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            done, status = os.waitpid(child, os.WNOHANG)
            if not done:
                time.sleep(0.02)
                continue
            return os.waitstatus_to_exitcode(status)
        return 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGKILL
