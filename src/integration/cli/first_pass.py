"""Encoding at the source, and the key keeper who hands out the keys for it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from integration.cli.app import Json, app, keys_app, settings
from integration.errors import EXIT_FINDINGS

KEEPER_VARIABLE = "INTEGRATION_KEEPER_PASSPHRASE"
KeeperFolder = Annotated[
    Path, typer.Option("--keeper", help="The key keeper's own folder, outside every receiver.")
]
KeeperPassphrase = Annotated[
    Path | None, typer.Option(help=f"File with the keeper's passphrase (else {KEEPER_VARIABLE}).")
]

keeper_app = typer.Typer(
    help="The key keeper: makes first-pass keys; never the receiver.", no_args_is_help=True
)
keys_app.add_typer(keeper_app, name="keeper")


@keeper_app.command("init")
def keeper_init(keeper: KeeperFolder, passphrase_file: KeeperPassphrase = None) -> None:
    """At the key keeper's: make the root that all first-pass keys come from, once."""
    from integration import console
    from integration.pseudonyms.first_pass import read_passphrase
    from integration.pseudonyms.keeper import init_keeper

    own = read_passphrase(KEEPER_VARIABLE, passphrase_file)
    console.stdout().print(f"Keeper's root made, fingerprint {init_keeper(keeper, own, settings().now())}")


@keys_app.command("hand-out")
def keys_hand_out(
    keeper: KeeperFolder,
    domain: Annotated[str, typer.Option(help="GM and four digits.")],
    to: Annotated[Path, typer.Option(help="The key file for its recipient; its name ends in .json.")],
    version: Annotated[int, typer.Option(min=1, max=9999, help="Higher when the key before was seen.")] = 1,
    passphrase_file: KeeperPassphrase = None,
    recipient_passphrase_file: Annotated[
        Path | None,
        typer.Option(help="File with the recipient's passphrase (else INTEGRATION_FIRST_PASS_PASSPHRASE)."),
    ] = None,
    json_: Json = False,
) -> None:
    """At the key keeper's: write a domain's first-pass key for a source, or for the encoding process here."""
    from integration import console
    from integration.names import DomainCode
    from integration.pseudonyms.first_pass import PASSPHRASE_VARIABLE, public_path, read_passphrase
    from integration.pseudonyms.keeper import hand_out

    known = hand_out(
        keeper,
        read_passphrase(KEEPER_VARIABLE, passphrase_file),
        DomainCode(domain),
        version,
        to,
        read_passphrase(PASSPHRASE_VARIABLE, recipient_passphrase_file),
        settings().now(),
    )
    if json_:
        console.print_json(asdict(known))
        return
    console.stdout().print(
        f"First-pass key {known.text}; for the receiver: {public_path(to)}", soft_wrap=True
    )


@app.command()
def encode(
    file: Annotated[Path, typer.Argument(help="The extract; it stays where it is.")],
    supplier: Annotated[Path, typer.Option(help="This source's supplier file (.yml).")],
    key: Annotated[Path, typer.Option(help="The first-pass key that the key keeper handed out (.json).")],
    municipality: Annotated[str, typer.Option(help="GM and four digits.")],
    period: Annotated[str, typer.Option(help="For instance 2026-W05, 2026-01 or stand-2025-10-31.")],
    sequence: Annotated[int, typer.Option(min=1, help="One more than that of the delivery before.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    passphrase_file: Annotated[
        Path | None,
        typer.Option(help="File with the key's passphrase (else INTEGRATION_FIRST_PASS_PASSPHRASE)."),
    ] = None,
    nil_return: Annotated[bool, typer.Option(help="There is nothing to report in this period.")] = False,
    json_: Json = False,
) -> None:
    """At a source: encode an extract before it leaves. No identifier is in what is written; seal and send that."""
    from integration import console
    from integration.contracts import read_supplier
    from integration.encode_source import encode_at_source
    from integration.hardening import harden
    from integration.pseudonyms.first_pass import PASSPHRASE_VARIABLE, open_first_pass, read_passphrase

    harden()
    opened = open_first_pass(key, read_passphrase(PASSPHRASE_VARIABLE, passphrase_file))
    made = encode_at_source(
        file,
        read_supplier(supplier),
        opened,
        out,
        municipality=municipality,
        period=period,
        sequence=sequence,
        created_at=datetime.now().astimezone(),
        nil_return=nil_return,
    )
    result = made.result
    if json_:
        told = {"payload": str(made.payload), "manifest": str(made.manifest_path)}
        console.print_json(told | asdict(result))
    else:
        text = f"{made.payload}: {result.rows_ok} rows, {result.rows_refused} refused, "
        text += f"{result.fields_nulled} fields emptied"
        console.stdout().print(text, soft_wrap=True)
    raise typer.Exit(EXIT_FINDINGS if result.rows_refused or result.fields_nulled else 0)
