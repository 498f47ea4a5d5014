"""The entry for the register of algorithms, made from the rules as they stand in code, seeds and declarations."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from integration.contracts.reading import read_yaml
from integration.families import COUNTED
from integration.indicators.definitions import load_definitions
from integration.linkage.families import MOST_CHILDREN, MOST_PERSONS, MOST_WARDS
from integration.linkage.persons import RULES
from integration.storage import resource

_DECLARED = Path(__file__).resolve().parent / "algorithm.yml"

_RULES_NL = {
    "bsn": "hetzelfde BSN-token; twee geldige BSN's worden nooit één persoon",
    "record": "de versies van één dossier in één rol, als zij elkaar niet tegenspreken",
    "model": "gelijkenis van versleutelde namen, geboortedatum en adres boven de drempel van het opgeslagen model; "
    "niet bij tweelingen, bij twee rijen van één ontdubbelde levering of bij even sterk bewijs voor een ander",
    "reviewed": "een beoordelaar heeft besloten dat het één persoon is",
}

_HEAD = """# Vermelding voor het Algoritmeregister

{made}

Een vermelding zoals het Algoritmeregister van de overheid haar vraagt, voor koppelen, signalen en indicatoren. De
velden volgen de publicatiestandaard voor zover bekend (eigen kennis, niet tegen de tekst gehouden). Regels, grenzen en
indicatoren hieronder komen uit de code: een test houdt deze pagina eraan gelijk.

*An entry for the Dutch register of algorithms: linkage, signals and indicators, taken from the code; a test holds this
page equal to it. Nothing is scored or ranked, nothing is learned from data, a human decides.*

> **Geen score, geen rangorde, een mens beslist.** Geen gewichten, geen optelling van signalen, geen machinaal leren. In
> het gezinsoverzicht mag geen kolom staan die een score, rang, gewicht of profiel is of kan zijn; een nacht waarin dat
> toch gebeurt, stopt (`families.refuse_scores`, getest in `tests/spec/test_families.py`). De enige getallen erin zijn
> {counted}.
"""


def algorithm_register(made: str) -> str:
    """Return the page; ``made`` tells what makes it."""
    told = read_yaml(_DECLARED)
    parts = [
        _HEAD.format(made=made, counted=", ".join(f"`{name}`" for name in sorted(COUNTED))),
        "## Algemeen\n\n" + _fields(told["general"]),
        "## Verantwoord gebruik\n\n" + _fields(told["responsible_use"]),
        "## Werking\n\n" + _fields(told["operation"] | {"Technische werking": _working(told)}),
        _linkage(),
        _signals(),
        "## Fase in het gezinsoverzicht\n\nVan boven naar beneden, de eerste die geldt"
        " (`warehouse/families/family_overview.sql`).\n\n"
        + _fields(_coded(told["phases"]), ("fase", "wanneer")),
        _indicators(),
        _NOT,
    ]
    return "\n".join(parts)


_NOT = """## Wat het niet doet

- Geen aandachtsregels: er zijn nu alleen signalen (feiten) en een fase. Komt er een regel bij, dan hoort zij hier te
  staan voordat zij werkt.
- Geen besluit en geen automatische handeling (AVG art. 22).
- Nationaliteit, etniciteit, geboorteland, geloof, taal, uitkeringsfraude en vrije tekst kunnen in geen contract staan
  (`src/integration/contracts/prohibited.yml`).
- Armoede of wonen alleen leidt nergens toe: het zijn feiten naast andere.
- Codes van de huisarts en klassen van de politie (`icpc_code`, `mk_code`) komen in geen regel en geen uitkomst voor.
"""


def _working(told: dict[str, Any]) -> str:
    return (
        f"Koppelen: vaste regels en een statistisch koppelmodel (kans dat twee records één persoon zijn; Fellegi en "
        f"Sunter, 1969), met beoordelaars bij twijfel. Daarna vaste regels: {len(_seed('signal'))} signalen uit"
        f" {len(_seed('signal_rule'))} codes van bronnen, {len(told['phases'])} fasen en"
        f" {len(load_definitions())} indicatoren; hieronder voluit"
    )


def _linkage() -> str:
    rules = [(rule, _RULES_NL[rule]) for rule in RULES]
    limits = [
        ("MOST_PERSONS", f"een adres met meer dan {MOST_PERSONS} personen is geen huishouden"),
        (
            "MOST_WARDS",
            f"wie voogd is van meer dan {MOST_WARDS} kinderen, is dat van beroep en verbindt niets",
        ),
        ("MOST_CHILDREN", f"een ouder of gezinsnummer met meer dan {MOST_CHILDREN} kinderen verbindt niets"),
    ]
    return (
        "## Koppelen van personen\n\nVan sterk naar zwak; wat twee personen kan betekenen, koppelt niemand.\n\n"
        + _fields(_coded(dict(rules)), ("regel", "voegt samen"))
        + "\n## Grenzen bij gezinnen\n\n"
        + _fields(_coded(dict(limits)), ("grens", "betekenis"))
    )


def _signals() -> str:
    sources: dict[str, list[str]] = defaultdict(list)
    for row in _seed("signal_rule"):
        sources[row["code"]].append(f"{row['source']}.{row['contract_field']} = {row['value']}")
    rows = [
        (
            f"`{row['code']}`",
            f"{row['label_nl']} (*{row['label_en']}*)",
            row["class"].replace("_", " "),
            row["about"],
            "; ".join(f"`{text}`" for text in sources[row["code"]]) or "een maatregel bij een broer of zus",
        )
        for row in _seed("signal")
    ]
    return (
        "## Signalen\n\nEen signaal is een feit met datum en bron. Signalen worden niet gewogen of opgeteld."
        " Beschermende feiten staan ernaast.\n\n"
        + _table(("code", "signaal", "soort", "over", "komt uit"), rows)
    )


def _indicators() -> str:
    rows = [
        (f"`{d.id}`", d.name_nl, d.numerator_nl, d.denominator_nl, d.norm_text)
        for d in load_definitions().values()
    ]
    return (
        "## Indicatoren\n\nOver het netwerk, nooit over één gezin; alleen afgeschermd gepubliceerd.\n\n"
        + _table(("id", "naam", "teller", "noemer", "norm"), rows)
    )


def _seed(name: str) -> list[dict[str, str]]:
    with (resource("warehouse") / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _coded(texts: dict[str, str]) -> dict[str, str]:
    return {f"`{name}`": text for name, text in texts.items()}


def _fields(texts: dict[str, str], head: tuple[str, str] = ("veld", "inhoud")) -> str:
    return _table(head, texts.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(' '.join(str(cell).split()) for cell in cells)} |\n" for cells in lines)
