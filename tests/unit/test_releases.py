"""A release: what is in it, that it is made once, never changes, and can be read back."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from helpers.releases import DEFINITIONS, MUNICIPALITIES, NOW, PLACES, TODAY, results, row, summary
from integration.disclosure import Cell, protect
from integration.errors import IntegrationError, UsageError
from integration.pictures.pages import LANGUAGES, labels
from integration.reasons import Reason
from integration.releases import Release, ReleaseResult, latest, publish, query, read_release, verify
from integration.releases.site import pages
from integration.releases.tables import columns, dictionary, figure_rows, to_csv, to_parquet
from integration.releases.view import Content, theme_of
from integration.releases.words import Words
from integration.storage import Zones

CODES = list(MUNICIPALITIES)


def protected(rows: list[dict[str, object]]) -> object:
    return protect(rows, DEFINITIONS.values(), CODES, TODAY)


def small_rows() -> list[dict[str, object]]:
    """Two figures, two periods: a release that is quick to draw."""
    made = []
    for period in ("2025", "2025-Q4"):
        made += [
            row("I04", place, period, numerator=80 + n, denominator=100 + n) for n, place in enumerate(CODES)
        ]
        made += [row("I05", place, period, numerator=n, denominator=6 * n) for n, place in enumerate(CODES)]
    return made


def make(home: Path, rows: list[dict[str, object]] | None = None, **changes: object) -> ReleaseResult:
    settings = {"now": NOW, "synthetic": True, "code_version": "0.1.0"} | changes
    summed = settings.pop("summary", summary())
    return publish(Zones(home), protected(rows or small_rows()), DEFINITIONS, PLACES, summed, **settings)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one release of everything."""
    folder = tmp_path_factory.mktemp("releases")
    make(folder, results(size=0.6))
    return folder


@pytest.fixture
def release(home: Path) -> Release:
    return latest(Zones(home))


# -- what is in it ----------------------------------------------------------------------------------------------


def test_a_release_holds_its_files_and_a_manifest_that_names_them(release: Release) -> None:
    names = set(release.manifest["files"])
    assert {"indicators.parquet", "indicators.csv", "deliveries.csv", "data-dictionary.csv"} <= names
    assert {"site/index.html", "site/en/index.html", "site/style.css", "site/gemeente/GM0228.html"} <= names
    assert {"site/indicator/I05.html", "site/leveringen.html", "site/uitleg.html"} <= names
    assert release.manifest["created_at"] == NOW.isoformat()
    assert release.manifest["mark"] == "SYNTHETISCH"
    assert release.manifest["suppression"]["suppressed"] > 0
    assert release.page.is_file()


def test_columns_are_those_of_the_cell_and_their_words() -> None:
    assert set(Cell.__dataclass_fields__) <= set(columns()["indicators"])
    more = set(columns()["indicators"]) - set(Cell.__dataclass_fields__)
    assert all(name.endswith(("_text", "_name")) or name == "release" for name in more)


def test_parquet_and_csv_hold_the_same_cells(release: Release) -> None:
    table = pq.read_table(release.path / "indicators.parquet").to_pylist()
    text = (release.path / "indicators.csv").read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(table) == len(lines) == release.manifest["cells"]
    assert [line["value_text"] for line in lines] == [r["value_text"] for r in table]
    assert list(lines[0]) == list(table[0]) == list(columns()["indicators"])


def test_a_hidden_count_is_empty_and_said_in_words(release: Release) -> None:
    table = pq.read_table(release.path / "indicators.parquet").to_pylist()
    hidden = [r for r in table if r["denominator_state"] == "small"]
    assert hidden
    assert all(
        r["denominator"] is None and r["denominator_text"] == "<10" and r["value_text"] == "–" for r in hidden
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("a;b", '"a;b"'),
        ("–", "–"),
    ],
)
def test_no_csv_cell_is_a_formula(text: str, written: str) -> None:
    assert to_csv(["x"], [{"x": text}]).decode("utf-8-sig").splitlines()[1] == written


def test_csv_is_for_a_dutch_spreadsheet() -> None:
    content = to_csv(["a", "b", "c"], [{"a": 0.4, "b": None, "c": True}])
    assert content == b"\xef\xbb\xbfa;b;c\r\n0,4;;ja\r\n"


def test_parquet_is_the_same_bytes_twice() -> None:
    rows = figure_rows(protected(small_rows()), DEFINITIONS, PLACES, 1)
    assert to_parquet("indicators", rows) == to_parquet("indicators", rows)


def test_the_dictionary_tells_every_column_in_both_languages() -> None:
    lines = list(csv.DictReader(io.StringIO(dictionary().decode("utf-8-sig")), delimiter=";"))
    assert {line["kolom"] for line in lines} == {name for table in columns().values() for name in table}
    assert all(line["betekenis"] and line["meaning"] for line in lines)


# -- once, and never changed ------------------------------------------------------------------------------------


def test_the_same_figures_are_published_once(tmp_path: Path) -> None:
    first = make(tmp_path)
    again = make(tmp_path, now=NOW.replace(day=20), code_version="0.2.0")
    assert (first.number, first.existing) == (1, False)
    assert (again.number, again.existing) == (1, True)
    assert verify(Zones(tmp_path), 1).intact


def test_other_figures_or_deliveries_are_a_new_release(tmp_path: Path) -> None:
    make(tmp_path)
    other = make(tmp_path, small_rows()[:-6])
    third = make(tmp_path, small_rows()[:-6], summary=summary(deliveries=[]))
    assert [other.number, third.number] == [2, 3]
    assert latest(Zones(tmp_path)).number == 3
    assert read_release(Zones(tmp_path), 1).number == 1
    assert not list(Zones(tmp_path).releases.glob(".*partial"))


def test_a_changed_release_is_found_and_nothing_is_built_on_it(tmp_path: Path) -> None:
    made = make(tmp_path)
    for name, content in (("indicators.csv", b"x"), ("site/new.html", b"x")):
        (made.path / name).unlink(missing_ok=True)
        (made.path / name).write_bytes(content)
    (made.path / "deliveries.csv").unlink()
    found = verify(Zones(tmp_path), 1)
    assert found.changed == ("indicators.csv",)
    assert found.added == ("site/new.html",)
    assert found.missing == ("deliveries.csv",)
    with pytest.raises(IntegrationError) as caught:
        make(tmp_path)
    assert caught.value.reason == Reason.RELEASE_CHANGED


def test_files_cannot_be_written(release: Release) -> None:
    assert all(path.stat().st_mode & 0o222 == 0 for path in release.path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "wrong",
    [
        {"persons": {"GM0228": 7}},
        {"families": {"GM0228": 123}},
    ],
)
def test_a_summary_with_a_count_that_may_not_be_seen_is_refused(
    tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises(IntegrationError) as caught:
        make(tmp_path, summary=summary(**wrong))
    assert caught.value.reason == Reason.INPUT_INVALID
    assert not Zones(tmp_path).releases.exists()


def test_a_cell_with_a_count_that_may_not_be_seen_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    cells = protected(small_rows()).cells
    leaking = SimpleNamespace(cells=[replace(cells[0], denominator=103), *cells[1:]], suppression={})
    with pytest.raises(IntegrationError) as caught:
        publish(
            Zones(tmp_path),
            leaking,
            DEFINITIONS,
            PLACES,
            summary(),
            now=NOW,
            synthetic=True,
            code_version="1",
        )
    assert caught.value.reason == Reason.INPUT_INVALID
    assert "103" not in str(caught.value)


def test_nothing_closed_is_nothing_published(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        make(tmp_path, [row(period="2026")])
    assert caught.value.reason == Reason.NOTHING_PUBLISHED
    with pytest.raises(UsageError):
        latest(Zones(tmp_path))


# -- read back --------------------------------------------------------------------------------------------------


def test_query_gives_the_published_cell(home: Path) -> None:
    rows = query(Zones(home), "I05", "GM0228", "2025")
    assert len(rows) == 1
    wanted = {"value", "value_text", "numerator", "denominator", "missing", "missing_share", "value_state",
              "numerator_state", "norm", "verdict"}  # fmt: skip
    assert wanted <= set(rows[0])
    assert rows[0]["period_end"] == "2025-12-31"
    json.dumps(rows)


def test_query_gives_all_that_is_not_narrowed(home: Path) -> None:
    assert {r["municipality"] for r in query(Zones(home), "I05", period="2025")} == {*CODES, "ALLE"}
    assert len(query(Zones(home))) == latest(Zones(home)).manifest["cells"]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (("I99",), Reason.INDICATOR_UNKNOWN),
        (("I05", "GM9999"), Reason.MUNICIPALITY_UNKNOWN),
        (("I05", None, "2026"), Reason.PERIOD_UNKNOWN),
        (("I05", None, "; drop table"), Reason.PERIOD_UNKNOWN),
        (("I05' or 1=1",), Reason.INDICATOR_UNKNOWN),
    ],
)
def test_query_refuses_what_is_not_published(
    home: Path, asked: tuple[str | None, ...], reason: Reason
) -> None:
    with pytest.raises(UsageError) as caught:
        query(Zones(home), *asked)
    assert caught.value.reason == reason


def test_query_refuses_a_file_that_is_not_the_published_one(tmp_path: Path) -> None:
    made = make(tmp_path)
    path = made.path / "indicators.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(IntegrationError) as caught:
        query(Zones(tmp_path))
    assert caught.value.reason == Reason.RELEASE_CHANGED


def test_a_manifest_that_cannot_be_read_is_a_changed_release(tmp_path: Path) -> None:
    made = make(tmp_path)
    (made.path / "manifest.json").write_text("{}")
    with pytest.raises(IntegrationError) as caught:
        latest(Zones(tmp_path))
    assert caught.value.reason == Reason.RELEASE_CHANGED


# -- the pages --------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page loads, links to and names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.titles = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.links += [given[name] or "" for name in ("href", "src") if name in given]
        self.ids += [given["id"] or ""] if "id" in given else []
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]


def site_pages(release: Release) -> dict[Path, Page]:
    site = release.path / "site"
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_pages_load_nothing_from_elsewhere_and_every_link_is_there(release: Release) -> None:
    found = site_pages(release)
    for path, page in found.items():
        assert "script" not in page.tags
        assert "style" not in page.tags
        assert len(page.ids) == len(set(page.ids)), path.name
        for link in page.links:
            assert not re.match(r"[a-z]+:|//", link), path.name
            target, _, part = link.partition("#")
            there = (path.parent / target).resolve() if target else path
            assert there.is_file(), (path.name, link)
            if part and there.suffix == ".html":
                assert part in found[there].ids, (path.name, link)


def test_every_page_has_its_twin_and_the_mark_in_page_and_pictures(release: Release) -> None:
    site = release.path / "site"
    dutch = {
        path.relative_to(site) for path in site.rglob("*.html") if "en" not in path.relative_to(site).parts
    }
    english = {path.relative_to(site / "en") for path in (site / "en").rglob("*.html")}
    assert dutch == english
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert f'lang="{"en" if (site / "en") in path.parents else "nl"}"' in text
        assert "default-src 'none'" in text.replace("&#39;", "'")
        pictures = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        assert "SYNTHETISCH" in text
        assert all(
            "SYNTHETISCH" in drawn and 'role="img"' in drawn and "<desc" in drawn for drawn in pictures
        )


def test_real_figures_carry_no_mark() -> None:
    rows = figure_rows(protected(small_rows()), DEFINITIONS, PLACES, 1)
    content = Content(rows, DEFINITIONS, PLACES, summary(), Words("nl"), False, 1, NOW, "0.1.0")
    assert all(b"SYNTHETISCH" not in page for _, page in pages(content))


def test_names_are_escaped_on_every_page() -> None:
    places = [
        PLACES[0].__class__(code, "<b>x</b>" if code == "GM0228" else name)
        for code, name in MUNICIPALITIES.items()
    ]
    rows = figure_rows(protected(small_rows()), DEFINITIONS, places, 1)
    content = Content(rows, DEFINITIONS, places, summary(), Words("nl"), True, 1, NOW, "0.1.0")
    assert all(b"<b>x</b>" not in page for _, page in pages(content))


def test_a_hidden_point_is_never_drawn_as_a_value(release: Release) -> None:
    hidden = [r for r in query(Zones(release.path.parents[1])) if r["value_state"] == "suppressed"]
    place = hidden[0]["municipality"]
    text = (release.path / "site" / "gemeente" / f"{place}.html").read_text(encoding="utf-8")
    assert "te klein om te tonen" in text
    assert "0 (0%)" not in text


def test_municipalities_stand_in_the_same_order_everywhere(release: Release) -> None:
    names = [place.name for place in PLACES]
    for path in (release.path / "site" / "indicator").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        first = [text.index(f">{name}</a></th>") for name in names]
        assert first == sorted(first)


# -- words ------------------------------------------------------------------------------------------------------


def test_every_text_is_there_in_both_languages_with_the_same_parts() -> None:
    for key, text in labels("integration.releases").items():
        assert set(text) == set(LANGUAGES), key
        parts = [set(re.findall(r"{(\w+)}", text[language])) for language in LANGUAGES]
        assert parts[0] == parts[1], key


def test_every_indicator_has_a_theme() -> None:
    assert {theme_of(definition) for definition in DEFINITIONS.values()} <= {
        key.removeprefix("theme.") for key in labels("integration.releases") if key.startswith("theme.")
    } - {"other"}


@pytest.mark.parametrize(
    ("language", "period", "said"),
    [
        ("nl", "2025", "kalenderjaar 2025"),
        ("nl", "2025-Q3", "12 maanden tot en met september 2025"),
        ("en", "2025-Q3", "12 months up to and including September 2025"),
    ],
)
def test_periods_are_said_in_words(language: str, period: str, said: str) -> None:
    assert Words(language).period(period) == said


def test_numbers_follow_the_language() -> None:
    assert Words("nl").number(1235) == "1.235"
    assert Words("en").number(1235) == "1,235"
    assert Words("nl").amount(0.4, "mean") == "0,4 per gezin"
    assert Words("nl").amount(1, "days") == "1 dag"
