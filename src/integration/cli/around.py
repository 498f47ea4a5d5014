"""The commands around the line: keys, suppliers, indicators, quarantine, releases, manifests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integration.cli.app import (
    Json,
    app,
    indicators_app,
    keys_app,
    quarantine_app,
    release_app,
    settings,
    supplier_app,
)
from integration.cli.show import reason
from integration.errors import EXIT_FINDINGS

if TYPE_CHECKING:
    from integration.deliveries.quarantine import Quarantined

# -- keys ------------------------------------------------------------------------------------------------------------


@keys_app.command("init")
def keys_init() -> None:
    """Make the keyring, once. The passphrase comes from INTEGRATION_PASSPHRASE or its file."""
    from integration import console
    from integration.pseudonyms.keyring import init_keyring

    chosen = settings()
    made = init_keyring(chosen.zones.keys / "keyring.json", chosen.passphrase_bytes(), chosen.now())
    console.stdout().print(f"Key version {made.version} made, fingerprint {made.fingerprint}")


@keys_app.command("list")
def keys_list(json_: Json = False) -> None:
    """The key versions with their state; needs no passphrase."""
    from integration import console
    from integration.pseudonyms.keyring import list_keys

    found = list_keys(settings().zones.keys / "keyring.json")
    versions = [
        {
            "version": entry.version,
            "scope": entry.scope or "all",
            "state": "pending" if entry.pending else entry.state,
            "created_at": entry.created_at,
            "fingerprint": entry.fingerprint,
        }
        for entry in found
    ]
    if json_:
        console.print_json(versions)
    else:
        heads = ("version", "scope", "state", "made", "fingerprint")
        console.print_table("Keys", heads, [tuple(v.values()) for v in versions])


@keys_app.command("fingerprint")
def keys_fingerprint(json_: Json = False) -> None:
    """The fingerprints of the keys in use, as they stand in each run's manifest; proves the passphrase."""
    from integration import console
    from integration.pseudonyms.keyring import open_keyring

    chosen = settings()
    found = open_keyring(chosen.zones.keys / "keyring.json", chosen.passphrase_bytes()).fingerprints()
    if json_:
        console.print_json(found)
    else:
        console.print_table("Keys in use", ("key", "fingerprint"), found.items())


# -- suppliers -------------------------------------------------------------------------------------------------------


@supplier_app.command("list")
def supplier_list(json_: Json = False) -> None:
    """The suppliers of this installation: what they deliver, where, and when."""
    from integration import console
    from integration.contracts import load_supplier, supplier_codes

    zones = settings().zones
    found = [load_supplier(zones, code) for code in supplier_codes(zones)]
    if json_:
        console.print_json([supplier.model_dump(mode="json") for supplier in found])
        return
    rows = [
        (s.code, s.name, s.source, s.contract_version, ", ".join(s.municipalities), s.calendar.frequency)
        for s in found
    ]
    console.print_table(
        "Suppliers", ("code", "name", "source", "contract", "municipalities", "frequency"), rows
    )


@supplier_app.command("try")
def supplier_try(
    file: Annotated[Path, typer.Argument(help="A file as the new supplier writes it.")],
    source: Annotated[
        str | None, typer.Option(help="Its source; guessed from the columns when absent.")
    ] = None,
    supplier: Annotated[Path | None, typer.Option(help="Its supplier file, when there is one.")] = None,
    json_: Json = False,
) -> None:
    """Show what a new supplier's file would become. Reads only; needs no keys; shows no values."""
    from integration import console
    from integration.supplier_trial import draft, try_file

    trial = try_file(file, source=source, supplier_file=supplier)
    if json_:
        console.print_json(trial.as_dict())
    else:
        console.print_table(f"{file.name} as {trial.source}", trial.heads, trial.lines())
        console.stdout().print(trial.summary())
        if supplier is None:
            console.stdout().print("\nA supplier file to start from:\n\n" + draft(trial), markup=False)
    raise typer.Exit(EXIT_FINDINGS if trial.findings else 0)


@app.command()
def manifest(
    file: Annotated[Path, typer.Argument(help="The payload; the manifest is written beside it.")],
    supplier: Annotated[str, typer.Option(help="The supplier's code.")],
    municipality: Annotated[str, typer.Option(help="GM and four digits.")],
    period: Annotated[str, typer.Option(help="For instance 2026-W04, 2026-01 or stand-2025-10-31.")],
    sequence: Annotated[int, typer.Option(min=1, help="Higher than that of the delivery before.")],
    nil_return: Annotated[bool, typer.Option(help="There is nothing to report in this period.")] = False,
) -> None:
    """Write the manifest that a delivery needs: rows, SHA-256, columns, encoding."""
    from integration import console
    from integration.contracts import load_supplier
    from integration.deliveries.manifest import make_manifest, write_manifest

    chosen = settings()
    made = make_manifest(
        file,
        load_supplier(chosen.zones, supplier),
        municipality=municipality,
        period=period,
        sequence=sequence,
        nil_return=nil_return,
        created_at=datetime.now().astimezone(),
    )
    console.stdout().print(f"{write_manifest(made, file)}: {made.payload.rows} rows", soft_wrap=True)


# -- indicators ------------------------------------------------------------------------------------------------------


@indicators_app.command("list")
def indicators_list(json_: Json = False) -> None:
    """The indicators, with what they count, their unit and norm."""
    from integration import console
    from integration.indicators import load_definitions

    found = load_definitions()
    if json_:
        console.print_json([definition.as_dict() for definition in found.values()])
        return
    rows = [(d.id, d.name_nl, d.name_en, d.unit, d.direction, d.norm_text) for d in found.values()]
    console.print_table("Indicators", ("id", "naam", "name", "unit", "direction", "norm"), rows)


@indicators_app.command("query")
def indicators_query(
    indicator: Annotated[str, typer.Argument(help="For instance I05.")],
    municipality: Annotated[str | None, typer.Option(help="GM and four digits; all when absent.")] = None,
    period: Annotated[
        str | None, typer.Option(help="A year or twelve months per quarter, such as 2025-Q3.")
    ] = None,
    json_: Json = False,
) -> None:
    """Published values: protected figures from the newest release, with counts and missing share."""
    from integration import console
    from integration.releases import query

    rows = query(settings().zones, indicator=indicator, municipality=municipality, period=period)
    if json_:
        console.print_json(rows)
        return
    heads = (
        "indicator",
        "measure",
        "municipality",
        "period",
        "value_text",
        "numerator_text",
        "denominator_text",
        "missing_text",
    )
    console.print_table(indicator, heads, [tuple(row.get(head) for head in heads) for row in rows])


# -- quarantine and releases -----------------------------------------------------------------------


def _look_at(items: Iterable[Quarantined], action: str, outcome: str) -> None:
    """Write down who looks at refused deliveries, before they are shown or put back."""
    from integration import audit

    seen = {
        f"quarantine:{i.quarantine_id}": f"delivery:{i.delivery_id}"
        if i.delivery_id
        else f"quarantine:{i.quarantine_id}"
        for i in items
    }
    audit.looked(
        settings(), action, seen, purpose=audit.Purpose.STEWARDSHIP, made_by="receive", outcome=outcome
    )


@quarantine_app.command("list")
def quarantine_list(json_: Json = False) -> None:
    """What lies in quarantine and why, in Dutch; never a value from the data."""
    from integration import console
    from integration.deliveries.quarantine import quarantined

    found = quarantined(settings().zones)
    rows: list[dict[str, Any]] = [vars(item) for item in found]
    _look_at(found, "quarantine.list", "shown")
    if json_:
        console.print_json(rows)
        return
    lines = [(r["quarantine_id"], r["supplier"], reason(r["reason"]), r["row"], r["field"]) for r in rows]
    console.print_table("Quarantaine", ("id", "leverancier", "reden", "regel", "veld"), lines)


@quarantine_app.command("replay")
def quarantine_replay(quarantine_id: str) -> None:
    """Put a refused delivery back in the inbox, for after its cause was mended here."""
    from integration import console
    from integration.deliveries.quarantine import quarantined, replay

    found = quarantined(settings().zones)
    _look_at([item for item in found if item.quarantine_id == quarantine_id], "quarantine.replay", "changed")
    replay(settings().zones, quarantine_id)
    console.stdout().print("Back in the inbox")


@release_app.command("build")
def release_build(json_: Json = False) -> None:
    """Protect and publish the closed periods; the same figures twice is one release."""
    from integration import console, pipeline

    made = pipeline.release()
    if json_:
        console.print_json(vars(made))
    else:
        text = "The newest release holds these figures already" if made.existing else "Published"
        console.stdout().print(f"{text}: release {made.number}, {made.path}", soft_wrap=True)


@release_app.command("verify")
def release_verify(
    number: Annotated[int | None, typer.Argument(help="The newest when absent.")] = None,
) -> None:
    """Whether every file of a release still has the SHA-256 of its manifest."""
    from integration import console
    from integration.releases import latest, verify

    zones = settings().zones
    chosen = number if number is not None else latest(zones).number
    found = verify(zones, chosen)
    lines = [
        f"{what}: {', '.join(names)}"
        for what, names in (("missing", found.missing), ("changed", found.changed), ("added", found.added))
        if names
    ]
    console.stdout().print(f"Release {chosen}: " + ("; ".join(lines) or "every file is as published"))
    raise typer.Exit(0 if found.intact else EXIT_FINDINGS)
