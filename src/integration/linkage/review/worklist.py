"""Which pairs are asked of whom: all doubtful pairs, and the sample behind estimates, in an order that says nothing.

A reviewer gets them in an order of their own, hashed from their name: doubtful or drawn, linked or not cannot be told.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from integration.errors import IntegrationError
from integration.linkage import decisions
from integration.linkage.decisions import Place, alone
from integration.linkage.link_file import HELD, open_link_file
from integration.linkage.review import asked
from integration.linkage.review.answers import Answer, outcome
from integration.linkage.review.asked import Pair, Review
from integration.linkage.review.declared import declared
from integration.linkage.review.sampling import Frame, draw
from integration.linkage.scoring import ModelScorer, default_scorer
from integration.linkage.steps import build, fetch, workbench
from integration.reasons import Reason
from integration.warehouse import sealed_errors

if TYPE_CHECKING:
    import duckdb

    from integration.linkage.link_file import LinkFile
    from integration.linkage.scoring import Scorer
    from integration.names import DomainCode
    from integration.storage import Zones

_HELD = ("record", "pair", "cluster", "review")


@dataclass(frozen=True)
class Shown:
    """One pair as a reviewer may see it: of each comparison the label of its outcome (None: nothing to compare).

    ``sources`` and ``roles`` are those of its two records, each in the order of the other.
    """

    pair: str
    levels: Mapping[str, str | None]
    rests: frozenset[str]
    sources: tuple[str, str]
    roles: tuple[str, str]


@dataclass(frozen=True)
class Work:
    """What is there to judge now: the file of references, and each pair that is asked with what may be seen of it."""

    review: Review
    shown: Mapping[str, Shown]


def look(
    con: duckdb.DuckDBPyConnection,
    zones: Zones,
    domain: DomainCode,
    day: date,
    *,
    new_sample: bool = False,
    pick: random.Random | None = None,
) -> Work:
    """Name what is doubtful since the last night, draw the sample if there is none (or a new one), and tell the work.

    Raises :class:`IntegrationError`: LINK_NOTHING_HELD, LINK_FILE_UNREADABLE, LINK_DECISIONS_UNREADABLE,
    REVIEW_UNREADABLE.
    """
    if not zones.link_file(domain).exists():
        raise IntegrationError(Reason.LINK_NOTHING_HELD, str(domain))
    file, chance = asked.path(zones, domain), pick or random.SystemRandom()
    with alone(zones.linking), _frame(con, zones, domain) as link_file:
        scorer = default_scorer(link_file.model)
        before = asked.read(file)
        doubtful = _pairs(con, "where doubtful and told is null")
        review = asked.name_pairs(before, list(doubtful), declared().two_reviewers, chance)
        if new_sample or review.sample is None:
            review = _draw(con, replace(review, gone=frozenset()), scorer, day, chance)
        if review != before:
            asked.write(file, review)
        return Work(review, _shown(con, review, set(doubtful), scorer))


@contextmanager
def _frame(con: duckdb.DuckDBPyConnection, zones: Zones, domain: DomainCode) -> Iterator[LinkFile]:
    """``work.review_frame`` of the domain's link file."""
    with (
        sealed_errors("linkage review"),
        open_link_file(con, zones, domain, date.min, keep=False) as file,
        workbench(con),
    ):
        for name in _HELD:
            con.execute(f"create view work.held_{name} as select * from {HELD}.{name}")
        decisions.upload(con, decisions.read(file.decisions))
        build(con, "work.review_frame")
        yield file


def _pairs(con: duckdb.DuckDBPyConnection, where: str) -> dict[Pair, int]:
    """The pairs of places of some rows of the frame, with the row's number."""
    rows = con.execute(f"select left_place, right_place, number from work.review_frame {where}").fetchall()
    return {(_place(left), _place(right)): int(row) for left, right, row in rows}


def _place(told: Mapping[str, Any]) -> Place:
    return str(told["supplier"]), str(told["municipality"]), str(told["key"]), str(told["role"])


def _draw(
    con: duckdb.DuckDBPyConnection, review: Review, scorer: Scorer, day: date, pick: random.Random
) -> Review:
    """The review with a sample of the frame as it is now, every pair of it named."""
    columns = fetch(
        con,
        f"select number, match_weight - {float(scorer.threshold)!r} as above, linked, doubtful, "
        "coalesce(told, '') as told from work.review_frame order by number",
    )
    parts = draw(Frame(columns["above"], columns["linked"], columns["doubtful"], columns["told"]), pick)
    rows = [int(columns["number"][place]) for part in parts for place in part.drawn]
    con.execute("create or replace table work.review_drawn (drawn bigint)")
    if rows:
        con.executemany("insert into work.review_drawn values (?)", [[row] for row in rows])
    pairs = {row: pair for pair, row in _pairs(con, "semi join work.review_drawn on drawn = number").items()}
    review = asked.name_pairs(review, list(pairs.values()), declared().two_reviewers, pick)
    names = review.references()
    strata = tuple(
        replace(
            part.stratum,
            drawn=tuple(sorted(names[pairs[int(columns["number"][place])]] for place in part.drawn)),
        )
        for part in parts
    )
    return replace(review, sample=asked.Sample(day.isoformat(), strata))


def _shown(
    con: duckdb.DuckDBPyConnection, review: Review, doubtful: set[Pair], scorer: Scorer
) -> dict[str, Shown]:
    """What may be seen of each pair that is asked: doubtful, or drawn and still compared."""
    drawn = review.drawn()
    wanted = {
        (one.left, one.right): name
        for name, one in review.asked.items()
        if name in drawn or (one.left, one.right) in doubtful
    }
    comparisons = _comparisons(con, scorer)
    gammas = "".join(f', "gamma_{name}"' for name in comparisons)
    con.execute("create or replace table work.review_wanted (supplier varchar, key varchar, role varchar)")
    keys = sorted({(left[0], left[2], left[3]) for left, _ in wanted})
    if keys:
        con.executemany("insert into work.review_wanted values (?, ?, ?)", keys)
    rows = con.execute(
        f"select left_place, right_place, left_source, right_source{gammas} from work.review_frame "
        "semi join work.review_wanted as wanted on wanted.supplier = left_place.supplier "
        "and wanted.key = left_place.key and wanted.role = left_place.role"
    ).fetchall()
    rests = frozenset(labels[0] for labels in comparisons.values())
    found = {}
    for left, right, left_source, right_source, *levels in rows:
        name = wanted.get((_place(left), _place(right)))
        if name is not None:
            told = {
                comparison: _label(labels, gamma)
                for (comparison, labels), gamma in zip(comparisons.items(), levels, strict=True)
            }
            roles = str(left["role"]), str(right["role"])
            found[name] = Shown(name, told, rests, (left_source, right_source), roles)
    return found


def _label(labels: Sequence[str], gamma: int | None) -> str | None:
    return labels[gamma] if gamma is not None and 0 <= gamma < len(labels) else None


def _comparisons(con: duckdb.DuckDBPyConnection, scorer: Scorer) -> dict[str, tuple[str, ...]]:
    """Each comparison that pairs were scored on, with its outcomes from the last (0) to the best, as a gamma counts."""
    if not isinstance(scorer, ModelScorer):
        return {}
    from integration.linkage.model.blocking import filled_columns

    there = {row[0] for row in con.execute("describe work.review_frame").fetchall()}
    fitted = scorer.model.fit(filled_columns(con, "work.held_record"))
    return {
        one.name: tuple(level.label for level in reversed(one.levels))
        for one in fitted
        if f"gamma_{one.name}" in there
    }


def in_order(work: Work, answers: Mapping[str, Sequence[Answer]], who: str) -> list[str]:
    """The pairs that still ask something of this reviewer, in the reviewer's own order."""
    open_pairs = [
        name
        for name in work.shown
        if outcome([one.answer for one in answers.get(name, ())], work.review.asked[name].reviewers) is None
        and all(one.who != who for one in answers.get(name, ()))
    ]
    return sorted(open_pairs, key=lambda name: hashlib.sha256(f"{who}\n{name}".encode()).digest())
