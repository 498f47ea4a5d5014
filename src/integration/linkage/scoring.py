"""The evidence between two records: the model's on likeness, and tokens alone where a record has no filters.

What two records say depends on those two and on the saved model only, never on who else there is: that is why pairs
can be kept. The exception is a block or token that too many carry, which is no evidence; who is in one that passed
that bound since, either way, is compared again (:func:`crossed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from integration.linkage.declared import declared
from integration.linkage.steps import build

if TYPE_CHECKING:
    import duckdb

MOST_CARRIERS = 200
"""Records with one token of names and birth date; more is a default value."""


class Scorer(Protocol):
    """What says how alike records are."""

    @property
    def mark(self) -> str:
        """Names the saved model: pairs of two marks are not put together."""

    @property
    def threshold(self) -> float:
        """Match weight (log2) from which a pair is one person."""

    @property
    def low(self) -> float:
        """Match weight from which a pair is worth a reviewer's look."""

    def crossed(self, con: duckdb.DuckDBPyConnection) -> None:
        """Add to ``work.person_new`` the records whose blocks passed a bound since the night before."""

    def score(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make ``work.scored`` of the records ``work.person_encoded``: pairs of which one is in ``work.person_new``."""


@dataclass(frozen=True)
class TokenScorer:
    """No model: tokens of names only, as between records without filters."""

    mark: str = "tokens"
    threshold: float = 0.0
    low: float = -3.0

    def crossed(self, con: duckdb.DuckDBPyConnection) -> None:
        """There are no blocks."""

    def score(self, con: duckdb.DuckDBPyConnection) -> None:
        """No pair by likeness."""
        con.execute(
            'create or replace table work.scored ("left" bigint, "right" bigint, match_weight double, veto varchar)'
        )


def score_pairs(con: duckdb.DuckDBPyConnection, scorer: Scorer) -> None:
    """Make ``work.new_pair``: the pairs of new records with all, from likeness and from tokens, each once."""
    weights = [(name, bits) for name, bits in declared().tokens.items()]
    con.execute("create or replace table work.token_weight (rule varchar, weight double)")
    con.executemany("insert into work.token_weight values (?, ?)", weights)
    build(con, "work.person_token_pair", {"threshold": scorer.threshold, "most_carriers": MOST_CARRIERS})
    scorer.score(con)
    build(con, "work.new_pair", {"low": scorer.low})


def default_scorer() -> Scorer:
    """The shipped model."""
    return TokenScorer()
