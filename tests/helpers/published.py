"""The published figures of the sample's reference table, worked out anew from the files they come from."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

PROVINCES = ("Drenthe", "Gelderland", "Utrecht")
STATUSES = {
    "OTS": "Ondertoezichtstelling",
    "VOTS": "Voorlopige ondertoezichtstelling",
    "VOOGDIJ": "Voogdij",
    "VVOOGDIJ": "Voorlopige en tijdelijke voogdij",
}
REGIONS = {"drenthe": "Drenthe", "utrecht": "Utrecht", "GM0228": "Ede", "GM0106": "Assen"}
REFERRERS = {
    "municipality": "Gemeentelijke toegang",
    "gp": "Huisarts",
    "youth_doctor": "Jeugdarts",
    "certified_institution": "Gecertificeerde instelling",
    "specialist": "Medisch specialist",
    "none": "Geen verwijzer",
    "court": "Rechter, Officier van Justitie, ...",
}
REPORTERS = {
    "justice": ("Justitie en veiligheid: totaal",),
    "education": ("Onderwijs: totaal", "Bureau Leerplicht"),
    "childcare": ("Kinderopvang",),
    "youth_care": ("Jeugdzorg: totaal",),
    "non_professional": ("Niet beroepsmatig totaal",),
    "professional": ("Beroepsmatig totaal",),
}
OUTCOMES = {
    "handover": "handover",
    "follow_up": "vt_follow_up",
    "no_follow_up": "none",
    "bespoke": "bespoke",
    "not_assessed": "not_assessed",
}


def figures(shared: Path) -> dict[str, float]:
    """Name and value (two decimals) of every published figure, from the folder with data to measure with."""
    tidy = Tidy(shared / "data/cbs-statline/cbs_statline_tidy.csv")
    facts = json.loads((shared / "design/sample_facts.json").read_text(encoding="utf-8"))
    found = _people(shared, facts) | _households(tidy) | _care(tidy, facts) | _reports(tidy, facts)
    return {name: round(value, 2) for name, value in found.items()}


class Tidy:
    """The transcribed StatLine tables."""

    def __init__(self, path: Path) -> None:
        with path.open(encoding="utf-8", newline="") as stream:
            self.cells = {
                (row["table"], row["region"], row["period"], row["category"], row["measure"]): row["value"]
                for row in csv.DictReader(stream)
            }

    def __call__(self, *key: str) -> float:
        return float(self.cells[key])  # type: ignore[index]


def _people(shared: Path, facts: dict[str, Any]) -> dict[str, float]:
    with (shared / "data/nl-geo/kwb2021_gemeente_selectie.csv").open(encoding="utf-8", newline="") as stream:
        key_figures = {row["gm_code"]: row for row in csv.DictReader(stream)}
    found = {}
    for code, known in facts["municipalities"].items():
        row = key_figures[code]
        found[f"inhabitants.{code}"] = float(known["pop_2024"])
        found[f"age_share.under15.{code}"] = float(row["Under 15 years (%)"])
        found[f"age_share.15to24.{code}"] = float(row["15-24 years (%)"])
        found[f"household_one_person.{code}"] = float(row["Single-person households (%)"])
        found[f"household_size.{code}"] = float(row["Avg household size"])
    return found


def _households(tidy: Tidy) -> dict[str, float]:
    found = {}
    for province in PROVINCES:
        here = ("71487ned", f"{province} (PV)", "2023", "Totaal leeftijden")
        whole = tidy(*here, "huishoudens_met_kinderen")
        parts = {"1": "1_kind", "2": "2_kinderen", "3_or_more": "3_of_meer"}
        for category, measure in parts.items():
            found[f"children_at_home.{category}.{province.lower()}"] = 100 * tidy(*here, measure) / whole
        found[f"one_parent.{province.lower()}"] = 100 * tidy(*here, "eenouderhuishoudens") / whole
    return found


def _care(tidy: Tidy, facts: dict[str, Any]) -> dict[str, float]:
    found = {}
    for province in PROVINCES:
        found[f"youth_care.{province.lower()}"] = facts["youth_help_pct_h1_2025"][province]
        found[f"youth_protection.{province.lower()}"] = facts["youth_protection_pct_h1_2025"][province]
    stock = ("CBS-jeugdbescherming", "Nederland", "1e halfjaar 2023")
    for status, category in STATUSES.items():
        share = tidy(*stock, category, "beginstand") / tidy(*stock, "Totaal", "beginstand")
        found[f"protection_status.{status.lower()}"] = 100 * share
    period = ("85097NED", "Nederland", "1e halfjaar 2023*")
    total = "Verwijzer: Totaal verwijzer"
    whole = tidy(*period, total, "jeugdhulptrajecten")
    for name, category in REFERRERS.items():
        found[f"care_referrer.{name}"] = (
            100 * tidy(*period, f"Verwijzer: {category}", "jeugdhulptrajecten") / whole
        )
    found["care_begun"] = 100 * tidy(*period, total, "begonnen") / whole
    return found


def _reports(tidy: Tidy, facts: dict[str, Any]) -> dict[str, float]:
    known = facts["veilig_thuis"]
    derived = known["reports_per_1000_derived"]
    found = {f"reports.{name}": derived[region] for name, region in REGIONS.items()}
    for part in ("first", "rereport", "unclassified"):
        found[f"report_involvement.{part}"] = known[f"{part}_pct"]
    parts = {
        "during": "vervolgmelding_totaal",
        "during_assessment": "tijdens_veiligheidsbeoordeling",
        "after_assessment": "na_veiligheidsbeoordeling",
        "during_monitoring": "tijdens_monitoring",
    }
    for province in PROVINCES:
        for part, measure in parts.items():
            value = tidy("85361NED", f"{province} (PV)", "2023*", "", f"pct_{measure}")
            found[f"report_involvement.{part}.{province.lower()}"] = value
    regional = known["gelderland_midden_2023"]
    for name, key in OUTCOMES.items():
        found[f"report_outcome.{name}"] = 100 * regional[key] / regional["received"]
    here = ("84849NED", "Nederland", "2023*")
    whole = tidy(*here, "Totaal", "ontvangen_meldingen")
    for name, categories in REPORTERS.items():
        reports = sum(tidy(*here, category, "ontvangen_meldingen") for category in categories)
        found[f"report_by.{name}"] = 100 * reports / whole
    return found
