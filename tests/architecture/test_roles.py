"""The table of roles and rights is about the commands there are, and about no others."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from integration.roles import table

WAITS_FOR_A_PAGE = {"family.see"}
"""Rights that no command asks for."""
ASKED_BY_CODE = {"quality.decide", "linkage.review"}
"""Rights that functions ask for, whether or not a command does."""


def tree() -> Any:
    from integration.cli import register
    from integration.cli.app import app

    register()
    return get_command(app)


def test_every_command_is_in_the_table_and_nothing_else_is() -> None:
    from integration.cli.guard import commands

    assert sorted(commands(tree())) == sorted(table().commands)


def test_every_role_and_right_is_used() -> None:
    found = table()
    assert all(role.rights for role in found.roles.values())
    assert all(found.roles_with(right) for right in found.rights)
    idle = {name for name, right in found.rights.items() if not right.commands}
    assert idle <= WAITS_FOR_A_PAGE | ASKED_BY_CODE


def test_what_divides_power_stays_divided() -> None:
    """Who keeps the keys sees no delivery; who runs the line has no key; only the privacy officer erases."""
    rights = {name: set(role.rights) for name, role in table().roles.items()}
    assert not {"line.run", "quality.see", "linkage.see"} & rights["key-keeper"]
    assert [name for name in rights if "keys.manage" in rights[name]] == ["key-keeper"]
    assert [name for name in rights if "subject.rights" in rights[name]] == ["privacy-officer"]
    assert set.intersection(*rights.values()) == {"figures.see", "roles.see"}
    assert rights["manager"] == {"figures.see", "roles.see"}
