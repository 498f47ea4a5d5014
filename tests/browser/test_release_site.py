"""The site of a release in a real browser: axe finds nothing, nothing is cut off, the keyboard reaches all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from helpers.browser import axe_source, browser, look, violations
from helpers.releases import DEFINITIONS, MUNICIPALITIES, NOW, PLACES, TODAY, results, summary
from integration.disclosure import protect
from integration.releases import publish
from integration.storage import Zones

WIDE, NARROW = 1280, 320

CODES = list(MUNICIPALITIES)
INDICATORS = sorted(DEFINITIONS)
DUTCH = [
    "index.html", "leveringen.html", "uitleg.html",
    *[f"gemeente/{code}.html" for code in (*CODES, "ALLE")],
    *[f"indicator/{indicator}.html" for indicator in INDICATORS],
]  # fmt: skip
PAGES = [*DUTCH, *[f"en/{page}" for page in DUTCH]]


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of made-up figures, half of them too small to show."""
    home = tmp_path_factory.mktemp("site")
    protected = protect(results(size=0.5), DEFINITIONS.values(), CODES, TODAY)
    made = publish(
        Zones(home), protected, DEFINITIONS, PLACES, summary(), now=NOW, synthetic=True, code_version="0.1.0"
    )
    return made.page.parent


def address(site: Path, page: str) -> str:
    return (site / page).as_uri()


def test_the_list_of_pages_is_whole(site: Path) -> None:
    assert {path.relative_to(site).as_posix() for path in site.rglob("*.html")} == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_wide_and_narrow(driver: Any, site: Path, page: str) -> None:
    axe = axe_source()
    views = [(WIDE, "light"), (NARROW, "dark")] if page in DUTCH else [(NARROW, "light")]
    for width, scheme in views:
        look(driver, width, scheme)
        driver.get(address(site, page))
        driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert violations(driver, axe) == [], (width, scheme)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_style_sheet_is_loaded_from_disk_and_nothing_is_refused(driver: Any, site: Path) -> None:
    driver.get_log("browser")
    look(driver, WIDE, "light")
    driver.get(address(site, "en/indicator/I05.html"))
    assert (
        driver.find_element(By.CSS_SELECTOR, ".bar").value_of_css_property("background-color")
        != "rgba(0, 0, 0, 0)"
    )
    assert driver.get_log("browser") == []


def test_dark_and_light_differ_in_page_and_picture(driver: Any, site: Path) -> None:
    def paints(scheme: str) -> tuple[str, str]:
        look(driver, WIDE, scheme)
        driver.get(address(site, "indicator/I04.html"))
        ink = driver.find_element(By.CSS_SELECTOR, "svg .pf-ink").value_of_css_property("fill")
        return driver.find_element(By.TAG_NAME, "body").value_of_css_property("background-color"), ink

    light, dark = paints("light"), paints("dark")
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_the_first_tab_skips_to_the_content(driver: Any, site: Path) -> None:
    look(driver, WIDE, "light")
    driver.get(address(site, "index.html"))
    driver.switch_to.active_element.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.get_attribute("class") == "skip"
    assert driver.switch_to.active_element.rect["y"] >= 0
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert driver.switch_to.active_element.get_attribute("id") == "inhoud"


def test_a_chart_opens_as_a_table_by_keyboard(driver: Any, site: Path) -> None:
    look(driver, NARROW, "light")
    driver.get(address(site, "gemeente/GM0228.html"))
    summary_ = driver.find_element(By.CSS_SELECTOR, "details > summary")
    table = driver.find_element(By.CSS_SELECTOR, "details table")
    assert not table.is_displayed()
    summary_.send_keys(Keys.ENTER)
    assert table.is_displayed()
    assert table.find_element(By.TAG_NAME, "caption").text


def test_every_picture_has_a_name_and_a_description(driver: Any, site: Path) -> None:
    look(driver, WIDE, "light")
    driver.get(address(site, "gemeente/GM0321.html"))
    pictures = driver.find_elements(By.CSS_SELECTOR, "svg[role=img]")
    assert len(pictures) == 9
    for drawn in pictures:
        assert "Houten" in drawn.accessible_name


def test_the_other_language_is_one_step_away(driver: Any, site: Path) -> None:
    look(driver, NARROW, "light")
    driver.get(address(site, "indicator/I06.html"))
    driver.find_element(By.CSS_SELECTOR, ".language a").click()
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    assert driver.find_element(By.TAG_NAME, "h1").text == DEFINITIONS["I06"].name_en
    driver.find_element(By.CSS_SELECTOR, ".language a").click()
    assert driver.find_element(By.TAG_NAME, "h1").text == DEFINITIONS["I06"].name_nl
