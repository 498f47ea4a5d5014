"""``integration quality corrections``: what is known to be wrong at suppliers for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from integration.cli.app import Json, quality_app, settings
from integration.errors import EXIT_FINDINGS

if TYPE_CHECKING:
    from integration.stewardship.repaired import Standing


@quality_app.command("corrections")
def quality_corrections(json_: Json = False) -> None:
    """Known bad data: what counts, what the source has repaired, what has expired. Exit code 1 for the last two."""
    from integration import console
    from integration.stewardship.repaired import standings

    found = standings(settings())
    if json_:
        console.print_json([standing.as_dict() for standing in found])
    else:
        heads = (
            "bron",
            "leverancier",
            "gemeente",
            "veld",
            "reden",
            "tot en met",
            "steward",
            "rijen",
            "stand",
        )
        console.print_table("Bekende fouten", heads, [_row(standing) for standing in found])
    raise typer.Exit(EXIT_FINDINGS if any(standing.failed for standing in found) else 0)


def _row(standing: Standing) -> tuple[str | int | None, ...]:
    from integration.stewardship.repaired import STATES

    entry = standing.entry
    reason = f"{standing.state}: " if standing.failed else ""
    return (
        standing.source,
        entry.supplier,
        entry.municipality,
        entry.field,
        entry.reason,
        f"{entry.until:%d-%m-%Y}",
        entry.steward,
        standing.found,
        reason + STATES[standing.state],
    )
