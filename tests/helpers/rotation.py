"""A small installation to rotate keys in, and what stays the same in it whatever its keys are."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from integration import inputs, night, warehouse
from integration.ledger import Ledger
from integration.names import DomainCode
from integration.pseudonyms.keyring import open_keyring
from integration.settings import forget_settings, get_settings

TOWN, OTHER = "GM0321", "GM0228"
HELD_BACK = ("onderwijs", "wijkteam", "jeugdhulp")
"""Sources whose last deliveries come later."""

ROTATE = """
import os, sys
from pathlib import Path
from integration.names import DomainCode
from integration.rekey import rotate
from integration.settings import get_settings

wanted, number = sys.argv[2], int(sys.argv[3])
def passed(boundary):
    global number
    if boundary == wanted:
        number -= 1
        if number == 0:
            os._exit(137)
rotate.passed = passed
domain = DomainCode(sys.argv[4]) if len(sys.argv) > 4 else None
rotate.rotate(get_settings(Path(sys.argv[1])), domain)
"""


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


def _cells(path: Path) -> Iterable[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            yield str(con.execute(f"select * from {schema}.{table}").fetchall())


def killed_rotation(home: Path, boundary: str, number: int = 1, domain: str | None = None) -> int:
    """Rotate in a process of its own that ends at the ``number``-th time it passes a boundary; its exit code."""
    command = [sys.executable, "-c", ROTATE, str(home), boundary, str(number), *([domain] if domain else [])]
    return subprocess.run(command, check=False, capture_output=True).returncode


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
    """Two municipalities through the whole line; the last deliveries of some sources wait in ``later``."""
    from integration import pipeline, sample
    from integration.pseudonyms.demo_keys import make_demo_keys

    sample.generate(home, scale=0.01, busy=2.0, municipalities=[TOWN, OTHER], defects="none")
    told = {path: json.loads(path.read_text()) for path in sorted((home / "inbox").glob("*/*.manifest.json"))}
    last: dict[tuple[Path, str], int] = {}
    for path, one in told.items():
        place = (path.parent, one["municipality"])
        last[place] = max(last.get(place, 0), one["sequence"])
    for path, one in told.items():
        if one["source"] in HELD_BACK and one["sequence"] == last[path.parent, one["municipality"]]:
            folder = later / path.parent.name
            folder.mkdir(parents=True, exist_ok=True)
            for file in (path.parent / one["payload"]["file"], path):
                shutil.move(file, folder / file.name)
    with at(home):
        make_demo_keys(get_settings().zones)
        pipeline.run()


def bring_later(home: Path, original: Path) -> None:
    """Put the deliveries that were held back in the inbox."""
    shutil.copytree(original.parent / "later", home / "inbox", dirs_exist_ok=True)
