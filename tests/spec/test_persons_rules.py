"""Who is one person: each rule and each pitfall as a table of a few mentions, with what must come out.

``found.groups()`` are the records that speak of one person (``r1.ouder1`` for a parent in record r1),
``found.rules`` the rule that joined a mention, or the reason why none did. No mention here has filters, so likeness
is that of tokens alone: rule 2 and 3 below are what tokens of more or fewer fields say.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.linkage import DOMAIN, Linked, domain_file, link, mention
from helpers.linkage_oracle import persons


def groups(*records: str) -> set[frozenset[str]]:
    """``groups("r1 r2", "r3")``: two persons, the first in two records."""
    return {frozenset(group.split()) for group in records}


def test_rule_1_the_same_bsn_is_the_same_person_whatever_else_differs() -> None:
    found = link("""
        record  role    source     bsn  born        sex  surname  first  address
        r1      kind    onderwijs  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind    wijkteam   B1   2015-03-12  0    janssen  luc    3992BB7
        r3      kind    wijkteam   B2   2015-03-02  1    jansen   luuk   3991AA1
    """)
    assert found.groups() == groups("r1 r2", "r3")
    assert set(found.rules.values()) == {"bsn"}


def test_a_parent_known_by_bsn_and_birth_date_only_joins_by_bsn() -> None:
    found = link("""
        record  role    bsn  born        surname
        r1      ouder1  B9   1985-05-05  bakker
        r2      ouder2  B9   1985-05-05  -
    """)
    assert found.groups() == groups("r1.ouder1 r2.ouder2")


def test_rule_2_birth_date_sex_surname_and_address_join_a_mention_without_bsn() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  address
        r1      kind  B1   2015-03-02  1    jansen   3991AA1
        r2      kind  -    2015-03-02  1    jansen   3991AA1
        other1  kind  -    2015-03-03  1    jansen   3991AA1
        other2  kind  -    2015-03-02  2    jansen   3991AA1
        other3  kind  -    2015-03-02  1    bakker   3991AA1
        other4  kind  -    2015-03-02  1    jansen   3991AA2
    """)
    assert found.groups() == groups("r1 r2", "other1", "other2", "other3", "other4")
    assert found.rules["r2", "kind"] == "model"
    assert found.rules["other1", "kind"] == "nobody_alike"


def test_rule_2_joins_mentions_of_which_none_has_a_bsn() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  address
        r1      kind  -    2015-03-02  1    jansen   3991AA1
        r2      kind  -    2015-03-02  1    jansen   3991AA1
    """)
    assert found.groups() == groups("r1 r2")


def test_twins_need_the_first_name() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        luuk    kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        daan    kind  B2   2015-03-02  1    jansen   daan   3991AA1
        luuk2   kind  -    2015-03-02  1    jansen   luuk   3991AA1
        daan2   kind  -    2015-03-02  1    jansen   daan   3991AA1
        either  kind  -    2015-03-02  1    jansen   -      3991AA1
    """)
    assert found.groups() == groups("luuk luuk2", "daan daan2", "either")
    assert found.rules["daan2", "kind"] == "model"
    assert found.rules["either", "kind"] == "several_persons"


def test_twins_of_whom_one_never_has_a_bsn_stay_two() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        sara    kind  B1   2015-03-02  2    jansen   sara   3991AA1
        sofie   kind  -    2015-03-02  2    jansen   sofie  3991AA1
        sofie2  kind  -    2015-03-02  2    jansen   sofie  3991AA1
    """)
    assert found.groups() == groups("sara", "sofie sofie2")


def test_one_person_spelled_in_two_ways_is_no_twin_when_the_bsn_says_so() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  B1   2015-03-02  1    jansen   luc    3991AA1
        r3      kind  -    2015-03-02  1    jansen   -      3991AA1
    """)
    assert found.groups() == groups("r1 r2 r3")


def test_rule_3_joins_over_a_change_of_address_when_the_name_points_to_one_person() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  -    2015-03-02  1    jansen   luc    3992BB7
        r3      kind  -    2015-03-02  0    jansen   luuk   -
    """)
    assert found.groups() == groups("r1 r2 r3")
    assert found.rules["r2", "kind"] == "model"
    assert found.rules["r3", "kind"] == "model"


def test_rule_3_joins_nobody_when_the_name_points_to_two_persons() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        luuk    kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        lars    kind  B2   2015-03-02  1    jansen   lars   3992BB7
        who     kind  -    2015-03-02  1    jansen   l      3993CC3
    """)
    assert found.groups() == groups("luuk", "lars", "who")
    assert found.rules["who", "kind"] == "several_persons"


def test_rule_3_takes_the_full_first_name_where_the_initial_points_to_two_persons() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        luuk    kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        lars    kind  B2   2015-03-02  1    jansen   lars   3992BB7
        lars2   kind  -    2015-03-02  1    jansen   lars   3993CC3
    """)
    assert found.groups() == groups("luuk", "lars lars2")
    assert found.rules["lars2", "kind"] == "model"


def test_rule_3_does_not_make_one_of_a_brother_and_a_sister_of_one_birth() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        sem     kind  B1   2015-03-02  1    jansen   sem    3991AA1
        sara    kind  -    2015-03-02  2    jansen   sara   3991AA1
    """)
    assert found.groups() == groups("sem", "sara")
    assert found.rules["sara", "kind"] == "two_sexes"


def test_two_valid_bsns_never_become_one_person() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  B2   2015-03-02  1    jansen   luuk   3991AA1
        r3      kind  -    2015-03-02  1    jansen   luuk   3991AA1
    """)
    assert found.groups() == groups("r1", "r2", "r3")
    assert found.rules["r3", "kind"] == "several_persons"


def test_a_chain_ends_at_the_second_bsn_and_the_stronger_rule_wins() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        a       kind  B1   2015-03-02  1    jansen   -      3991AA1
        b       kind  -    2015-03-02  1    jansen   luuk   3991AA1
        c       kind  B2   2015-03-02  1    jansen   luuk   3992BB7
    """)
    assert found.groups() == groups("a b", "c")
    assert found.rules["b", "kind"] == "model"


def test_a_record_that_shares_an_address_with_either_of_two_bsns_joins_neither() -> None:
    found = link("""
        record  role  day         bsn  born        sex  surname  address
        b1      kind  2026-01-11  B1   2015-03-02  1    jansen   3991AA1
        b2      kind  2026-01-11  B2   2015-03-02  1    jansen   3992BB7
        moved   kind  2025-10-31  -    2015-03-02  1    jansen   3991AA1
        moved   kind  2026-01-11  -    2015-03-02  1    jansen   3992BB7
    """)
    assert found.groups() == groups("b1", "b2", "moved")
    assert found.rules["moved", "kind"] == "several_persons"


def test_between_two_bsns_only_direct_neighbours_join() -> None:
    found = link("""
        record  role  day         bsn  born        sex  surname  address
        b1      kind  2026-01-11  B1   2015-03-02  1    jansen   3991AA1
        near1   kind  2025-10-31  -    2015-03-02  1    jansen   3991AA1
        near1   kind  2026-01-11  -    2015-03-02  1    jansen   3995EE5
        middle  kind  2025-10-31  -    2015-03-02  1    jansen   3995EE5
        middle  kind  2026-01-11  -    2015-03-02  1    jansen   3996FF6
        near2   kind  2025-10-31  -    2015-03-02  1    jansen   3996FF6
        near2   kind  2026-01-11  -    2015-03-02  1    jansen   3992BB7
        b2      kind  2026-01-11  B2   2015-03-02  1    jansen   3992BB7
    """)
    assert found.groups() == groups("b1 near1", "middle", "near2 b2")


def test_versions_of_a_record_speak_of_one_person_and_bridge_a_move() -> None:
    found = link("""
        record  role  day         bsn  born        sex  surname  address
        r1      kind  2025-10-31  B1   2015-03-02  1    jansen   3991AA1
        r1      kind  2026-01-11  -    2015-03-02  1    jansen   3992BB7
        r2      kind  2026-01-11  -    2015-03-02  1    jansen   3992BB7
    """)
    assert found.groups() == groups("r1 r2")
    assert found.rules["r2", "kind"] == "model"


def test_a_record_whose_bsn_changed_says_nothing_of_its_version_without_one() -> None:
    found = link("""
        record  role  day         bsn  born        surname
        r1      kind  2025-10-31  B1   2015-03-02  jansen
        r1      kind  2025-12-31  B2   2015-03-02  jansen
        r1      kind  2026-01-11  -    2015-03-02  jansen
    """)
    assert len(set(found.persons.values())) == 3


def test_versions_with_parents_swapped_or_numbers_used_again_part() -> None:
    found = link("""
        record  role    day         bsn  born        sex  surname  first
        r1      ouder1  2025-10-31  -    1985-05-05  2    bakker   eva
        r1      ouder1  2026-01-11  -    1983-01-01  1    jansen   bart
        r1      ouder2  2025-10-31  -    1983-01-01  1    jansen   bart
        r1      ouder2  2026-01-11  -    1985-05-05  2    bakker   eva
    """)
    assert len(set(found.persons.values())) == 2


def test_the_same_record_number_of_another_supplier_or_role_is_no_evidence() -> None:
    found = link("""
        record  role    source     bsn  born
        r1      kind    onderwijs  B1   2015-03-02
        r1      kind    wijkteam   -    2015-03-02
        r1      ouder1  onderwijs  -    1985-05-05
    """)
    assert len(set(found.persons.values())) == 3


def test_sex_unknown_leaves_rule_2_and_finds_its_person_by_name() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  -    2015-03-02  0    jansen   luuk   3991AA1
    """)
    assert found.groups() == groups("r1 r2")


def test_a_parent_of_one_child_and_a_patient_are_one_person_over_roles() -> None:
    found = link("""
        record  role     source    bsn  born        sex  surname  first  address  child_address  patient_rol
        r1      ouder1   wijkteam  -    1985-05-05  2    bakker   eva    -        3991AA1        -
        r2      patient  huisarts  B7   1985-05-05  2    bakker   eva    3991AA1  -              OUDER
    """)
    assert found.groups() == groups("r1.ouder1 r2.patient")


def test_who_has_nothing_to_link_on_stays_alone_and_is_counted() -> None:
    found = link("""
        record  role  bsn  born  surname  address
        r1      kind  -    2015  jansen   3991AA1
        r2      kind  -    2015  jansen   3991AA1
        r3      kind  B1   2015  jansen   3991AA1
    """)
    assert found.groups() == groups("r1", "r2", "r3")
    assert found.result.alone == {"nothing_to_link_on": 2}
    assert (found.result.mentions, found.result.persons, found.result.persons_with_bsn) == (3, 3, 1)
    assert found.result.by_rule == {"bsn": 1, "own": 2}


def test_two_rows_of_one_deduplicated_delivery_are_two_persons() -> None:
    found = link("""
        record  role  source     bsn  born        sex  surname  first  address
        r1      kind  onderwijs  -    2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  onderwijs  -    2015-03-02  1    jansen   luuk   3991AA1
        r3      kind  wijkteam   -    2015-03-02  1    jansen   luuk   3991AA1
    """)
    assert found.groups() == groups("r1", "r2", "r3")
    assert found.rules["r1", "kind"] == "same_delivery"
    assert found.rules["r3", "kind"] == "several_persons"
    assert found.result.to_review == 3


def test_a_number_joins_even_two_rows_of_one_deduplicated_delivery() -> None:
    found = link("""
        record  role  source     bsn  born
        r1      kind  onderwijs  B1   2015-03-02
        r2      kind  onderwijs  B1   2015-03-02
    """)
    assert found.groups() == groups("r1 r2")


def test_likeness_by_tokens_alone_is_counted() -> None:
    found = link("""
        record  role  bsn  born        sex  surname  first  address
        r1      kind  B1   2015-03-02  1    jansen   luuk   3991AA1
        r2      kind  -    2015-03-02  1    jansen   luuk   3991AA1
    """)
    assert (found.result.mentions_on_tokens, found.result.by_rule) == (1, {"bsn": 1, "model": 1})


def test_a_domain_without_mentions_has_no_persons() -> None:
    found = Linked(domain_file([]))
    assert (found.result.mentions, found.result.persons) == (0, 0)


# -- pseudonyms ----------------------------------------------------------------------------------------------

BEFORE = [
    mention("r1", "kind", day="2025-10-31", born="2015-03-02", sex="1", surname="jansen", address="3991AA1"),
    mention("r2", "kind", day="2025-10-31", bsn="B1", born="2016-03-02"),
]
LATER = [
    mention("r3", "kind", source="wijkteam", born="2015-03-02", sex="1", surname="jansen", address="3991AA1"),
    mention("r4", "kind", source="wijkteam", bsn="B1"),
]


def test_a_person_keeps_its_pseudonym_when_more_records_arrive() -> None:
    before, after = Linked(domain_file(BEFORE)), Linked(domain_file(BEFORE + LATER))
    assert before.person("r1") == after.person("r1") == after.person("r3")
    assert before.person("r2") == after.person("r2") == after.person("r4")


def test_a_pseudonym_names_version_domain_and_purpose_and_no_token() -> None:
    found = Linked(domain_file(BEFORE))
    for person in found.persons.values():
        version, domain, purpose, digest = person.split(".")
        assert (version, domain, purpose) == ("1", DOMAIN, "output")
        assert len(digest) == 32
        assert set(digest) <= set("0123456789abcdef")


def test_what_is_known_of_a_person_is_what_was_said_most_and_last() -> None:
    found = link("""
        record  role     source     day         bsn  born        sex  address  patient_rol
        r1      kind     onderwijs  2025-10-31  B1   2015-03-02  1    3991AA1  -
        r2      kind     wijkteam   2025-12-31  B1   2015-03-02  0    3992BB7  -
        r3      patient  huisarts   2026-01-11  B1   2016-03-02  2    secret   KIND
    """)
    ((sex, year, pc4, secret, child, mentions, sources),) = found.con.execute(
        "select sex, birth_year, pc4, secret, seen_as_child, mentions, sources from link.person"
    ).fetchall()
    assert (sex, year, pc4, secret, child, mentions, sources) == ("2", 2015, "3992", True, True, 3, 3)


# -- whatever the mentions -----------------------------------------------------------------------------------

MENTIONS = st.lists(
    st.builds(
        mention,
        st.sampled_from("abcdef"),
        st.sampled_from(["kind", "ouder1"]),
        source=st.sampled_from(["onderwijs", "wijkteam"]),
        day=st.sampled_from(["2025-10-31", "2026-01-11"]),
        bsn=st.sampled_from([None, None, "B1", "B2"]),
        born=st.sampled_from(["2015-03-02", "2015-03-02", "2015-03-03", None]),
        sex=st.sampled_from("0112"),
        surname=st.sampled_from(["jansen", "bos", None]),
        first=st.sampled_from(["luuk", "luc", "sem", None]),
        address=st.sampled_from(["3991AA1", "3991AA1", "3991AA2", "secret", None]),
    ),
    max_size=14,
    unique_by=lambda row: (row["delivery_id"], row["record_key"], row["role"]),
)


@settings(max_examples=12, deadline=None)
@given(MENTIONS, st.integers(0, 9))
def test_persons_equal_those_of_plain_python_in_any_order(
    mentions: list[dict[str, object]], order: int
) -> None:
    found, shuffled = Linked(domain_file(mentions)), Linked(domain_file(mentions, shuffle=order))
    grouped: dict[str, set[object]] = {}
    for key, person in found.persons.items():
        grouped.setdefault(person, set()).add(key)
    assert {frozenset(group) for group in grouped.values()} == persons(mentions)
    assert shuffled.persons == found.persons
    assert shuffled.rules == found.rules
    numbers: dict[str, set[object]] = {}
    for row in mentions:
        person = found.persons[row["delivery_id"], row["record_key"], row["role"]]  # type: ignore[index]
        numbers.setdefault(person, set()).add(row["bsn_token"])
    assert all(len(tokens - {None}) <= 1 for tokens in numbers.values())


@pytest.mark.parametrize("seed", range(3))
def test_a_rerun_gives_the_same_tables(seed: int) -> None:
    rows = BEFORE + LATER
    one, two = Linked(domain_file(rows)), Linked(domain_file(random.Random(seed).sample(rows, len(rows))))
    for name in ("person", "mention_person"):
        query = f"select * from link.{name}"
        assert one.con.execute(query).fetchall() == two.con.execute(query).fetchall()
