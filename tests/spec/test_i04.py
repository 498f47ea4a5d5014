"""I04: a handover received locally within 14 days."""

from __future__ import annotations

from helpers.models import World

MEMBERS = """
    gezin  person  role
    g1     anna    kind
    g2     bram    kind
    g3     carl    kind
    g4     dana    kind
    g5     eric    kind
    g6     faye    kind
    g6     femke   kind
    g7     gijs    kind
"""


def test_received_in_time_late_before_and_missing() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case      kind  melding_datum  overdracht_datum  overdracht_aan
            receipt   anna  2025-01-06     2025-02-03        WIJKTEAM
            day_15    bram  2025-01-06     2025-02-03        WIJKTEAM
            before    carl  2025-01-06     2025-02-03        WIJKTEAM
            care      dana  2025-01-06     2025-02-03        JEUGDHULP
            nowhere   eric  2025-01-06     2025-02-03        GI
            sibling   faye  2025-01-06     2025-02-03        WIJKTEAM
            elsewhere gijs  2025-01-06     2025-02-03        OVERIG
            unlinked  otto  2025-01-06     2025-02-03        WIJKTEAM
        """,
        wijkteam="""
            case  kind   aanmeld_datum  ontvangst_overdracht_vt  eerste_contact_datum
            w1    anna   2025-02-03     2025-02-17               2025-03-20
            w2    bram   2025-02-03     -                        2025-02-18
            w3    carl   2025-02-01     2025-02-02               -
            w5    eric   2025-02-04     -                        -
            w6    femke  2025-02-03     -                        2025-02-03
            w7    gijs   2025-02-03     2025-02-05               -
        """,
        jeugdhulp="""
            toewijzingnummer  kind  toewijzing_datum  start_datum
            t4                dana  2025-02-04        2025-02-10
        """,
    )
    assert world.rows("indicators.i04", "unit_id", "hit", "missing") == [
        ("VE01:before:g3", False, False),
        ("VE01:care:g4", True, False),
        ("VE01:day_15:g2", False, False),
        ("VE01:elsewhere:g7", True, True),
        ("VE01:nowhere:g5", False, False),
        ("VE01:receipt:g1", True, False),
        ("VE01:sibling:g6", True, False),
        ("VE01:unlinked:", False, True),
    ]
    assert world.counts("I04", "2025") == (3, 6, 2)


def test_a_handover_in_the_last_days_of_the_year_belongs_to_the_next() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  overdracht_datum
            c1    anna  2025-12-01     2025-12-17
            c2    bram  2025-12-01     2025-12-18
        """,
    )
    assert world.counts("I04", "2025") == (0, 1, 0)
    assert world.rows("indicators.i04", "unit_id", "closes_on") == [
        ("VE01:c1:g1", "2025-12-31"),
        ("VE01:c2:g2", "2026-01-01"),
    ]
