"""The commands' tree, and what they share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from integration.settings import Settings

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
quality_app = typer.Typer(
    help="What is wrong with deliveries, and what a steward decides about them.", no_args_is_help=True
)
release_app = typer.Typer(help="What may be seen outside.", no_args_is_help=True)
audit_app = typer.Typer(
    help="What was processed and who looked, and whether that was changed.", no_args_is_help=True
)
sample_app = typer.Typer(help="Made-up people and their deliveries, with the truth apart.")
for name, sub in (
    ("keys", keys_app),
    ("supplier", supplier_app),
    ("indicators", indicators_app),
    ("quarantine", quarantine_app),
    ("quality", quality_app),
    ("release", release_app),
    ("audit", audit_app),
    ("sample", sample_app),
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


def settings() -> Settings:
    """The settings of the chosen installation."""
    from integration.settings import get_settings

    return get_settings()
