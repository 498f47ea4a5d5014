"""The report on a sample: its rates beside the published ones, and what the page shows besides."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from integration.errors import EXIT_FINDINGS, EXIT_FINE, UsageError
from integration.municipalities import shown_name
from integration.reasons import Reason
from integration.sample.model import MARK
from integration.sample.report.compare import Rate, compare
from integration.sample.report.measures import measures, municipalities, opened, rows, value
from integration.sample.report.people import People, people_of
from integration.sample.report.planted import Planted, planted_of
from integration.sample.report.published import published
from integration.settings import Settings
from integration.storage import read_json

LIVES = hashlib.sha256(files("integration.sample").joinpath("lives.yml").read_bytes()).hexdigest()
"""The digest of the lives file whose rates are calibrated."""

_TOLD = (
    "version",
    "seed",
    "scale",
    "municipalities",
    "busy",
    "lives",
    "defects",
    "alias",
    "population",
    "counts",
)
"""What the report repeats of ``sample.json``."""


@dataclass(frozen=True)
class Report:
    """A sample's rates beside the published ones, its people and what was planted in it.

    ``comparable`` is false when the sample is not meant to have the published rates (busier, other lives, a given
    population); ``places`` are the municipalities it has, code to the name to show.
    """

    sample: Mapping[str, Any]
    rates: Sequence[Rate]
    comparable: bool
    places: Mapping[str, str]
    people: People
    planted: Planted

    @property
    def all_within(self) -> bool:
        """Whether every figure is within its tolerance (and there is one)."""
        return bool(self.rates) and all(rate.within for rate in self.rates)

    @property
    def exit_code(self) -> int:
        """0 when all is within, or not comparable; else 1."""
        return EXIT_FINE if self.all_within or not self.comparable else EXIT_FINDINGS

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "mark": MARK,
            "sample": {name: self.sample[name] for name in _TOLD if name in self.sample},
            "comparable": self.comparable,
            "all_within": self.all_within,
            "rates": [rate.as_dict() for rate in self.rates],
        }


def check(settings: Settings) -> Report:
    """Measure the sample in the home folder, by its truth.

    Raises :class:`~integration.errors.UsageError`: STAGE_ORDER when there is no sample, INPUT_INVALID when its truth
    is not whole or of another version.
    """
    path = settings.zones.home / "sample.json"
    if not path.is_file():
        raise UsageError(Reason.STAGE_ORDER, "there is no sample here: `integration sample` makes one")
    sample: dict[str, Any] = read_json(path)
    with opened(settings) as con:
        declared = measures()
        places = municipalities(con)
        wanted = [figure for figure in published() if set(figure.municipalities) & set(places)]
        found = {id_: rows(con, measure.sql) for id_, measure in declared.items()}
        rates = []
        for figure in wanted:
            measure = declared[figure.measure]
            measured = value(measure, found[measure.id], figure.municipalities, figure.categories)
            region = shown_name(settings, figure.region)
            rates.append(compare(figure, measure, measured, float(sample.get("scale") or 1.0), region))
        names = {code: shown_name(settings, code) for code in places}
        return Report(sample, rates, comparable(sample), names, people_of(con), planted_of(con))


def comparable(sample: Mapping[str, Any]) -> bool:
    """Whether a sample is meant to have the published rates."""
    own_lives = sample.get("lives") in {None, LIVES}
    return sample.get("busy") == 1 and own_lives and not sample.get("population")
