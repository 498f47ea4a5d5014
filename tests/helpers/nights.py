"""A small domain over many nights: persons whose records come, change, are corrected and go; and its link file."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from helpers.linkage import DOMAIN, OUTPUT_KEY, Row, domain_file, mention
from integration.linkage import PersonsLinked, link_persons, open_link_file
from integration.linkage.scoring import Scorer
from integration.storage import Zones

FIRST_NIGHT = date(2026, 1, 12)
SURNAMES, NAMES = ("jansen", "bos", "bakker", "smit"), ("luuk", "luc", "sem", "sara", "eva", "bart")
Groups = set[frozenset[Any]]


def key(row: Row) -> tuple[str, str, str]:
    """What identifies a mention."""
    return row["delivery_id"], row["record_key"], row["role"]


class Town:
    """Persons with records at several sources; :meth:`tonight` is what all deliveries that stand say of them."""

    def __init__(self, seed: int, persons: int = 12) -> None:
        self.random = random.Random(seed)
        self.people = [self._person(number) for number in range(persons)]
        self.rows: list[Row] = []
        self.night = 0
        self.records = 0

    def _person(self, number: int) -> dict[str, Any]:
        pick = self.random
        return {
            "bsn": f"B{number}",
            "born": pick.choice(["2015-03-02", "2015-03-03", f"2014-0{1 + number % 9}-11"]),
            "sex": pick.choice("12"),
            "surname": pick.choice(SURNAMES),
            "first": pick.choice(NAMES),
            "address": pick.choice(["3991AA1", "3991AA2", "3992BB7"]),
        }

    def _told(self, person: dict[str, Any]) -> dict[str, Any]:
        """What a source says of a person: sometimes no number, another address, no first name, a wrong date."""
        pick, told = self.random, dict(person)
        if pick.random() < 0.6:
            told["bsn"] = None
        if pick.random() < 0.2:
            told["first"] = None
        if pick.random() < 0.2:
            told["address"] = pick.choice(["3991AA1", "3993CC3", "secret"])
        if pick.random() < 0.1:
            told["born"] = "2015-03-02"
        if pick.random() < 0.1:
            told["sex"] = "0"
        return told

    def live(self) -> list[Row]:
        """One more night: records arrive, some are corrected (the version before stays or not), some go."""
        pick = self.random
        for _ in range(pick.randint(1, 8)):
            self.records += 1
            person = pick.choice(self.people)
            self._add(f"r{self.records:03d}", pick.choice(["onderwijs", "wijkteam", "jeugdhulp"]), person)
        for row in pick.sample(self.rows, min(len(self.rows), pick.randint(0, 3))):
            person = next(p for p in self.people if p is row["person"])
            if pick.random() < 0.5:
                self.rows.remove(row)
            self._add(row["record_key"], row["source"], person)
        for row in pick.sample(self.rows, min(len(self.rows), pick.randint(0, 2))):
            self.rows = [other for other in self.rows if other["record_key"] != row["record_key"]]
        self.night += 1
        return self.tonight()

    def _add(self, record: str, source: str, person: dict[str, Any]) -> None:
        day = (FIRST_NIGHT + timedelta(days=self.night)).isoformat()
        row = mention(record, "kind", source=source, day=day, **self._told(person))
        if key(row) not in {key(other) for other in self.rows}:
            self.rows.append(row | {"person": person})

    def tonight(self) -> list[Row]:
        """The mentions, without the truth."""
        return [{name: value for name, value in row.items() if name != "person"} for row in self.rows]


class Night:
    """The persons that one night found."""

    def __init__(self, con: duckdb.DuckDBPyConnection, linked: PersonsLinked) -> None:
        self.con, self.linked = con, linked
        self.persons = {
            (delivery, record, role): person
            for delivery, record, role, person in con.execute(
                "select delivery_id, record_key, role, person_id from link.mention_person"
            ).fetchall()
        }

    def groups(self) -> Groups:
        """The mentions grouped into persons."""
        found: dict[str, set[Any]] = {}
        for mentioned, person in self.persons.items():
            found.setdefault(person, set()).add(mentioned)
        return {frozenset(group) for group in found.values()}


def night(
    mentions: list[Row], zones: Zones | None = None, number: int = 0, *, scorer: Scorer | None = None,
    keep: bool = True, shuffle: int | None = None, encoding: str = "one",
) -> Night:  # fmt: skip
    """Link one night's mentions, with the link file of ``zones`` or from scratch."""
    con = domain_file(mentions, shuffle=shuffle)
    if zones is None:
        return Night(con, link_persons(con, DOMAIN, OUTPUT_KEY, None, scorer, encoding=encoding))
    at = FIRST_NIGHT + timedelta(days=number)
    with open_link_file(con, zones, DOMAIN, at, keep=keep) as file:
        linked = link_persons(con, DOMAIN, OUTPUT_KEY, file, scorer, encoding=encoding)
    return Night(con, linked)


def held(zones: Zones, query: str) -> list[Any]:
    """Rows of the link file."""
    path: Path = zones.link_file(DOMAIN)
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).fetchall()
