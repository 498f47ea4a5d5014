"""Municipalities under made-up names: no real name is left in what is published or shown."""

from __future__ import annotations

import csv
import re
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from helpers.releases import DEFINITIONS, MUNICIPALITIES, NOW, TODAY, row, summary
from integration.disclosure import protect
from integration.municipalities import shown_name
from integration.release_stage import _places
from integration.releases import publish
from integration.settings import Settings
from integration.storage import Zones

ALIASES = {
    row["gemeente"]: row["naam"]
    for row in csv.DictReader(
        files("integration.sample").joinpath("reference/aliases.csv").read_text("utf-8").splitlines()
    )
}
REAL = re.compile(rf"\b({'|'.join(MUNICIPALITIES.values())})\b")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """As an installation finds them in its file."""
    lines = "\n".join(f'{code} = "{name}"' for code, name in ALIASES.items())
    (tmp_path / "integration.toml").write_text(f"synthetic = true\n\n[municipality_names]\n{lines}\n")
    return Settings(home=tmp_path)


def test_the_six_have_a_name_each() -> None:
    assert set(ALIASES) == set(MUNICIPALITIES)
    assert len(set(ALIASES.values())) == 6


def test_no_such_place_exists(shared_data: Path) -> None:
    places = (shared_data / "nl-geo/geonames_NL_pc4.txt").read_text(encoding="utf-8")
    places += (shared_data / "nl-geo/cbs_gemeenten_2026.csv").read_text(encoding="utf-8")
    assert [name for name in ALIASES.values() if name.lower() in places.lower()] == []


def test_names_come_from_the_settings_then_from_the_register(settings: Settings, tmp_path: Path) -> None:
    assert shown_name(settings, "GM0228") == ALIASES["GM0228"]
    assert shown_name(settings, "GM0344") == "Utrecht"
    assert shown_name(Settings(home=tmp_path / "other"), "GM0228") == "Ede"
    assert shown_name(settings, "GM9999") == "GM9999"


def test_no_real_name_is_left_in_a_release(settings: Settings) -> None:
    places = _places(settings, list(MUNICIPALITIES))
    assert [place.name for place in places] == sorted(ALIASES.values())
    rows = [row("I04", code, "2025", numerator=80, denominator=100) for code in MUNICIPALITIES]
    rows += [row("I04", code, "2025-Q4", numerator=80, denominator=100) for code in MUNICIPALITIES]
    protected = protect(rows, DEFINITIONS.values(), [place.code for place in places], TODAY)
    made = publish(
        Zones(settings.home), protected, DEFINITIONS, places, summary(), now=NOW, synthetic=True, code_version="0"
    )  # fmt: skip
    for path in sorted(made.path.rglob("*")):
        if path.is_file():
            assert not REAL.search(text_of(path)), path.name
    page = (made.path / "site/index.html").read_text(encoding="utf-8")
    assert ALIASES["GM0228"] in page
    assert "De gemeenten zijn verzonnen" in page


def text_of(path: Path) -> str:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        return f"{table.to_pylist()} {table.schema}"
    return path.read_text(encoding="utf-8-sig")
