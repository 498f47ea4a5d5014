"""The columns for linkage that a row's persons get: which are there, and which are equal.

The encoding itself is tested in ``tests/unit``; here is what a delivery makes of it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from helpers.deliveries import KEYS, add_supplier, full_row
from helpers.encoding import FIRST, Both, FixedRoots, encode_both
from integration.deliveries.read import RawRow
from integration.inputs import view_mentions
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.first_pass import FirstPass, Known
from integration.pseudonyms.keyring import Keyring
from integration.pseudonyms.link_names import filter_columns, link_columns, of_address, token_columns
from integration.pseudonyms.tables import mention_schema
from integration.rekey.tokens import Rekeyer, rekey_folder

TOWN = DomainCode("GM0321")
KEYED = Both()
MOVED = {"postcode": "3992AB", "huisnummer": "5", "huisnummer_toevoeging": ""}
FAR = {"ouder1_postcode": "3992AB", "ouder1_huisnummer": "5"}
ROTATED = FixedRoots(2)


class Linked:
    """The columns for linkage of some rows' mentions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = {
            (row["row_number"], row["role"]): row
            for row in pq.read_table(folder / "mentions.parquet").to_pylist()
        }

    def of(self, role: str = "kind", row: int = 1) -> dict[str, int]:
        found = self.rows[row, role]
        return {name: found[name] for name in link_columns() if found[name] is not None}


@pytest.fixture
def encode(tmp_path: Path) -> Any:
    counter = iter(range(1000))

    def run(*changes: dict[str, str], keys: Both = KEYED, source: str = "wijkteam") -> Linked:
        supplier = add_supplier(tmp_path, source=source)
        rows = [
            RawRow(n, full_row(supplier.contract, n, **change))
            for n, change in enumerate(changes or ({},), 1)
        ]
        folder = tmp_path / f"out{next(counter)}"
        folder.mkdir()
        delivery = DeliveryId.parse(f"{source}.WT0321.GM0321.2026-W04.0001")
        encode_both(
            rows,
            supplier.contract,
            supplier.dialect,
            delivery,
            folder,
            created_on=date(2026, 1, 27),
            keys=keys,
        )
        return Linked(folder)

    return run


def test_the_columns_are_numbers_and_none_is_missing() -> None:
    schema = mention_schema()
    assert {str(schema.field(name).type) for name in link_columns()} == {"int64"}
    assert [name for name in schema.names if name.startswith("link_")] == list(link_columns())


def test_a_child_of_whom_all_is_known_has_every_column_but_what_no_contract_has(encode: Any) -> None:
    missing = set(link_columns()) - encode().of().keys()
    assert {
        name for name in missing if not any(word in name for word in ("place", "phone", "email", "extra"))
    } == set()
    assert filter_columns()


@pytest.mark.parametrize(("change", "differs"), [
    ({}, ()),
    ({"kind_voornaam": "ANNE marie", "kind_achternaam": "de Vries"}, ("given", "surname")),
    ({"kind_bsn": "999900018"}, ("number",)),
    ({"huisnummer_toevoeging": "bis"}, ()),
    ({"huisnummer": "5"}, ("address",)),
])  # fmt: skip
def test_equal_spellings_give_equal_columns(
    encode: Any, change: dict[str, str], differs: tuple[str, ...]
) -> None:
    found = encode({}, change)
    one, other = found.of(row=1), found.of(row=2)
    assert one.keys() == other.keys()
    changed = {name for name in one if one[name] != other[name]}
    assert all(any(word in name for word in differs) or "names" in name for name in changed)
    assert bool(changed) is bool(differs)


def test_the_same_person_has_the_same_columns_in_every_role(encode: Any) -> None:
    parent = {"ouder1_bsn": "999900006", "ouder1_voornaam": "Jan", "ouder1_achternaam": "Smit",
              "ouder1_geboortedatum": "04-03-2015", **FAR}  # fmt: skip
    child = {"kind_bsn": "999900006", "kind_voornaam": "Jan", "kind_achternaam": "Smit",
             "kind_geboortedatum": "04-03-2015", **MOVED}  # fmt: skip
    found = encode(parent, child)
    assert found.of("ouder1", 1) == found.of("kind", 2) != {}


@pytest.mark.parametrize(("born", "there"), [
    ("04-03-2015", {"link_birth", "link_birth_my", "link_birth_year"}),
    ("00-03-2015", {"link_birth_my", "link_birth_year"}),
    ("00-00-2015", {"link_birth_year"}),
    ("01-01-0000", set()),
])  # fmt: skip
def test_a_birth_date_counts_as_far_as_it_is_known(encode: Any, born: str, there: set[str]) -> None:
    found = encode(
        {"kind_geboortedatum": born, "kind_geboortedatum_gebruik": ""}, {"kind_geboortedatum": "04-03-2015"}
    )
    mine, whole = found.of(row=1), found.of(row=2)
    of_birth = {"link_birth", "link_birth_my", "link_birth_year"}
    assert of_birth & mine.keys() == there
    assert all(mine[name] == whole[name] for name in there)


def test_of_a_secret_address_nothing_is_made(encode: Any) -> None:
    found = encode({"indicatie_geheim": "1"}, {"indicatie_geheim": "1", **FAR}, {})
    assert of_address() & found.of(row=3).keys()
    for role, row in (("kind", 1), ("ouder1", 1), ("kind", 2)):
        assert not of_address() & found.of(role, row).keys()
        assert "link_birth" in found.of(role, row)
    assert of_address() & found.of("ouder1", 2).keys()  # known to live elsewhere


def test_a_parent_without_an_address_gets_the_childs(encode: Any) -> None:
    nothing = dict.fromkeys(("ouder1_postcode", "ouder1_huisnummer", "ouder1_huisnummer_toevoeging"), "")
    found = encode(nothing, FAR, MOVED | FAR)
    for name in ("link_postcode", "link_address"):
        assert found.of("ouder1", 1)[name] == found.of("kind", 1)[name]
        assert found.of("ouder1", 2)[name] == found.of("kind", 3)[name] != found.of("kind", 2)[name]


def test_a_postcode_without_a_house_number_counts_by_itself(encode: Any) -> None:
    found = encode({"huisnummer": "", "huisnummer_toevoeging": ""}, {}, source="politie")
    assert "link_address" not in found.of(row=1)
    assert found.of(row=1)["link_postcode"] == found.of(row=2)["link_postcode"]


def test_tokens_have_both_passes_and_filters_the_first_alone(encode: Any) -> None:
    own = encode().of()
    another_second = encode(keys=Both(FIRST, Keyring(FixedRoots(1, start=7)))).of()
    first = FirstPass(Known(TOWN, 1, "0" * 16), bytes(32))
    another_first = encode(keys=Both(first, KEYS)).of()
    tokens, filters = (own.keys() & set(names) for names in (token_columns(), filter_columns()))
    assert {name for name in own if own[name] == another_second[name]} == filters
    assert {name for name in own if own[name] == another_first[name]} == set()
    assert tokens


def test_re_keyed_tokens_are_those_of_a_new_delivery_and_filters_are_gone(
    encode: Any, tmp_path: Path
) -> None:
    old, new = Keyring(FixedRoots(1)), Keyring(ROTATED)
    before, after = (encode({}, {"indicatie_geheim": "1"}, keys=Both(FIRST, ring)) for ring in (old, new))
    (tmp_path / "rekeyed").mkdir()
    rekey_folder(before.folder, tmp_path / "rekeyed", Rekeyer(TOWN, old, new))
    rekeyed = Linked(tmp_path / "rekeyed")
    for row, role in before.rows:
        fresh = after.of(role, row)
        assert rekeyed.of(role, row) == {name: fresh[name] for name in fresh if name in token_columns()}
        assert not set(rekeyed.of(role, row).values()) & set(before.of(role, row).values())
    assert set(filter_columns()) & after.of().keys()


def test_deliveries_from_before_these_columns_have_none(encode: Any) -> None:
    path = encode().folder / "mentions.parquet"
    pq.write_table(pq.read_table(path).drop_columns(list(link_columns())), path)
    with duckdb.connect() as con:
        con.execute("create schema staging")
        view_mentions(con, [path])
        found = con.sql("select * from staging.mentions").fetchall()
        names = con.sql("select * from staging.mentions").columns
    for row in found:
        told = dict(zip(names, row, strict=True))
        assert told["bsn_token"]
        assert [told[name] for name in link_columns()] == [None] * len(link_columns())
