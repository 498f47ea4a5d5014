"""One line of the audit log: its one form, its hash, and what it refuses to hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.audit import MONDAY, event
from integration.audit.lines import FIELDS, digest, genesis, read_line, seal
from integration.audit.words import ENDED, LOGS, LOOKED, OUTCOMES, Purpose
from integration.reasons import Reason

GOLDEN = (
    b'{"action":"link","actor":"airflow","case":null,"event":"begun","format":"integration-audit/1",'
    b'"hash":"HASH","keys":{"1":"0123456789abcdef"},"log":"processing","n":1,"object":"domain:GM0321",'
    b'"organisation":"GM0321","outcome":null,"prev":"loffmkfhaefoocgebmmdbgkkpnamgmfpknmjfdkgcaelafnajccfikogeonadijo",'
    b'"processing_id":"abcdefghijklmnopabcdefghijklmnop","purpose":"network-picture","reason":null,"subjects":[],'
    b'"system":"integration 0.1.0","time":"2026-02-16T09:00:00.000000Z"}'
)


def test_the_form_of_a_line_is_held_still() -> None:
    """Whoever changes this breaks every log that was written: make it a new format."""
    raw, own = seal("processing", event(), 1, genesis("processing"))
    assert own == "hlfhcdinfphiboejioelbgahajambipngpablplnkfmbkobfhoinoleghamgoipf"
    assert raw == GOLDEN.replace(b"HASH", own.encode())
    without = {name: value for name, value in json.loads(raw).items() if name != "hash"}
    assert digest(json.dumps(without, sort_keys=True, separators=(",", ":")).encode()) == own


def test_the_first_lines_of_two_logs_cannot_be_exchanged() -> None:
    assert len({genesis(log) for log in LOGS}) == len(LOGS)
    raw, _ = seal("access", event(), 1, genesis("access"))
    line = read_line(raw, "processing")
    assert line is not None
    assert not line.sound


def test_a_time_is_written_in_utc() -> None:
    summer = datetime(2026, 7, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    raw, _ = seal("processing", event(summer), 1, genesis("processing"))
    assert json.loads(raw)["time"] == "2026-06-30T22:30:00.000000Z"


REFUSED: list[tuple[str, Any]] = [
    ("actor", "Jan de Vries"),
    ("actor", ""),
    ("action", "Looked at the family of Jan"),
    ("object", "domain:Nieuwegein, Dorpsstraat 1"),
    ("object", "GM0321"),
    ("case", "999990019"),
    ("case", "vader belde"),
    ("organisation", "Gemeente Houten"),
    ("processing_id", "1"),
    ("system", "something else"),
    ("subjects", ("1.GM0321.output." + "0" * 32,)),
    ("subjects", ("1.GM0321.person." + "0" * 32,)),
    ("subjects", ("999990019",)),
    ("outcome", "went well"),
    ("event", "noted"),
    ("keys", {"1": "a secret"}),
    ("time", datetime(2026, 2, 16)),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_free_text_pseudonyms_and_numbers_are_refused_and_not_repeated(name: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        event(**{name: value})
    assert str(value) == "" or str(value) not in str(caught.value)


texts = {
    "event": st.sampled_from([ENDED, LOOKED]),
    "time": st.datetimes(
        min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)
    ),
    "outcome": st.sampled_from([None, *OUTCOMES]),
    "reason": st.sampled_from([None, *Reason]),
    "purpose": st.sampled_from(list(Purpose)),
    "case": st.none() | st.from_regex(r"\A[A-Z]{1,4}-[0-9]{4}-[0-9]{1,6}\Z"),
    "object": st.from_regex(r"\A[a-z][a-z-]{1,20}:[A-Za-z0-9._-]{1,130}\Z"),
    "actor": st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.@-]{0,63}\Z"),
    "subjects": st.lists(st.from_regex(r"\A[1-9]\.GM[0-9]{4}\.audit\.[0-9a-f]{32}\Z"), max_size=3).map(tuple),
}
events = st.fixed_dictionaries({}, optional=texts).map(lambda changed: event(**changed))


@given(events, st.sampled_from(LOGS), st.integers(1, 10**9))
def test_every_event_reads_back_as_it_was_written(made: Any, log: str, n: int) -> None:
    raw, own = seal(log, made, n, genesis(log))
    line = read_line(raw, log)
    assert line is not None
    assert (line.n, line.prev, line.hash, line.sound) == (n, genesis(log), own, True)
    assert line.fields.keys() == FIELDS
    assert raw.isascii()
    assert b"\n" not in raw


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_a_crash(raw: bytes) -> None:
    line = read_line(raw, "processing")
    assert line is None or not line.sound


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_is_never_sound(place: int, bit: int) -> None:
    raw, _ = seal("processing", event(), 1, genesis("processing"))
    changed = bytearray(raw)
    changed[place % len(raw)] ^= 1 << bit
    line = read_line(bytes(changed), "processing")
    assert line is None or not line.sound


DEEP = b"[" * 100_000
OTHER_FORMS = [
    GOLDEN.replace(b":", b": ", 1),
    GOLDEN + b" ",
    GOLDEN + b"\r",
    b"\xef\xbb\xbf" + GOLDEN,
    b"",
    b"null",
    b"[]",
    b'{"n":1,"prev":null,"hash":null}',
    b'{"n":true,"prev":"","hash":""}',
    DEEP,
]


@pytest.mark.parametrize("raw", OTHER_FORMS, ids=range(len(OTHER_FORMS)))
def test_another_way_of_writing_is_not_sound(raw: bytes) -> None:
    _, own = seal("processing", event(), 1, genesis("processing"))
    line = read_line(raw.replace(b"HASH", own.encode()), "processing")
    assert line is None or not line.sound


def test_a_well_formed_line_with_a_field_more_is_not_sound() -> None:
    raw, _ = seal("processing", event(MONDAY), 1, genesis("processing"))
    body = {name: value for name, value in json.loads(raw).items() if name != "hash"} | {"note": "Jan belde"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    body["hash"] = digest(text)
    line = read_line(json.dumps(body, sort_keys=True, separators=(",", ":")).encode(), "processing")
    assert line is not None
    assert not line.sound
