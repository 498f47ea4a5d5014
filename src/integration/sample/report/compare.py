"""Whether a figure of the sample is as published: the declared margin and what chance may do to a sample."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from integration.sample.report.measures import Measure, Value
from integration.sample.report.published import Published, Unit

STANDARD_ERRORS = 4
"""How many standard errors are allowed: about ninety figures stay within by chance 99 times in 100."""

CLUSTERING = 2.0
"""By how much the variance grows where families bring several units that are alike."""

TURNOVER = 0.1
"""The part of the inhabitants that chance decides on (births, deaths, removals); the rest is made to measure."""


@dataclass(frozen=True)
class Rate:
    """One published figure beside the sample's; ``units`` is what the sample's figure rests on.

    ``telling`` is false when the tolerance is larger than the published figure: being within it then says little.
    """

    name: str
    published: float
    sample: float | None
    tolerance: float | None
    within: bool
    telling: bool
    unit: Unit
    units: int
    margin: float
    theme: str
    measure: str
    label_nl: str
    label_en: str
    region: str
    municipalities: tuple[str, ...]
    period: str
    source: str
    note: str

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``: figures to four decimals."""
        content = asdict(self)
        for name in ("published", "sample", "tolerance"):
            content[name] = None if content[name] is None else round(content[name], 4)
        return content


def standard_error(measure: Measure, unit: Unit, expected: float, found: Value) -> float:
    """The standard error of a sample's figure, in its unit, with n the units it rests on.

    percent: 100 sqrt(p (1 - p) / n) with p the published share; per_1000: 1000 sqrt(p / n) with p the published
    rate; mean: the sample's standard deviation / sqrt(n); count: sqrt(N / 10), as about a tenth of the inhabitants
    are a matter of chance. A clustered measure has twice the variance.
    """
    if unit == "count":
        return sqrt(TURNOVER * expected)
    if unit == "mean":
        variance = found.deviation**2 / found.units
    elif unit == "percent":
        share = expected / 100
        variance = 100**2 * share * (1 - share) / found.units
    else:
        variance = 1000**2 * (expected / 1000) / found.units
    return sqrt(variance * (CLUSTERING if measure.clustered else 1.0))


def compare(figure: Published, measure: Measure, found: Value, scale: float, region: str = "") -> Rate:
    """Hold a figure of the sample against the published one.

    tolerance = margin + 4 standard errors; within = abs(sample - published) <= tolerance. A count and its margin are
    multiplied by the sample's scale. A figure without a single unit in the sample is never within. ``region`` is the
    name to show for the figure's region.
    """
    size = scale if figure.unit == "count" else 1.0
    expected, margin = figure.value * size, figure.margin * size
    tolerance, within, telling = None, False, False
    if found.value is not None:
        tolerance = margin + STANDARD_ERRORS * standard_error(measure, figure.unit, expected, found)
        within, telling = abs(found.value - expected) <= tolerance, tolerance <= expected
    return Rate(
        name=figure.name, published=expected, sample=found.value, tolerance=tolerance, within=within, telling=telling,
        unit=figure.unit, units=found.units, margin=margin, theme=measure.theme, measure=measure.id,
        label_nl=figure.label_nl, label_en=figure.label_en, region=region or figure.region,
        municipalities=figure.municipalities, period=figure.period, source=figure.source, note=figure.note,
    )  # fmt: skip
