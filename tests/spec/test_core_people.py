"""Core: mention, membership, person and family."""

from __future__ import annotations

from datetime import date

from helpers.models import World


def test_mention_a_record_finds_its_gezin_through_child_or_patient_else_through_its_adults() -> None:
    world = World(
        until="core",
        members="""
            gezin  person  role
            g1     anna    kind
            g1     mama    ouder
        """,
        politie="""
            record   kind  ouder1  ouder2  incident_datum
            child    anna  mama    papa    2025-01-01
            couple   -     mama    papa    2025-01-02
        """,
        huisarts="""
            record   patient  patient_rol  contact_datum
            parent   mama     OUDER        2025-01-03
            unknown  anna     ONBEKEND     2025-01-04
            unclear  papa     ONBEKEND     2025-01-05
        """,
    )
    assert world.rows("core.mention", "record_key", "person_id", "is_child", "is_subject") == [
        ("child", "anna", True, True),
        ("child", "mama", False, False),
        ("child", "papa", False, False),
        ("couple", "mama", False, True),
        ("couple", "papa", False, True),
        ("parent", "mama", False, True),
        ("unclear", "papa", False, True),
        ("unknown", "anna", True, True),
    ]


def test_record_gezin_follows_the_child_and_keeps_a_couple_where_they_are_together() -> None:
    world = World(
        until="core",
        members="""
            gezin  person  role   from
            g1     anna    kind   2024-01-01
            g2     anna    kind   2025-06-01
            g1     mama    ouder  2024-01-01
            g1     papa    ouder  2024-01-01
            g3     papa    ouder  2024-01-01
        """,
        politie="""
            record   kind  ouder1  ouder2  incident_datum
            child    anna  mama    papa    2025-01-01
            couple   -     mama    papa    2025-01-02
            alone    -     papa    -       2025-01-03
            unknown  -     oma     -       2025-01-04
        """,
    )
    columns = ("record_key", "person_id", "gezin_id", "effective_from", "effective_to")
    assert world.rows("core.record_gezin", *columns) == [
        ("alone", "papa", "g1", "1900-01-01", "9999-12-31"),
        ("alone", "papa", "g3", "1900-01-01", "9999-12-31"),
        ("child", "anna", "g1", "1900-01-01", "2025-06-01"),
        ("child", "anna", "g2", "2025-06-01", "9999-12-31"),
        ("couple", "mama", "g1", "1900-01-01", "9999-12-31"),
        ("couple", "papa", "g1", "1900-01-01", "9999-12-31"),
        ("unknown", "oma", None, "1900-01-01", "9999-12-31"),
    ]


def test_membership_a_child_is_in_exactly_one_gezin_on_any_day() -> None:
    world = World(
        until="core",
        members="""
            gezin  person  role   from        to
            g1     anna    kind   2024-01-01  2025-03-01
            g2     anna    kind   2025-06-01  -
            g1     mama    ouder  2024-01-01  2025-06-01
            g2     papa    ouder  2024-01-01  -
            g3     papa    ouder  2025-01-01  -
        """,
    )
    assert world.rows("core.membership", "person_id", "gezin_id", "effective_from", "effective_to") == [
        ("anna", "g1", "1900-01-01", "2025-06-01"),
        ("anna", "g2", "2025-06-01", "9999-12-31"),
        ("mama", "g1", "1900-01-01", "2025-06-02"),
        ("papa", "g2", "1900-01-01", "9999-12-31"),
        ("papa", "g3", "2025-01-01", "9999-12-31"),
    ]


def test_person_is_what_records_in_force_say() -> None:
    world = World(
        until="core",
        members="""
            gezin  person  role
            g1     anna    kind
        """,
        mentions="""
            person  sex  birth_year  secret
            anna    2    2015        yes
            mama    0    1988        -
        """,
        deliveries="""
            source     period            sequence
            onderwijs  stand-2026-01-11  1
            onderwijs  2026-W03          2
        """,
        onderwijs="""
            delivery                                     record  status  kind  ouder1  verzuim_begin  vertrek_datum
            onderwijs.ON01.GM0321.stand-2026-01-11.0001  r1      1       anna  mama    2025-01-01     2025-12-01
            onderwijs.ON01.GM0321.2026-W03.0002          r1      2       anna  mama    2025-01-01     2025-12-15
        """,
    )
    assert world.rows(
        "core.person", "person_id", "sex", "birth_year", "departure_date", "secret", "is_child"
    ) == [
        ("anna", "2", 2015, "2025-12-15", True, True),
        ("mama", None, 1988, None, False, False),
    ]


def test_family_on_the_day_of_the_run() -> None:
    world = World(
        until="core",
        run_date=date(2026, 2, 16),
        members="""
            gezin  person  role        from        to          shared  restricted
            g1     anna    kind        2024-01-01  -           yes     -
            g1     anton   kind        2024-01-01  -           -       -
            g1     mama    ouder       2024-01-01  -           -       -
            g1     papa    ouder       2024-01-01  2025-01-01  -       -
            g1     oma     familielid  2024-01-01  -           -       -
            g2     bram    kind        2024-01-01  -           -       -
            g3     carl    kind        2024-01-01  -           -       yes
            g4     dana    kind        2024-01-01  2025-01-01  -       -
            g5     dana    kind        2025-01-01  -           -       -
        """,
        mentions="""
            person  secret
            bram    yes
        """,
        onderwijs="""
            kind   verzuim_begin  vertrek_datum
            anna   2025-01-01     -
            anton  2025-01-01     2026-01-01
            bram   2025-01-01     -
            dana   2025-01-01     2026-03-01
        """,
    )
    columns = ("gezin_id", "municipality", "children", "parents", "shared", "restricted")
    assert world.rows("core.family", *columns) == [
        ("g1", "GM0321", 1, 1, True, False),
        ("g2", "GM0321", 1, 0, False, True),
        ("g3", None, 1, 0, False, True),
        ("g4", "GM0321", 0, 0, False, False),
        ("g5", "GM0321", 1, 0, False, False),
    ]
