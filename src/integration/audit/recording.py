"""Where the system writes its audit logs: around every stage, and before anything is shown.

:func:`stage` wraps a stage of the line: one line when it begins and one when it ends, for each delivery or domain,
under one processing id. :func:`looked` is called before a person sees anything below a published release. Both
fail closed: what cannot be logged is not done (AUDIT_UNWRITABLE).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from integration.audit.heads import Head, write_heads
from integration.audit.lines import Event, new_processing_id, read_line
from integration.audit.log import AuditLog
from integration.audit.purging import due_days, purge_days
from integration.audit.telling import End, ends_of, make_event, objects_of
from integration.audit.verify import verify
from integration.audit.words import (
    ACCESS,
    BEGUN,
    ENDED,
    KEY_ACTIONS,
    LINKAGE_ACTIONS,
    LOOKED,
    PROCESSING,
    RIGHTS,
    STAGES,
    STEWARD_ACTIONS,
    Purpose,
)
from integration.errors import IntegrationError, UsageError
from integration.pseudonyms.keyring import DESTROYED, list_keys, open_keyring
from integration.pseudonyms.tokens import labelled, message
from integration.reasons import Reason
from integration.settings import get_settings

if TYPE_CHECKING:
    from integration.names import DomainCode
    from integration.pseudonyms.keyring import Keyring
    from integration.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

_RULES = STAGES | KEY_ACTIONS | LINKAGE_ACTIONS | STEWARD_ACTIONS | RIGHTS
_NO_CASE = "case number, actor or subject is not of the agreed form"
_LOOK_BACK = 40
"""Days with lines in which the processing behind what is shown is sought; quarantine is kept shorter."""


class Recorder:
    """One run of a stage; ``ends`` is filled by whoever runs it."""

    def __init__(self, processing_id: str) -> None:
        self.processing_id = processing_id
        self.ends: list[End] = []


def stage(function: Callable[P, R]) -> Callable[P, R]:
    """Write down every run of a stage of the line, which has its rule in :data:`STAGES` under its own name."""
    name = function.__name__
    rule, parameters = STAGES[name], signature(function)

    @wraps(function)
    def recorded(*arguments: P.args, **named: P.kwargs) -> R:
        given = next(iter(parameters.bind(*arguments, **named).arguments.values()), None)
        objects = objects_of(rule, given)
        settings = get_settings()
        with processing(settings, name, objects) as recorder:
            result = function(*arguments, **named)
            recorder.ends = ends_of(objects, result)
        if rule.heads:
            sign_or_tell(settings)
        return result

    return recorded


@contextmanager
def processing(
    settings: Settings,
    action: str,
    objects: Sequence[str],
    *,
    case: str | None = None,
    subjects: Iterable[str] = (),
    reason: Reason | None = None,
) -> Iterator[Recorder]:
    """One run of a stage over some objects: a line each when it begins and when it ends.

    What is done at somebody's request has a ``case``, the persons it is about (:func:`subject_token`) and the
    ``reason`` for doing it, which stands in the first line. Raises :class:`UsageError` (INPUT_INVALID) for a case
    number that is not one, before anything is done.

    When the block raises, the reason is written and the error goes on; an end that was not told is ``done``.
    A process that was killed leaves a beginning without an end.
    """
    rule, recorder = _RULES[action], Recorder(new_processing_id())
    tokens = tuple(subjects)
    keys = _fingerprints(settings) if rule.keyed else {}

    def write(event: str, ends: Iterable[End | str]) -> None:
        told = [end if isinstance(end, End) else End(end, "", reason) for end in ends]
        try:
            events = [
                make_event(
                    settings,
                    event,
                    action,
                    end.object,
                    rule.purpose,
                    outcome=end.outcome or None,
                    reason=end.reason,
                    case=case,
                    subjects=tokens,
                    processing_id=recorder.processing_id,
                    keys=keys,
                )
                for end in told
            ]
        except ValueError:
            raise UsageError(Reason.INPUT_INVALID, _NO_CASE) from None
        _append(settings, PROCESSING, events)

    write(BEGUN, objects)
    try:
        yield recorder
    except Exception as error:
        reason = error.reason if isinstance(error, IntegrationError) else Reason.INTERNAL
        write(ENDED, [End(name, "failed", reason) for name in objects])
        raise
    write(ENDED, recorder.ends or [End(name, "done") for name in objects])


def looked(
    settings: Settings,
    action: str,
    objects: Mapping[str, str],
    *,
    purpose: Purpose,
    made_by: str | None = None,
    outcome: str = "shown",
    case: str | None = None,
    subjects: Iterable[str] = (),
    actor: str | None = None,
    reason: Reason | None = None,
) -> None:
    """Write down that somebody looks, before it is shown; the one place where the access log is written.

    ``objects`` are what is looked at, each with the name under which the stage ``made_by`` processed it: the newest
    such processing gives the line its processing id. ``subjects`` are made by :func:`subject_token`; ``actor`` is
    the user of a page or service, by default the operating system's. Nothing to show is nothing to write.
    Raises :class:`UsageError` (INPUT_INVALID) for a case number that is not one, before anything is shown, and
    :class:`IntegrationError` (AUDIT_UNWRITABLE).
    """
    made = _made(settings, made_by, set(objects.values())) if made_by else {}
    tokens = tuple(subjects)
    try:
        events = [
            make_event(
                settings,
                LOOKED,
                action,
                name,
                purpose,
                outcome=outcome,
                processing_id=made.get(origin),
                case=case,
                subjects=tokens,
                actor=actor,
                reason=reason,
            )
            for name, origin in objects.items()
        ]
    except ValueError:
        raise UsageError(Reason.INPUT_INVALID, _NO_CASE) from None
    _append(settings, ACCESS, events)


def subject_token(keys: Keyring, domain: DomainCode, pseudonym: str) -> str:
    """The name under which a person stands in the audit log: a token of their pseudonym under the audit key."""
    return keys.maker(domain, "audit").token(message("subject", labelled("pseudonym", pseudonym)))


def sign_heads(settings: Settings, *, today: bool = True) -> list[Head]:
    """Sign and export the heads of both logs.

    Raises :class:`KeyUnavailable`, and :class:`IntegrationError`: AUDIT_BROKEN, AUDIT_UNWRITABLE.
    """
    keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
    try:
        return write_heads(
            settings.zones.audit,
            keys.signing_seeds(),
            settings.now(),
            today=today,
            export=settings.audit_export,
        )
    except OSError:
        raise IntegrationError(Reason.AUDIT_UNWRITABLE, "heads") from None


def sign_or_tell(settings: Settings) -> None:
    """Sign the heads at the end of a run; when that cannot be done the run stands, and the log tells why."""
    try:
        sign_heads(settings)
    except IntegrationError as error:
        event = make_event(
            settings,
            ENDED,
            "audit.heads",
            "audit:heads",
            Purpose.OVERSIGHT,
            outcome="failed",
            reason=error.reason,
        )
        _append(settings, PROCESSING, [event])


def kept_from(settings: Settings) -> str:
    """The oldest day that must still be there."""
    return (settings.today() - timedelta(days=366 * settings.log_years)).isoformat()


def purge_logs(settings: Settings, *, dry_run: bool = False) -> dict[str, int]:
    """Remove the days of both logs whose time is over, or only count them; days by log.

    Raises :class:`KeyUnavailable`, and :class:`IntegrationError`: AUDIT_BROKEN (nothing was removed) when those days
    are not what was signed for, AUDIT_UNWRITABLE.
    """
    folder, until = settings.zones.audit, kept_from(settings)
    due = due_days(folder, until)
    last = max((days[-1] for days in due.values() if days), default="")
    if last and not dry_run:
        sign_heads(settings)
        export = settings.audit_export
        findings = verify(folder, export, kept_from=until).findings
        wrong = [found for found in findings if found.log == "heads" or found.day <= last]
        if wrong:
            raise IntegrationError(Reason.AUDIT_BROKEN, f"{len(wrong)} findings")
        keys = open_keyring(settings.zones.keys / "keyring.json", settings.passphrase_bytes())
        try:
            purge_days(folder, due, keys.signing_seeds(), settings.now(), export)
        except OSError:
            raise IntegrationError(Reason.AUDIT_UNWRITABLE, "purge") from None
    return {log: len(days) for log, days in due.items()}


def _fingerprints(settings: Settings) -> dict[str, str]:
    """The key versions in use, by the fingerprints of their roots; none without a keyring."""
    try:
        versions = list_keys(settings.zones.keys / "keyring.json")
    except IntegrationError:
        return {}
    return {str(key.version): key.fingerprint for key in versions if key.state != DESTROYED}


def _append(settings: Settings, log: str, events: Sequence[Event]) -> None:
    try:
        AuditLog(settings.zones.audit, log).append(events)
    except OSError:
        raise IntegrationError(Reason.AUDIT_UNWRITABLE) from None


def _made(settings: Settings, action: str, names: set[str]) -> dict[str, str]:
    """The processing id of the newest run of a stage that made something of each name; absent when not found."""
    log, found = AuditLog(settings.zones.audit, PROCESSING), dict[str, str]()
    for day in reversed(log.days()[-_LOOK_BACK:]):
        for raw in reversed(log.path(day).read_bytes().split(b"\n")):
            if names <= found.keys():
                return found
            line = read_line(raw, PROCESSING) if f'"action":"{action}"'.encode() in raw else None
            fields = line.fields if line is not None and line.sound else {}
            if fields.get("event") == ENDED and fields["outcome"] not in ("failed", "unchanged"):
                found.setdefault(fields["object"], fields["processing_id"])
    return found
