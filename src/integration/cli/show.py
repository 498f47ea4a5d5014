"""The tables that several commands end with, in Dutch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration.cli.app import settings


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
            ", ".join(f"{n}x {reason(code)}" for code, n in row["quarantined"].items()),
            row["rows"],
            row["rows_refused"],
        )
        for row in state["suppliers"]
    ]
    heads = ("bron", "gemeente", "aanvaard", "wacht", "in quarantaine", "regels", "geweigerde regels")
    console.print_table(f"{mark}Leveringen per bron en gemeente", heads, rows)
    domains = [
        (d["domain"], d["name"], d["accepted"], d["rows"], d["persons"], d["families"])
        for d in state["domains"]
    ]
    names = ("code", "gemeente", "leveringen", "regels", "personen", "gezinnen")
    console.print_table(f"{mark}Gemeenten", names, domains)


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
