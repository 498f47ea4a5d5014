"""``integration check``: at a source, what the receiver would find in a file, before it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integration.cli.app import Json, app, settings
from integration.cli.show import reason
from integration.errors import EXIT_FAILURE, EXIT_FINDINGS, EXIT_FINE

if TYPE_CHECKING:
    from integration.contracts import Supplier
    from integration.quality.reports import RowFinding
    from integration.self_check import SelfCheck

SHOWN = 20
"""So many rows are shown; ``--findings`` writes them all."""
_BASIS = {
    "given": "opgegeven",
    "manifest": "uit het manifest",
    "file": "uit het bestand",
    "guessed": "geschat",
}


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file as it would be sent; it stays as it is.")],
    source: Annotated[str | None, typer.Option(help="Its source, for instance wijkteam.")] = None,
    supplier: Annotated[
        str | None,
        typer.Option(help="The supplier file (.yml), or the code of one here; guessed when absent."),
    ] = None,
    municipality: Annotated[
        str | None, typer.Option(help="GM and four digits; else of the manifest or the first row.")
    ] = None,
    period: Annotated[
        str | None,
        typer.Option(help="For instance 2026-W05; else the manifest's, or where most reference dates lie."),
    ] = None,
    nil_return: Annotated[bool, typer.Option(help="There is nothing to report in this period.")] = False,
    findings: Annotated[Path | None, typer.Option(help="Write every row finding to this CSV file.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write the mirror and quality report into this folder.")
    ] = None,
    json_: Json = False,
) -> None:
    """At a source: check a file before it is sent. Needs no keys and no network; shows no values.

    Exit code 0: nothing found. 1: findings. 2: the file would be refused whole, or cannot be read.
    """
    from integration import console
    from integration.hardening import harden
    from integration.quality.reports import row_findings, write_reports, write_rows
    from integration.self_check import check_file
    from integration.source_file import Asked

    harden()
    chosen = settings()
    asked = Asked(source, _supplier(supplier), municipality, period, nil_return)
    done = check_file(file, asked, chosen.now())
    rows = row_findings(done.material.contract, done.material.findings) if done.material else []
    if findings is not None:
        write_rows(rows, findings)
    if report is not None and done.material:
        write_reports(done.material, report, chosen.today().isoformat(), synthetic=chosen.synthetic)
    if json_:
        console.print_json(_as_dict(done, rows))
    else:
        _show(done, rows)
    raise typer.Exit(EXIT_FAILURE if not done.usable else EXIT_FINE if done.passed else EXIT_FINDINGS)


def _supplier(named: str | None) -> Supplier | None:
    from integration.contracts import load_supplier, read_supplier

    if named is None:
        return None
    if named.endswith((".yml", ".yaml")):
        return read_supplier(Path(named))
    return load_supplier(settings().zones, named)


def _as_dict(done: SelfCheck, rows: list[RowFinding]) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(done, name) for name in ("source", "supplier", "municipality")}
    told |= {"period": done.period, "basis": done.basis, "usable": done.usable, "passed": done.passed}
    if done.refused:
        where = {"row": done.refused.row, "field": done.refused.field}
        told["refused"] = {"reason": done.refused.reason.value, **where}
    if done.material:
        told |= vars(done.material.counts) | {"nil_return": done.material.nil_return}
        told |= {"outcome": done.material.outcome, "checks": done.material.checks}
        told["findings"] = [
            {"row_number": one.row, "field": one.field, "reason": one.reason, "effect": one.effect}
            for one in rows
        ]
    return told


def _show(done: SelfCheck, rows: list[RowFinding]) -> None:
    from integration import console

    out = console.stdout()
    for name, told in (
        ("supplier", "Leverancier"),
        ("municipality", "Gemeente"),
        ("period", "Periode"),
    ):
        if name in done.basis and getattr(done, name):
            out.print(f"{told} {getattr(done, name)} ({_BASIS[done.basis[name]]})", markup=False)
    if done.refused:
        where = [
            f"regel {done.refused.row}" if done.refused.row is not None else "",
            done.refused.field or "",
        ]
        place = ", ".join(part for part in where if part)
        out.print(f"Zou in zijn geheel worden geweigerd: {reason(done.refused.reason.value)}", markup=False)
        if place:
            out.print(f"Plaats: {place}", markup=False)
        return
    _show_content(done, rows)


def _show_content(done: SelfCheck, rows: list[RowFinding]) -> None:
    from integration import console
    from integration.quality.reports import quality_report

    if done.material is None:
        return
    out, counts = console.stdout(), done.material.counts
    out.print(
        f"{counts.rows_in} regels; {counts.rows_refused} zouden worden geweigerd; "
        f"{counts.fields_nulled} velden zouden worden leeggemaakt"
    )
    if rows:
        heads = ("regel", "veld", "reden", "gevolg")
        lines = [(one.row, one.field, f"{one.reason}: {one.text}", one.told) for one in rows[:SHOWN]]
        console.print_table("Regels", heads, lines)
    if len(rows) > SHOWN:
        out.print(f"en nog {len(rows) - SHOWN}; --findings schrijft ze allemaal")
    report = quality_report(done.material)
    words = {"failed": "niet gehaald", "error": "kon niet"}
    checks = [
        (words[one.result], one.weight, one.nl, one.n, one.unexpected)
        for one in (*report.asks, *report.of("error"))
    ]
    if checks:
        console.print_table("Controles", ("uitkomst", "ernst", "wat hoort", "van", "niet goed"), checks)
    if done.passed:
        out.print("Niets gevonden")
