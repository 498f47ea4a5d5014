"""What reviewers' answers say about linkage, as the page tells it: agreement, precision and recall with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.linkage.report.masking import masked

if TYPE_CHECKING:
    from integration.linkage.report.words import Words
    from integration.linkage.review.progress import Progress
    from integration.names import DomainCode
    from integration.storage import Zones

Row = tuple[str, str, str, str]


def judged(zones: Zones, domain: DomainCode, store: str | None) -> Progress | None:
    """How the review stands, from the stewards' store at the URL ``store``; None when nobody was asked anything yet.

    Raises :class:`IntegrationError` (REVIEW_UNREADABLE).
    """
    from integration.linkage.review import asked
    from integration.linkage.review.answers import Answers
    from integration.linkage.review.progress import progress

    file = asked.path(zones, domain)
    if store is None or not file.exists():
        return None
    review = asked.read(file)
    if review.sample is None:
        return None
    return progress(review, sorted(review.asked), Answers(store, domain).all())


def rows(found: Progress, words: Words) -> list[Row]:
    """A figure, its 95 % interval, and the pairs it rests on; a dash where there is nothing to tell yet."""
    told: list[Row] = []
    for key, one in (("kappa", found.kappa), ("kappa_without_unsure", found.kappa_without_unsure)):
        told.append(
            (words(f"judged.{key}"), *_span(words, one.kappa, one.low, one.high), _pairs(words, one.pairs))
        )
    estimates = found.estimates
    for key in ("precision", "recall"):
        share = getattr(estimates, key, None)
        value, low, high = (share.value, share.low, share.high) if share else (None, None, None)
        told.append(
            (
                words(f"judged.{key}"),
                *_span(words, value, low, high),
                _pairs(words, estimates.judged if estimates else 0),
            )
        )
    return told


def _pairs(words: Words, number: int) -> str:
    return words.count(masked(number))


def _span(words: Words, value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    if value is None or low is None or high is None:
        return "–", "–"
    told, least, most = (words.number(figure, 3) for figure in (value, low, high))
    return told, words("judged.span", low=least, high=most)
