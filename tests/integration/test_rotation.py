"""A rotation of keys: the same persons, families and figures under new pseudonyms."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from helpers.installation import without_release
from helpers.rotation import (
    HELD_BACK,
    OTHER,
    TOWN,
    Picture,
    at,
    bring_later,
    copied,
    link_numbers,
    numbers_held,
    numbers_in,
    picture,
    pseudonyms,
)
from integration import audit, pipeline
from integration.audit.subjects import known_as, lines_about
from integration.cli import audit as audit_commands  # noqa: F401  it registers its commands
from integration.cli.app import app
from integration.errors import IntegrationError
from integration.linkage.review import asked
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.keyring import Keyring, list_keys, open_keyring
from integration.pseudonyms.link_names import filter_columns, is_filter, link_columns, token_columns
from integration.reasons import Reason
from integration.rekey.rotate import rotate
from integration.rekey.survey import survey
from integration.rekey.tokens import Rekeyer, rekey_folder
from integration.settings import get_settings
from integration.storage import Zones, write_json


@pytest.fixture(scope="module")
def after(two_towns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with the keys of one municipality rotated."""
    home = copied(two_towns, tmp_path_factory.mktemp("rotated") / "home")
    done = rotate(get_settings(home), DomainCode(TOWN))
    assert (done.version, done.scope, done.resumed) == (2, TOWN, False)
    (town,) = done.domains
    assert (town.persons_before, town.families_before) == (town.persons_after, town.families_after)
    assert town.persons_before > 50
    assert town.families_before > 10
    assert town.tokens > 1000
    (home / "told.json").write_text(json.dumps({"tokens_only": town.tokens_only}))
    return home


@pytest.fixture
def home(two_towns: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of the installation, to rotate in."""
    with at(copied(two_towns, tmp_path / "home")):
        yield tmp_path / "home"


def test_the_same_persons_families_and_figures(after: Path, as_it_was: Picture) -> None:
    assert picture(after, TOWN) == as_it_was
    assert len(as_it_was.persons) > 50
    assert len(as_it_was.families) > 10
    assert as_it_was.figures


def test_no_old_pseudonym_is_left(two_towns: Path, after: Path) -> None:
    assert {path.split("/")[0] for path in pseudonyms(two_towns, TOWN, 1)} == {
        "linked",
        "linking",
        "staging",
        "warehouse",
    }
    assert pseudonyms(after, TOWN, 1) == {}
    assert pseudonyms(after, TOWN, 2).keys() == pseudonyms(two_towns, TOWN, 1).keys()
    assert pseudonyms(after, OTHER, 1) == pseudonyms(two_towns, OTHER, 1)
    assert {path.suffix for path in (after / "rotation").rglob("*")} == {".lock"}


def test_no_number_that_linkage_compared_before_is_left_in_any_table(two_towns: Path, after: Path) -> None:
    before, others = link_numbers(two_towns, TOWN), link_numbers(two_towns, OTHER)
    assert len(before) > 1000
    assert before <= numbers_held(two_towns)
    assert not before & numbers_held(after)
    assert link_numbers(after, OTHER) == others
    assert not before & others


def test_the_published_file_has_no_column_for_linkage(two_towns: Path) -> None:
    with duckdb.connect(str(two_towns / "warehouse" / f"{TOWN}.duckdb"), read_only=True) as con:
        names = [name for (name,) in con.execute("select column_name from duckdb_columns()").fetchall()]
        numbers = numbers_in(con)
    assert len(names) > 50
    assert not [name for name in names if name.startswith("link_")]
    assert not numbers & link_numbers(two_towns, TOWN)


def test_filters_are_left_out_and_counted_and_come_back_with_a_delivery(
    two_towns: Path, after: Path, tmp_path: Path
) -> None:
    mentions = sum(
        pq.read_metadata(path).num_rows for path in (after / "linked" / TOWN).rglob("mentions.parquet")
    )
    assert json.loads((after / "told.json").read_text()) == {"tokens_only": mentions}
    home = copied(after, tmp_path / "home")
    bring_later(home, two_towns)
    with at(home):
        pipeline.run()
    new = {path.parent.name for path in (home / "linked" / TOWN).rglob("mentions.parquet")}
    new -= {path.parent.name for path in (after / "linked" / TOWN).rglob("mentions.parquet")}
    assert new
    filters = [name for name in link_columns() if is_filter(name)]
    for path in (home / "linked" / TOWN).rglob("mentions.parquet"):
        table = pq.read_table(path, columns=filters)
        there = any(table.column(name).null_count < table.num_rows for name in filters)
        assert there is (path.parent.name in new and table.num_rows > 0)


def test_a_number_that_was_left_ends_a_rotation(two_towns: Path, tmp_path: Path) -> None:
    """A positive control of the search that a rotation does of its own work."""
    settings, domain = get_settings(two_towns), DomainCode(TOWN)
    ring = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    rekeyer = Rekeyer(domain, ring, ring)
    source = next(path.parent for path in sorted((two_towns / "linked" / TOWN).rglob("mentions.parquet")))
    (tmp_path / "made").mkdir()
    rekey_folder(source, tmp_path / "made", rekeyer)
    assert survey(tmp_path / "made", source, rekeyer).tokens_only > 0
    for column in (token_columns()[0], filter_columns()[0]):
        table, old = (pq.read_table(folder / "mentions.parquet") for folder in (tmp_path / "made", source))
        place = table.schema.get_field_index(column)
        pq.write_table(
            table.set_column(place, column, old.column(column)), tmp_path / "made" / "mentions.parquet"
        )
        with pytest.raises(IntegrationError) as caught:
            survey(tmp_path / "made", source, rekeyer)
        assert caught.value.reason is Reason.INTERNAL
        pq.write_table(table, tmp_path / "made" / "mentions.parquet")


def test_what_comes_afterwards_matches_what_was_held(two_towns: Path, after: Path, tmp_path: Path) -> None:
    pictures = []
    for number, source in enumerate((two_towns, after)):
        home = copied(source, tmp_path / str(number))
        shutil.copytree(two_towns.parent / "later", home / "inbox", dirs_exist_ok=True)
        with at(home), without_release():
            outcomes = pipeline.run().deliveries
            taken = [o for o in outcomes if DeliveryId.parse(o.delivery_id).municipality == TOWN]
            assert len(taken) >= len(HELD_BACK)
            assert {outcome.state for outcome in outcomes} == {"loaded"}
        pictures.append(picture(home, TOWN))
    assert pictures[0] == pictures[1]
    assert len(pictures[0].persons) >= len(picture(two_towns, TOWN).persons)


def test_a_night_after_a_rotation_finds_nothing_new(after: Path, tmp_path: Path) -> None:
    with at(copied(after, tmp_path / "home")):
        assert [result.unchanged for result in pipeline.nightly(TOWN)] == [True] * 5


def test_the_manifests_tell_the_new_keys(after: Path) -> None:
    marks = {str(entry.version): entry.fingerprint for entry in list_keys(after / "keys" / "keyring.json")}
    published = json.loads((after / "warehouse" / f"{TOWN}.json").read_text())["key_fingerprints"]
    encoded = json.loads(next((after / "staging" / TOWN).glob("*/*/encode.json")).read_text())[
        "key_fingerprints"
    ]
    assert {name: mark for name, mark in published.items() if name.isdigit()} == marks
    assert marks.items() <= encoded.items()
    assert f"2.{TOWN}.person" in encoded
    assert f"1.{TOWN}.person" not in encoded


def test_a_person_is_found_in_the_access_log_under_all_their_names(home: Path) -> None:
    settings, domain = get_settings(), DomainCode(TOWN)

    def told(pseudonym: str) -> str:
        keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
        return audit.subject_token(keys, domain, pseudonym)

    def known() -> dict[tuple[str, int], str]:
        with duckdb.connect(str(settings.zones.published(domain)), read_only=True) as con:
            return {
                tuple(place): person
                for *place, person in con.execute(
                    "select delivery_id, min(birth_year), any_value(person_id) from core.mention "
                    "where role = 'kind' group by all having count(distinct person_id) = 1 order by 1, 2"
                ).fetchall()
            }

    place, old = next((place, person) for place, person in sorted(known().items()) if place[1])
    with duckdb.connect(str(settings.zones.published(domain)), read_only=True) as con:
        other = con.execute("select min(person_id) from core.person where person_id <> ?", [old]).fetchall()[
            0
        ][0]
    for name in (old, other):
        audit.looked(settings, "family.show", {f"domain:{TOWN}": f"domain:{TOWN}"}, purpose=audit.Purpose.SAFETY,
                     case="VT-2026-17", subjects=[told(name)])  # fmt: skip
    first = told(old)
    for _ in range(2):
        rotate(settings, domain)
    new = known()[place]
    assert new != old
    assert known_as(settings.zones.audit, told(new)) >= {first, told(new)}
    (line,) = lines_about(settings.zones.audit, told(new))
    assert line["subjects"] == [first]
    assert audit.verify(settings.zones.audit).findings == []
    shown = CliRunner().invoke(app, ["audit", "about", new, "--case", "SR-2026-3", "--json"])
    assert [line["action"] for line in json.loads(shown.stdout)] == ["family.show", "audit.about"]


def test_rotation_ends_when_persons_would_differ(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A positive control: a token of the wrong person among the re-keyed is noticed before anything is swapped."""
    from integration.rekey import tokens

    plain = tokens.Rekeyer.texts
    spoilt: dict[str, str] = {}

    def wrong(self: tokens.Rekeyer, values: list[str | None]) -> list[str | None]:
        made = plain(self, values)
        if made and made[0] and ".person." in made[0]:
            first = spoilt.setdefault("token", made[0])
            return [first if text else None for text in made]
        return made

    monkeypatch.setattr(tokens.Rekeyer, "texts", wrong)
    with pytest.raises(IntegrationError) as caught:
        rotate(get_settings(), DomainCode(TOWN))
    assert caught.value.reason is Reason.ROTATION_DIFFERS
    assert pseudonyms(home, TOWN, 1)


def test_what_else_is_held_under_tokens_is_carried_along(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from integration.rekey import build

    def carry(zones: Zones, domain: DomainCode, old: Keyring, new: Keyring, into: Zones) -> None:
        write_json(into.home / "lists" / f"{domain}.json", [old.version_of(domain), new.version_of(domain)])

    monkeypatch.setattr(build, "CARRIED", (carry,))
    assert not (home / "lists").exists()
    rotate(get_settings(), DomainCode(TOWN))
    assert json.loads((home / "lists" / f"{TOWN}.json").read_text()) == [1, 2]


def test_pairs_that_reviewers_are_asked_keep_their_references_under_new_keys(home: Path) -> None:
    settings, code = get_settings(), DomainCode(TOWN)
    places = "select distinct supplier, municipality, record_key, role from record order by all limit 20"
    file, held = asked.path(settings.zones, code), settings.zones.link_file(code)
    with duckdb.connect(str(held), read_only=True) as con:
        before = con.execute(places).fetchall()
    pairs = list(zip(before[::2], before[1::2], strict=True))
    review = asked.name_pairs(asked.Review(), pairs, 0.2, random.Random(1))
    sample = asked.Sample("2026-01-12", (asked.Stratum("band 1", True, 30, tuple(sorted(review.asked))),))
    asked.write(file, replace(review, sample=sample))
    rotate(settings, code)
    after = asked.read(file)
    assert f'"1.{TOWN}.' not in file.read_text()
    assert {name: one.reviewers for name, one in after.asked.items()} == {
        name: one.reviewers for name, one in review.asked.items()
    }
    assert after.sample == sample
    with duckdb.connect(str(held), read_only=True) as con:
        there = set(con.execute(places.replace(" limit 20", "")).fetchall())
    assert {place for one in after.asked.values() for place in (one.left, one.right)} <= there


def test_the_log_tells_of_it(after: Path) -> None:
    lines = [json.loads(line) for path in sorted((after / "audit" / "processing").glob("*.jsonl"))
             for line in path.read_text().splitlines()]  # fmt: skip
    told = {(line["event"], line["object"]) for line in lines if line["action"] == "keys.rotate"}
    assert told == {(event, name) for event in ("begun", "ended") for name in ("key:2", f"domain:{TOWN}")}
