"""Linkage from night to night: the link file remembers, and what it remembers changes no answer."""

from __future__ import annotations

import os
import shutil
import signal
from datetime import date
from pathlib import Path

import duckdb
import pytest

from helpers.linkage import DOMAIN, FAMILY_KEY, OUTPUT_KEY, domain_file, family_rows, mention
from helpers.linkage_oracle import persons
from helpers.nights import FIRST_NIGHT, Town, held, night
from integration.errors import IntegrationError, UsageError
from integration.linkage import build_families, decisions, link_persons, open_link_file, upkeep
from integration.linkage.forgetting import forget
from integration.reasons import Reason
from integration.storage import Zones


@pytest.fixture
def zones(tmp_path: Path) -> Zones:
    return Zones(tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_ten_nights_one_after_the_other_are_as_from_scratch(zones: Zones, seed: int) -> None:
    town = Town(seed)
    for number in range(10):
        mentions = town.live()
        found = night(mentions, zones, number, shuffle=number)
        assert found.groups() == night(mentions).groups() == persons(mentions)
        assert found.linked.records_compared <= found.linked.records
        places = {row["record_key"] for row in mentions}
        assert {key for (key,) in held(zones, "select distinct record_key from record")} == places
        assert held(zones, 'select count(*) from pair anti join record on record = "left"') == [(0,)]


@pytest.mark.parametrize("seed", range(2))
def test_the_same_night_again_compares_nothing_and_changes_nothing(zones: Zones, seed: int) -> None:
    town = Town(seed)
    for number in range(6):
        mentions = town.live()
        first = night(mentions, zones, number)
        again = night(mentions, zones, number)
        assert again.persons == first.persons
        assert (again.linked.records_compared, again.linked.components_grown) == (0, 0)
        assert (again.linked.merges, again.linked.splits) == (0, 0)


@pytest.mark.parametrize("seed", range(2))
def test_ten_nights_of_corrections_and_deletions_keep_names(zones: Zones, seed: int) -> None:
    """Whoever is the same mentions two nights running has the same name; a change of name is a merge or a split."""
    town = Town(seed)
    before: dict[tuple[str, str, str], str] = {}
    names: set[str] = set()
    for number in range(10):
        found = night(town.live(), zones, number)
        tonight = {frozenset(group) for group in found.groups()}
        last = {frozenset(m for m in before if before[m] == name) for name in before.values()}
        for group in tonight & last:
            assert {before[m] for m in group} == {found.persons[m] for m in group}
        moved = {(before[m], found.persons[m]) for m in before.keys() & found.persons.keys()}
        renamed = {pair for pair in moved if pair[0] != pair[1]}
        told = set(held(zones, "select from_id, to_id from event where what in ('merge', 'split')"))
        assert renamed <= told
        gone = names - set(found.persons.values())
        assert not gone & {person for (person,) in held(zones, "select person_id from person")}
        new = set(found.persons.values()) - set(before.values())
        assert not new & names, "a name is never given out twice"
        names |= set(found.persons.values())
        before = dict(found.persons)


# -- merges, splits, and undoing them --------------------------------------------------------------

LUUK = {"source": "wijkteam", "born": "2015-03-02", "sex": "1", "surname": "jansen", "first": "luuk"}
APART = [
    mention("a", "kind", day="2025-10-31", address="3991AA1", **LUUK),
    mention("b", "kind", day="2025-11-30", address="3991AA1", **{**LUUK, "surname": "bos"}),
    mention("b", "kind", day="2025-12-31", address="3991AA1", **{**LUUK, "surname": "bos"}),
]
NONE = 7
"""No such event."""
BRIDGE = [mention("b", "kind", day="2026-01-11", address="3991AA1", **LUUK)]


def test_a_merge_keeps_the_name_that_was_first_and_can_be_undone(zones: Zones) -> None:
    apart = night(APART, zones, 0)
    first, second = (apart.persons[APART[n]["delivery_id"], APART[n]["record_key"], "kind"] for n in (0, 1))
    assert first != second
    merged = night(APART + BRIDGE, zones, 1)
    assert set(merged.persons.values()) == {first}
    assert held(zones, "select day, what, from_id, to_id, why from event") == [
        (date(2026, 1, 13), "merge", second, first, "model")
    ]
    decide_undo(zones, 1)
    parted = night(APART + BRIDGE, zones, 2)
    assert (
        parted.persons[APART[0]["delivery_id"], "a", "kind"]
        != parted.persons[BRIDGE[0]["delivery_id"], "b", "kind"]
    )
    assert parted.linked.splits == 1
    assert held(zones, "select what, why from event order by event") == [
        ("merge", "model"),
        ("split", "reviewed"),
    ]
    assert night(APART + BRIDGE).groups() != parted.groups()
    decide_undo(zones, 2)
    again = night(APART + BRIDGE, zones, 3)
    assert len(set(again.persons.values())) == 1
    assert again.linked.merges == 1


def test_a_split_leaves_the_name_with_most_records_and_can_be_undone(zones: Zones) -> None:
    merged = night(APART + BRIDGE, zones, 0)
    (name,) = set(merged.persons.values())
    parted = night(APART, zones, 1)
    assert parted.persons[APART[2]["delivery_id"], "b", "kind"] == name or parted.linked.splits == 1
    assert held(zones, "select what, why from event") == [("split", "records_changed")]
    decide_undo(zones, 1)
    again = night(APART, zones, 2)
    assert len(set(again.persons.values())) == 1
    assert set(again.rules if hasattr(again, "rules") else ()) == set()
    assert again.linked.by_rule == {"reviewed": 3}


def decide_undo(zones: Zones, event: int) -> None:
    with duckdb.connect(":memory:") as con:
        assert event in [one.event for one in upkeep.events(con, zones, DOMAIN)] or event == NONE
        at = "2026-01-13T09:00:00+01:00"
        made = upkeep.undo(con, zones, DOMAIN, event, at=at, by="beoordelaar-1", why="dossier ingezien")
    assert decisions.read(decisions.path(zones, DOMAIN))[-1] == made


def test_what_is_no_event_cannot_be_undone(zones: Zones) -> None:
    night(APART, zones, 0)
    with pytest.raises(UsageError):
        decide_undo(zones, NONE)
    assert not decisions.path(zones, DOMAIN).exists()


def test_the_last_decision_counts_and_unsure_takes_it_back(zones: Zones) -> None:
    place = {
        row["record_key"]: (row["supplier"], row["municipality"], row["record_key"], "kind") for row in APART
    }
    for number, (decision, groups) in enumerate((("same", 1), ("different", 2), ("same", 1), ("unsure", 2))):
        told = decisions.Decision(f"2026-01-{number}", "b", decision, (place["a"],), (place["b"],))
        decisions.add(decisions.path(zones, DOMAIN), told)
        assert len(set(night(APART, zones, number).persons.values())) == groups
    gone = night(APART[:1], zones, 9)
    assert len(gone.persons) == 1
    assert decisions.read(decisions.path(zones, DOMAIN)) == []


# -- the file itself -------------------------------------------------------------------------------------


def test_only_its_owner_may_read_it_and_nothing_else_is_left_beside_it(zones: Zones) -> None:
    night(Town(0).live(), zones, 0)
    assert [path.name for path in zones.linking.iterdir()] == [f"{DOMAIN}.duckdb"]
    assert zones.linking.stat().st_mode & 0o077 == 0
    assert zones.link_file(DOMAIN).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("moment", ["keep_persons", "place"])
def test_killed_at_any_point_leaves_the_old_file_and_the_next_run_gives_the_same(
    zones: Zones, tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(1)
    night(town.live(), zones, 0)
    before, mentions = zones.link_file(DOMAIN).read_bytes(), town.live()
    shutil.copytree(zones.linking, tmp_path / "other" / "linking")
    child = os.fork()
    if child == 0:
        from integration.linkage import link_file as module
        from integration.linkage import persons as steps

        def die(*_: object, **__: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(module if moment == "place" else steps, moment, die)
        night(mentions, zones, 1)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    assert zones.link_file(DOMAIN).read_bytes() == before
    assert night(mentions, zones, 1).persons == night(mentions, Zones(tmp_path / "other"), 1).persons


def test_another_encodings_file_and_what_is_no_link_file_are_refused(zones: Zones) -> None:
    mentions = Town(0).live()
    night(mentions, zones, 0)
    with pytest.raises(IntegrationError) as caught:
        night(mentions, zones, 1, encoding="two")
    assert caught.value.reason is Reason.LINK_ENCODING_MIXED
    zones.link_file(DOMAIN).write_bytes(b"something else")
    with pytest.raises(IntegrationError) as caught:
        night(mentions, zones, 1)
    assert caught.value.reason is Reason.LINK_FILE_UNREADABLE
    decisions.path(zones, DOMAIN).write_text("no decision\n")
    zones.link_file(DOMAIN).unlink()
    with pytest.raises(IntegrationError) as caught:
        night(mentions, zones, 1)
    assert caught.value.reason is Reason.LINK_DECISIONS_UNREADABLE


def test_what_is_forgotten_is_nowhere_in_the_file(zones: Zones) -> None:
    found = night(APART + BRIDGE, zones, 0)
    night(APART, zones, 1)
    assert held(zones, "select count(*) from event") == [(1,)]
    with duckdb.connect(":memory:") as con:
        assert forget(con, zones, DOMAIN, "WI01", ["b"]) == 1
    assert b"2025-11-30" not in zones.link_file(DOMAIN).read_bytes()
    for table in ("record", "cluster", "person"):
        assert held(zones, f"select count(*) from {table}") == [(1,)], table
    for table in ("pair", "event", "event_record", "review"):
        assert held(zones, f"select count(*) from {table}") == [(0,)], table
    left = night(APART[:1], zones, 2)
    assert left.linked.records_compared == 0
    assert set(left.persons.values()) <= set(found.persons.values()) | set(left.persons.values())


def test_an_erased_person_leaves_no_trace_after_the_next_night(zones: Zones) -> None:
    person = night(APART, zones, 0).persons[APART[0]["delivery_id"], "a", "kind"]
    night(APART[1:], zones, 1)
    content = zones.link_file(DOMAIN).read_bytes()
    for trace in (person, APART[0]["token_demographic"]):
        assert trace.encode() not in content


# -- gezinnen ----------------------------------------------------------------------------------------------

GEZIN = """
    child  guardians  address  day
    anna   eva        3991AA1  2025-10-31
    bram   eva        3991AA1  2025-11-30
    cas    eva        3991AA1  2025-12-31
"""


def gezinnen(text: str, zones: Zones, number: int) -> dict[str, str]:
    """The gezin of each child after a night."""
    from datetime import timedelta

    con = domain_file(*family_rows(text))
    at = FIRST_NIGHT + timedelta(days=number)
    with open_link_file(con, zones, DOMAIN, at, keep=True) as file:
        link_persons(con, DOMAIN, OUTPUT_KEY, file)
        build_families(con, DOMAIN, FAMILY_KEY, at, file)
    return {
        name.removeprefix("bsn:"): gezin
        for name, gezin in con.execute(
            "select distinct bsn_token, gezin_id from staging.mentions "
            "join link.mention_person using (delivery_id, record_key, role) "
            "join link.gezin_member on gezin_member.person_id = mention_person.person_id "
            "and gezin_member.role = 'kind'"
        ).fetchall()
    }


def without(text: str, name: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(name))


def test_a_gezin_keeps_its_name_when_the_child_first_seen_leaves_and_another_comes(zones: Zones) -> None:
    (name,) = set(gezinnen(GEZIN, zones, 0).values())
    assert set(gezinnen(without(GEZIN, "anna"), zones, 1).values()) == {name}
    later = [without(GEZIN, "anna").rstrip(), "    dirk   eva        3991AA1  2024-10-31"]
    assert set(gezinnen("\n".join(later), zones, 2).values()) == {name}
    assert held(zones, "select count(*) from event") == [(0,)]


def test_gezinnen_that_part_and_meet_are_events(zones: Zones) -> None:
    apart = GEZIN.replace("cas    eva        3991AA1", "cas    bart       3995EE5")
    before = gezinnen(apart, zones, 0)
    assert before["anna"] == before["bram"] != before["cas"]
    together = gezinnen(GEZIN, zones, 1)
    assert set(together.values()) == {before["anna"]}
    after = gezinnen(apart, zones, 2)
    assert after["anna"] == before["anna"] != after["cas"]
    assert after["cas"] not in before.values()
    told = held(zones, "select what, from_id, to_id from event where what like 'gezin%' order by event")
    assert told == [
        ("gezin_merge", before["cas"], before["anna"]),
        ("gezin_split", before["anna"], after["cas"]),
    ]
