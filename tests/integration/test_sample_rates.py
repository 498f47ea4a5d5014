"""A whole sample beside the published tables: its rates are within, and a sample that is too busy is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.sample import generate
from integration.sample.report import Report, check, write_pages
from integration.settings import Settings

ABOUT_PEOPLE = ("inhabitants", "age_share", "household_size", "children_at_home", "one_parent")


def made(home: Path, **options: object) -> Report:
    generate(home, **options)  # type: ignore[arg-type]
    return check(Settings(home=home))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenth of the region."""
    folder = tmp_path_factory.mktemp("rates") / "home"
    generate(folder, scale=0.1)
    return folder


def test_every_rate_is_as_published(home: Path) -> None:
    report = check(Settings(home=home))
    outside = [
        (rate.name, rate.sample, rate.published, rate.tolerance) for rate in report.rates if not rate.within
    ]
    assert outside == []
    assert (len(report.rates), report.comparable, report.all_within, report.exit_code) == (90, True, True, 0)


def test_figures_about_people_say_something_at_this_size(home: Path) -> None:
    for rate in check(Settings(home=home)).rates:
        if rate.measure in ABOUT_PEOPLE:
            assert rate.telling, rate.name
            assert rate.tolerance is not None
            assert rate.tolerance < 0.5 * rate.published, rate.name


def test_the_page_is_made_of_a_whole_sample(home: Path) -> None:
    settings = Settings(home=home)
    text = write_pages(settings, check(settings)).read_text(encoding="utf-8")
    assert "90 van 90" in text
    assert "kolom met steeds dezelfde waarde" in text


def test_a_busy_sample_is_outside_and_does_not_claim_otherwise(tmp_path: Path) -> None:
    report = made(tmp_path / "home", scale=0.02, busy=8, defects="none")
    outside = {rate.measure for rate in report.rates if not rate.within}
    assert {"youth_care", "reports"} <= outside
    assert not outside & {"inhabitants", "age_share", "one_parent"}
    assert (report.comparable, report.all_within, report.exit_code) == (False, False, 0)


def test_a_sample_of_one_municipality_is_compared_with_its_own(tmp_path: Path) -> None:
    report = made(tmp_path / "home", scale=0.02, municipalities=["GM0321"], defects="none")
    assert list(report.places) == ["GM0321"]
    assert {rate.region for rate in report.rates} == {"Houten", "Utrecht", "Nederland"}
    assert report.all_within
