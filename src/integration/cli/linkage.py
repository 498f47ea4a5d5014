"""``integration linkage``: how well persons are found, on anyone's data, and looking after a domain's linkage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integration.cli.app import Json, app

if TYPE_CHECKING:
    from integration.names import DomainCode

linkage_app = typer.Typer(help="How records of one person are found, and how well.", no_args_is_help=True)
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


Domain = Annotated[str, typer.Argument(help="The pseudonym domain: a municipality's code.")]


@linkage_app.command("report")
def linkage_report(domain: Domain, json_: Json = False) -> None:
    """Draw the report on the last nightly linkage of a domain, and tell where the page is."""
    from integration import console
    from integration.cli.app import settings
    from integration.linkage.report import draw_report

    chosen = settings()
    path = draw_report(chosen.zones, _domain(domain), synthetic=chosen.synthetic, store=chosen.stewardship())
    if json_:
        console.print_json({"domain": domain, "page": str(path)})
        return
    console.stdout().print(str(path), soft_wrap=True)


@linkage_app.command("train")
def linkage_train(
    domain: Domain,
    use: Annotated[bool, typer.Option("--use", help="Link with it from the next night on.")] = False,
    json_: Json = False,
) -> None:
    """Train the model anew on a domain's records, without labels, and tell how far its weights moved."""
    from integration import audit, console, warehouse
    from integration.cli.app import settings
    from integration.linkage import upkeep

    chosen, code = settings(), _domain(domain)
    with (
        audit.processing(chosen, "linkage.train", [f"domain:{code}"]),
        warehouse.connect(None, chosen) as con,
    ):
        found = upkeep.retrain(con, chosen.zones, code)
        path = upkeep.use(chosen.zones, code, found.model) if use else None
    changes = found.drift.changes
    if json_:
        console.print_json(
            {
                "domain": domain,
                "records": found.records,
                "sessions": dict(found.model.trained.get("sessions", {})),
                "prior_bits": round(found.drift.prior_bits, 3),
                "largest_bits": round(found.drift.largest_bits, 3),
                "changes": [{**vars(change), "bits": round(change.bits, 3)} for change in changes],
                "used": path is not None,
            }
        )
        return
    console.print_table(
        f"{domain}: {found.records} records; gewicht in bits",
        ("vergelijking", "niveau", "was", "wordt", "verschil"),
        [(c.comparison, c.level, *(f"{v:.2f}" for v in (c.before, c.after, c.bits))) for c in changes],
    )
    console.stderr().print(
        "Vanaf de volgende nacht in gebruik." if path else "Niet in gebruik genomen (--use doet dat)."
    )


@linkage_app.command("events")
def linkage_events(domain: Domain, json_: Json = False) -> None:
    """Tell which persons and gezinnen met or parted, the newest first."""
    from integration import audit, console, warehouse
    from integration.cli.app import settings
    from integration.linkage import upkeep

    chosen, code = settings(), _domain(domain)
    name = f"domain:{code}"
    audit.looked(chosen, "linkage.events", {name: name}, purpose=audit.Purpose.STEWARDSHIP)
    with warehouse.connect(None, chosen) as con:
        found = upkeep.events(con, chosen.zones, code)
    if json_:
        console.print_json([{**vars(event), "day": event.day.isoformat()} for event in found])
        return
    console.print_table(
        f"{domain}: samengevoegd en gesplitst",
        ("nummer", "dag", "wat", "van", "naar", "waarom"),
        [(e.event, e.day.isoformat(), e.what, e.from_id, e.to_id, e.why) for e in found],
    )


@linkage_app.command("undo")
def linkage_undo(
    domain: Domain,
    event: Annotated[int, typer.Argument(help="The number of a merge or split (`linkage events`).")],
    why: Annotated[str, typer.Option(help="Why; no name, date or number of a person.")],
    json_: Json = False,
) -> None:
    """Undo a merge or split of persons: decided now, done by the next night, as an event of its own."""
    from getpass import getuser

    from integration import audit, console, warehouse
    from integration.cli.app import settings
    from integration.linkage import upkeep

    chosen, code = settings(), _domain(domain)
    with (
        audit.processing(chosen, "linkage.undo", [f"domain:{code}"]),
        warehouse.connect(None, chosen) as con,
    ):
        at = chosen.now().isoformat(timespec="seconds")
        made = upkeep.undo(con, chosen.zones, code, event, at=at, by=getuser(), why=why)
    if json_:
        console.print_json({"domain": domain, "event": event, "decision": made.decision})
        return
    console.stdout().print(f"Besloten ({made.decision}); de volgende nacht voert het uit.", soft_wrap=True)


def _domain(text: str) -> DomainCode:
    from integration.errors import UsageError
    from integration.names import DomainCode, InvalidName, municipality
    from integration.reasons import Reason

    try:
        return DomainCode(municipality(text))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None


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
