"""Who is asking: the name of a person or service as it stands in the audit log and in ``people.yml``."""

from __future__ import annotations

import os
import pwd
import re
from pathlib import Path

ACTOR = re.compile(r"[A-Za-z_][A-Za-z0-9_.@-]{0,63}|uid-[0-9]{1,10}", re.ASCII)
"""A user name of the operating system, the subject that an identity provider gives, or a user's number."""


def is_actor(name: str) -> bool:
    """Whether a user name can stand in the log as it is."""
    return ACTOR.fullmatch(name) is not None


def this_user() -> str:
    """The operating system's user that runs this process, by the system's own word and not the environment's."""
    return _name(os.geteuid())


def owner(path: Path) -> str | None:
    """The user who owns a file or folder; None when there is no such thing. Raises OSError when it cannot be told."""
    try:
        return _name(path.stat().st_uid)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _name(number: int) -> str:
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = ""
    return name if is_actor(name) else f"uid-{number}"
