"""``integration linkage review``: doubtful pairs, judged blind, and what that says about linkage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from integration.cli.app import Json
from integration.cli.linkage import Domain, _domain, linkage_app

if TYPE_CHECKING:
    from integration.linkage.review.answers import Answers
    from integration.linkage.review.estimates import Share
    from integration.linkage.review.progress import Progress
    from integration.linkage.review.worklist import Work
    from integration.names import DomainCode
    from integration.settings import Settings

review_app = typer.Typer(help="Judge doubtful pairs of records, blind.", no_args_is_help=True)
linkage_app.add_typer(review_app, name="review")
ACTION = "linkage.review"


@review_app.command("next")
def review_next(domain: Domain, json_: Json = False) -> None:
    """Show the next pair that asks your judgement: of each field whether the two records agree, never a value."""
    from integration import console
    from integration.linkage.review import show, worklist

    chosen, code, who = _looking(domain)
    work = _look(chosen, code)
    left = worklist.in_order(work, _answers(chosen, code).all(), who)
    shown = work.shown[left[0]] if left else None
    if json_:
        fields = (
            [
                {"field": name, "agreement": level, "detail": detail}
                for name, level, detail in show.fields(shown)
            ]
            if shown
            else []
        )
        records = [{"source": s, "role": r} for s, r in show.records(shown)] if shown else []
        console.print_json(
            {
                "domain": domain,
                "pair": shown.pair if shown else None,
                "open": len(left),
                "records": records,
                "fields": fields,
            }
        )
        return
    if shown is None:
        console.stdout().print("Er is nu geen paar dat u moet beoordelen.")
        return
    told = " en ".join(f"{source} ({role})" for source, role in show.records(shown))
    console.print_table(f"Paar {shown.pair}: {told}", ("gegeven", "overeenkomst", "hoe"), show.fields(shown))
    console.stderr().print(
        f"Eén persoon? integration linkage review answer {domain} {shown.pair} yes|no|unsure  (nog {len(left)})",
        soft_wrap=True,
    )


@review_app.command("answer")
def review_answer(
    domain: Domain,
    pair: Annotated[str, typer.Argument(help="The pair's reference (`review next`).")],
    given: Annotated[str, typer.Argument(metavar="yes|no|unsure", help="Are the two records one person?")],
    why: Annotated[str, typer.Option(help="Why; no name, date or number of a person.")] = "",
    json_: Json = False,
) -> None:
    """Answer whether two records are one person; what is settled is honoured by the next night."""
    from integration import audit, console
    from integration.actor import this_user
    from integration.cli.app import settings
    from integration.contracts.explanation import explanation
    from integration.linkage.review import settling
    from integration.rekey.guard import in_use
    from integration.stewardship import people

    chosen, code, who = settings(), _domain(domain), this_user()
    told, role = explanation(why), people.load(chosen.zones).steward_role(who, None, str(code))
    with in_use(chosen.zones, [code]), audit.processing(chosen, ACTION, [f"domain:{code}"]):
        at, answers = chosen.now().isoformat(timespec="seconds"), _answers(chosen, code)
        work = _look(chosen, code)
        given_now = settling.answer(work, answers, pair, given, who=who, role=role, at=at, why=told)
        settling.settle(chosen.zones, code, work.review, answers, at)
    settled = pair in settling.settled(work.review, answers)
    if json_:
        console.print_json(
            {"domain": domain, "pair": pair, "answer": given_now[-1].answer, "settled": settled}
        )
        return
    console.stdout().print(
        "Opgeslagen; het paar is hiermee afgedaan."
        if settled
        else "Opgeslagen; nog iemand beoordeelt dit paar."
    )


@review_app.command("progress")
def review_progress(domain: Domain, json_: Json = False) -> None:
    """Tell what is open and settled, how far two reviewers agree, and what the answers say about linkage."""
    from integration import console
    from integration.linkage.review.progress import progress

    chosen, code, _ = _looking(domain)
    work = _look(chosen, code)
    found = progress(work.review, sorted(work.shown), _answers(chosen, code).all())
    if json_:
        console.print_json({"domain": domain, **found.as_dict()})
        return
    console.print_table(f"{domain}: beoordeelde paren", ("wat", "aantal"), _rows(found))


@review_app.command("draw")
def review_draw(domain: Domain, json_: Json = False) -> None:
    """Draw a new sample of compared pairs, for estimates about linkage as it is now; answers that were given stay."""
    from integration import audit, console
    from integration.cli.app import settings
    from integration.rekey.guard import in_use

    chosen, code = settings(), _domain(domain)
    with in_use(chosen.zones, [code]), audit.processing(chosen, ACTION, [f"domain:{code}"]):
        drawn = len(_look(chosen, code, new_sample=True).review.drawn())
    if json_:
        console.print_json({"domain": domain, "drawn": drawn})
        return
    console.stdout().print(f"Nieuwe steekproef van {drawn} paren.")


@review_app.command("settle")
def review_settle(domain: Domain, json_: Json = False) -> None:
    """Write the decisions of settled pairs that were not written yet (an answer that was cut off); else nothing."""
    from integration import audit, console
    from integration.cli.app import settings
    from integration.linkage.review import settling
    from integration.rekey.guard import in_use

    chosen, code = settings(), _domain(domain)
    with in_use(chosen.zones, [code]), audit.processing(chosen, ACTION, [f"domain:{code}"]):
        at = chosen.now().isoformat(timespec="seconds")
        work = _look(chosen, code)
        made = settling.settle(chosen.zones, code, work.review, _answers(chosen, code), at)
    if json_:
        console.print_json({"domain": domain, "decided": made})
        return
    console.stdout().print(f"{made} beslissingen geschreven; de volgende nacht voert ze uit.")


def _looking(domain: str) -> tuple[Settings, DomainCode, str]:
    """The settings, the domain and who looks, once that is written down."""
    from integration import audit
    from integration.actor import this_user
    from integration.cli.app import settings

    chosen, code = settings(), _domain(domain)
    name = f"domain:{code}"
    audit.looked(chosen, ACTION, {name: name}, purpose=audit.Purpose.STEWARDSHIP)
    return chosen, code, this_user()


def _look(chosen: Settings, code: DomainCode, *, new_sample: bool = False) -> Work:
    from integration import warehouse
    from integration.linkage.review import worklist
    from integration.rekey.guard import in_use

    with in_use(chosen.zones, [code]), warehouse.connect(None, chosen) as con:
        return worklist.look(con, chosen.zones, code, chosen.today(), new_sample=new_sample)


def _answers(chosen: Settings, code: DomainCode) -> Answers:
    from integration.linkage.review.answers import Answers

    return Answers(chosen.stewardship(), code)


def _rows(found: Progress) -> list[tuple[str, Any]]:
    """The lines that people read."""
    told = {"yes": "één persoon", "no": "twee personen", "unsure": "niet te zeggen"}
    rows: list[tuple[str, Any]] = [
        ("voorgelegd", found.asked),
        ("nog te beoordelen", found.open),
        ("wacht op een derde", found.third),
        *((f"afgedaan: {told[what]}", number) for what, number in found.settled.items()),
        ("antwoorden", found.answers),
        ("beoordelaars", found.reviewers),
        ("door twee beoordeeld", found.kappa.pairs),
        ("waarvan oneens", found.disagreements),
        ("kappa, met 'unsure'", _span(found.kappa.kappa, found.kappa.low, found.kappa.high)),
        (
            "kappa, zonder 'unsure'",
            _span(*(getattr(found.kappa_without_unsure, name) for name in ("kappa", "low", "high"))),
        ),
    ]
    estimates = found.estimates
    if estimates is None:
        return [*rows, ("precisie en volledigheid", "nog te weinig antwoorden")]
    return [
        *rows,
        (f"vergeleken paren op {found.sample_day}", estimates.pairs),
        ("waarvan beoordeeld", estimates.judged),
        ("precisie", _shared(estimates.precision)),
        ("volledigheid", _shared(estimates.recall)),
    ]


def _shared(share: Share | None) -> str:
    return _span(share.value, share.low, share.high) if share else "–"


def _span(value: float | None, low: float | None, high: float | None) -> str:
    """A figure with its 95 % interval: ``0,93 (0,88 tot 0,97)``."""
    if value is None or low is None or high is None:
        return "–"
    told, least, most = (f"{figure:.3f}".replace(".", ",") for figure in (value, low, high))
    return f"{told} ({least} tot {most})"
