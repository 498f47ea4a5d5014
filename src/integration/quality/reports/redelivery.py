"""Asking a supplier for a better delivery: what was found, where, by when and to whom; and as a message to mail.

The message holds ids, check ids, reason codes, field names and row numbers: nothing of a person, and no file name,
since a supplier chooses that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from integration.contracts import Supplier, load_contract
from integration.names import DeliveryId, InvalidName
from integration.quality.reports.material import Material
from integration.quality.reports.rows import EFFECTS
from integration.quality.reports.verdict import CheckLine, quality_report, reason_lines
from integration.quality.reports.words import Words
from integration.reasons import Reason

SHOWN_RUNS = 40
"""So many row numbers (or runs of them) are named for one reason; the list of rows has them all."""
_ROLES = ("delivery", "quality", "privacy")
"""Whom to write, first found."""
_NUMBER_USED = frozenset({Reason.DELIVERY_DUPLICATE, Reason.SEQUENCE_OLD, Reason.SEQUENCE_REUSED})


class Refused(Protocol):
    """A delivery in quarantine (:class:`integration.deliveries.quarantine.Quarantined`)."""

    @property
    def quarantine_id(self) -> str:
        """Its name there."""
        ...

    @property
    def delivery_id(self) -> str | None:
        """What it said it was, if that could be read."""
        ...

    @property
    def reason(self) -> str:
        """Why it was refused."""
        ...

    @property
    def row(self) -> int | None:
        """In which row."""
        ...

    @property
    def field(self) -> str | None:
        """In which field."""
        ...


@dataclass(frozen=True)
class Rows:
    """The rows with one reason on one field: how many, and their numbers in runs (3 to 3, 7 to 9)."""

    field: str
    label: str
    reason: str
    text: str
    effect: str
    n: int
    runs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Redelivery:
    """What a supplier is asked. ``about`` is a delivery's id or a quarantine id; ``number`` the sequence to send with.

    ``number`` is (the number, whether it is that one or a higher one), None when the delivery did not tell its own.
    ``refused`` is the reason, row and field of a delivery that was refused at receipt; ``checks`` and ``rows`` are of
    one that was taken in, unless it was ``purged``.
    """

    about: str
    title: str
    municipality: str | None
    period: str | None
    to: str
    by: date
    number: tuple[int, bool] | None
    source: str
    counts: tuple[int, int, int] | None = None
    refused: tuple[Reason, int | None, str | None] | None = None
    checks: tuple[CheckLine, ...] = ()
    rows: tuple[Rows, ...] = ()
    purged: bool = False


def ask_again(
    material: Material, supplier: Supplier, today: date, number: tuple[int, bool], *, by: date | None = None
) -> Redelivery:
    """What is asked about a delivery that was taken in.

    ``number`` is as in :class:`Redelivery`. ``by`` is the last day for it: by default as many days from today as the
    agreement gives after a period ends.
    """
    report, counts = quality_report(material), material.counts
    return Redelivery(
        about=material.delivery,
        title=material.contract.title_nl,
        municipality=material.municipality,
        period=material.period,
        to=contact(supplier),
        by=by or today + timedelta(days=supplier.calendar.due_days),
        number=number,
        source=supplier.source,
        counts=(counts.rows_in, counts.rows_ok, counts.rows_refused),
        checks=(*report.asks, *report.of("error")),
        rows=tuple(_rows(material)),
    )


def ask_again_purged(
    delivery: DeliveryId,
    facts: Mapping[str, int],
    supplier: Supplier,
    today: date,
    number: tuple[int, bool],
    *,
    by: date | None = None,
) -> Redelivery:
    """What is asked about a delivery whose files are gone; ``facts`` are what the ledger counted.

    Raises :class:`KeyError` when the delivery was never encoded.
    """
    return Redelivery(
        about=str(delivery),
        title=load_contract(delivery.source).title_nl,
        municipality=delivery.municipality,
        period=delivery.period.text,
        to=contact(supplier),
        by=by or today + timedelta(days=supplier.calendar.due_days),
        number=number,
        source=supplier.source,
        counts=(facts["rows_in"], facts["rows_ok"], facts["rows_refused"]),
        purged=True,
    )


def ask_again_refused(
    item: Refused, supplier: Supplier, today: date, *, by: date | None = None
) -> Redelivery:
    """What is asked about a delivery that was refused whole at receipt."""
    reason, delivery = Reason[item.reason], _told(item, supplier)
    used = reason in _NUMBER_USED
    return Redelivery(
        about=item.quarantine_id,
        title=load_contract(supplier.source).title_nl,
        municipality=delivery.municipality if delivery else None,
        period=delivery.period.text if delivery else None,
        to=contact(supplier),
        by=by or today + timedelta(days=supplier.calendar.due_days),
        number=(delivery.sequence + used, used) if delivery else None,
        source=supplier.source,
        refused=(reason, item.row, item.field),
    )


def _told(item: Refused, supplier: Supplier) -> DeliveryId | None:
    """What a refused delivery said it was, as far as that can be said back to its supplier."""
    try:
        delivery = DeliveryId.parse(item.delivery_id or "")
    except InvalidName:
        return None
    return delivery if delivery.supplier == supplier.code else None


def contact(supplier: Supplier) -> str:
    """The mail address of a supplier for its deliveries; of another function where it names none for that."""
    known = {one.role: one.email for one in supplier.contacts}
    return next(known[role] for role in _ROLES if role in known)


def _rows(material: Material) -> Iterator[Rows]:
    """What refused a row or emptied a field; what was used all the same needs no mending."""
    found = material.findings
    numbers: dict[tuple[str, str, str], list[int]] = {}
    columns = (found.column(name).to_pylist() for name in ("field", "reason", "effect", "row_number"))
    for name, reason, effect, row in zip(*columns, strict=True):
        numbers.setdefault((name, reason, effect), []).append(row)
    for line in reason_lines(material.contract, found, material.counts.rows_in):
        if line.effect != "kept":
            runs = tuple(_runs(numbers[line.field, line.reason, line.effect]))
            yield Rows(line.field, line.label, line.reason, line.text, line.effect, line.n, runs)


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers, in order, as runs of neighbours."""
    first = last = 0
    for number in numbers:
        if first and number == last + 1:
            last = number
            continue
        if first:
            yield first, last
        first = last = number
    if first:
        yield first, last


def message(asked: Redelivery) -> str:
    """The message in Dutch, ready to mail: two lines of head, an empty one, and the text."""
    words = Words()
    parts = [
        [f"Aan: {asked.to}", f"Onderwerp: Verzoek om herlevering {asked.about}"],
        ["Geachte heer, mevrouw,"],
        [_opening(asked), _wish(asked, words)],
        list(_why(asked, words)),
        list(_failed(asked.checks, words)),
        list(_where(asked.rows)),
        [
            "Controleer het bestand voordat u het verstuurt. Dat kan op uw eigen computer:",
            f"    integration check BESTAND --source {asked.source}",
        ],
        [
            "Een herlevering vervangt de hele levering: stuur dus alle regels, ook die goed waren.",
            "In dit bericht staan geen persoonsgegevens. Stuurt u ze ook niet per e-mail, ook niet in uw antwoord.",
        ],
        ["Met vriendelijke groet,", "Gegevensbeheer"],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _opening(asked: Redelivery) -> str:
    what = f"Uw levering {asked.about} ({asked.title}"
    if asked.municipality:
        what += f", gemeente {asked.municipality}, periode {asked.period}"
    return what + (") is bij ontvangst geweigerd." if asked.refused else ") is gecontroleerd.")


def _wish(asked: Redelivery, words: Words) -> str:
    text = (
        f"Wij vragen u de levering te herstellen en uiterlijk {words.day(asked.by.isoformat())} "
        "opnieuw aan te leveren"
    )
    if asked.number:
        sequence, higher = asked.number
        text += f", met volgnummer {sequence}" + (" of hoger" if higher else "")
    return text + "."


def _why(asked: Redelivery, words: Words) -> Iterator[str]:
    if asked.counts:
        rows_in, rows_ok, refused = map(words.count, asked.counts)
        yield f"Aangeleverde regels: {rows_in}. Bruikbaar: {rows_ok}. Geweigerd: {refused}."
    if asked.purged:
        yield "De bewaartermijn is om en regelnummers hebben wij niet meer: alleen een herlevering helpt."
    if asked.refused:
        reason, row, name = asked.refused
        yield f"Reden: {reason.nl} ({reason.value})."
        if row is not None:
            yield f"Regel: {row} (regel 1 is de eerste onder de kolomkoppen)."
        if name is not None:
            yield f"Veld: {name}."


def _failed(checks: Sequence[CheckLine], words: Words) -> Iterator[str]:
    if checks:
        yield "Wat niet klopt aan de levering als geheel:"
    for check in checks:
        yield f"- {check.nl} ({words('weight.' + check.weight)}; controle {check.id})"
        if check.result == "error":
            yield "  Deze controle kon niet worden uitgevoerd."
        elif check.unexpected is not None:
            share = words.percent(check.share)
            yield f"  Klopt niet: {words.count(check.unexpected)} van {words.count(check.n)} ({share})."
        else:
            yield f"  Rust op {words.count(check.n)} regels."


def _where(rows: Sequence[Rows]) -> Iterator[str]:
    if rows:
        yield "Regels waarmee iets mis is (regel 1 is de eerste onder de kolomkoppen):"
    for one in rows:
        yield f"- {one.label} ({one.field}): {one.text} ({one.reason}); {EFFECTS[one.effect]}, {one.n} keer"
        yield f"  Regels: {_listed(one)}"


def _listed(one: Rows) -> str:
    shown = [f"{a}" if a == b else f"{a}-{b}" for a, b in one.runs[:SHOWN_RUNS]]
    rest = sum(b - a + 1 for a, b in one.runs[SHOWN_RUNS:])
    text = ", ".join(shown)
    return f"{text} en nog {rest}; vraag ons om de hele lijst met regelnummers" if rest else text
