"""The evidence between two records: the model's on likeness, and tokens alone where a record has no filters.

What two records say depends on those two and on the saved model only, never on who else there is: that is why pairs
can be kept. The exception is a block or token that too many carry, which is no evidence; who is in one that passed
that bound since, either way, is compared again (:func:`crossed`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from integration.linkage.declared import declared
from integration.linkage.steps import build
from integration.pseudonyms.link_parameters import load_parameters

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from integration.linkage.model import Model

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


@dataclass(frozen=True)
class ModelScorer:
    """The person model, with blocking rules that do not depend on how many records there are."""

    model: Model
    mark: str

    @property
    def threshold(self) -> float:
        """The model's."""
        return self.model.threshold

    @property
    def low(self) -> float:
        """Where the model's grey zone begins."""
        return self.model.grey[0]

    def crossed(self, con: duckdb.DuckDBPyConnection) -> None:
        """Add the records of blocks that passed the model's cap since the night before."""
        cap = int(self.model.declaration.cap)
        before = {row[0] for row in con.execute("describe work.held_record").fetchall()}
        for rule in self.model.rules or ():
            if not set(rule.columns) <= before:
                continue
            columns = ", ".join(f'"{name}"' for name in rule.columns)
            known = " and ".join(f'"{name}" is not null' for name in rule.columns)
            large = f"select {columns} from {{}} where {known} group by all having count(*) > {cap}"
            now, then = large.format("work.person_encoded"), large.format("work.held_record")
            con.execute(
                "insert into work.person_new select record from work.person_encoded semi join "
                f"((({now}) except ({then})) union all (({then}) except ({now}))) using ({columns}) "
                "anti join (select record as r from work.person_new) as there on r = record"
            )

    def score(self, con: duckdb.DuckDBPyConnection) -> None:
        """Block and score in ``work``, whose tables the model's SQL names without it."""
        from integration.linkage.model import block, score

        (here,) = con.execute("select current_database()").fetchall()[0]
        con.execute("use work")
        try:
            block(con, self.model, "person_encoded", new="person_new", skip_numbered=True, into="blocked")
            score(con, self.model, "person_encoded", blocked="blocked", into="scored", minimum=self.low)
        finally:
            con.execute(f'use "{here}"')


def score_pairs(con: duckdb.DuckDBPyConnection, scorer: Scorer) -> None:
    """Make ``work.new_pair``: the pairs of new records with all, from likeness and from tokens, each once."""
    weights = [(name, bits) for name, bits in declared().tokens.items()]
    con.execute("create or replace table work.token_weight (rule varchar, weight double)")
    con.executemany("insert into work.token_weight values (?, ?)", weights)
    build(con, "work.person_token_pair", {"threshold": scorer.threshold, "most_carriers": MOST_CARRIERS})
    scorer.score(con)
    build(con, "work.new_pair", {"low": scorer.low})


def default_scorer(path: Path | None = None) -> Scorer:
    """The model in ``path``, when there is one, else the shipped one; as every night uses it.

    Raises :class:`DeclarationError` as :func:`model_in_use`.
    """
    return _scorer(model_in_use(path)) if path is not None and path.exists() else _shipped_scorer()


@lru_cache(maxsize=1)
def _shipped_scorer() -> Scorer:
    return _scorer(model_in_use(None))


def _scorer(used: Model) -> Scorer:
    model = nightly_model(used)
    text = json.dumps(model.as_dict(), sort_keys=True, default=str)
    return ModelScorer(model, hashlib.sha256(text.encode()).hexdigest()[:16])


def model_in_use(path: Path | None) -> Model:
    """The model in ``path``, when there is one, else the shipped one.

    Raises :class:`DeclarationError`: LINK_MODEL_INVALID, LINK_VERSIONS_MIXED when it is of another version of the
    declaration or was trained on another version of the encoding.
    """
    from integration.linkage.model import load_model, same_encoding

    model = load_model(path if path is not None and path.exists() else None)
    same_encoding(model, encoding_version())
    return model


def encoding_version() -> str:
    """The version of the link encoding in force, as a model tells what it was trained on."""
    return f"link-encoding/{load_parameters().version}"


def nightly_model(model: Model | None = None) -> Model:
    """A model (None: the shipped one) with rules that are fixed: which pairs are compared hangs on no other record.

    Weak rules, of which the size of the data decides, are left out where the model fixes none.
    """
    from integration.linkage.model import load_model

    model = model or load_model()
    if model.rules is None:
        model = replace(model, rules=tuple(rule for rule in model.declaration.rules if not rule.weak))
    return model
