"""``integration audit``: verify the audit logs, sign their heads, and find who looked at somebody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from integration.cli.app import Json, audit_app, settings

_LIMIT = (
    "Zonder hoofden die elders worden bewaard blijven een afgesneden einde en een herschreven log onopgemerkt: "
    "gebruik --heads MAP."
)


@audit_app.command("verify")
def audit_verify(
    heads: Annotated[Path | None, typer.Option(help="Heads that somebody else kept; trusted.")] = None,
    json_: Json = False,
) -> None:
    """Whether the audit logs are what was written. Needs no secret. Exit code 1 when something is wrong."""
    from integration import audit, console

    chosen = settings()
    report = audit.verify(chosen.zones.audit, heads, kept_from=audit.kept_from(chosen))
    if json_:
        console.print_json(report.as_dict())
        raise typer.Exit(report.exit_code)
    rows = [
        (
            d.log,
            d.day,
            d.lines,
            _clock(d.first_time),
            _clock(d.last_time),
            d.last,
            d.signed_up_to,
            d.held_up_to,
            d.torn_set_aside,
        )
        for d in report.days
    ]
    columns = (
        "log",
        "dag",
        "regels",
        "van (UTC)",
        "tot (UTC)",
        "laatste",
        "getekend tot",
        "elders bewaard tot",
        "apart gelegd",
    )
    console.print_table("Auditlog", columns, rows)
    if report.findings:
        found = [(f.log, f.day, f.line, f"{f.kind.value}: {f.kind.nl}") for f in report.findings]
        console.print_table("Bevindingen", ("log", "dag", "regel", "wat"), found)
    else:
        console.stdout().print("Geen bevindingen")
    if not report.held_elsewhere:
        console.stderr().print(_LIMIT)
    raise typer.Exit(report.exit_code)


def _clock(time: str | None) -> str | None:
    """Hours, minutes and seconds (UTC) of a line's time."""
    return time[11:19] if time else None


@audit_app.command("heads")
def audit_heads(
    today: Annotated[bool, typer.Option("--today", help="Also of the day that is not over.")] = False,
    json_: Json = False,
) -> None:
    """Sign the heads of both logs and write them out; needs the keyring."""
    from integration import audit, console

    made = audit.sign_heads(settings(), today=today)
    if json_:
        console.print_json([vars(head) for head in made])
        return
    rows = [(h.log, h.day, h.first, h.n, "ja" if h.finished else "nee", h.signed_at, h.key) for h in made]
    heads = ("log", "dag", "van regel", "tot regel", "dag voorbij", "getekend op", "sleutel")
    console.print_table("Hoofden van de auditlog", heads, rows)


@audit_app.command("about")
def audit_about(
    pseudonym: Annotated[str, typer.Argument(help="Of a person or gezin, as it is now.")],
    case: Annotated[str, typer.Option(help="The case number of whoever asks, such as SR-2026-3.")],
    json_: Json = False,
) -> None:
    """Who looked at a person or gezin: every line of the access log about them, also from before rotations of keys."""
    from integration import audit, console
    from integration.audit.subjects import lines_about
    from integration.errors import UsageError
    from integration.names import DomainCode
    from integration.pseudonyms.keyring import open_keyring
    from integration.pseudonyms.tokens import parse_token
    from integration.reasons import Reason

    chosen, parts = settings(), parse_token(pseudonym)
    if parts is None or parts.purpose not in ("output", "family"):
        raise UsageError(Reason.INPUT_INVALID, "not a pseudonym of a person or gezin")
    keys = open_keyring(chosen.zones.keys / "keyring.json", chosen.passphrase_bytes())
    token = audit.subject_token(keys, DomainCode(parts.domain), pseudonym)
    asked = f"domain:{parts.domain}"
    audit.looked(
        chosen, "audit.about", {asked: asked}, purpose=audit.Purpose.RIGHTS, case=case, subjects=[token]
    )
    found = list(lines_about(chosen.zones.audit, token))
    columns = ("time", "actor", "action", "object", "purpose", "case", "outcome")
    if json_:
        console.print_json([{name: line[name] for name in columns} for line in found])
        return
    heads = ("tijd (UTC)", "wie", "wat", "waarvan", "doel", "zaak", "uitkomst")
    console.print_table("Inzage", heads, [tuple(line[name] for name in columns) for line in found])
