"""I03: safety conditions on or before the day of the handover."""

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


def test_conditions_before_after_and_never() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case      kind   melding_datum  dienst               overdracht_datum  veiligheidsvoorwaarden_datum
            same_day  anna   2025-01-06     VOORWAARDEN_VERVOLG  2025-02-03        2025-02-03
            same_day  anton  2025-01-06     VOORWAARDEN_VERVOLG  2025-02-03        2025-02-03
            later     bram   2025-01-06     ONDERZOEK            2025-02-03        2025-02-04
            never     carl   2025-01-06     ONDERZOEK            2025-02-03        -
            no_dienst dana   2025-01-06     GEEN                 2025-02-03        -
            unlinked  otto   2025-01-06     ONDERZOEK            2025-02-03        2025-01-31
            next_year dana   2025-12-01     ONDERZOEK            2026-01-05        2025-12-31
        """,
    )
    assert world.rows("indicators.i03", "unit_id", "hit") == [
        ("VE01:later:g2", False),
        ("VE01:never:g3", False),
        ("VE01:next_year:g4", True),
        ("VE01:same_day:g1", True),
        ("VE01:unlinked:", True),
    ]
    assert world.counts("I03", "2025") == (2, 4, 0)


def test_a_case_with_children_of_two_gezinnen_is_two_handovers() -> None:
    world = World(
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  dienst     overdracht_datum  veiligheidsvoorwaarden_datum
            c1    anna  2025-01-06     ONDERZOEK  2025-02-03        2025-02-03
            c1    bram  2025-01-06     ONDERZOEK  2025-02-03        -
        """,
    )
    assert world.counts("I03", "2025") == (1, 2, 0)
