"""The reports on a delivery in a real browser: axe finds nothing, nothing is cut off, nothing is loaded or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from selenium.webdriver.common.by import By

from helpers.browser import axe_source, browser, look, violations
from helpers.quality import rows, table
from integration.contracts import load_contract
from integration.quality.check import check_records
from integration.quality.frame import Facts
from integration.quality.layout import nullable_fields
from integration.quality.reports import Counts, Material, write_reports

WIDE, NARROW = 1280, 320
LATE = {"aanmeld_datum": date(2026, 1, 20), "aanmelder": "POLITIE"}


def material(number: int) -> Material:
    """A delivery with checks that failed, could not run and held, and rows with findings."""
    contract = load_contract("wijkteam")
    records = table(contract, rows("wijkteam", number, *[LATE] * 10))
    facts = Facts(number + 1, number, 1, 1, False, date(2026, 1, 18), nullable_fields(contract))
    checks = [one.as_json() for one in check_records(records, facts, contract)]
    checks[5] |= {"result": "error", "n": 0, "unexpected": None, "share": None}
    findings = {
        "row_number": pa.array([1, 31], pa.int32()),
        "field": ["aanmelder", "kind_achternaam"],
        "reason": ["CODE_UNKNOWN", "REQUIRED_MISSING"],
        "effect": ["field_nulled", "row_refused"],
    }
    return Material(
        contract=contract,
        delivery="wijkteam.WT0321.GM0321.2026-W03.0002",
        supplier="WT0321",
        municipality="GM0321",
        period="2026-W03",
        counts=Counts(number + 1, number, 1, 1),
        nil_return=False,
        records=records,
        mentions=pa.table({"role": ["kind"] * number, "sex": ["2"] * number}),
        findings=pa.table(findings),
        outcome="failed",
        reason="CHECK_CRITICAL",
        checks=tuple(checks),
    )


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both reports of a delivery, and both of a nil return."""
    folder, whole = tmp_path_factory.mktemp("reports"), material(30)
    nil = replace(whole, nil_return=True, checks=(), outcome="passed", reason=None, delivery="")
    nil = replace(
        nil, **{name: getattr(nil, name).slice(0, 0) for name in ("records", "mentions", "findings")}
    )
    made = [
        *write_reports(whole, folder / "whole", "2026-02-16", synthetic=True),
        *write_reports(nil, folder / "nil", "2026-02-16"),
    ]
    return {f"{path.parent.name}-{path.stem}": path for path in made if path.suffix == ".html"}


PAGES = [
    f"{what}-{report}" for what in ("whole", "nil") for report in ("spiegelrapport", "kwaliteitsrapport")
]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light")])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    driver: Any, pages: dict[str, Path], name: str, width: int, scheme: str
) -> None:
    driver.get_log("browser")
    look(driver, width, scheme)
    driver.get(pages[name].as_uri())
    driver.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(driver, axe_source()) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert driver.get_log("browser") == []
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    bar = driver.find_element(By.CSS_SELECTOR, ".bar").value_of_css_property("background-color")
    assert bar != "rgba(0, 0, 0, 0)"


def test_tables_have_captions_and_heads_and_every_link_leads_somewhere(
    driver: Any, pages: dict[str, Path]
) -> None:
    look(driver, WIDE, "light")
    for name in PAGES:
        driver.get(pages[name].as_uri())
        for table_ in driver.find_elements(By.TAG_NAME, "table"):
            assert table_.find_elements(By.TAG_NAME, "caption")
            assert all(head.get_attribute("scope") for head in table_.find_elements(By.TAG_NAME, "th"))
        for link in driver.find_elements(By.CSS_SELECTOR, "a[href^='#']"):
            assert driver.find_elements(By.ID, link.get_attribute("href").split("#")[1])
        assert driver.execute_script("return document.scripts.length") == 0


def test_what_failed_what_could_not_run_and_what_held_are_told_in_words(
    driver: Any, pages: dict[str, Path]
) -> None:
    look(driver, WIDE, "light")
    driver.get(pages["whole-kwaliteitsrapport"].as_uri())
    text = driver.find_element(By.TAG_NAME, "main").text
    for words in (
        "niet gehaald",
        "kon niet",
        "Gehaalde controles",
        "kritiek",
        "waarschuwing",
        "REQUIRED_MISSING",
    ):
        assert words in text


def test_in_print_nothing_is_folded_away(driver: Any, pages: dict[str, Path]) -> None:
    shown = "return [...document.querySelectorAll('details table')].map(one => one.checkVisibility())"
    look(driver, WIDE, "light")
    driver.get(pages["whole-kwaliteitsrapport"].as_uri())
    folded = driver.execute_script(shown)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    printed = driver.execute_script(shown)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert folded == [False, False]
    assert printed == [True, True]
