"""Stages and a rotation of keys keep out of each other's way.

Every stage that reads or writes tokens holds its domains' locks, shared, while it works, and the one of all domains;
a rotation holds the one it needs alone.
A rotation that was killed leaves its version pending in the keyring: until it is whole, the stages refuse.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from integration.errors import IntegrationError
from integration.pseudonyms.keyring_changes import pending_version
from integration.reasons import Reason
from integration.storage import Zones

_ROTATION, _ALL = "rotation", "all"


@contextmanager
def in_use(zones: Zones, domains: Iterable[str]) -> Iterator[None]:
    """Work on some domains' tokens. Raises :class:`IntegrationError` (ROTATION_UNFINISHED) while one is re-keyed."""
    wanted = sorted(set(domains))
    with ExitStack() as held:
        for domain in (_ALL, *wanted):
            if not held.enter_context(_locked(zones, domain, fcntl.LOCK_SH | fcntl.LOCK_NB)):
                refuse_unfinished(zones, wanted)
                held.enter_context(_locked(zones, domain, fcntl.LOCK_SH))  # a purge, which ends soon
        refuse_unfinished(zones, wanted)
        yield


def refuse_unfinished(zones: Zones, domains: Iterable[str]) -> None:
    """Raise :class:`IntegrationError` (ROTATION_UNFINISHED) when a rotation of one of these domains is not whole."""
    pending = pending_version(zones.keys / "keyring.json")
    if pending is not None and (not pending.scope or pending.scope in set(domains)):
        raise IntegrationError(Reason.ROTATION_UNFINISHED, pending.scope)


@contextmanager
def one_rotation(zones: Zones) -> Iterator[None]:
    """Be the only one that changes the keyring. Raises :class:`IntegrationError` (ROTATION_RUNNING)."""
    with _locked(zones, _ROTATION, fcntl.LOCK_EX | fcntl.LOCK_NB) as held:
        if not held:
            raise IntegrationError(Reason.ROTATION_RUNNING)
        yield


@contextmanager
def alone(zones: Zones, domain: str | None) -> Iterator[None]:
    """Wait until no stage works on this domain (None: on any) any more, and keep them out.

    New ones refuse by themselves once a version is pending, so a rotation's wait ends; for a purge they wait.
    """
    with _locked(zones, domain or _ALL, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(zones: Zones, name: str, how: int) -> Iterator[bool]:
    """Hold one lock file; false when another holds it and we do not wait."""
    zones.rotation.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(zones.rotation / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, how)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)
