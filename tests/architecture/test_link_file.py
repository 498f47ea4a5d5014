"""Only linkage opens the link file; others hand it connections and zones."""

from __future__ import annotations

import re
from pathlib import Path

import integration

ROOT = Path(integration.__file__).resolve().parent


def test_only_linkage_knows_where_the_link_file_is() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if re.search(r"zones\.linking\b|\.link_file\(|\{HELD\}", path.read_text(encoding="utf-8"))
    }
    assert {user for user in users if not user.startswith("linkage/")} == {
        "rekey/link_file.py",
        "attacks/outcome.py",
    }


def test_no_model_of_readers_reads_it() -> None:
    folder = ROOT.parents[1] / "warehouse"
    for path in sorted(folder.rglob("*.sql")):
        if path.parent.name != "link":
            assert not re.search(r"\b(?:held|fresh)\.", path.read_text(encoding="utf-8")), path.name
