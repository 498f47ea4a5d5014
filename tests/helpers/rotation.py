"""A small installation to rotate keys in, and what stays the same in it whatever its keys are."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from helpers.installation import without_release
from integration import inputs, night, warehouse
from integration.ledger import Ledger
from integration.names import DomainCode
from integration.pseudonyms.keyring import open_keyring
from integration.rekey import rotate
from integration.settings import forget_settings, get_settings

TOWN, OTHER = "GM0321", "GM0228"
HELD_BACK = ("onderwijs", "wijkteam", "jeugdhulp")
"""Sources of which another delivery comes later."""
AT_FIRST = 2
"""Deliveries of every supplier that went through the line."""

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__, "open_data_contract_standard", "pandas", "scipy.sparse.csgraph"])
"""Processes that rotate are forked from one that has imported what a rotation needs: that takes seconds."""


@dataclass(frozen=True)
class Picture:
    """Persons and families as groups of delivered rows, and the figures: all without a pseudonym."""

    persons: frozenset[frozenset[tuple[str, int, str]]]
    families: frozenset[frozenset[tuple[str, int, str]]]
    figures: tuple[tuple[Any, ...], ...]


def picture(home: Path, domain: str) -> Picture:
    """Link what is held of a domain again, under its own keys, and read its published figures."""
    settings, code = get_settings(home), DomainCode(domain)
    keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    gathered = inputs.gather(code, settings, Ledger(settings.ledger()))
    with warehouse.connect(None, settings) as con:
        night.link(con, gathered, settings.zones, keys, keep=False)
        places = con.execute(
            "select person_id, delivery_id, row_number, role from link.mention_person"
        ).fetchall()
        homes = con.execute(
            "select gezin_id, delivery_id, row_number, mention_person.role from link.gezin_member "
            "inner join link.mention_person using (person_id) where gezin_member.role = 'kind'"
        ).fetchall()
    return Picture(_groups(places), _groups(homes), tuple(figures(home, domain)))


def _groups(rows: Iterable[tuple[str, str, int, str]]) -> frozenset[frozenset[tuple[str, int, str]]]:
    found: dict[str, set[tuple[str, int, str]]] = {}
    for name, *place in rows:
        found.setdefault(name, set()).add(tuple(place))  # type: ignore[arg-type]
    return frozenset(map(frozenset, found.values()))


def figures(home: Path, domain: str) -> list[tuple[Any, ...]]:
    """All of the published file's indicators.result."""
    with duckdb.connect(str(home / "warehouse" / f"{domain}.duckdb"), read_only=True) as con:
        return con.execute("select * from indicators.result order by all").fetchall()


def pseudonyms(home: Path, domain: str, version: int) -> dict[str, int]:
    """Pseudonyms of a domain and version in everything under ``home``: in bytes, in decoded Parquet and in DuckDB.

    Audit tokens are left out: lines about a person stay findable under them.
    """
    grammar = re.compile(rf"{version}\.{domain}\.(?!audit\.)[a-z]+\.[0-9a-f]{{32}}")
    found: dict[str, int] = {}
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        number = len(re.findall(grammar.pattern.encode(), path.read_bytes()))
        if path.suffix == ".parquet":
            number += len(grammar.findall(str(pq.read_table(path).to_pydict())))
        elif path.suffix == ".duckdb":
            number += sum(len(grammar.findall(text)) for text in _cells(path))
        if number:
            found[str(path.relative_to(home))] = number
    return found


def link_numbers(home: Path, domain: str) -> set[int]:
    """What stands in the columns for linkage of a domain's mentions, tokens and filters alike."""
    found: set[int] = set()
    for path in sorted(home.glob(f"*/{domain}/*/*/mentions.parquet")):
        table = pq.read_table(path)
        for name in table.column_names:
            if name.startswith("link_"):
                found.update(number for number in table.column(name).to_pylist() if number is not None)
    return found


def numbers_held(home: Path) -> set[int]:
    """Every whole number in every decoded table under ``home``, whichever column it stands in."""
    found: set[int] = set()
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pylist()
            found.update(cell for row in rows for cell in row.values() if type(cell) is int)
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as con:
                found |= numbers_in(con)
    return found


def numbers_in(con: duckdb.DuckDBPyConnection) -> set[int]:
    """Every whole number in every table of a DuckDB file."""
    names = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    rows = (
        row for schema, table in names for row in con.execute(f"select * from {schema}.{table}").fetchall()
    )
    return {cell for row in rows for cell in row if type(cell) is int}


def _cells(path: Path) -> Iterable[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            yield str(con.execute(f"select * from {schema}.{table}").fetchall())


def killed_rotation(home: Path, boundary: str, number: int = 1, domain: str | None = None) -> int | None:
    """Rotate in a process of its own that ends at the ``number``-th time it passes a boundary; its exit code."""
    process = _FORKED.Process(target=_rotate_until, args=(home, boundary, number, domain))
    process.start()
    process.join()
    return process.exitcode


def _rotate_until(home: Path, boundary: str, number: int, domain: str | None) -> None:
    left = number

    def passed(reached: str) -> None:
        nonlocal left
        left -= reached == boundary
        if left == 0:
            os._exit(137)

    os.environ["INTEGRATION_HOME"] = str(home)
    rotate.passed = passed
    rotate.rotate(get_settings(home), DomainCode(domain) if domain else None)


def copied(home: Path, to: Path) -> Path:
    """The same installation somewhere else."""
    shutil.copytree(home, to)
    return to


@contextmanager
def at(home: Path) -> Iterator[None]:
    """Work in an installation."""
    was = os.environ.get("INTEGRATION_HOME")
    os.environ["INTEGRATION_HOME"] = str(home)
    forget_settings()
    try:
        yield
    finally:
        os.environ.pop("INTEGRATION_HOME")
        if was is not None:
            os.environ["INTEGRATION_HOME"] = was
        forget_settings()


def make_two_towns(home: Path, later: Path) -> None:
    """Two municipalities through the line up to their files; the next deliveries of some sources wait in ``later``."""
    from integration import pipeline, sample
    from integration.pseudonyms.demo_keys import make_demo_keys

    sample.generate(home, scale=0.01, busy=2.0, municipalities=[TOWN, OTHER], defects="none")
    for path in sorted((home / "inbox").glob("*/*.manifest.json")):
        told = json.loads(path.read_text())
        payload = path.parent / told["payload"]["file"]
        if told["sequence"] == AT_FIRST + 1 and told["source"] in HELD_BACK:
            folder = later / path.parent.name
            folder.mkdir(parents=True, exist_ok=True)
            for file in (payload, path):
                shutil.move(file, folder / file.name)
        elif told["sequence"] > AT_FIRST:
            payload.unlink()
            path.unlink()
    with at(home), without_release():
        make_demo_keys(get_settings().zones)
        pipeline.run()


def bring_later(home: Path, original: Path) -> None:
    """Put the deliveries that were held back in the inbox."""
    shutil.copytree(original.parent / "later", home / "inbox", dirs_exist_ok=True)
