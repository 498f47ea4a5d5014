"""`integration quality list` on the sample: every planted defect is named, and no clean delivery is stopped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpers.commands import integration
from helpers.installation import Installation
from helpers.samples import truth
from integration.reasons import Reason
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects

Line = dict[str, Any]

WHOLE: dict[str, str] = {
    # what was planted        what the list says
    "truncated":              "TRUNCATED",
    "other_municipality":     "WRONG_MUNICIPALITY",
    "sent_twice":             "DELIVERY_DUPLICATE",
    "wrong_delimiter":        "WRONG_DELIMITER",
    "layout_change":          "COLUMN_RENAMED",
    "late":                   "late",
    "missing":                "missing",
}  # fmt: skip
"""Deliveries that are wrong as a whole; two more can be told from earlier deliveries only (see benchmarks)."""
COMPARED = {"partial", "constant_from"}

ROWS: dict[str, str] = {
    "bsn_invalid": "BSN_INVALID",
    "bsn_unknown": "BSN_UNKNOWN",
    "bsn_unborn": "BSN_UNBORN",
    "bsn_zero_lost": "BSN_PADDED",
    "birth_default": "DATE_IMPLAUSIBLE",
    "birth_partial": "DATE_PARTIAL",
    "code_unknown": "CODE_UNKNOWN",
    "required_empty": "REQUIRED_MISSING",
    "record_duplicate": "RECORD_DUPLICATE",
}
"""Mistakes in rows that a row alone shows, with the reason that is counted."""
UNSEEN = {
    "bsn_missing", "name_typo", "name_letter", "first_name_variant", "first_name_typo", "prefix_style", "married_name",
    "birth_swapped", "postcode_other", "postcode_swapped", "house_number_off", "addition_missing",
    "addition_wrong", "double_registration",
}  # fmt: skip
"""Nothing in the row or the delivery is wrong by itself: linkage is for these, and is measured on them."""


@pytest.fixture(scope="module")
def lines(demo_run: Installation) -> list[Line]:
    done = integration(demo_run.home, "quality", "list", "--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def said(lines: list[Line]) -> dict[str, list[Line]]:
    """The lines under everything that they say."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        words = {line["reason"], line["state"], *line["row_reasons"], *line["warned"], *line["critical"]}
        for word in words | ({"late"} if (line["days_late"] or 0) > 0 else set()):
            found.setdefault(word, []).append(line)
    return found


def test_the_tables_are_of_everything_planted() -> None:
    plans = packaged(Defects, "defects")
    assert WHOLE.keys() | COMPARED == {plan.defect for plan in plans.deliveries}
    assert ROWS.keys() | UNSEEN == plans.rows.keys()
    assert set(ROWS.values()) <= {reason.value for reason in Reason if reason.level == "row"}


@pytest.mark.parametrize("defect", WHOLE)
def test_a_delivery_that_is_wrong_as_a_whole_is_named(
    demo_run: Installation, lines: list[Line], defect: str
) -> None:
    planted = [row for row in truth(demo_run.zones, "deliveries") if row["defect"] == defect]
    named = {(line["source"], line["municipality"]) for line in said(lines).get(WHOLE[defect], [])}
    for row in planted:
        source, _, municipality, *_ = row["delivery_id"].split(".")
        assert (source, municipality) in named or (None, municipality) in named


@pytest.mark.parametrize("defect", ROWS)
def test_a_mistake_in_a_row_is_counted_in_its_delivery(
    demo_run: Installation, lines: list[Line], defect: str
) -> None:
    planted = {row["delivery_id"] for row in truth(demo_run.zones, "defects") if row["defect"] == defect}
    accepted = planted & {line["delivery_id"] for line in lines if line["state"] == "loaded"}
    named = {line["delivery_id"] for line in said(lines).get(ROWS[defect], [])}
    assert accepted <= named


def test_no_delivery_waits_for_a_decision(lines: list[Line]) -> None:
    assert [line["delivery_id"] for line in lines if line["waits_for"] or line["critical"]] == []
