"""Running a suite of attacks in its short form."""

from __future__ import annotations

import json

from integration.attacks.run import attack
from integration.attacks.suite import Result


def survived(name: str) -> Result:
    """Run a suite; something was tried, and all of it survived."""
    (result,) = attack([name], full=False)
    assert result.tried == result.survived > 0, result.figures
    told = json.loads(json.dumps(result.as_dict()))
    assert {"suite", "tried", "survived", "seconds", "figures"} == told.keys()
    return result
