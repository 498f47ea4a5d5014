"""Where a test keeps its tables: SQLite, or a PostgreSQL that `make test-services` started."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa

VARIABLE = "INTEGRATION_TEST_POSTGRESQL"


def store_url(folder: Path, name: str) -> str:
    """An empty store of its own: a file in ``folder``, or a new schema in the database that is named."""
    server = os.environ.get(VARIABLE)
    if not server:
        return f"sqlite:///{folder / name}.sqlite"
    schema = f"{name}_{uuid4().hex}"
    engine = sa.create_engine(server)
    with engine.begin() as con:
        con.exec_driver_sql(f"create schema {schema}")
    engine.dispose()
    options = {"options": f"-csearch_path={schema}"}
    return sa.make_url(server).update_query_dict(options).render_as_string(hide_password=False)
