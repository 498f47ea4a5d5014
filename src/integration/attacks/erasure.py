"""Suite (f): of an erased person no pseudonym is recoverable from any file but the lists of who used a right.

Persons of a small installation are erased one by one, some with an objection. Before that the same search must find
their pseudonyms; after it, it must not, in any byte or decoded table, and everybody else must still be there.
"""

from __future__ import annotations

import random

from integration.attacks.suite import (
    Clock,
    Result,
    installation,
    keep_suppliers,
    private_folder,
    small_sample,
)
from integration.names import DomainCode
from integration.storage import Zones

SHORT, FULL = 2, 12
_PLACE = DomainCode("GM0321")
_CASE = "AVG-2026-1"


def erasure(persons: int = SHORT, *, seed: int = 1) -> Result:
    """Erase so many persons; survived are those of whom nothing was left."""
    from dataclasses import replace

    import duckdb

    from integration import pipeline
    from integration.rights import commands, traces
    from integration.rights.locate import locate
    from integration.settings import get_settings

    clock, chance = Clock(), random.Random(seed)  # noqa: S311  an attack, not a key
    gone = seen = others = sought = 0
    with private_folder("erasure") as folder:
        home = folder / "home"
        small_sample(home, municipalities=[_PLACE], busy=2.0)
        keep_suppliers(home, ("veilig_thuis", "wijkteam", "onderwijs"), 2)
        with installation(home):
            pipeline.run()
            settings = get_settings()
            keys = commands.open_keys(settings, _PLACE)

            def everybody() -> set[str]:
                with duckdb.connect(str(Zones(home).published(_PLACE)), read_only=True) as con:
                    return {row[0] for row in con.execute("select person_id from core.person").fetchall()}

            for number, person in enumerate(chance.sample(sorted(everybody()), persons)):
                before = everybody()
                own = locate(settings, keys, _PLACE, person=person).own
                seen += bool(traces(settings, _PLACE, own))
                sought += len(own)
                work = commands.object_ if number % 2 else commands.erase
                work(settings, replace(commands.request(_PLACE, _CASE), person=person), pipeline.nightly)
                gone += not traces(settings, _PLACE, own) and person not in everybody()
                others += len(before - everybody())
    figures = {"pseudonyms_sought": sought, "control_found_before": seen, "persons_gone_from_output": others}
    return Result("erasure", persons, gone if seen == persons else 0, clock.seconds, figures)
