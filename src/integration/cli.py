"""The command line: the stages of :mod:`integration.pipeline`, and what goes around them.

Exit codes: 0 fine, 1 findings, 2 usage or failure, 3 waits for a decision. ``--json`` is pure JSON on stdout;
progress and messages go to stderr. Heavy imports stay inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from integration.errors import EXIT_FAILURE, EXIT_FINDINGS, IntegrationError

app = typer.Typer(
    help="From sealed extracts to what a municipality can open: the straight line, and what goes around it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
keys_app = typer.Typer(help="The keyring: nothing is encoded or linked without it.", no_args_is_help=True)
supplier_app = typer.Typer(help="The organisations that deliver.", no_args_is_help=True)
indicators_app = typer.Typer(help="The network-quality indicators.", no_args_is_help=True)
quarantine_app = typer.Typer(help="Deliveries that were refused whole.", no_args_is_help=True)
release_app = typer.Typer(help="What may be seen outside.", no_args_is_help=True)
for name, sub in (
    ("keys", keys_app),
    ("supplier", supplier_app),
    ("indicators", indicators_app),
    ("quarantine", quarantine_app),
    ("release", release_app),
):
    app.add_typer(sub, name=name)

Json = Annotated[bool, typer.Option("--json", help="Pure JSON on stdout.")]


@app.callback()
def common(
    home: Annotated[Path | None, typer.Option(help="The installation's folder (default ./var).")] = None,
) -> None:
    """Choose the installation."""
    if home is not None:
        os.environ["INTEGRATION_HOME"] = str(home)


def _settings() -> Any:
    from integration.settings import get_settings

    return get_settings()


# -- the line --------------------------------------------------------------------------------------------------------


@app.command()
def sample(
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 2026,
    children: Annotated[int, typer.Option(min=1, help="About how many children.")] = 3000,
    defects: Annotated[str, typer.Option(help="Planted defects: demo or none.")] = "demo",
    population: Annotated[
        Path | None, typer.Option(help="An existing population (CSV) instead of a made one.")
    ] = None,
    json_: Json = False,
) -> None:
    """Make the synthetic sample: deliveries in the inbox, suppliers, and the truth apart."""
    from integration import console
    from integration import sample as samples

    with console.progress_bars() as say:
        made = samples.generate(
            _settings().zones,
            seed=seed,
            children=children,
            defects=defects,
            population=population,
            progress=say,
        )
    if json_:
        console.print_json(made.as_dict())
    else:
        text = "The sample is there already" if made.existing else "SYNTHETISCH sample made"
        console.stdout().print(f"{text}: {', '.join(f'{n} {what}' for what, n in made.counts.items())}")


@app.command()
def run(json_: Json = False) -> None:
    """The whole line for everything in the inbox, without Airflow."""
    from integration import console, pipeline

    with console.progress_bars() as say:
        result = pipeline.run(say)
    if json_:
        console.print_json(result.as_dict())
    else:
        show_outcomes()
        show_indicators()
    raise typer.Exit(result.exit_code)


@app.command()
def receive(
    source: Annotated[str | None, typer.Argument(help="One source only.")] = None, json_: Json = False
) -> None:
    """Take in what lies in the inbox; whatever is wrong goes to quarantine with its reason code."""
    from integration import console, pipeline

    outcomes = pipeline.receive(source)
    if json_:
        console.print_json([vars(outcome) for outcome in outcomes])
    else:
        rows = [(o.delivery_id, o.state, _reason(o.reason), o.rows) for o in outcomes]
        console.print_table("Received", ("delivery", "state", "reason", "rows"), rows)
    raise typer.Exit(EXIT_FINDINGS if any(o.state == "quarantined" for o in outcomes) else 0)


@app.command()
def demo(
    children: Annotated[int, typer.Option(min=1)] = 3000,
    seed: Annotated[int, typer.Option()] = 2026,
) -> None:
    """The main job on the sample, through Airflow itself, ending with the page to open."""
    from integration.demo import run_demo

    run_demo(_settings().zones.home, seed=seed, children=children)
    show_outcomes()
    show_indicators()
    show_page()


@app.command()
def status(json_: Json = False) -> None:
    """How things stand per source, supplier and domain."""
    from integration import console
    from integration.status import status as how_things_stand

    if json_:
        console.print_json(how_things_stand(_settings()))
    else:
        show_outcomes()


@app.command()
def serve(port: Annotated[int, typer.Option()] = 8050) -> None:
    """Show the newest release on loopback."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from integration import console

    handler = partial(SimpleHTTPRequestHandler, directory=str(_page().parent))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        console.stderr().print(f"Open http://127.0.0.1:{port}/ (Ctrl-C stops)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.stderr().print("Stopped")


# -- what people see -------------------------------------------------------------------------------------------------


def _reason(code: str | None) -> str:
    from integration.reasons import Reason

    return f"{code}: {Reason[code].nl}" if code else ""


def show_outcomes() -> None:
    """Tables of what happened per source and municipality."""
    from integration import console
    from integration.status import status as how_things_stand

    state = how_things_stand(_settings())
    mark = "SYNTHETISCH · " if state["synthetic"] else ""
    rows = [
        (
            row["source"],
            row["domain"],
            row["accepted"],
            row["waiting"],
            ", ".join(f"{n}x {_reason(code)}" for code, n in row["quarantined"].items()),
            row["rows"],
            row["rows_refused"],
        )
        for row in state["suppliers"]
    ]
    heads = ("bron", "gemeente", "aanvaard", "wacht", "in quarantaine", "regels", "geweigerde regels")
    console.print_table(f"{mark}Leveringen per bron en gemeente", heads, rows)
    domains = [(d["domain"], d["accepted"], d["rows"], d["persons"], d["families"]) for d in state["domains"]]
    console.print_table(
        f"{mark}Gemeenten", ("gemeente", "leveringen", "regels", "personen", "gezinnen"), domains
    )


def show_indicators() -> None:
    """The published indicators of the newest closed year as a table: indicators down, municipalities across."""
    from integration import console
    from integration.releases import query

    zones = _settings().zones
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
    mark = "SYNTHETISCH · " if _settings().synthetic else ""
    console.print_table(f"{mark}Indicatoren {max(years)} (gepubliceerd)", ("indicator", *places), lines)


def _page() -> Path:
    from integration.releases import latest

    return latest(_settings().zones).page


def show_page() -> None:
    """The path of the page to open."""
    from integration import console

    console.stdout().print(f"\nOpen deze pagina: [bold]{_page()}[/bold]", soft_wrap=True)


def main() -> None:
    """Entry point: an error becomes one line on stderr and an exit code, never a traceback with values."""
    from integration import cli_tools  # noqa: F401  registers the remaining commands

    try:
        app()
    except IntegrationError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("INTEGRATION_DEBUG"):
            raise
        sys.stderr.write(
            f"INTERNAL: {type(error).__name__}; set INTEGRATION_DEBUG=1 on synthetic data to see where\n"
        )
        sys.exit(EXIT_FAILURE)


if __name__ == "__main__":
    main()
