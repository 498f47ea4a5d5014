"""Reading a sample as it lies in its folders: the truth, and deliveries in the contract's words."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from integration.contracts import load_supplier
from integration.names import Period
from integration.sample.declare import packaged
from integration.sample.declare_deliveries import Defects
from integration.storage import Zones

SMALL: dict[str, Any] = {"scale": 0.01, "busy": 8.0}
"""A sample of 5,000 inhabitants in which much happens, made in seconds."""


def truth(zones: Zones, name: str) -> list[dict]:
    """The rows of one table of the truth."""
    return pq.read_table(zones.truth / f"{name}.parquet").to_pylist()


def manifests(zones: Zones) -> list[tuple[Path, dict]]:
    """Every manifest in the inbox, with its place."""
    return [(path, json.loads(path.read_text())) for path in sorted(zones.inbox.glob("*/*.manifest.json"))]


def payload(path: Path, manifest: dict) -> Path:
    """The file that a manifest is about."""
    return path.parent / manifest["payload"]["file"]


def delivery_id(manifest: dict) -> str:
    """The id of the delivery that a manifest is about."""
    parts = (manifest[key] for key in ("source", "supplier", "municipality", "period"))
    return f"{'.'.join(parts)}.{manifest['sequence']:04}"


def rows(zones: Zones, path: Path, manifest: dict) -> list[dict[str, str]]:
    """The rows of a delivery under the contract's names and codes, as texts; also where headers were changed."""
    supplier = load_supplier(zones, manifest["supplier"])
    ours = {header: name for name, header in supplier.contract.headers(supplier).items()}
    for plan in packaged(Defects, "defects").deliveries:
        if (plan.source, plan.municipality) == (manifest["source"], manifest["municipality"]):
            ours |= {header: name for name, header in plan.columns.items()}
    text = payload(path, manifest).read_bytes().decode(manifest["payload"]["encoding"])
    found = []
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True):
        plain = {ours[header]: value for header, value in row.items()}
        found.append({name: supplier.codes.get(name, {}).get(value, value) for name, value in plain.items()})
    return found


def readable(zones: Zones) -> list[tuple[Path, dict]]:
    """The manifests of files that can be read as agreed: not those cut off or written with another delimiter."""
    broken = {row["delivery_id"] for row in truth(zones, "deliveries")
              if row["defect"] in {"truncated", "wrong_delimiter"}}  # fmt: skip
    return [(path, manifest) for path, manifest in manifests(zones) if delivery_id(manifest) not in broken]


def newest(zones: Zones) -> list[tuple[dict, str, int, dict[str, str]]]:
    """The newest version of each record that was not taken back: manifest, delivery, row number, row."""
    found: dict[tuple[str, str], tuple] = {}
    for path, manifest in manifests(zones):
        order = (Period.parse(manifest["period"]).end, manifest["sequence"])
        for place, row in enumerate(rows(zones, path, manifest), 1):
            key = (manifest["supplier"], row["record_id"])
            if key not in found or found[key][0] < order:
                found[key] = (order, manifest, place, row)
    return [
        (manifest, delivery_id(manifest), place, row)
        for _, manifest, place, row in found.values()
        if row["status_aanlevering"] != "3" and row.get("reden_wijziging") != "13"
    ]


def content(home: Path) -> dict[str, tuple[str, int]]:
    """Every file's SHA-256 and modification time (of deliveries: the moment they arrived)."""
    return {
        str(path.relative_to(home)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            int(path.stat().st_mtime) if "inbox" in path.parts else 0,
        )
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def near(found: int, number: int, rate: float) -> bool:
    """Whether so many of ``number`` is near ``rate``: within five standard deviations, and a half for rounding."""
    return abs(found - number * rate) <= 5 * math.sqrt(number * rate * (1 - rate)) + 0.5
