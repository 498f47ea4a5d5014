"""Is this the header row we agreed on? Undeclared, missing and renamed columns are refused by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from integration.reasons import Reason

if TYPE_CHECKING:
    from integration.contracts.model import Contract
    from integration.contracts.supplier import Supplier

_QUOTABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]{0,40}")
_ALIKE = 0.7
"""How much two names must share (difflib's ratio) for one to be taken for the other, renamed."""


class HeaderFinding(NamedTuple):
    """One kind of disagreement. For COLUMN_RENAMED the names come as ``agreed -> found``."""

    reason: Reason
    columns: tuple[str, ...]


def check_header(contract: Contract, supplier: Supplier, header: Sequence[str]) -> list[HeaderFinding]:
    """Tell what is wrong with ``header``, gravest first; empty when it holds exactly the agreed columns.

    The order of the columns is free. Each column is named once, as renamed, missing, undeclared or duplicate,
    in the supplier's own words. When fewer than half of the agreed columns are present the row may be data:
    only HEADER_MISSING is told, without names. A name that does not look like one is told by its place
    (``#7``).
    """
    agreed = list(contract.headers(supplier).values())
    present = set(header) & set(agreed)
    if 2 * len(present) < len(agreed):
        return [HeaderFinding(Reason.HEADER_MISSING, ())]
    missing = [name for name in agreed if name not in present]
    extra = {name: place for place, name in reversed(list(enumerate(header, 1))) if name not in present}
    undeclared = [name for name in header if name in extra]
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    renamed = _renamed(missing, [name for name in dict.fromkeys(undeclared) if _QUOTABLE.fullmatch(name)])
    findings = [
        (Reason.COLUMN_RENAMED, [f"{old} -> {new}" for old, new in renamed.items()]),
        (Reason.COLUMN_MISSING, [name for name in missing if name not in renamed]),
        (
            Reason.COLUMN_UNDECLARED,
            [_told(name, extra[name]) for name in dict.fromkeys(undeclared) if name not in renamed.values()],
        ),
        (Reason.COLUMN_DUPLICATE, [_told(name, extra.get(name, 0)) for name in twice]),
    ]
    return [HeaderFinding(reason, tuple(names)) for reason, names in findings if names]


def _told(name: str, place: int) -> str:
    """Return the name when it is agreed or looks like a column name, else its place in the row."""
    return name if place == 0 or _QUOTABLE.fullmatch(name) else f"#{place}"


def _renamed(missing: list[str], undeclared: list[str]) -> dict[str, str]:
    """Pair a missing and an undeclared column that are alike, best pairs first, each used once."""
    pairs = sorted(
        ((_likeness(old, new), old, new) for old in missing for new in undeclared),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    found: dict[str, str] = {}
    for likeness, old, new in pairs:
        if likeness >= _ALIKE and old not in found and new not in found.values():
            found[old] = new
    return {old: found[old] for old in missing if old in found}


def _likeness(old: str, new: str) -> float:
    """Tell how alike two names are, from 0 to 1, ignoring case and separators."""
    first, second = (re.sub(r"[^a-z0-9]", "", name.casefold()) for name in (old, new))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()
