"""The report on the sample in a real browser: axe finds nothing, nothing is cut off, dark and light differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from helpers.browser import axe_source, browser, look, violations
from helpers.made_truth import made_truth
from integration.sample.report import check, write_pages
from integration.settings import Settings

WIDE, NARROW = 1280, 320


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on a made-up truth, with figures within and outside their tolerance."""
    home = made_truth().write(tmp_path_factory.mktemp("report") / "home")
    settings = Settings(home=home)
    return write_pages(settings, check(settings)).parent


@pytest.mark.parametrize("page", ["index.html", "en/index.html"])
@pytest.mark.parametrize(
    ("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    driver: Any, site: Path, page: str, width: int, scheme: str
) -> None:
    look(driver, width, scheme)
    driver.get((site / page).as_uri())
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(driver, axe_source()) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def test_a_page_without_households_and_planted_things_is_whole_too(driver: Any, tmp_path: Path) -> None:
    """As of a given population: nobody has a household, nothing is planted, nothing is comparable."""
    truth = made_truth(homes=3)
    for name in ("defects", "themes"):
        truth.tables[name] = []
    for person in truth.tables["persons"]:
        person |= {"household_id": None, "household": None, "household_place": None}
    for delivery in truth.tables["deliveries"]:
        delivery["defect"] = None
    settings = Settings(home=truth.write(tmp_path / "home", population="ab", scale=None))
    look(driver, NARROW, "light")
    driver.get(write_pages(settings, check(settings)).as_uri())
    assert violations(driver, axe_source()) == []
    text = driver.find_element(By.TAG_NAME, "main").text
    for says in ("niet gemaakt om op de gepubliceerde cijfers", "geen fout ingebouwd", "geen verschillen ingebouwd",
                 "zijn de huishoudens niet bekend", "niets te meten"):  # fmt: skip
        assert says in text


def test_nothing_is_refused_by_the_content_policy(driver: Any, site: Path) -> None:
    driver.get_log("browser")
    look(driver, WIDE, "light")
    driver.get((site / "en/index.html").as_uri())
    assert driver.get_log("browser") == []
    bar = driver.find_element(By.CSS_SELECTOR, ".bar").value_of_css_property("background-color")
    assert bar != "rgba(0, 0, 0, 0)"


def test_pictures_have_names_and_follow_dark_and_light(driver: Any, site: Path) -> None:
    def paint(scheme: str) -> str:
        look(driver, WIDE, scheme)
        driver.get((site / "index.html").as_uri())
        return driver.find_element(By.CSS_SELECTOR, "svg .pf-bad").value_of_css_property("fill")

    assert paint("light") != paint("dark")
    names = [drawn.accessible_name for drawn in driver.find_elements(By.CSS_SELECTOR, "svg[role=img]")]
    assert all(names)
    assert len(set(names)) == len(names)


def test_the_other_language_is_one_step_away(driver: Any, site: Path) -> None:
    look(driver, NARROW, "light")
    driver.get((site / "index.html").as_uri())
    driver.find_element(By.CSS_SELECTOR, ".language a").click()
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    driver.find_element(By.CSS_SELECTOR, ".language a").click()
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "nl"
