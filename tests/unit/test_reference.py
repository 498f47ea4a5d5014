"""Reference pages are what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.reference import PAGES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_code_declares(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), (
        "run: python -m integration.reference"
    )
