"""Plants what goes wrong in rows, at the rates of ``defects.yml``, and says what it planted.

A mistake sits in the source's own administration: the same record has the same mistake in every delivery, because
its random stream is named after the record. Only identifying and descriptive columns are touched, see the file.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import NamedTuple

from integration.contracts import load_contract
from integration.sample.declare_deliveries import Defects
from integration.sample.mistakes import KIND, MISTAKES, Row, Spot
from integration.sample.model import Person, Record, stream

Planted = list[tuple[str, str]]
"""What was planted in a row, as (column, defect)."""

TWICE, DOUBLE, COLUMN_CONSTANT = "record_duplicate", "double_registration", "column_constant"
"""A record twice in one delivery; a case written down as two records; a column with the same code in every row."""
SECOND = "D"
"""The end of the number of a second record of the same case."""
_UNKNOWN_CODE = {"soort_adres": "09", "vrijstelling": "5X", "aard_geweld": "ONBEKEND"}
_MAY_BE_EMPTIED = {"politie": "persoon_rol", "onderwijs": "onderwijssoort"}
_MAY_LOSE_ROWS = frozenset({"onderwijs", "huisarts", "kinderopvang"})
"""Sources of which a row with a birth date that cannot be may be refused, of families unknown to Veilig Thuis."""


class _Plan(NamedTuple):
    """What may go wrong at one source: (name, kind, rate) of mistakes about persons, two rates, required columns."""

    mistakes: tuple[tuple[str, str, float], ...]
    code_unknown: float
    required_empty: float
    required: frozenset[str]


class Planter:
    """Plants row defects. ``reported`` are the gezinnen that may lose no row: those known to Veilig Thuis."""

    def __init__(self, defects: Defects | None, seed: int) -> None:
        self.defects, self.seed = defects, seed
        self.reported: set[int] = set()
        self._plans: dict[str, _Plan] = {}

    def rate(self, name: str, source: str) -> float:
        """How often ``name`` is planted at ``source``."""
        entry = self.defects.rows.get(name) if self.defects else None
        return entry.sources.get(source, entry.rate) if entry else 0.0

    def _plan(self, source: str) -> _Plan:
        if source not in self._plans:
            rates = ((name, KIND[name], self.rate(name, source)) for name in MISTAKES)
            required = frozenset(field.name for field in load_contract(source) if field.required)
            found = tuple(one for one in rates if one[2])
            unknown, empty = (self.rate(name, source) for name in ("code_unknown", "required_empty"))
            self._plans[source] = _Plan(found, unknown, empty, required)
        return self._plans[source]

    def plant(self, row: Row, record: Record, roles: list[tuple[str, Person, str]]) -> Planted:
        """Change ``row`` in place; return what was planted."""
        if self.defects is None:
            return []
        rng, latest = stream(self.seed, "defect", record.record_id), record.facts[0].day
        plan, draw = self._plan(record.source), rng.random
        found = self._about_the_case(rng, row, record, plan)
        for role, person, _ in roles:
            losable = f"{role}_geboortedatum" not in plan.required or self._may_be_lost(record)
            done: set[str] = set()
            for name, kind, rate in plan.mistakes:
                luck = draw()
                if luck < rate and kind not in done:
                    column = MISTAKES[name](Spot(luck, row, role, person, latest, losable))
                    if column:
                        done.add(kind)
                        found.append((column, name))
        return found

    def _may_be_lost(self, record: Record) -> bool:
        return record.source in _MAY_LOSE_ROWS and record.gezin.id not in self.reported

    def _about_the_case(self, rng: random.Random, row: Row, record: Record, plan: _Plan) -> Planted:
        found: Planted = []
        for column, wrong in _UNKNOWN_CODE.items():
            if rng.random() < plan.code_unknown and row.get(column):
                row[column] = wrong
                found.append((column, "code_unknown"))
        emptied = _MAY_BE_EMPTIED.get(record.source)
        may = emptied is not None and record.gezin.id not in self.reported
        if emptied and may and rng.random() < plan.required_empty:
            row[emptied] = None
            found.append((emptied, "required_empty"))
        return found

    def again(self, record: Record) -> Record | None:
        """The same case under a second record number, if the source wrote it down twice."""
        rate = self.rate(DOUBLE, record.source)
        if rate and stream(self.seed, DOUBLE, record.record_id).random() < rate:
            return replace(record, record_id=f"{record.record_id}{SECOND}")
        return None
