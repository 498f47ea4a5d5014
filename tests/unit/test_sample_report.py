"""The checks on the sample: the reference table, every measure on a truth of a few lines, tolerances, the answer."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from math import sqrt
from pathlib import Path

import pytest
import yaml

from helpers.made_truth import PLACES, made_truth
from helpers.published import figures
from helpers.truth import Truth
from integration.errors import UsageError
from integration.pictures.pages import labels
from integration.reasons import Reason
from integration.sample.defects import COLUMN_CONSTANT, DOUBLE, TWICE
from integration.sample.report import check, write_pages
from integration.sample.report.checking import LIVES, comparable
from integration.sample.report.compare import compare, standard_error
from integration.sample.report.measures import Value, measures, opened, rows, value
from integration.sample.report.published import Published, published
from integration.settings import Settings

# -- the reference table -------------------------------------------------------------------------------------------


def test_published_figures_are_those_of_the_files(shared_data: Path) -> None:
    expected = figures(shared_data.parent)
    assert {figure.name: figure.value for figure in published()} == expected


def test_every_published_figure_can_be_measured() -> None:
    names = [figure.name for figure in published()]
    assert len(set(names)) == len(names)
    units = {"count": {"count"}, "share": {"percent"}, "rate": {"per_1000"}, "mean": {"mean"}}
    for figure in published():
        assert figure.unit in units[measures()[figure.measure].kind], figure.name
        assert figure.municipalities, figure.name
        assert figure.margin > 0, figure.name
    assert {figure.measure for figure in published()} == set(measures())


# -- measures, on a few lines --------------------------------------------------------------------------------------


def measured(home: Path, name: str, *categories: str, places: tuple[str, ...] = ("GM0228",)) -> Value:
    measure = measures()[name]
    with opened(Settings(home=home)) as con:
        return value(measure, rows(con, measure.sql), places, categories or ("",))


def test_inhabitants_are_who_live_there_on_the_day(tmp_path: Path) -> None:
    truth = Truth()
    truth.home("couple", "partner", "partner")
    truth.home("one_person", "alone", vestiging_datum="2026-01-31")  # came on the day
    truth.home("one_person", "alone", vestiging_datum="2026-02-01")  # came later
    truth.home("one_person", "alone", vertrek_datum="2026-01-31")  # left on the day
    truth.home("one_person", "alone", overlijden_datum="2025-06-01")
    truth.home("one_parent", "partner", "child 2026-02-02")  # born later
    truth.home("one_person", "alone", municipality="GM0203")
    home = truth.write(tmp_path / "home")
    assert measured(home, "inhabitants") == Value(4.0, 4)
    assert measured(home, "inhabitants", places=("GM0228", "GM0203")).value == 5


def test_ages_are_whole_years_on_the_day(tmp_path: Path) -> None:
    truth = Truth()
    truth.home("two_parents", "partner", "child 2011-02-01", "child 2011-01-31", "child 2001-02-01")
    truth.home("one_person", "alone 2001-01-31")
    home = truth.write(tmp_path / "home")
    assert measured(home, "age_share", "under15") == Value(20.0, 5)
    assert measured(home, "age_share", "15to24") == Value(40.0, 5)


def test_households_count_who_live_in_them(tmp_path: Path) -> None:
    truth = Truth()
    truth.home("one_person", "alone")
    truth.home("couple", "partner", "partner")
    truth.home("two_parents", "partner", "partner", "child 2015-01-01", "child 2017-01-01")
    truth.home("one_person", "alone", vertrek_datum="2025-01-01")
    home = truth.write(tmp_path / "home")
    assert measured(home, "household_one_person", "one").value == pytest.approx(100 / 3)
    found = measured(home, "household_size")
    assert (found.value, found.units) == (pytest.approx(7 / 3), 3)
    assert found.deviation == pytest.approx(sqrt(21 / 3 - (7 / 3) ** 2))


def test_households_with_children_of_any_age(tmp_path: Path) -> None:
    truth = Truth()
    truth.home("two_parents", "partner", "partner", *["child 2015-01-01"] * 4)
    truth.home("one_parent", "partner", "child 2015-01-01", "child 2012-01-01")
    truth.home("grown_children_one", "partner", "child 1995-01-01")
    truth.home("grown_children", "partner", "partner", "child 1990-01-01")
    truth.home("two_parents", "partner", "partner", "child 2026-03-01")  # not born yet
    truth.home("couple", "partner", "partner")
    home = truth.write(tmp_path / "home")
    assert measured(home, "children_at_home", "1") == Value(50.0, 4)
    assert measured(home, "children_at_home", "2").value == 25
    assert measured(home, "children_at_home", "3_or_more").value == 25
    assert measured(home, "one_parent", "one_parent").value == 50


def children(truth: Truth, number: int, municipality: str = "GM0228") -> list[int]:
    """Children of nine, in homes of one parent."""
    homes = [
        truth.home("one_parent", "partner", "child 2016-01-01", municipality=municipality)
        for _ in range(number)
    ]
    return [made[1] for made in homes]


def test_youth_care_that_ran_in_the_half_year(tmp_path: Path) -> None:
    truth = Truth()
    one, two, three, four, five, _ = children(truth, 6)
    truth.care("1", one, "2024-03-01", "2025-01-01", verwijzer="02")  # ends on its first day
    truth.care("2", one, "2025-06-30", verwijzer="01")  # starts on its last day, the same child
    truth.care("3", two, "2023-09-01", "2024-12-31", verwijzer="01")  # ended before
    truth.care("4", three, "2025-07-01", verwijzer="01")  # started after
    truth.care("5", four, "2024-01-01", category="48", verwijzer="08")  # a measure, no care
    truth.event("care_request", "2025-02-01", [five], case="6", verwijzer="06")
    truth.care("6", five, "2025-02-10")
    other = children(truth, 1, "GM0203")[0]
    truth.care("1", other, "2025-01-02", municipality="GM0203", verwijzer="03")  # the same number elsewhere
    home = truth.write(tmp_path / "home")
    found = measured(home, "youth_care", "yes")
    assert (found.value, found.units) == (pytest.approx(100 * 2 / 6), 6)
    assert measured(home, "care_referrer", "02").value == pytest.approx(100 / 3)
    assert measured(home, "care_referrer", "06").value == pytest.approx(100 / 3)  # from the request
    assert measured(home, "care_begun", "yes") == Value(pytest.approx(200 / 3), 3)
    assert measured(home, "youth_care", "yes", places=("GM0203",)).value == 100


def test_a_child_of_eighteen_is_not_counted(tmp_path: Path) -> None:
    truth = Truth()
    young, grown = truth.home("two_parents", "child 2007-07-01", "child 2007-06-30")
    truth.care("1", grown, "2024-01-01")
    truth.care("2", young, "2024-01-01")
    home = truth.write(tmp_path / "home")
    assert measured(home, "youth_care", "yes") == Value(100.0, 1)


def test_youth_protection_and_its_measures(tmp_path: Path) -> None:
    truth = Truth()
    one, two, three, four = children(truth, 4)
    for case, child, start, stop, status in (
        ("1", one, "2024-02-01", "", "OTS"),
        ("2", two, "2025-06-30", "", "VOTS"),  # runs, but no part of the stock at the beginning
        ("3", three, "2023-09-01", "2024-12-31", "VOOGDIJ"),  # ended before
    ):
        truth.care(case, child, start, stop, category="48")
        truth.event("measure_start", start, [child], case=case, status=status)
    truth.care("4", four, "2024-01-01", category="47")
    truth.event("measure_start", "2024-01-01", [four], case="4", status="JR")
    home = truth.write(tmp_path / "home")
    assert measured(home, "youth_protection", "yes") == Value(50.0, 4)
    assert measured(home, "protection_status", "OTS") == Value(100.0, 1)


def test_reports_of_the_year(tmp_path: Path) -> None:
    truth = Truth()
    children(truth, 5)
    truth.report(
        "1", "2025-01-01", "OVERDRACHT", eerdere_betrokkenheid="EERSTE", melder_organisatie="POLITIE"
    )
    truth.report(
        "2",
        "2025-12-31",
        "VT_VERVOLG",
        eerdere_betrokkenheid="HERMELDING_EEN",
        melder_organisatie="SCHOOL",
    )
    truth.report("3", "2025-05-05", eerdere_betrokkenheid="HERMELDING_MEER", melder_organisatie="POLITIE")
    truth.report("4", "2024-12-31", "OVERDRACHT", eerdere_betrokkenheid="EERSTE", melder_organisatie="GGZ")
    truth.report("5", "2026-01-01", "OVERDRACHT", eerdere_betrokkenheid="EERSTE", melder_organisatie="GGZ")
    home = truth.write(tmp_path / "home")
    assert measured(home, "reports") == Value(300.0, 10)
    assert measured(home, "report_involvement", "HERMELDING_EEN", "HERMELDING_MEER").value == pytest.approx(
        200 / 3
    )
    assert measured(home, "report_by", "POLITIE").value == pytest.approx(200 / 3)
    assert measured(home, "report_outcome", "NOG_NIET").value == pytest.approx(100 / 3)
    assert measured(home, "report_outcome", "OVERDRACHT") == Value(pytest.approx(100 / 3), 3)


def test_a_place_without_reports_has_none_of_a_thousand(tmp_path: Path) -> None:
    truth = Truth()
    children(truth, 1)
    home = truth.write(tmp_path / "home")
    assert measured(home, "reports") == Value(0.0, 2)
    assert measured(home, "report_by", "POLITIE") == Value(None, 0)


# -- tolerance -----------------------------------------------------------------------------------------------------


def figure(measure: str, unit: str, value_: float, margin: float) -> Published:
    return Published("x", "", "", "", ("GM0228",), "2023", measure, ("",), value_, unit, margin, "", "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "unit", "published_", "found", "error"),
    [
        ("age_share", "percent", 20.0, Value(18.0, 400), 2.0),
        ("youth_care", "percent", 20.0, Value(18.0, 400), 2.0 * sqrt(2)),
        ("household_size", "mean", 2.1, Value(2.0, 100, 1.5), 0.15),
        ("reports", "per_1000", 4.0, Value(5.0, 2000), 1000 * sqrt(2 * 0.004 / 2000)),
        ("inhabitants", "count", 1000.0, Value(990.0, 990), 10.0),
    ],
)
def test_standard_errors(measure: str, unit: str, published_: float, found: Value, error: float) -> None:
    assert standard_error(measures()[measure], unit, published_, found) == pytest.approx(error)  # type: ignore[arg-type]


def test_within_is_margin_and_four_standard_errors() -> None:
    wanted, measure = figure("age_share", "percent", 20.0, 1.5), measures()["age_share"]
    near = compare(wanted, measure, Value(29.5, 400), 1.0)
    assert near.tolerance == pytest.approx(9.5)
    assert near.within
    assert not compare(wanted, measure, Value(29.6, 400), 1.0).within
    assert not compare(wanted, measure, Value(29.5, 40_000), 1.0).within  # a larger sample must be nearer


def test_a_tolerance_larger_than_the_figure_is_told() -> None:
    measure = measures()["age_share"]
    assert compare(figure("age_share", "percent", 20.0, 1.5), measure, Value(20.0, 400), 1.0).telling
    small = compare(figure("age_share", "percent", 1.0, 1.5), measure, Value(1.0, 400), 1.0)
    assert (small.within, small.telling) == (True, False)


def test_a_count_grows_with_the_scale() -> None:
    wanted = figure("inhabitants", "count", 100_000.0, 1_000.0)
    rate = compare(wanted, measures()["inhabitants"], Value(1_020.0, 1_020), 0.01)
    assert (rate.published, rate.tolerance, rate.within) == (1000, pytest.approx(10 + 40), True)


def test_nothing_to_measure_is_not_within() -> None:
    rate = compare(figure("report_by", "percent", 5.0, 4.0), measures()["report_by"], Value(None, 0), 1.0)
    assert (rate.sample, rate.tolerance, rate.within) == (None, None, False)


# -- the answer ----------------------------------------------------------------------------------------------------


def small() -> Truth:
    truth = Truth()
    child = children(truth, 3)[0]
    truth.care("1", child, "2025-02-01", verwijzer="02")
    truth.report(
        "1", "2025-02-01", "OVERDRACHT", eerdere_betrokkenheid="EERSTE", melder_organisatie="POLITIE"
    )
    return truth


def test_the_report_says_what_sample_it_is_of(tmp_path: Path) -> None:
    found = check(Settings(home=small().write(tmp_path / "home")))
    content = json.loads(json.dumps(found.as_dict()))
    assert (content["mark"], content["comparable"], content["all_within"]) == ("SYNTHETISCH", True, False)
    assert (content["sample"]["seed"], content["sample"]["scale"]) == (2026, 0.01)
    assert {"name", "published", "sample", "tolerance", "within"} <= content["rates"][0].keys()
    assert found.exit_code == 1
    names = {rate["name"] for rate in content["rates"]}
    assert "inhabitants.GM0228" in names
    assert "inhabitants.GM0106" not in names  # not in this sample


@pytest.mark.parametrize(
    ("sample", "expected"),
    [({}, True), ({"lives": LIVES}, True), ({"busy": 8}, False), ({"lives": "00"}, False),
     ({"population": "ab"}, False)],
)  # fmt: skip
def test_what_is_comparable(tmp_path: Path, sample: dict[str, object], expected: bool) -> None:
    assert comparable({"busy": 1, **sample}) is expected
    found = check(Settings(home=small().write(tmp_path / "home", **sample)))
    assert (found.comparable, found.exit_code) == (expected, 1 if expected else 0)


def test_without_a_sample_there_is_a_clear_message(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="integration sample") as refused:
        check(Settings(home=tmp_path))
    assert (refused.value.reason, refused.value.exit_code) == (Reason.STAGE_ORDER, 2)


def test_a_truth_that_is_not_whole_is_named(tmp_path: Path) -> None:
    home = small().write(tmp_path / "home")
    (home / "truth/themes.parquet").unlink()
    with pytest.raises(UsageError, match=r"themes\.parquet") as refused:
        check(Settings(home=home))
    assert refused.value.reason == Reason.INPUT_INVALID


# -- the page ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder with a made-up truth and its report."""
    folder = made_truth().write(tmp_path_factory.mktemp("report") / "home")
    settings = Settings(home=folder)
    write_pages(settings, check(settings))
    return folder


def test_what_the_report_writes(home: Path) -> None:
    written = {
        path.relative_to(home / "sample-report").as_posix()
        for path in (home / "sample-report").rglob("*")
        if path.is_file()
    }
    assert written == {"index.html", "en/index.html", "style.css"}


@pytest.mark.parametrize("page", ["index.html", "en/index.html"])
def test_the_mark_is_on_the_page_in_its_title_and_in_every_chart(home: Path, page: str) -> None:
    text = (home / "sample-report" / page).read_text(encoding="utf-8")
    assert "SYNTHETISCH</title>" in text
    assert "<strong" in text
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) == 22 + 6 + 6 + 1 + 1  # groups of figures, ages, sizes, types, defects
    assert all("SYNTHETISCH" in drawn and 'role="img"' in drawn for drawn in pictures)
    assert "<script" not in text
    assert "style=" not in text
    assert text.count("<details") >= 22 + 4


def test_every_figure_stands_in_the_page(home: Path) -> None:
    text = (home / "sample-report/index.html").read_text(encoding="utf-8")
    for rate in check(Settings(home=home)).rates:
        assert rate.label_nl in text
        assert rate.region in text
    assert "a defect without words" in text
    assert "Eerste contact is snel" in text


def test_a_report_takes_the_place_of_the_one_before(home: Path) -> None:
    settings = Settings(home=home)
    (home / "sample-report/old.html").write_text("x")
    write_pages(settings, check(settings))
    assert not (home / "sample-report/old.html").exists()
    assert [path.name for path in home.iterdir() if "sample-report" in path.name] == ["sample-report"]


def test_every_planted_defect_has_words() -> None:
    text = files("integration.sample").joinpath("defects.yml").read_text(encoding="utf-8")
    planned = yaml.safe_load(text)
    kinds = {*planned["rows"], *(delivery["defect"] for delivery in planned["deliveries"])}
    kinds |= {TWICE, DOUBLE, COLUMN_CONSTANT}
    assert {f"defect.{kind}" for kind in kinds} <= set(labels("integration.sample.report"))


def test_aliases_hide_the_real_names(tmp_path: Path) -> None:
    names = dict.fromkeys(PLACES, "") | {place: f"Plaats{number}" for number, place in enumerate(PLACES)}
    folder = made_truth(homes=12).write(tmp_path / "home", alias=True)
    settings = Settings(home=folder, municipality_names=names)
    report = check(settings)
    write_pages(settings, report)
    text = (folder / "sample-report/index.html").read_text(encoding="utf-8") + json.dumps(report.as_dict())
    assert not re.search(r"\b(Assen|Emmen|Barneveld|Ede|Houten|Nieuwegein)\b", text)
    assert "Plaats3" in text


# -- the command ---------------------------------------------------------------------------------------------------


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "integration.cli", "--home", str(home), "sample", "report", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False)


def test_the_command_answers_with_pure_json(home: Path) -> None:
    done = command(home, "--json")
    content = json.loads(done.stdout)
    assert done.returncode == (0 if content["all_within"] else 1)
    assert content["mark"] == "SYNTHETISCH"
    assert len(content["rates"]) == len(published())


def test_the_command_shows_a_table_and_the_page_to_open(home: Path) -> None:
    done = command(home)
    assert done.returncode == 1
    assert "SYNTHETISCH" in done.stdout
    assert str(home / "sample-report/index.html") in done.stdout


def test_the_command_names_a_mistake(tmp_path: Path) -> None:
    done = command(tmp_path, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("STAGE_ORDER")
    assert not (tmp_path / "sample-report").exists()
