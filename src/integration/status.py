"""How things stand: what every supplier delivered, what became of it, and what each domain's file holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from integration.contracts import load_supplier, supplier_codes
from integration.ledger import Entry, Ledger
from integration.municipalities import shown_name
from integration.names import DomainCode
from integration.settings import Settings
from integration.storage import read_json


def status(settings: Settings) -> dict[str, Any]:
    """Per source, supplier and domain: deliveries by state and reason, rows; per domain: persons and families.

    Counts of deliveries and rows only; a domain without a published file has no persons and families yet. Per domain
    also on what its published file rests (``rests_on``), what the check after linking found of it (``checked``), and
    of a night since that was stopped (``stopped``; None when none was).
    """
    suppliers = _suppliers(settings)
    return {
        "synthetic": settings.synthetic,
        "clock": settings.now().isoformat(),
        "suppliers": suppliers,
        "sources": _by(suppliers, "source"),
        "domains": [_domain(settings, code, suppliers) for code in _domains(suppliers)],
        "unknown_suppliers": _unknown(settings, suppliers),
    }


def _suppliers(settings: Settings) -> list[dict[str, Any]]:
    ledger = Ledger(settings.ledger())
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for code in supplier_codes(settings.zones):
        supplier = load_supplier(settings.zones, code)
        for municipality in supplier.municipalities:
            key = (str(supplier.source), str(supplier.code), str(municipality))
            found[key] = {
                "source": key[0], "supplier": key[1], "domain": key[2],
                "accepted": 0, "waiting": 0, "held": 0, "quarantined": Counter(), "rows": 0, "rows_refused": 0,
            }  # fmt: skip
    for entry in ledger.entries():
        row = found.get((entry.source, entry.supplier, entry.municipality))
        if row is not None:
            _count(row, entry)
    for refused in ledger.quarantined():
        for key, row in found.items():
            if key[1] == refused.get("supplier") and refused.get("municipality") in {key[2], None}:
                row["quarantined"][refused["reason"]] += 1
                break
    return [found[key] | {"quarantined": dict(found[key]["quarantined"])} for key in sorted(found)]


def _count(row: dict[str, Any], entry: Entry) -> None:
    """Add a delivery to its supplier's row, by its state."""
    if entry.state == "loaded":
        row["accepted"] += 1
        row["rows"] += int(entry.facts.get("rows_ok", entry.rows))
        row["rows_refused"] += int(entry.facts.get("rows_refused", 0))
    elif entry.state == "quarantined" and entry.reason:
        row["quarantined"][entry.reason.value] += 1
    else:
        row["held" if entry.state == "held" else "waiting"] += 1


def _unknown(settings: Settings, suppliers: list[dict[str, Any]]) -> dict[str, int]:
    """Refused deliveries of nobody we know, or about a municipality that their supplier does not deliver for."""
    ledger = Ledger(settings.ledger())
    reasons = Counter(refused["reason"] for refused in ledger.quarantined())
    reasons += Counter(entry.reason.value for entry in ledger.entries(state="quarantined") if entry.reason)
    for row in suppliers:
        reasons -= Counter(row["quarantined"])
    return dict(reasons)


def _by(suppliers: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in suppliers:
        groups[row[key]].append(row)
    return [
        {
            key: name,
            "accepted": sum(row["accepted"] for row in rows),
            "waiting": sum(row["waiting"] for row in rows),
            "held": sum(row["held"] for row in rows),
            "quarantined": dict(sum((Counter(row["quarantined"]) for row in rows), Counter())),
            "rows": sum(row["rows"] for row in rows),
            "rows_refused": sum(row["rows_refused"] for row in rows),
        }
        for name, rows in sorted(groups.items())
    ]


def _domains(suppliers: list[dict[str, Any]]) -> list[str]:
    return sorted({row["domain"] for row in suppliers})


def _domain(settings: Settings, code: str, suppliers: list[dict[str, Any]]) -> dict[str, Any]:
    total = _by([row for row in suppliers if row["domain"] == code], "domain")[0]
    path = settings.zones.warehouse / f"{DomainCode(code)}.json"
    manifest = read_json(path) if path.exists() else {}
    tables = manifest.get("tables", {})
    return total | {
        "name": shown_name(settings, code),
        "run_date": manifest.get("run_date"),
        "persons": tables.get("core.person"),
        "families": tables.get("core.family"),
        "rests_on": manifest.get("rests_on", []),
        "checked": _checked(settings.zones.model_check(DomainCode(code))),
        "stopped": _checked(settings.zones.model_check(DomainCode(code), building=True)),
    }


def _checked(path: Path) -> dict[str, Any] | None:
    """What a check after linking came to, with the ids of what did not hold; None when there is no such file.

    The one of a night that was stopped is there until the next night that goes on.
    """
    if not path.exists():
        return None
    told = read_json(path)
    found = {
        result: [
            f"{table['table']}.{check['id']}"
            for table in told["tables"]
            for check in table["checks"]
            if check["result"] == result and check["weight"] != "info"
        ]
        for result in ("failed", "error")
    }
    named = {"not_held": found["failed"], "not_run": found["error"]}
    return {"run_date": told["run_date"], "outcome": told["outcome"], "counts": told["counts"]} | named
