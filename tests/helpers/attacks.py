"""Running a suite of attacks in its short form."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from integration.attacks.suite import command, own_environment


def survived(name: str, home: Path) -> dict[str, Any]:
    """Run a suite as an operator does; something was tried, and all of it survived. What it tells.

    In a process of its own: runs are forked from it, and what draws charts cannot be forked once it was used.
    """
    done = subprocess.run(
        command("privacy", "attack", "--suite", name, "--json"),
        env=own_environment(home),
        capture_output=True,
        check=False,
    )
    told: dict[str, Any]
    (told,) = json.loads(done.stdout)["suites"]
    assert {"suite", "tried", "survived", "seconds", "figures"} == told.keys()
    assert told["tried"] == told["survived"] > 0, told["figures"]
    assert done.returncode == 0
    return told
