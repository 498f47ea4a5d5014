"""What is kept no longer: purge by the terms of retention, and shred one delivery's data key."""

from __future__ import annotations

from typing import Annotated

import typer

from integration.cli.app import Json, app, settings

delivery_app = typer.Typer(help="One delivery.", no_args_is_help=True)
app.add_typer(delivery_app, name="delivery")

_ZONES = {"raw": "ruw", "quarantine": "quarantaine", "linked": "gekoppeld", "audit": "auditlog"}


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    json_: Json = False,
) -> None:
    """Remove what was kept for as long as it may be; what still waits stays and is counted."""
    from integration import console, pipeline

    result = pipeline.due() if dry_run else pipeline.purge()
    if json_:
        console.print_json(result.as_dict())
        return
    rows = [
        (
            _ZONES.get(c.zone, c.zone),
            c.source,
            c.deliveries,
            c.records if c.zone == "linked" else None,
            c.waiting,
        )
        for c in result.counts
    ]
    title = f"Bewaartermijnen op {result.day:%d-%m-%Y}: " + ("zou worden gewist" if dry_run else "gewist")
    heads = ("zone", "bron", "leveringen (dagen)", "records", "voorbij de termijn, wacht nog")
    console.print_table(title, heads, rows)


@delivery_app.command("shred")
def delivery_shred(
    delivery_id: Annotated[str, typer.Argument(help="A delivery's id, or a quarantine id.")],
    case: Annotated[str, typer.Option(help="The case number it is done under, such as AVG-2026-17.")],
) -> None:
    """Destroy a sealed delivery's own data key: nobody can open it any more, nor any copy of the raw zone."""
    from integration import audit, console
    from integration.deliveries.shredding import check_sealed, shred_delivery
    from integration.ledger import Ledger

    chosen = settings()
    ledger = Ledger(chosen.ledger())
    check_sealed(chosen.zones, ledger, delivery_id)
    kind = "quarantine" if delivery_id.startswith("Q-") else "delivery"
    name = f"{kind}:{delivery_id}"
    audit.looked(
        chosen,
        "delivery.shred",
        {name: name},
        purpose=audit.Purpose.RIGHTS,
        outcome="changed",
        case=case,
        made_by="receive",
    )
    done = shred_delivery(chosen.zones, ledger, chosen.now(), delivery_id)
    console.stdout().print("Sleutel vernietigd" if done else "De sleutel was al vernietigd")
