"""What an operator does for a data subject: every function logs first, then does or returns what may be shown.

The person is pointed out by the output's pseudonym or by the token that :mod:`integration.rights.person_token` makes.
``rebuild`` builds and publishes a domain's warehouse (the line's night); it is given by the caller because the line
itself uses this package.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from integration import audit
from integration.errors import IntegrationError, UsageError
from integration.names import DomainCode, InvalidName, municipality
from integration.pseudonyms.held import check_fingerprints
from integration.pseudonyms.keyring import open_keyring
from integration.reasons import Reason
from integration.rights import lists
from integration.rights.carrying_out import (
    ERASE,
    OBJECT,
    RESTRICT,
    UNRESTRICT,
    Intent,
    before_linking,
    begin,
    carry_out,
    plan,
    recorded,
    unfinished,
)
from integration.rights.locate import Subject, locate
from integration.rights.marks import marker

if TYPE_CHECKING:
    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings

Rebuild = Callable[[str], object]
FOUND = "subject.find"
"""Whoever is looked for is written in the access log, whatever is done next and also when nothing is found."""
_REASONS = frozenset(reason for reason in Reason if reason.level == "request")


@dataclass(frozen=True)
class Request:
    """Whom it is about, in which domain and case, and why. ``person`` or ``token`` is given, not both."""

    domain: DomainCode
    case: str
    reason: Reason = Reason.SUBJECT_REQUEST
    person: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Done:
    """What came of it: counts only. ``listed`` says whether later deliveries are held against a list."""

    action: str
    domain: str
    deliveries: int = 0
    rows: int = 0
    mentions: int = 0
    listed: bool = False
    unchanged: bool = False


def request(domain: str, case: str, reason: str = Reason.SUBJECT_REQUEST.value) -> Request:
    """Return a checked request, still without a person.

    Raises :class:`UsageError`: MUNICIPALITY_UNKNOWN, INPUT_INVALID (case number, reason).
    """
    try:
        code = DomainCode(municipality(domain))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None
    if not audit.is_case(case):
        raise UsageError(Reason.INPUT_INVALID, "case number is not of the agreed form, such as AVG-2026-17")
    if reason not in _REASONS:
        raise UsageError(Reason.INPUT_INVALID, f"reason is one of {', '.join(sorted(_REASONS))}")
    return Request(code, case, Reason[reason])


def open_keys(settings: Settings, domain: DomainCode) -> Keyring:
    """Open the installation's keyring, which must be the one that the domain's pseudonyms were made with.

    Raises :class:`KeyUnavailable`: with another keyring a list would be made that recognises nobody.
    """
    keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    check_fingerprints(settings.zones, domain, keys)
    return keys


def find(settings: Settings, asked: Request) -> dict[str, Any]:
    """Tell whether a person is known: pseudonym, and in how many records of which sources. Logged as a look.

    Raises :class:`UsageError` (SUBJECT_UNKNOWN, logged too) and what :func:`look` raises.
    """
    keys = open_keys(settings, asked.domain)
    subject = look(settings, keys, asked, FOUND)
    sources = Counter(mention.delivery_id.split(".")[0] for mention in subject.mentions)
    return {
        "domain": asked.domain,
        "person": subject.person_id,
        "mentions": len(subject.mentions),
        "sources": dict(sorted(sources.items())),
        "restricted": is_listed(settings, keys, subject, lists.RESTRICTIONS),
        "objected": is_listed(settings, keys, subject, lists.OBJECTIONS),
    }


def look(settings: Settings, keys: Keyring, asked: Request, action: str) -> Subject:
    """Find a person to show something of, and write in the access log that somebody looks.

    Raises :class:`UsageError` (INPUT_INVALID, SUBJECT_UNKNOWN) and :class:`IntegrationError` (RIGHTS_UNFINISHED).
    """
    if unfinished(settings.zones, asked.domain) is not None:
        raise IntegrationError(Reason.RIGHTS_UNFINISHED, "subject apply finishes it")
    try:
        subject = locate(settings, keys, asked.domain, person=asked.person, token=asked.token)
    except UsageError as error:
        if error.reason is Reason.SUBJECT_UNKNOWN:
            _look(settings, keys, asked, action, asked.person)
        raise
    _look(settings, keys, asked, action, subject.person_id)
    return subject


def _look(settings: Settings, keys: Keyring, asked: Request, action: str, person: str | None) -> None:
    name = f"domain:{asked.domain}"
    audit.looked(
        settings,
        action,
        {name: name},
        purpose=audit.Purpose.RIGHTS,
        made_by="indicators",
        case=asked.case,
        subjects=_subjects(keys, asked.domain, person),
        reason=asked.reason,
    )


def _subjects(keys: Keyring, domain: DomainCode, person: str | None) -> tuple[str, ...]:
    return (audit.subject_token(keys, domain, person),) if person else ()


def is_listed(settings: Settings, keys: Keyring, subject: Subject, name: str) -> bool:
    """Tell whether a person stands on a list."""
    marks = _marks(keys, subject)
    return any(entry.marks & marks for entry in lists.read_list(settings.zones, name, subject.domain))


def _marks(keys: Keyring, subject: Subject) -> frozenset[str]:
    mark = marker(keys, subject.domain).mark
    return frozenset(mark(token) for token in subject.numbers | subject.likenesses)


def erase(settings: Settings, asked: Request, rebuild: Rebuild) -> Done:
    """Remove a person from everything a domain keeps, and build its warehouse anew (AVG art. 17).

    Their marks stay on the list of erasures, for a restored backup only. Raises what :func:`locate` raises, and
    RIGHTS_UNFINISHED when the warehouse could not be built: the night, or running this again, goes on from there.
    """
    return _take_out(settings, asked, rebuild, ERASE)


def object_(settings: Settings, asked: Request, rebuild: Rebuild) -> Done:
    """Erase, and keep the person out of every later delivery (AVG art. 21).

    A person of whom nothing is held can object too, by their BSN. Raises SUBJECT_UNRECOGNISABLE, before anything is
    removed, when neither a BSN nor a likeness of their own would recognise them later.
    """
    return _take_out(settings, asked, rebuild, OBJECT)


def _take_out(settings: Settings, asked: Request, rebuild: Rebuild, action: str) -> Done:
    keys = open_keys(settings, asked.domain)
    taken_up = finish(settings, asked.domain, rebuild)
    if taken_up is not None and _is_same(taken_up, action, asked):
        return _done(asked.domain, taken_up)
    try:
        subject = look(settings, keys, asked, FOUND)
    except UsageError as error:
        if error.reason is not Reason.SUBJECT_UNKNOWN or action != OBJECT or asked.token is None:
            raise
        subject = Subject(asked.domain, None, (), frozenset({asked.token}), frozenset(), frozenset())
    entry = _entry(settings, keys, subject, asked.case)
    if action == OBJECT and not entry.marks:
        raise UsageError(Reason.SUBJECT_UNRECOGNISABLE)
    theirs = [(m.delivery_id, m.row_number, m.role) for m in subject.mentions]
    cuts = plan(settings.zones, asked.domain, theirs)
    if not cuts and is_listed(settings, keys, subject, lists.OBJECTIONS):
        return Done(action, asked.domain, listed=True, unchanged=True)
    subjects = _subjects(keys, asked.domain, subject.person_id)
    return _do(settings, asked, rebuild, Intent(action, asked.reason.value, entry, subjects, cuts))


def restrict(settings: Settings, asked: Request, rebuild: Rebuild) -> Done:
    """Keep a person's data but use it for nothing: not shown, not linked, not counted (AVG art. 18)."""
    return _hide(settings, asked, rebuild, RESTRICT)


def unrestrict(settings: Settings, asked: Request, rebuild: Rebuild) -> Done:
    """End a restriction: the person is back from the next build on."""
    return _hide(settings, asked, rebuild, UNRESTRICT)


def _hide(settings: Settings, asked: Request, rebuild: Rebuild, action: str) -> Done:
    keys = open_keys(settings, asked.domain)
    taken_up = finish(settings, asked.domain, rebuild)
    if taken_up is not None and _is_same(taken_up, action, asked):
        return _done(asked.domain, taken_up)
    subject = look(settings, keys, asked, FOUND)
    entry = _entry(settings, keys, subject, asked.case)
    if action == RESTRICT and not entry.marks:
        raise UsageError(Reason.SUBJECT_UNRECOGNISABLE)
    if is_listed(settings, keys, subject, lists.RESTRICTIONS) == (action == RESTRICT):
        return Done(action, asked.domain, listed=action == RESTRICT, unchanged=True)
    subjects = _subjects(keys, asked.domain, subject.person_id)
    return _do(settings, asked, rebuild, Intent(action, asked.reason.value, entry, subjects))


def _entry(settings: Settings, keys: Keyring, subject: Subject, case: str) -> lists.Entry:
    mark = marker(keys, subject.domain).mark
    return lists.Entry(
        settings.now().isoformat(),
        case,
        tuple(sorted(map(mark, subject.numbers))),
        tuple(sorted(map(mark, subject.likenesses))),
    )


def _is_same(intent: Intent, action: str, asked: Request) -> bool:
    """Whether what was just finished is what is asked now: a command that was killed and is run again."""
    return (intent.action, intent.entry.case) == (action, asked.case)


def _do(settings: Settings, asked: Request, rebuild: Rebuild, intent: Intent) -> Done:
    with recorded(settings, asked.domain, intent):
        begin(settings.zones, asked.domain, intent)
        carry_out(settings, asked.domain, intent)
        _rebuild(settings, asked.domain, rebuild)
    audit.sign_or_tell(settings)
    return _done(asked.domain, intent)


def _done(domain: DomainCode, intent: Intent) -> Done:
    return Done(
        intent.action,
        domain,
        deliveries=len(intent.cuts),
        rows=sum(len(cut.rows) for cut in intent.cuts.values()),
        mentions=sum(len(cut.mentions) for cut in intent.cuts.values()),
        listed=intent.action != UNRESTRICT and bool(intent.entry.marks),
    )


def _rebuild(settings: Settings, domain: DomainCode, rebuild: Rebuild) -> None:
    """Build and publish the warehouse; the unfinished work is forgotten by the publishing itself."""
    rebuild(domain)
    if unfinished(settings.zones, domain) is not None:
        raise IntegrationError(Reason.RIGHTS_UNFINISHED)


def finish(settings: Settings, domain: DomainCode, rebuild: Rebuild) -> Intent | None:
    """Do what is left of unfinished work; return it, or None when there was none."""
    intent = unfinished(settings.zones, domain)
    if intent is not None:
        with recorded(settings, domain, intent):
            carry_out(settings, domain, intent)
            _rebuild(settings, domain, rebuild)
    return intent


def apply(settings: Settings, domain: str, rebuild: Rebuild) -> Done:
    """Finish what is unfinished and hold what is there against the lists: for after a backup was restored."""
    try:
        code = DomainCode(municipality(domain))
    except InvalidName:
        raise UsageError(Reason.MUNICIPALITY_UNKNOWN) from None
    keys = open_keys(settings, code)
    taken_up = finish(settings, code, rebuild)
    rows = before_linking(settings, code, lambda: keys)
    if rows:
        rebuild(code)
    return Done("apply", code, rows=rows, unchanged=taken_up is None and not rows)
