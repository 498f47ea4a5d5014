"""The linkage report in a real browser: axe finds nothing, nothing is cut off, nothing is loaded or refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from helpers.browser import axe_source, browser, look, violations
from helpers.encoded_town import encoded_town
from helpers.linkage import DOMAIN, mention
from helpers.nights import FIRST_NIGHT, night
from integration.linkage.report import make_report
from integration.storage import Zones

WIDE, NARROW = 1280, 320


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a second night."""
    zones = Zones(tmp_path_factory.mktemp("report"))
    for number, persons in enumerate((60, 160)):
        night(encoded_town(persons, unknown=15), zones, number)
        path = make_report(zones, DOMAIN, FIRST_NIGHT + timedelta(days=number), synthetic=True)
    return path


@pytest.mark.parametrize(
    ("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]
)
def test_axe_finds_nothing_and_nothing_is_cut_off(driver: Any, page: Path, width: int, scheme: str) -> None:
    look(driver, width, scheme)
    driver.get(page.as_uri())
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(driver, axe_source()) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width


def test_the_page_has_its_style_and_loads_nothing(driver: Any, page: Path) -> None:
    driver.get_log("browser")
    look(driver, WIDE, "light")
    driver.get(page.as_uri())
    assert driver.get_log("browser") == []
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    bar = driver.find_element(By.CSS_SELECTOR, ".bar").value_of_css_property("background-color")
    assert bar != "rgba(0, 0, 0, 0)"


def test_pictures_have_names_of_their_own(driver: Any, page: Path) -> None:
    look(driver, WIDE, "light")
    driver.get(page.as_uri())
    names = [drawn.accessible_name for drawn in driver.find_elements(By.CSS_SELECTOR, "svg[role=img]")]
    assert len(names) > 8
    assert all(names)
    assert len(set(names)) == len(names)


def test_a_page_with_nothing_to_count_is_whole_too(driver: Any, tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    night([mention("r1", "kind", bsn="B1")], zones)
    look(driver, NARROW, "light")
    driver.get(make_report(zones, DOMAIN, FIRST_NIGHT).as_uri())
    assert violations(driver, axe_source()) == []
    assert "Er is nog geen eerder verslag" in driver.find_element(By.TAG_NAME, "main").text
