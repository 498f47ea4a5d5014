"""What is held about a person, for that person: one page to read and the same as JSON (AVG art. 15).

Nothing of other persons is in it: of a record about somebody else only that it names this person, and what it says of
them; no pseudonym but their own; of who looked not the employee but organisation, moment and purpose (CJEU C-579/21).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration import audit, parquet, warehouse
from integration.audit.lines import read_line
from integration.audit.log import AuditLog
from integration.audit.subjects import known_as
from integration.audit.words import LOGS
from integration.contracts import load_contract
from integration.errors import UsageError
from integration.ledger import Ledger
from integration.municipalities import shown_name
from integration.names import DeliveryId
from integration.reasons import Reason
from integration.rights import lists
from integration.rights.commands import Request, is_listed, look, open_keys
from integration.rights.leaving_out import SUBJECTS
from integration.rights.locate import Mention, Subject, encoded
from integration.rights.page import render
from integration.storage import write_bytes, write_json

if TYPE_CHECKING:
    from integration.contracts.model import Contract, Field
    from integration.ledger import Entry
    from integration.settings import Settings

FORMAT = "integration-subject-export/1"
_TOLD = ("sex", "birth_year", "birth_known", "pc4", "secret", "departure_date", "relation", "patient_rol")
_OF_CHILD = ("pc4", "secret")
"""Of a parent these may follow from the child's secret address, which is not theirs to be told."""
_FACTS = (
    "fact_date", "fact_class", "label_nl", "label_en", "detail", "source", "supplier", "contract_field", "period",
)  # fmt: skip
_MEMBER = ("role", "valid_from", "valid_to", "shared")
_PERSON = ("sex", "birth_year", "departure_date", "secret", "first_seen", "last_seen", "is_child")


def export(settings: Settings, asked: Request, to: Path) -> tuple[Path, Path]:
    """Write the page ``to`` (.html) and the same as JSON beside it, both for their owner only; return both paths.

    The look is logged first. Raises :class:`UsageError`: INPUT_INVALID when the place is not one for a private
    file (another suffix, taken, inside the installation, no such folder), and what :func:`look` raises.
    """
    page, data = _places(settings, to)
    keys = open_keys(settings, asked.domain)
    subject = look(settings, keys, asked, "subject.export")
    token = audit.subject_token(keys, asked.domain, str(subject.person_id))
    content = {
        "format": FORMAT,
        "made_at": settings.now().isoformat(timespec="seconds"),
        "synthetic": settings.synthetic,
        "domain": asked.domain,
        "municipality": shown_name(settings, asked.domain),
        "case": asked.case,
        "person": subject.person_id,
        "restricted": is_listed(settings, keys, subject, lists.RESTRICTIONS),
        "records": _records(settings, subject),
        **_derived(settings, subject),
        "log": list(_logged(settings, token)),
    }
    write_json(data, content, mode=0o600)
    write_bytes(page, render(content).encode(), mode=0o600)
    return page, data


def _places(settings: Settings, to: Path) -> tuple[Path, Path]:
    page, data = to, to.with_suffix(".json")
    if to.suffix != ".html":
        raise UsageError(Reason.INPUT_INVALID, "--to names a page, ending in .html")
    if to.absolute().resolve().is_relative_to(settings.zones.home.resolve()):
        raise UsageError(
            Reason.INPUT_INVALID, "--to lies inside the installation: what is exported is not kept there"
        )
    if not to.absolute().parent.is_dir() or page.exists() or data.exists():
        raise UsageError(Reason.INPUT_INVALID, "--to needs an existing folder, and a name that is not taken")
    return page, data


def _records(settings: Settings, subject: Subject) -> list[dict[str, Any]]:
    """Every record that speaks of the person, oldest delivery first."""
    folders = encoded(settings.zones, subject.domain)
    known = {e.subject: e for e in Ledger(settings.ledger()).entries(municipality=subject.domain)}
    deliveries: dict[str, list[Mention]] = {}
    for mention in subject.mentions:
        deliveries.setdefault(mention.delivery_id, []).append(mention)
    found = []
    for name, mentions in deliveries.items():
        folder = folders[name][0]
        contract = load_contract(DeliveryId.parse(name).source)
        told = _rows(folder / "mentions.parquet", mentions)
        rows = _rows(folder / "records.parquet", mentions)
        for mention in mentions:
            about = next(row for row in told[mention.row_number] if row["role"] == mention.role)
            record = rows[mention.row_number][0]
            found.append(_record(mention, contract, record, about, known.get(name)))
    return sorted(found, key=lambda item: (item["reference_date"], item["delivery"], item["row"]))


def _rows(path: Path, mentions: list[Mention]) -> dict[int, list[dict[str, Any]]]:
    wanted = {mention.row_number for mention in mentions}
    found: dict[int, list[dict[str, Any]]] = {}
    for row in parquet.read(path).to_pylist():
        if row["row_number"] in wanted:
            found.setdefault(row["row_number"], []).append(row)
    return found


def _record(
    mention: Mention, contract: Contract, record: dict[str, Any], about: dict[str, Any], entry: Entry | None
) -> dict[str, Any]:
    delivery = DeliveryId.parse(mention.delivery_id)
    is_about = mention.role in SUBJECTS
    fields = [field for field in contract.with_role("attribute") if _is_told(field, mention.role, is_about)]
    values = [_value(field, record.get(field.name)) for field in fields]
    told = _TOLD if is_about else tuple(name for name in _TOLD if name not in _OF_CHILD)
    return {
        "delivery": mention.delivery_id,
        "row": mention.row_number,
        "source": delivery.source,
        "source_nl": contract.title_nl,
        "source_en": contract.title_en,
        "supplier": delivery.supplier,
        "period": delivery.period.text,
        "arrived_at": entry.arrived_at if entry else None,
        "state": entry.state if entry else None,
        "reference_date": _text(about["peildatum"]),
        "role": mention.role,
        "is_about_person": is_about,
        "linked_by": mention.rule,
        "mention": {name: _text(about[name]) for name in told if about.get(name) is not None},
        "attributes": [value for value in values if value is not None],
    }


def _is_told(field: Field, role: str, is_about: bool) -> bool:
    """Of a record about the person everything but what is about a parent; of another's what is about this parent."""
    return not field.about.startswith("ouder") if is_about else field.about == role


def _value(field: Field, value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    codes = [str(item) for item in value] if isinstance(value, list) else [str(value)]
    labels = dict(zip(field.codes or (), field.code_labels or (), strict=True)) if field.code_labels else {}
    return {
        "field": field.name,
        "label_nl": field.label_nl,
        "label_en": field.label_en,
        "value": _text(value),
        "value_nl": ", ".join(labels.get(code, code) for code in codes),
    }


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _derived(settings: Settings, subject: Subject) -> dict[str, Any]:
    """What the published file says of the person themselves: description, facts, membership of gezinnen by role."""
    path = settings.zones.published(subject.domain)
    if not path.exists():
        return {"facts": [], "families": [], "derived": {}}
    with warehouse.connect(path, settings, read_only=True) as con, warehouse.sealed_errors("subject"):

        def rows(table: str, columns: tuple[str, ...], order: str) -> list[dict[str, Any]]:
            query = f"select {', '.join(columns)} from {table} where person_id = $1 order by {order}"
            found = con.execute(query, [subject.person_id]).fetchall()
            return [{name: _text(value) for name, value in zip(columns, row, strict=True)} for row in found]

        person = rows("core.person", _PERSON, "all")
        if person and not person[0]["is_child"]:
            del person[0]["secret"]
        return {
            "facts": rows("families.family_fact", _FACTS, "all"),
            "families": rows("core.membership", _MEMBER, "all"),
            "derived": person[0] if person else {},
        }


def _logged(settings: Settings, token: str) -> Iterator[dict[str, Any]]:
    """Every line of both audit logs about the person, newest last."""
    found, names = [], known_as(settings.zones.audit, token)
    for name in LOGS:
        log = AuditLog(settings.zones.audit, name)
        for day in log.days():
            for raw in log.path(day).read_bytes().split(b"\n"):
                line = read_line(raw, name) if any(known.encode() in raw for known in names) else None
                if line is not None and names & set(line.fields.get("subjects", ())):
                    told = ("time", "organisation", "action", "event", "purpose", "outcome", "reason", "case")
                    found.append({field: line.fields.get(field) for field in told})
    yield from sorted(found, key=lambda item: str(item["time"]))
