"""The register of processing (AVG art. 30) as a page: purpose x source x basis x retention x recipients."""

from __future__ import annotations

from integration.contracts import Contract, contract_ids, load_contract
from integration.contracts.model import Retention, Role
from integration.contracts.register import Register, RegisterEntry, read_register

EXAMPLE = """\
format: integration-register/1
synthetic: false
controller:
  name: College van burgemeester en wethouders van <gemeente>
  contact: privacy@gemeente.example
  officer: fg@gemeente.example
subjects: Kinderen met een zorg- of veiligheidsvraag, hun ouders en gezinsleden.
transfers: Geen.
measures: Zie de DPIA, deel D.
purposes:
  intake: {nl: Leveringen aannemen, en: Take deliveries in, recipients: [gegevensbeheerder], zones: [raw, staging]}
  network-picture: {nl: Gepseudonimiseerd koppelen, en: Link pseudonyms, recipients: [geen], zones: [linked]}
  oversight-figures: {nl: Afgeschermde indicatoren, en: Protected indicators, recipients: [managers], zones: []}
sources:
  wijkteam:
    contracts: [1.0.0]                 # a new version of the contract needs a new decision
    purposes: [intake, network-picture, oversight-figures]
    legal_basis: het artikel waarop het besluit rust
    exception: de uitzondering voor bijzondere en strafrechtelijke gegevens en het BSN
    decision: kenmerk van het collegebesluit
    dpia: kenmerk van de vastgestelde DPIA
    retention: contract                # the contract's terms; there is no other value
    valid_from: 2026-01-01
    valid_until: 2026-12-31            # the last day; then the source is refused until there is a new decision
"""

_HEAD = """# Verwerkingsregister

{made}

Het register van de verwerking (AVG art. 30) van het **synthetische voorbeeld**: per doel en bron de grondslag, de
bewaartermijn en de ontvangers. Het komt uit de [contracten](contracts.md) en `src/integration/contracts/register.yml`.
Er zijn geen echte personen; bij iedere bron staat wat in het echt nog ontbreekt. Een gemeente houdt haar eigen register
bij in `register.yml` in de map van de installatie. **Zonder geldige vermelding wordt een bron geweigerd voordat een
regel wordt gelezen**, bij ontvangst en nog eens bij het pseudonimiseren.

*The register of processing (GDPR art. 30) of the synthetic sample, made from the contracts and one declared file. A
source without a valid entry is refused before a row is read, at receipt and again before encoding. What was loaded
before an entry ended stays until its retention ends, and what was received before waits; the register removes nothing.*

| wat / what | |
|---|---|
| Verwerkingsverantwoordelijke | {controller} |
| Contact | {contact} |
| Functionaris gegevensbescherming | {officer} |
| Betrokkenen | {subjects} |
| Doorgifte buiten de EER | {transfers} |
| Beveiliging | {measures} |
"""

_GATE = """## Wanneer een bron wordt geweigerd

| reden | wanneer |
|---|---|
| `SOURCE_CLOSED` | het contract laat de bron alleen in een synthetische installatie toe (huisarts, politie) |
| `REGISTER_MISSING` | er is geen register, de bron staat er niet in, of het is dat van het voorbeeld |
| `REGISTER_INCOMPLETE` | iets ontbreekt of deugt niet, of de contractversie valt er niet onder |
| `REGISTER_EXPIRED` | na de laatste dag van de vermelding, of voor de eerste |

Een geweigerde levering staat in quarantaine en kan opnieuw worden aangeboden (`integration quarantine replay`).
Huisarts en politie openen vraagt twee dingen die iemand moet nalezen: een nieuwe contractversie met
`access: basis_required`, en een vermelding.

## Zo schrijft een gemeente haar register

"""

_ROLES: tuple[tuple[Role, str], ...] = (
    ("identifier", "Identificerend; verdwijnt bij het pseudonimiseren"),
    ("key", "Sleutel van de bron; wordt een token"),
    ("quasi_identifier", "Indirect herleidbaar; blijft"),
    ("attribute", "Kenmerk; blijft"),
)
_ABOUT = {"kind": "kind", "patient": "patiënt", "ouder1": "ouder 1", "ouder2": "ouder 2"}
_UNITS = {"d": "dagen", "m": "maanden", "y": "jaar"}
_SPECIAL = {"health": "AVG art. 9 (gezondheid)", "criminal": "AVG art. 10 (strafrechtelijk)"}
_ACCESS = {
    "basis_required": "gesloten tot de gemeente haar grondslag heeft vastgelegd",
    "synthetic_only": "gesloten buiten een synthetische installatie",
}


def processing_register(made: str) -> str:
    """Return the page; ``made`` tells what makes it."""
    register = read_register()
    head = register.head
    parts = [
        _HEAD.format(
            made=made,
            controller=head.controller.name,
            contact=head.controller.contact,
            officer=head.controller.officer,
            subjects=head.subjects,
            transfers=head.transfers,
            measures=head.measures,
        ),
        _purposes(register),
        _matrix(register),
        _GATE + f"```yaml\n{EXAMPLE}```\n",
        *(_source(load_contract(source), register.entry(source)) for source in contract_ids()),
    ]
    return "\n".join(parts)


def _purposes(register: Register) -> str:
    rows = ["## Doelen\n", "| doel | betekenis | ontvangers |", "|---|---|---|"]
    for code, purpose in register.head.purposes.items():
        rows.append(f"| `{code}` | {purpose.nl}. *{purpose.en}.* | {'; '.join(purpose.recipients)} |")
    return "\n".join(rows) + "\n"


def _matrix(register: Register) -> str:
    rows = [
        "## Doel, bron, grondslag, bewaartermijn\n",
        "Grondslag en soorten gegevens staan voluit bij de bron; ontvangers bij het doel.\n",
        "| doel | bron | grondslag | besluit | geldig tot en met | bewaartermijn |",
        "|---|---|---|---|---|---|",
    ]
    for code, purpose in register.head.purposes.items():
        for source in contract_ids():
            entry, contract = register.entry(source), load_contract(source)
            if code in entry.purposes:
                cells = [f"`{code}`", source, f"[{contract.legal_status}](#{source})", entry.decision]
                cells += [str(entry.valid_until), _kept(contract, purpose.zones)]
                rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _kept(contract: Contract, zones: tuple[str, ...]) -> str:
    terms = [f"{zone} {_term(contract.retention[zone])}" for zone in zones]
    return ", ".join(terms) or "uitgaven blijven; alleen afgeschermde aantallen"


def _term(retention: Retention) -> str:
    return f"{retention.value} {_UNITS[retention.unit]}"


def _source(contract: Contract, entry: RegisterEntry) -> str:
    rows = [
        f"## {contract.id}\n",
        f"{contract.title_nl}. {contract.purpose}\n",
        f"- Bronhouder: {contract.owner}",
        f"- Toegang: {_ACCESS[contract.access]}",
        f"- Grondslag volgens het contract ({contract.legal_status}): {contract.legal_basis}",
        f"- Grondslag in dit register: {entry.legal_basis}",
        f"- Uitzondering: {entry.exception}",
        f"- Besluit: {entry.decision}; DPIA: `{entry.dpia}`; contractversies: {', '.join(entry.contracts)}",
        f"- Geldig van {entry.valid_from} tot en met {entry.valid_until}",
        f"- Bewaartermijn: {_kept(contract, tuple(contract.retention))}",
        f"- Over: {', '.join(_ABOUT[person] for person in contract.blocks)}\n",
        "| categorie | gegevens |",
        "|---|---|",
    ]
    rows += [f"| {title} | {_labels(contract, role)} |" for role, title in _ROLES]
    for kind, names in entry.special.items():
        labels = "; ".join(contract.field(name).label_nl for name in names)
        rows.append(f"| Bijzonder: {_SPECIAL[kind]} | {labels} |")
    return "\n".join(rows) + "\n"


def _labels(contract: Contract, role: Role) -> str:
    return "; ".join(field.label_nl for field in contract.with_role(role))
