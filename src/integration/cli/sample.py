"""The sample: made by the command itself, checked by ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from integration.cli.app import Json, sample_app, settings


@sample_app.callback(invoke_without_command=True)
def sample(
    context: typer.Context,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
    scale: Annotated[float, typer.Option(help="Part of the real number of inhabitants: 0.01 to 20.")] = 0.5,
    municipality: Annotated[
        list[str] | None, typer.Option(help="Only this municipality (may be given again); default all six.")
    ] = None,
    busy: Annotated[float, typer.Option(help="So many times as much trouble as published.")] = 1.0,
    lives: Annotated[Path | None, typer.Option(help="Another file in the place of lives.yml.")] = None,
    defects: Annotated[str, typer.Option(help="Planted defects: demo or none.")] = "demo",
    alias: Annotated[bool, typer.Option("--alias", help="Made-up names for the municipalities.")] = False,
    population: Annotated[
        Path | None, typer.Option(help="An existing population (CSV) instead of a made one.")
    ] = None,
    json_: Json = False,
) -> None:
    """Make the synthetic sample: deliveries in the inbox, suppliers, and the truth apart."""
    if context.invoked_subcommand is not None:
        return
    from integration import console
    from integration import sample as samples
    from integration.signals import ended_by_signal

    with ended_by_signal(), console.progress_bars() as say:
        made = samples.generate(
            settings().zones,
            seed=seed,
            scale=scale,
            municipalities=municipality,
            busy=busy,
            lives=lives,
            defects=defects,
            alias=alias,
            population=population,
            progress=say,
        )
    if json_:
        console.print_json(made.as_dict())
    else:
        text = "The sample is there already" if made.existing else "SYNTHETISCH sample made"
        console.stdout().print(f"{text}: {', '.join(f'{n} {what}' for what, n in made.counts.items())}")


@sample_app.command()
def report(json_: Json = False) -> None:
    """Check the sample: its rates beside the published ones, its people, and what was planted."""
    from integration import console
    from integration.sample.report import check, write_pages
    from integration.sample.report.words import Words

    chosen = settings()
    found = check(chosen)
    if json_:
        console.print_json(found.as_dict())
    else:
        path = write_pages(chosen, found)
        words = Words("nl")
        rows = [
            (
                words.label(rate),
                rate.region,
                words.amount(rate.sample, rate.unit),
                words.amount(rate.published, rate.unit),
                words.tolerance(rate),
                words.verdict(rate),
            )
            for rate in found.rates
        ]
        heads = ("cijfer", "gebied", "voorbeeld", "gepubliceerd", "marge", "oordeel")
        console.print_table(f"{words('mark')} · {words('rates.title')}", heads, rows)
        if not found.comparable:
            console.stdout().print(words("short.incomparable"))
        console.stdout().print(f"\nOpen deze pagina: [bold]{path}[/bold]", soft_wrap=True)
    raise typer.Exit(found.exit_code)
