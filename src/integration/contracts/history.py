"""Versions of a contract: full documents, and short differences to the version before.

A difference names what a new year changes and nothing else::

    previous: 1.0.0
    version: 1.1.0
    why: De gemeenten willen weten of de zaak na een huisverbod begon.
    add:
    - {after: aanmelder, name: na_huisverbod, ...}     # a whole property; `after` is optional
    change:
      aanmelder: {enum_add: [{value: GGZ, label: Geestelijke gezondheidszorg}]}
    remove: [warme_overdracht]
    sla: {delivery_due: {value: 14}}
"""

from __future__ import annotations

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

from integration.contracts.reading import invalid, read_yaml

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
_DIFF_KEYS = {"previous", "version", "why", "add", "change", "remove", "sla"}

Document = dict[str, Any]


def versions_in(folder: Path) -> list[str]:
    """Return the versions that ``folder`` describes, oldest first."""
    found = {path.name.removesuffix(".yml").removesuffix(".diff") for path in folder.glob("*.yml")}
    return sorted((text for text in found if _VERSION.fullmatch(text)), key=version_key)


def version_key(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, so that 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in version.split("."))


def read_version(folder: Path, version: str) -> Document:
    """Return the full document of ``version``: its own, or the previous one's with the difference applied.

    Raises :class:`~integration.errors.DeclarationError` when a difference does not fit the version before it.
    """
    full = folder / f"{version}.yml"
    if full.is_file():
        return read_yaml(full)
    path = folder / f"{version}.diff.yml"
    diff = read_yaml(path)
    where = f"{folder.name} {version}"
    _check_diff(where, version, diff)
    previous = str(diff["previous"])
    if previous not in versions_in(folder) or version_key(previous) >= version_key(version):
        raise invalid(where, "the difference does not name an older version")
    return apply_diff(where, read_version(folder, previous), diff)


def _check_diff(where: str, version: str, diff: Document) -> None:
    if unknown := sorted(set(diff) - _DIFF_KEYS):
        raise invalid(where, f"unknown keys in the difference: {', '.join(unknown)}")
    if missing := sorted({"previous", "version", "why"} - set(diff)):
        raise invalid(where, f"the difference lacks: {', '.join(missing)}")
    if diff["version"] != version:
        raise invalid(where, "the difference's version is not that of its file name")
    shapes = {"add": list, "change": dict, "remove": list, "sla": dict}
    if wrong := [key for key, shape in shapes.items() if key in diff and not isinstance(diff[key], shape)]:
        raise invalid(where, f"not of the expected shape in the difference: {', '.join(wrong)}")


def apply_diff(where: str, document: Document, diff: Document) -> Document:
    """Return a copy of ``document`` with ``diff`` applied: remove, change, add, then the delivery terms."""
    result = deepcopy(document)
    result["version"] = diff["version"]
    properties: list[Document] = result["schema"][0]["properties"]
    for name in diff.get("remove", []):
        properties.remove(_named(where, properties, name))
    for name, changes in diff.get("change", {}).items():
        _change(where, _named(where, properties, name), changes)
    for addition in diff.get("add", []):
        _add(where, properties, dict(addition))
    for term, changes in diff.get("sla", {}).items():
        _term(where, result["slaProperties"], term).update(changes)
    return result


def _named(where: str, properties: list[Document], name: str) -> Document:
    found = [item for item in properties if item.get("name") == name]
    if not found:
        raise invalid(where, f"the difference names column {name}, which the previous version lacks")
    return found[0]


def _term(where: str, terms: list[Document], term: str) -> Document:
    found = [item for item in terms if item.get("id") == term]
    if not found:
        raise invalid(where, f"the difference names delivery term {term}, which the previous version lacks")
    return found[0]


def _add(where: str, properties: list[Document], addition: Document) -> None:
    after = addition.pop("after", None)
    if any(item.get("name") == addition.get("name") for item in properties):
        raise invalid(where, f"the difference adds column {addition.get('name')}, which exists")
    place = len(properties) if after is None else properties.index(_named(where, properties, after)) + 1
    properties.insert(place, addition)


def _change(where: str, item: Document, changes: Document) -> None:
    """Replace keys of one property; ``enum_add`` and ``enum_remove`` edit its code list."""
    changes = dict(changes)
    holder = item["items"] if item.get("logicalType") == "array" and "items" in item else item
    gone = changes.pop("enum_remove", [])
    new = changes.pop("enum_add", [])
    codes = holder.get("enum", [])
    if lacking := sorted(str(code) for code in gone if code not in [entry["value"] for entry in codes]):
        raise invalid(where, f"column {item['name']} has no code {', '.join(lacking)} to remove")
    if gone or new:
        holder["enum"] = [entry for entry in codes if entry["value"] not in gone] + list(new)
    for entry in changes.pop("customProperties", []):
        kept = [old for old in item.get("customProperties", []) if old["property"] != entry["property"]]
        item["customProperties"] = [*kept, entry]
    item.update(changes)
