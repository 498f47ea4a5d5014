"""What the privacy pages point at exists; what does not exist yet is marked so, and nothing else is."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from integration import cli
from integration.cli.app import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/explanation/privacy.md", "docs/reference/dpia.md")
LATER = "†"
REFERENCE = re.compile(
    r"`((?:tests|docs|src|benchmarks|warehouse|dags)/[^`\s]+|(?:integration|make) [^`]+)`( †)?"
)


def references(page: str) -> list[tuple[str, bool]]:
    """What a page points at, and whether it says that this is not there yet."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [(name, bool(mark)) for name, mark in REFERENCE.findall(text)]


def exists(name: str) -> bool:
    if name.startswith("make "):
        return f"\n{name.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    if name.startswith("integration "):
        return command_exists(name.split()[1:])
    path, _, test = name.partition("::")
    return (ROOT / path).exists() and (
        not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8")
    )


def command_exists(words: list[str]) -> bool:
    for module in pkgutil.iter_modules(cli.__path__, "integration.cli."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    found: Any = get_command(app)
    for word in words:
        options = {option for parameter in found.params for option in parameter.opts}
        if word.startswith("--"):
            if word not in options:
                return False
        elif hasattr(found, "commands"):
            if word not in found.commands:
                return False
            found = found.commands[word]
    return True


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_points_at_is_there_or_marked_as_later(page: str) -> None:
    found = references(page)
    assert len(found) > 10
    assert {name for name, later in found if not later and not exists(name)} == set(), "mark it with †"
    assert {name for name, later in found if later and exists(name)} == set(), "take the † away: it is there"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_mark_goes_when_everything_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert (LATER in text) == any(later for _, later in references(page))


def test_the_assessment_goes_through_all_seventeen_points_and_leaves_the_decision_open() -> None:
    text = (ROOT / PAGES[1]).read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\*\*(\d+)\. ", text, re.MULTILINE)] == list(range(1, 18))
    assert text.count("vullen") > 10


def test_the_check_sees_what_is_not_there() -> None:
    assert exists("tests/spec/test_families.py::test_does_not_exist") is False
    assert exists("integration audit forget") is False
    assert exists("integration audit heads --never") is False
    assert exists("integration audit heads --today")
    assert exists("make demo")
    assert not exists("make tea")
