"""Releases: numbered, immutable folders of protected figures, with a site that opens from disk.

Everything here is imported when first used, so that the command line stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.releases.model import (
        DeliveryLine,
        Place,
        Release,
        ReleaseResult,
        RunSummary,
        Verification,
    )
    from integration.releases.publishing import publish
    from integration.releases.read import latest, query, read_release, verify

_HOMES = {
    "DeliveryLine": "model",
    "Place": "model",
    "Release": "model",
    "ReleaseResult": "model",
    "RunSummary": "model",
    "Verification": "model",
    "publish": "publishing",
    "latest": "read",
    "query": "read",
    "read_release": "read",
    "verify": "read",
}

__all__ = [
    "DeliveryLine",
    "Place",
    "Release",
    "ReleaseResult",
    "RunSummary",
    "Verification",
    "latest",
    "publish",
    "query",
    "read_release",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for from the module that holds it."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
