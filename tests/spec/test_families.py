"""The family overview: dated facts side by side, what is missing, and nothing that weighs or ranks."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from helpers.models import World
from integration.errors import IntegrationError
from integration.families import forbidden_columns, refuse_scores

MEMBERS = """
    gezin  person  role   restricted
    g1     anna    kind   -
    g1     anton   kind   -
    g1     mama    ouder  -
    g2     bram    kind   yes
"""


def overview(world: World, gezin: str, *columns: str) -> tuple[Any, ...]:
    (row,) = world.rows("families.family_overview", *columns, where=f"gezin_id = '{gezin}'")
    return row


@pytest.fixture(scope="module")
def known() -> World:
    return World(
        until="families",
        members=MEMBERS,
        veilig_thuis="""
            case  kind  melding_datum  beoordeling_datum  veiligheidsvoorwaarden_datum  voorwaarden_versie  overdracht_datum
            c1    anna  2025-01-06     2025-01-10         2025-01-20                    v1                  2025-02-03
        """,  # noqa: E501
        wijkteam="""
            case  kind  aanmeld_datum  ontvangst_overdracht_vt  regisseur_org  regisseur_toegewezen_datum  voorwaarden_versie  veiligheidschecks  steunfactoren
            w1    anna  2025-02-03     2025-02-05               WIJKTEAM       2025-02-06                  v2                  2025-04-01         STEUNEND_NETWERK
        """,  # noqa: E501
        jeugdhulp="""
            toewijzingnummer  kind   productcategorie  toewijzing_datum  start_datum  juridische_status  maatregel_start
            t1                anton  45                2025-03-01        2025-03-10   OTS                2025-03-05
        """,
    )


def test_fact_has_class_source_field_delivery_and_age(known: World) -> None:
    columns = ("fact_date", "fact_class", "fact_code", "source", "contract_field", "period", "freshness_days")
    assert known.rows("families.family_fact", *columns, where="source = 'wijkteam'") == [
        ("2025-02-03", "beschermend", "B1", "wijkteam", "steunfactoren", "stand-2026-01-31", 378),
        ("2025-02-03", "wijkteam", "intake", "wijkteam", "aanmeld_datum", "stand-2026-01-31", 378),
        (
            "2025-02-05",
            "overdracht",
            "receipt",
            "wijkteam",
            "ontvangst_overdracht_vt",
            "stand-2026-01-31",
            376,
        ),
        (
            "2025-02-06",
            "regie",
            "lead_assigned",
            "wijkteam",
            "regisseur_toegewezen_datum",
            "stand-2026-01-31",
            375,
        ),
        (
            "2025-04-01",
            "veiligheid",
            "safety_check",
            "wijkteam",
            "veiligheidschecks",
            "stand-2026-01-31",
            321,
        ),
    ]


def test_overview_what_is_known(known: World) -> None:
    assert overview(known, "g1", "children", "parents", "has_open_case", "case_lead", "case_lead_since") == (
        2, 1, True, "WIJKTEAM", "2025-02-06",
    )  # fmt: skip
    assert overview(
        known,
        "g1",
        "last_report_date",
        "last_assessment_date",
        "last_handover_date",
        "last_handover_received_date",
    ) == ("2025-01-06", "2025-01-10", "2025-02-03", "2025-02-05")
    assert overview(known, "g1", "last_safety_check_date", "last_contact_date", "last_closure_date") == (
        "2025-04-01", "2025-04-01", None,
    )  # fmt: skip
    assert overview(known, "g1", "care_now", "measures_now", "restricted") == (["45"], ["OTS"], False)


def test_overview_organisations_versions_and_protective_facts_beside(known: World) -> None:
    organisations, versions, protective = overview(
        known, "g1", "organisations", "conditions_versions", "protective_facts"
    )
    assert [(row["source"], row["since"].isoformat()) for row in organisations] == [
        ("veilig_thuis", "2025-01-06"),
        ("wijkteam", "2025-02-03"),
        ("jeugdhulp", "2025-03-01"),
    ]
    assert [(row["source"], row["version"]) for row in versions] == [
        ("veilig_thuis", "v1"),
        ("wijkteam", "v2"),
    ]
    assert [(row["code"], row["label_nl"]) for row in protective] == [("B1", "Steunend netwerk")]


def test_overview_what_is_missing(known: World) -> None:
    assert overview(known, "g1", "missing") == (["veiligheidscheck_verouderd", "fase_onbekend"],)
    assert overview(known, "g2", "missing", "organisations", "restricted") == (["fase_onbekend"], [], True)


def test_everything_that_can_be_missing_is_named() -> None:
    world = World(
        until="families",
        members="""
            gezin  person  role
            g1     anna    kind
            g2     bram    kind
            g3     carl    kind
        """,
        deliveries="""
            source        period            state
            veilig_thuis  stand-2026-01-31  loaded
            wijkteam      stand-2026-01-31  loaded
            politie       stand-2026-01-31  quarantined
        """,
        expected="""
            source        period
            veilig_thuis  stand-2026-01-31
            wijkteam      stand-2026-01-31
            politie       stand-2026-01-31
        """,
        veilig_thuis="""
            case  kind  melding_datum  beoordeling_datum  dienst     overdracht_datum  overdracht_aan
            c1    anna  2025-01-06     -                  ONDERZOEK  2025-02-03        WIJKTEAM
            c2    bram  2025-01-06     2025-01-08         GEEN       2025-02-03        OVERIG
        """,
        wijkteam="""
            case  kind  aanmeld_datum  afsluit_datum  afsluit_veiligheid
            w1    anna  2025-02-03     -              -
            w3    carl  2025-02-03     2025-05-01     NIET_BEOORDEELD
        """,
    )
    assert overview(world, "g1", "missing", "sources_not_delivered") == (
        [
            "beoordeling_onbekend", "geen_regisseur", "voorwaarden_onbekend", "ontvangst_onbekend",
            "veiligheidscheck_onbekend", "fase_onbekend", "levering_ontbreekt",
        ],
        ["politie"],
    )  # fmt: skip
    assert overview(world, "g2", "missing") == (
        ["ontvanger_levert_niet", "fase_onbekend", "levering_ontbreekt"],
    )
    assert overview(world, "g3", "missing") == (
        ["afsluiting_zonder_oordeel", "fase_onbekend", "levering_ontbreekt"],
    )


def test_phase_follows_the_written_rules() -> None:
    world = World(
        until="families",
        members="\n".join(
            ["gezin person role", *(f"{p} {p} kind" for p in ("acute", "set", "old", "plan", "well", "shut"))]
        ),
        veilig_thuis="""
            case  kind   melding_datum  veiligheidstaxatie  veiligheidsvoorwaarden_datum  monitor1_datum  monitor_uitkomst
            c1    acute  2026-01-10     ACUUT               -                             -               -
            c2    set    2026-01-10     ACUUT               2026-01-12                    -               -
            c3    old    2025-09-01     BEIDE               -                             -               -
            c4    plan   2025-09-01     STRUCTUREEL         -                             -               -
            c5    well   2025-06-01     ACUUT               -                             2025-09-05      STABIEL_VEILIG
            c6    shut   2025-06-01     ACUUT               -                             2025-09-05      STABIEL_VEILIG
        """,  # noqa: E501
        wijkteam="""
            case  kind  aanmeld_datum  veiligheidsplan_datum  voorwaarden_overgenomen  herstel_doel  afsluit_datum
            w4    plan  2025-09-10     2025-10-01             JA                       NEE           -
            w5    well  2025-06-10     2025-07-01             JA                       JA            -
            w6    shut  2025-06-10     2025-07-01             JA                       JA            2025-12-01
        """,
    )
    assert world.rows("families.family_overview", "gezin_id", "phase") == [
        ("acute", "directe_veiligheid"),
        ("old", "onbekend"),
        ("plan", "risicogestuurd"),
        ("set", "onbekend"),
        ("shut", "onbekend"),
        ("well", "herstel"),
    ]


def test_no_column_is_or_could_serve_as_a_score(known: World) -> None:
    refuse_scores(known.con)
    columns = known.con.execute(
        "select column_name, data_type from information_schema.columns where table_schema = 'families'"
    ).fetchall()
    assert len(columns) > 40
    assert forbidden_columns(columns) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("risk_score", "INTEGER"), ("signals", "BIGINT"), ("prioriteit", "VARCHAR"), ("attention", "DOUBLE"),
        ("facts", "STRUCT(code VARCHAR, n BIGINT)[]"), ("nationaliteit", "VARCHAR"), ("pc4", "VARCHAR"),
        ("concern", "DECIMAL(4,2)"),
    ],
)  # fmt: skip
def test_a_score_by_any_name_stops_the_run(name: str, kind: str) -> None:
    assert forbidden_columns([("gezin_id", "VARCHAR"), ("children", "BIGINT"), (name, kind)]) == [name]
    con = duckdb.connect()
    con.execute("create schema families")
    con.execute(f"create table families.family_overview (gezin_id varchar, {name} {kind})")
    with pytest.raises(IntegrationError) as caught:
        refuse_scores(con)
    assert (caught.value.reason, caught.value.field) == ("MODEL_FAILED", name)
