"""Which mentions speak of one person.

Deterministic rules that stay make *units*: mentions with the same number, and the versions of one record unless they
contradict each other. The model says how alike units are of which at least one has no number; clusters are grown
strongest first, never with two numbers or two rows of a deduplicated delivery; reviewers' decisions go before. What the
night before knew is taken from the link file: only new and changed records are compared, only what they touch is
grown again, and persons keep their names. (docs/explanation/linkage.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration.errors import IntegrationError
from integration.linkage import decisions
from integration.linkage.clustering import Clustered, cluster_units
from integration.linkage.declared import declared
from integration.linkage.history import keep_persons
from integration.linkage.link_file import LinkFile, no_file
from integration.linkage.naming import claim, new_names
from integration.linkage.pseudonym import PseudonymKey, pseudonymiser
from integration.linkage.scoring import MOST_CARRIERS, Scorer, default_scorer, score_pairs
from integration.linkage.steps import build, fetch, tally, texts, upload, workbench
from integration.names import DomainCode
from integration.reasons import Reason

if TYPE_CHECKING:
    import duckdb

RULES = ("bsn", "record", "model", "reviewed")
"""What joins a mention to a person; ``own`` is none of them."""


@dataclass(frozen=True)
class PersonsLinked:
    """What :func:`link_persons` found.

    ``by_rule`` counts mentions by the rule that joined them to a person (``own``: to nobody else), ``alone``
    counts the mentions of rule ``own`` by reason. ``mentions_on_tokens`` were joined by tokens alone (their records
    have no filters). ``over_linked`` counts components with a cluster above the cap, ``bridges`` weak pairs that alone
    hold a person together, ``to_review`` pairs for reviewers, ``decisions_refused`` those that would join two numbers.
    """

    mentions: int
    persons: int
    persons_with_bsn: int
    mentions_joined: int
    mentions_alone: int
    by_rule: Mapping[str, int]
    alone: Mapping[str, int]
    mentions_on_tokens: int = 0
    records: int = 0
    records_compared: int = 0
    pairs: int = 0
    components_grown: int = 0
    over_linked: int = 0
    bridges: int = 0
    to_review: int = 0
    decisions_refused: int = 0
    merges: int = 0
    splits: int = 0


def link_persons(
    con: duckdb.DuckDBPyConnection,
    domain: DomainCode,
    output_key: PseudonymKey,
    file: LinkFile | None = None,
    scorer: Scorer | None = None,
    *,
    encoding: str = "",
) -> PersonsLinked:
    """Read ``staging.mentions``; write ``link.mention_person`` (one row a mention) and ``link.person``.

    ``file`` is the domain's link file (:func:`open_link_file`); without it nothing is
    remembered. ``encoding`` names the keys and parameters of the encoded columns. The same mentions (in any order) and
    file give the same persons and the same pseudonyms. Raises :class:`IntegrationError`: MODEL_FAILED naming the step,
    never a value; LINK_ENCODING_MIXED when the file holds records of another encoding.
    """
    if file is None:
        with no_file(con) as nothing:
            return link_persons(con, domain, output_key, nothing, scorer, encoding=encoding)
    found = scorer or default_scorer(file.model)
    held_encoding = file.mark("encoding")
    if held_encoding is not None and held_encoding != encoding:
        raise IntegrationError(Reason.LINK_ENCODING_MIXED)
    with workbench(con):
        _look_back(con, file, found)
        _units(con)
        compared = _pairs(con, file, found)
        decisions.upload(con, decisions.read(file.decisions))
        build(con, "work.person_edge")
        build(con, "work.person_told")
        clustered = cluster_units(con, found.threshold)
        new = _name_persons(con, file, domain, output_key)
        build(con, "work.person_found", {"threshold": found.threshold})
        build(con, "link.mention_person")
        build(con, "link.person")
        build(con, "work.person_review", {"threshold": found.threshold})
        events = keep_persons(con, file, domain, encoding, found.mark, new)
        return _result(con, clustered, compared, events)


def _look_back(con: duckdb.DuckDBPyConnection, file: LinkFile, scorer: Scorer) -> None:
    """Make views of what is held; pairs and clusters of another model are not."""
    for name in ("record", "pair", "cluster", "event"):
        con.execute(f"create view work.held_{name} as select * from {file.previous}.{name}")
    if file.mark("model") not in (None, scorer.mark):
        con.execute("create or replace view work.held_pair as select * from held.pair where false")
        con.execute(
            "create or replace view work.held_cluster as "
            "select * replace (cast(null as ubigint) as component) from held.cluster"
        )
        con.execute(
            "create or replace view work.held_record as "
            "select * replace (cast(null as boolean) as numbered) from held.record"
        )


def _units(con: duckdb.DuckDBPyConnection) -> None:
    """What deterministic rules make one."""
    con.execute("create table work.one_row (source varchar, role varchar)")
    con.executemany("insert into work.one_row values (?, ?)", declared().slots)
    for step in ("work.person_mention", "work.person_slot", "work.person_unit"):
        build(con, step)


def _pairs(con: duckdb.DuckDBPyConnection, file: LinkFile, scorer: Scorer) -> int:
    """Make ``work.pair``: what is held of records that are as they were, and new ones; return the records compared."""
    highest = con.execute("select coalesce(max(record), -1) from work.held_record").fetchall()[0][0]
    build(con, "work.person_record", {"next_record": max(int(file.mark("next_record") or 0), highest + 1)})
    build(con, "work.person_encoded")
    con.execute("create table work.person_new as select record from work.person_record where not known")
    if highest >= 0:
        build(con, "work.person_crossed", {"most_carriers": MOST_CARRIERS})
        con.execute("insert into work.person_new (from work.person_crossed except from work.person_new)")
        scorer.crossed(con)
    score_pairs(con, scorer)
    build(con, "work.pair")
    return int(con.execute("select count(*) from work.person_new").fetchall()[0][0])


def _name_persons(
    con: duckdb.DuckDBPyConnection, file: LinkFile, domain: DomainCode, output_key: PseudonymKey
) -> list[str]:
    """Make ``work.person_name`` (cluster, person_id): the names that stay, and new ones, which are returned."""
    build(con, "work.person_before")
    build(con, "work.person_vote")
    claim(con, file, "person")
    build(con, "work.person_anchor")
    anchors = fetch(con, "select cluster, anchor from work.person_anchor order by node")
    named = new_names(con, file, anchors["anchor"].tolist(), pseudonymiser(domain, "output", output_key))
    upload(con, "work.person_named", {"cluster": anchors["cluster"], "person_id": texts(named)})
    con.execute(
        "create table work.person_name as select cluster, old_id as person_id from work.name_claim "
        "where what = 'kept' union all from work.person_named"
    )
    return named


def _result(
    con: duckdb.DuckDBPyConnection, clustered: Clustered, compared: int, events: Mapping[str, int]
) -> PersonsLinked:
    by_rule = tally(con, "select rule, count(*) from link.mention_person group by rule")
    alone = tally(con, "select reason, count(*) from link.mention_person where rule = 'own' group by reason")
    persons, with_bsn = con.execute("select count(*), count_if(has_bsn) from link.person").fetchall()[0]
    mentions = sum(by_rule.values())

    def rows(query: str) -> int:
        return int(con.execute(f"select count(*) from {query}").fetchall()[0][0])

    return PersonsLinked(
        mentions=mentions,
        persons=persons,
        persons_with_bsn=with_bsn,
        mentions_joined=mentions - by_rule.get("own", 0),
        mentions_alone=by_rule.get("own", 0),
        by_rule=by_rule,
        alone=alone,
        mentions_on_tokens=rows(
            "work.person_slot inner join work.person_found using (unit) where unit_rule is null and on_tokens"
        ),
        records=rows("work.person_record"),
        records_compared=compared,
        pairs=rows("work.pair"),
        components_grown=clustered.components_grown,
        over_linked=clustered.too_large,
        bridges=clustered.bridges,
        to_review=rows("work.person_review"),
        decisions_refused=clustered.refused,
        merges=events.get("merge", 0),
        splits=events.get("split", 0),
    )
