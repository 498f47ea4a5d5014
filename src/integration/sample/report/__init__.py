"""Checks on the sample itself: what it holds beside what is published, and what was planted in it.

Reads the truth only, never a delivery. See docs/reference/sample-report.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.sample.report.checking import Report, check
    from integration.sample.report.site import write_pages

_HOMES = {"Report": "checking", "check": "checking", "write_pages": "site"}

__all__ = ["Report", "check", "write_pages"]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first asked for, so that listing commands costs nothing."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
