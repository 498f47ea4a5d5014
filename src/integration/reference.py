"""Reference pages made from what the code declares: reason codes, quality checks, roles and two registers.

``python -m integration.reference`` writes them under ``docs/reference`` of a checkout; a test holds them equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from integration.contracts import load_contract
from integration.quality import Check, Suite, encoded_layout, load_suite, suite_ids
from integration.quality.model_check import core_tables, release_tables
from integration.quality.suites import read_suite
from integration.reasons import REASONS
from integration.registers.algorithm import algorithm_register
from integration.registers.processing import processing_register
from integration.roles import table
from integration.storage import resource

_MADE = "<!-- Made by `python -m integration.reference`; do not edit. -->"

_LEVELS = {
    "delivery": (
        "A whole delivery",
        "The delivery goes to quarantine as it came; the others go on. A resend mends it.",
    ),
    "row": (
        "A row or a field",
        "The row is refused, the field is made empty, or it was mended: `findings.parquet` tells where and which.",
    ),
    "run": (
        "A run or a command",
        "The command ends with exit code 2; nothing half-done is left.",
    ),
    "decision": (
        "A steward's decision",
        "Why a steward decided as they did; given with `integration quality decide`.",
    ),
    "request": (
        "A request of a data subject",
        "Why a right is carried out: given with `--reason`, and written in the audit log.",
    ),
}

_SEVERITY_NL = {"critical": "kritiek", "warning": "waarschuwing", "info": "ter informatie"}

_QUALITY = f"""# Kwaliteitscontroles

{_MADE}

Wat iedere rij moet zijn staat in het [contract](contracts.md). Hier staat wat een levering als geheel moet zijn.
Een *kritieke* controle die niet wordt gehaald houdt de levering tegen, en alleen die levering; een *waarschuwing* laat
haar door en wordt getoond; *ter informatie* wordt bewaard om te vergelijken. "Vanaf" is het aantal rijen waarop een
controle moet rusten voordat haar ernst telt: een aandeel van drie rijen zegt niets, en blijft dan ter informatie.
Een controle die niet kon worden uitgevoerd is iets anders dan een controle die niet is gehaald. Een nihilopgave
wordt niet gecontroleerd.

*What every row must be is in the contract; here is what a delivery as a whole must be. A critical check that fails
stops that delivery, a warning passes and is shown, info is kept to compare with. "Vanaf" is the number of rows a
check must rest on before its severity counts. The checks are Great Expectations suites in `expectations/`; results
hold counts and shares, never values. One result is one entry of `check.json` beside the encoded delivery.*

| kolom van de controle / derived column | betekenis / meaning |
|---|---|
| `<veld>_status` | wat er van een persoonsgegeven werd: ok, missing, unknown, unborn, invalid, partial |
| `aandeel_geweigerd` | aandeel van de aangeleverde rijen dat is geweigerd / share of rows refused |
| `aandeel_leeggemaakt` | aandeel van de optionele velden dat is leeggemaakt / share of optional fields made empty |
| `periode_eind` | laatste dag van de periode / last day of the period |
| `vroegste_datum` | 25 jaar daarvoor / 25 years before it |
| `<lijst>_eerste`, `<lijst>_laatste` | eerste en laatste dag van een lijst met datums / first and last day of a list |
| `<sleutel>_rijen` | aantal rijen met dezelfde sleutel / rows that share a key |
| `rijen_kans` | kans op dit aantal rijen na eerdere leveringen / chance of this number of rows after earlier ones |
| `rijen_buiten_afspraak` | deel dat ontbreekt of te veel is, naar de afspraak / share lacking or too many, as agreed |
| `rijen_onverklaarbaar` | hetzelfde, 0 zolang die kans boven 0,000001 is / the same, 0 while that chance is above it |
| `dagen_te_laat` | dagen na de afgesproken dag, 0 of minder is op tijd / days after the agreed day |
| `<veld>_verschoven_kans` | kans op zo'n andere verdeling, gecorrigeerd / chance of such a shift, corrected |
| `<veld>_constant_kans` | kans dat alle rijen hetzelfde zeggen, als dat zo is / chance that all rows say the same |

De laatste zes kent alleen de ontvanger: bij de bron zelf blijven controles daarvan weg. Vergeleken wordt met de laatste
zes eerdere leveringen van dezelfde leverancier en gemeente die zijn aanvaard; aantallen en verdelingen alleen met die
van dezelfde soort periode. Was er nog geen, dan is zo'n controle gehaald over 0 rijen. Een levering die voor een veld
zelf opviel telt voor dat veld niet mee, zolang er andere zijn. Een verschuiving van minder dan een tiende van de rijen
wordt niet genoemd.

*Only the receiver knows the last six: a source's own check leaves them out. Compared is with the last six earlier
deliveries of the same supplier and municipality that were accepted; row counts and distributions within the same kind
of period. Without one such a check holds over 0 rows. A delivery that stood out in a field does not count for that
field while there are others. The tests: a quasi-Poisson prediction of the row count (Anscombe's transformation, Student
t, dispersion with a prior), Pearson's chi-squared or drawn tables for a distribution (divided by 3, as children of a
family share codes; Holm's correction for the number of fields; from a tenth of the rows on), the exact hypergeometric
chance for a constant. `benchmarks/bench_quality_detection.py` measures what they find and how often they are wrong.
Every result is kept in a [history](retention.md) of counts.*
"""

_ROLES = f"""# Rollen en rechten

{_MADE}

Dit is de enige tabel van rollen en rechten: iedere opdracht, pagina en poort vraagt hier na wat u mag. Wie welke
rol heeft staat in `people.yml` van de installatie ([zo doet u dat](../how-to/run-stewardship.md)). Is dat bestand
er niet, dan heeft de eigenaar van de installatie iedere rol; van een verzonnen (synthetische) installatie heeft
iedereen die. Is het er wel, dan mag niemand wat hier niet staat: de opdracht eindigt met `ROLE_LACKING` en
exitcode 2, er is niets gelezen, en de poging staat in de auditlog. Een rol kan zijn beperkt tot bronnen en
gemeenten. De tabel behoedt voor vergissingen en houdt taken gescheiden; wie de bestanden van een installatie kan
wijzigen, wordt alleen door het besturingssysteem tegengehouden.

*This is the one table of roles and rights, for every command, page and gate. Without `people.yml` the owner of the
installation has every role (in a synthetic installation: everyone). With it nothing is allowed that is not here:
the command ends with `ROLE_LACKING` and exit code 2, nothing was read, and the attempt is in the audit log. The
table guards against mistakes and keeps duties apart; whoever can change the files of an installation is held by
the operating system alone.*
"""

_CORE = """# Kerntabellen, na het koppelen

Elke nacht, na het koppelen en voordat een gemeente iets publiceert. Een kritieke controle gaat over onze eigen
koppeling en modellen: wordt zij niet gehaald, dan publiceert die gemeente die nacht niets en blijft het bestand van
de vorige nacht staan. Vergelijkingen tussen bronnen en aandelen waarschuwen. De kolommen zijn die van
`warehouse/checks/<tabel>.sql`; de uitkomsten staan in `meta.check` en in `warehouse/<gemeente>.check.json`.

*Every night, after linking and before a municipality publishes anything. A critical check is about our own linkage and
models: when one fails, that municipality publishes nothing that night and yesterday's file stays. Comparisons between
sources, and shares, warn. Columns are those of `warehouse/checks/<table>.sql`.*
"""
_RELEASE = """# Een uitgave als geheel

Voordat een uitgave verschijnt. Bij een kritieke controle die niet wordt gehaald wordt er niets gepubliceerd; de
aantallen staan in het manifest van de uitgave.

*Before a release appears. When a critical check fails nothing is published; the counts are in the release's manifest.*
"""


def reason_codes() -> str:
    """Every reason code by level, with the texts people see."""
    parts = [
        f"# Reason codes\n\n{_MADE}\n\nThe exit code tells what kind of end it was; the reason code tells the cause.\n"
    ]
    ordered = sorted(REASONS.items(), key=lambda item: (list(_LEVELS).index(item[1].level), item[0]))
    for level, group in groupby(ordered, key=lambda item: item[1].level):
        title, meaning = _LEVELS[level]
        rows = [(f"`{reason}`", text.nl, text.en) for reason, text in group]
        parts.append(f"## {title}\n\n{meaning}\n\n" + _table(("Code", "Nederlands", "English"), rows))
    return "\n".join(parts)


def quality() -> str:
    """Every check of every suite, Dutch first: of deliveries by source, of core tables, of a release's tables."""
    suites = [_suite(load_suite(name, encoded_layout(load_contract(name)))) for name in suite_ids()]
    for place, said in ((core_tables(), _CORE), (release_tables(), _RELEASE)):
        suites += [
            said,
            *(_suite(read_suite(name, place.expectations), place.schema) for name in place.tables()),
        ]
    return "\n".join([_QUALITY, *suites])


def roles() -> str:
    """Every role and right, and what each right opens, Dutch first."""
    found = table()
    heads = ("Recht", "Dit mag u", "What it allows", *(role.nl for role in found.roles.values()))
    tasks = [
        (f"{role.nl} (`{name}`)", role.task_nl, f"*{role.en}: {role.task_en}*")
        for name, role in found.roles.items()
    ]
    matrix = [
        (
            f"`{name}`",
            right.nl,
            f"*{right.en}*",
            *("ja" if name in role.rights else "" for role in found.roles.values()),
        )
        for name, right in found.rights.items()
    ]
    opens = [
        (
            f"`{name}`",
            ", ".join(f"`{path}`" for path in right.commands) or "nog geen opdracht / no command yet",
        )
        for name, right in found.rights.items()
    ]
    free = ", ".join(f"`{path}`" for path in found.free)
    return "\n".join(
        (
            _ROLES,
            _table(("Rol", "Taak", "Task"), tasks),
            "## Rechten\n",
            _table(heads, matrix),
            "## Opdrachten\n",
            _table(("Recht", "Opdrachten / commands"), opens),
            f"Zonder rol / without a role: {free}.\n",
        )
    )


def _suite(suite: Suite, schema: str = "") -> str:
    rows = [_row(check) for severity in _SEVERITY_NL for check in suite.checks if check.severity == severity]
    name = f"{schema}.{suite.name}" if schema else suite.name
    text = f"## {name}\n\n{suite.nl}. *{suite.en}.* Versie {suite.version}.\n\n"
    text += _table(("Controle", "Ernst", "Vanaf", "Wat moet gelden", "What should hold"), rows)
    if suite.unchecked:
        reasons = "\n".join(f"- `{name}`: {reason}." for name, reason in suite.unchecked.items())
        text += f"\nBewust niet gecontroleerd / knowingly unchecked:\n\n{reasons}\n"
    return text


def _row(check: Check) -> tuple[str, ...]:
    minimum = str(check.minimum_rows) if check.minimum_rows else ""
    return f"`{check.id}`", _SEVERITY_NL[check.severity], minimum, check.nl, f"*{check.en}*"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


PAGES: dict[str, Callable[[], str]] = {
    "reason-codes.md": reason_codes,
    "quality.md": quality,
    "roles.md": roles,
    "processing-register.md": lambda: processing_register(_MADE),
    "algorithm-register.md": lambda: algorithm_register(_MADE),
}
"""File under ``docs/reference`` to what makes it."""


def write(folder: Path) -> list[Path]:
    """Write all pages in ``folder``."""
    paths = [folder / name for name in PAGES]
    for path in paths:
        path.write_text(PAGES[path.name](), encoding="utf-8")
    return paths


if __name__ == "__main__":
    write(resource("expectations").resolve().parent / "docs" / "reference")
