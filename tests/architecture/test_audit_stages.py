"""No stage without its audit lines, and no field, stage or finding that the docs leave out."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from integration import delivery_stages, night_stages, pipeline
from integration.audit.lines import FIELDS
from integration.audit.verify import Kind
from integration.audit.words import (
    EVENTS,
    KEY_ACTIONS,
    LINKAGE_ACTIONS,
    OUTCOMES,
    STAGES,
    STEWARD_ACTIONS,
    Purpose,
)

ROOT = Path(__file__).resolve().parents[2]
NOT_STAGES = {
    "pending", "held", "decided", "settle_all", "go_on", "notices_of_waiting", "reminders",
    "domains", "nightly", "run", "due",
}  # fmt: skip
"""They read the ledger, count or call stages; none changes data itself."""


def public_functions() -> dict[str, ast.FunctionDef]:
    trees = [ast.parse(inspect.getsource(module)) for module in (delivery_stages, night_stages, pipeline)]
    found = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {node.name: node for node in found if not node.name.startswith("_")}


def test_every_stage_of_the_line_is_written_down() -> None:
    marked = {
        name
        for name, node in public_functions().items()
        if "audit.stage" in [ast.unparse(decorator) for decorator in node.decorator_list]
    }
    assert marked == set(STAGES)
    assert public_functions().keys() - marked == NOT_STAGES


def test_the_pipeline_offers_all_of_them() -> None:
    assert set(pipeline.__all__) == public_functions().keys()


def test_what_dags_call_is_a_stage() -> None:
    called = {
        name
        for path in (ROOT / "dags").glob("*.py")
        for name in re.findall(r"\bpipeline\.(\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert called >= {"encode", "release"}
    assert called - NOT_STAGES <= set(STAGES)


def test_the_doc_line_of_the_pipeline_names_the_same_stages() -> None:
    arrows = [
        line
        for line in (pipeline.__doc__ or "").splitlines()
        if any(mark in line for mark in ("->", "settle  ", "release  ", "purge  "))
    ]
    named = set(re.findall(r"[a-z_]+", " ".join(line.strip().split("   ")[0] for line in arrows)))
    assert set(STAGES) <= named


@pytest.mark.parametrize("words", [sorted(FIELDS), sorted(STAGES | KEY_ACTIONS | LINKAGE_ACTIONS | STEWARD_ACTIONS),
                                   [k.value for k in Kind], [p.value for p in Purpose], EVENTS, OUTCOMES])  # fmt: skip
def test_the_docs_name_every_word(words: list[str]) -> None:
    text = (ROOT / "docs" / "reference" / "audit.md").read_text(encoding="utf-8")
    assert [word for word in words if f"`{word}`" not in text] == []
