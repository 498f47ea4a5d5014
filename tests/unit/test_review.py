"""Reviewing pairs: what stands after which answers, how far reviewers agree, the sample and its estimates."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from helpers.stores import store_url
from integration.contracts.explanation import MOST, explanation
from integration.errors import IntegrationError, UsageError
from integration.linkage.review import asked, show
from integration.linkage.review.agreement import agreement, two_each
from integration.linkage.review.answers import ANSWERS, Answer, Answers, outcome
from integration.linkage.review.asked import Review, Sample, Stratum
from integration.linkage.review.declared import declared
from integration.linkage.review.estimates import Judged, estimate
from integration.linkage.review.progress import judged, progress
from integration.linkage.review.sampling import Frame, allocate, draw
from integration.linkage.review.worklist import Shown, Work, in_order
from integration.names import DomainCode
from integration.reasons import Reason

DOMAIN = DomainCode("GM0321")


# -- what stands -----------------------------------------------------------------------------------

SETTLING = [
    # reviewers, answers in their order, what stands
    (1, "", None),
    (1, "yes", "yes"),
    (1, "no", "no"),
    (1, "unsure", "unsure"),
    (2, "yes", None),
    (2, "yes yes", "yes"),
    (2, "no no", "no"),
    (2, "unsure unsure", "unsure"),
    (2, "yes no", None),
    (2, "yes unsure", None),
    (2, "yes no no", "no"),
    (2, "yes unsure yes", "yes"),
    (2, "no unsure unsure", "unsure"),
    (2, "yes no unsure", "unsure"),
]


@pytest.mark.parametrize(("reviewers", "answers", "stands"), SETTLING)
def test_what_stands_after_these_answers(reviewers: int, answers: str, stands: str | None) -> None:
    assert outcome(answers.split(), reviewers) == stands


@given(st.lists(st.sampled_from(ANSWERS), max_size=3), st.sampled_from([1, 2]))
def test_three_answers_always_settle_and_what_stands_was_said_or_is_unsure(
    answers: list[str], reviewers: int
) -> None:
    stands = outcome(answers, reviewers)
    assert stands is not None or len(answers) < 3
    assert stands in {None, "unsure", *answers}


# -- agreement -------------------------------------------------------------------------------------


def table(*rows: tuple[int, ...]) -> list[tuple[str, str]]:
    return [(a, b) for a, row in zip(ANSWERS, rows, strict=True) for b, n in zip(ANSWERS, row, strict=True)
            for _ in range(n)]  # fmt: skip


def test_kappa_of_the_example_of_fleiss_cohen_and_everitt() -> None:
    """Their table 1 (two judges, 200 patients): kappa 0.429, variance 0.002885."""
    found = agreement(table((106, 10, 4), (22, 28, 10), (2, 12, 6)))
    assert (found.pairs, found.observed, found.expected) == (200, pytest.approx(0.70), pytest.approx(0.475))
    assert found.kappa == pytest.approx(0.429, abs=5e-4)
    assert ((found.high - found.low) / 2 / 1.959964) ** 2 == pytest.approx(0.002885, abs=5e-6)


def test_kappa_of_the_diagnoses_in_fleiss_book() -> None:
    """Statistical Methods for Rates and Proportions, table 13.1: kappa 0.68, standard error 0.087."""
    found = agreement(table((75, 1, 4), (5, 4, 1), (0, 0, 10)))
    assert found.kappa == pytest.approx(0.68, abs=0.005)
    assert (found.high - found.low) / 2 / 1.959964 == pytest.approx(0.087, abs=0.001)
    assert found.cells["yes", "unsure"] == 4


def test_without_unsure_its_pairs_are_left_out() -> None:
    found = agreement([("yes", "yes"), ("no", "no"), ("yes", "unsure")], unsure=False)
    assert (found.pairs, found.kappa) == (2, 1.0)
    assert all("unsure" not in cell for cell in found.cells)


@pytest.mark.parametrize("pairs", [[], [("yes", "yes")] * 3])
def test_kappa_is_not_told_where_chance_alone_agrees(pairs: list[tuple[str, str]]) -> None:
    assert agreement(pairs).kappa is None


def test_each_reviewer_has_a_column_and_a_third_does_not_count() -> None:
    told = {
        "a": [said("a", 1, "zoe", "yes"), said("a", 2, "ann", "no"), said("a", 3, "kim", "no")],
        "b": [said("b", 1, "ann", "yes")],
    }
    assert two_each(told) == [("no", "yes")]


def said(pair: str, turn: int, who: str, answer: str) -> Answer:
    return Answer(pair, turn, who, "steward", answer, "", "2026-01-12T09:00:00")


# -- answers in the store --------------------------------------------------------------------------


@pytest.fixture
def url(tmp_path: Path) -> str:
    return store_url(tmp_path, "stewardship")


def add(answers: Answers, who: str, answer: str, reviewers: int = 2) -> list[Answer]:
    return answers.add("bcdfghjk", who, answer, reviewers=reviewers, at="2026-01-12", role="steward")


def test_a_reviewer_answers_once_and_a_settled_pair_asks_nobody(url: str) -> None:
    answers = Answers(url, DOMAIN)
    add(answers, "ann", "yes")
    with pytest.raises(UsageError) as again:
        add(answers, "ann", "no")
    assert again.value.reason == Reason.REVIEW_PAIR_ANSWERED
    add(answers, "zoe", "yes")
    with pytest.raises(UsageError) as late:
        add(answers, "kim", "no")
    assert late.value.reason == Reason.REVIEW_PAIR_SETTLED
    assert [(one.turn, one.who, one.answer) for one in answers.all()["bcdfghjk"]] == [
        (1, "ann", "yes"), (2, "zoe", "yes"),
    ]  # fmt: skip
    assert Answers(url, DomainCode("GM0228")).all() == {}


def test_of_two_answers_at_once_one_is_refused_and_one_is_kept(url: str) -> None:
    answers, refused = Answers(url, DOMAIN), []
    start = threading.Barrier(2)

    def one(who: str) -> None:
        start.wait()
        try:
            add(Answers(url, DOMAIN), who, "yes", reviewers=1)
        except UsageError as error:
            refused.append(error.reason)

    both = [threading.Thread(target=one, args=(who,)) for who in ("ann", "zoe")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(answers.all()["bcdfghjk"]) == 1
    assert refused in ([Reason.REVIEW_PAIR_SETTLED], [Reason.REVIEW_ANSWERED_AT_ONCE])


def test_the_database_refuses_to_change_or_remove_an_answer(url: str) -> None:
    add(Answers(url, DOMAIN), "ann", "yes")
    engine = sa.create_engine(url)
    for text in ("update review_answer set answer = 'no'", "delete from review_answer"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as con:
            con.execute(sa.text(text))
    assert len(Answers(url, DOMAIN).all()["bcdfghjk"]) == 1


# -- references ------------------------------------------------------------------------------------

A, B, C = (("ON01", "GM0321", f"key{n}", "kind") for n in "abc")


def named(*pairs: asked.Pair) -> Review:
    return asked.name_pairs(Review(), pairs, 0.2, random.Random(1))


def test_a_reference_is_letters_that_stay_with_the_pair() -> None:
    review = named((A, B))
    (name,) = review.asked
    assert set(name) <= set(asked.LETTERS)
    assert len(name) == asked.LENGTH
    more = asked.name_pairs(review, [(A, B), (A, C)], 0.2, random.Random(2))
    assert more.asked[name] == review.asked[name]
    assert len(more.asked) == 2


def test_a_share_goes_to_two_reviewers() -> None:
    places = [(A, ("ON01", "GM0321", f"key{n:04}", "kind")) for n in range(2000)]
    review = asked.name_pairs(Review(), places, 0.2, random.Random(3))
    two = sum(one.reviewers == 2 for one in review.asked.values())
    assert 330 < two < 470


def test_the_file_keeps_all_of_it_and_forgets_places_that_went(tmp_path: Path) -> None:
    file, review = tmp_path / "linking" / "GM0321.review.json", named((A, B), (A, C))
    names = review.references()
    drawn = tuple(sorted(review.asked))
    review = Review(
        review.asked, frozenset({"x"}), Sample("2026-01-12", (Stratum("band 1", True, 9, drawn),))
    )
    asked.write(file, review)
    assert asked.read(file) == review
    asked.forget_others(file, frozenset({A, B}))
    left = asked.read(file)
    assert set(left.asked) == {names[A, B]}
    assert left.gone == {"x", names[A, C]}
    assert left.sample == Sample("2026-01-12", (Stratum("band 1", True, 9, (names[A, B],)),))
    assert "keyc" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_rotation_gives_places_new_keys_and_references_stay(tmp_path: Path) -> None:
    file, into = tmp_path / "old.json", tmp_path / "new" / "new.json"
    asked.write(file, named((A, B)))
    turned = {"keya": "new9", "keyb": "new1"}
    asked.rekey(file, into, lambda place: (place[0], place[1], turned[place[2]], place[3]))
    (name,) = asked.read(file).asked
    left, right = asked.read(into).asked[name].left, asked.read(into).asked[name].right
    assert (left[2], right[2]) == ("new1", "new9")
    assert "keya" not in into.read_text()
    asked.rekey(tmp_path / "absent.json", tmp_path / "never.json", lambda place: place)
    assert not (tmp_path / "never.json").exists()


@pytest.mark.parametrize("text", ["", "{", '{"layout": 2}', '{"layout": 1, "asked": {"a": {}}}', "[]"])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "GM0321.review.json"
    file.write_text(text)
    with pytest.raises(IntegrationError) as told:
        asked.read(file)
    assert told.value.reason == Reason.REVIEW_UNREADABLE


# -- who is asked what -----------------------------------------------------------------------------


def test_each_reviewer_has_an_order_of_their_own_without_what_they_or_enough_others_answered() -> None:
    review = named(*[(A, ("ON01", "GM0321", f"key{n:02}", "kind")) for n in range(30)])
    shown = {name: Shown(name, {}, frozenset(), ("a", "b"), ("kind", "kind")) for name in review.asked}
    work = Work(review, shown)
    two = next(name for name, one in review.asked.items() if one.reviewers == 2)
    single = next(name for name, one in review.asked.items() if one.reviewers == 1)
    ann, zoe = (in_order(work, {}, who) for who in ("ann", "zoe"))
    assert sorted(ann) == sorted(zoe) == sorted(review.asked)
    assert ann != zoe
    assert ann == in_order(work, {}, "ann")
    told = {two: [said(two, 1, "ann", "yes")], single: [said(single, 1, "zoe", "no")]}
    assert set(review.asked) - set(in_order(work, told, "ann")) == {two, single}
    assert set(review.asked) - set(in_order(work, told, "zoe")) == {single}


# -- what is shown ---------------------------------------------------------------------------------

WORDS = [
    # outcome, is it the last, the word
    (None, False, "leeg"),
    ("same", False, "gelijk"),
    ("address", False, "gelijk"),
    ("swapped", False, "lijkt op"),
    ("place", False, "lijkt op"),
    ("differs", True, "anders"),
]


@pytest.mark.parametrize(("label", "rest", "word"), WORDS)
def test_the_word_for_an_outcome(label: str | None, rest: bool, word: str) -> None:
    assert show.agreement(label, rest) == word


def test_a_pair_in_words() -> None:
    levels = {"number": None, "birth": "swapped", "given": "alike", "surname": "same", "sex": "differs"}
    shown = Shown(
        "bcdfghjk", levels, frozenset({"differs"}), ("veilig_thuis", "huisarts"), ("ouder1", "patient")
    )
    assert show.fields(shown) == [
        ("BSN", "leeg", ""),
        ("Geboortedatum", "lijkt op", "dag en maand verwisseld"),
        ("Voornaam", "lijkt op", "lijkt sterk"),
        ("Achternaam", "gelijk", ""),
        ("Geslacht", "anders", ""),
    ]
    assert show.records(shown) == [("huisarts", "patiënt"), ("veilig thuis", "ouder")]


# -- the sample and the estimates ------------------------------------------------------------------


def test_the_sample_takes_doubtful_pairs_whole_and_leaves_decided_ones() -> None:
    above = np.array([-1.0] * 40 + [30.0] * 400 + [2.0, 3.0, 30.0])
    linked = np.array([False] * 40 + [True] * 400 + [False, False, True])
    doubtful = np.array([False] * 440 + [True, True, False])
    told = np.array([""] * 440 + ["", "different", "same"])
    parts = draw(Frame(above, linked, doubtful, told), random.Random(1))
    found = {(p.stratum.name, p.stratum.linked): (p.stratum.size, len(p.drawn)) for p in parts}
    assert found == {
        ("decided", True): (1, 0), ("decided", False): (1, 0), ("doubtful", False): (1, 1),
        ("band 0", False): (40, 40), ("band 4", True): (400, 152),
    }  # fmt: skip
    assert sum(p.stratum.size for p in parts) == len(above)
    assert {(p.stratum.same, p.stratum.different) for p in parts if p.stratum.name == "decided"} == {
        (1, 0),
        (0, 1),
    }
    assert all(linked[place] == p.stratum.linked for p in parts for place in p.drawn)


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.booleans()), st.integers(1, 10**7), min_size=1))
def test_every_stratum_gives_a_few_and_none_more_than_it_has(sizes: dict[tuple[int, bool], int]) -> None:
    for key, number in allocate(sizes).items():
        assert min(sizes[key], declared().least_per_stratum) <= number <= sizes[key]


def test_a_frame_that_was_judged_whole_is_told_exactly() -> None:
    found = estimate([Judged(True, 90, 81, 9), Judged(False, 110, 19, 91)])
    assert found is not None
    assert [found.precision.value, found.precision.low, found.precision.high] == pytest.approx([0.9] * 3)
    assert [found.recall.value, found.recall.low, found.recall.high] == pytest.approx([0.81] * 3)


def test_a_stratum_that_nobody_judged_gives_no_estimate() -> None:
    assert estimate([Judged(True, 90, 9, 1), Judged(False, 100, 0, 0, unsure=4)]) is None
    assert estimate([]) is None


def test_no_wrong_link_among_the_judged_is_no_certainty() -> None:
    found = estimate([Judged(True, 1000, 30, 0), Judged(False, 1000, 0, 30)])
    assert found is not None
    assert (found.precision.value, found.recall.value) == (1.0, 1.0)
    assert 0.85 < found.precision.low < 0.97
    assert found.precision.high == found.recall.high == 1.0


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """150 made domains, samples judged by somebody who knows: at least 9 in 10 intervals hold precision and recall."""
    pick = random.Random(7)
    held = {"precision": 0, "recall": 0}
    for _ in range(150):
        above = np.array([pick.uniform(-3, 40) for _ in range(1500)])
        linked = np.array([bits > 4 and pick.random() < 0.97 for bits in above])
        true = np.array([pick.random() < (0.98 if bits > 8 else 0.1 * max(bits + 1, 0.05)) for bits in above])
        nothing = np.zeros(len(above), bool)
        parts = draw(Frame(above, linked, nothing, np.array([""] * len(above))), pick)
        strata = [
            Judged(p.stratum.linked, p.stratum.size, int(true[list(p.drawn)].sum()),
                   int((~true[list(p.drawn)]).sum()))
            for p in parts
        ]  # fmt: skip
        found = estimate(strata)
        assert found is not None
        right = (linked & true).sum()
        for name, truth in (("precision", right / linked.sum()), ("recall", right / true.sum())):
            share = getattr(found, name)
            held[name] += share.low <= truth <= share.high
    assert min(held.values()) >= 135


def test_what_stands_is_counted_by_stratum() -> None:
    sample = Sample("2026-01-12", (Stratum("band 1", True, 9, ("a", "b", "c", "d")),
                                   Stratum("decided", False, 5, (), 2, 3)))  # fmt: skip
    assert judged(sample, {"a": "yes", "b": "no", "c": "unsure"}) == [
        Judged(True, 9, 1, 1, 1), Judged(False, 5, 2, 3, 0),
    ]  # fmt: skip


# -- explanations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["bsn 123456782", "1234.56.782", "op 12-03-2015 geboren", "bel 06-12345678", "jan@example.org", "in 3991 AA",
     "in 3991aa", "x" * (MOST + 1), "twee\nregels"],
)  # fmt: skip
def test_what_looks_like_personal_data_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as told:
        explanation(text)
    assert told.value.reason == Reason.EXPLANATION_REFUSED
    assert text not in str(told.value)


@pytest.mark.parametrize(
    "text", ["", "dossier ingezien: twee kinderen", "sinds 2026 is dit zo", " zie 3 meldingen "]
)
def test_an_explanation_is_kept_as_it_is(text: str) -> None:
    assert explanation(text) == text.strip()


def test_progress_counts_pairs_and_is_json() -> None:
    review = Review({"p": asked.Asked(A, B, 1), "q": asked.Asked(A, C, 2), "r": asked.Asked(B, C, 2)})
    answers = {
        "p": [said("p", 1, "ann", "yes")],
        "q": [said("q", 1, "ann", "yes"), said("q", 2, "zoe", "no")],
    }
    told = json.loads(json.dumps(progress(review, ["p", "q", "r"], answers).as_dict()))
    assert told["settled"] == {"yes": 1, "no": 0, "unsure": 0}
    assert [told[n] for n in ("asked", "open", "third", "answers", "reviewers", "disagreements")] == [
        3,
        1,
        1,
        3,
        2,
        1,
    ]
    assert {"one": "yes", "other": "no", "pairs": 1} in told["kappa"]["cells"]
    assert (told["sample_day"], told["estimates"]) == (None, None)
