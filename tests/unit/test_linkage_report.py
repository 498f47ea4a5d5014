"""The linkage report: figures of a made town's link file, masked; what the page tells of them, and of a run before."""

from __future__ import annotations

import json
import re
from collections import Counter
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers.encoded_town import encoded_town
from helpers.linkage import DOMAIN, mention
from helpers.nights import FIRST_NIGHT, held, night
from integration.errors import IntegrationError
from integration.linkage.model import load_model
from integration.linkage.report import changes, draw_report, make_report, report_path
from integration.linkage.report.figures import comparisons
from integration.linkage.report.masking import masked, share
from integration.linkage.report.words import Words
from integration.linkage.scoring import TokenScorer
from integration.storage import Zones

UNKNOWN = 30


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Zones:
    made = Zones(tmp_path_factory.mktemp("report"))
    night(encoded_town(200, unknown=UNKNOWN), made)
    make_report(made, DOMAIN, FIRST_NIGHT, synthetic=True)
    return made


@pytest.fixture(scope="module")
def figures(zones: Zones) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((zones.linking / f"{DOMAIN}.report.json").read_text())
    return kept["now"]


@pytest.mark.parametrize(
    ("count", "told"), [(0, None), (9, None), (10, 10), (12, 10), (13, 15), (17, 15), (18, 20), (1234, 1235)]
)
def test_small_counts_are_not_kept_and_others_are_rounded(count: int, told: int | None) -> None:
    assert masked(count) == told


def test_a_share_is_of_masked_counts_and_never_above_all() -> None:
    assert share(10, 40) == 25
    assert share(15, 10) == 100
    assert share(None, 10) is None
    assert share(10, None) is None


def test_no_count_below_ten_and_no_exact_count_is_kept(figures: dict[str, Any]) -> None:
    def counts(value: Any) -> list[int]:
        if isinstance(value, dict):
            return [n for v in value.values() for n in counts(v)]
        return [value] if isinstance(value, int) else []

    found = counts(figures["totals"]) + [n for _, *ns in figures["sources"] for n in ns if n is not None]
    found += [n for _, n in figures["histogram"] + figures["sizes"] if n is not None]
    found += [pattern["pairs"] for pattern in figures["patterns"]]
    assert found
    assert all(n >= 10 and n % 5 == 0 for n in found)


def test_figures_are_those_of_the_link_file(zones: Zones, figures: dict[str, Any]) -> None:
    pairs = held(zones, "select match_weight from pair where veto is null")
    by_bit = Counter(int(weight // 1) for (weight,) in pairs)
    assert dict(figures["histogram"]) == {bits: masked(n) for bits, n in by_bit.items()}
    owners = held(
        zones,
        "select distinct supplier, record_key, source, person_id from record join cluster using (record)",
    )
    size = Counter(person for *_, person in owners)
    alone = Counter(source for _, _, source, person in owners if size[person] == 1)
    total = Counter(source for _, _, source, _ in owners)
    assert {s: (n, a) for s, n, a in figures["sources"]} == {
        s: (masked(total[s]), masked(alone[s])) for s in total
    }
    by_size = Counter(size.values())
    assert dict(figures["sizes"]) == {s: masked(n) for s, n in by_size.items()}
    assert figures["totals"]["persons"][""] == masked(len(size))


def test_who_tells_a_birth_year_only_can_never_be_linked(figures: dict[str, Any]) -> None:
    found = figures["unlinkable"]
    assert found["at_threshold"] == masked(UNKNOWN)
    below = dict(found["below"])
    assert below[-10] == masked(UNKNOWN)
    assert below[40] == found["records"]
    counts = [n or 0 for _, n in found["below"]]
    assert counts == sorted(counts)


def test_a_pattern_adds_up_to_its_weight(figures: dict[str, Any]) -> None:
    levels = {c["name"]: c["levels"] for c in figures["comparisons"]}
    assert {p["zone"] for p in figures["patterns"]} >= {"link"}
    for pattern in figures["patterns"]:
        bits = [levels[name][place]["bits"] for name, place in pattern["levels"].items() if place is not None]
        assert figures["prior"] + sum(bits) == pytest.approx(pattern["bits"], abs=0.06)


def test_the_weights_are_those_that_splink_would_draw() -> None:
    """An oracle: the records behind Splink's own match weights chart."""
    from splink.internals.settings_creator import SettingsCreator

    model = load_model()
    columns = model.columns()
    settings = SettingsCreator.from_path_or_dict(model.splink_settings(columns)).get_settings("duckdb")
    drawn = {
        (record.comparison_name, record.label_for_charts): record.log2_bayes_factor
        for record in settings._parameters_as_detailed_records
    }
    told = {
        (c["name"], level["label"]): level["bits"]
        for c in comparisons(model, columns)
        for level in c["levels"]
    }
    assert told.keys() <= drawn.keys()
    assert told == pytest.approx({key: drawn[key] for key in told}, abs=0.001)


def test_the_page_holds_no_value_and_loads_nothing(zones: Zones) -> None:
    text = report_path(zones, DOMAIN).read_text(encoding="utf-8")
    persons = [person for (person,) in held(zones, "select distinct person_id from cluster")]
    keys = [key for (key,) in held(zones, "select distinct record_key from record")]
    assert not [secret for secret in persons + keys if secret in text]
    assert not re.search(r"(?:src|href)=[\"'](?!#)|url\(|@import|<script", text)
    assert "SYNTHETISCH" in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_every_level_and_code_has_dutch_words(figures: dict[str, Any]) -> None:
    words, model = Words(), load_model()
    for comparison in comparisons(model, model.columns()):
        assert words.comparison(comparison["name"]) != comparison["name"]
        for level in comparison["levels"]:
            assert (
                words.level(comparison["name"], level["label"]) != level["label"] or level["label"] == "place"
            )
    for veto in model.declaration.vetoes:
        assert words.code("veto", veto.name) != veto.name.replace("_", " ")
    for rule in model.declaration.rules:
        for column in rule.columns:
            name = column.removeprefix("link_")
            assert words.code("column", name) != name or name in {"postcode", "place"}


def test_the_night_after_tells_what_changed_and_a_second_run_of_it_too(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    for number, persons in ((0, 30), (1, 60), (1, 60)):
        night(encoded_town(persons, records=2), zones, number)
        path = make_report(zones, DOMAIN, FIRST_NIGHT + timedelta(days=number))
        kept = json.loads((zones.linking / f"{DOMAIN}.report.json").read_text())
        assert (kept["before"] or {}).get("at") == (FIRST_NIGHT.isoformat() if number else None)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert "Vorige keer (12 januari 2026)" in text
    assert "De gewichten zijn die van de vorige keer." in text
    assert draw_report(zones, DOMAIN).read_text(encoding="utf-8") == text


def test_drift_tells_the_weights_that_moved_most(figures: dict[str, Any]) -> None:
    before = deepcopy(figures)
    before["comparisons"][0]["levels"][0]["bits"] -= 2
    before["comparisons"][1]["levels"][0]["bits"] += 0.5
    before["prior"] -= 0.01
    (first, second) = changes.drift(figures, before, Words())
    assert first[0] == "BSN: gelijk"
    assert first[3] == "+2,0"
    assert second[3] == "−0,5"


def test_merges_and_splits_are_told_with_their_reasons(figures: dict[str, Any]) -> None:
    now = deepcopy(figures)
    now["totals"] |= {"merge": {"model": 15, "bsn": None}, "split": {"evidence": 20}}
    assert changes.events(now, Words()) == [
        ("personen samengevoegd", "een BSN zegt dat zij één zijn", "<10"),
        ("personen samengevoegd", "zij lijken genoeg", "15"),
        ("personen gesplitst", "een ander leek meer", "20"),
    ]


def test_a_value_that_too_many_share_is_told(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    rows = encoded_town(210, records=1)
    same = {name: rows[0][name] for name in ("link_birth", "link_given_birth")}
    night([row | same for row in rows], zones)
    make_report(zones, DOMAIN, FIRST_NIGHT)
    kept = json.loads((zones.linking / f"{DOMAIN}.report.json").read_text())
    assert ["given_birth", 210, 200] in kept["now"]["blocks"]
    assert "voornaam en geboortedatum" in report_path(zones, DOMAIN).read_text(encoding="utf-8")


def test_a_town_without_anybody_and_one_without_a_model_have_a_page(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    night([mention("r1", "kind", bsn="B1")], zones)
    text = make_report(zones, DOMAIN, FIRST_NIGHT).read_text(encoding="utf-8")
    assert "Er is nog geen eerder verslag" in text
    text = make_report(zones, DOMAIN, FIRST_NIGHT, TokenScorer()).read_text(encoding="utf-8")
    assert "Deze koppeling gebruikte geen model." in text


def test_without_a_run_there_is_nothing_to_draw(tmp_path: Path) -> None:
    with pytest.raises(IntegrationError, match="NOTHING_PUBLISHED"):
        draw_report(Zones(tmp_path), DOMAIN)


def test_chances_are_told_with_the_decimals_they_need() -> None:
    words = Words()
    assert [words.chance(value) for value in (0.97, 0.012, 0.00005, 0.000001)] == [
        "97,0%",
        "1,2%",
        "0,0050%",
        "0,000100%",
    ]
    assert [words.bits(value) for value in (12.34, -4, 0.01)] == ["+12,3", "−4,0", "0,0"]
    assert words.day("2026-01-12") == "12 januari 2026"
