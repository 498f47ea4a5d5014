"""What a file says of itself when nothing is told: whose it is, how it is written, which place and period."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.deliveries import NOW, add_supplier, csv_bytes, full_row
from integration.contracts import Supplier
from integration.deliveries.manifest import SUFFIX, make_manifest, write_manifest
from integration.deliveries.read import Limits
from integration.errors import DeliveryRefused, UsageError
from integration.reasons import Reason
from integration.source_file import Asked, describe, supplier_of


@pytest.fixture
def supplier(tmp_path: Path) -> Supplier:
    return add_supplier(tmp_path)


def written(folder: Path, supplier: Supplier, *days: str, **changes: str) -> Path:
    """A file with a row for each reference date."""
    rows = [full_row(supplier.contract, n, **{"peildatum": day, **changes}) for n, day in enumerate(days, 1)]
    path = folder / "week.csv"
    path.write_bytes(csv_bytes(rows, supplier))
    return path


def found(file: Path, asked: Asked) -> tuple[dict[str, str], Any]:
    """How each thing was found, and the manifest that describes the file."""
    basis: dict[str, str] = {}
    supplier = supplier_of(file, asked, basis, Limits())
    return basis, describe(file, supplier, asked, NOW, basis, Limits())


PERIODS = [
    # agreed          reference dates                                   period
    ("weekly",        ("19-01-2026", "25-01-2026"),                     "2026-W04"),
    ("weekly",        ("28-12-2026", "03-01-2027"),                     "2026-W53"),
    ("weekly",        ("19-01-2026", "20-01-2026", "25-01-2062"),       "2026-W04"),
    ("weekly",        ("19-01-2026", "26-01-2026"),                     "2026-W05"),
    ("weekly",        ("onbekend",),                                    "2026-W08"),
    ("monthly",       ("31-01-2026",),                                  "2026-01"),
    ("half-yearly",   ("30-06-2026",),                                  "2026-H1"),
    ("half-yearly",   ("01-07-2026",),                                  "2026-H2"),
]  # fmt: skip


@pytest.mark.parametrize(("agreed", "days", "period"), PERIODS)
def test_the_period_is_where_most_reference_dates_lie(
    tmp_path: Path, agreed: str, days: tuple[str, ...], period: str
) -> None:
    calendar = {"frequency": agreed, "due_days": 10, "since": "2026-01-12"}
    supplier = add_supplier(tmp_path, calendar=calendar)
    basis, manifest = found(written(tmp_path, supplier, *days), Asked(supplier=supplier))
    assert manifest.period.text == period
    assert basis == {"supplier": "given", "municipality": "file", "period": "guessed"}


def test_a_manifest_beside_the_file_goes_before_a_guess_and_what_is_asked_before_both(
    tmp_path: Path, supplier: Supplier
) -> None:
    file = written(tmp_path, supplier, "25-01-2026")
    told = make_manifest(
        file, supplier, municipality="GM0321", period="stand-2026-01-31", sequence=7, created_at=NOW
    )
    write_manifest(told, file)
    basis, manifest = found(file, Asked(supplier=supplier))
    assert (manifest, basis["period"], basis["municipality"]) == (told, "manifest", "manifest")
    basis, manifest = found(file, Asked(supplier=supplier, period="2026-W03"))
    assert (manifest.period.text, basis["period"]) == ("2026-W03", "given")


def test_without_a_supplier_file_all_is_guessed(tmp_path: Path, supplier: Supplier) -> None:
    file = written(tmp_path, supplier, "25-01-2026")
    for asked in (Asked(), Asked(source="wijkteam")):
        basis = {}
        guessed = supplier_of(file, asked, basis, Limits())
        assert (guessed.code, guessed.source, guessed.municipalities) == ("WT0321", "wijkteam", ("GM0321",))
        assert (guessed.dialect.delimiter, guessed.dialect.date_format) == (";", "dd-mm-yyyy")
        assert basis == {"supplier": "guessed"}


def test_a_broken_manifest_refuses_as_at_receipt(tmp_path: Path, supplier: Supplier) -> None:
    file = written(tmp_path, supplier, "25-01-2026")
    file.with_name(file.name + SUFFIX).write_text("{}")
    with pytest.raises(DeliveryRefused) as refused:
        found(file, Asked(supplier=supplier))
    assert refused.value.reason is Reason.MANIFEST_INVALID


@pytest.mark.parametrize(
    "asked",
    [
        {"source": "wijk"},
        {"source": "politie", "supplier": True},
        {"municipality": "Houten"},
        {"period": "week 4"},
    ],
)
def test_what_cannot_be_asked_is_the_askers_mistake(
    tmp_path: Path, supplier: Supplier, asked: dict[str, Any]
) -> None:
    file = written(tmp_path, supplier, "25-01-2026")
    given = Asked(**asked | ({"supplier": supplier} if asked.get("supplier") else {}))
    with pytest.raises(UsageError) as mistake:
        found(file, given)
    assert mistake.value.reason is Reason.INPUT_INVALID
