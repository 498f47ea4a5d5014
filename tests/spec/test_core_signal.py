"""Core: signal. Every code from every field that may say it, and what must not say it."""

from __future__ import annotations

import csv

import pytest

from helpers.models import World
from integration.storage import resource

MEMBERS = """
    gezin  person  role
    g1     anna    kind
    g1     anton   kind
    g1     mama    ouder
    g1     papa    ouder
"""


@pytest.fixture(scope="module")
def signals() -> World:
    return World(
        until="core",
        members=MEMBERS,
        onderwijs="""
            record    kind  verzuim_begin  verzuimsoort  melding_status  zorgsignaal       vrijstelling  verzuim_eind
            letsel    anna  2025-01-01     OVERIG        AFGESLOTEN      KIND_LETSEL       -             -
            onthuld   anna  2025-01-02     OVERIG        AFGESLOTEN      KIND_ONTHULLING   -             -
            zorg      anna  2025-01-03     OVERIG        AFGESLOTEN      KIND_VERZORGING   -             -
            gedrag    anna  2025-01-04     OVERIG        AFGESLOTEN      KIND_GEDRAG       -             -
            thuis     anna  2025-01-05     OVERIG        AFGESLOTEN      THUISSITUATIE     -             -
            uren16    anna  2025-01-06     16U4W         AFGESLOTEN      GEEN              -             2025-01-20
            terug     anna  2025-01-07     16U4W         INGETROKKEN     KIND_LETSEL       -             -
            lrv_kort  anna  2025-01-08     LRV           AFGESLOTEN      GEEN              -             2025-02-05
            lrv_lang  anna  2025-02-01     LRV           AFGESLOTEN      GEEN              -             2025-03-02
            mbo       anna  2025-01-10     RMC18P        AFGESLOTEN      GEEN              -             -
            absoluut  anna  2025-01-11     ABSOLUUT      IN_BEHANDELING  GEEN              GEEN          -
            vrij      anna  2025-01-12     ABSOLUUT      IN_BEHANDELING  GEEN              5A            -
        """,
        kinderopvang="""
            record  kind  signaal_datum  signaal_soort    meldcode_stap  doorgegeven_aan  doorgegeven_datum
            opvang  anna  2025-02-01     KIND_LETSEL      3              VT               2025-02-05
            ouder   anna  2025-02-02     OUDER_GEDRAG     0              GEEN             -
        """,
        jeugdhulp="""
            record    kind   toewijzing_datum  start_datum  gestart_met_crisis  productcategorie  juridische_status
            crisis    anna   2025-03-01        2025-03-02   1                   45                GEEN
            cat46     anna   2025-03-03        -            2                   46                GEEN
            maatregel anton  2025-03-04        -            2                   48                OTS
        """,
        huisarts="""
            record      patient  patient_rol  contact_datum  signaalgroep      kindcheck_uitkomst
            letsel      anna     KIND         2025-04-01     LETSEL            NIET_VAN_TOEPASSING
            verslaafd   mama     OUDER        2025-04-02     VERSLAVING        ZORGEN
            kind_drinkt anton    KIND         2025-04-03     VERSLAVING        NIET_VAN_TOEPASSING
            psych       papa     OUDER        2025-04-04     PSYCHIATRIE       VEILIG
            geld        papa     OUDER        2025-04-05     FINANCIEEL_WONEN  VEILIG
        """,
        politie="""
            record    kind  ouder1  ouder2  incident_datum  incident_type      persoon_rol    huisverbod    huisverbod_start
            slacht    anna  mama    papa    2025-05-01      HG_FYSIEK          SLACHTOFFER    GEEN          -
            getuige   anna  mama    papa    2025-05-02      HG_FYSIEK          GETUIGE_KIND   GEEN          -
            stel      -     mama    papa    2025-05-03      HG_PSYCHISCH       SLACHTOFFER    OPGELEGD_10D  2025-05-04
            verward   anna  mama    -       2025-05-05      VERWARD            BETROKKENE     GEEN          -
        """,  # noqa: E501
        veilig_thuis="""
            record   case  kind  melding_datum  aard_geweld    eerdere_betrokkenheid  monitor1_datum  monitor_uitkomst
            verw     c1    anna  2025-06-01     VERWAARLOZING  EERSTE                 -               -
            partner  c2    anna  2025-06-02     PARTNERGEWELD  HERMELDING_EEN         2025-09-02      STABIEL_VEILIG
        """,
        wijkteam="""
            case  kind  aanmeld_datum  leefgebieden                                        steunfactoren
            w1    anna  2025-07-01     FINANCIEN,WERK,WONEN,SCHEIDING,LVB_OUDER,OPVOEDING  STEUNEND_NETWERK
            w2    anna  2025-07-02     NETWERK,PSYCHISCH_OUDER,VERSLAVING,PARTNERGEWELD    AANVAARDT_HULP,STABIELE_SCHOOL
        """,  # noqa: E501
    )


def said(world: World, source: str) -> list[tuple[str, str, str]]:
    rows = world.rows("core.signal", "signal_date", "code", "person_id", where=f"source = '{source}'")
    return [(str(day), str(code), str(person)) for day, code, person in rows]


def test_school(signals: World) -> None:
    assert said(signals, "onderwijs") == [
        ("2025-01-01", "K1", "anna"),
        ("2025-01-02", "K2", "anna"),
        ("2025-01-03", "K3", "anna"),
        ("2025-01-04", "K5", "anna"),
        ("2025-01-06", "K6", "anna"),
        ("2025-01-08", "K6", "anna"),
        ("2025-01-11", "K7", "anna"),
        ("2025-02-01", "K6", "anna"),
        ("2025-03-01", "K7", "anna"),  # long absence becomes one after four weeks
    ]


def test_childcare_with_what_was_done(signals: World) -> None:
    columns = ("signal_date", "code", "reporting_step", "passed_on_to", "passed_on_date")
    assert signals.rows("core.signal", *columns, where="source = 'kinderopvang'") == [
        ("2025-02-01", "K1", 3, "VT", "2025-02-05"),
        ("2025-02-02", "P4", 0, None, None),
    ]


def test_youth_care_and_the_sibling_of_a_child_with_a_measure(signals: World) -> None:
    assert said(signals, "jeugdhulp") == [
        ("2025-03-02", "K8", "anna"),
        ("2025-03-03", "K8", "anna"),
        ("2025-03-04", "H6", "anna"),
    ]


def test_gp_group_means_something_else_of_a_parent_than_of_a_child(signals: World) -> None:
    assert said(signals, "huisarts") == [
        ("2025-04-01", "K1", "anna"),
        ("2025-04-02", "P2", "mama"),
        ("2025-04-02", "P5", "mama"),
        ("2025-04-04", "P3", "papa"),
        ("2025-04-05", "H1", "papa"),
    ]


def test_police_incident_is_the_childs_when_victim_else_the_adults(signals: World) -> None:
    assert said(signals, "politie") == [
        ("2025-05-01", "K4", "anna"),
        ("2025-05-02", "P1", "mama"),
        ("2025-05-02", "P1", "papa"),
        ("2025-05-03", "P1", "mama"),
        ("2025-05-03", "P1", "papa"),
        ("2025-05-04", "H4", "mama"),
        ("2025-05-04", "H4", "papa"),
    ]


def test_veilig_thuis(signals: World) -> None:
    assert said(signals, "veilig_thuis") == [
        ("2025-06-01", "K3", "anna"),
        ("2025-06-02", "H7", "anna"),
        ("2025-06-02", "P1", "anna"),
        ("2025-09-02", "B4", "anna"),
    ]


def test_local_team_two_life_domains_of_one_code_are_one_signal(signals: World) -> None:
    codes = [(day, code) for day, code, _ in said(signals, "wijkteam")]
    assert codes == [
        *(("2025-07-01", code) for code in ("B1", "H1", "H2", "H3", "P4", "P6")),
        *(("2025-07-02", code) for code in ("B2", "B3", "P1", "P2", "P3")),
    ]


def test_school_changes() -> None:
    world = World(
        until="core",
        members=MEMBERS,
        onderwijs="""
            kind   verzuim_begin  verzuimsoort  schoolwisselingen_12m
            anna   2025-01-01     OVERIG        2
            anton  2025-01-01     OVERIG        1
        """,
    )
    assert said(world, "onderwijs") == [("2025-01-01", "H5", "anna")]


def test_every_signal_is_declared_specified_and_in_a_gezin(signals: World) -> None:
    with (resource("warehouse") / "seeds" / "signal.csv").open(encoding="utf-8") as handle:
        declared = {row["code"] for row in csv.DictReader(handle)}
    shown = {code for (code,) in signals.rows("core.signal", "code")}
    assert shown | {"H5"} == declared
    assert {gezin for (gezin,) in signals.rows("core.signal", "gezin_id")} == {"g1"}
