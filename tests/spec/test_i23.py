"""I23: transfers per active gezin in twelve months."""

from __future__ import annotations

from helpers.models import World

MEMBERS = """
    gezin  person  role
    g1     anna    kind
    g1     anton   kind
    g2     bram    kind
    g3     carl    kind
    g4     dana    kind
"""


def test_transfers_of_active_gezinnen() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind   melding_datum  overdracht_datum  overdracht_aan
            c1    anna   2025-01-02     2025-02-01        WIJKTEAM
            c1    anton  2025-01-02     2025-02-01        WIJKTEAM
            c2    bram   2023-11-02     2023-12-01        WIJKTEAM
        """,
        wijkteam="""
            case  kind   aanmeld_datum  doorverwijzing_naar  doorverwijzing_datum
            w1    anna   2025-02-01     JEUGDHULP            2025-03-01
            w1    anton  2025-02-01     JEUGDHULP            2025-03-01
            w2    bram   2025-04-01     GEEN                 -
        """,
        jeugdhulp="""
            toewijzingnummer  kind   toewijzing_datum  start_datum  stop_datum  reden_beeindiging
            t1                anna   2025-03-01        2025-03-10   2025-09-01  38
            t2                anton  2025-03-01        2025-03-10   2025-09-01  38
            t3                carl   2025-03-01        2025-03-10   2025-09-01  31
        """,
        onderwijs="""
            kind  verzuim_begin
            dana  2024-02-01
            otto  2025-05-01
        """,
    )
    assert world.rows("core.transfer", "gezin_id", "kind", "transfer_date", "to_organisation") == [
        ("g1", "handover", "2025-02-01", "WIJKTEAM"),
        ("g1", "provider_change", "2025-09-01", "JEUGDHULP"),
        ("g1", "referral", "2025-03-01", "JEUGDHULP"),
        ("g2", "handover", "2023-12-01", "WIJKTEAM"),
    ]
    assert world.counts("I23", "2025") == (3, 3, 1)  # g1, g2 and g3 were active; otto is in no gezin
    assert world.counts("I23", "2025", "share_3plus") == (1, 3, 1)
    assert world.counts("I23", "2024-Q4") == (0, 1, 0)  # only g4
    assert world.counts("I23", "2025-Q2") == (2, 3, 1)


def test_a_period_not_delivered_to_its_end_has_no_figure() -> None:
    world = World(
        members=MEMBERS,
        onderwijs="""
            delivery                                    kind  verzuim_begin
            onderwijs.ON01.GM0321.stand-2025-12-30.0001 anna  2025-02-01
            onderwijs.ON01.GM0321.stand-2025-12-30.0001 bram  2024-06-01
        """,
        deliveries="""
            source     period
            onderwijs  stand-2025-12-30
        """,
        expected="source",
    )
    assert world.counts("I23", "2025") == (0, 0, 0)
    assert world.counts("I23", "2025-Q3") == (0, 1, 0)
