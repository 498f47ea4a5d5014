"""Find a person: which mentions, in every encoded delivery of a domain, speak of them.

The linkage says so, run anew in memory: first over what the published file was built from, so that a pseudonym means
here what it means there, then over all encoded deliveries (also replaced ones and those not loaded), so that nothing
is passed over. A mention that the published linkage gives to somebody else stays theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from integration import inputs, warehouse
from integration.decoded import shown
from integration.errors import UsageError
from integration.ledger import Ledger
from integration.linkage import MERGED, link_persons, open_link_file
from integration.linkage.pseudonym import PseudonymKey
from integration.names import DeliveryId, InvalidName
from integration.pseudonyms.link_mark import link_mark
from integration.pseudonyms.link_names import link_columns
from integration.pseudonyms.tokens import parse_token
from integration.reasons import Reason
from integration.rights.leaving_out import LIKENESSES

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring
    from integration.rights.lists import Wanted
    from integration.settings import Settings
    from integration.storage import Zones

_KEY = "delivery_id, row_number, role"
_TOKENS = ("bsn_token", *LIKENESSES, "address_token", "address_token_base")
_LINKS = f"[{', '.join(link_columns())}] as links"
_STRONG = ("token_demographic_first", "token_birth_first")
"""Tokens with a full birth date and first name: by these a person is recognised later, twins told apart."""


@dataclass(frozen=True)
class Mention:
    """One mention of the person: where it stands, and by which rule it was linked."""

    delivery_id: str
    row_number: int
    role: str
    record_key: str = field(repr=False)
    rule: str | None = None


@dataclass(frozen=True)
class Subject:
    """A person in a domain: pseudonym, mentions, and the tokens they are recognised by; shown nowhere.

    ``own`` are the pseudonyms that nobody else's mention bears: person id, tokens, what linkage alone compares (as
    :func:`integration.decoded.shown` writes it), keys of records about them.
    """

    domain: DomainCode
    person_id: str | None = field(repr=False)
    mentions: tuple[Mention, ...] = field(repr=False)
    numbers: frozenset[str] = field(repr=False)
    likenesses: frozenset[str] = field(repr=False)
    own: frozenset[str] = field(repr=False)


def encoded(zones: Zones, domain: DomainCode) -> dict[str, list[Path]]:
    """Every encoded delivery of a domain by its id: its folders, in the linked zone first."""
    found: dict[str, list[Path]] = {}
    for zone in (zones.linked, zones.staging):
        for path in sorted((zone / domain).glob("*/*/mentions.parquet")):
            try:
                DeliveryId.parse(path.parent.name)
            except InvalidName:
                continue
            found.setdefault(path.parent.name, []).append(path.parent)
    return found


def locate(
    settings: Settings,
    keys: Keyring,
    domain: DomainCode,
    *,
    person: str | None = None,
    token: str | None = None,
) -> Subject:
    """Find a person by the pseudonym of the output or by the token of their BSN.

    Raises :class:`UsageError`: INPUT_INVALID for what is no such pseudonym of this domain, SUBJECT_UNKNOWN when no
    delivery speaks of this person.
    """
    if person is not None:
        parts = parse_token(person)
        if parts is None or (parts.domain, parts.purpose) != (domain, "output"):
            raise UsageError(Reason.INPUT_INVALID, "not a person's pseudonym of this domain")
    with warehouse.connect(None, settings) as con, warehouse.sealed_errors("subject"):
        link_twice(con, settings, keys, domain)
        seeds = _LIVES_ON if token is None else "select person_id from asked.everywhere where bsn_token = $1"
        con.execute(f"create table asked.seed as select distinct * from ({seeds})", [token or person])
        con.execute(_THEIRS)
        return _subject(con, domain, token)


def link_twice(con: duckdb.DuckDBPyConnection, settings: Settings, keys: Keyring, domain: DomainCode) -> None:
    """Fill ``asked.published`` and ``asked.everywhere``: each mention with its tokens and person."""
    zones = settings.zones
    gathered = inputs.gather(domain, settings, Ledger(settings.ledger()))
    folders = encoded(zones, domain)
    current = {e.subject for e in gathered.loaded if e.subject not in gathered.superseded}
    everywhere = [folder[0] / "mentions.parquet" for folder in folders.values()]
    published = [
        folder[0] / "mentions.parquet"
        for name, folder in folders.items()
        if name in current and folder[0].is_relative_to(zones.linked)
    ]
    con.execute("create schema if not exists staging; create schema asked")
    with open_link_file(con, zones, domain, gathered.run_date, keep=False) as file:
        for name, files in (("published", published), ("everywhere", everywhere)):
            if name == "everywhere" and set(files) == set(published):
                con.execute("create view asked.everywhere as select * from asked.published")
                continue
            inputs.view_mentions(con, files)
            output = PseudonymKey(keys.version_of(domain), keys.subkey(domain, "output"))
            link_persons(con, domain, output, file, encoding=link_mark(keys, domain))
            con.execute(
                f"create table asked.{name} as "
                f"select {_KEY}, record_key, {', '.join(_TOKENS)}, person_id, rule, {_LINKS} "
                f"from staging.mentions join link.mention_person using ({_KEY}, record_key)"
            )
        con.execute(f"create table asked.merged as {MERGED}")


_LIVES_ON = """
with recursive named as (
    select cast($1 as varchar) as person_id
    union
    select to_id from asked.merged join named on from_id = person_id
)
select person_id from named
"""
"""A person that was merged into another is asked for under that one's name."""

_THEIRS = f"""
create table asked.theirs as
with published as (
    select {_KEY}, person_id from asked.published
),
named as (
    select {_KEY} from published semi join asked.seed using (person_id)
),
also as (
    select person_id from asked.everywhere semi join named using ({_KEY})
    union select person_id from asked.seed
),
found as (
    select everywhere.*
    from asked.everywhere as everywhere
    semi join also using (person_id)
    anti join (select {_KEY} from published anti join asked.seed using (person_id)) as others using ({_KEY})
)
select * from found
"""


def _subject(con: duckdb.DuckDBPyConnection, domain: DomainCode, token: str | None) -> Subject:
    rows = con.execute(f"select {_KEY}, record_key, rule from asked.theirs order by all").fetchall()
    if not rows:
        raise UsageError(Reason.SUBJECT_UNKNOWN)
    ids = con.execute("select person_id, count(*) from asked.theirs group by 1 order by 2 desc, 1").fetchall()
    numbers = _texts(con, "select bsn_token from asked.theirs")
    own = {name: _own(con, name) for name in _TOKENS}
    strong = frozenset().union(*(own[name] for name in _STRONG))
    if not numbers and not strong:
        strong = own["token_demographic"] or own["token_name"]
    about = _texts(con, _OWN_RECORDS)
    return Subject(
        domain,
        str(ids[0][0]),
        tuple(Mention(str(d), int(n), str(r), str(k), u) for d, n, r, k, u in rows),
        numbers | ({token} if token else set()),
        strong,
        frozenset(str(i) for i, _ in ids).union(about, _own_links(con), *own.values()),
    )


def _own_links(con: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = con.execute(
        "select unnest(links) from asked.theirs except "
        f"select unnest(links) from asked.everywhere anti join asked.theirs using ({_KEY})"
    ).fetchall()
    return frozenset(shown(value) for (value,) in rows if value is not None)


def _own(con: duckdb.DuckDBPyConnection, column: str) -> frozenset[str]:
    return _texts(
        con,
        f"select {column} from asked.theirs where {column} not in (select {column} from asked.everywhere as e "
        f"anti join asked.theirs using ({_KEY}) where {column} is not null)",
    )


_OWN_RECORDS = f"""
with gone as (
    select e.delivery_id, e.row_number
    from asked.everywhere as e
    left join asked.theirs as t using ({_KEY})
    group by all
    having coalesce(bool_or(t.role in ('kind', 'patient')), false) or count(t.role) = count(*)
)
select record_key from asked.everywhere semi join gone using (delivery_id, row_number)
except
select record_key from asked.everywhere anti join gone using (delivery_id, row_number)
"""


def _texts(con: duckdb.DuckDBPyConnection, query: str) -> frozenset[str]:
    return frozenset(str(text) for (text,) in con.execute(query).fetchall() if text is not None)


def listed_mentions(
    con: duckdb.DuckDBPyConnection, table: str, wanted: Wanted, persons: str | None = None
) -> list[tuple[str, int, str]]:
    """The mentions in a table that are listed persons', by their own tokens or by the person they were linked to.

    ``persons`` is a table that gives each mention its ``person_id``; a person with a listed BSN, or without any BSN
    and with a listed likeness, is listed as a whole.
    """
    _upload(con, wanted)
    likeness = " or ".join(f"{name} in (select token from likeness)" for name in LIKENESSES)
    alone = " or ".join(f"{name} in (select token from likeness where alone)" for name in LIKENESSES)
    con.execute(
        f"create or replace temp table told as select {_KEY}, bsn_token is not null as numbered, "
        "bsn_token in (select token from number) as by_number, "
        f"coalesce({likeness}, false) as alike, coalesce({alone}, false) as by_alone from {table}"
    )
    query = f"select {_KEY} from told where by_number or by_alone or (alike and not numbered)"
    if persons is not None:
        query += (
            f" union select {_KEY} from told join {persons} as linked using ({_KEY}) where person_id in ("
            f"select person_id from told join {persons} as linked using ({_KEY}) group by person_id having "
            "coalesce(bool_or(by_number), false) or bool_or(by_alone) or (bool_or(alike) and not bool_or(numbered)))"
        )
    return [(str(d), int(n), str(r)) for d, n, r in con.execute(query).fetchall()]


def _upload(con: duckdb.DuckDBPyConnection, wanted: Wanted) -> None:
    """Put the listed tokens in tables of this connection's memory."""
    con.execute("create or replace temp table number (token varchar)")
    con.execute("create or replace temp table likeness (token varchar, alone boolean)")
    _insert(con, "number", [(token,) for token in sorted(wanted.numbers)])
    _insert(con, "likeness", [(token, token in wanted.alone) for token in sorted(wanted.likenesses)])


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    listed = list(rows)
    if listed:
        con.executemany(f"insert into {table} values ({', '.join('?' * len(listed[0]))})", listed)
