"""What can be said of an envelope and its manifest with the keys at hand, at the source and at the receiver.

Nothing is kept of what is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from integration.contracts import Supplier, load_contract
from integration.deliveries.envelope import check_envelope, check_sizes, open_envelope
from integration.deliveries.examine import ExamineEncoded, examine_payload
from integration.deliveries.manifest import Manifest, parse_manifest, read_text
from integration.deliveries.opening import digest
from integration.deliveries.read import Limits
from integration.deliveries.seal_keys import Receiver, key_id
from integration.deliveries.signing import prove, verify
from integration.errors import DeclarationError, DeliveryRefused, KeyUnavailable
from integration.reasons import Reason
from integration.storage import unnamed

RIGHT, WRONG, UNKNOWN = "klopt", "klopt niet", "niet te controleren"


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: what (in Dutch), how it stands, and the reason when it is wrong or unknown."""

    what: str
    verdict: str
    why: str = ""
    reason: Reason | None = None


@dataclass(frozen=True)
class Keys:
    """The keys and agreements at hand; whatever is absent makes something unknown, not wrong.

    ``own`` is the public signing key of this place, ``previous`` the file of the manifest before, ``encoded``
    examines what was encoded at its source.
    """

    receiver: Receiver
    supplier: Supplier | None = None
    own: str | None = None
    previous: Path | None = None
    encoded: ExamineEncoded | None = None


def open_check(
    envelope: Path, manifest: Path, keys: Keys, today: date, limits: Limits, tmp: Path
) -> list[Line]:
    """Check an envelope and its manifest; opened content lies in a file without a name (see ``unnamed``)."""
    lines: list[Line] = []
    try:
        text = read_text(manifest)
        told = parse_manifest(text)
    except DeliveryRefused as refusal:
        return [Line("Manifest leesbaar en volledig", WRONG, _words(refusal), refusal.reason)]
    if told.seal is None:
        return [Line("Verzegeld", WRONG, Reason.NOT_SEALED.nl, Reason.NOT_SEALED)]
    lines.append(Line("Manifest leesbaar en volledig", RIGHT))
    lines.append(_signature(text, told, keys, today))
    lines.append(_previous(told, keys.previous))
    mine = told.seal.audience in keys.receiver.recipients()
    lines.append(_sizes(envelope, told, limits))
    if not mine:
        why = "de sleutel van de ontvanger is hier niet"
        return [*lines, Line("Te openen, en de inhoud klopt", UNKNOWN, why, Reason.AUDIENCE_WRONG)]
    if lines[-1].verdict is RIGHT:
        lines.append(_content(envelope, told, keys, limits, tmp))
    return lines


def _words(error: DeliveryRefused) -> str:
    where = f" (regel {error.row})" if error.row is not None else ""
    return f"{error.reason.nl}{f' ({error.field})' if error.field else ''}{where}"


def _try(what: str, check: Callable[[], object]) -> Line:
    try:
        check()
    except DeliveryRefused as refusal:
        return Line(what, WRONG, _words(refusal), refusal.reason)
    except (KeyUnavailable, DeclarationError) as error:
        return Line(what, UNKNOWN, error.reason.nl, error.reason)
    return Line(what, RIGHT)


def _signature(text: bytes, told: Manifest, keys: Keys, today: date) -> Line:
    what = "Handtekening"
    if keys.supplier is not None and keys.supplier.signers:
        signers = keys.supplier.signers
        return _try(f"{what} van een vertrouwde ondertekenaar", lambda: verify(text, told, signers, today))
    own = keys.own
    if own is not None and told.seal is not None and key_id(own) == told.seal.signer:
        return _try(f"{what} van de eigen sleutel", lambda: prove(text, own))
    return Line(what, UNKNOWN, "de sleutel van de ondertekenaar is hier niet", Reason.SIGNER_UNKNOWN)


def _previous(told: Manifest, previous: Path | None) -> Line:
    what, named = "Sluit aan op het vorige manifest", told.seal.previous if told.seal else None
    if named is None:
        return Line(what, UNKNOWN if previous is None else WRONG, "dit is het eerste van een reeks")
    if previous is None:
        return Line(what, UNKNOWN, "het vorige manifest is niet gegeven")

    def check() -> None:
        if digest(read_text(previous)) != named:
            raise DeliveryRefused(Reason.CHAIN_BROKEN)

    return _try(what, check)


def _sizes(envelope: Path, told: Manifest, limits: Limits) -> Line:
    def check() -> None:
        if told.seal is not None and envelope.name != told.seal.envelope.file:
            raise DeliveryRefused(Reason.MANIFEST_INVALID, field="envelope.file")
        check_sizes(told, limits)
        check_envelope(envelope, told, limits)

    return _try("Envelop is die van het manifest (omvang en SHA-256)", check)


def _content(envelope: Path, told: Manifest, keys: Keys, limits: Limits, tmp: Path) -> Line:
    supplier, audience = keys.supplier, told.seal.audience if told.seal else ""

    def check() -> None:
        identity = keys.receiver.identity(audience)
        with unnamed(tmp, told.payload.bytes) as opened:
            open_envelope(envelope, told, limits, identity, opened)
            if supplier is not None:
                contract = load_contract(told.source, told.contract_version)
                name = Path(told.payload.file)
                examine_payload(name, told, contract, supplier, limits, opened, keys.encoded)

    what = "Te openen, en de inhoud is die van het manifest"
    return _try(what if supplier is None else f"{what} en van de afspraak", check)


def findings(lines: Sequence[Line]) -> bool:
    """Whether anything is wrong; what could not be checked is not wrong."""
    return any(line.verdict is WRONG for line in lines)
