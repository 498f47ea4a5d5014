"""What is told of a stage: its objects from what it is asked, its ends from what it returns."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from integration import __version__
from integration.audit.lines import Event, is_actor
from integration.audit.words import Purpose, StageRule
from integration.names import DeliveryId, InvalidName, municipality, source
from integration.outcomes import DomainResult, Outcome
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.settings import Settings


class End(NamedTuple):
    """How a stage ended for one object."""

    object: str
    outcome: str
    reason: Reason | None = None


def objects_of(rule: StageRule, given: Any) -> list[str]:
    """What a stage works on, from its first argument; a name that follows no grammar is not repeated."""
    if rule.kind == "release":
        return ["release:all"]
    if given is None:
        return [f"{rule.kind}:all"]
    return [_name(rule.kind, text) for text in ([given] if isinstance(given, str) else given)]


def _name(kind: str, text: str) -> str:
    check: dict[str, Callable[[str], object]] = {
        "delivery": DeliveryId.parse, "domain": municipality, "inbox": source,
    }  # fmt: skip
    try:
        return f"{kind}:{check[kind](text)}"
    except (InvalidName, ValueError):
        return f"{kind}:unknown"


def ends_of(objects: Sequence[str], result: object) -> list[End]:
    """What came of each object, from what a stage returned."""
    if isinstance(result, Outcome):
        return [_outcome(result)]
    if isinstance(result, DomainResult):
        return [End(name, "unchanged" if result.unchanged else "done") for name in objects]
    if isinstance(result, list):
        each = [_outcome(outcome) for outcome in result]
        return (
            each
            if objects and objects[0].startswith("delivery:")
            else [*each, *(End(o, "done") for o in objects)]
        )
    number, existing = getattr(result, "number", None), getattr(result, "existing", False)
    if isinstance(number, int):
        return [End(f"release:{number:04d}", "unchanged" if existing else "done")]
    return [End(name, "done") for name in objects]


def _outcome(outcome: Outcome) -> End:
    name = outcome.delivery_id
    known = name if name.startswith("Q-") else _name("delivery", name).removeprefix("delivery:")
    kind = "quarantine" if name.startswith("Q-") else "delivery"
    return End(f"{kind}:{known}", outcome.state, Reason[outcome.reason] if outcome.reason else None)


def make_event(
    settings: Settings,
    event: str,
    action: str,
    name: str,
    purpose: Purpose,
    *,
    actor: str | None = None,
    **rest: Any,
) -> Event:
    """An event of now, by this user, with who answers for its object."""
    return Event(
        event=event,
        time=settings.now(),
        actor=actor or user(),
        action=action,
        object=name,
        purpose=purpose,
        system=f"integration {__version__}",
        organisation=_organisation(settings, name),
        **rest,
    )


def _organisation(settings: Settings, name: str) -> str | None:
    """Who answers for it: the municipality that it is about, else the organisation that runs the installation."""
    kind, _, text = name.partition(":")
    parts = text.split(".")
    if kind == "domain" and text != "unknown":
        return text
    if kind == "delivery" and len(parts) == 5:
        return parts[2]
    return settings.organisation or None


def user() -> str:
    """The operating system's user that runs this process, by the system's own word and not the environment's."""
    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = ""
    return name if is_actor(name) else f"uid-{number}"
