"""A right outlives a rotation of keys: who objected stays out, who is restricted hidden, who was erased gone."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from helpers import rights as town
from helpers.rights import ANNE, BRAM, CEES, DOMAIN, NOBODY
from integration import audit, pipeline
from integration.audit.subjects import lines_about
from integration.errors import IntegrationError, KeyUnavailable
from integration.ledger import Ledger
from integration.names import DeliveryId, DomainCode
from integration.pseudonyms.keyring import init_keyring, list_keys
from integration.reasons import Reason
from integration.rekey.rotate import rotate
from integration.rights import commands, lists
from integration.rights.carrying_out import intent_path
from integration.rights.commands import Request, open_keys
from integration.rights.export import export
from integration.rights.person_token import person_token
from integration.settings import Settings

CODE = DomainCode(DOMAIN)


def asked(settings: Settings, bsn: str) -> Request:
    token = person_token(settings, CODE, bsn.encode())
    return Request(CODE, "AVG-2026-1", token=token)


def children(settings: Settings) -> int:
    with duckdb.connect(str(settings.zones.published(CODE)), read_only=True) as con:
        return con.execute(
            "select count(distinct person_id) from core.membership where role = 'kind'"
        ).fetchall()[0][0]


@pytest.mark.parametrize("scope", [CODE, None])
def test_lists_hold_after_a_rotation(settings: Settings, scope: DomainCode | None) -> None:
    assert children(settings) == 3
    commands.object_(settings, asked(settings, ANNE), pipeline.nightly)
    commands.restrict(settings, asked(settings, BRAM), pipeline.nightly)
    assert children(settings) == 1
    before = (settings.zones.rights / lists.OBJECTIONS / f"{DOMAIN}.json").read_text()
    (told,) = rotate(settings, scope).domains
    assert told.persons_before == told.persons_after > 0
    assert children(settings) == 1
    after = (settings.zones.rights / lists.OBJECTIONS / f"{DOMAIN}.json").read_text()
    assert "1." + DOMAIN in before
    assert "1." + DOMAIN not in after

    town.deliver(
        "2026-W05", 2, [town.row(child, number) for number, child in enumerate((ANNE, BRAM, CEES), 1)]
    )
    pipeline.nightly(DOMAIN)
    assert children(settings) == 1
    with pytest.raises(IntegrationError) as gone:
        commands.find(settings, asked(settings, ANNE))
    assert gone.value.reason is Reason.SUBJECT_UNKNOWN
    commands.unrestrict(settings, asked(settings, BRAM), pipeline.nightly)
    assert children(settings) == 2


def gezinnen(settings: Settings) -> set[str]:
    with duckdb.connect(str(settings.zones.published(CODE)), read_only=True) as con:
        return {name for (name,) in con.execute("select distinct gezin_id from core.membership").fetchall()}


def test_what_was_logged_of_who_is_restricted_is_told_after_rotations(
    settings: Settings, tmp_path: Path
) -> None:
    commands.find(settings, asked(settings, BRAM))
    commands.restrict(settings, asked(settings, BRAM), pipeline.nightly)
    commands.find(settings, asked(settings, BRAM))
    for number in (1, 2):
        rotate(settings, CODE)
        _, data = export(settings, asked(settings, BRAM), tmp_path / f"inzage-{number}.html")
        told = [line["action"] for line in json.loads(data.read_text())["log"]]
        assert told.count("subject.find") == 3
        assert "subject.restrict" in told
        assert told.count("subject.export") == number


@pytest.mark.parametrize("restricted", [(BRAM,), (ANNE, CEES)])
def test_what_was_logged_of_a_gezin_is_found_under_its_names_of_before_and_during_a_restriction(
    settings: Settings, restricted: tuple[str, ...]
) -> None:
    """A gezin is named after one of its children: hidden, it goes or has another name."""

    def look(action: str) -> None:
        keys = open_keys(settings, CODE)
        for name in gezinnen(settings):
            audit.looked(settings, action, {f"domain:{DOMAIN}": DOMAIN}, purpose=audit.Purpose.SAFETY,
                         case="VT-2026-17", subjects=[audit.subject_token(keys, CODE, name)])  # fmt: skip

    def told() -> set[str]:
        keys = open_keys(settings, CODE)
        tokens = [audit.subject_token(keys, CODE, name) for name in gezinnen(settings)]
        lines = [line for token in tokens for line in lines_about(settings.zones.audit, token)]
        return {f"{line['action']} {line['subjects']}" for line in lines}

    look("family.show")
    before = told()
    assert len(before) == len(gezinnen(settings)) == 2
    for bsn in restricted:
        commands.restrict(settings, asked(settings, bsn), pipeline.nightly)
    look("family.list")
    during = told()
    rotate(settings, CODE)
    assert told() >= during
    for bsn in restricted:
        commands.unrestrict(settings, asked(settings, bsn), pipeline.nightly)
    assert told() >= before


def test_no_rotation_while_a_right_is_unfinished(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(domain: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        commands.erase(settings, asked(settings, ANNE), stopped)
    assert intent_path(settings.zones, CODE).exists()
    with pytest.raises(IntegrationError) as refused:
        rotate(settings, CODE)
    assert refused.value.reason is Reason.RIGHTS_UNFINISHED
    assert [version.state for version in list_keys(settings.zones.keys / "keyring.json")] == ["active"]
    commands.apply(settings, DOMAIN, pipeline.nightly)
    assert rotate(settings, CODE).version == 2


def test_another_keyring_makes_no_list(settings: Settings) -> None:
    """It would recognise nobody, and answer that nothing is held."""
    request = asked(settings, ANNE)
    (settings.zones.keys / "keyring.json").unlink()
    init_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes(), settings.now())
    for work in (commands.erase, commands.object_, commands.restrict, commands.unrestrict):
        with pytest.raises(KeyUnavailable) as wrong:
            work(settings, request, pipeline.nightly)
        assert wrong.value.reason is Reason.KEY_WRONG
    assert not settings.zones.rights.exists()


def test_a_payload_that_waits_to_be_encoded_again_stays(settings: Settings) -> None:
    """Its delivery was refused by a check and sent again: what is in staging is of the one before."""
    name = town.deliver("2026-W05", 2, [town.row(ANNE, 1), town.row(CEES, 3)])
    ledger = Ledger(settings.ledger())
    ledger.append(name, "received", at=settings.now())
    commands.erase(settings, asked(settings, ANNE), pipeline.nightly)
    assert (settings.zones.raw_dir(DeliveryId.parse(name)) / "payload.csv").exists()
    assert pipeline.encode(name).objected == 1


def test_whom_nothing_is_found_of_was_looked_for_all_the_same(settings: Settings) -> None:
    with pytest.raises(IntegrationError):
        commands.erase(settings, asked(settings, NOBODY), pipeline.nightly)
    (log,) = (settings.zones.audit / "access").glob("*.jsonl")
    assert '"subject.find"' in log.read_text()
