"""From answers to linkage decisions: what stands as yes or no is decided once, and the next night honours it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.errors import UsageError
from integration.linkage import decisions
from integration.linkage.decisions import UNSURE, Decision
from integration.linkage.review.answers import ANSWERS, DECISIONS, Answer, Answers, outcomes
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.linkage.review.asked import Review
    from integration.linkage.review.worklist import Work
    from integration.names import DomainCode
    from integration.storage import Zones

BY = "reviewers"
"""Who decided, in the linking zone: who they were stands in the stewards' store only."""


def answer(
    work: Work, answers: Answers, pair: str, given: str, *, who: str, role: str, at: str, why: str = ""
) -> list[Answer]:
    """Write one reviewer's answer about a pair; return all about it. What stands is decided by :func:`settle`.

    Raises :class:`UsageError`: REVIEW_ANSWER_UNKNOWN, REVIEW_PAIR_UNKNOWN (never asked, or forgotten with the records),
    REVIEW_PAIR_GONE (its records went, or nothing about it is doubtful any more since the last night),
    REVIEW_PAIR_ANSWERED, REVIEW_PAIR_SETTLED, REVIEW_ANSWERED_AT_ONCE. Nothing is written then.
    """
    if given not in ANSWERS:
        raise UsageError(Reason.REVIEW_ANSWER_UNKNOWN, " | ".join(ANSWERS))
    known = work.review.asked.get(pair)
    if known is None:
        gone = pair in work.review.gone
        raise UsageError(Reason.REVIEW_PAIR_GONE if gone else Reason.REVIEW_PAIR_UNKNOWN)
    answers.check(pair, who, known.reviewers)
    if pair not in work.shown:
        raise UsageError(Reason.REVIEW_PAIR_GONE)
    return answers.add(pair, who, given, reviewers=known.reviewers, at=at, role=role, why=why)


def settled(review: Review, answers: Answers) -> dict[str, str]:
    """What stands about each pair that is settled: yes, no or unsure."""
    return outcomes(answers.all(), {name: one.reviewers for name, one in review.asked.items()})


def settle(zones: Zones, domain: DomainCode, review: Review, answers: Answers, at: str) -> int:
    """Write the decision of every pair that stands as yes or no and was not decided yet; return how many.

    Whoever was cut off between an answer and its decision loses nothing: the next time it is written.
    Raises :class:`IntegrationError` (LINK_DECISIONS_UNREADABLE).
    """
    file = decisions.path(zones, domain)
    done = {one.pair for one in decisions.read(file)}
    made = 0
    for pair, what in sorted(settled(review, answers).items()):
        decision = DECISIONS[what]
        if decision != UNSURE and pair not in done:
            known = review.asked[pair]
            decisions.add(file, Decision(at, BY, decision, (known.left,), (known.right,), pair=pair))
            made += 1
    return made
