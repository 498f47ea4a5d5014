"""The tables that several commands end with, in Dutch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration.cli.app import settings

_RESTS_ON = {
    "source": "bron", "expected": "afgesproken", "loaded": "gebruikt", "held": "wacht op besluit",
    "refused": "geweigerd", "missing": "ontbreekt", "late": "waarvan te laat", "latest_period": "nieuwste periode",
}  # fmt: skip
"""The columns of ``meta.rests_on`` that people see, with their Dutch heads."""


def reason(code: str | None) -> str:
    """A reason code with its Dutch words; nothing for none."""
    from integration.reasons import Reason

    return f"{code}: {Reason[code].nl}" if code else ""


def look_at_status() -> dict[str, Any]:
    """How things stand, written in the access log first: persons and families are counted exactly."""
    from integration import audit
    from integration.status import status as how_things_stand

    state = how_things_stand(settings())
    shown = [f"domain:{d['domain']}" for d in state["domains"] if d["persons"] is not None]
    audit.looked(
        settings(),
        "status",
        dict(zip(shown, shown, strict=True)),
        purpose=audit.Purpose.STEWARDSHIP,
        made_by="indicators",
    )
    return state


def show_outcomes() -> None:
    """Tables of what happened per source and municipality."""
    from integration import console

    state = look_at_status()
    mark = "SYNTHETISCH · " if state["synthetic"] else ""
    rows = [
        (
            row["source"],
            row["domain"],
            row["accepted"],
            row["waiting"],
            row["held"],
            ", ".join(f"{n}x {reason(code)}" for code, n in row["quarantined"].items()),
            row["rows"],
            row["rows_refused"],
        )
        for row in state["suppliers"]
    ]
    heads = (
        "bron",
        "gemeente",
        "aanvaard",
        "wacht",
        "wacht op besluit",
        "in quarantaine",
        "regels",
        "geweigerde regels",
    )
    console.print_table(f"{mark}Leveringen per bron en gemeente", heads, rows)
    domains = [
        (d["domain"], d["name"], d["accepted"], d["rows"], d["persons"], d["families"])
        for d in state["domains"]
    ]
    names = ("code", "gemeente", "leveringen", "regels", "personen", "gezinnen")
    console.print_table(f"{mark}Gemeenten", names, domains)
    show_nights(state)


def show_nights(state: dict[str, Any]) -> None:
    """On what each municipality's published night rests, where something lacks, and what its checks found."""
    from integration import console

    mark = "SYNTHETISCH · " if state["synthetic"] else ""
    lacking = [
        (d["domain"], *(row[name] for name in _RESTS_ON))
        for d in state["domains"]
        for row in d["rests_on"]
        if row["held"] or row["refused"] or row["late"]
    ]
    if lacking:
        heads = ("gemeente", *_RESTS_ON.values())
        console.print_table(f"{mark}Waarop de nacht rust: bronnen die niet compleet zijn", heads, lacking)
    checked = [
        (
            d["domain"],
            told["run_date"],
            words,
            told["counts"]["checks"],
            ", ".join(told["not_held"] + told["not_run"]),
        )
        for d in state["domains"]
        for told, words in ((d["checked"], "gepubliceerd"), (d["stopped"], "GESTOPT: niets gepubliceerd"))
        if told
    ]
    if checked:
        heads = ("gemeente", "nacht", "uitkomst", "controles", "niet gehaald of niet uitgevoerd")
        console.print_table(f"{mark}Controles na het koppelen", heads, checked)


def show_indicators() -> None:
    """The published indicators of the newest closed year as a table: indicators down, municipalities across."""
    from integration import console
    from integration.releases import query

    zones = settings().zones
    rows = query(zones, period=None)
    years = [row["period"] for row in rows if len(row["period"]) == 4]
    if not years:
        return
    chosen = [row for row in rows if row["period"] == max(years) and row["measure"] == "value"]
    places = list(dict.fromkeys(row["municipality"] for row in chosen))
    cells = {(row["indicator"], row["municipality"]): row["value_text"] for row in chosen}
    lines = [
        (indicator, *(cells.get((indicator, place)) for place in places))
        for indicator in dict.fromkeys(row["indicator"] for row in chosen)
    ]
    mark = "SYNTHETISCH · " if settings().synthetic else ""
    console.print_table(f"{mark}Indicatoren {max(years)} (gepubliceerd)", ("indicator", *places), lines)


def page() -> Path:
    """The newest release's page; NOTHING_PUBLISHED when there is none."""
    from integration.releases import latest

    return latest(settings().zones).page


def show_page() -> None:
    """The path of the page to open."""
    from integration import console

    console.stdout().print(f"\nOpen deze pagina: [bold]{page()}[/bold]", soft_wrap=True)
