"""The commands for whoever runs Airflow as services: ``integration airflow ...``."""

from __future__ import annotations

from typing import Annotated

import typer

from integration.cli.app import app, settings

airflow_app = typer.Typer(help="Airflow for this installation.", no_args_is_help=True)
app.add_typer(airflow_app, name="airflow")


@airflow_app.callback()
def common() -> None:
    """Airflow for this installation."""


@airflow_app.command()
def setup(
    port: Annotated[int, typer.Option(help="Where Airflow's API will listen, on loopback.")] = 8080,
) -> None:
    """Airflow's database, the pools, and its environment in a file. Again when a municipality was added."""
    from integration import console
    from integration.airflow_local import set_up_airflow

    path = set_up_airflow(settings().zones.home, port)
    console.stdout().print(
        f"Ready. Start Airflow's components with the environment in {path}", soft_wrap=True
    )
