"""``integration keys rotate | destroy | rewrap``: what changes a keyring that is in use."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integration.cli.app import Json, keys_app, settings

if TYPE_CHECKING:
    from integration.names import DomainCode

_DOMAIN = "GM and four digits; all domains when absent."


def _domain(text: str | None) -> DomainCode | None:
    from integration.errors import UsageError
    from integration.names import DomainCode, InvalidName, municipality
    from integration.reasons import Reason

    try:
        return DomainCode(municipality(text)) if text is not None else None
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None


@keys_app.command("rotate")
def keys_rotate(
    domain: Annotated[str | None, typer.Option(help=_DOMAIN)] = None,
    abandon: Annotated[
        bool, typer.Option("--abandon", help="Give up an unfinished one of which nothing was swapped yet.")
    ] = False,
    json_: Json = False,
) -> None:
    """New keys, and everything held re-keyed to them without identifiers. After a kill: the same command again."""
    from integration import console
    from integration.rekey.rotate import abandon as give_up
    from integration.rekey.rotate import rotate

    code = _domain(domain)
    if abandon:
        entry = give_up(settings())
        console.stdout().print(f"Version {entry.version} is given up; nothing was changed")
        return
    with console.progress_bars() as say:
        done = rotate(settings(), code, say)
    if json_:
        console.print_json(done.as_dict())
        return
    rows = [
        (
            r.domain,
            f"{r.from_version} > {r.to_version}",
            r.files,
            r.tokens,
            r.persons_before,
            r.persons_after,
            r.families_before,
            r.families_after,
            r.tokens_only,
        )
        for r in done.domains
    ]
    heads = ("gemeente", "versie", "bestanden", "tokens", "personen voor", "na", "gezinnen voor", "na", "zonder filters")
    console.print_table(f"Sleutelversie {done.version} is in gebruik", heads, rows)


@keys_app.command("destroy")
def keys_destroy(
    version: Annotated[int, typer.Option(min=1, help="The key version whose root goes.")],
    domain: Annotated[
        str | None, typer.Option(help="The domain that the version is for, if it is for one.")
    ] = None,
    confirm: Annotated[
        str | None, typer.Option(help="The version's fingerprint, in the place of typing it.")
    ] = None,
) -> None:
    """Destroy a key version for good: what it made can never be matched again. Asks for its fingerprint."""
    from integration import console
    from integration.rekey.destroy import destroy

    typed = confirm
    if typed is None:
        if not sys.stdin.isatty():
            typed = ""
        else:
            typed = str(typer.prompt(f"Vingerafdruk van versie {version} (integration keys list)", err=True))
    entry = destroy(settings(), version, typed, _domain(domain))
    console.stdout().print(f"Key version {entry.version} ({entry.fingerprint}) is destroyed")


@keys_app.command("rewrap")
def keys_rewrap(
    new_passphrase_file: Annotated[
        Path | None, typer.Option(help="A file with the new passphrase; typed twice when absent.")
    ] = None,
) -> None:
    """Put the keyring, signing key and receiver key under a new passphrase. No key and no token changes."""
    from integration import console
    from integration.errors import KeyUnavailable
    from integration.reasons import Reason
    from integration.rekey.destroy import rewrap

    if new_passphrase_file is not None:
        try:
            fresh = new_passphrase_file.read_bytes().strip()
        except OSError:
            raise KeyUnavailable(Reason.KEY_MISSING) from None
    else:
        if not sys.stdin.isatty():
            raise KeyUnavailable(Reason.KEY_MISSING, "no new passphrase")
        typed = typer.prompt("Nieuwe wachtzin", hide_input=True, confirmation_prompt=True, err=True)
        fresh = str(typed).strip().encode()
    done = rewrap(settings(), fresh)
    console.stdout().print(f"Under the new passphrase: {', '.join(done)}")
