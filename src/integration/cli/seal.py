"""Sealed deliveries: keys, sealing at the source, checking at either end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integration.cli.app import Json, app, keys_app, settings
from integration.errors import EXIT_FINDINGS

if TYPE_CHECKING:
    from integration.contracts import Supplier

Show = Annotated[bool, typer.Option("--show", help="Show the public part of the key that is there.")]
Key = Annotated[Path | None, typer.Option(help="This source's signing key (default: keys/signing.json).")]


@keys_app.command("signer")
def keys_signer(show: Show = False) -> None:
    """At a source: make the key it signs its deliveries with, once; the receiver gets what is printed."""
    from datetime import timedelta

    from integration import console
    from integration.deliveries.seal_keys import SIGNING_FILE, key_id, make_signing_key, signing_public

    chosen = settings()
    folder, now = chosen.zones.keys, chosen.now()
    public = (
        signing_public(folder / SIGNING_FILE)
        if show
        else make_signing_key(folder, chosen.passphrase_bytes(), now)
    )
    until = (now + timedelta(days=365)).date()
    text = f'  - {{key: "{public}", since: {now.date()}, until: {until}}}'
    console.stdout().print(f"Key {key_id(public)}. For the supplier file at the receiver:\n\nsigners:")
    console.stdout().print(text, soft_wrap=True, markup=False)


@keys_app.command("receiver")
def keys_receiver(show: Show = False) -> None:
    """At a receiver: make the key that opens envelopes, once; sources get the recipient that is printed."""
    from integration import console
    from integration.deliveries.seal_keys import RECEIVER_FILE, make_receiver_key, receiver_public

    chosen = settings()
    folder = chosen.zones.keys
    recipient = (
        receiver_public(folder / RECEIVER_FILE)
        if show
        else make_receiver_key(folder, chosen.passphrase_bytes(), chosen.now())
    )
    console.stdout().print(f"Sources seal for: {recipient}", soft_wrap=True)


@app.command()
def seal(
    file: Annotated[Path, typer.Argument(help="The payload; it stays where it is.")],
    supplier: Annotated[str, typer.Option(help="The supplier's code, or its supplier file (.yml).")],
    municipality: Annotated[str, typer.Option(help="GM and four digits.")],
    period: Annotated[str, typer.Option(help="For instance 2026-W05, 2026-01 or stand-2025-10-31.")],
    sequence: Annotated[int, typer.Option(min=1, help="One more than that of the delivery before.")],
    recipient: Annotated[str, typer.Option(help="The receiver's recipient (age1...).")],
    previous: Annotated[
        str | None, typer.Option(help="The manifest sent before, or its SHA-256; absent for the first.")
    ] = None,
    key: Key = None,
    folder: Annotated[Path | None, typer.Option(help="Where to write (default: beside the payload).")] = None,
    nil_return: Annotated[bool, typer.Option(help="There is nothing to report in this period.")] = False,
    json_: Json = False,
) -> None:
    """At a source: seal a delivery. Writes FILE.age and its signed manifest; needs no keyring, no network."""
    from integration import console
    from integration.deliveries.manifest import make_manifest
    from integration.deliveries.seal import previous_of, seal_payload
    from integration.deliveries.seal_keys import SIGNING_FILE, open_signing_key, public_of

    chosen = settings()
    signing = open_signing_key(key or chosen.zones.keys / SIGNING_FILE, chosen.passphrase_bytes())
    made = make_manifest(
        file,
        _supplier(supplier),
        municipality=municipality,
        period=period,
        sequence=sequence,
        nil_return=nil_return,
        created_at=datetime.now().astimezone(),
    )
    before = previous_of(previous, made, [public_of(signing)]) if previous else None
    done = seal_payload(file, made, key=signing, audience=recipient, previous=before, folder=folder)
    if json_:
        told = {"envelope": str(done.envelope), "manifest": str(done.manifest_path), "sha256": done.sha256}
        console.print_json(told | {"rows": made.payload.rows})
        return
    console.stdout().print(f"{done.manifest_path}: {made.payload.rows} rows, sealed", soft_wrap=True)
    console.stdout().print("Keep this manifest: the next delivery names it with --previous")


@app.command("open-check")
def open_check(
    envelope: Annotated[Path, typer.Argument(help="FILE.age")],
    manifest: Annotated[Path, typer.Argument(help="FILE.age.manifest.json")],
    supplier: Annotated[
        str | None, typer.Option(help="The supplier's code or file; read from the manifest when absent.")
    ] = None,
    previous: Annotated[Path | None, typer.Option(help="The manifest before it.")] = None,
    json_: Json = False,
) -> None:
    """Check all of a sealed delivery that the keys at hand allow, and say so; keeps nothing, changes nothing."""
    from integration import console
    from integration.deliveries.open_check import Keys, findings
    from integration.deliveries.open_check import open_check as check
    from integration.deliveries.read import Limits
    from integration.deliveries.seal_keys import Receiver
    from integration.encode_stage import examiner

    chosen = settings()
    keys = Keys(
        receiver=Receiver(chosen.zones.keys, chosen.passphrase_bytes),
        supplier=_supplier(supplier) if supplier else _named(manifest),
        own=_own(chosen.zones.keys),
        previous=previous,
        encoded=examiner(chosen),
    )
    limits = Limits(chosen.max_payload_bytes, chosen.max_line_bytes)
    lines = check(envelope, manifest, keys, chosen.today(), limits, chosen.zones.tmp)
    if json_:
        console.print_json([vars(line) for line in lines])
    else:
        rows = [(line.what, line.verdict, line.why) for line in lines]
        console.print_table(envelope.name, ("wat", "oordeel", "waarom"), rows)
    raise typer.Exit(EXIT_FINDINGS if findings(lines) else 0)


def _supplier(text: str) -> Supplier:
    from integration.contracts import load_supplier, read_supplier

    return read_supplier(Path(text)) if text.endswith(".yml") else load_supplier(settings().zones, text)


def _named(manifest: Path) -> Supplier | None:
    """The supplier that a manifest names, when this place has its file."""
    from integration.contracts import load_supplier
    from integration.deliveries.manifest import read_manifest
    from integration.errors import DeclarationError, DeliveryRefused

    try:
        return load_supplier(settings().zones, read_manifest(manifest).supplier)
    except (DeclarationError, DeliveryRefused):
        return None


def _own(folder: Path) -> str | None:
    from integration.deliveries.seal_keys import SIGNING_FILE, signing_public
    from integration.errors import KeyUnavailable

    try:
        return signing_public(folder / SIGNING_FILE)
    except KeyUnavailable:
        return None
