"""Terms of retention: the shorter of the settings and of each contract, whatever their units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import settings
from integration.contracts import contract_ids, load_contract, versions
from integration.contracts.model import Retention
from integration.retention import Terms, terms
from integration.retention import terms as _  # noqa: F401
from integration.settings import Settings

RULES = st.builds(Retention, st.integers(1, 120), st.sampled_from(["d", "m", "y"]))
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(st.lists(RULES, min_size=1, max_size=3), DAYS)
def test_the_newest_day_that_is_due_is_due_and_the_next_is_not(rules: list[Retention], today: date) -> None:
    both = Terms(tuple(rules))
    newest = both.newest_due(today)
    assert both.ends(newest) <= today
    assert both.ends(newest + timedelta(days=1)) > today


@given(RULES, RULES, DAYS)
def test_of_two_terms_the_first_to_end_counts(one: Retention, other: Retention, start: date) -> None:
    assert Terms((one, other)).ends(start) == min(one.ends(start), other.ends(start))


@pytest.mark.parametrize("source", contract_ids())
@pytest.mark.parametrize("zone", ["raw", "quarantine", "staging", "linked"])
def test_each_contracts_term_is_used_where_the_settings_are_longer(
    tmp_path: Path, source: str, zone: str
) -> None:
    long = settings(tmp_path, raw_days=9999, staging_days=9999, linked_months=999)
    short = settings(tmp_path, raw_days=1, staging_days=1, linked_months=1)
    start = date(2026, 1, 31)
    for version in versions(source):
        agreed = load_contract(source, version).retention["raw" if zone == "quarantine" else zone]
        assert terms(long, zone, source, version).ends(start) == agreed.ends(start)
        assert terms(short, zone, source, version).ends(start) == (
            date(2026, 2, 28) if zone == "linked" else date(2026, 2, 1)
        )


@pytest.mark.parametrize("source", contract_ids())
def test_the_audit_logs_which_all_sources_share_are_kept_as_every_contract_says(source: str) -> None:
    years = Settings.model_fields["log_years"].default
    for version in versions(source):
        assert load_contract(source, version).retention["logs"] == Retention(years, "y")


def test_a_version_that_is_not_known_has_the_newest_contracts_term(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    module = importlib.import_module("integration.retention.terms")
    contract = load_contract("wijkteam")
    shorter = replace(contract, retention=contract.retention | {"raw": Retention(3, "d")})
    module._agreed.cache_clear()
    monkeypatch.setattr(
        module, "load_contract", lambda source, version=None: contract if version else shorter
    )
    try:
        start = date(2026, 2, 1)
        for version, days in ((None, 3), ("9.9.9", 3), (contract.version, 7)):
            assert terms(settings(tmp_path), "raw", "wijkteam", version).ends(start) == start + timedelta(
                days=days
            )
    finally:
        module._agreed.cache_clear()
    assert terms(settings(tmp_path), "raw", None).ends(start) == start + timedelta(days=7)
