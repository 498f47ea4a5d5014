"""Rights of persons on a tiny municipality: who goes, who stays, what a list keeps out, what a person is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpers import rights as town
from helpers.deliveries import NOW
from helpers.rights import ANNE, BRAM, CEES, DOMAIN, NOBODY, PAUL, QUIN
from integration import parquet, pipeline
from integration.attacks.search import hits
from integration.audit.lines import read_line
from integration.audit.log import AuditLog
from integration.errors import IntegrationError, UsageError
from integration.ledger import Ledger
from integration.names import DomainCode
from integration.reasons import Reason
from integration.rights import commands, lists, traces
from integration.rights.carrying_out import intent_path
from integration.rights.commands import Done, Request
from integration.rights.export import export
from integration.rights.locate import Subject, locate
from integration.rights.person_token import person_token
from integration.settings import Settings, forget_settings

CODE = DomainCode(DOMAIN)
FIRST = f"wijkteam.WT0321.{DOMAIN}.2026-W04.0001"


def asked(settings: Settings, bsn: str, case: str = "AVG-2026-1") -> Request:
    return replace(commands.request(DOMAIN, case), token=person_token(settings, CODE, bsn.encode()))


def subject(settings: Settings, bsn: str) -> Subject:
    return locate(settings, commands.open_keys(settings, CODE), CODE, token=asked(settings, bsn).token)


def person(settings: Settings, bsn: str) -> str:
    found = subject(settings, bsn).person_id
    assert found is not None
    return found


def everybody_but(settings: Settings, *gone: str) -> dict[str, list[Any]]:
    """The published rows that name persons, without those of somebody who is gone; gezinnen without their names.

    A gezin is named after one of its children: when that child goes it gets another name.
    """
    tables = town.warehouse(settings)
    named = ("core.person", "core.mention", "core.membership", "core.contact", "families.family_fact")
    kept = {name: [row for row in tables[name] if not set(map(str, row)) & set(gone)] for name in named}
    return {name: sorted((_without_gezin(row) for row in rows), key=repr) for name, rows in kept.items()}


def _without_gezin(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("gezin" if f".{DOMAIN}.family." in str(value) else value for value in row)


# -- erase ---------------------------------------------------------------------------------------------


def test_erasing_a_child_leaves_no_trace_and_nobody_else_changes(settings: Settings) -> None:
    anne = subject(settings, ANNE)
    before = everybody_but(settings, *anne.own)
    assert traces(settings, CODE, anne.own), "the search finds what is there"
    done = commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    assert done == Done("erase", DOMAIN, deliveries=1, rows=1, mentions=0, listed=True)
    assert traces(settings, CODE, anne.own) == []
    assert everybody_but(settings, *anne.own) == before
    with pytest.raises(UsageError) as error:
        commands.find(settings, asked(settings, ANNE))
    assert error.value.reason is Reason.SUBJECT_UNKNOWN


def test_erasing_a_parent_keeps_the_childrens_records(settings: Settings) -> None:
    paul = subject(settings, PAUL)
    done = commands.erase(settings, asked(settings, PAUL), pipeline.nightly)
    assert (done.rows, done.mentions) == (0, 2)
    assert traces(settings, CODE, paul.own) == []
    for zone in ("staging", "linked"):
        (path,) = (settings.zones.home / zone).rglob("records.parquet")
        rows = {row["row_number"]: row for row in parquet.read(path).to_pylist()}
        assert [rows[n]["ouder1_relatie"] for n in (1, 2, 3)] == [None, None, "10"]
        assert [rows[n]["ouder1_bsn_status"] for n in (1, 2, 3)] == [None, None, "ok"]
        assert [rows[n]["kind_bsn_status"] for n in (1, 2, 3)] == ["ok"] * 3
    assert len(town.warehouse(settings)["core.person"]) == 4


def test_the_payload_goes_early_and_others_deliveries_stay(settings: Settings) -> None:
    second = town.deliver("2026-W05", 2, [town.row(CEES, 3)])
    raw = settings.zones.raw / DOMAIN / "wijkteam"
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    assert [path.name for path in (raw / FIRST).iterdir()] == ["manifest.json"]
    assert len(list((raw / second).iterdir())) == 2


def test_a_replaced_delivery_and_one_that_was_not_loaded_are_searched_too(settings: Settings) -> None:
    town.deliver("2026-W04", 2, [town.row(CEES, 3)])
    pipeline.nightly(DOMAIN)
    anne = subject(settings, ANNE)
    assert len(anne.mentions) == 1
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    assert traces(settings, CODE, anne.own) == []


def test_an_erased_person_may_be_brought_again(settings: Settings) -> None:
    pseudonym = person(settings, ANNE)
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    later(settings)
    town.deliver("2026-W05", 2, [town.row(ANNE, 1)], arrived=NOW + timedelta(days=7))
    pipeline.nightly(DOMAIN)
    again = commands.find(settings, asked(settings, ANNE))["person"]
    assert again != pseudonym, (
        "whoever comes back after an erasure cannot be laid beside what was known before"
    )


def later(settings: Settings) -> None:
    """A week goes by."""
    path = settings.zones.home / "integration.toml"
    path.write_text(path.read_text().replace("2026-02-16", "2026-02-23"))
    forget_settings()


KILLED = """
import os, signal, sys
from dataclasses import replace
from integration import pipeline
from integration.rights import commands
from integration.settings import get_settings
stop, case, person = int(sys.argv[1]), sys.argv[2], sys.argv[3]
real, calls = os.replace, iter(range(1, 1000))
def replaced(*arguments):
    if next(calls) == stop:
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments)
os.replace = replaced
asked = replace(commands.request("GM0321", case), person=person)
commands.erase(get_settings(), asked, pipeline.nightly)
"""
"""Erases, and is killed at one of its renames: 1 is the intent, 2 the list, then tables, counts, the warehouse."""


@pytest.mark.parametrize("stop", [1, 2, 4, 6, 8, 9])
def test_killed_anywhere_and_run_again_it_is_done(settings: Settings, stop: int) -> None:
    anne = subject(settings, ANNE)
    before, wanted = everybody_but(settings, *anne.own), asked(settings, ANNE)
    command = [sys.executable, "-c", KILLED, str(stop), wanted.case, str(anne.person_id)]
    done = subprocess.run(command, env=os.environ.copy(), capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    begun = intent_path(settings.zones, CODE).exists()
    assert begun == (stop > 1)
    if begun:
        with pytest.raises(IntegrationError) as error:
            commands.find(settings, wanted)
        assert error.value.reason is Reason.RIGHTS_UNFINISHED
    if begun and stop % 2:
        pipeline.nightly(DOMAIN)  # the night finishes what was begun
    else:
        assert commands.erase(settings, wanted, pipeline.nightly).rows == 1
    assert not intent_path(settings.zones, CODE).exists()
    assert traces(settings, CODE, anne.own) == []
    assert everybody_but(settings, *anne.own) == before


# -- object --------------------------------------------------------------------------------------------


def test_who_objected_is_kept_out_and_counted(settings: Settings) -> None:
    anne, paul = subject(settings, ANNE), subject(settings, PAUL)
    done = commands.object_(settings, asked(settings, ANNE), pipeline.nightly)
    assert done.listed
    again = [town.row(ANNE, 1), town.row(ANNE, 7, with_bsn=False), town.row(BRAM, 2)]
    name = town.deliver("2026-W05", 2, again)
    entry = Ledger(settings.ledger()).entry(name)
    assert entry is not None
    assert (entry.facts["objected"], entry.facts["rows_ok"]) == (2, 1)
    pipeline.nightly(DOMAIN)
    assert traces(settings, CODE, anne.own) == []
    assert {row["role"] for row in town.mentions(settings, "staging") if row["delivery_id"] == name} == {
        "kind", "ouder1",
    }  # fmt: skip
    assert paul.person_id in str(town.warehouse(settings)["core.person"])


def test_a_parent_who_objected_is_left_out_of_the_childs_record(settings: Settings) -> None:
    commands.object_(settings, asked(settings, PAUL), pipeline.nightly)
    name = town.deliver("2026-W05", 2, [town.row(ANNE, 1)])
    entry = Ledger(settings.ledger()).entry(name)
    assert entry is not None
    assert (entry.facts["objected"], entry.facts["rows_ok"]) == (1, 1)
    assert [m["role"] for m in town.mentions(settings) if m["delivery_id"] == name] == ["kind"]


def test_somebody_who_is_not_known_yet_can_object(settings: Settings) -> None:
    done = commands.object_(settings, asked(settings, NOBODY), pipeline.nightly)
    assert (done.listed, done.deliveries) == (True, 0)
    again = commands.object_(settings, asked(settings, NOBODY, "AVG-2026-2"), pipeline.nightly)
    assert again.unchanged


def test_the_list_holds_marks_and_no_token(settings: Settings) -> None:
    anne = subject(settings, ANNE)
    commands.object_(settings, asked(settings, ANNE), pipeline.nightly)
    path = lists.list_path(settings.zones, lists.OBJECTIONS, CODE)
    (entry,) = json.loads(path.read_text())["entries"]
    assert set(entry) == {"at", "case", "numbers", "likenesses"}
    assert all(mark.startswith(f"1.{DOMAIN}.objection.") for mark in entry["numbers"] + entry["likenesses"])
    assert not any(token.rsplit(".", 1)[-1] in path.read_text() for token in anne.own)
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_list_stops_the_work(settings: Settings) -> None:
    path = lists.list_path(settings.zones, lists.OBJECTIONS, CODE)
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(IntegrationError) as error:
        pipeline.nightly(DOMAIN)
    assert error.value.reason is Reason.RIGHTS_UNREADABLE


# -- a restored backup ---------------------------------------------------------------------------------


@pytest.mark.parametrize("right", ["erase", "object_"])
@pytest.mark.parametrize("by_night", [False, True])
def test_a_restored_backup_is_held_against_the_lists(settings: Settings, right: str, by_night: bool) -> None:
    anne, zones = subject(settings, ANNE), settings.zones
    backup = zones.home.parent / "backup"
    for zone in ("linked", "staging"):
        shutil.copytree(zones.home / zone, backup / zone)
    getattr(commands, right)(settings, asked(settings, ANNE), pipeline.nightly)
    for zone in ("linked", "staging"):
        shutil.copytree(backup / zone, zones.home / zone, dirs_exist_ok=True)
    assert traces(settings, CODE, anne.own)
    if by_night:
        later(settings)
        pipeline.nightly(DOMAIN)
    else:
        assert commands.apply(settings, DOMAIN, pipeline.nightly).rows == 1
    assert traces(settings, CODE, anne.own) == []
    assert commands.apply(settings, DOMAIN, pipeline.nightly).unchanged


# -- restrict ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ANNE, PAUL])
def test_restricting_hides_and_unrestricting_brings_back(settings: Settings, who: str) -> None:
    one = subject(settings, who)
    before = town.warehouse(settings)
    kept = town.mentions(settings)
    others = everybody_but(settings, *one.own)
    assert commands.restrict(settings, asked(settings, who), pipeline.nightly).listed
    assert str(one.person_id) not in str(town.warehouse(settings))
    assert everybody_but(settings, *one.own) == others
    assert town.mentions(settings) == kept, "kept as it was"
    assert commands.restrict(settings, asked(settings, who), pipeline.nightly).unchanged
    assert commands.find(settings, asked(settings, who))["restricted"]
    commands.unrestrict(settings, asked(settings, who), pipeline.nightly)
    after = town.warehouse(settings)
    assert {name: rows for name, rows in after.items() if name != "meta.run"} == {
        name: rows for name, rows in before.items() if name != "meta.run"
    }


# -- export --------------------------------------------------------------------------------------------


def test_an_export_tells_what_is_held_and_nothing_of_others(settings: Settings, tmp_path: Path) -> None:
    anne = subject(settings, ANNE)
    others = [subject(settings, bsn) for bsn in (BRAM, CEES, PAUL, QUIN)]
    page, data = export(settings, asked(settings, ANNE), tmp_path / "inzage.html")
    assert {page.stat().st_mode & 0o777, data.stat().st_mode & 0o777} == {0o600}
    told = json.loads(data.read_text())
    (record,) = told["records"]
    assert (record["source"], record["supplier"], record["is_about_person"]) == ("wijkteam", "WT0321", True)
    labels = {item["label_nl"]: item["value"] for item in record["attributes"]}
    assert "2026-01-20" in labels.values()
    assert len(told["facts"]) == 2
    assert [line["action"] for line in told["log"]] == ["subject.export"]
    both = page.read_text() + data.read_text()
    assert str(anne.person_id) in both
    for other in others:
        assert not [text for text in other.own if text in both]
    assert ".person." not in both
    assert ".family." not in both
    assert 'lang="nl"' in both
    assert 'lang="en"' in both


def test_a_parents_export_says_only_that_a_record_names_them(settings: Settings, tmp_path: Path) -> None:
    _, data = export(settings, asked(settings, PAUL), tmp_path / "inzage.html")
    told = json.loads(data.read_text())
    assert [record["is_about_person"] for record in told["records"]] == [False, False]
    assert {item["field"] for record in told["records"] for item in record["attributes"]} == {
        "ouder1_relatie"
    }


@pytest.mark.parametrize("place", ["inzage.pdf", "home/inzage.html", "nowhere/inzage.html"])
def test_an_export_is_written_only_where_it_may(settings: Settings, tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError) as error:
        export(settings, asked(settings, ANNE), tmp_path / place)
    assert error.value.reason is Reason.INPUT_INVALID


# -- logging, mistakes and the number that is typed -----------------------------------------------------


def lines(settings: Settings, log: str) -> list[dict[str, Any]]:
    audit_log = AuditLog(settings.zones.audit, log)
    raw = [text for day in audit_log.days() for text in audit_log.path(day).read_bytes().split(b"\n") if text]
    return [dict(line.fields) for text in raw if (line := read_line(text, log))]


def test_what_is_done_and_who_looked_is_logged(settings: Settings) -> None:
    anne = person(settings, ANNE)
    commands.find(settings, asked(settings, ANNE))
    looked = lines(settings, "access")[-1]
    assert (looked["action"], looked["case"], looked["reason"]) == (
        "subject.find",
        "AVG-2026-1",
        "SUBJECT_REQUEST",
    )
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    told = [line for line in lines(settings, "processing") if line["action"] == "subject.erase"]
    assert [(line["event"], line["case"], line["subjects"]) for line in told] == [
        ("begun", "AVG-2026-1", looked["subjects"]),
        ("ended", "AVG-2026-1", looked["subjects"]),
    ]
    assert anne not in str(told)


def test_what_cannot_be_logged_is_not_done(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, before = asked(settings, ANNE), town.mentions(settings)

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(AuditLog, "append", full)
    with pytest.raises(IntegrationError) as error:
        commands.erase(settings, wanted, pipeline.nightly)
    assert error.value.reason is Reason.AUDIT_UNWRITABLE
    assert town.mentions(settings) == before
    assert not intent_path(settings.zones, CODE).exists()


def cli(settings: Settings, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "integration.cli", "subject", *words]
    environment = {**os.environ, "INTEGRATION_HOME": str(settings.zones.home)}
    return subprocess.run(
        command,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


BASE = ("--domain", DOMAIN, "--case", "AVG-2026-1")
MISTAKES = [
    (("find", *BASE), "", "INPUT_INVALID"),
    (("find", *BASE, "--ask", "--person", "x"), "", "INPUT_INVALID"),
    (("find", *BASE, "--person", "x"), "", "INPUT_INVALID"),
    (("find", *BASE, "--person", f"1.{DOMAIN}.output.{'0' * 32}"), "", "SUBJECT_UNKNOWN"),
    (("find", *BASE, "--person", f"1.GM0228.output.{'0' * 32}"), "", "INPUT_INVALID"),
    (("erase", *BASE, "--ask"), "123456789", "BSN_INVALID"),
    (("erase", *BASE, "--ask"), "999999999", "BSN_UNKNOWN"),
    (("erase", *BASE, "--ask"), "not a number", "BSN_INVALID"),
    (("erase", *BASE, "--ask"), NOBODY, "SUBJECT_UNKNOWN"),
    (("erase", "--domain", DOMAIN, "--ask"), "", "--case"),
    (("erase", "--domain", DOMAIN, "--case", "AVG 1", "--ask"), "", "INPUT_INVALID"),
    (("erase", "--domain", "Houten", "--case", "AVG-2026-1", "--ask"), "", "MUNICIPALITY_UNKNOWN"),
    (("erase", *BASE, "--ask", "--reason", "WHY"), "", "INPUT_INVALID"),
]


@pytest.mark.parametrize(("words", "typed", "told"), MISTAKES)
def test_a_mistake_is_named(settings: Settings, words: tuple[str, ...], typed: str, told: str) -> None:
    done = cli(settings, *words, typed=typed + "\n")
    assert (done.returncode, done.stdout.replace("BSN (wordt niet getoond): ", "")) == (2, "")
    assert told in done.stderr
    assert not typed or typed not in done.stderr


def test_the_number_that_is_typed_stands_nowhere(settings: Settings, tmp_path: Path) -> None:
    for path in settings.zones.raw.rglob("payload.*"):
        path.unlink()
    found = cli(settings, "find", *BASE, "--ask", "--json", typed=ANNE + "\n")
    assert found.returncode == 0, found.stderr
    page = tmp_path / "inzage.html"
    told = cli(settings, "export", *BASE, "--ask", "--to", str(page), typed=ANNE + "\n")
    assert told.returncode == 0, told.stderr
    done = cli(settings, "object", *BASE, "--ask", typed=f" {ANNE} \n")
    assert done.returncode == 0, done.stderr
    said = "".join(p.stdout + p.stderr for p in (found, told, done)) + page.read_text()
    assert ANNE not in said
    assert hits(tmp_path, [ANNE]) == {}
    assert json.loads(found.stdout[found.stdout.index("{") :])["mentions"] == 1


def test_a_delivery_of_nobody_but_who_objected_is_an_empty_one(settings: Settings) -> None:
    commands.object_(settings, asked(settings, ANNE), pipeline.nightly)
    name = town.deliver("2026-W05", 2, [town.row(ANNE, 1)])
    assert [m for m in town.mentions(settings, "staging") if m["delivery_id"] == name] == []


def test_what_a_killed_run_left_beside_a_delivery_goes_too(settings: Settings) -> None:
    anne = subject(settings, ANNE)
    (folder,) = (settings.zones.home / "linked").glob("*/*/*")
    for name in (f".{folder.name}.abc.partial", f".{folder.name}.abc.old"):
        shutil.copytree(folder, folder.parent / name)
    shutil.copy(folder / "mentions.parquet", folder / ".mentions.parquet.partial")
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    assert traces(settings, CODE, anne.own) == []
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
