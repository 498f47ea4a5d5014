"""Linkage's SQL tells what it reads, and every step is built by somebody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration.storage import resource

FILES = sorted((resource("warehouse") / "link").glob("*.sql"))
PACKAGE = Path(__file__).resolve().parents[2] / "src" / "integration" / "linkage"
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
