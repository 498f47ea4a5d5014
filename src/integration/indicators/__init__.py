"""The network-quality indicators: what each one means, and the figures of a domain.

What an indicator means is declared in ``warehouse/indicators/<id>.yml``; how its units are found in the SQL
model beside it. The shared models there (names that start with an underscore, and ``result``) count units
by period. Python reads the declarations and the result; it calculates nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.indicators.definitions import Definition, Measure, Norm, Window, load_definitions
    from integration.indicators.figures import Result, results

_HOMES = {
    "Definition": "definitions",
    "Measure": "definitions",
    "Norm": "definitions",
    "Window": "definitions",
    "load_definitions": "definitions",
    "Result": "figures",
    "results": "figures",
}

__all__ = ["Definition", "Measure", "Norm", "Result", "Window", "load_definitions", "results"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts light."""
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
