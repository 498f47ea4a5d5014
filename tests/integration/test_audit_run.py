"""The audit logs of a whole run: every stage is there, nothing identifying is, and the commands tell the truth."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpers.installation import Installation
from integration import audit, pipeline
from integration.attacks.search import hits
from integration.audit.log import AuditLog
from integration.audit.words import ACCESS, BEGUN, ENDED, LOOKED, PROCESSING, STAGES
from integration.errors import IntegrationError, UsageError
from integration.ledger import Ledger
from integration.names import DomainCode
from integration.pseudonyms.demo_keys import make_demo_keys
from integration.pseudonyms.keyring import list_keys, open_keyring
from integration.reasons import Reason
from integration.settings import forget_settings, get_settings
from integration.storage import Zones, write_bytes

TOKEN = r"[1-9][0-9]*\.[A-Z0-9]{2,12}\.(person|address|key|family|output)\.[0-9a-f]{32}"


def told(home: Path, log: str) -> list[dict[str, Any]]:
    files = AuditLog(Zones(home).audit, log)
    return [json.loads(line) for day in files.days() for line in files.path(day).read_bytes().splitlines()]


def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "INTEGRATION_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "integration.cli", *words],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )


@pytest.fixture
def copy(demo_run: Installation, tmp_path: Path) -> Path:
    """The installation's audit, settings, quarantine, keys and warehouse manifests, to change at will."""
    for name in ("audit", "keys", "quarantine", "suppliers"):
        shutil.copytree(demo_run.home / name, tmp_path / "home" / name)
    for path in (*demo_run.home.glob("*.toml"), *demo_run.home.glob("ledger.sqlite*")):
        shutil.copyfile(path, tmp_path / "home" / path.name)
    (tmp_path / "home" / "warehouse").mkdir()
    for path in demo_run.zones.warehouse.glob("*.json"):
        shutil.copyfile(path, tmp_path / "home" / "warehouse" / path.name)
    return tmp_path / "home"


# -- what was processed ---------------------------------------------------------------------------------


def test_every_stage_wrote_where_it_began_and_ended(demo_run: Installation) -> None:
    lines = told(demo_run.home, PROCESSING)
    others = {"purge", "settle"}  # a DAG of its own; only where somebody decided
    line_stages = {name: rule for name, rule in STAGES.items() if name not in others}
    for name, rule in line_stages.items():
        events = Counter(line["event"] for line in lines if line["action"] == name)
        assert events[BEGUN] > 0, name
        assert events[ENDED] >= events[BEGUN], name
        assert {line["purpose"] for line in lines if line["action"] == name} == {rule.purpose.value}


def test_every_delivery_and_domain_is_told_with_what_became_of_it(demo_run: Installation) -> None:
    ledger = Ledger(demo_run.settings.ledger())
    ends = [line for line in told(demo_run.home, PROCESSING) if line["event"] == ENDED]
    by_object: dict[str, set[str]] = {}
    for line in ends:
        by_object.setdefault(line["object"], set()).add(f"{line['action']}:{line['outcome']}")
    for entry in ledger.entries():
        seen = by_object[f"delivery:{entry.subject}"]
        assert "receive:received" in seen
        assert any(word.endswith(f":{entry.state}") for word in seen)
    for domain in demo_run.zones.warehouse.glob("GM*.duckdb"):
        stages = ("link", "model", "check_model", "indicators")
        assert by_object[f"domain:{domain.stem}"] >= {f"{stage}:done" for stage in stages}
    refused = [line for line in ends if line["outcome"] == "quarantined"]
    assert refused
    assert {line["reason"] for line in refused} <= set(Reason)
    assert None not in {line["reason"] for line in refused}


def test_a_processing_id_is_one_run_of_one_stage(demo_run: Installation) -> None:
    runs: dict[str, set[str]] = {}
    for line in told(demo_run.home, PROCESSING):
        runs.setdefault(line["processing_id"], set()).add(line["action"])
    assert {len(actions) for run, actions in runs.items() if run} == {1}


def test_stages_that_use_keys_tell_which(demo_run: Installation) -> None:
    (key,) = list_keys(demo_run.zones.keys / "keyring.json")
    for line in told(demo_run.home, PROCESSING):
        keyed = line["action"] in STAGES and STAGES[line["action"]].keyed
        assert line["keys"] == ({"1": key.fingerprint} if keyed else {})


def test_who_answers_for_it_is_the_municipality(demo_run: Installation) -> None:
    for line in told(demo_run.home, PROCESSING):
        if line["object"].startswith(("delivery:", "domain:")):
            assert line["organisation"] in line["object"]


# -- what is not there ----------------------------------------------------------------------------------


def test_nothing_identifying_is_in_the_log(demo_run: Installation) -> None:
    persons = f"read_parquet('{demo_run.zones.truth}/persons.parquet')"
    bsns = {bsn for (bsn,) in duckdb.sql(f"select distinct bsn from {persons}").fetchall() if bsn}
    assert len(bsns) > 200
    assert hits(demo_run.zones.audit, bsns) == {}
    some = next(iter(bsns))
    assert hits(demo_run.zones.truth, [some]), "positive control"


def test_no_pseudonym_of_the_warehouse_is_in_the_log(demo_run: Installation) -> None:
    import re

    text = b"".join(path.read_bytes() for path in demo_run.zones.audit.rglob("*.jsonl")).decode()
    assert text
    assert re.search(TOKEN, text) is None


# -- who looked -----------------------------------------------------------------------------------------


def test_looking_at_quarantine_and_status_is_written_before_it_is_shown(copy: Path) -> None:
    before = len(told(copy, ACCESS))
    shown = json.loads(command(copy, "quarantine", "list", "--json").stdout)
    lines = told(copy, ACCESS)[before:]
    assert [line["object"] for line in lines] == [f"quarantine:{row['quarantine_id']}" for row in shown]
    assert {(line["event"], line["action"], line["outcome"]) for line in lines} == {
        (LOOKED, "quarantine.list", "shown")
    }
    received = {line["processing_id"] for line in told(copy, PROCESSING) if line["action"] == "receive"}
    assert {line["processing_id"] for line in lines} <= received, "joined with what processed it"

    before += len(lines)
    domains = json.loads(command(copy, "status", "--json").stdout)["domains"]
    lines = told(copy, ACCESS)[before:]
    assert {line["object"] for line in lines} == {f"domain:{row['domain']}" for row in domains}
    processed = {line["processing_id"]: line["object"] for line in told(copy, PROCESSING)}
    assert all(processed[line["processing_id"]] == line["object"] for line in lines)
    assert command(copy, "audit", "verify").returncode == 0


def test_without_a_keyring_looking_is_still_written(copy: Path) -> None:
    shutil.rmtree(copy / "keys")
    before = len(told(copy, ACCESS))
    assert command(copy, "quarantine", "list").returncode == 0
    lines = told(copy, ACCESS)[before:]
    assert lines
    assert {tuple(line["subjects"]) for line in lines} == {()}


def test_what_cannot_be_written_is_not_shown(copy: Path) -> None:
    shutil.rmtree(copy / "audit" / ACCESS, ignore_errors=True)
    write_bytes(copy / "audit" / ACCESS, b"in the way")
    done = command(copy, "quarantine", "list", "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("AUDIT_UNWRITABLE")


def test_replaying_is_written(copy: Path) -> None:
    (first, *_) = json.loads(command(copy, "quarantine", "list", "--json").stdout)
    assert command(copy, "quarantine", "replay", first["quarantine_id"]).returncode == 0
    last = told(copy, ACCESS)[-1]
    assert (last["action"], last["object"], last["outcome"]) == (
        "quarantine.replay",
        f"quarantine:{first['quarantine_id']}",
        "changed",
    )
    assert last["processing_id"] is not None


def test_a_person_stands_in_the_log_under_the_audit_key(home: Path) -> None:
    settings = prepared(home)
    keys = open_keyring(home / "keys/keyring.json", settings.passphrase_bytes())
    pseudonym = "1.GM0321.output." + "a" * 32
    domain, other = DomainCode("GM0321"), DomainCode("GM0228")
    token = audit.subject_token(keys, domain, pseudonym)
    assert token.startswith("1.GM0321.audit.")
    assert token == audit.subject_token(keys, domain, pseudonym)
    assert token[-32:] not in (pseudonym[-32:], audit.subject_token(keys, other, pseudonym)[-32:])
    look = {"domain:GM0321": "domain:GM0321"}
    audit.looked(
        settings,
        "family.show",
        look,
        purpose=audit.Purpose.SAFETY,
        case="VT-2026-17",
        subjects=[token],
        actor="a.bakker",
    )
    (line,) = told(home, ACCESS)
    assert (line["subjects"], line["case"], line["actor"]) == ([token], "VT-2026-17", "a.bakker")
    assert pseudonym[-32:] not in json.dumps(line)


@pytest.mark.parametrize(
    "wrong", [{"case": "buurvrouw belde"}, {"subjects": ["999990019"]}, {"actor": "Anna de Vries"}]
)
def test_free_text_about_a_look_is_refused_and_nothing_is_written(home: Path, wrong: dict[str, Any]) -> None:
    settings = prepared(home)
    with pytest.raises(UsageError) as caught:
        audit.looked(settings, "family.show", {"domain:GM0321": ""}, purpose=audit.Purpose.SAFETY, **wrong)
    assert caught.value.reason is Reason.INPUT_INVALID
    assert str(next(iter(wrong.values()))) not in str(caught.value)
    assert not (home / "audit").exists()


# -- failures -------------------------------------------------------------------------------------------


def prepared(home: Path) -> Any:
    make_demo_keys(Zones(home))
    forget_settings()
    return get_settings()


def test_a_stage_that_fails_is_told_with_its_reason_and_not_its_argument(home: Path) -> None:
    prepared(home)
    for asked in ("wijkteam.WT0321.GM0321.2026-W04.0004", "999990019 Jan"):
        with pytest.raises(IntegrationError):
            pipeline.encode(asked)
    ends = [line for line in told(home, PROCESSING) if line["event"] == ENDED]
    assert [(line["object"], line["outcome"], line["reason"]) for line in ends] == [
        ("delivery:wijkteam.WT0321.GM0321.2026-W04.0004", "failed", "DELIVERY_UNKNOWN"),
        ("delivery:unknown", "failed", "DELIVERY_UNKNOWN"),
    ]
    assert "999990019" not in json.dumps(ends)


def test_a_stage_that_cannot_be_written_down_is_not_begun(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bytes(home / "audit", b"in the way")
    called = []
    monkeypatch.setattr(
        "integration.deliveries.receive.receive_inbox", lambda *a, **k: called.append(1) or []
    )
    with pytest.raises(IntegrationError) as caught:
        pipeline.receive()
    assert (caught.value.reason, called) == (Reason.AUDIT_UNWRITABLE, [])


def test_an_unexpected_error_goes_on_as_it_was_and_is_told_without_its_text(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("999990019")

    monkeypatch.setattr("integration.deliveries.receive.receive_inbox", broken)
    with pytest.raises(RuntimeError):
        pipeline.receive("wijkteam")
    last = told(home, PROCESSING)[-1]
    assert (last["object"], last["outcome"], last["reason"]) == ("inbox:wijkteam", "failed", "INTERNAL")
    assert "999990019" not in json.dumps(last)


def test_a_stage_that_was_killed_is_a_beginning_without_an_end(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(home)

    def killed(*_: Any, **__: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr("integration.deliveries.receive.receive_inbox", killed)
    child = os.fork()
    if child == 0:
        pipeline.receive("wijkteam")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    (line,) = told(home, PROCESSING)
    assert (line["event"], line["object"], line["outcome"]) == (BEGUN, "inbox:wijkteam", None)
    assert audit.verify(home / "audit").findings == []


# -- heads and verify, as commands ----------------------------------------------------------------------


def test_a_run_leaves_signed_heads_that_vouch_for_all_of_it(copy: Path, demo_run: Installation) -> None:
    shown = json.loads(command(copy, "audit", "verify", "--json").stdout)
    assert (shown["fine"], shown["held_elsewhere"]) == (True, False)
    day = next(day for day in shown["days"] if day["log"] == PROCESSING)
    assert day["signed_up_to"] is not None
    assert day["last"] - day["signed_up_to"] <= 2, "but for what a later look at the same sample added"


def test_verify_says_what_is_wrong_and_exits_with_1(copy: Path, tmp_path: Path) -> None:
    assert command(copy, "audit", "heads", "--today", "--json").returncode == 0
    shutil.copytree(copy / "audit" / "heads", tmp_path / "kept")
    fine = command(copy, "audit", "verify", "--heads", str(tmp_path / "kept"), "--json")
    assert (fine.returncode, json.loads(fine.stdout)["findings"]) == (0, [])
    path = next((copy / "audit" / PROCESSING).glob("*.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    done = command(copy, "audit", "verify", "--heads", str(tmp_path / "kept"), "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["kind"], finding["line"]) == (1, "REMOVED", 5)
    table = command(copy, "audit", "verify")
    assert table.returncode == 1
    assert "regels verwijderd" in table.stdout
    refused = command(copy, "audit", "heads", "--today")
    assert "Traceback" not in refused.stderr


def test_verify_without_a_log_cannot(home: Path) -> None:
    done = command(home, "audit", "verify")
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "AUDIT_MISSING")


def test_heads_need_the_keyring_and_verifying_does_not(copy: Path) -> None:
    shutil.rmtree(copy / "keys")
    assert command(copy, "audit", "verify").returncode == 0
    done = command(copy, "audit", "heads")
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "KEY_MISSING")


def test_heads_that_cannot_be_signed_do_not_stop_a_night_and_are_told(home: Path) -> None:
    settings = get_settings()
    audit.looked(settings, "status", {"domain:GM0321": ""}, purpose=audit.Purpose.STEWARDSHIP)
    audit.sign_or_tell(settings)
    (line,) = told(home, PROCESSING)
    assert (line["action"], line["outcome"], line["reason"]) == ("audit.heads", "failed", "KEY_MISSING")


def test_heads_are_exported_where_the_settings_say(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRATION_AUDIT_EXPORT", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    settings = prepared(home)
    audit.looked(settings, "status", {"domain:GM0321": ""}, purpose=audit.Purpose.STEWARDSHIP)
    audit.sign_or_tell(settings)
    mine = {path.name: path.read_bytes() for path in (home / "audit/heads").iterdir()}
    assert mine == {path.name: path.read_bytes() for path in (tmp_path / "elsewhere").iterdir()}
    assert audit.verify(home / "audit", tmp_path / "elsewhere").findings == []
    shutil.rmtree(tmp_path / "elsewhere")
    audit.sign_or_tell(settings)
    assert told(home, PROCESSING)[-1]["reason"] == "AUDIT_UNWRITABLE", (
        "a folder that is not there is told, not made"
    )
