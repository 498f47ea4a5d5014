"""Half the region beside the published tables, and every planted strength and weakness shows where it should."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from helpers.oracle import figure, read_truth
from integration.indicators import load_definitions
from integration.sample import generate
from integration.sample.declare import Theme, Themes, packaged
from integration.sample.naming import municipalities
from integration.sample.report import check
from integration.settings import Settings

YEAR = date(2025, 1, 1), date(2025, 12, 31)
COVERED = date(2026, 1, 31)
THEMES = packaged(Themes, "themes").themes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("themes") / "home"
    generate(folder, scale=0.5, defects="none")
    return folder


@pytest.fixture(scope="module")
def values(home: Path) -> dict[str, dict[str, float]]:
    """Each indicator that a theme names, in each municipality, by the oracle in plain Python."""
    found: dict[str, dict[str, float]] = {}
    for place in municipalities():
        truth = read_truth(home / "truth", place.code)
        for indicator in {indicator for theme in THEMES for indicator in theme.shows_in}:
            numerator, denominator, _ = figure(truth, indicator, "percent", *YEAR, COVERED)
            median = load_definitions()[indicator].direction == "down" and indicator == "I06"
            found.setdefault(indicator, {})[place.code] = numerator if median else numerator / denominator
    return found


@pytest.mark.parametrize(
    "theme", THEMES, ids=lambda theme: f"{theme.municipality}-{theme.strength}-{theme.shows_in[0]}"
)
def test_a_theme_makes_its_municipality_stand_out(theme: Theme, values: dict[str, dict[str, float]]) -> None:
    """It is the best or the worst of the six in every indicator that its theme names."""
    for indicator in theme.shows_in:
        up = load_definitions()[indicator].direction == "up"
        best = max if up == (theme.strength == "sterk") else min
        of_all = values[indicator]
        assert best(of_all, key=lambda code: of_all[code]) == theme.municipality, (indicator, of_all)


def test_every_rate_is_as_published(home: Path) -> None:
    report = check(Settings(home=home))
    assert [(rate.name, rate.sample, rate.published) for rate in report.rates if not rate.within] == []
    assert sum(rate.telling for rate in report.rates) > 70
