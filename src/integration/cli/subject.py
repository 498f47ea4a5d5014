"""``integration subject``: rights of the people whose data is here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integration.cli.app import Json, app, settings
from integration.errors import UsageError
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.rights.commands import Done, Request

subject_app = typer.Typer(
    help="Rights of the people whose data is here: find, erase, object, restrict, export.",
    no_args_is_help=True,
)
app.add_typer(subject_app, name="subject")

Domain = Annotated[str, typer.Option(help="The municipality: GM and four digits.")]
Person = Annotated[str | None, typer.Option(help="The person's pseudonym, as in the domain's warehouse.")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the BSN, without showing it; never an argument.")]
Case = Annotated[str, typer.Option(help="Case number, such as AVG-2026-17; written in the audit log.")]
Why = Annotated[str, typer.Option(help="Reason code, such as SUBJECT_REQUEST or SUBJECT_REPRESENTED.")]
_DEFAULT = Reason.SUBJECT_REQUEST.value

_WHAT = {
    "erase": "Gewist",
    "object": "Gewist, en bezwaar vastgelegd",
    "restrict": "Verwerking beperkt",
    "unrestrict": "Beperking opgeheven",
    "apply": "Lijsten toegepast",
}

_CHANGES = {
    "erase": (
        "erase",
        "Remove a person from everything that is kept (AVG art. 17); a later delivery may bring them again.",
    ),
    "object": ("object_", "Remove a person and keep them out of every later delivery (AVG art. 21)."),
    "restrict": ("restrict", "Keep a person's data but use it for nothing (AVG art. 18)."),
    "unrestrict": ("unrestrict", "End a restriction."),
}
"""Commands that change what is kept of a person: the function of each, and its help."""


def _asked(domain: str, case: str, reason: str, person: str | None, ask: bool) -> Request:
    """The request with its person; the number is asked for last, when nothing else is wrong."""
    from integration.rights.commands import request
    from integration.rights.person_token import person_token

    if ask == (person is not None):
        raise UsageError(Reason.INPUT_INVALID, "either --person or --ask")
    made = request(domain, case, reason)
    if person is not None:
        return replace(made, person=person)
    return replace(made, token=person_token(settings(), made.domain, _prompt()))


@contextmanager
def _in_use(domain: str) -> Iterator[None]:
    """While no rotation of keys is at work on the domain."""
    from integration.names import InvalidName, municipality
    from integration.rekey.guard import in_use

    try:
        place = str(municipality(domain))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None
    with in_use(settings().zones, [place]):
        yield


def _alone(work: Callable[..., Done], domain: str, asked: Request | str) -> Done:
    """Do it while no rotation is at work; the warehouse is built anew by the line's night."""
    from integration import pipeline

    with _in_use(domain):
        return work(settings(), asked, pipeline.nightly)


def _prompt() -> bytes:
    """The number as it is typed, not shown; from the terminal, or from standard input where there is none."""
    import os
    from getpass import getpass

    from integration.hardening import harden

    before = os.umask(0o077)
    harden()
    os.umask(before)  # what is published afterwards is for those it was for
    return getpass("BSN (wordt niet getoond): ").strip().encode("ascii", "replace")


def _tell(done: Done, json_: bool) -> None:
    from integration import console

    if json_:
        console.print_json(asdict(done))
        return
    rows = [
        ("leveringen", done.deliveries),
        ("rijen geheel", done.rows),
        ("vermeldingen", done.mentions),
        ("op de lijst", "ja" if done.listed else "nee"),
        ("was al zo", "ja" if done.unchanged else "nee"),
    ]
    console.print_table(f"{_WHAT[done.action]} · {done.domain}", ("wat", "aantal"), rows)


@subject_app.command("find")
def subject_find(
    domain: Domain,
    case: Case,
    person: Person = None,
    ask: Ask = False,
    reason: Why = _DEFAULT,
    json_: Json = False,
) -> None:
    """Whether a person is known, and in how many records of which sources; logged as a look."""
    from integration import console
    from integration.rights import commands

    asked = _asked(domain, case, reason, person, ask)
    with _in_use(domain):
        found = commands.find(settings(), asked)
    if json_:
        console.print_json(found)
        return
    rows = [("persoon", found["person"]), ("vermeldingen", found["mentions"])]
    rows += [(f"bron {name}", count) for name, count in found["sources"].items()]
    rows += [
        ("beperkt", "ja" if found["restricted"] else "nee"),
        ("bezwaar", "ja" if found["objected"] else "nee"),
    ]
    console.print_table(f"Betrokkene · {found['domain']}", ("wat", "gevonden"), rows)


def _offer(name: str, work: str, told: str) -> None:
    """Make a command of a function of :mod:`integration.rights.commands` that changes what is kept of a person."""

    @subject_app.command(name, help=told)
    def change(
        domain: Domain,
        case: Case,
        person: Person = None,
        ask: Ask = False,
        reason: Why = _DEFAULT,
        json_: Json = False,
    ) -> None:
        from integration.rights import commands

        asked = _asked(domain, case, reason, person, ask)
        _tell(_alone(getattr(commands, work), domain, asked), json_)


for _name, (_work, _told) in _CHANGES.items():
    _offer(_name, _work, _told)


@subject_app.command("export")
def subject_export(
    domain: Domain,
    case: Case,
    to: Annotated[Path, typer.Option(help="The page to write (.html); the same as JSON is put beside it.")],
    person: Person = None,
    ask: Ask = False,
    reason: Why = _DEFAULT,
    json_: Json = False,
) -> None:
    """Write down everything that is held about a person, for that person (AVG art. 15); logged as a look."""
    from integration import console
    from integration.rights.export import export

    asked = _asked(domain, case, reason, person, ask)
    with _in_use(domain):
        written = export(settings(), asked, to)
    if json_:
        console.print_json({"files": [str(path) for path in written]})
        return
    for path in written:
        console.stdout().print(f"{path}", soft_wrap=True)


@subject_app.command("apply")
def subject_apply(domain: Domain, json_: Json = False) -> None:
    """After restoring a backup: finish what is unfinished, and take listed persons out again."""
    from integration.rights import commands

    _tell(_alone(commands.apply, domain, domain), json_)
