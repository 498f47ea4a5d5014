"""An attacker with full write access to an audit folder, and somebody else who kept a head.

:func:`mutation_attack` makes a small audit of three days, exports its heads, then edits it in every way of
:mod:`integration.audit.edits`, one random edit at a time, and counts how many of them verifying finds.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from integration.audit.edits import EDITS, START, Attacker
from integration.audit.heads import write_heads
from integration.audit.lines import Event, new_processing_id
from integration.audit.log import AuditLog
from integration.audit.verify import verify
from integration.audit.words import ACCESS, BEGUN, ENDED, LOGS, LOOKED, Purpose
from integration.errors import IntegrationError

_SEEDS = [sha256(b"a made-up signing seed").digest()]
_EACH_DAY = 8


def make_example(folder: Path, days: int = 3) -> Path:
    """A small audit of both logs with signed heads in ``folder/audit``; returns where the heads were exported."""
    audit, export = folder / "audit", folder / "elsewhere"
    export.mkdir(parents=True)
    for day in range(days):
        for number in range(_EACH_DAY):
            moment = START + timedelta(days=day, minutes=number)
            for log in LOGS:
                AuditLog(audit, log).append([_example(log, moment, number)])
                if (day, number) == (1, 2):
                    _tear(AuditLog(audit, log))
        write_heads(audit, _SEEDS, START + timedelta(days=day, hours=1), export=export)
    return export


def _tear(log: AuditLog) -> None:
    """Half a line, as a power cut leaves it."""
    path = log.path(log.days()[-1])
    path.write_bytes(path.read_bytes() + path.read_bytes()[:100])


def _example(log: str, moment: datetime, number: int) -> Event:
    subjects = ("1.GM0321.audit." + f"{number:032x}",) if log == ACCESS else ()
    return Event(
        event=LOOKED if log == ACCESS else (ENDED if number % 2 else BEGUN),
        time=moment,
        actor="steward",
        action="link",
        object="domain:GM0321",
        purpose=Purpose.PICTURE,
        system="integration 0",
        outcome="done" if number % 2 else None,
        processing_id=new_processing_id(),
        case="Z-2026-1" if log == ACCESS else None,
        subjects=subjects,
    )


def mutation_attack(tries: int = 300, seed: int = 1) -> dict[str, Any]:
    """Try so many edits; returns ``suite``, ``tried``, ``survived`` (found), ``seconds`` and figures by kind of edit.

    An edit that changes no byte is drawn again. Fixed by ``seed``, but for the random processing ids.
    """
    begun, rng = time.monotonic(), random.Random(seed)  # noqa: S311  an attack, not a key
    tried, missed = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory(prefix="audit-attack-") as name:
        folder = Path(name)
        export = make_example(folder)
        attacker = Attacker(folder / "audit", rng)
        if verify(folder / "audit", export).findings:
            raise AssertionError("the untouched example has findings")
        while tried.total() < tries:
            edit = rng.choice(EDITS)
            edit(attacker)
            if not attacker.changed():
                continue
            tried[edit.__name__] += 1
            if not found(folder / "audit", export):
                missed[edit.__name__] += 1
            attacker.restore()
    return {
        "suite": "audit mutation",
        "tried": tried.total(),
        "survived": tried.total() - missed.total(),
        "seconds": round(time.monotonic() - begun, 1),
        "figures": {"edits": dict(sorted(tried.items())), "missed": dict(sorted(missed.items()))},
    }


def found(audit: Path, export: Path) -> bool:
    """Whether verifying with the exported heads says that something is wrong."""
    try:
        return bool(verify(audit, export).findings)
    except IntegrationError:
        return True


if __name__ == "__main__":
    import sys

    sys.stdout.write(json.dumps(mutation_attack(int(sys.argv[1]) if len(sys.argv) > 1 else 300)) + "\n")
