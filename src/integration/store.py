"""Small transactional tables at a SQLAlchemy URL: SQLite by default, PostgreSQL in production.

Used by the ledger and by stewardship. Several processes may use a store at once: a writer waits for the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_WAIT_SECONDS = 60
_MAKING = 5_340_321
"""The lock under which PostgreSQL lets one process at a time make tables; SQLite lets one write anyway."""
_DDL: Any = sa.DDL


class Store:
    """The tables of ``meta`` at ``url``, made when they are not there yet."""

    def __init__(self, url: str, meta: sa.MetaData) -> None:
        parsed = sa.make_url(url)
        arguments: dict[str, Any] = {}
        self._sqlite = parsed.get_backend_name() == "sqlite"
        if self._sqlite:
            arguments = {"timeout": _WAIT_SECONDS}
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self._engine = sa.create_engine(
            parsed, connect_args=arguments, poolclass=sa.NullPool, hide_parameters=True
        )
        with self.write() as con:
            if not self._sqlite:
                con.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
            meta.create_all(con)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: written whole when the block ends well, else not at all."""
        with self._engine.connect() as con:
            if self._sqlite:
                con.exec_driver_sql("PRAGMA journal_mode=WAL")
                con.commit()
                con.exec_driver_sql("BEGIN IMMEDIATE")
            yield con
            con.commit()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection to read with."""
        with self._engine.connect() as con:
            yield con


def append_only(table: sa.Table) -> sa.Table:
    """Let the database itself refuse to change or remove a row of ``table``; returns the table."""
    name = table.name
    for event in ("update", "delete"):
        sqlite = _DDL(
            f"create trigger if not exists {name}_no_{event} before {event} on {name} "
            f"begin select raise(abort, '{name} is append-only'); end"
        )
        sa.event.listen(table, "after_create", sqlite.execute_if(dialect="sqlite"))
    function = _DDL(
        f"create or replace function {name}_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{name} is append-only'; end $$"
    )
    trigger = _DDL(
        f"create trigger {name}_append_only before update or delete or truncate on {name} "
        f"for each statement execute function {name}_refuse()"
    )
    for ddl in (function, trigger):
        sa.event.listen(table, "after_create", ddl.execute_if(dialect="postgresql"))
    return table
