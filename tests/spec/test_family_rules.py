"""Which children form one gezin: each rule and each pitfall as a table of a few records.

``guardians`` are the parents a record names: ``eva`` (no relation told), ``eva:10`` parent, ``eva:11`` guardian,
``eva:13`` foster parent, ``eva@3992BB7`` with an address of her own. ``soort`` is soort_adres. Everybody has a BSN.
"""

from __future__ import annotations

from datetime import date
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.linkage import DAY, FAMILY_KEY, RUN_DATE, Families, domain_file, families, family_rows
from helpers.linkage_oracle import Families as Oracle
from integration.linkage import build_families


def test_children_who_share_a_guardian_and_a_main_address_are_one_gezin() -> None:
    found = families("""
        child  address  soort  guardians
        anna   3991AA1  01     eva:10,bart:10
        bram   3991AA1  01     eva:10
        ciska  3991AA1  01     eva:11
    """)
    assert found.gezinnen() == {"anna bram ciska"}
    assert found.result.formed_by == {"household": 1}


def test_an_address_alone_or_a_guardian_alone_makes_no_household() -> None:
    found = families("""
        child  address  soort  guardians
        anna   3991AA1  01     eva:10
        bram   3991AA1  01     sara:10
        ciska  3992BB7  01     eva:10
    """)
    assert found.gezinnen() == {"anna", "bram", "ciska"}
    assert {reason for _, reason in found.dropped("shared_parent")} == {"other_home"}


def test_a_gezin_ref_joins_children_whatever_their_addresses() -> None:
    found = families("""
        source    child  address  soort  guardians  ref
        wijkteam  anna   3991AA1  01     eva:10     g1
        wijkteam  bram   3992BB7  01     eva:10     g1
        wijkteam  ciska  -        -      -          g1
        wijkteam  daan   3991AA1  01     -          g2
    """)
    assert found.gezinnen() == {"anna bram ciska", "daan"}
    assert found.result.formed_by == {"alone": 1, "gezin_ref": 1}


# -- co-parenting ------------------------------------------------------------------------------------------------------


def test_co_parenting_counts_the_child_once_at_its_registered_address_and_flags_it() -> None:
    found = families("""
        source     child  address  soort  guardians
        onderwijs  anna   3991AA1  01     eva:10,bart:10@3992BB7
        wijkteam   anna   3992BB7  03     bart:10
        jeugdhulp  anna   3992BB7  03     bart:10
        onderwijs  bram   3991AA1  01     eva:10
        onderwijs  ciska  3992BB7  01     bart:10
    """)
    assert found.gezinnen() == {"anna bram", "ciska"}
    assert found.member("anna", "shared") is True
    assert found.member("bram", "shared") is False


def test_without_a_registered_address_the_one_most_records_name_is_the_main_one() -> None:
    found = families("""
        source        child  address  soort  guardians
        onderwijs     anna   3991AA1  -      eva:10
        kinderopvang  anna   3991AA1  -      eva:10
        jeugdhulp     anna   3992BB7  -      bart:10
        onderwijs     bram   3991AA1  -      eva:10
        onderwijs     ciska  3992BB7  -      bart:10
    """)
    assert found.gezinnen() == {"anna bram", "ciska"}


def test_of_two_registered_addresses_the_most_recent_is_the_main_one() -> None:
    found = families("""
        source        day         child  address  soort  guardians
        onderwijs     2025-10-31  anna   3991AA1  01     eva:10
        kinderopvang  2025-10-31  anna   3991AA1  01     eva:10
        wijkteam      2026-01-11  anna   3992BB7  01     bart:10
        wijkteam      2026-01-11  bram   3992BB7  01     bart:10
    """)
    assert found.gezinnen() == {"anna bram"}


def test_where_post_goes_nobody_lives() -> None:
    found = families("""
        child  address  soort  guardians
        anna   3991AA1  02     eva:10
        bram   3991AA1  01     eva:10,bart:10
        ciska  3992BB7  01     bart:10,eva:10
    """)
    assert found.gezinnen() == {"anna", "bram", "ciska"}
    assert found.dropped("child_address") == {("anna", "correspondence_address")}


# -- blended families ----------------------------------------------------------------------------------------


def test_a_blended_family_at_one_address_is_one_gezin() -> None:
    found = families("""
        child   address  soort  guardians
        hers    3991AA1  01     eva:10
        theirs  3991AA1  01     eva:10,bart:10
        his     3991AA1  01     bart:10
    """)
    assert found.gezinnen() == {"hers his theirs"}


def test_one_child_never_joins_both_parents_other_households() -> None:
    found = families("""
        child   address  soort  guardians
        hers    3991AA1  01     eva:10
        theirs  3991AA1  01     eva:10,bart:10
        his     3992BB7  01     bart:10
    """)
    assert found.gezinnen() == {"hers theirs", "his"}


def test_a_gezin_ref_does_not_join_both_parents_other_households_either() -> None:
    found = families("""
        source    child   address  soort  guardians       ref
        wijkteam  hers    3991AA1  01     eva:10          g1
        wijkteam  theirs  3991AA1  01     eva:10,bart:10  -
        wijkteam  his     3992BB7  01     bart:10         g1
    """)
    assert found.gezinnen() == {"hers theirs", "his"}
    assert ("his", "gezin_ref_contradicted") in found.dropped("gezin_ref")


def test_a_household_takes_one_gezin_ref_and_cannot_chain_two_gezinnen() -> None:
    found = families("""
        source    day         child  address  soort  guardians  ref
        wijkteam  2026-01-11  anna   3991AA1  01     eva:10     g1
        wijkteam  2025-10-31  bram   3991AA1  01     eva:10     g2
        wijkteam  2025-10-31  ciska  3992BB7  01     eva:10     g2
    """)
    assert found.gezinnen() == {"anna bram", "ciska"}
    assert found.dropped("gezin_ref") == {("bram", "other_gezin_ref")}


# -- foster care and placements ------------------------------------------------------------------------------


def test_a_foster_child_keeps_its_family_of_origin() -> None:
    found = families("""
        source     child   address  soort  guardians        care  start
        jeugdhulp  placed  3999ZZ9  01     pia:13           35    2025-03-01
        wijkteam   placed  3991AA1  01     eva:10           -     -
        onderwijs  sister  3991AA1  01     eva:10           -     -
        onderwijs  theirs  3999ZZ9  01     pia:10           -     -
    """)
    assert found.gezinnen() == {"placed sister", "theirs"}
    assert found.dropped("child_address") == {("placed", "placement_address")}
    assert found.member("pia", "gezin_id", role="pleegouder") == found.member("placed", "gezin_id")


def test_a_school_that_calls_a_foster_parent_a_parent_changes_nothing() -> None:
    found = families("""
        source     child   address  soort  guardians  care  start
        jeugdhulp  placed  3999ZZ9  03     pia:13     35    2025-03-01
        onderwijs  placed  3999ZZ9  01     pia        -     -
        wijkteam   placed  -        -      eva:10     -     -
        onderwijs  sister  3991AA1  01     eva:10     -     -
        onderwijs  theirs  3999ZZ9  01     pia:10     -     -
    """)
    assert found.gezinnen() == {"placed sister", "theirs"}


@pytest.mark.parametrize("category", ["35", "36", "37", "38", "43", "44"])
def test_a_group_home_makes_no_household_of_children_of_one_guardian(category: str) -> None:
    found = families(f"""
        source     child  address  soort  guardians     care        start
        jeugdhulp  anna   3999ZZ9  03     gi:11,eva:10  {category}  2025-03-01
        jeugdhulp  bram   3999ZZ9  03     gi:11,sara:10 {category}  2025-03-01
        onderwijs  ciska  3991AA1  01     eva:10        -           -
        onderwijs  daan   3992BB7  01     sara:10       -           -
    """)
    assert found.gezinnen() == {"anna ciska", "bram daan"}


@pytest.mark.parametrize(("category", "start"), [("45", "2025-03-01"), ("35", "-"), ("35", "2026-12-01")])
def test_help_at_home_or_a_placement_that_did_not_begin_leaves_the_address_alone(
    category: str, start: str
) -> None:
    found = families(f"""
        source     child  address  soort  guardians  care        start
        jeugdhulp  anna   3991AA1  01     eva:10     {category}  {start}
        jeugdhulp  bram   3991AA1  01     eva:10     {category}  {start}
    """)
    assert found.dropped("child_address") == set()
    assert found.result.formed_by == {"household": 1}


@pytest.mark.parametrize(
    "evidence", ["onderwijs sister 3991AA1 01 eva:10 - -", "wijkteam placed - - eva:10@3991AA1 - -"]
)
def test_a_placement_record_that_tells_the_home_of_parents_does_not_take_it_away(evidence: str) -> None:
    found = families(f"""
        source     child   address  soort  guardians  care  start
        jeugdhulp  placed  3991AA1  01     eva:10     35    2025-03-01
        {evidence}
    """)
    assert found.dropped("child_address") == set()


# -- shelters, flats, missing additions ----------------------------------------------------------------------


def shelter(children: int) -> str:
    """A table of children of one mother at 3999ZZ9 and of others at the same place."""
    lines = ["child address soort guardians", "anna 3999ZZ9 01 eva:10", "bram 3999ZZ9 01 eva:10"]
    lines += [f"other{n} 3999ZZ9 01 mother{n}:10" for n in range(children - 2)]
    return "\n".join(lines)


def test_an_address_of_twelve_persons_is_a_household_and_of_thirteen_none() -> None:
    assert families(shelter(12)).dropped("child_address") == set()
    crowd = families(shelter(13))
    assert len(crowd.dropped("child_address")) == 13
    assert {reason for _, reason in crowd.dropped("child_address")} == {"crowded_address"}
    assert "anna bram" in crowd.gezinnen()
    assert crowd.result.formed_by == {"alone": 11, "guardian_only": 1}


def test_a_missing_addition_does_not_part_brother_and_sister() -> None:
    found = families("""
        child  address    soort  guardians
        anna   3991AA1/b  01     eva:10
        bram   3991AA1    01     eva:10
        ciska  3991AA1/c  01     sara:10
    """)
    assert found.gezinnen() == {"anna bram", "ciska"}


def test_in_a_large_flat_the_addition_must_be_the_same() -> None:
    lines = ["child address soort guardians", "anna 3991AA1/b 01 eva:10", "bram 3991AA1/x 01 eva:10"]
    lines += [f"other{n} 3991AA1/{n} 01 mother{n}:10" for n in range(12)]
    assert {"anna", "bram"} <= families("\n".join(lines)).gezinnen()


def test_parents_of_fourteen_children_have_one_gezin() -> None:
    lines = ["child address soort guardians"] + [f"c{n:02} 3991AA1 01 eva:10,bart:10" for n in range(14)]
    assert len(families("\n".join(lines)).gezinnen()) == 1


def test_a_guardian_of_many_children_holds_no_household_together() -> None:
    lines = ["child address soort guardians"] + [f"c{n:02} 3991AA1 01 gi:11" for n in range(3)]
    lines += [f"d{n:02} - - gi:11" for n in range(10)]
    found = families("\n".join(lines))
    assert len(found.gezinnen()) == 13
    assert {reason for _, reason in found.dropped("child_guardian")} == {"guardian_of_many"}


def test_a_gezin_ref_of_many_children_is_a_default_value() -> None:
    lines = ["source child address soort guardians ref"] + [
        f"wijkteam c{n:02} - - m{n}:10 onbekend" for n in range(26)
    ]
    found = families("\n".join(lines))
    assert len(found.gezinnen()) == 26
    assert {reason for _, reason in found.dropped("gezin_ref")} == {"gezin_ref_of_many"}


# -- twins, police, huisarts ---------------------------------------------------------------------------------


def test_twins_are_two_children_of_one_gezin() -> None:
    found = families("""
        child  born        address  soort  guardians
        sara   2015-03-02  3991AA1  01     eva:10
        sofie  2015-03-02  3991AA1  01     eva:10
    """)
    assert found.gezinnen() == {"sara sofie"}
    assert found.result.children == 2


def test_a_police_incident_address_never_builds_a_household() -> None:
    found = families("""
        source   child  address  soort  guardians
        politie  anna   3991AA1  01     eva:10
        politie  bram   3991AA1  01     eva:10,bart:10
        politie  ciska  3991AA1  01     bart:10
    """)
    assert found.gezinnen() == {"anna", "bram", "ciska"}
    assert {reason for _, reason in found.dropped("child_address")} == {"police_address"}


def test_whom_the_police_names_without_a_relation_is_no_guardian() -> None:
    found = families("""
        source     child  address  soort  guardians
        politie    anna   -        -      eva:10,partner
        onderwijs  bram   3991AA1  01     partner:10
    """)
    assert found.gezinnen() == {"anna", "bram"}
    assert ("anna", "involved_only") in found.dropped("child_guardian")
    assert len(found.members("ouder")) == 2


@pytest.mark.parametrize(
    ("role", "born", "children"),
    [("KIND", "-", 1), ("OUDER", "-", 0), ("ONBEKEND", "2015-01-01", 1), ("ONBEKEND", "1985-01-01", 0)],
)
def test_a_patient_is_a_child_when_the_practice_says_so_or_does_not_know_and_is_under_18(
    role: str, born: str, children: int
) -> None:
    found = families(f"""
        source    role     child  patient_rol  born
        huisarts  patient  anna   {role}       {born}
    """)
    assert found.result.children == children


# -- secret addresses, no home -------------------------------------------------------------------------------


def test_a_secret_address_is_found_by_gezin_ref_or_guardian_only_and_restricts_the_gezin() -> None:
    found = families("""
        source     child   address  soort  guardians  ref
        onderwijs  hidden  secret   01     eva:10     -
        politie    hidden  3999ZZ9  01     -          -
        wijkteam   sister  3991AA1  01     eva:10     -
        wijkteam   listed  secret   01     -          g7
        wijkteam   friend  3992BB7  01     sara:10    g7
        onderwijs  other   3993CC3  01     anna:10    -
    """)
    assert found.gezinnen() == {"hidden sister", "friend listed", "other"}
    assert found.member("sister", "restricted") is True
    assert found.member("friend", "restricted") is True
    assert found.member("other", "restricted") is False
    assert found.result.families_restricted == 2


def test_an_address_that_one_source_keeps_secret_is_not_used_from_another() -> None:
    found = families("""
        source     child   address  soort  guardians
        wijkteam   hidden  secret   01     eva:10
        onderwijs  hidden  3991AA1  01     eva:10
        onderwijs  child   3991AA1  01     eva:10,bart:10
        onderwijs  half    3992BB7  01     eva:10
    """)
    assert found.gezinnen() == {"hidden", "child", "half"}
    assert found.dropped("child_address") == {("hidden", "secret_address")}


def test_a_child_without_a_home_goes_where_its_guardians_other_children_are() -> None:
    found = families("""
        child  address  soort  guardians
        lost   -        -      eva:10,bart:10
        anna   3991AA1  01     eva:10
        bram   3991AA1  01     eva:10
        ciska  3992BB7  01     bart:10
        daan   3993CC3  01     bart:10
    """)
    assert found.gezinnen() == {"anna bram lost", "ciska", "daan"}


def test_a_child_without_a_home_stays_alone_when_its_guardians_point_to_several_gezinnen() -> None:
    found = families("""
        child  address  soort  guardians
        lost   -        -      eva:10,bart:10
        anna   3991AA1  01     eva:10
        ciska  3992BB7  01     bart:10
    """)
    assert found.gezinnen() == {"anna", "ciska", "lost"}
    assert {reason for _, reason in found.dropped("shared_parent")} == {"home_unknown"}


def test_children_of_whom_none_has_a_home_join_by_guardian_but_not_through_one_child() -> None:
    together = families("""
        child  address  guardians
        anna   -        eva:10
        bram   -        eva:10,bart:10
    """)
    assert together.gezinnen() == {"anna bram"}
    chained = families("""
        child   address  guardians
        hers    -        eva:10
        theirs  -        eva:10,bart:10
        twin    -        eva:10,bart:10
        his     -        bart:10
    """)
    assert chained.gezinnen() == {"hers", "his", "theirs twin"}


# -- movers and versions -------------------------------------------------------------------------------------


def test_a_child_not_seen_since_the_move_moved_with_the_guardian() -> None:
    found = families("""
        record  day         child  address  soort  guardians
        r1      2025-10-31  anna   3991AA1  01     eva:10
        r2      2025-10-31  bram   3991AA1  01     eva:10
        r2      2026-01-11  bram   3992BB7  01     eva:10
    """)
    assert found.gezinnen() == {"anna bram"}
    assert found.result.formed_by == {"moved_together": 1}


def test_a_child_that_went_to_the_other_parent_leaves_its_brother_behind() -> None:
    found = families("""
        record  day         child  address  soort  guardians
        r1      2025-10-31  anna   3991AA1  01     eva:10,bart:10
        r2      2025-10-31  bram   3991AA1  01     eva:10,bart:10
        r2      2026-01-11  bram   3992BB7  01     bart:10,eva:10@3991AA1
    """)
    assert found.gezinnen() == {"anna", "bram"}


def test_who_was_seen_at_the_old_address_since_did_not_move() -> None:
    found = families("""
        record  day         child  address  soort  guardians
        r1      2026-01-11  anna   3991AA1  01     eva:10
        r2      2025-10-31  bram   3991AA1  01     eva:10
        r2      2026-01-11  bram   3992BB7  01     eva:10
    """)
    assert found.gezinnen() == {"anna", "bram"}


def test_a_guardian_whom_the_newest_version_leaves_out_no_longer_counts_and_gets_an_end_date() -> None:
    found = families("""
        record  day         child  address  soort  guardians
        r1      2025-10-31  anna   3991AA1  01     eva:10,bart:10
        r1      2026-01-11  anna   3991AA1  01     eva:10
        r2      2026-01-11  bram   3991AA1  01     bart:10
    """)
    assert found.gezinnen() == {"anna", "bram"}
    dates = found.con.execute(
        "select valid_from, valid_to from link.gezin_member where role = 'ouder' and gezin_id = ? order by valid_to",
        [found.member("anna", "gezin_id")],
    ).fetchall()
    assert dates == [(date(2025, 10, 31), date(2025, 10, 31)), (date(2025, 10, 31), None)]


def test_a_withdrawn_record_tells_nothing() -> None:
    found = families("""
        record  day         child  address  soort  guardians  status
        r1      2025-10-31  anna   3991AA1  01     eva:10     1
        r1      2026-01-11  anna   3991AA1  01     eva:10     3
        r2      2026-01-11  bram   3991AA1  01     eva:10     1
    """)
    assert found.gezinnen() == {"bram"}


# -- members and names ---------------------------------------------------------------------------------------


def test_adults_may_be_in_several_gezinnen_each_in_their_role() -> None:
    found = families("""
        child  address  soort  guardians
        anna   3991AA1  01     eva:10,bart:10
        bram   3992BB7  01     bart:10,gi:11
        ciska  3993CC3  01     oma:17
    """)
    assert {
        role: sorted(chain.from_iterable(found.members(role).values()))
        for role in ("ouder", "voogd", "familielid")
    } == {
        "ouder": ["bart", "bart", "eva"],
        "voogd": ["gi"],
        "familielid": ["oma"],
    }
    assert found.member("eva", "shared", role="ouder") is False
    assert found.member("gi", "evidence", role="voogd") == "onderwijs"


def test_a_gezin_keeps_its_pseudonym_when_a_child_is_added() -> None:
    lines = ["day child address soort guardians", "2025-10-31 anna 3991AA1 01 eva:10"]
    before = families("\n".join(lines))
    after = families("\n".join([*lines, "2026-01-11 bram 3991AA1 01 eva:10"]))
    assert after.member("bram", "gezin_id") == before.member("anna", "gezin_id")
    version, domain, purpose, digest = before.member("anna", "gezin_id").split(".")
    assert (version, domain, purpose, len(digest)) == ("1", "GM0321", "family", 32)


def test_no_token_of_a_delivery_is_kept_in_the_results() -> None:
    found = families("""
        source    child  address  soort  guardians       ref
        wijkteam  anna   3991AA1  01     eva:10@3992BB7  g1
    """)
    for name in ("person", "gezin", "gezin_member", "edge"):
        text = str(found.con.execute(f"select * from link.{name}").fetchall())
        assert not [word for word in ("bsn:", "address:", "building:", "g1") if word in text]
    assert found.con.execute(
        "select count(*) from duckdb_databases() where database_name = 'work'"
    ).fetchall() == [(0,)]


def test_a_domain_without_children_has_no_families() -> None:
    found = Families(domain_file([]))
    assert (found.result.children, found.result.families, found.result.memberships) == (0, 0, 0)


# -- whatever the records ------------------------------------------------------------------------------------

HEAD = "source record day child address soort guardians ref status care start"
GUARDIAN = st.tuples(
    st.sampled_from(["eva", "bart", "pia"]),
    st.sampled_from(["", ":10", ":10", ":13"]),
    st.sampled_from(["", "@3992BB7"]),
).map("".join)
RECORD = st.tuples(
    st.sampled_from(["onderwijs", "wijkteam", "wijkteam", "jeugdhulp", "politie"]),
    st.sampled_from(["r1", "r2", "r3", "r4", "r5", "r6"]),
    st.sampled_from(["2025-10-31", DAY]),
    st.sampled_from(["anna", "bram", "ciska", "daan", "els"]),
    st.sampled_from(["3991AA1", "3991AA1", "3991AA1/b", "3992BB7", "secret", "-"]),
    st.sampled_from(["01", "01", "-", "02"]),
    st.lists(GUARDIAN, max_size=2, unique_by=lambda text: text[:3]).map(lambda names: ",".join(names) or "-"),
    st.sampled_from(["-", "-", "g1", "g2"]),
    st.sampled_from(["1", "1", "1", "1", "3"]),
    st.sampled_from(["45", "35"]),
    st.sampled_from(["2025-01-01", "-"]),
)
RECORDS = st.lists(RECORD, min_size=1, max_size=12, unique_by=lambda row: row[:3]).map(
    lambda rows: "\n".join([HEAD, *(" ".join(row) for row in rows)])
)


@settings(max_examples=12, deadline=None)
@given(RECORDS, st.integers(0, 9))
def test_gezinnen_equal_those_of_plain_python_in_any_order(text: str, order: int) -> None:
    mentions, records = family_rows(text)
    found = Families(domain_file(mentions, records))
    who = {key: found.names[person] for key, person in found.linked.persons.items()}
    expected = Oracle(mentions, records, who, RUN_DATE).gezinnen()
    assert {frozenset(gezin.split()) for gezin in found.gezinnen()} == expected
    children = found.con.execute("select person_id from link.gezin_member where role = 'kind'").fetchall()
    assert len(children) == len(set(children)) == found.result.children
    shuffled = Families(domain_file(mentions, records, shuffle=order))
    for name in ("gezin", "gezin_member", "edge"):
        query = f"select * from link.{name}"
        assert shuffled.con.execute(query).fetchall() == found.con.execute(query).fetchall()


def test_building_again_gives_the_same_tables() -> None:
    found = families("""
        child  address  soort  guardians
        anna   3991AA1  01     eva:10
        bram   3991AA1  01     eva:10
    """)
    before = found.con.execute("select * from link.gezin_member").fetchall()
    build_families(found.con, "GM0321", FAMILY_KEY, RUN_DATE)  # type: ignore[arg-type]
    assert found.con.execute("select * from link.gezin_member").fetchall() == before
