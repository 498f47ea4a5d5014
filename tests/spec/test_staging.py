"""Staging: the newest version of each record, without what was deleted, replaced or never sent."""

from __future__ import annotations

from helpers.models import World

W03 = "wijkteam.WI01.GM0321.2026-W03.0002"
W04 = "wijkteam.WI01.GM0321.2026-W04.0003"
AGAIN = "wijkteam.WI01.GM0321.2026-W04.0004"


def test_newest_version_by_period_then_sequence() -> None:
    world = World(
        until="staging",
        deliveries="""
            source    period            sequence  state        superseded
            wijkteam  stand-2026-01-11  1         loaded       -
            wijkteam  2026-W03          2         loaded       -
            wijkteam  2026-W04          3         loaded       yes
            wijkteam  2026-W04          4         loaded       -
            wijkteam  2026-W05          5         quarantined  -
        """,
        wijkteam=f"""
            delivery                                    record   status  case  kind  aanmeld_datum
            wijkteam.WI01.GM0321.stand-2026-01-11.0001  same     1       c1    anna  2025-01-01
            wijkteam.WI01.GM0321.stand-2026-01-11.0001  changed  1       c2    bram  2025-01-01
            {W04}                                       changed  2       c2    bram  2025-01-03
            {AGAIN}                                     changed  2       c2    bram  2025-01-04
            {W03}                                       changed  2       c2    bram  2025-01-02
            wijkteam.WI01.GM0321.stand-2026-01-11.0001  gone     1       c3    carl  2025-01-01
            {W03}                                       gone     3       c3    carl  2025-01-01
            {W03}                                       back     3       c4    dana  2025-01-01
            {AGAIN}                                     back     1       c4    dana  2025-01-05
            {W04}                                       replaced 1       c5    eric  2025-01-01
            wijkteam.WI01.GM0321.2026-W05.0005          refused  1       c6    faye  2025-01-01
        """,
    )
    assert world.rows("staging.stg_wijkteam", "record_key", "aanmeld_datum", "period") == [
        ("back", "2025-01-05", "2026-W04"),
        ("changed", "2025-01-04", "2026-W04"),
        ("same", "2025-01-01", "stand-2026-01-11"),
    ]
    assert world.rows("staging.stg_mention", "record_key", "delivery_id") == [
        ("back", AGAIN),
        ("changed", AGAIN),
        ("same", "wijkteam.WI01.GM0321.stand-2026-01-11.0001"),
    ]


def test_two_suppliers_may_use_the_same_record_key() -> None:
    world = World(
        until="staging",
        deliveries="""
            source     supplier  period
            onderwijs  ON01      stand-2026-01-31
            onderwijs  ON02      stand-2026-01-31
        """,
        onderwijs="""
            delivery                                     record  kind  verzuim_begin
            onderwijs.ON01.GM0321.stand-2026-01-31.0001  r1      anna  2025-01-01
            onderwijs.ON02.GM0321.stand-2026-01-31.0001  r1      bram  2025-01-02
        """,
    )
    assert len(world.rows("staging.stg_onderwijs")) == 2


def test_an_assignment_changed_for_reason_13_was_never_sent() -> None:
    world = World(
        until="staging",
        jeugdhulp="""
            toewijzingnummer  kind  toewijzing_datum  reden_wijziging
            kept              anna  2025-01-01        09
            first             bram  2025-01-01        -
            removed           carl  2025-01-01        13
        """,
    )
    assert world.rows("staging.stg_jeugdhulp", "toewijzingnummer") == [("first",), ("kept",)]
    assert world.rows("staging.stg_mention", "record_key") == [("jeugdhulp-1",), ("jeugdhulp-2",)]
