"""A tiny municipality for tests of persons' rights: two families, one supplier, everything through the line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from helpers.deliveries import NOW, add_supplier, full_row, put
from integration import parquet, pipeline
from integration.contracts import load_supplier
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.settings import Settings, forget_settings, get_settings
from integration.storage import Zones

DOMAIN = "GM0321"


def bsns(count: int) -> list[str]:
    """So many numbers of the test range that pass the 11-test."""
    passing = (
        str(number)
        for number in range(999900000, 999990000)
        if (sum(int(d) * w for d, w in zip(str(number), (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))) % 11 == 0
    )
    return [next(passing) for _ in range(count)]


ANNE, BRAM, CEES, PAUL, QUIN, NOBODY = bsns(6)

FAMILIES = {
    ANNE: ("Anne", "Kanariewal", "04-03-2015", "2", PAUL, "87", "G1"),
    BRAM: ("Bram", "Kanariewal", "11-09-2012", "1", PAUL, "87", "G1"),
    CEES: ("Cees", "Zwaluwpad", "21-12-2013", "1", QUIN, "12", "G2"),
}
PARENTS = {
    PAUL: ("Paul", "Kanariewal", "17-08-1984", "1"),
    QUIN: ("Quin", "Zwaluwpad", "02-02-1986", "2"),
}


def row(child: str, number: int, *, with_bsn: bool = True, **changes: str) -> dict[str, str]:
    """The local team's record of a child with one parent."""
    supplier = load_supplier(get_settings().zones, "WT0321")
    first, surname, born, sex, parent, house, family = FAMILIES[child]
    told = {
        "kind_bsn": child if with_bsn else "", "kind_voornaam": first, "kind_tussenvoegsel": "",
        "kind_achternaam": surname, "kind_geboortedatum": born, "kind_geslacht": sex,
        "postcode": "3991 XZ", "huisnummer": house, "huisnummer_toevoeging": "", "gezin_ref": family,
        "casus_ref": f"C{number}", "aanmeld_datum": "13-01-2026", "eerste_contact_datum": "20-01-2026",
    }  # fmt: skip
    name, last, birth, their_sex = PARENTS[parent]
    told |= {
        "ouder1_bsn": parent, "ouder1_voornaam": name, "ouder1_achternaam": last, "ouder1_geboortedatum": birth,
        "ouder1_geslacht": their_sex, "ouder1_relatie": "10",
    }  # fmt: skip
    return full_row(supplier.contract, number, **told | changes)


def deliver(period: str, sequence: int, rows: list[dict[str, str]], arrived: datetime = NOW) -> str:
    """Send rows and bring them up to loaded; the delivery's id."""
    home = get_settings().zones.home
    put(
        home,
        load_supplier(Zones(home), "WT0321"),
        rows,
        period=period,
        sequence=sequence,
        name=f"{period}-{sequence}.csv",
        arrived=arrived,
    )
    (outcome,) = pipeline.receive()
    assert outcome.state == "received", outcome
    pipeline.encode(outcome.delivery_id)
    (outcome,) = pipeline.check([outcome.delivery_id])
    assert outcome.state == "checked", outcome
    pipeline.load([outcome.delivery_id])
    return outcome.delivery_id


def make(home: Path) -> Settings:
    """The municipality with one delivery of three children, and its warehouse."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "integration.toml").write_text(f'synthetic = true\nfixed_clock = "{NOW.isoformat()}"\n')
    forget_settings()
    add_supplier(home)
    make_demo_keys(Zones(home))
    deliver("2026-W04", 1, [row(child, n) for n, child in enumerate((ANNE, BRAM, CEES), 1)])
    pipeline.nightly(DOMAIN)
    return get_settings()


def warehouse(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the published file, by table."""
    path = settings.zones.warehouse / f"{DOMAIN}.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall()
        return {name: sorted(con.execute(f"from {name}").fetchall(), key=repr) for (name,) in names}


def mentions(settings: Settings, zone: str = "linked") -> list[dict[str, Any]]:
    """Every encoded mention in a zone."""
    found = sorted((settings.zones.home / zone).rglob("mentions.parquet"))
    return [row for path in found for row in parquet.read(path).to_pylist()]
