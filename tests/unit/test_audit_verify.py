"""Verifying: each way of changing a log has a name, and a head that somebody else holds sees what a chain cannot."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from helpers.audit import LATER_SEED, MONDAY, SEED, event, sign, write_days
from integration.audit.head_keys import read_keys
from integration.audit.heads import heads_in, read_head, write_heads
from integration.audit.lines import canonical, digest, genesis
from integration.audit.log import AuditLog
from integration.audit.purging import due_days, purge_days, read_purged, statement_path
from integration.audit.verify import Kind, verify
from integration.errors import IntegrationError, UsageError
from integration.reasons import Reason

ROOT = Path(__file__).resolve().parents[2]
Edit = Callable[[Path], None]
MON, TUE, WED = (f"processing/2026-02-{day}.jsonl" for day in (16, 17, 18))


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    """Three days of four lines, signed and exported."""
    write_days(tmp_path / "audit")
    sign(tmp_path / "audit", tmp_path / "elsewhere")
    return tmp_path / "audit"


def found(audit: Path, *, held: bool = True) -> list[tuple[Kind, str, int | None]]:
    report = verify(audit, audit.parent / "elsewhere" if held else None)
    return [(finding.kind, finding.day[-2:], finding.line) for finding in report.findings]


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def rewritten(audit: Path) -> None:
    """Line 2 of Tuesday changed, and everything after it made to follow."""
    prev = genesis("processing")
    for path in sorted(audit.glob("processing/*")):
        made = []
        for raw in path.read_bytes().splitlines():
            body = {name: value for name, value in json.loads(raw).items() if name != "hash"}
            body["prev"] = prev
            body |= {"object": "domain:GM0999"} if body["n"] == 6 else {}
            prev = digest(canonical(body))
            made.append(canonical(body | {"hash": prev}) + b"\n")
        path.write_bytes(b"".join(made))


def test_an_untouched_log_is_fine(audit: Path) -> None:
    report = verify(audit, audit.parent / "elsewhere")
    assert (report.findings, report.exit_code) == ([], 0)
    assert [(day.day, day.lines, day.first, day.last, day.held_up_to) for day in report.days] == [
        ("2026-02-16", 4, 1, 4, 4),
        ("2026-02-17", 4, 5, 8, 8),
        ("2026-02-18", 4, 9, 12, 12),
    ]
    assert report.days[0].first_time == "2026-02-16T09:00:00.000000Z"


LINES: list[tuple[str, str, Callable[[list[bytes]], list[bytes]], tuple[Kind, str, int | None]]] = [
    # what was done            where  how                                                 what is said
    ("a word changed", TUE, lambda x: [x[0], x[1].replace(b"link", b"load"), *x[2:]], (Kind.EDITED, "17", 2)),
    ("a space added", TUE, lambda x: [x[0], x[1].replace(b":", b": ", 1), *x[2:]], (Kind.EDITED, "17", 2)),
    ("a line no JSON", TUE, lambda x: [x[0], b"nothing\n", *x[2:]], (Kind.EDITED, "17", 2)),
    ("an empty line", TUE, lambda x: [x[0], b"\n", *x[1:]], (Kind.EDITED, "17", 2)),
    ("a line removed", TUE, lambda x: [x[0], *x[2:]], (Kind.REMOVED, "17", 2)),
    ("the day's first removed", TUE, lambda x: x[1:], (Kind.REMOVED, "17", 1)),
    ("the day's last removed", TUE, lambda x: x[:-1], (Kind.REMOVED, "18", 1)),
    ("a line repeated", TUE, lambda x: [x[0], x[0], *x[1:]], (Kind.INSERTED, "17", 2)),
    ("two exchanged", TUE, lambda x: [x[0], x[2], x[1], x[3]], (Kind.REORDERED, "17", 2)),
    ("the last line cut", WED, lambda x: x[:-1], (Kind.CUT_TAIL, "18", 3)),
    ("half the last line cut", WED, lambda x: [*x[:-1], x[-1][:50]], (Kind.TORN, "18", 4)),
    ("a whole day emptied", WED, lambda _: [], (Kind.CUT_TAIL, "18", None)),
]


@pytest.mark.parametrize(("name", "where", "how", "said"), LINES, ids=[row[0] for row in LINES])
def test_what_was_done_to_a_line_is_named(
    audit: Path,
    name: str,
    where: str,
    how: Callable[[list[bytes]], list[bytes]],
    said: tuple[Kind, str, int | None],
) -> None:
    edit(audit / where, how)
    assert said in found(audit)


def swap(one: Path, two: Path) -> None:
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)


def rename(audit: Path) -> None:
    (audit / WED).replace(audit / WED.replace("18", "20"))


def tamper_signature(audit: Path) -> None:
    path = audit / "heads/processing-2026-02-17.json"
    content = json.loads(path.read_bytes())
    path.write_bytes(canonical(content | {"n": 7}) + b"\n")


def sign_with_another_key(audit: Path) -> None:
    shutil.rmtree(audit / "heads")
    sign(audit, seeds=(LATER_SEED,))


FOLDERS: list[tuple[str, Edit, tuple[Kind, str, int | None]]] = [
    ("a day removed", lambda a: (a / TUE).unlink(), (Kind.MISSING_DAY, "17", None)),
    ("the last day removed", lambda a: (a / WED).unlink(), (Kind.MISSING_DAY, "18", None)),
    ("two days exchanged", lambda a: swap(a / MON, a / TUE), (Kind.REORDERED, "16", None)),
    ("a day renamed", rename, (Kind.MISSING_DAY, "18", None)),
    ("everything removed", lambda a: shutil.rmtree(a), (Kind.MISSING_DAY, "16", None)),
    ("rewritten from Tuesday", rewritten, (Kind.REWRITTEN, "17", 4)),
    ("a head edited", tamper_signature, (Kind.WRONG_SIGNATURE, "17", None)),
    ("a head removed", lambda a: (a / "heads/processing-2026-02-17.json").unlink(), (Kind.HEAD_MISSING, "17", None)),
    ("signed with another key", sign_with_another_key, (Kind.UNKNOWN_KEY, "17", None)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "how", "said"), FOLDERS, ids=[row[0] for row in FOLDERS])
def test_what_was_done_to_days_and_heads_is_named(
    audit: Path, name: str, how: Edit, said: tuple[Kind, str, int | None]
) -> None:
    how(audit)
    assert said in found(audit)


def test_an_edit_says_which_line_and_no_other(audit: Path) -> None:
    edit(audit / TUE, lambda x: [x[0], x[1].replace(b"link", b"load"), *x[2:]])
    assert found(audit) == [(Kind.EDITED, "17", 2)]


def test_only_a_head_held_elsewhere_sees_a_whole_rewrite_that_was_signed_again(audit: Path) -> None:
    """Why heads are exported: who holds the machine can make a new history that fits, under a key of his own."""
    rewritten(audit)
    sign_with_another_key(audit)
    assert found(audit, held=False) == []
    assert {kind for kind, _, _ in found(audit)} >= {Kind.REWRITTEN, Kind.UNKNOWN_KEY}


def test_only_a_head_held_elsewhere_sees_a_cut_tail_whose_head_went_too(audit: Path) -> None:
    (audit / WED).unlink()
    (audit / "heads/processing-2026-02-18.json").unlink()
    assert found(audit, held=False) == []
    assert {kind for kind, _, _ in found(audit)} == {Kind.MISSING_DAY, Kind.HEAD_MISSING}


def test_lines_after_the_head_that_is_held_are_not_vouched_for(audit: Path) -> None:
    """The limit, told in the docs: what came after the last export can be cut unseen."""
    AuditLog(audit, "processing").append([event(MONDAY + timedelta(days=2, hours=1))])
    report = verify(audit, audit.parent / "elsewhere")
    assert (report.findings, report.days[-1].last, report.days[-1].held_up_to) == ([], 13, 12)


# -- heads ---------------------------------------------------------------------------------------------


def test_a_head_of_today_grows_and_one_of_a_day_that_is_over_stays(tmp_path: Path) -> None:
    log = write_days(tmp_path, days=1)
    first = write_heads(tmp_path, [SEED], MONDAY)
    log.append([event()])
    second = write_heads(tmp_path, [SEED], MONDAY)
    log.append([event(MONDAY + timedelta(days=1))])
    third = write_heads(tmp_path, [SEED], MONDAY + timedelta(days=1))
    assert [(h.n, h.finished) for h in first + second + third] == [
        (4, False),
        (5, False),
        (5, True),
        (6, False),
    ]
    assert write_heads(tmp_path, [SEED], MONDAY + timedelta(days=9)) == third


def test_without_today_only_days_that_are_over_are_signed(tmp_path: Path) -> None:
    write_days(tmp_path, days=2)
    assert [head.day for head in write_heads(tmp_path, [SEED], MONDAY, today=False)] == []
    later = write_heads(tmp_path, [SEED], MONDAY + timedelta(days=1), today=False)
    assert [head.day for head in later] == ["2026-02-16"]


def test_a_head_can_be_checked_with_the_few_lines_in_the_docs(tmp_path: Path) -> None:
    """No code of ours is needed, and an edited head is refused."""
    text = (ROOT / "docs/reference/audit.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    write_days(tmp_path, days=1)
    sign(tmp_path)
    head = tmp_path / "heads/processing-2026-02-16.json"
    command = [sys.executable, "-c", code, head.name]
    assert subprocess.run(command, cwd=head.parent, capture_output=True, check=False).returncode == 0
    head.write_bytes(head.read_bytes().replace(b'"n":4', b'"n":3'))
    assert subprocess.run(command, cwd=head.parent, capture_output=True, check=False).returncode != 0


def test_what_does_not_chain_is_not_signed_and_the_other_days_are(audit: Path) -> None:
    log = AuditLog(audit, "processing")
    log.append([event(MONDAY + timedelta(days=3))] * 2)
    edit(log.path("2026-02-19"), lambda x: [x[0].replace(b"link", b"load"), *x[1:]])
    log.append([event(MONDAY + timedelta(days=4))])
    with pytest.raises(IntegrationError) as caught:
        sign(audit, day=4)
    assert caught.value.reason is Reason.AUDIT_BROKEN
    days = {head.day for _, head in heads_in(audit / "heads") if head}
    assert "2026-02-19" not in days
    assert "2026-02-20" in days


def test_a_cut_tail_is_not_signed_over(tmp_path: Path) -> None:
    write_days(tmp_path, days=1)
    sign(tmp_path, day=0)
    edit(tmp_path / MON, lambda x: x[:2])
    with pytest.raises(IntegrationError):
        sign(tmp_path, day=0)
    head = read_head(tmp_path / "heads/processing-2026-02-16.json")
    assert head is not None
    assert head.n == 4


def test_an_exported_head_is_never_made_to_say_less(audit: Path) -> None:
    elsewhere = audit.parent / "elsewhere"
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    shutil.rmtree(audit)
    write_days(audit, lines=2)
    with pytest.raises(IntegrationError) as caught:
        sign(audit, elsewhere, seeds=(LATER_SEED,))
    assert caught.value.reason is Reason.AUDIT_BROKEN
    assert {name: (elsewhere / name).read_bytes() for name in before} == before


def test_a_rewritten_log_is_not_signed_over_an_exported_head(audit: Path) -> None:
    """An attacker removes the heads here and waits for the night to sign his history: it does not."""
    elsewhere = audit.parent / "elsewhere"
    before = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    rewritten(audit)
    shutil.rmtree(audit / "heads")
    AuditLog(audit, "processing").append([event(MONDAY + timedelta(days=2))])
    with pytest.raises(IntegrationError) as caught:
        sign(audit, elsewhere)
    assert caught.value.reason is Reason.AUDIT_BROKEN
    assert {name: (elsewhere / name).read_bytes() for name in before} == before


def test_a_forged_head_is_not_exported(audit: Path) -> None:
    elsewhere = audit.parent / "elsewhere"
    kept = (elsewhere / "processing-2026-02-17.json").read_bytes()
    tamper_signature(audit)
    with pytest.raises(IntegrationError):
        sign(audit, elsewhere)
    assert (elsewhere / "processing-2026-02-17.json").read_bytes() == kept


def test_a_head_that_is_gone_here_is_signed_again_when_the_lines_are_those_of_the_export(audit: Path) -> None:
    (audit / "heads/processing-2026-02-17.json").unlink()
    sign(audit, audit.parent / "elsewhere")
    assert found(audit) == []


def test_a_key_after_rotation_is_vouched_for_by_the_one_before(audit: Path) -> None:
    AuditLog(audit, "processing").append([event(MONDAY + timedelta(days=3))])
    sign(audit, seeds=(SEED, LATER_SEED))
    signers = {head.key for _, head in heads_in(audit / "heads") if head}
    assert len(signers) == 2
    assert found(audit) == []
    for path in (audit / "heads").glob("key-*.json"):
        content = json.loads(path.read_bytes())
        path.write_bytes(canonical(content | {"endorsed_by": {}}) + b"\n")
    assert (Kind.UNKNOWN_KEY, "19", None) in found(audit)


def test_public_keys_hold_nothing_secret(audit: Path) -> None:
    (path,) = (audit / "heads").glob("key-*.json")
    assert json.loads(path.read_bytes())["public"].startswith("-----BEGIN PUBLIC KEY-----")
    assert len(read_keys(audit / "heads")) == 1
    assert SEED.hex() not in path.read_text()


def _sign_and_write(audit: Path) -> None:
    for _ in range(5):
        AuditLog(audit, "processing").append([event()])
        write_heads(audit, [SEED], MONDAY, export=audit.parent / "elsewhere")


def test_heads_signed_by_many_at_once_hold(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        list(pool.map(_sign_and_write, [tmp_path / "audit"] * 4))
    assert found(tmp_path / "audit") == []
    head = read_head(tmp_path / "elsewhere/processing-2026-02-16.json")
    assert head is not None
    assert head.n == 20


# -- what cannot be verified, and what may be gone -------------------------------------------------------


def test_no_log_at_all_is_not_the_same_as_a_fine_log(tmp_path: Path) -> None:
    with pytest.raises(IntegrationError) as caught:
        verify(tmp_path / "audit")
    assert (caught.value.reason, caught.value.exit_code) == (Reason.AUDIT_MISSING, 2)


def test_a_folder_without_heads_is_a_mistake_of_the_caller(audit: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        verify(audit, tmp_path / "nothing")


def test_a_damaged_head_elsewhere_is_told(audit: Path) -> None:
    path = audit.parent / "elsewhere/processing-2026-02-17.json"
    path.write_bytes(path.read_bytes().replace(b'"n":8', b'"n":7'))
    assert (Kind.WRONG_SIGNATURE, "17", None) in found(audit)


def test_days_whose_time_is_over_may_be_gone_if_the_rest_follows_their_head(audit: Path) -> None:
    elsewhere = audit.parent / "elsewhere"
    purge_days(audit, {"processing": ["2026-02-16"]}, [SEED], MONDAY, elsewhere)
    assert not (audit / MON).exists()
    assert verify(audit, elsewhere, kept_from="2026-02-17").findings == []
    assert (Kind.MISSING_DAY, "16", None) in found(audit)
    edit(audit / TUE, lambda x: x[1:])
    assert verify(audit, elsewhere, kept_from="2026-02-17").findings[0].kind in (Kind.REMOVED, Kind.REORDERED)


def purged(audit: Path) -> Path:
    """Monday is purged, and that is signed; the statement's path."""
    elsewhere = audit.parent / "elsewhere"
    due = due_days(audit, "2026-02-17")
    assert due == {"processing": ["2026-02-16"], "access": []}
    purge_days(audit, due, [SEED], MONDAY + timedelta(days=3), elsewhere)
    assert verify(audit, elsewhere, kept_from="2026-02-17").findings == []
    assert verify(audit, kept_from="2026-02-17").findings == []
    return statement_path(audit / "heads", "processing")


def after_purge(audit: Path, *, held: bool = True) -> list[Kind]:
    elsewhere = audit.parent / "elsewhere" if held else None
    return [finding.kind for finding in verify(audit, elsewhere, kept_from="2026-02-17").findings]


def test_the_newest_day_stays_however_old(audit: Path) -> None:
    assert due_days(audit, "2031-01-01")["processing"] == ["2026-02-16", "2026-02-17"]


def test_days_that_are_gone_without_a_statement_are_missed(audit: Path) -> None:
    (audit / MON).unlink()
    assert after_purge(audit) == after_purge(audit, held=False) == [Kind.MISSING_DAY, Kind.REMOVED]


def test_a_statement_covers_no_day_after_its_own(audit: Path) -> None:
    purged(audit)
    (audit / TUE).unlink()
    findings = verify(audit, kept_from="2026-02-18").findings
    assert {finding.kind for finding in findings} == {Kind.MISSING_DAY, Kind.REMOVED}


def test_a_statement_before_the_time_is_over_covers_nothing(audit: Path) -> None:
    purged(audit)
    findings = verify(audit, kept_from="2026-02-16").findings
    assert {finding.kind for finding in findings} == {Kind.MISSING_DAY, Kind.REMOVED}


def test_a_purge_that_was_killed_is_finished_by_the_next(audit: Path) -> None:
    monday = (audit / MON).read_bytes()
    purged(audit)
    (audit / MON).write_bytes(monday)
    assert after_purge(audit) == []
    purged(audit)
    assert not (audit / MON).exists()


@pytest.mark.parametrize("change", [{"day": "2026-02-17", "n": 8}, {"hash": "a" * 64}, {"purged_at": "x"}])
def test_an_edited_statement_is_found(audit: Path, change: dict[str, object]) -> None:
    path = purged(audit)
    path.write_bytes(canonical(json.loads(path.read_bytes()) | change) + b"\n")
    assert Kind.WRONG_SIGNATURE in after_purge(audit)
    path.write_bytes(path.read_bytes() + b" ")
    assert Kind.WRONG_SIGNATURE in after_purge(audit, held=False)


def test_a_forged_purge_is_found(audit: Path, tmp_path: Path) -> None:
    """Tuesday is removed, and an attacker signs with a key of their own that it was purged."""
    path = purged(audit)
    forger = tmp_path / "forger"
    shutil.copytree(audit, forger)
    purge_days(forger, {"processing": ["2026-02-17"]}, [LATER_SEED], MONDAY)
    (audit / TUE).unlink()
    path.write_bytes(statement_path(forger / "heads", "processing").read_bytes())
    findings = verify(audit, audit.parent / "elsewhere", kept_from="2026-02-18").findings
    assert Kind.UNKNOWN_KEY in {finding.kind for finding in findings}
    for key in (forger / "heads").glob("key-*"):
        shutil.copy(key, audit / "heads")
    findings = verify(audit, audit.parent / "elsewhere", kept_from="2026-02-18").findings
    assert {Kind.UNKNOWN_KEY, Kind.MISSING_DAY} <= {finding.kind for finding in findings}


def test_a_statement_that_is_gone_or_older_here_is_found(audit: Path) -> None:
    path = purged(audit)
    told = read_purged(path.parent, "processing")
    assert told is not None
    assert (told.day, told.n) == ("2026-02-16", 4)
    path.unlink()
    assert after_purge(audit) == [Kind.HEAD_MISSING]
    assert Kind.MISSING_DAY in after_purge(audit, held=False)
