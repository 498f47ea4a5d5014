"""What reviewers answered: an append-only table in the stewards' store, under a pair's reference and nothing else.

No place, record key or person is in it. One answer of a reviewer about a pair; the database refuses a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from integration.errors import UsageError
from integration.linkage.decisions import DIFFERENT, SAME, UNSURE
from integration.reasons import Reason
from integration.store import Store, append_only

if TYPE_CHECKING:
    from integration.names import DomainCode

YES, NO, NOT_SURE = "yes", "no", "unsure"
ANSWERS = (YES, NO, NOT_SURE)
DECISIONS = {YES: SAME, NO: DIFFERENT, NOT_SURE: UNSURE}
"""What an answer that stands says to linkage; unsure says nothing."""
MOST = 3
"""Reviewers of one pair: two who differ are followed by a third."""

_META = sa.MetaData()
_ANSWER = append_only(
    sa.Table(
        "review_answer",
        _META,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("domain", sa.String(16), nullable=False),
        sa.Column("pair", sa.String(16), nullable=False),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.UniqueConstraint("domain", "pair", "turn"),
        sa.UniqueConstraint("domain", "pair", "who"),
    )
)


@dataclass(frozen=True)
class Answer:
    """One answer: pair, which answer about it this is (1, 2, 3), who and in which role, what, why, when (ISO)."""

    pair: str
    turn: int
    who: str
    role: str
    answer: str
    why: str
    at: str


def outcome(answers: Sequence[str], reviewers: int) -> str | None:
    """What stands after these answers, in their order: yes, no or unsure; None while somebody still has to answer.

    One reviewer's answer stands. Of two who agree theirs stands; when they differ a third answers and the majority
    stands; without a majority (yes, no and unsure) it is unsure.
    """
    if len(answers) < reviewers:
        return None
    most, times = Counter(answers).most_common(1)[0]
    if times == len(answers) or (len(answers) >= MOST and times * 2 > len(answers)):
        return most
    return NOT_SURE if len(answers) >= MOST else None


class Answers:
    """The answers of one domain in the stewards' store."""

    def __init__(self, url: str, domain: DomainCode) -> None:
        self._store, self._domain = Store(url, _META), str(domain)

    def all(self) -> dict[str, list[Answer]]:
        """The answers about each pair, in their order."""
        with self._store.read() as con:
            return self._found(con)

    def _found(self, con: sa.Connection, pair: str | None = None) -> dict[str, list[Answer]]:
        columns = (_ANSWER.c[name] for name in Answer.__dataclass_fields__)
        query = sa.select(*columns).where(_ANSWER.c.domain == self._domain)
        if pair is not None:
            query = query.where(_ANSWER.c.pair == pair)
        found: dict[str, list[Answer]] = {}
        for row in con.execute(query.order_by(_ANSWER.c.pair, _ANSWER.c.turn)):
            found.setdefault(row.pair, []).append(Answer(*row))
        return found

    def check(self, pair: str, who: str, reviewers: int) -> None:
        """Refuse an answer that is not asked of this reviewer (any more).

        Raises :class:`UsageError`: REVIEW_PAIR_ANSWERED when this reviewer answered it, REVIEW_PAIR_SETTLED when
        nothing has to be answered.
        """
        with self._store.read() as con:
            _check(self._found(con, pair).get(pair, []), who, reviewers)

    def add(
        self, pair: str, who: str, answer: str, *, reviewers: int, at: str, role: str, why: str = ""
    ) -> list[Answer]:
        """Write an answer; return all about the pair. Of two at once the database takes one; the other is tried again.

        Raises :class:`UsageError`: as :meth:`check`; REVIEW_ANSWERED_AT_ONCE when others were first each time. Nothing
        of it is written then.
        """
        for _ in range(MOST):
            try:
                with self._store.write() as con:
                    before = self._found(con, pair).get(pair, [])
                    _check(before, who, reviewers)
                    made = Answer(pair, len(before) + 1, who, role, answer, why, at)
                    con.execute(_ANSWER.insert().values(domain=self._domain, **vars(made)))
                return [*before, made]
            except sa.exc.IntegrityError:
                continue
        raise UsageError(Reason.REVIEW_ANSWERED_AT_ONCE)


def _check(before: Sequence[Answer], who: str, reviewers: int) -> None:
    if any(one.who == who for one in before):
        raise UsageError(Reason.REVIEW_PAIR_ANSWERED)
    if outcome([one.answer for one in before], reviewers) is not None:
        raise UsageError(Reason.REVIEW_PAIR_SETTLED)


def outcomes(answers: Mapping[str, Sequence[Answer]], reviewers: Mapping[str, int]) -> dict[str, str]:
    """What stands about each pair of ``reviewers`` (pair to how many judge it) that is settled."""
    found = {
        name: outcome([one.answer for one in answers.get(name, ())], number)
        for name, number in reviewers.items()
    }
    return {name: what for name, what in found.items() if what is not None}
