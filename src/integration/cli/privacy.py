"""``integration privacy attack``: attack what this system makes, and count what was survived."""

from __future__ import annotations

from typing import Annotated

import typer

from integration.cli.app import Json, app
from integration.errors import EXIT_FINDINGS, UsageError
from integration.reasons import Reason

privacy_app = typer.Typer(help="Whether the promises of privacy hold.", no_args_is_help=True)
app.add_typer(privacy_app, name="privacy")


@privacy_app.command("attack")
def privacy_attack(
    suite: Annotated[
        list[str] | None, typer.Option(help="One suite only; may be given more than once.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Thoroughly: most of an hour on two cores.")] = False,
    json_: Json = False,
) -> None:
    """Attack a made-up installation in every way of docs/explanation/privacy.md. Exit code 1 when one succeeds.

    Works in private temporary folders; the chosen installation is neither read nor changed.
    """
    from integration import console
    from integration.attacks.run import SUITES, attack

    unknown = set(suite or ()) - SUITES.keys()
    if unknown:
        raise UsageError(Reason.INPUT_INVALID, f"--suite is one of {', '.join(SUITES)}")
    names = [name for name in SUITES if not suite or name in suite]
    results = []
    with console.progress_bars() as say:
        for number, result in enumerate(attack(names, full=full), 1):
            say("attack", number, len(names))
            results.append(result)
    if json_:
        console.print_json({"suites": [result.as_dict() for result in results]})
    else:
        rows = [
            (
                SUITES[name].told,
                result.tried,
                result.survived,
                f"{result.seconds:.0f}",
                "" if result.held else "BROKEN",
            )
            for name, result in zip(names, results, strict=True)
        ]
        console.print_table("Attacks", ("promise", "tried", "survived", "seconds", ""), rows)
    raise typer.Exit(0 if all(result.held for result in results) else EXIT_FINDINGS)
