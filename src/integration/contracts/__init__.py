"""Data contracts: what each source delivers, and how each supplier writes it.

A contract is an Open Data Contract Standard document, ``odcs/<source>/<version>.yml``, or a short difference
to the version before it, ``<version>.diff.yml``. A supplier file is one organisation's dialect of a contract.
Both are read strictly: what cannot be used, or may not be held, is refused before any data is touched.

Everything here is imported when first used, so that listing the sources costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration.contracts.calendar import expected_periods
    from integration.contracts.header import HeaderFinding, check_header
    from integration.contracts.load import load_contract, versions
    from integration.contracts.model import Contract, Field, Retention, Schedule
    from integration.contracts.supplier import Supplier, load_supplier, read_supplier, supplier_codes

ODCS = Path(__file__).resolve().parent / "odcs"

_HOMES = {
    "Contract": "model",
    "Field": "model",
    "Retention": "model",
    "Schedule": "model",
    "HeaderFinding": "header",
    "check_header": "header",
    "load_contract": "load",
    "versions": "load",
    "Supplier": "supplier",
    "load_supplier": "supplier",
    "read_supplier": "supplier",
    "supplier_codes": "supplier",
    "expected_periods": "calendar",
}

__all__ = [
    "ODCS",
    "Contract",
    "Field",
    "HeaderFinding",
    "Retention",
    "Schedule",
    "Supplier",
    "check_header",
    "contract_ids",
    "expected_periods",
    "load_contract",
    "load_supplier",
    "read_supplier",
    "supplier_codes",
    "versions",
]


def contract_ids() -> list[str]:
    """Return the sources that have a contract, sorted; from folder names only, nothing is read."""
    return sorted(path.name for path in ODCS.iterdir() if path.is_dir() and any(path.glob("*.yml")))


def __getattr__(name: str) -> Any:
    """Import the module a public name lives in when the name is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
