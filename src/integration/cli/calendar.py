"""``integration calendar``: what every supplier owes, what is late, and whom to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from integration.cli.app import Json, app, settings
from integration.errors import EXIT_FINDINGS, EXIT_WAITS

if TYPE_CHECKING:
    from integration.stewardship.calendar import Owed


@app.command("calendar")
def show_calendar(
    late: Annotated[bool, typer.Option("--late", help="Only what is or came late.")] = False,
    source: Annotated[str | None, typer.Option(help="One source only.")] = None,
    municipality: Annotated[str | None, typer.Option(help="GM and four digits.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Also what came on time, long ago.")] = False,
    json_: Json = False,
) -> None:
    """What is owed when, what is late, and whom to call. Exit code 1 when something is overdue, 3 when it waits."""
    from integration import console
    from integration.stewardship.calendar import HELD, brief, calendar

    lines = calendar(settings(), source=_source(source), municipality=_municipality(municipality))
    shown = [line for line in lines if line.days_late] if late else (lines if whole else brief(lines))
    if json_:
        console.print_json([line.as_dict() for line in shown])
    else:
        heads = (
            "bron",
            "leverancier",
            "gemeente",
            "periode",
            "uiterlijk",
            "stand",
            "te laat",
            "contact",
            "steward",
        )
        mark = "SYNTHETISCH · " if settings().synthetic else ""
        console.print_table(f"{mark}Leverkalender op {settings().today():%d-%m-%Y}", heads, map(_row, shown))
    if any(line.overdue for line in lines):
        raise typer.Exit(EXIT_FINDINGS)
    raise typer.Exit(EXIT_WAITS if any(line.state == HELD for line in lines) else 0)


def _row(line: Owed) -> tuple[str | int | None, ...]:
    from integration.stewardship.calendar import STATES

    state = STATES[line.state] + (f" ({line.reason})" if line.reason else "")
    return (
        line.source,
        line.supplier,
        line.municipality,
        line.period,
        f"{line.due:%d-%m-%Y}",
        state,
        line.days_late,
        line.contact,
        " / ".join(filter(None, (line.steward, line.deputy))) or None,
    )


def _source(text: str | None) -> str | None:
    """A source that has a contract; SOURCE_UNKNOWN."""
    from integration.contracts import contract_ids
    from integration.errors import UsageError
    from integration.reasons import Reason

    if text is not None and text not in contract_ids():
        raise UsageError(Reason.SOURCE_UNKNOWN)
    return text


def _municipality(text: str | None) -> str | None:
    from integration.errors import UsageError
    from integration.names import InvalidName, municipality
    from integration.reasons import Reason

    try:
        return None if text is None else str(municipality(text))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None
