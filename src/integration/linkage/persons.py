"""Which mentions speak of one person.

Rule 1: the same BSN token. Rule 2: birth date, sex, surname and address (with first name where twins could
be meant). Rule 3: birth date, surname and first name or initial, only when that points to one person. The rules
are tried strongest first, each on what the one before left; two BSNs never become one person.
(docs/explanation/linkage.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from integration.linkage.clusters import grow
from integration.linkage.pseudonym import PseudonymKey, pseudonymiser
from integration.linkage.steps import build, fetch, tally, texts, upload, workbench
from integration.names import DomainCode

if TYPE_CHECKING:
    import duckdb

TOKEN_RULES = ("demographic_first", "demographic", "name_first", "name")
"""Rules 2 and 3, strongest first; each also without the full first name."""


@dataclass(frozen=True)
class PersonsLinked:
    """What :func:`link_persons` found.

    ``by_rule`` counts mentions by the rule that joined them to a person (``own``: to nobody else), ``alone``
    counts the mentions of rule ``own`` by reason.
    """

    mentions: int
    persons: int
    persons_with_bsn: int
    mentions_joined: int
    mentions_alone: int
    by_rule: Mapping[str, int]
    alone: Mapping[str, int]


def link_persons(
    con: duckdb.DuckDBPyConnection, domain: DomainCode, output_key: PseudonymKey
) -> PersonsLinked:
    """Read ``staging.mentions``; write ``link.mention_person`` (one row a mention) and ``link.person``.

    The same mentions in any order give the same persons and the same pseudonyms. Raises
    :class:`IntegrationError` (MODEL_FAILED) naming the step, never a value.
    """
    with workbench(con):
        for step in ("work.person_mention", "work.person_slot", "work.person_unit", "work.person_token"):
            build(con, step)
        _start_clusters(con)
        for number, rule in enumerate(TOKEN_RULES):
            _apply_rule(con, number, rule)
        build(con, "work.person_anchor")
        _name_persons(con, domain, output_key)
        build(con, "work.person_found")
        build(con, "link.mention_person")
        build(con, "link.person")
    return _result(con)


def _start_clusters(con: duckdb.DuckDBPyConnection) -> None:
    """Every unit without a BSN begins as a cluster of its own; a unit with a BSN is one and stays one."""
    con.execute(
        "create table work.person_cluster as "
        "select unit, unit as cluster, cast(null as varchar) as joined_by from work.person_unit where not bsn"
    )
    con.execute("create table work.person_refusal (step integer, cluster bigint, reason varchar)")


def _apply_rule(con: duckdb.DuckDBPyConnection, number: int, rule: str) -> None:
    """Join the clusters that this rule's tokens show to be one person; keep why others were not joined."""
    build(con, "work.person_evidence", {"rule": rule})
    shared = fetch(con, "select token, cluster, bsn from work.person_evidence where reason is null")
    growth = grow(shared["token"], shared["cluster"], shared["bsn"])
    upload(con, "work.person_growth", {"cluster": growth.cluster, "root": growth.root})
    upload(con, "work.person_undecided", {"cluster": growth.undecided})
    con.execute(
        "update work.person_cluster set cluster = root, joined_by = coalesce(joined_by, $rule) "
        "from work.person_growth where person_cluster.cluster = person_growth.cluster",
        {"rule": rule},
    )
    con.execute(
        "insert into work.person_refusal "
        "select $step, cluster, reason from work.person_evidence where reason is not null and not bsn "
        "union select $step, cluster, 'several_persons' from work.person_undecided",
        {"step": number},
    )


def _name_persons(con: duckdb.DuckDBPyConnection, domain: DomainCode, output_key: PseudonymKey) -> None:
    """Make each person's pseudonym from its anchor."""
    pseudonym = pseudonymiser(domain, "output", output_key)
    anchors = fetch(con, "select cluster, anchor from work.person_anchor")
    named = texts(pseudonym(anchor) for anchor in anchors["anchor"])
    upload(con, "work.person_pseudonym", {"cluster": anchors["cluster"], "person_id": named})


def _result(con: duckdb.DuckDBPyConnection) -> PersonsLinked:
    by_rule = tally(con, "select rule, count(*) from link.mention_person group by rule")
    alone = tally(con, "select reason, count(*) from link.mention_person where rule = 'own' group by reason")
    persons, with_bsn = con.execute("select count(*), count_if(has_bsn) from link.person").fetchall()[0]
    mentions = sum(by_rule.values())
    return PersonsLinked(
        mentions=mentions,
        persons=persons,
        persons_with_bsn=with_bsn,
        mentions_joined=mentions - by_rule.get("own", 0),
        mentions_alone=by_rule.get("own", 0),
        by_rule=by_rule,
        alone=alone,
    )
