"""The contracts as a page to read.

``python -m integration.contracts.reference > docs/reference/contracts.md`` makes it anew.
"""

from __future__ import annotations

import sys

from integration.contracts import contract_ids
from integration.contracts.load import load_contract, versions
from integration.contracts.model import Contract, Field

_INTRODUCTION = """\
# Data contracts

<!-- Made from the contracts by `python -m integration.contracts.reference`; do not edit. -->

What each source delivers, in the newest version of its contract. Column names, labels and the meaning of
codes are Dutch, as in the sources. Role: an *identifier* is gone after encoding, a *quasi_identifier* is
coarsened, a *key* becomes a token, an *attribute* is kept, the *envelope* describes the delivery. A list is
written inside one field, with the supplier's separator. The documents are in
`src/integration/contracts/odcs/`.
"""
_UNITS = {"d": "days", "m": "months", "y": "years"}
_ACCESS = {
    "basis_required": "closed until the municipality has recorded its legal basis",
    "synthetic_only": "closed by default outside the synthetic sample",
}


def render() -> str:
    """Return the reference page of all contracts as Markdown."""
    return "\n".join([_INTRODUCTION, *(_contract(load_contract(source)) for source in contract_ids())])


def _contract(contract: Contract) -> str:
    retention = ", ".join(
        f"{zone} {term.value} {_UNITS[term.unit]}" for zone, term in contract.retention.items()
    )
    rows = [
        f"## {contract.id}",
        "",
        f"{contract.title_nl} ({contract.title_en}). {contract.purpose}",
        "",
        f"- Version: {contract.version} (known: {', '.join(versions(contract.id))})",
        f"- File: `{contract.file_name}`",
        f"- Delivery: {contract.schedule.frequency}, due {contract.schedule.due_days} days after the period",
        f"- Source holder: {contract.owner}",
        f"- Legal basis ({contract.legal_status}): {contract.legal_basis}",
        f"- Access: {_ACCESS[contract.access]}",
        f"- Retention: {retention}",
        "",
        "| Column | Label | Type | Codes or form | Required | Role | About |",
        "|---|---|---|---|---|---|---|",
        *(_row(field) for field in contract.fields),
        "",
        "Meaning of the codes:",
        "",
        *(_meaning(field) for field in contract.fields if field.codes),
        "",
    ]
    return "\n".join(rows)


def _row(field: Field) -> str:
    required = "yes" if field.required else ""
    cells = (f"`{field.name}`", field.label_nl, field.type, _form(field), required, field.role, field.about)
    return f"| {' | '.join(cells)} |"


def _form(field: Field) -> str:
    """Return the code list, bounds or pattern of a column, or nothing."""
    if field.codes:
        return " ".join(field.codes)
    if field.pattern:
        return f"`{field.pattern}`".replace("|", "\\|")
    if field.minimum is not None and field.maximum is not None:
        return f"{field.minimum} to {field.maximum}"
    return f"{field.minimum} or more" if field.minimum is not None else ""


def _meaning(field: Field) -> str:
    meanings = "; ".join(f"`{code}` {field.code_label(code)}" for code in field.codes or ())
    return f"- `{field.name}`: {meanings} (source: {field.source})"


if __name__ == "__main__":
    sys.stdout.write(render())
