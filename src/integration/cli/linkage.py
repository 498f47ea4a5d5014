"""``integration linkage``: how well persons are found, on anyone's data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from integration.cli.app import Json, app

linkage_app = typer.Typer(help="How well records of one person are found.", no_args_is_help=True)
app.add_typer(linkage_app, name="linkage")


@linkage_app.command("evaluate")
def linkage_evaluate(
    dataset: Annotated[str, typer.Argument(help="A TOML file, or the name of a data set described here.")],
    engine: Annotated[str, typer.Option(help="duckdb or spark.")] = "duckdb",
    plain: Annotated[bool, typer.Option("--plain", help="Also plain-text Splink on the same pairs.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder that paths start at (default: beside the TOML).",
            envvar="INTEGRATION_LINKAGE_DATA",
        ),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="A trained model to start from.")] = None,
    json_: Json = False,
) -> None:
    """Link a data set whose truth is known, on its encoding only, and tell how well and how fast."""
    from integration import console
    from integration.errors import UsageError
    from integration.linkage.evaluation.dataset import read_dataset
    from integration.linkage.evaluation.run import Engine, evaluate
    from integration.linkage.model import load_model
    from integration.reasons import Reason

    if engine not in ("duckdb", "spark"):
        raise UsageError(Reason.INPUT_INVALID, "--engine is duckdb or spark")
    chosen: Engine = "spark" if engine == "spark" else "duckdb"
    result = evaluate(read_dataset(dataset, data), plain=plain, model=load_model(model), engine=chosen)
    if json_:
        console.print_json(result)
        return
    kinds = [name for name in ("encoded", "plain") if name in result]
    console.print_table(
        f"{result['dataset']}: {result['records']} records, {result['true_pairs']} true pairs",
        ("", *kinds),
        [(name, *(_shown(result[kind], name) for kind in kinds)) for name in _ROWS],
    )
    for note in result["notes"]:
        console.stderr().print(note)


@linkage_app.command("report")
def linkage_report(
    domain: Annotated[str, typer.Argument(help="The pseudonym domain: a municipality's code.")],
    json_: Json = False,
) -> None:
    """Draw the report on the last nightly linkage of a domain, and tell where the page is."""
    from integration import console
    from integration.cli.app import settings
    from integration.errors import UsageError
    from integration.linkage.report import draw_report
    from integration.names import DomainCode, InvalidName, municipality
    from integration.reasons import Reason

    chosen = settings()
    try:
        code = DomainCode(municipality(domain))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None
    path = draw_report(chosen.zones, code, synthetic=chosen.synthetic)
    if json_:
        console.print_json({"domain": domain, "page": str(path)})
        return
    console.stdout().print(str(path), soft_wrap=True)


_ROWS = (
    "precision",
    "recall",
    "f1",
    "threshold",
    "best_f1",
    "best_threshold",
    "blocking_recall",
    "compared_pairs",
    "compared.f1",
    "compared.best_f1",
    "clusters.pairwise.f1",
    "clusters.bcubed.f1",
    "seconds.total",
    "peak_mb",
)


def _shown(figures: dict[str, Any], name: str) -> Any:
    for part in name.split("."):
        figures = figures[part]
    return figures
