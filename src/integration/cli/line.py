"""The line itself: run, receive, demo, status, serve."""

from __future__ import annotations

from typing import Annotated

import typer

from integration.cli.app import Json, app, settings
from integration.cli.show import look_at_status, page, reason, show_indicators, show_outcomes, show_page
from integration.errors import EXIT_FINDINGS, IntegrationError
from integration.reasons import Reason


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
        rows = [(o.delivery_id, o.state, reason(o.reason), o.rows) for o in outcomes]
        console.print_table("Received", ("delivery", "state", "reason", "rows"), rows)
    raise typer.Exit(EXIT_FINDINGS if any(o.state == "quarantined" for o in outcomes) else 0)


@app.command()
def demo(
    scale: Annotated[float, typer.Option(help="Part of the real number of inhabitants: 0.01 to 20.")] = 0.5,
    seed: Annotated[int, typer.Option()] = 2026,
) -> None:
    """The main job on the sample, through Airflow itself, ending with the page to open."""
    from integration.demo import run_demo

    try:
        run_demo(settings().zones.home, seed=seed, scale=scale)
    except IntegrationError as error:
        if error.reason is Reason.AIRFLOW_FAILED:
            show_outcomes()
        raise
    show_outcomes()
    show_indicators()
    show_page()


@app.command()
def status(json_: Json = False) -> None:
    """How things stand per source, supplier and domain."""
    from integration import console

    if json_:
        console.print_json(look_at_status())
    else:
        show_outcomes()


@app.command()
def serve(port: Annotated[int, typer.Option()] = 8050) -> None:
    """Show the newest release on loopback."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    from integration import console

    handler = partial(SimpleHTTPRequestHandler, directory=str(page().parent))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        console.stderr().print(f"Open http://127.0.0.1:{port}/ (Ctrl-C stops)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.stderr().print("Stopped")
