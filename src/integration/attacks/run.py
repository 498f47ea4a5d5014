"""The suites by name, each short or in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from integration.attacks.suite import Clock, Result


@dataclass(frozen=True)
class Suite:
    """What it tries in a sentence, and how it is run; ``full`` says how thoroughly."""

    told: str
    run: Callable[[bool], Result]


def _canaries(full: bool) -> Result:
    from integration.attacks.canaries import FULL, SHORT, canaries

    return canaries(FULL if full else SHORT, airflow=full)


def _kill(full: bool) -> Result:
    from integration.attacks.killing import FULL, SHORT, killing

    return killing(*(FULL if full else SHORT))


def _tampering(full: bool) -> Result:
    from integration.deliveries.tamper import FULL, SHORT, tamper

    clock, found = Clock(), tamper(FULL if full else SHORT)
    told = found.as_dict()
    survived = found.survived if found.control else 0
    return Result(told["suite"], found.tried, survived, clock.seconds, told["figures"])


def _separation(full: bool) -> Result:
    from integration.attacks.separation import FULL, SHORT, separation

    return separation(FULL if full else SHORT)


def _audit(full: bool) -> Result:
    from integration.audit.attack import mutation_attack

    return Result(**mutation_attack(10_000 if full else 300))


def _erasure(full: bool) -> Result:
    from integration.attacks.erasure import FULL, SHORT, erasure

    return erasure(FULL if full else SHORT)


def _filters(full: bool) -> Result:
    from integration.attacks.filters import FULL, SHORT, filters

    return filters(FULL if full else SHORT)


SUITES = {
    "canaries": Suite("identities planted in deliveries are in nothing that a run writes", _canaries),
    "kill": Suite("a run killed at any moment leaves nothing readable and ends the same", _kill),
    "tampering": Suite("a delivery that was changed, cut, replayed or skipped is refused", _tampering),
    "separation": Suite("domains and purposes have no pseudonym in common", _separation),
    "audit": Suite("an edit of the audit log is found with a head that was kept elsewhere", _audit),
    "erasure": Suite("nothing of an erased person is left but a mark on a list", _erasure),
    "filters": Suite("who steals what links people cannot tell what they are called", _filters),
}
"""Every suite, in the order of docs/explanation/privacy.md."""


def attack(names: list[str], *, full: bool) -> Iterator[Result]:
    """Run suites one after another."""
    for name in names:
        yield SUITES[name].run(full)
