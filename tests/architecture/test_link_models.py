"""Linkage's SQL tells what it reads, and every step is built by somebody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration.inputs import MENTION_COLUMNS
from integration.pseudonyms.link_names import link_columns
from integration.storage import resource

FILES = sorted((resource("warehouse") / "link").glob("*.sql"))
PACKAGE = Path(__file__).resolve().parents[2] / "src" / "integration" / "linkage"
COLUMN = re.compile(r"\blink_[a-z]")
NAMED = re.compile(rf"\b(?:{'|'.join(link_columns())})\b")
ROOT = PACKAGE.parent
READERS = {"linkage", "pseudonyms", "attacks"}
"""Packages that may name columns for linkage; the attacks try what can be learned from them."""
TABLE = re.compile(r"\b(?:staging|meta|link|work)\.[a-z_]+")


def parts(path: Path) -> tuple[str, str]:
    """A step's comment at its head, and its SELECT."""
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    return "\n".join(lines[:first]), "\n".join(lines[first:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_header_tells_grain_purpose_and_exactly_the_tables_and_parameters_read(path: Path) -> None:
    head, select = parts(path)
    assert re.match(r"-- grain:   \S.*\n(?:--          .*\n)*-- purpose: \S", head)
    inputs = head.partition("-- inputs:  ")[2]
    assert set(TABLE.findall(inputs)) == set(TABLE.findall(select))
    assert set(re.findall(r"\$[a-z_]+", inputs)) == set(re.findall(r"\$[a-z_]+", select))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_step_is_one_select_that_reads_down_the_page(path: Path) -> None:
    _, select = parts(path)
    assert select.startswith("with ")
    assert ";" not in select
    last = re.findall(
        r"^([a-z_]+)(?: \([a-z_, ]+\))? as \(|^with ([a-z_]+)(?: \([a-z_, ]+\))? as \(", select, re.MULTILINE
    )[-1]
    assert re.search(rf"^select \* from {max(last)}(?: order by [a-z_, ]+)?$", select, re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_linkage_builds_every_step(path: Path) -> None:
    code = "\n".join(module.read_text(encoding="utf-8") for module in PACKAGE.rglob("*.py"))
    assert re.search(rf'"(?:work\.|link\.)?(?:{path.stem}|{path.stem.removeprefix("family_")})"', code)


def test_only_linkage_reads_the_columns_that_are_made_for_it() -> None:
    """Neither a model outside ``warehouse/link`` nor code elsewhere names one: they never reach the published file."""
    models = [path for path in resource("warehouse").rglob("*.sql") if path.parent.name != "link"]
    assert len(models) > 20
    assert [path.name for path in models if COLUMN.search(path.read_text(encoding="utf-8"))] == []
    code = {path.relative_to(ROOT).as_posix(): path for path in ROOT.rglob("*.py")}
    others = {name: path for name, path in code.items() if name.split("/")[0] not in READERS}
    assert len(others) > 50
    named = [name for name, path in others.items() if NAMED.search(path.read_text(encoding="utf-8"))]
    assert named == []


def test_linkage_may_read_all_of_them() -> None:
    assert {name for name, kind in MENTION_COLUMNS if kind == "BIGINT"} == set(link_columns())
