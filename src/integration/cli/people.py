"""``integration roles``: the one table of roles and rights, and who has what now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration.cli.app import Json, app, settings

if TYPE_CHECKING:
    from datetime import date

    from integration.stewardship.people import Grant, Person


@app.command()
def roles(json_: Json = False) -> None:
    """The roles with their rights, and who has which role now."""
    from integration import console
    from integration.roles import table
    from integration.stewardship import people

    chosen, rules = settings(), table()
    found = people.load(chosen.zones)
    now = [_person(person, chosen.today()) for person in found.persons or ()]
    if json_:
        told = {"owner": found.owner, "declared": found.declared, "people": now}
        console.print_json(rules.model_dump(mode="json") | told)
        return
    lines = [(r.nl, r.task_nl, "\n".join(rules.rights[x].nl for x in r.rights)) for r in rules.roles.values()]
    console.print_table("Rollen", ("rol", "taak", "mag"), lines)
    if not found.declared:
        whose = f"{found.owner} heeft iedere rol" if found.owner else "iedereen heeft iedere rol"
        console.stdout().print(f"Er is geen {people.FILE_NAME}: {whose}")
        return
    heads = ("wie", "postbus", "rollen", "van", "tot en met", "neemt nu waar")
    console.print_table("Wie heeft welke rol", heads, [_line(person) for person in now])


def _person(person: Person, on: date) -> dict[str, Any]:
    """A person as JSON: whether their roles count on a day, and who stands in for them then."""
    absence = person.absence(on)
    here = {"here": person.here(on), "deputy": absence.deputy if absence else None}
    return person.model_dump(mode="json", exclude={"absent"}) | here | {"roles_nl": _roles(person.roles)}


def _roles(grants: tuple[Grant, ...]) -> str:
    return "; ".join(_role(grant) for grant in grants)


def _role(grant: Grant) -> str:
    """A role in Dutch, with what it is limited to."""
    from integration.roles import table

    limits = ", ".join((*(grant.sources or ()), *(grant.municipalities or ())))
    return table().roles[grant.role].nl + (f" ({limits})" if limits else "")


def _line(person: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(person[name] for name in ("user", "email", "roles_nl", "since", "until", "deputy"))
