"""The synthetic sample: six municipalities, invented people, what happened to them, and what sources wrote of it.

Nobody in it exists; everything made from it carries the mark SYNTHETISCH. See docs/reference/sample.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.sample.make import SampleResult, generate

__all__ = ["SampleResult", "generate"]


def __getattr__(name: str) -> Any:
    """Import the generator when it is first asked for, so that listing commands costs nothing (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("integration.sample.make"), name)
