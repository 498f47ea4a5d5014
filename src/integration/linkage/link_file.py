"""A domain's link file: what linkage remembers from one night to the next. Only linkage opens it.

``linking/<domain>.duckdb`` holds, for as long as the linked zone holds the mentions they came from: encoded records,
scored pairs, clusters, the names of persons and gezinnen, and what became of them (merges and splits). Each night
writes it anew as a whole, into a building copy that takes the old one's place by a rename: a kill leaves the old or
the new, and nothing that went is left in free pages. (docs/adr/0025)
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from integration.errors import IntegrationError
from integration.reasons import Reason
from integration.storage import sync_directory
from integration.warehouse import sealed_errors

if TYPE_CHECKING:
    import duckdb

    from integration.names import DomainCode
    from integration.storage import Zones

LAYOUT = "1"
"""Of the tables below. A file of another layout is refused, never guessed at."""
HELD, FRESH = "held", "fresh"
_TABLES = {
    "meta": "name varchar, value varchar",
    "record": "record bigint, supplier varchar, municipality varchar, source varchar, record_key varchar, "
    "role varchar, content varchar, numbered boolean, first_seen date, last_seen date, "
    "bsn_token varchar, sex varchar, birth_year smallint",
    "pair": '"left" bigint, "right" bigint, match_weight double, veto varchar, on_tokens boolean',
    "cluster": "record bigint, cluster bigint, component ubigint, why varchar, person_id varchar",
    "person": "person_id varchar, born bigint, since date",
    "gezin": "gezin_id varchar, born bigint, since date",
    "gezin_member": "gezin_id varchar, person_id varchar",
    "event": "event bigint, day date, what varchar, from_id varchar, to_id varchar, why varchar, "
    "left_record bigint, right_record bigint, weight double",
    "event_record": "event bigint, record bigint, side varchar",
    "spent": "mark bigint",
    "review": '"left" bigint, "right" bigint, match_weight double, why varchar',
}
"""What a file has at least; records have their encoded columns too, pairs and reviews a level for each comparison."""


@dataclass
class LinkFile:
    """A link file in use: attached as ``held`` (read only; empty when there is none yet) and ``fresh`` (to be written).

    ``marks`` name the encoding and the model that what is held was made with. ``path``, ``decisions``,
    ``model`` (where a model of this domain's own would be) and ``review`` are None for linkage that remembers nothing.
    """

    at: date
    path: Path | None = None
    decisions: Path | None = None
    model: Path | None = None
    review: Path | None = None
    keep: bool = False
    marks: Mapping[str, str] = field(default_factory=dict)
    previous: str = HELD

    def mark(self, name: str) -> str | None:
        """What is told in the file that is held."""
        return self.marks.get(name)

    def second_look(self) -> LinkFile:
        """The same file for linking once more over fewer mentions: what was just made is what was held; not kept."""
        return replace(self, previous=FRESH, keep=False)


@contextmanager
def no_file(con: duckdb.DuckDBPyConnection) -> Iterator[LinkFile]:
    """Link without remembering: every person is new."""
    with _attached(con, None, None):
        yield LinkFile(date.min)


@contextmanager
def open_link_file(
    con: duckdb.DuckDBPyConnection,
    zones: Zones,
    domain: DomainCode,
    at: date,
    *,
    keep: bool,
    into: Zones | None = None,
) -> Iterator[LinkFile]:
    """Open a domain's link file for one linkage; with ``keep``, what was written takes its place when all went well.

    ``into`` are other zones to write to: a rotation's.

    Raises :class:`IntegrationError`: LINK_FILE_UNREADABLE when it is damaged, of another layout or another domain's.
    """
    path = zones.link_file(domain)
    target = (into or zones).link_file(domain)
    building = target.with_name(f"{domain}.building.duckdb") if keep else None
    if building is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        remove(building)
    try:
        with _attached(con, path if path.exists() else None, building):
            marks = _marks(con, domain, path)
            told, asked = (zones.linking / f"{domain}.{name}" for name in ("decisions.jsonl", "review.json"))
            yield LinkFile(at, path, told, zones.link_model(domain), asked, keep, marks)
            if building is not None:
                con.execute(f"checkpoint {FRESH}")
        if building is not None:
            place(building, target)
    except BaseException:
        if building is not None:
            remove(building)
        raise


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, held: Path | None, fresh: Path | None) -> Iterator[None]:
    try:
        con.execute(
            f"attach '{_quoted(held)}' as {HELD} (read_only)" if held else f"attach ':memory:' as {HELD}"
        )
    except Exception:
        raise IntegrationError(Reason.LINK_FILE_UNREADABLE) from None
    try:
        if held is None:
            make_tables(con, HELD)
        con.execute(f"attach '{_quoted(fresh)}' as {FRESH}" if fresh else f"attach ':memory:' as {FRESH}")
        try:
            if fresh is not None:
                fresh.chmod(0o600)
            make_tables(con, FRESH)
            yield
        finally:
            con.execute(f"detach {FRESH}")
    finally:
        con.execute(f"detach {HELD}")


def make_tables(con: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the tables of an empty link file."""
    for name, columns in _TABLES.items():
        con.execute(f"create table if not exists {database}.{name} ({columns})")


def tables() -> tuple[str, ...]:
    """The names of a link file's tables."""
    return tuple(_TABLES)


def _marks(con: duckdb.DuckDBPyConnection, domain: DomainCode, path: Path) -> dict[str, str]:
    try:
        marks = {str(k): str(v) for k, v in con.execute(f"select name, value from {HELD}.meta").fetchall()}
        for name in _TABLES:
            con.execute(f"select 1 from {HELD}.{name} limit 0")
    except Exception:
        raise IntegrationError(Reason.LINK_FILE_UNREADABLE, file=path.name) from None
    if marks and (marks.get("layout"), marks.get("domain")) != (LAYOUT, str(domain)):
        raise IntegrationError(Reason.LINK_FILE_UNREADABLE, file=path.name)
    return marks


def put(con: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    """Write one table of the file that is being made."""
    with sealed_errors(f"link file, {table}"):
        con.execute(f"create or replace table {FRESH}.{table} as {query}")


def place(building: Path, path: Path) -> None:
    """Put a whole file in its place."""
    with building.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(building, path)
    sync_directory(path.parent)


def remove(path: Path) -> None:
    """Remove a file and its log; absent is fine."""
    for name in (path, path.with_name(path.name + ".wal")):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
