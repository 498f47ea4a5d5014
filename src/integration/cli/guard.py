"""Who may give a command: asked in one place, of every command, by its path in the table of roles and rights.

It stands between what was typed and the command's own function, so that a refused command has read nothing. A
command with a source, municipality or delivery asks for the right there; one without asks for it anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from integration.cli.app import settings
from integration.errors import IntegrationError, UsageError
from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.settings import Settings


def commands(tree: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything that can be run in a tree of commands, by its path: ``keys rotate``."""
    subs = getattr(tree, "commands", None)
    runs = subs is None or (path and tree.invoke_without_command)
    found = {" ".join(path): tree} if runs else {}
    for name, sub in (subs or {}).items():
        found |= commands(sub, (*path, name))
    return found


def guard(tree: Any) -> Any:
    """Let every command of a tree ask first whether whoever runs it may."""
    for path, command in commands(tree).items():
        _ask_first(path, command)
    return tree


def _ask_first(path: str, command: Any) -> None:
    run, call, at = command.invoke, command.callback, list[Any]()

    def running(context: Any) -> Any:
        at[:] = [context]
        return run(context)

    def calling(**given: Any) -> Any:
        if at[0].invoked_subcommand is None:
            allow(path, given)
        return call(**given)

    command.invoke, command.callback = running, calling


def allow(path: str, given: Mapping[str, Any]) -> None:
    """Return when this user may run the command with these parameters.

    Raises :class:`UsageError` (ROLE_LACKING), written in the access log first, and what broken declarations raise.
    """
    from integration.actor import this_user
    from integration.roles import table
    from integration.stewardship import people

    right = table().right_of(path)
    if right is None:
        return
    chosen = settings()
    who = people.load(chosen.zones)
    if who.may(this_user(), right, on=chosen.today(), **scope(given)):
        return
    whose = "" if who.declared else f"; without {people.FILE_NAME} only the owner of the installation has it"
    raise UsageError(Reason.ROLE_LACKING, f"{path} asks for the right {right}{whose}{_tell(chosen, path)}")


def scope(given: Mapping[str, Any]) -> dict[str, str | None]:
    """The source and municipality that a command's parameters are about; None where they name none, or several."""
    from integration.names import DeliveryId, InvalidName

    found = {"source": given.get("source"), "municipality": given.get("municipality") or given.get("domain")}
    for name in ("delivery", "delivery_id"):
        try:
            delivery = DeliveryId.parse(str(given.get(name)))
        except InvalidName:
            continue
        found = {"source": delivery.source, "municipality": delivery.municipality}
    return {name: text if isinstance(text, str) else None for name, text in found.items()}


def audit_names(path: str) -> tuple[str, str]:
    """A command's action and object in the audit log: ``keys.rotate`` and ``command:keys.rotate``."""
    group, _, rest = path.partition(" ")
    return f"{group}.{rest.replace(' ', '-')}" if rest else group, f"command:{path.replace(' ', '.')}"


def _tell(chosen: Settings, path: str) -> str:
    """Write the refusal down; what to add to the message when that cannot be done. No installation has no log."""
    if not chosen.zones.home.is_dir():
        return ""
    from integration import audit

    action, name = audit_names(path)
    try:
        audit.looked(
            chosen,
            action,
            {name: name},
            purpose=audit.Purpose.OVERSIGHT,
            outcome="refused",
            reason=Reason.ROLE_LACKING,
        )
    except IntegrationError as error:
        return f"; {error.reason.value}"
    return ""
