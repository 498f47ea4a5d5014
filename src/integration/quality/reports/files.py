"""The reports as files: a page to read and a table to count with, of each report; and the list of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from integration.quality.reports.material import Material
from integration.quality.reports.mirror import FieldMirror, Mirror, mirror
from integration.quality.reports.page import mirror_page, quality_page
from integration.quality.reports.rows import RowFinding
from integration.quality.reports.verdict import QualityReport, quality_report
from integration.quality.reports.words import Words
from integration.reasons import Reason
from integration.spreadsheet import to_csv
from integration.storage import write_bytes

MIRROR, QUALITY = "spiegelrapport", "kwaliteitsrapport"
MIRROR_COLUMNS = ("veld", "omschrijving", "soort", "maat", "code", "betekenis", "aantal", "van", "aandeel")
QUALITY_COLUMNS = (
    "onderdeel",
    "uitkomst",
    "controle",
    "veld",
    "omschrijving",
    "ernst",
    "ernst_hier",
    "aantal",
    "niet_goed",
    "aandeel",
    "grens",
)
ROW_COLUMNS = ("regel", "veld", "omschrijving", "reden", "toelichting", "gevolg")


def write_reports(material: Material, folder: Path, made_on: str, *, synthetic: bool = False) -> list[Path]:
    """Write both reports into a folder, each as HTML and CSV, and return the files; earlier ones are replaced.

    ``made_on`` is the day that the pages tell, as ISO date.
    """
    filled, judged = mirror(material), quality_report(material)
    made = {
        f"{MIRROR}.html": mirror_page(filled, made_on, synthetic=synthetic).encode(),
        f"{MIRROR}.csv": to_csv(MIRROR_COLUMNS, _mirror_rows(filled)),
        f"{QUALITY}.html": quality_page(judged, made_on, synthetic=synthetic).encode(),
        f"{QUALITY}.csv": to_csv(QUALITY_COLUMNS, _quality_rows(judged)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        write_bytes(folder / name, content, mode=0o600)
    return [folder / name for name in made]


def write_rows(rows: Sequence[RowFinding], path: Path) -> None:
    """Write the list of rows as CSV, whole or not at all."""
    listed = [
        dict(zip(ROW_COLUMNS, (one.row, one.field, one.label, one.reason, one.text, one.told), strict=True))
        for one in rows
    ]
    write_bytes(path, to_csv(ROW_COLUMNS, listed), mode=0o600)


def _mirror_rows(report: Mirror) -> Iterator[Mapping[str, Any]]:
    words = Words()
    for one in report.fields:
        head = {"veld": one.name, "omschrijving": one.label, "soort": words(f"kind.{one.kind}")}
        for line in _measures(one, words):
            yield head | dict(zip(MIRROR_COLUMNS[3:], line, strict=True))


def _measures(one: FieldMirror, words: Words) -> Iterator[tuple[Any, ...]]:
    """Measure, code, meaning, number, of how many, share."""
    yield "gevuld", None, None, one.filled, one.rows, one.share
    yield "leeg", None, None, one.empty, one.rows, round(1 - one.share, 6) if one.rows else 0.0
    for measure, counted in (("leeggemaakt", one.emptied), ("regel geweigerd", one.refused)):
        for reason, n in counted.items():
            yield measure, reason, Reason[reason].nl, n, None, None
    for value in one.values:
        measure = "uitkomst" if one.kind == "identifier" else "code"
        yield measure, value.code, words.value(one.kind, value), value.n, value.of, value.share
    for measure, year in (("eerste jaar", one.first_year), ("laatste jaar", one.last_year)):
        if year is not None:
            yield measure, None, None, year, None, None


def _quality_rows(report: QualityReport) -> Iterator[Mapping[str, Any]]:
    words, empty = Words(), dict.fromkeys(QUALITY_COLUMNS)
    for check in report.checks:
        told = asdict(check)
        yield empty | {
            "onderdeel": words(f"kind_of.{check.kind}"),
            "uitkomst": words(f"result.{check.result}"),
            "controle": check.id,
            "veld": ", ".join(check.columns),
            "omschrijving": check.nl,
            "ernst": words(f"weight.{check.severity}"),
            "ernst_hier": words(f"weight.{check.weight}"),
            "aantal": check.n,
            "niet_goed": check.unexpected,
            "aandeel": told["share"],
            "grens": told["threshold"],
        }
    for reason in report.reasons:
        yield empty | {
            "onderdeel": words("rows.part"),
            "uitkomst": words(f"effect.{reason.effect}"),
            "controle": reason.reason,
            "veld": reason.field,
            "omschrijving": f"{reason.label}: {reason.text}",
            "aantal": report.material.counts.rows_in,
            "niet_goed": reason.n,
            "aandeel": reason.share,
        }
