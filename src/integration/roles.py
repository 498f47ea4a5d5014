"""The one table of roles and rights, declared in ``roles.yml`` beside this file.

A role has rights; a right opens commands, and is what a page or gate asks for. What a person has is in
:mod:`integration.stewardship.people`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from integration.errors import DeclarationError
from integration.reasons import Reason

FILE = Path(__file__).with_name("roles.yml")

RightName = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z]+$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)?$")]
Command = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z-]*( [a-z][a-z-]*){0,2}$")]
Words = Annotated[str, StringConstraints(min_length=3, max_length=120)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Right(_Declared):
    """What may be done: in Dutch and English, and the commands (by path) that it opens.

    ``everywhere``: it is about no one source or municipality, whatever a role is limited to.
    """

    nl: Words
    en: Words
    commands: tuple[Command, ...]
    everywhere: bool = False


class Role(_Declared):
    """What a person can be: label and task in Dutch and English, and the names of the rights that come with it."""

    nl: Words
    en: Words
    task_nl: Words
    task_en: Words
    rights: tuple[RightName, ...]


class Table(_Declared):
    """The whole table. ``free`` are the commands that need no role."""

    version: int
    free: tuple[Command, ...]
    rights: dict[RightName, Right]
    roles: dict[RoleName, Role]

    @model_validator(mode="after")
    def _fits(self) -> Table:
        for name, role in self.roles.items():
            if unknown := sorted(set(role.rights) - self.rights.keys()):
                raise ValueError(f"{name} has rights that are not declared: {', '.join(unknown)}")
        commands = self.commands
        if twice := sorted({path for path in commands if commands.count(path) > 1}):
            raise ValueError(f"commands that stand in the table twice: {', '.join(twice)}")
        return self

    @property
    def commands(self) -> list[str]:
        """The path of every command in the table."""
        return [*self.free, *(path for right in self.rights.values() for path in right.commands)]

    def right_of(self, command: str) -> str | None:
        """The right that a command asks for; None when it is free.

        Raises :class:`DeclarationError` (ROLES_INVALID) for a command that is not in the table.
        """
        if command in self.free:
            return None
        for name, right in self.rights.items():
            if command in right.commands:
                return name
        raise DeclarationError(Reason.ROLES_INVALID, f"{command} is not in the table", file=FILE.name)

    def roles_with(self, right: str) -> tuple[str, ...]:
        """The roles that have a right, in the order of the table."""
        return tuple(name for name, role in self.roles.items() if right in role.rights)


def read_table(path: Path) -> Table:
    """Read a table of roles and rights; raise :class:`DeclarationError` (ROLES_INVALID) naming what is wrong."""
    try:
        return Table.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        why = f"{place}: {first['msg'].removeprefix('Value error, ')}"
        raise DeclarationError(Reason.ROLES_INVALID, why, file=path.name) from None
    except (OSError, yaml.YAMLError):
        raise DeclarationError(Reason.ROLES_INVALID, file=path.name) from None


@lru_cache(maxsize=1)
def table() -> Table:
    """The table in force."""
    return read_table(FILE)
