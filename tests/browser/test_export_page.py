"""What a person gets of what is held, in a real browser: axe finds nothing, nothing is cut off, the style applies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.browser import axe_source, browser, look, violations
from integration.rights.page import render

RECORD = {
    "delivery": "wijkteam.WT0321.GM0321.2026-W04.0001", "row": 1, "source": "wijkteam", "supplier": "WT0321",
    "source_nl": "Casussen van het wijkteam", "source_en": "Cases of the local team", "period": "2026-W04",
    "arrived_at": "2026-02-16T06:00:00+01:00", "state": "loaded", "reference_date": "2026-01-25", "role": "kind",
    "is_about_person": True, "linked_by": "bsn", "mention": {"sex": "2", "birth_year": 2015, "secret": False},
    "attributes": [{"field": "aanmelder", "label_nl": "Aanmelder", "label_en": "Referred by", "value": "ZELF",
                    "value_nl": "Gezin zelf"}],
}  # fmt: skip
FACT = {
    "fact_date": "2026-01-20", "fact_class": "activiteit", "label_nl": "Eerste contact", "label_en": "First contact",
    "detail": None, "source": "wijkteam", "supplier": "WT0321", "contract_field": "x", "period": "2026-W04",
}  # fmt: skip
LINE = {
    "time": "2026-02-16T05:00:00.000000Z", "organisation": "GM0321", "action": "subject.export", "event": "looked",
    "purpose": "subject-rights", "outcome": "shown", "reason": "SUBJECT_REQUEST", "case": "AVG-2026-1",
}  # fmt: skip
TOLD: dict[str, Any] = {
    "made_at": "2026-02-16T06:00:00+01:00", "synthetic": True, "domain": "GM0321", "municipality": "Houten",
    "case": "AVG-2026-1", "person": f"1.GM0321.output.{'ab' * 16}", "restricted": False,
    "records": [RECORD, RECORD | {"role": "ouder1", "is_about_person": False, "linked_by": None}], "facts": [FACT],
    "families": [{"role": "kind", "valid_from": "2026-01-25", "valid_to": None, "shared": False}],
    "derived": {"sex": "2", "first_seen": "2026-01-25", "is_child": True}, "log": [LINE],
}  # fmt: skip
NOTHING = TOLD | {"restricted": True, "facts": [], "families": [], "derived": {}, "log": []}


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as started:
        yield started


@pytest.mark.parametrize("told", [TOLD, NOTHING], ids=["told", "restricted"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (320, "light")])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    driver: Any, tmp_path: Path, told: dict[str, Any], width: int, scheme: str
) -> None:
    page = tmp_path / "inzage.html"
    page.write_text(render(told), encoding="utf-8")
    look(driver, width, scheme)
    driver.get(page.as_uri())
    assert violations(driver, axe_source()) == []
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    errors = [entry for entry in driver.get_log("browser") if "Content Security Policy" in entry["message"]]
    assert errors == []
    font = driver.execute_script("return getComputedStyle(document.body).fontFamily")
    assert "system-ui" in font


def test_a_text_that_looks_like_markup_is_shown_as_text() -> None:
    assert "<b>" not in render(TOLD | {"municipality": "<b>Houten</b>"}).split("<main", 1)[1]
