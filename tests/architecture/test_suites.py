"""Contracts and suites stay in step: what a contract holds is checked, or knowingly not."""

from __future__ import annotations

import pytest

from integration.contracts import contract_ids, load_contract
from integration.quality import Suite, encoded_layout, load_suite, suite_ids
from integration.quality.layout import FIRST, LAST, must_be_checked

SOURCES = contract_ids()


def suite_of(source: str) -> Suite:
    return load_suite(source, encoded_layout(load_contract(source)))


def test_every_contract_has_a_suite_and_every_suite_a_contract() -> None:
    assert set(SOURCES) == set(suite_ids())


@pytest.mark.parametrize("source", SOURCES)
def test_every_column_of_a_suite_exists_in_the_encoded_delivery(source: str) -> None:
    columns = encoded_layout(load_contract(source))
    assert suite_of(source).columns <= set(columns)


@pytest.mark.parametrize("source", SOURCES)
def test_every_attribute_and_key_is_checked_or_knowingly_not(source: str) -> None:
    suite = suite_of(source)
    checked = {name.removesuffix(FIRST).removesuffix(LAST) for name in suite.columns}
    forgotten = set(must_be_checked(load_contract(source))) - checked - set(suite.unchecked)
    assert not forgotten


@pytest.mark.parametrize("source", SOURCES)
def test_what_every_delivery_must_show_is_in_every_suite(source: str) -> None:
    everywhere = {
        "rijen_aanwezig",
        "record_uniek",
        "geweigerd_10",
        "geweigerd_20",
        "leeggemaakt_20",
        "bsn_elfproef_80",
    }
    suite = suite_of(source)
    assert everywhere <= {check.id for check in suite.checks if check.severity == "critical"}


@pytest.mark.parametrize("source", SOURCES)
def test_a_critical_share_rests_on_enough_rows(source: str) -> None:
    critical = [check for check in suite_of(source).checks if check.severity == "critical"]
    shares = [
        c
        for c in critical
        if c.kwargs.get("mostly", 1.0) < 1 or (c.columns and c.columns[0].startswith("aandeel_"))
    ]
    assert shares
    assert all(check.minimum_rows >= 20 for check in shares)
