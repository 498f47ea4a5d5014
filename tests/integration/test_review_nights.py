"""Doubtful pairs through real nights: judged blind, honoured by the next night, forgotten with the records."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from helpers.encoded_town import encoded_town
from helpers.linkage import DOMAIN, mention
from helpers.nights import held, night
from integration.audit.words import LOGS
from integration.cli import review as review_cli
from integration.cli.app import app
from integration.errors import IntegrationError, UsageError
from integration.linkage import decisions
from integration.linkage.forgetting import forget
from integration.linkage.report import draw_report, make_report
from integration.linkage.report.judged import rows
from integration.linkage.report.words import Words
from integration.linkage.review import asked, sampling, settling
from integration.linkage.review.agreement import agreement
from integration.linkage.review.answers import Answers
from integration.linkage.review.declared import declared
from integration.linkage.review.estimates import Estimates, Share
from integration.linkage.review.progress import Progress, progress
from integration.linkage.review.worklist import Work, in_order, look
from integration.reasons import Reason
from integration.settings import forget_settings, get_settings
from integration.stewardship import people
from integration.storage import Zones

AT = "2026-01-13T09:00:00"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer pairs a sample than is declared: each answer is a transaction."""
    small = replace(declared(), sample_pairs=60, least_per_stratum=8)
    monkeypatch.setattr(sampling, "declared", lambda: small)


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    return Zones(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'stewardship.sqlite'}"


@pytest.fixture
def answers(store: str) -> Answers:
    return Answers(store, DOMAIN)


def see(con: duckdb.DuckDBPyConnection, zones: Zones, *, new_sample: bool = False) -> Work:
    return look(con, zones, DOMAIN, date(2026, 1, 13), new_sample=new_sample, pick=random.Random(4))


def one_person(work: Work, name: str) -> bool:
    """The town's truth: the number before the dot of a record's key is the person."""
    one = work.review.asked[name]
    return one.left[2].split(".")[0] == one.right[2].split(".")[0]


def judge_all(work: Work, answers: Answers, *, who: tuple[str, ...] = ("ann", "zoe", "kim")) -> None:
    """Everybody answers everything they are asked, and knows the truth."""
    for reviewer in who:
        for name in in_order(work, answers.all(), reviewer):
            told = "yes" if one_person(work, name) else "no"
            settling.answer(work, answers, name, told, who=reviewer, role="steward", at=AT)


def test_reviewers_who_know_give_estimates_that_hold_the_truth(
    zones: Zones, con: duckdb.DuckDBPyConnection, answers: Answers
) -> None:
    night(encoded_town(120, twins=0.4), zones)
    truth = (
        "select a.person_id = b.person_id as linked, "
        "split_part(r.record_key, '.', 1) = split_part(s.record_key, '.', 1) as one "
        'from pair inner join record r on r.record = "left" inner join record s on s.record = "right" '
        'inner join cluster a on a.record = "left" inner join cluster b on b.record = "right"'
    )
    right, linked, true = held(
        zones, f"select count_if(linked and one), count_if(linked), count_if(one) from ({truth})"
    )[0]
    work = see(con, zones)
    assert work.review.sample is not None
    assert len(work.shown) < held(zones, "select count(*) from pair")[0][0]
    judge_all(work, answers)
    found = progress(work.review, sorted(work.shown), answers.all())
    assert found.open == found.third == found.disagreements == 0
    assert found.kappa.kappa == 1.0
    assert found.kappa.pairs == sum(work.review.asked[name].reviewers == 2 for name in work.shown) > 10
    assert found.estimates is not None
    for share, value in ((found.estimates.precision, right / linked), (found.estimates.recall, right / true)):
        assert share is not None
        assert share.low <= value <= share.high
        assert share.high - share.low < 0.25


def test_the_next_night_honours_what_was_settled_and_asks_it_no_more(
    zones: Zones, con: duckdb.DuckDBPyConnection, answers: Answers
) -> None:
    rows = encoded_town(60, twins=0.4)
    before = night(rows, zones, 0)
    work = see(con, zones)
    doubtful = held(zones, "select count(*) from review")[0][0]
    assert doubtful > 2
    judge_all(work, answers)
    made = settling.settle(zones, DOMAIN, work.review, answers, AT)
    assert made == len(work.shown)
    assert settling.settle(zones, DOMAIN, work.review, answers, AT) == 0
    after = night(rows, zones, 1)
    assert held(zones, "select count(*) from review")[0][0] < doubtful
    persons = {key: person for (_, key, _), person in after.persons.items()}
    for name in work.shown:
        one = work.review.asked[name]
        assert (persons[one.left[2]] == persons[one.right[2]]) == one_person(work, name)
    assert after.groups() != before.groups()
    again = see(con, zones)
    assert not set(in_order(again, answers.all(), "new")) & set(work.shown)


def test_a_new_sample_knows_what_was_decided_and_keeps_references(
    zones: Zones, con: duckdb.DuckDBPyConnection, answers: Answers
) -> None:
    night(encoded_town(80), zones)
    work = see(con, zones)
    judge_all(work, answers)
    made = settling.settle(zones, DOMAIN, work.review, answers, AT)
    again = see(con, zones, new_sample=True)
    assert again.review.sample is not None
    decided = [s for s in again.review.sample.strata if s.name == "decided"]
    assert sum(s.size for s in decided) == sum(s.same + s.different for s in decided) == made
    assert not again.review.drawn() & work.review.drawn()
    assert work.review.asked.items() <= again.review.asked.items()


def test_the_linkage_report_tells_what_reviewers_say_once_they_were_asked(
    zones: Zones, con: duckdb.DuckDBPyConnection, store: str
) -> None:
    night(encoded_town(50), zones)
    before = make_report(zones, DOMAIN, date(2026, 1, 12), store=store).read_text()
    assert "Wat beoordelaars zeggen" not in before
    assert not (zones.home / "stewardship.sqlite").exists()
    see(con, zones)
    asked_now = draw_report(zones, DOMAIN, store=store).read_text()
    assert "steekproef van alle vergeleken paren van 13 januari 2026" in asked_now
    assert asked_now.count('<td class="right">–</td>') >= 8
    assert "beoordelaars zeggen" not in draw_report(zones, DOMAIN).read_text()


def test_the_page_rounds_what_it_rests_on() -> None:
    kappa = agreement([("yes", "yes")] * 31 + [("no", "no")] * 20 + [("yes", "no")] * 2)
    estimates = Estimates(3000, 212, 4, Share(0.9876, 0.9512, 0.9989), None)
    found = Progress(9, 0, 0, {}, 99, 3, 2, kappa, agreement([]), "2026-01-13", estimates)
    assert rows(found, Words()) == [
        ("kappa van twee beoordelaars", "0,921", "0,815\u00a0tot\u00a01,000", "55"),
        ("kappa zonder ‘niet te zeggen’", "–", "–", "<10"),
        ("precisie: gekoppelde paren die één persoon zijn", "0,988", "0,951\u00a0tot\u00a00,999", "210"),
        ("volledigheid: paren van één persoon die gekoppeld zijn", "–", "–", "210"),
    ]


def test_what_a_reviewer_sees_says_nothing_of_why_or_how_sure(
    zones: Zones, con: duckdb.DuckDBPyConnection
) -> None:
    night(encoded_town(80), zones)
    work = see(con, zones)
    assert {
        set(vars(shown)) == {"pair", "levels", "rests", "sources", "roles"} for shown in work.shown.values()
    } == {True}
    labels = {label for shown in work.shown.values() for label in shown.levels.values()}
    assert {"same", "differs", None} <= labels
    doubtful = see(con, zones)
    assert doubtful == work, "looking again changes nothing"


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("nosuch", "yes", Reason.REVIEW_PAIR_UNKNOWN),
        ("first", "maybe", Reason.REVIEW_ANSWER_UNKNOWN),
        ("answered", "no", Reason.REVIEW_PAIR_ANSWERED),
    ],
)
def test_bad_answers_are_refused_by_name_and_nothing_is_written(
    zones: Zones, con: duckdb.DuckDBPyConnection, answers: Answers, name: str, given: str, reason: Reason
) -> None:
    night(encoded_town(50), zones)
    work = see(con, zones)
    first, second = sorted(work.shown)[:2]
    settling.answer(work, answers, second, "yes", who="ann", role="steward", at=AT)
    pair = {"first": first, "answered": second}.get(name, name)
    before = answers.all()
    with pytest.raises(UsageError) as told:
        settling.answer(work, answers, pair, given, who="ann", role="steward", at=AT)
    assert told.value.reason == reason
    assert answers.all() == before


def test_a_pair_whose_record_is_erased_is_gone_and_nothing_names_it_any_more(
    zones: Zones, con: duckdb.DuckDBPyConnection, answers: Answers, tmp_path: Path
) -> None:
    night(encoded_town(50), zones)
    work = see(con, zones)
    judge_all(work, answers, who=("ann",))
    settling.settle(zones, DOMAIN, work.review, answers, AT)
    name = next(name for name, one in work.review.asked.items() if one.reviewers == 2)
    one = work.review.asked[name]
    key = one.left[2]
    assert key in asked.path(zones, DOMAIN).read_text()
    forget(con, zones, DOMAIN, one.left[0], [key])
    for path in [asked.path(zones, DOMAIN), decisions.path(zones, DOMAIN)]:
        assert f'"{key}"' not in path.read_text()
    store = b"".join(path.read_bytes() for path in tmp_path.glob("stewardship.sqlite*"))
    assert not any(row["record_key"].encode() in store for row in encoded_town(50))
    later = see(con, zones)
    with pytest.raises(UsageError) as told:
        settling.answer(later, answers, name, "yes", who="zoe", role="steward", at=AT)
    assert told.value.reason == Reason.REVIEW_PAIR_GONE
    assert name not in later.shown
    assert [one.who for one in answers.all()[name]] == ["ann"], "the answer stays, about nobody"


def test_a_record_that_went_overnight_takes_its_pairs_along(
    zones: Zones, con: duckdb.DuckDBPyConnection
) -> None:
    rows = encoded_town(50)
    night(rows, zones, 0)
    work = see(con, zones)
    name, one = min(work.review.asked.items())
    night([row for row in rows if row["record_key"] != one.right[2]], zones, 1)
    left = asked.read(asked.path(zones, DOMAIN))
    assert name in left.gone
    assert f'"{one.right[2]}"' not in asked.path(zones, DOMAIN).read_text()


def test_without_a_night_or_without_a_model_there_is_little_to_ask(
    zones: Zones, con: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(IntegrationError) as told:
        see(con, zones)
    assert told.value.reason == Reason.LINK_NOTHING_HELD
    night([mention("a", "kind", bsn="B1"), mention("b", "kind", bsn="B1")], zones)
    work = see(con, zones)
    assert (work.shown, work.review.sample.strata) == ({}, ())


# -- the commands ----------------------------------------------------------------------------------


def ask(home: Path, *words: str) -> object:
    answer = CliRunner().invoke(
        app, ["--home", str(home), "linkage", "review", *words, "--json"], catch_exceptions=False
    )
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("INTEGRATION_HOME", str(tmp_path))
    forget_settings()
    night(encoded_town(50), Zones(tmp_path))
    yield tmp_path
    forget_settings()


def test_the_commands_from_next_to_the_decision(home: Path) -> None:
    first = ask(home, "next", DOMAIN)
    assert ask(home, "next", DOMAIN) == first
    assert {row["agreement"] for row in first["fields"]} <= {"gelijk", "lijkt op", "anders", "leeg"}
    assert len(first["records"]) == 2
    single = next(
        name for name, one in asked.read(asked.path(Zones(home), DOMAIN)).asked.items() if one.reviewers == 1
    )
    told = ask(home, "answer", DOMAIN, single, "no", "--why", "twee dossiers")
    assert told == {"domain": DOMAIN, "pair": single, "answer": "no", "settled": True}
    (decision,) = decisions.read(decisions.path(Zones(home), DOMAIN))
    assert (decision.decision, decision.by, decision.pair, decision.why) == (
        "different",
        "reviewers",
        single,
        "",
    )
    assert ask(home, "next", DOMAIN)["open"] == first["open"] - 1
    found = ask(home, "progress", DOMAIN)
    assert (found["settled"]["no"], found["answers"], found["estimates"]) == (1, 1, None)
    assert ask(home, "settle", DOMAIN) == {"domain": DOMAIN, "decided": 0}
    assert ask(home, "draw", DOMAIN)["drawn"] > 0
    with sqlite3.connect(home / "stewardship.sqlite") as store:
        assert store.execute("select pair, role, answer, why from review_answer").fetchall() == [
            (single, people.OWNER, "no", "twee dossiers")
        ]


def test_looking_is_written_before_anything_is_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(home, "next", DOMAIN)
    lines = [
        json.loads(line)
        for path in get_settings().zones.audit.rglob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    assert [(line["action"], line["object"], line["purpose"]) for line in lines] == [
        (review_cli.ACTION, f"domain:{DOMAIN}", "stewardship")
    ]
    assert len(LOGS) == 2


@pytest.mark.parametrize("command", ["next", "progress"])
def test_people_read_dutch(home: Path, command: str) -> None:
    told = CliRunner().invoke(app, ["--home", str(home), "linkage", "review", command, DOMAIN])
    assert ("overeenkomst" if command == "next" else "nog te beoordelen") in told.output


def test_an_explanation_with_a_number_is_refused_before_anything_is_done(home: Path) -> None:
    name = ask(home, "next", DOMAIN)["pair"]
    told = CliRunner().invoke(
        app,
        ["--home", str(home), "linkage", "review", "answer", DOMAIN, name, "yes", "--why", "bsn 123456782"],
    )
    assert isinstance(told.exception, UsageError)
    assert told.exception.reason == Reason.EXPLANATION_REFUSED
    assert not (home / "stewardship.sqlite").exists() or ask(home, "progress", DOMAIN)["answers"] == 0
