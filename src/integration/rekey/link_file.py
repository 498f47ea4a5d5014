"""A domain's link file under its new keys: tokens chained, filters left out, names mapped one to one.

Pairs, clusters and history are kept as they are: nothing is compared again, so persons and gezinnen are the same before
and after. The new name of a person or gezin is an HMAC under the new key over the old one.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from integration import warehouse
from integration.linkage import decisions, open_link_file
from integration.linkage.link_file import FRESH, HELD, put, tables
from integration.linkage.naming import mark
from integration.linkage.pseudonym import PseudonymKey, pseudonymiser
from integration.linkage.review import asked
from integration.pseudonyms.link_mark import link_mark
from integration.rekey.tokens import is_declared

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring
    from integration.rekey.tokens import Rekeyer
    from integration.settings import Settings
    from integration.storage import Zones

_NAMED = {
    "cluster": ("person_id",),
    "person": ("person_id",),
    "gezin": ("gezin_id",),
    "gezin_member": ("gezin_id", "person_id"),
    "event": ("from_id", "to_id"),
    "event_record": ("side",),
}
"""Columns with names of persons and gezinnen."""
_BATCH = 50_000


def rekey_link_file(
    settings: Settings, domain: DomainCode, rekeyer: Rekeyer, new: Keyring, into: Zones
) -> None:
    """Write the domain's link file, its reviewers' decisions and what they are asked anew, if there are any.

    Raises :class:`IntegrationError`: LINK_FILE_UNREADABLE, LINK_DECISIONS_UNREADABLE, REVIEW_UNREADABLE, INTERNAL
    (something else than tokens of the version before).
    """
    zones = settings.zones
    if zones.link_file(domain).exists():
        with (
            warehouse.connect(None, settings) as con,
            warehouse.sealed_errors("rotation"),
            open_link_file(con, zones, domain, date.min, keep=True, into=into) as file,
        ):
            for name in tables():
                put(con, name, f"select * from {HELD}.{name}")
            _records(con, rekeyer)
            _names(con, domain, new)
            marks = {"encoding": link_mark(new, domain)} if file.mark("encoding") is not None else {}
            for name, value in marks.items():
                con.execute(f"update {FRESH}.meta set value = ? where name = ?", [value, name])
    path = decisions.path(zones, domain)
    if path.exists():
        decisions.write(
            decisions.path(into, domain), [_decision(one, rekeyer) for one in decisions.read(path)]
        )
    asked.rekey(asked.path(zones, domain), asked.path(into, domain), lambda place: _place(place, rekeyer))


def _records(con: duckdb.DuckDBPyConnection, rekeyer: Rekeyer) -> None:
    """Chain the tokens of all records; the digest of their content is made anew."""
    import pyarrow as pa

    con.execute(f"create or replace table {FRESH}.record as select * from {HELD}.record limit 0")
    held = con.cursor().sql(f"select * from {HELD}.record order by record").to_arrow_reader(_BATCH)
    for batch in held:
        con.register("rekeyed", _rekeyed(pa.Table.from_batches([batch]), rekeyer))
        con.execute(
            f"insert into {FRESH}.record select told.* exclude (made) replace (made as content) from (select *, md5("
            "cast(row(*columns('^(sex|birth_year|birth_known|bsn_token|token_.*|link_.*)$')) as varchar)) as made "
            "from rekeyed) as told"
        )
        con.unregister("rekeyed")


def _rekeyed(table: pa.Table, rekeyer: Rekeyer) -> pa.Table:
    import pyarrow as pa

    linked = rekeyer.links(table)
    columns: list[Any] = [
        linked[field.name]
        if field.name in linked
        else pa.array(rekeyer.texts(table.column(field.name).to_pylist()), pa.string())
        if is_declared(field.name) and pa.types.is_string(field.type)
        else table.column(field.name)
        for field in table.schema
    ]
    return pa.table(columns, names=table.schema.names)


def _names(con: duckdb.DuckDBPyConnection, domain: DomainCode, new: Keyring) -> None:
    """Map the names one to one, everywhere; only those in use can be given out again."""
    import pyarrow as pa

    makers = {
        purpose: pseudonymiser(
            domain, purpose, PseudonymKey(new.version_of(domain), new.subkey(domain, purpose))
        )
        for purpose in ("output", "family")
    }
    listed = " union ".join(
        f"select {column} as name from {HELD}.{table}"
        for table, columns in _NAMED.items()
        for column in columns
    )
    old = [row[0] for row in con.execute(f"select name from ({listed}) where name is not null").fetchall()]
    names = [makers[name.split(".")[2]](name) for name in old]
    con.register(
        "renamed", pa.table({"old": pa.array(old, pa.string()), "new": pa.array(names, pa.string())})
    )
    for table, columns in _NAMED.items():
        for column in columns:
            con.execute(f"update {FRESH}.{table} set {column} = new from renamed where {column} = old")
        put(con, table, f"select * from {FRESH}.{table}")
    con.unregister("renamed")
    marks = pa.table({"mark": pa.array([mark(name) for name in names], pa.int64())})
    con.register("given", marks)
    put(con, "spent", "select mark from given")
    con.unregister("given")


def _decision(one: decisions.Decision, rekeyer: Rekeyer) -> decisions.Decision:
    sides: dict[str, Any] = {}
    for side in ("left", "right"):
        places: tuple[decisions.Place, ...] = getattr(one, side)
        sides[side] = tuple(_place(place, rekeyer) for place in places)
    return decisions.Decision(**vars(one) | sides)


def _place(place: decisions.Place, rekeyer: Rekeyer) -> decisions.Place:
    supplier, municipality, record_key, role = place
    return supplier, municipality, str(rekeyer.texts([record_key])[0]), role
