"""Which audit token follows which: a rotation gives persons and families new pseudonyms, old lines stay as they are.

``audit/subjects/<domain>-<from>-<to>.json`` holds audit tokens only, old to new. A person is found in the access log
under their token of today and all that it follows. One token can have several that follow it: a gezin is named after
one of its children, and has two names under the new key when that child's processing, or another's, is restricted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from integration.audit.lines import read_line
from integration.audit.log import AuditLog
from integration.audit.words import ACCESS
from integration.storage import read_json, write_json

FORMAT = "integration-audit-subjects/2"
_ONE_EACH = "integration-audit-subjects/1"
"""Of earlier rotations: each token is followed by one."""


def subjects_file(folder: Path, domain: str, old: int, new: int) -> Path:
    """Where the tokens of one rotation of one domain lie under the audit folder."""
    return folder / "subjects" / f"{domain}-{old:04d}-{new:04d}.json"


def write_followed(path: Path, domain: str, old: int, new: int, tokens: Iterable[tuple[str, str]]) -> None:
    """Write which audit token follows which in one rotation: pairs of the old one and the new."""
    followed: defaultdict[str, set[str]] = defaultdict(set)
    for before, after in tokens:
        followed[before].add(after)
    listed = {before: sorted(after) for before, after in followed.items()}
    content = {"format": FORMAT, "domain": domain, "from": old, "to": new, "tokens": listed}
    write_json(path, content, mode=0o600)


def known_as(folder: Path, token: str) -> frozenset[str]:
    """A person's audit token and every earlier one that it follows, through all rotations of its domain."""
    domain = token.split(".")[1]
    names = {token}
    for path in sorted((folder / "subjects").glob(f"{domain}-*.json"), key=_version, reverse=True):
        content = read_json(path)
        if content.get("format") == _ONE_EACH:
            names |= {old for old, new in content["tokens"].items() if new in names}
        elif content.get("format") == FORMAT:
            names |= {old for old, new in content["tokens"].items() if names & set(new)}
    return frozenset(names)


def lines_about(folder: Path, token: str) -> Iterator[Mapping[str, Any]]:
    """Every line of the access log about the person of an audit token, oldest first, under whichever of their names."""
    names = known_as(folder, token)
    log = AuditLog(folder, ACCESS)
    for day in log.days():
        for raw in log.path(day).read_bytes().split(b"\n"):
            line = read_line(raw, ACCESS) if raw else None
            if line is not None and names & set(line.fields.get("subjects", ())):
                yield line.fields


def _version(path: Path) -> int:
    return int(path.stem.rsplit("-", 1)[1])
