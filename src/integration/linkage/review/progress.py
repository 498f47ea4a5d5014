"""How the review of a domain stands: what is open and settled, how far reviewers agree, what linkage is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from integration.linkage.review.agreement import Agreement, agreement, two_each
from integration.linkage.review.answers import ANSWERS, NO, NOT_SURE, YES, Answer, outcomes
from integration.linkage.review.estimates import Estimates, Judged, estimate

if TYPE_CHECKING:
    from integration.linkage.review.asked import Review, Sample


@dataclass(frozen=True)
class Progress:
    """Counts of pairs, never of persons.

    ``open`` nobody answered yet (or, of two, one did), ``third`` two differ about, ``settled`` by what stands.
    ``sample_day`` is the day whose linkage the estimates are about.
    """

    asked: int
    open: int
    third: int
    settled: Mapping[str, int]
    answers: int
    reviewers: int
    disagreements: int
    kappa: Agreement
    kappa_without_unsure: Agreement
    sample_day: str | None
    estimates: Estimates | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        content = asdict(self)
        for name in ("kappa", "kappa_without_unsure"):
            cells = content[name]["cells"]
            content[name]["cells"] = [
                {"one": one, "other": other, "pairs": n} for (one, other), n in cells.items()
            ]
        return content


def progress(review: Review, asked: Sequence[str], answers: Mapping[str, Sequence[Answer]]) -> Progress:
    """How it stands, of the pairs that are ``asked`` now and of all answers that were ever given in this domain."""
    stands = outcomes(answers, {name: one.reviewers for name, one in review.asked.items()})
    both = two_each(answers)
    waiting = [name for name in asked if name not in stands]
    third = sum(len(answers.get(name, ())) > 1 for name in waiting)
    settled = Counter(stands[name] for name in asked if name in stands)
    every = [one for told in answers.values() for one in told]
    return Progress(
        asked=len(asked),
        open=len(waiting) - third,
        third=third,
        settled={what: settled[what] for what in ANSWERS},
        answers=len(every),
        reviewers=len({one.who for one in every}),
        disagreements=sum(one != other for one, other in both),
        kappa=agreement(both),
        kappa_without_unsure=agreement(both, unsure=False),
        sample_day=review.sample.day if review.sample else None,
        estimates=estimate(judged(review.sample, stands)) if review.sample else None,
    )


def judged(sample: Sample, stands: Mapping[str, str]) -> list[Judged]:
    """What was judged of each stratum of a sample."""
    found = []
    for stratum in sample.strata:
        told = Counter(stands.get(name) for name in stratum.drawn)
        found.append(
            Judged(
                stratum.linked,
                stratum.size,
                stratum.same + told[YES],
                stratum.different + told[NO],
                told[NOT_SURE],
            )
        )
    return found
