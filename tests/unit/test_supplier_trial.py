"""Trying a new supplier's file: what is guessed, what is told, and that no value of the file is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from integration.contracts import load_contract
from integration.errors import UsageError
from integration.supplier_trial import draft, try_file

CANARY = "Zwaluwenburg"
ROW = {
    "levering_id": "L1", "bron_org_code": "KO0999", "peildatum": "31-01-2026", "record_id": "1",
    "status_aanlevering": "1", "gemeente_code": "GM0321", "kind_achternaam": CANARY,
    "kind_geboortedatum": "12-03-2019", "kind_geslacht": "V", "postcode": "3991AB", "huisnummer": "7",
    "opvangsoort": "KDV", "signaal_datum": "14-01-2026", "signaal_soort": "KIND_GEDRAG", "meldcode_stap": "1",
    "doorgegeven_aan": "GEEN",
}  # fmt: skip


def write(
    folder: Path, rename: dict[str, str], *, extra: dict[str, str] | None = None, encoding: str = "cp1252"
) -> Path:
    names = list(load_contract("kinderopvang").names)
    row = ROW | (extra or {})
    header = [rename.get(name, name) for name in [*names, *(extra or {})]]
    lines = [";".join(header), ";".join(row.get(name, "") for name in [*names, *(extra or {})])]
    path = folder / "nieuw.csv"
    path.write_text("\r\n".join(lines) + "\r\n", encoding=encoding)
    return path


def test_source_dialect_and_renamed_columns_are_guessed(tmp_path: Path) -> None:
    trial = try_file(write(tmp_path, {"kind_achternaam": "Kind-Achternaam", "signaal_datum": "SignaalDatum"}))
    assert (trial.source, trial.rows, trial.dialect.delimiter, trial.dialect.date_format) == (
        "kinderopvang", 1, ";", "dd-mm-yyyy",
    )  # fmt: skip
    assert (trial.missing, trial.undeclared) == ((), ())
    assert {c.name: c.header for c in trial.columns}["signaal_datum"] == "SignaalDatum"


def test_what_would_be_refused_is_told_by_reason_never_by_value(tmp_path: Path) -> None:
    trial = try_file(write(tmp_path, {}, extra={"opmerking_vrij": CANARY}))
    assert trial.undeclared == ("opmerking_vrij",)
    assert {c.name: c.reasons for c in trial.columns if c.reasons} == {"kind_geslacht": {"CODE_UNKNOWN": 1}}
    assert (trial.rows_refused, trial.findings) == (1, True)
    assert CANARY not in repr(trial.as_dict()) + trial.summary() + repr(trial.lines()) + draft(trial)


def test_the_draft_completed_becomes_a_supplier_file(tmp_path: Path) -> None:
    path = write(tmp_path, {"kind_achternaam": "Achternaam van het kind"})
    written = yaml.safe_load(draft(try_file(path, source="kinderopvang")))
    written |= {
        "code": "KO0999",
        "municipalities": ["GM0321"],
        "codes": {"kind_geslacht": {"V": "2", "M": "1"}},
    }
    written["columns"] = {"kind_achternaam": "Achternaam van het kind"}
    supplier = tmp_path / "KO0999.yml"
    supplier.write_text(yaml.safe_dump(written))
    assert not try_file(path, supplier_file=supplier).findings


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"a;b\r\n1;2\r\n"])
def test_what_is_no_delivery_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="INPUT_INVALID"):
        try_file(path)
