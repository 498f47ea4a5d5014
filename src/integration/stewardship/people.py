"""``<home>/people.yml``: who has which role, for which sources and municipalities, and who stands in for whom.

A person is the operating system's user name (or the subject that an identity provider gives); what is kept of them
is a function's mail address. The file is read to the letter, as supplier files are. Without it an installation is
its owner's: whoever owns the home folder has every role, and in a synthetic installation everyone has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ValidationError, model_validator
from pydantic import Field as Setting

from integration.actor import is_actor, owner
from integration.contracts.dialect import STRICT
from integration.contracts.reading import read_yaml
from integration.contracts.supplier import Mail, Municipality
from integration.errors import DeclarationError, UsageError
from integration.names import source as source_id
from integration.reasons import Reason
from integration.roles import table

if TYPE_CHECKING:
    from integration.storage import Zones

FILE_NAME = "people.yml"
STEWARD, DEPUTY = "steward", "deputy-steward"
OWNER = "owner"
"""Stands where a role would, in an installation without people.yml."""


def _user(text: str) -> str:
    if not is_actor(text):
        raise ValueError("not a user name")
    return text


def _role(text: str) -> str:
    if text not in table().roles:
        raise ValueError(f"a role is one of {', '.join(table().roles)}")
    return text


User = Annotated[str, AfterValidator(_user)]
Sources = Annotated[
    tuple[Annotated[str, AfterValidator(source_id)], ...], Setting(min_length=1, strict=False)
]
Places = Annotated[tuple[Municipality, ...], Setting(min_length=1, strict=False)]


class Grant(BaseModel):
    """A role, for all sources and municipalities unless some are named."""

    model_config = STRICT

    role: Annotated[str, AfterValidator(_role)]
    sources: Sources | None = None
    municipalities: Places | None = None

    def covers(self, source: str | None, municipality: str | None) -> bool:
        """Whether it is about this source and municipality; None asks about any."""
        return (source is None or self.sources is None or source in self.sources) and (
            municipality is None or self.municipalities is None or municipality in self.municipalities
        )


class Absence(BaseModel):
    """Days, both included, on which ``deputy`` does what the person does as a steward."""

    model_config = STRICT

    since: date
    until: date
    deputy: User

    @model_validator(mode="after")
    def _in_order(self) -> Absence:
        if self.until < self.since:
            raise ValueError("until lies before since")
        return self


class Person(BaseModel):
    """One person: who they are to the system, the mail address of their function, their roles and absences.

    Roles count from ``since`` to ``until``, both included; without ``until`` they do not end.
    """

    model_config = STRICT

    user: User
    email: Mail
    roles: Annotated[tuple[Grant, ...], Setting(min_length=1, strict=False)]
    since: date
    until: date | None = None
    absent: Annotated[tuple[Absence, ...], Setting(strict=False)] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Person:
        if self.until is not None and self.until < self.since:
            raise ValueError("until lies before since")
        return self

    def here(self, on: date) -> bool:
        """Whether their roles count on a day."""
        return self.since <= on and (self.until is None or on <= self.until)

    def absence(self, on: date) -> Absence | None:
        """Their absence on a day."""
        return next((absence for absence in self.absent if absence.since <= on <= absence.until), None)

    def has(self, roles: Iterable[str], source: str | None, municipality: str | None) -> bool:
        """Whether one of these roles is theirs, for this source and municipality."""
        wanted = set(roles)
        return any(grant.role in wanted and grant.covers(source, municipality) for grant in self.roles)


class _File(BaseModel):
    model_config = STRICT

    people: Annotated[tuple[Person, ...], Setting(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _fits(self) -> _File:
        users = [person.user for person in self.people]
        if len(set(users)) != len(users):
            raise ValueError("a user occurs twice")
        stewards = {p.user for p in self.people if p.has((STEWARD, DEPUTY), None, None)}
        for person in self.people:
            for absence in person.absent:
                if absence.deputy == person.user or absence.deputy not in stewards:
                    raise ValueError("a deputy is another person who is steward or deputy-steward")
        return self


@dataclass(frozen=True)
class People:
    """Who has which role. ``persons`` is None without a file; ``owner`` then has every role, and all when None."""

    persons: tuple[Person, ...] | None
    owner: str | None = None

    @property
    def declared(self) -> bool:
        """Whether the installation says who has which role."""
        return self.persons is not None

    def person(self, actor: str) -> Person | None:
        """The person of a user name."""
        return next((person for person in self.persons or () if person.user == actor), None)

    def may(
        self,
        actor: str,
        right: str,
        *,
        source: str | None = None,
        municipality: str | None = None,
        on: date,
    ) -> bool:
        """Whether someone has a right for a source and municipality on a day; None asks about any.

        Whoever stands in for a steward has what that steward has. A right that is not in the table is nobody's.
        """
        if right not in table().rights:
            return False
        if table().rights[right].everywhere:
            source = municipality = None
        if self.persons is None:
            return self.owner is None or actor == self.owner
        roles = table().roles_with(right)
        for person in self._acting_as(actor, on):
            wanted = roles if person.user == actor else [role for role in roles if role in (STEWARD, DEPUTY)]
            if person.has(wanted, source, municipality):
                return True
        return False

    def steward_role(self, actor: str, source: str | None, municipality: str | None) -> str:
        """The role in which somebody acts as a steward: their own, or the deputy's; ``owner`` without a file."""
        if self.persons is None:
            return OWNER
        person = self.person(actor)
        return STEWARD if person is not None and person.has([STEWARD], source, municipality) else DEPUTY

    def require(
        self,
        actor: str,
        right: str,
        *,
        source: str | None = None,
        municipality: str | None = None,
        on: date,
    ) -> None:
        """Raise :class:`UsageError` (ROLE_LACKING), naming the right, when someone does not have it."""
        if not self.may(actor, right, source=source, municipality=municipality, on=on):
            raise UsageError(Reason.ROLE_LACKING, f"right {right}")

    def steward_for(self, source: str, municipality: str, on: date) -> Person | None:
        """Who looks after a source's deliveries about a municipality on a day.

        The first steward of the file who covers it, or who stands in for them; when there is none, the first deputy
        steward who is there. None when nobody does, as in an installation without a file.
        """
        for role in (STEWARD, DEPUTY):
            for person in self.persons or ():
                if not (person.here(on) and person.has([role], source, municipality)):
                    continue
                if (acting := self._stands_in(person, on)) is not None:
                    return acting
        return None

    def deputy_for(self, source: str, municipality: str, on: date) -> Person | None:
        """The first other steward or deputy steward who may decide about it and is there; the second pair of eyes."""
        steward = self.steward_for(source, municipality, on)
        found = (p for p in self.persons or () if p is not steward and p.here(on) and not p.absence(on))
        ordered = sorted(found, key=lambda p: not p.has([DEPUTY], source, municipality))
        return next((p for p in ordered if p.has((DEPUTY, STEWARD), source, municipality)), None)

    def _stands_in(self, person: Person, on: date) -> Person | None:
        """The person, or whoever stands in for them; None when that goes round in a circle or nobody is there."""
        seen: set[str] = set()
        acting: Person | None = person
        while acting is not None and acting.user not in seen and acting.here(on):
            seen.add(acting.user)
            absence = acting.absence(on)
            if absence is None:
                return acting
            acting = self.person(absence.deputy)
        return None

    def _acting_as(self, actor: str, on: date) -> Iterator[Person]:
        """Oneself, and everyone whom one stands in for on a day."""
        for person in self.persons or ():
            if person.here(on) and (person.user == actor or self._is_for(actor, person, on)):
                yield person

    def _is_for(self, actor: str, person: Person, on: date) -> bool:
        acting = self._stands_in(person, on)
        return acting is not None and acting.user == actor


def load(zones: Zones) -> People:
    """Return who has which role in an installation.

    Raises :class:`DeclarationError` (PEOPLE_INVALID), naming the first thing wrong: nobody has a role then.
    """
    path = zones.home / FILE_NAME
    try:
        if path.is_symlink() or path.exists():
            return People(read_people(path))
        held_by = owner(zones.home)
    except OSError:
        raise DeclarationError(Reason.PEOPLE_INVALID, "the home folder cannot be read") from None
    from integration.settings import get_settings

    return People(None, None if get_settings(zones.home).synthetic else held_by)


def read_people(path: Path) -> tuple[Person, ...]:
    """Return the persons that a file declares; raise :class:`DeclarationError` (PEOPLE_INVALID)."""
    document = read_yaml(path, reason=Reason.PEOPLE_INVALID)
    try:
        return _File.model_validate(document).people
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        why = f"{place}: {first['msg'].removeprefix('Value error, ')}"
        raise DeclarationError(Reason.PEOPLE_INVALID, why, file=path.name) from None
