"""What is made from the declarations: the reference page and the seed that the SQL models read.

``python -m integration.indicators.reference`` writes both in a checkout; a test holds them equal.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from integration.indicators.definitions import STATUS_NL, Definition, load_definitions
from integration.storage import resource

SEED_COLUMNS = ("indicator", "measure", "unit", "minimum_coverage", "sources")
DIRECTION_NL = {
    "up": "hoger is beter",
    "down": "lager is beter",
    "context": "geen richting; lees het als context",
}
UNIT_NL = {"share": "aandeel (%)", "median_days": "mediaan in dagen", "mean": "gemiddelde"}
WINDOW_NL = {"days": "dagen", "working_days": "werkdagen"}

_HEAD = """# Indicatoren

Deze pagina is gemaakt uit `warehouse/indicators/*.yml`; wijzig die bestanden en niet deze pagina.

Een cijfer hoort bij de periode waarin de volgtermijn eindigt: een kalenderjaar, of de twaalf maanden die met
een kwartaal eindigen. Wat nog niet lang genoeg gevolgd is, telt niet mee. Het aantal en het aandeel ontbrekende
gevallen staan altijd bij het cijfer. Een cijfer is *niet betrouwbaar* als minder leveringen binnen zijn dan de
genoemde dekking, of als van de gevallen een groter deel ontbreekt dan die dekking toelaat.

*This page is made from the declarations. A value belongs to the period in which its follow-up window closes;
cases not followed long enough are left out; the count and the missing share always travel along.*
"""


def indicators_page(definitions: Iterable[Definition]) -> str:
    """The Markdown reference page, Dutch first."""
    return "\n".join([_HEAD, *(_section(definition) for definition in definitions)])


def _section(d: Definition) -> str:
    sources = ", ".join(d.sources) or "geen; telt de leveringen zelf"
    starts = (
        f"{d.window.length} {WINDOW_NL[d.window.unit]} vanaf {d.window.starts}"
        if d.window.length
        else d.window.starts
    )
    rows = [
        ("Kernzin", f"{d.seed_sentence_nl} ({', '.join(d.seed)})"),
        ("Teller", d.numerator_nl),
        ("Noemer", d.denominator_nl),
        ("Ontbreekt", d.missing_nl),
        ("Eenheid", f"{UNIT_NL[d.unit]}; {DIRECTION_NL[d.direction]}"),
        ("Norm", d.norm_text),
        ("Herkomst van de norm", f"{STATUS_NL[d.norm.status]}: {d.norm.source}"),
        ("Volgtermijn", starts),
        ("Bronnen die volledig moeten leveren", sources),
        ("Dekking ten minste", f"{100 * d.minimum_coverage:g}%"),
        *((f"Ook: {m.measure}", f"{m.name_nl} ({UNIT_NL[m.unit]}). *{m.name_en}.*") for m in d.measures),
        ("Numerator", f"*{d.numerator_en}*"),
        ("Denominator", f"*{d.denominator_en}*"),
        ("Missing", f"*{d.missing_en}*"),
    ]
    lines = [
        f"## {d.id} {d.name_nl}",
        "",
        f"*{d.name_en}*",
        "",
        d.explanation_nl,
        "",
        f"*{d.explanation_en}*",
        "",
    ]
    lines += ["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows), ""]
    return "\n".join(lines)


def seed_csv(definitions: Iterable[Definition]) -> str:
    """``warehouse/seeds/indicator.csv``: per indicator and measure what the shared SQL models need."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SEED_COLUMNS)
    for d in definitions:
        for measure, unit in [("value", d.unit), *((m.measure, m.unit) for m in d.measures)]:
            writer.writerow([d.id, measure, unit, d.minimum_coverage, " ".join(d.sources)])
    return text.getvalue()


def write(root: Path) -> list[Path]:
    """Write both files in the checkout at ``root``."""
    definitions = load_definitions().values()
    made = {
        root / "docs" / "reference" / "indicators.md": indicators_page(definitions),
        root / "warehouse" / "seeds" / "indicator.csv": seed_csv(definitions),
    }
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return list(made)


if __name__ == "__main__":
    write(resource("warehouse").resolve().parent)
