"""Core: contact, report, assessment, handover, local case, care trajectory, measure, transfer, decision."""

from __future__ import annotations

from helpers.models import World

MEMBERS = """
    gezin  person  role   from        to
    g1     anna    kind   2024-01-01  2025-06-01
    g2     anna    kind   2025-06-01  -
    g1     anton   kind   2024-01-01  -
    g3     bram    kind   2024-01-01  -
    g1     mama    ouder  2024-01-01  -
    g3     papa    ouder  2024-01-01  -
    g4     papa    ouder  2024-01-01  -
"""


def test_contact_is_every_date_with_its_kind_in_the_gezin_of_that_day() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        wijkteam="""
            case  kind  aanmeld_datum  eerste_contact_datum  contactmomenten        mdo_datum   mdo_deelnemers
            w1    anna  2023-09-01     2025-05-31            2025-06-01,2025-07-01  2026-03-01  SCHOOL,VT
        """,
        huisarts="""
            patient  patient_rol  contact_datum  verwijzing_naar
            papa     OUDER        2025-01-03     WIJKTEAM
        """,
        politie="""
            kind  incident_datum
            otto  2025-01-01
        """,
    )
    assert world.rows("core.contact", "contact_date", "kind", "person_id", "gezin_id", "detail") == [
        ("2023-09-01", "intake", "anna", "g1", "ZELF"),
        ("2025-01-01", "incident", "otto", None, None),
        ("2025-01-03", "gp_contact", "papa", "g3", "WIJKTEAM"),
        ("2025-01-03", "gp_contact", "papa", "g4", "WIJKTEAM"),
        ("2025-05-31", "first_contact", "anna", "g1", None),
        ("2025-06-01", "contact", "anna", "g2", None),
        ("2025-07-01", "contact", "anna", "g2", None),
    ]  # a consultation planned after the run has not happened


def test_report_has_one_row_a_case_and_gezin() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        veilig_thuis="""
            case     kind   melding_datum  melder_organisatie  eerdere_betrokkenheid
            c1       anna   2025-01-02     SCHOOL              HERMELDING_EEN
            c1       anton  2025-01-02     SCHOOL              HERMELDING_EEN
            c1       bram   2025-01-02     SCHOOL              EERSTE
            c1       otto   2025-01-02     SCHOOL              EERSTE
            no_link  otto   2025-01-03     POLITIE             VERVOLG_BEOORDELING
        """,
    )
    columns = ("case_ref", "gezin_id", "reporter", "is_rereport", "is_during_involvement")
    assert world.rows("core.report", *columns) == [
        ("c1", "g1", "SCHOOL", True, False),
        ("c1", "g3", "SCHOOL", False, False),
        ("no_link", None, "POLITIE", False, True),
    ]


def test_assessment_has_one_row_a_case_whether_made_or_due() -> None:
    world = World(
        until="core",
        veilig_thuis="""
            case  kind   melding_datum  beoordeling_datum  beoordeling_uitkomst  dienst
            c1    anna   2025-01-03     -                  NOG_NIET              GEEN
            c1    anton  2025-01-02     2025-01-09         OVERDRACHT            ONDERZOEK
            c2    bram   2025-01-02     -                  NOG_NIET              GEEN
        """,
    )
    assert world.rows(
        "core.assessment", "case_ref", "report_date", "assessment_date", "outcome", "service"
    ) == [
        ("c1", "2025-01-02", "2025-01-09", "OVERDRACHT", "ONDERZOEK"),
        ("c2", "2025-01-02", None, "NOG_NIET", "GEEN"),
    ]


def test_handover_is_followed_to_the_first_receipt_and_contact_of_its_gezin() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        veilig_thuis="""
            case  kind   melding_datum  overdracht_datum  overdracht_aan  voorwaarden_versie
            c1    anna   2025-01-02     2025-02-01        WIJKTEAM        v1
            c1    anton  2025-01-02     2025-02-02        WIJKTEAM        v1
            c2    bram   2025-01-02     2025-02-01        GI              -
            c3    bram   2025-01-02     -                 -               -
        """,
        wijkteam="""
            case  kind   aanmeld_datum  ontvangst_overdracht_vt  eerste_contact_datum
            w1    anton  2025-01-30     2025-01-31               2025-02-10
            w2    anna   2025-02-01     2025-02-05               2025-08-01
        """,
        jeugdhulp="""
            toewijzingnummer  kind  toewijzing_datum  start_datum
            t1                bram  2025-01-01        2025-02-01
        """,
    )
    columns = ("case_ref", "gezin_id", "handover_date", "received_date", "first_contact_date")
    assert world.rows("core.handover", *columns) == [
        ("c1", "g1", "2025-02-01", "2025-02-05", "2025-02-10"),
        ("c2", "g3", "2025-02-01", "2025-02-01", None),
    ]


def test_local_case_is_what_the_newest_record_of_the_case_says() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        deliveries="""
            source    period            sequence
            wijkteam  stand-2026-01-11  1
            wijkteam  2026-W03          2
        """,
        wijkteam="""
            delivery                                    case  kind   aanmeld_datum  regisseur_org  afsluit_datum
            wijkteam.WI01.GM0321.stand-2026-01-11.0001  w1    anton  2025-01-01     GEEN           -
            wijkteam.WI01.GM0321.2026-W03.0002          w1    anna   2025-01-01     WIJKTEAM       -
            wijkteam.WI01.GM0321.2026-W03.0002          w2    anna   2025-01-01     GI             2025-07-01
            wijkteam.WI01.GM0321.2026-W03.0002          w3    otto   2025-01-01     GI             -
        """,
    )
    assert world.rows("core.local_case", "case_ref", "gezin_id", "case_lead", "closure_date") == [
        ("w1", "g1", "WIJKTEAM", None),
        ("w2", "g2", "GI", "2025-07-01"),
        ("w3", None, "GI", None),
    ]


def test_care_trajectory_says_how_care_ran_and_ended() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        jeugdhulp="""
            toewijzingnummer  kind   productcategorie  toewijzing_datum  start_datum  stop_datum  reden_beeindiging
            planned           anna   45                2025-01-01        2025-01-10   2025-04-01  31
            early             anna   35                2025-06-01        2025-06-10   2025-07-01  32
            waiting           bram   44                2025-01-01        -            -           -
        """,
    )
    columns = ("assignment_ref", "gezin_id", "is_residential", "stopped_early", "start_date")
    assert world.rows("core.care_trajectory", *columns) == [
        ("early", "g2", True, True, "2025-06-10"),
        ("planned", "g1", False, False, "2025-01-10"),
        ("waiting", "g3", True, False, None),
    ]


def test_measure_protection_once_and_home_ban_with_its_term() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        jeugdhulp="""
            toewijzingnummer  kind  juridische_status  maatregel_start  toewijzing_datum  stop_datum
            t1                bram  OTS                2025-01-01       2025-01-05        2025-06-01
            t2                bram  OTS                2025-01-01       2025-02-05        -
            t3                bram  GEEN               -                2025-02-05        -
            t4                anna  VOTS               -                2025-02-05        -
        """,
        politie="""
            kind  incident_datum  huisverbod     huisverbod_start
            bram  2025-03-01      OPGELEGD_10D   2025-03-02
            bram  2025-05-01      VERLENGD_28D   -
            bram  2025-06-01      GEEN           -
        """,
    )
    assert world.rows("core.measure", "start_date", "end_date", "kind", "gezin_id", "person_id") == [
        ("2025-01-01", None, "OTS", "g3", "bram"),
        ("2025-02-05", None, "VOTS", "g1", "anna"),
        ("2025-03-02", "2025-03-12", "HUISVERBOD", "g3", None),
        ("2025-05-01", "2025-05-29", "HUISVERBOD", "g3", None),
    ]


def test_transfer_counts_a_gezin_once_however_many_children() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        veilig_thuis="""
            case  kind   melding_datum  overdracht_datum  overdracht_aan
            c1    anna   2025-01-02     2025-02-01        WIJKTEAM
            c1    anton  2025-01-02     2025-02-01        WIJKTEAM
        """,
        wijkteam="""
            case  kind   aanmeld_datum  doorverwijzing_naar  doorverwijzing_datum  warme_overdracht
            w1    anna   2025-02-01     JEUGDHULP            2025-03-01            JA
            w1    anton  2025-02-01     JEUGDHULP            2025-03-01            JA
            w2    bram   2025-02-01     GEEN                 2025-03-01            -
            w3    bram   2025-02-01     GGZ                  -                     -
        """,
        jeugdhulp="""
            toewijzingnummer  kind   toewijzing_datum  stop_datum  reden_beeindiging
            t1                anna   2025-01-01        2025-04-01  38
            t2                anton  2025-01-01        2025-04-01  38
            t3                anton  2025-01-01        2025-04-02  31
        """,
    )
    assert world.rows("core.transfer", "gezin_id", "kind", "transfer_date", "is_warm") == [
        ("g1", "handover", "2025-02-01", None),
        ("g1", "provider_change", "2025-04-01", None),
        ("g1", "referral", "2025-03-01", True),
    ]


def test_decision_and_what_it_rested_on() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        wijkteam="""
            case  kind   aanmeld_datum  besluit_datum  bronnen_bij_besluit  mdo_datum   mdo_deelnemers
            w1    anna   2025-02-01     2025-03-01     3                    2025-02-20  SCHOOL,VT
            w1    anton  2025-02-01     2025-03-01     3                    2025-02-20  SCHOOL,VT
            w2    bram   2025-02-01     -              -                    2025-02-20  SCHOOL
        """,
        veilig_thuis="""
            case  kind  melding_datum  rvdk_verzoek_datum
            c1    bram  2025-01-02     2025-02-01
        """,
    )
    assert world.rows("core.decision", "gezin_id", "kind", "decision_date", "sources_used", "consulted") == [
        ("g1", "help", "2025-03-01", 3, ["SCHOOL", "VT"]),
        ("g3", "board_request", "2025-02-01", None, None),
    ]
