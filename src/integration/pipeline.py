"""The straight line, in order. Whoever knows this knows the whole system.

    receive -> encode -> check -> load            one delivery at a time, many side by side
                           settle                 what a steward decided about one that a check stopped
    link -> model -> check_model -> overview -> indicators   one domain at a time, in a file of its own
    release                                       all domains together, closed periods only
    purge                                         what was kept for as long as it may be

The first row is :mod:`integration.delivery_stages`, the second :mod:`integration.night_stages`; here are the rest, and
the run of them all.

Each function takes ids, reads the installation's settings and returns a small frozen result with ids, counts
and reason codes. DAGs, the command line and pages call these functions and nothing deeper. Every stage can
be run again: what was done is recognised and left alone. What begins and ends is written in the audit log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from integration import audit
from integration.delivery_stages import (
    check,
    decided,
    encode,
    go_on,
    held,
    load,
    pending,
    receive,
    settle,
)
from integration.errors import IntegrationError, KeyUnavailable
from integration.names import DeliveryId
from integration.night_stages import check_model, domains, indicators, link, model, nightly, overview
from integration.outcomes import DomainResult, Outcome, Progress, RunResult, exit_code
from integration.reasons import Reason
from integration.rekey.guard import alone, refuse_unfinished
from integration.settings import get_settings
from integration.stage_means import open_keys, open_ledger

if TYPE_CHECKING:
    from integration.releases import ReleaseResult
    from integration.retention import PurgeResult
    from integration.stewardship.notices import Notice

__all__ = [
    "check",
    "check_model",
    "decided",
    "domains",
    "due",
    "encode",
    "go_on",
    "held",
    "indicators",
    "link",
    "load",
    "model",
    "nightly",
    "notices_of_waiting",
    "overview",
    "pending",
    "purge",
    "receive",
    "release",
    "reminders",
    "run",
    "settle",
    "settle_all",
]

# -- all domains together --------------------------------------------------------------------------


@audit.stage
def release() -> ReleaseResult:
    """Protect the closed periods' figures and publish them as a numbered release; the same figures twice is once."""
    from integration.release_stage import build_release

    return build_release(get_settings())


# -- what is kept no longer -------------------------------------------------------------------------


@audit.stage
def purge() -> PurgeResult:
    """Remove what was kept for as long as it may be; what still waits stays and is counted."""
    from integration.retention import purge as purge_all

    settings = get_settings()
    refuse_unfinished(settings.zones, domains())
    with alone(settings.zones, None):
        refuse_unfinished(settings.zones, domains())
        return purge_all(settings, open_ledger(settings))


def due() -> PurgeResult:
    """What :func:`purge` would remove now; nothing is changed."""
    from integration.retention import purge as purge_all

    settings = get_settings()
    return purge_all(settings, open_ledger(settings), dry_run=True)


# -- the whole line --------------------------------------------------------------------------------

_CHECKED_TOGETHER = 20
"""Deliveries between two signs of progress: checks share one import and one reading of their suites."""


def run(progress: Progress | None = None) -> RunResult:
    """The whole line for everything in the inbox. One delivery's, or one domain's, failed check stops no other."""
    say = progress or _silent
    open_keys(get_settings())
    refuse_unfinished(get_settings().zones, domains())
    outcomes = {outcome.delivery_id: outcome for outcome in settle_all()}
    outcomes |= {outcome.delivery_id: outcome for outcome in receive()}
    waiting = pending()
    with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
        for number, outcome in enumerate(side_by_side.map(partial(_or_explain, encode), waiting), 1):
            say("encode", number, len(waiting))
            outcomes[outcome.delivery_id] = outcome
    encoded = [d for d in waiting if outcomes[d].state in {"encoded", "checked"}]
    for together, number in _together(encoded):
        outcomes |= {outcome.delivery_id: outcome for outcome in _check_or_explain(together)}
        say("check", number, len(encoded))
    checked = [d for d in encoded if outcomes[d].state == "checked"]
    outcomes |= {d: _or_explain(lambda one: load([one])[0], d) for d in checked}
    outcomes |= {
        waiting.delivery_id: Outcome(waiting.delivery_id, "held", waiting.reason) for waiting in held()
    }
    nights = []
    for number, domain in enumerate(domains(), 1):
        say("nightly", number, len(domains()))
        nights += _nightly_or_explain(domain)
    published = _release_if_any() if nights else None
    return RunResult(
        deliveries=tuple(outcomes.values()),
        domains=tuple(nights),
        release=published.number if published else None,
        exit_code=exit_code(outcomes.values(), nights),
    )


def _release_if_any() -> ReleaseResult | None:
    """The release; None as long as no period is closed."""
    try:
        return release()
    except IntegrationError as error:
        if error.reason is Reason.NOTHING_PUBLISHED:
            return None
        raise


def _silent(_stage: str, _done: int, _total: int) -> None:
    """No progress to show."""


def _together(delivery_ids: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Deliveries of one source that are checked together, with how many there were until then."""
    number = 0
    for _, several in groupby(sorted(delivery_ids, key=_source), key=_source):
        same = list(several)
        for start in range(0, len(same), _CHECKED_TOGETHER):
            together = same[start : start + _CHECKED_TOGETHER]
            number += len(together)
            yield together, number


def _source(delivery_id: str) -> str:
    return DeliveryId.parse(delivery_id).source


def _check_or_explain(delivery_ids: Sequence[str]) -> list[Outcome]:
    """Check deliveries of one source; what makes all of them fail (a suite, a file of corrections) stops no other."""
    try:
        return check(delivery_ids)
    except KeyUnavailable:
        raise
    except IntegrationError as error:
        return [Outcome(name, "encoded", error.reason.value) for name in delivery_ids]


def settle_all(source: str | None = None) -> list[Outcome]:
    """Carry out every decision (about one source's deliveries) that is not carried out yet."""
    return [_or_explain(settle, delivery_id) for delivery_id in decided(source)]


def notices_of_waiting(delivery_id: str, *, late: bool = False) -> list[Notice]:
    """What the steward is told of a delivery that waits for a decision; nothing without a mail server."""
    from integration.stewardship import notices

    settings = get_settings()
    return notices.of_waiting(settings, open_ledger(settings), delivery_id, late=late)


def reminders() -> list[Notice]:
    """What stewards are told each day: what is late, waits, or ends soon; nothing without a mail server."""
    from integration.stewardship import notices

    settings = get_settings()
    return notices.reminders(settings, open_ledger(settings))


def _or_explain(stage: Callable[[str], Outcome], delivery_id: str) -> Outcome:
    """Encode or settle; a failure of this delivery is told in its outcome, a missing key ends the run."""
    try:
        return stage(delivery_id)
    except KeyUnavailable:
        raise
    except IntegrationError as error:
        return Outcome(delivery_id, "received", error.reason.value)


_ENDS_ONE_NIGHT = (Reason.MODEL_CHECK_CRITICAL, Reason.MODEL_CHECK_ERROR)


def _nightly_or_explain(domain: str) -> list[DomainResult]:
    """A domain's night; a critical check ends it, is told in its result, and the file of the night before stays."""
    try:
        return nightly(domain)
    except IntegrationError as error:
        if error.reason not in _ENDS_ONE_NIGHT:
            raise
        return [DomainResult(domain, "check_model", reason=error.reason.value)]
