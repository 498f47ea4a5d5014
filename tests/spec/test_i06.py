"""I06: days from handover to the first contact of the local team."""

from __future__ import annotations

from helpers.models import World


def test_median_days_of_contacts_within_ninety_days() -> None:
    world = World(
        members="""
            gezin  person  role
            g1     anna    kind
            g2     bram    kind
            g3     carl    kind
            g4     dana    kind
            g5     eric    kind
        """,
        veilig_thuis="""
            case      kind  melding_datum  overdracht_datum
            day_0     anna  2025-01-06     2025-02-03
            day_4     bram  2025-01-06     2025-02-03
            day_90    carl  2025-01-06     2025-02-03
            day_91    dana  2025-01-06     2025-02-03
            before    eric  2025-01-06     2025-02-03
            unlinked  otto  2025-01-06     2025-02-03
            immature  bram  2025-09-01     2025-10-03
        """,
        wijkteam="""
            case  kind  aanmeld_datum  eerste_contact_datum
            w1    anna  2025-02-01     2025-02-03
            w2    bram  2025-02-01     2025-02-07
            w3    carl  2025-02-01     2025-05-04
            w4    dana  2025-02-01     2025-05-05
            w5    eric  2025-02-01     2025-02-02
            w6    bram  2025-10-01     2025-10-10
        """,
    )
    assert world.rows("indicators.i06", "unit_id", "value", "missing") == [
        ("VE01:before:g5", None, True),
        ("VE01:day_0:g1", 0, False),
        ("VE01:day_4:g2", 4, False),
        ("VE01:day_90:g3", 90, False),
        ("VE01:day_91:g4", None, True),
        ("VE01:immature:g2", 7, False),
        ("VE01:unlinked:", None, True),
    ]
    assert world.counts("I06", "2025") == (4, 3, 3)  # immature closes on 1 January 2026
