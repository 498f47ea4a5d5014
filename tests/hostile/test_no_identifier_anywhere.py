"""After a whole run, no identifier of any person is found outside the zones that hold deliveries as they came."""

from __future__ import annotations

from pathlib import Path

import ahocorasick
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.deliveries import settings as chosen
from helpers.installation import Installation
from integration.attacks.search import found_in, hits
from integration.decoded import shown
from integration.names import DomainCode
from integration.rights import traces
from integration.storage import resource

AS_THEY_CAME = ("inbox", "raw", "quarantine", "truth", "keys")


def planted(run: Installation) -> list[str]:
    """Every BSN, and postcodes and long surnames (short ones are parts of ordinary words, some are places' names)."""
    places = (resource("warehouse") / "seeds" / "municipality.csv").read_text(encoding="utf-8").lower()
    persons = duckdb.sql(
        f"select distinct bsn, achternaam from read_parquet('{run.zones.truth}/persons.parquet')"
    )
    addresses = duckdb.sql(
        f"select distinct postcode from read_parquet('{run.zones.truth}/addresses.parquet')"
    )
    values = {postcode for (postcode,) in addresses.fetchall() if postcode}
    for bsn, surname in persons.fetchall():
        values |= {bsn} if bsn else set()
        values |= {surname} if surname and len(surname) >= 8 and surname.lower() not in places else set()
    return sorted(values)


def test_nothing_found_outside_the_zones_of_deliveries(demo_run: Installation) -> None:
    values = planted(demo_run)
    assert len(values) > 200
    assert hits(demo_run.home, values, leave_out=AS_THEY_CAME) == {}


@pytest.mark.parametrize(("text", "leaks"), [
    ("999983234", True), ("x999983234,", True), ("432389999", True),
    ("1.GM0321.person.0a999983234bcdef0123456789abcdef", False),
    ("1.GM0321.person.0a999983234bcdef0123456789abcdef0", True),
    ("1.GM0321.person.0123456789abcdef0123456789abcdef999983234", True),
])  # fmt: skip
def test_nine_digits_of_a_token_are_chance(tmp_path: Path, text: str, leaks: bool) -> None:
    (tmp_path / "file.txt").write_text(text)
    assert bool(hits(tmp_path, ["999983234"])) is leaks


@pytest.mark.parametrize(("text", "leaks"), [
    ("1.GM0321.person.0a999983234bcdef0123456789abcdef1.GM0321.person.0b", False),
    ("1234567829999832341234567891234567829", True), ("GM0321999983234GM", True),
])  # fmt: skip
def test_tokens_packed_against_each_other_are_told_from_numbers(
    tmp_path: Path, text: str, leaks: bool
) -> None:
    search = ahocorasick.Automaton()
    search.add_word("999983234", ("999983234", 9))
    search.make_automaton()
    assert bool(list(found_in(search, text, packed=True))) is leaks


@pytest.mark.parametrize(("number", "leaks"), [
    (999983234, True), (1999983234, True), (1999983234567890123, False), (-1999983234567890123, False),
])  # fmt: skip
def test_nine_digits_of_a_pseudonym_of_64_bits_are_chance(tmp_path: Path, number: int, leaks: bool) -> None:
    pq.write_table(pa.table({"number": [number]}), tmp_path / "file.parquet")
    assert bool(hits(tmp_path, ["999983234"])) is leaks


def test_a_pseudonym_of_64_bits_is_found_by_its_value(tmp_path: Path) -> None:
    """In a table whatever the column, in bytes, and written out."""
    settings, number = chosen(tmp_path), -1999983234567890123
    text = shown(number)
    pq.write_table(pa.table({"other": [1, number]}), tmp_path / "file.parquet")
    (tmp_path / "bytes").write_bytes(b"x" + number.to_bytes(8, "little", signed=True))
    (tmp_path / "text").write_text(f"{number}")
    (tmp_path / "another").write_text(f"{number + 1}")
    assert {path.name for path in traces(settings, DomainCode("GM0321"), [text])} == {
        "file.parquet",
        "bytes",
        "text",
    }


def test_the_search_finds_what_is_there(demo_run: Installation) -> None:
    """Positive control: the same search finds the planted identifiers where they may be."""
    values = planted(demo_run)
    found = set().union(*hits(demo_run.zones.truth, values).values())
    assert found == set(values)
    assert hits(demo_run.zones.raw, values)


@pytest.mark.parametrize("name", ["reason.json", "manifest.json"])
def test_quarantine_papers_hold_no_values(demo_run: Installation, name: str) -> None:
    values = planted(demo_run)
    papers = list(demo_run.zones.quarantine.rglob(f"*{name}"))
    assert papers
    text = "\n".join(path.read_text() for path in papers)
    assert [value for value in values if value in text] == []
