"""What a supplier gets back about a delivery: two reports, the list of rows, and the request for a better one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integration.cli.app import Json, quality_app, settings
from integration.errors import IntegrationError
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.ledger import Ledger
    from integration.quality.reports import Material, Redelivery

DeliveryName = Annotated[str, typer.Argument(help="For instance wijkteam.WT0321.GM0321.2026-W04.0004.")]


@quality_app.command("report")
def quality_report(
    delivery: DeliveryName,
    folder: Annotated[
        Path | None, typer.Option(help="Where to write (default reports/DELIVERY in the installation).")
    ] = None,
) -> None:
    """Write the mirror report and the quality report of a delivery, each as HTML and CSV; no values."""
    from integration import console
    from integration.quality.reports import write_reports

    chosen = settings()
    material = _material(delivery, "quality.report")
    target = folder or chosen.zones.home / "reports" / material.delivery
    for path in write_reports(material, target, chosen.today().isoformat(), synthetic=chosen.synthetic):
        console.stdout().print(str(path), soft_wrap=True, markup=False)


@quality_app.command("rows")
def quality_rows(
    delivery: DeliveryName,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the list to this file.")] = None,
    json_: Json = False,
) -> None:
    """The supplier's own row numbers with field and reason: every one, for who made the file."""
    from integration import console
    from integration.quality.reports import row_findings, write_rows

    material = _material(delivery, "quality.rows")
    rows = row_findings(material.contract, material.findings)
    if csv is not None:
        write_rows(rows, csv)
    if json_:
        console.print_json([asdict(one) for one in rows])
    elif csv is None:
        heads = ("regel", "veld", "reden", "toelichting", "gevolg")
        lines = [(one.row, one.field, one.reason, one.text, one.told) for one in rows]
        console.print_table(f"Regels van {material.delivery}", heads, lines)
    else:
        console.stdout().print(f"{csv}: {len(rows)}", soft_wrap=True, markup=False)


@quality_app.command("redelivery")
def quality_redelivery(
    delivery: Annotated[str, typer.Argument(help="A delivery, or the quarantine id of a refused one.")],
    by: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day for it (default: as many days as agreed)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the message to this file.")] = None,
) -> None:
    """The message that asks a supplier for a better delivery, in Dutch, ready to mail; nothing of a person in it."""
    import sys

    from integration import console
    from integration.quality.reports import message
    from integration.storage import write_bytes

    text = message(_asked(delivery, by))
    if out is None:
        sys.stdout.write(text)
        return
    write_bytes(out, text.encode(), mode=0o600)
    console.stdout().print(str(out), soft_wrap=True, markup=False)


def _asked(name: str, by: datetime | None) -> Redelivery:
    from integration.contracts import load_supplier
    from integration.deliveries.quarantine import quarantined
    from integration.quality.reports import ask_again, ask_again_refused

    chosen = settings()
    day = by.date() if by else None
    item = next((one for one in quarantined(chosen.zones) if one.quarantine_id == name), None)
    if item is not None:
        _look("quality.redelivery", "receive", f"quarantine:{name}")
        return ask_again_refused(item, load_supplier(chosen.zones, item.supplier), chosen.today(), by=day)
    try:
        material = _material(name, "quality.redelivery")
    except IntegrationError as error:
        if error.reason is not Reason.DELIVERY_PURGED:
            raise
        return _asked_purged(name, day)
    supplier = load_supplier(chosen.zones, material.supplier)
    return ask_again(material, supplier, chosen.today(), _number(material.delivery), by=day)


def _asked_purged(name: str, day: date | None) -> Redelivery:
    from integration.contracts import load_supplier
    from integration.names import DeliveryId
    from integration.quality.reports import ask_again_purged

    chosen, delivery, entry = settings(), DeliveryId.parse(name), _ledger().entry(name)
    _look("quality.redelivery", "encode", f"delivery:{delivery}")
    supplier, facts = load_supplier(chosen.zones, delivery.supplier), entry.facts if entry else {}
    return ask_again_purged(delivery, facts, supplier, chosen.today(), _number(name), by=day)


def _number(name: str) -> tuple[int, bool]:
    """The sequence number to send with, and whether a higher one is as good: its own when it was stopped."""
    from integration.names import DeliveryId

    delivery = DeliveryId.parse(name)
    there = _ledger().entries(municipality=delivery.municipality)
    mine = [entry for entry in there if entry.supplier == delivery.supplier]
    own = next(entry for entry in mine if entry.subject == name)
    if own.state == "quarantined":
        return own.sequence, False
    return max(entry.sequence for entry in mine) + 1, True


def _material(name: str, action: str) -> Material:
    """What the reports on a delivery are made of; that somebody looks is written down before anything is shown."""
    from integration.quality.reports import read_material

    material = read_material(settings().zones, _ledger(), name)
    _look(action, "encode", f"delivery:{material.delivery}")
    return material


def _look(action: str, made_by: str, what: str) -> None:
    from integration import audit

    audit.looked(settings(), action, {what: what}, purpose=audit.Purpose.STEWARDSHIP, made_by=made_by)


def _ledger() -> Ledger:
    from integration.ledger import Ledger

    return Ledger(settings().ledger())
