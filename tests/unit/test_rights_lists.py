"""Marks and lists of persons who used a right, and what goes from a delivery."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.deliveries import KEYS, NOW
from integration.errors import IntegrationError
from integration.names import DomainCode
from integration.pseudonyms.keyring import Keyring, KeyVersion, hkdf
from integration.pseudonyms.tokens import labelled, message
from integration.reasons import Reason
from integration.rights import lists, rekey
from integration.rights.leaving_out import make_cut
from integration.rights.lists import Entry, Wanted
from integration.rights.marks import Marker, marker
from integration.storage import Zones

HOUTEN, EDE = DomainCode("GM0321"), DomainCode("GM0228")
OLD, NEW = Marker(bytes(range(32)), 1, HOUTEN), Marker(bytes(range(1, 33)), 2, HOUTEN)
DIGITS = st.text("0123456789abcdef", min_size=32, max_size=32)


def token(digits: str = "ab" * 16, version: int = 1) -> str:
    return f"{version}.GM0321.person.{digits}"


@given(DIGITS)
def test_a_mark_is_of_one_token_and_goes_back(digits: str) -> None:
    mark = OLD.mark(token(digits))
    assert OLD.token(mark) == token(digits)
    assert NEW.mark(token(digits))[-32:] != mark[-32:]
    assert digits not in mark or digits == mark[-32:]


def test_a_mark_has_a_golden_value() -> None:
    """AES-256 of FIPS-197, appendix C.3: the bare block cipher under the bytes 00 to 1f."""
    mark = OLD.mark(token("00112233445566778899aabbccddeeff"))
    assert mark == "1.GM0321.objection.8ea2b7ca516745bfeafc49904b496089"


def test_marks_of_two_domains_differ() -> None:
    one, other = marker(KEYS, HOUTEN), marker(KEYS, EDE)
    assert one.mark(token())[-32:] != other.mark(token().replace("GM0321", "GM0228"))[-32:]


@pytest.mark.parametrize(
    "text", ["", "x", token().replace("person", "output"), token().replace("0321", "0228")]
)
def test_only_a_person_token_of_the_domain_is_marked(text: str) -> None:
    with pytest.raises(ValueError, match="not a person token"):
        OLD.mark(text)


def test_a_mark_of_another_version_is_not_read() -> None:
    with pytest.raises(ValueError, match="not a mark"):
        NEW.token(OLD.mark(token()))


def test_an_entry_merges_with_what_is_known_of_the_same_person(tmp_path: Path) -> None:
    zones, name = Zones(tmp_path), lists.OBJECTIONS
    assert lists.enter(zones, name, HOUTEN, Entry("2026-01-01T00:00:00+01:00", "AVG-2026-1", ("a",), ("b",)))
    assert not lists.enter(zones, name, HOUTEN, Entry("2026-02-01T00:00:00+01:00", "AVG-2026-2", ("a",)))
    assert lists.enter(zones, name, HOUTEN, Entry("2026-03-01T00:00:00+01:00", "AVG-2026-3", ("a",), ("c",)))
    (entry,) = lists.read_list(zones, name, HOUTEN)
    assert (entry.case, entry.likenesses) == ("AVG-2026-3", ("b", "c"))
    assert lists.strike(zones, name, HOUTEN, frozenset("a"))
    assert not lists.list_path(zones, name, HOUTEN).exists()


def test_a_later_erasure_counts_up_to_its_own_date(tmp_path: Path) -> None:
    for month in ("01", "02"):
        entry = Entry(f"2026-{month}-01T00:00:00+01:00", "AVG-2026-1", ("a",))
        assert lists.enter(Zones(tmp_path), lists.ERASURES, HOUTEN, entry)
    (entry,) = lists.read_list(Zones(tmp_path), lists.ERASURES, HOUTEN)
    assert entry.at.startswith("2026-02")
    assert lists.before("2026-01-31T00:00:00+01:00", entry)
    assert not lists.before("2026-02-02T00:00:00+01:00", entry)


def test_who_is_recognised_by_what() -> None:
    wanted = Wanted(frozenset({"n"}), frozenset({"like", "alone"}), frozenset({"alone"}))
    assert wanted.has("n", [None])
    assert wanted.has(None, ["other", "like"])
    assert not wanted.has("somebody", ["like"]), "another number is another person"
    assert wanted.has("somebody", ["alone"]), "of whom no number is known"
    assert not wanted.has(None, [None])


def test_rotation_carries_the_lists_along_and_can_be_done_again(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    for number, name in enumerate(lists.LISTS):
        entry = Entry("2026-01-01T00:00:00+01:00", "AVG-2026-1", (OLD.mark(token(f"{number:032x}")),))
        lists.write_list(zones, name, HOUTEN, [entry])

    def chained(old: str) -> str:
        return token(old[-32:][::-1], 2)

    assert lists.carry(zones, HOUTEN, OLD, NEW, chained, zones) == 3
    assert lists.carry(zones, HOUTEN, OLD, NEW, chained, zones) == 0
    for number, name in enumerate(lists.LISTS):
        found = lists.wanted(NEW, lists.read_list(zones, name, HOUTEN))
        assert found.numbers == {token(f"{number:032x}"[::-1], 2)}
        with pytest.raises(IntegrationError) as error:
            lists.wanted(OLD, lists.read_list(zones, name, HOUTEN))
        assert error.value.reason is Reason.RIGHTS_UNREADABLE


class TwoRoots:
    """The known root of the tests, and one that follows it."""

    def versions(self) -> tuple[KeyVersion, ...]:
        return (
            KeyVersion(1, "chained", NOW.isoformat(), "0" * 16),
            KeyVersion(2, "active", NOW.isoformat(), "1" * 16),
        )

    def derive(self, version: int, info: bytes) -> bytes:
        return hkdf(bytes(range(version - 1, version + 31)), info)


def test_after_rotation_the_list_knows_the_person_by_the_new_token(tmp_path: Path) -> None:
    zones, after = Zones(tmp_path), Keyring(TwoRoots())
    text = message("bsn", labelled("bsn", "999900006"))
    mark = marker(KEYS, HOUTEN).mark(KEYS.maker(HOUTEN, "person").token(text))
    entry = Entry("2026-01-01T00:00:00+01:00", "AVG-2026-1", (mark,))
    lists.write_list(zones, lists.OBJECTIONS, HOUTEN, [entry])
    assert rekey(zones, HOUTEN, KEYS, after) == 1
    assert rekey(zones, HOUTEN, KEYS, after) == 0
    wanted = lists.wanted_at_encoding(after, zones, HOUTEN, None)
    assert wanted.numbers == {after.maker(HOUTEN, "person").token(text)}
    with pytest.raises(IntegrationError) as error:
        lists.wanted_at_encoding(KEYS, zones, HOUTEN, None)
    assert error.value.reason is Reason.RIGHTS_UNREADABLE


def test_what_is_unfinished_is_finished_before_a_rotation(tmp_path: Path) -> None:
    zones = Zones(tmp_path)
    zones.rights.mkdir()
    (zones.rights / f"{HOUTEN}.unfinished.json").write_text("{}")
    with pytest.raises(IntegrationError) as error:
        rekey(zones, HOUTEN, KEYS, Keyring(TwoRoots()))
    assert error.value.reason is Reason.RIGHTS_UNFINISHED


CUTS = [
    # named                                                  theirs           rows  mentions
    ([(1, "kind"), (1, "ouder1"), (2, "kind")],              [(1, "kind")],   {1},  set()),
    ([(1, "kind"), (1, "ouder1"), (2, "kind")],              [(1, "ouder1")], set(), {(1, "ouder1")}),
    ([(1, "ouder1"), (1, "ouder2")],                         [(1, "ouder2")], set(), {(1, "ouder2")}),
    ([(1, "ouder1")],                                        [(1, "ouder1")], {1},  set()),
    ([(1, "patient"), (2, "ouder1")],                        [(1, "patient"), (2, "ouder1")], {1, 2}, set()),
    ([(1, "kind"), (1, "ouder1")],                           [(1, "kind"), (1, "ouder1")], {1}, set()),
    ([(1, "kind")],                                          [],              set(), set()),
]  # fmt: skip


@pytest.mark.parametrize(("named", "theirs", "rows", "mentions"), CUTS)
def test_what_goes_for_whom(named: list, theirs: list, rows: set, mentions: set) -> None:
    cut = make_cut(named, theirs)
    assert (cut.rows, cut.mentions) == (rows, mentions)
