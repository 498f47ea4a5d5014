"""I14: a re-report within 365 days after a handover or a local closure."""

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
"""


def test_rereported_within_a_year_or_not() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case      kind  melding_datum  eerdere_betrokkenheid  overdracht_datum
            a1        anna  2024-01-02     EERSTE                 2024-02-01
            a2        anna  2025-01-31     HERMELDING_EEN         -
            b1        bram  2024-01-02     EERSTE                 2024-02-01
            b2        bram  2025-02-01     HERMELDING_MEER        -
            c1        carl  2024-01-02     EERSTE                 2024-02-01
            c2        carl  2024-05-01     VERVOLG_MONITORING     -
            d2        dana  2024-09-01     HERMELDING_EEN         -
            e1        eric  2024-02-01     HERMELDING_EEN         2024-02-01
            unlinked  otto  2024-01-02     EERSTE                 2024-02-01
            immature  faye  2025-01-02     EERSTE                 2025-02-01
        """,
        wijkteam="""
            case  kind  aanmeld_datum  afsluit_datum  afsluit_veiligheid
            w4    dana  2024-03-01     2024-06-01     NIET_VEILIG
            w6    otto  2024-03-01     2024-06-01     STABIEL_VEILIG
            w7    faye  2025-03-01     -              -
        """,
    )
    assert world.rows("indicators.i14", "unit_id", "closes_on", "hit", "missing") == [
        ("VE01:unlinked", "2025-01-31", False, True),
        ("WI01:w6", "2025-06-01", False, True),
        ("g1", "2025-01-31", True, False),
        ("g2", "2025-01-31", False, False),
        ("g3", "2025-01-31", False, False),
        ("g4", "2025-06-01", True, False),
        ("g5", "2025-01-31", False, False),
        ("g6", "2026-02-01", False, False),
    ]
    assert world.counts("I14", "2025") == (2, 5, 2)


def test_a_gezin_with_two_anchors_counts_once() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  eerdere_betrokkenheid  overdracht_datum
            a1    anna  2024-01-02     EERSTE                 2024-02-01
            a2    anna  2025-06-15     HERMELDING_EEN         -
        """,
        wijkteam="""
            case  kind  aanmeld_datum  afsluit_datum
            w1    anna  2024-03-01     2024-12-01
        """,
    )
    assert world.counts("I14", "2025") == (1, 1, 0)
    assert world.counts("I14", "2025-Q1") == (0, 1, 0)
