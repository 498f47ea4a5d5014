"""Suite (g): who steals everything that is stored to link people, without a key, cannot tell what they are called.

An attacker with public frequencies of names tries frequency alignment, mining of patterns, graph matching and chains
of equal values on all columns at once (docs/explanation/linkage.md, "What an attacker gets"). What counts is the share
of records whose surname he names right with the guess he would choose himself. The same attack on an unsalted filter
must name more than half, or nothing was shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from integration.attacks.filters_guess import Attempt, Practised, Stored, by_chain, by_likeness, by_rank
from integration.attacks.filters_mining import mine as mined
from integration.attacks.filters_mining import spelling, unpacked
from integration.attacks.filters_people import People, people
from integration.attacks.filters_store import encoded, plainly, public
from integration.attacks.suite import Clock, Result
from integration.pseudonyms.link_parameters import LinkParameters, load_parameters

LIMIT = 0.02
"""The share of records that may be named."""
CONTROL = 0.5
"""The share of records that the same attack must name when nothing is salted."""


@dataclass(frozen=True)
class Size:
    """How many records are stolen and, of each channel, in how many graphs are matched."""

    records: int
    matched: int
    restarts: int


SHORT, FULL = Size(30_000, 400, 1), Size(756_000, 6_000, 3)
Steal = Callable[[People, bytes], dict[str, Stored]]


def filters(size: Size = SHORT, parameters: LinkParameters | None = None) -> Result:
    """Attack the link encoding of ``parameters``, by default the one in force.

    Tried are the attacks on surnames and their combination; survived those that named at most :data:`LIMIT`.
    """
    clock = Clock()
    made = parameters or load_parameters()
    control = named_unsalted(size)
    figures: dict[str, Any] = {"records": size.records, "limit": LIMIT, "control_unsalted_named": control}
    found = attacked(size, lambda those, key: encoded(those, made, key))
    figures |= found
    shares = [*found["surname"]["named_by_attack"].values(), found["surname"]["named"]]
    survived = sum(share <= LIMIT for share in shares) if control > CONTROL else 0
    return Result("filters", len(shares), survived, clock.seconds, figures)


def named_unsalted(size: Size) -> float:
    """The share of records named when their surname's filter has no salt: the positive control."""
    stolen = people(size.records, 3)
    words = plainly(stolen, np.zeros(stolen.count, np.int64)).filters["control"]
    distinct, first, counts = np.unique(words, axis=0, return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    spelled = spelling(stolen.surnames.names.tolist())
    found = mined(unpacked(distinct[order]), counts[order], spelled, stolen.surnames.share)
    right = found.name == stolen.surname[first[order]]
    return _share(float((counts[order] * right).sum()) / stolen.count)


def attacked(size: Size, steal: Steal) -> dict[str, Any]:
    """Practise on people of the attacker's own, then attack others; figures by kind of name."""
    practice, stolen = people(size.records, 4), people(size.records, 5)
    own, theirs = (
        steal(those, hashlib.sha256(label).digest())
        for those, label in ((practice, b"practice"), (stolen, b"stolen"))
    )
    return {name: _name(name, size, (practice, own[name]), (stolen, theirs[name])) for name in own}


def _name(
    name: str, size: Size, practice: tuple[People, Stored], stolen: tuple[People, Stored]
) -> dict[str, Any]:
    names, own_truth = public(practice[0], name)
    truth = public(stolen[0], name)[1]
    spelled = spelling(names.names.tolist())
    grams = np.asarray(spelled.sum(axis=1)).ravel().astype(np.int64)
    practised = Practised()
    for attempt in by_rank(practice[1]):
        practised.rates[attempt.attack] = attempt.rates(own_truth)
    chain, _ = by_chain(practice[1], grams, practised, own_truth)
    practised.rates[chain.attack] = chain.rates(own_truth)
    best = np.full(len(truth), -1, np.int64), np.full(len(truth), -1.0)
    ever = np.zeros(len(truth), bool)
    by_attack: dict[str, float] = {}

    def add(attempt: Attempt) -> None:
        nonlocal best
        sure = attempt.sure(practised.rates.get(attempt.attack, np.zeros(1)))
        better = sure > best[1]
        best = np.where(better, attempt.name, best[0]), np.where(better, sure, best[1])
        ever[attempt.name == truth] = True
        by_attack[attempt.attack] = float((attempt.name == truth).mean())

    for attempt in by_rank(stolen[1]):
        add(attempt)
    chain, held = by_chain(stolen[1], grams, practised)
    add(chain)
    seen = np.zeros(len(truth), bool)
    for channel in stolen[1].filters:
        trained = by_likeness(practice[1], channel, spelled, names.share, size.matched, 6, size.restarts)
        practised.rates[trained[0].attack] = trained[0].rates(own_truth)
        attempt, drawn = by_likeness(stolen[1], channel, spelled, names.share, size.matched, 7, size.restarts)
        add(attempt)
        by_attack[attempt.attack] = float((attempt.name == truth)[drawn].mean())
        seen |= drawn
    right = best[0] == truth
    return {
        "named": _share(float(right.mean())),
        "named_where_graphs_were_matched": _share(float(right[seen].mean()) if seen.any() else 0.0),
        "named_by_always_guessing_the_commonest": _share(float((truth == 0).mean())),
        "right_in_any_attack_upper_bound": _share(float(ever.mean())),
        "in_large_chains": _share(held),
        "named_by_attack": {attack: _share(share) for attack, share in _worst(by_attack).items()},
    }


def _worst(shares: dict[str, float], columns: int = 12) -> dict[str, float]:
    """Every attack that is no alignment of ranks, and the alignments that named most."""
    ranked = sorted((attack for attack in shares if attack.startswith("rank")), key=shares.__getitem__)
    kept = {*ranked[-columns:]} | {attack for attack in shares if not attack.startswith("rank")}
    return {attack: share for attack, share in shares.items() if attack in kept}


def _share(share: float) -> float:
    return round(share, 5)
